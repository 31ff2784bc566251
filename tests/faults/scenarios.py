"""What is tried: who works, where, and what goes wrong meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.places import Folder, FolderWithLittleRoom, Place
from tests.faults.strikes import Strike, disk_full, killed, stalled


class Scenario(NamedTuple):
    """`astray`: every clock jumps by days, back as often as forth."""

    place: Callable[[Path], Place]
    cast: Mapping[str, int]
    strikes: Sequence[Strike]
    astray: bool = False


WRITING = {"writer": 2, "contender": 2, "follower": 1}
FOLDING = {"writer": 1, "worker": 2, "rebuilder": 1, "follower": 1}
ALL = {"writer": 2, "contender": 1, "worker": 1, "rebuilder": 1, "follower": 2}

SCENARIOS = {
    "sqlite-killed-writers": Scenario(Folder, WRITING, [killed("writer"), killed("contender")]),
    "sqlite-killed-workers": Scenario(
        Folder, FOLDING, [killed("worker"), killed("rebuilder"), killed("follower")]
    ),
    "sqlite-stalls": Scenario(Folder, ALL, [*map(stalled, ALL)]),
    "sqlite-clocks-astray": Scenario(Folder, WRITING, [killed("writer")], astray=True),
    "sqlite-full-disk": Scenario(FolderWithLittleRoom, ALL, [disk_full]),
    "sqlite-all-at-once": Scenario(
        FolderWithLittleRoom, ALL, [disk_full, *map(killed, ALL), *map(stalled, ALL)], astray=True
    ),
}
