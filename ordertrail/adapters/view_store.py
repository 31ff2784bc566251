"""A log that has its read models beside it, in the same database."""

from abc import ABC

from ordertrail.adapters.store import Store
from ordertrail.adapters.tables import Database


class ViewStore(Store, Database, ABC):
    """A `Store` and the `Database` of its read models in one."""
