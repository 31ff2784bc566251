"""Looks at everything when a round is over: the log, the diaries, and the views built anew."""

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from ordertrail import Ordertrail
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.verify import verify
from tests.faults.diary import Note, notes_in
from tests.faults.promise import Seen, Stored, must_be_kept

PATIENCE = 30.0  # seconds in which a follower must have come to the end of the log


def judge(url: str, diaries: Mapping[str, Path], *, well: bool) -> None:
    """Check that the log at the URL and all that the diaries say keep the promise.

    Args:
        well: nothing happened to the store itself.

    Raises:
        AssertionError: they do not.
    """
    with closing(open_store(url)) as store, Ordertrail.open(url, follow=False) as trail:
        head = store.head()
        log = [Stored.of(record) for record in store.read(limit=head + 1)]
        told = {name: _until_the_end(name, path, head) for name, path in diaries.items()}
        trail.catch_up()
        assert not trail.parked(), trail.parked()
        checks = verify(store, Codec(trail.app.aggregates), trail.projections).checks
        faults = [fault for check in checks for fault in check.faults]
        views = _everything(trail)
        trail.rebuild()
        must_be_kept(Seen(log, told, views, _everything(trail), faults, well))


def _until_the_end(name: str, path: Path, head: int) -> list[Note]:
    deadline = time.monotonic() + PATIENCE
    while True:
        notes = notes_in(path)
        saw = [note.position for note in notes if note.kind == "saw"]
        if not saw or saw[-1] >= head:
            return notes
        assert time.monotonic() < deadline, f"{name} stays at {saw[-1]}, and the log goes to {head}"
        time.sleep(0.005)


def _everything(trail: Ordertrail) -> dict[str, list[str]]:
    return {
        projection.name: sorted(map(str, trail.rows(projection.row)))
        for projection in trail.projections
    }
