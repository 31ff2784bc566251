"""All that is tried."""

from tests.faults.places import (
    Database,
    DatabaseBehindWire,
    DatabaseWithLittleRoom,
    Folder,
    FolderWithLittleRoom,
)
from tests.faults.round import Scenario
from tests.faults.strikes import (
    backend_ended,
    backend_killed,
    backend_stalled,
    disk_full,
    killed,
    network_cut,
    network_silent,
    server_killed,
    stalled,
)

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
    "sqlite-full-disk": Scenario(FolderWithLittleRoom, ALL, [disk_full], well=False),
    "sqlite-all-at-once": Scenario(
        FolderWithLittleRoom,
        ALL,
        [disk_full, *map(killed, ALL), *map(stalled, ALL)],
        well=False,
        astray=True,
    ),
    "postgres-killed-writers": Scenario(Database, WRITING, [killed("writer"), killed("contender")]),
    "postgres-killed-workers": Scenario(
        Database, FOLDING, [killed("worker"), killed("rebuilder"), killed("follower")]
    ),
    "postgres-stalls": Scenario(Database, ALL, [*map(stalled, ALL), backend_stalled]),
    "postgres-clocks-astray": Scenario(Database, WRITING, [killed("writer")], astray=True),
    "postgres-backends": Scenario(
        Database, ALL, [backend_killed, backend_ended, backend_ended], well=False
    ),
    "postgres-killed-server": Scenario(Database, ALL, [server_killed], well=False),
    "postgres-network": Scenario(
        DatabaseBehindWire, ALL, [network_cut, network_silent], well=False
    ),
    "postgres-full-disk": Scenario(DatabaseWithLittleRoom, ALL, [disk_full], well=False),
}
