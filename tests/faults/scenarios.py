"""All that is tried."""

from tests.faults.places import (
    Files,
    database,
    database_behind_wire,
    database_in_little_room,
    database_with_little_room_for_its_wal,
    files_in_little_room,
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
    "sqlite-killed-writers": Scenario(Files, WRITING, [killed("writer"), killed("contender")]),
    "sqlite-killed-workers": Scenario(
        Files, FOLDING, [killed("worker"), killed("rebuilder"), killed("follower")]
    ),
    "sqlite-stalls": Scenario(Files, ALL, [*map(stalled, ALL)]),
    "sqlite-clocks-astray": Scenario(Files, WRITING, [killed("writer")], astray=True),
    "sqlite-full-disk": Scenario(files_in_little_room, ALL, [disk_full], well=False),
    "sqlite-all-at-once": Scenario(
        files_in_little_room,
        ALL,
        [disk_full, *map(killed, ALL), *map(stalled, ALL)],
        well=False,
        astray=True,
    ),
    "postgres-killed-writers": Scenario(database, WRITING, [killed("writer"), killed("contender")]),
    "postgres-killed-workers": Scenario(
        database, FOLDING, [killed("worker"), killed("rebuilder"), killed("follower")]
    ),
    "postgres-stalls": Scenario(database, ALL, [*map(stalled, ALL), backend_stalled]),
    "postgres-clocks-astray": Scenario(database, WRITING, [killed("writer")], astray=True),
    "postgres-backends": Scenario(
        database, ALL, [backend_killed, backend_ended, backend_ended], well=False
    ),
    "postgres-killed-server": Scenario(database, ALL, [server_killed], well=False),
    "postgres-network": Scenario(
        database_behind_wire, ALL, [network_cut, network_silent], well=False
    ),
    "postgres-full-disk": Scenario(database_in_little_room, ALL, [disk_full], well=False),
    "postgres-full-wal-disk": Scenario(
        database_with_little_room_for_its_wal, ALL, [disk_full], well=False
    ),
}
