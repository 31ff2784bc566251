"""The page of events says what the code says."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_events_is_what_the_code_says() -> None:
    written = runpy.run_path(str(DOCS / "events_page.py"))
    assert (DOCS / "events.md").read_text(encoding="utf-8") == written["page"](), (
        "run `python docs/events_page.py`"
    )


def test_every_meaning_is_of_a_field_that_some_event_has() -> None:
    written = runpy.run_path(str(DOCS / "events_page.py"))
    page = written["page"]()
    unused = [name for name in written["MEANINGS"] if f"| `{name}`" not in page]
    assert not unused
