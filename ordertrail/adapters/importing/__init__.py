"""The history of other systems: a file and a mapping made facts that are reported."""

from ordertrail.adapters.importing.mapping import Mapping
from ordertrail.adapters.importing.outbox import ImportSummary, Trail
from ordertrail.adapters.importing.reading_mapping import load_mapping, shipped_mappings
from ordertrail.adapters.importing.run import Became, Progress, dry_run, import_file

__all__ = [
    "Became",
    "ImportSummary",
    "Mapping",
    "Progress",
    "Trail",
    "dry_run",
    "import_file",
    "load_mapping",
    "shipped_mappings",
]
