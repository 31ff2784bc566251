"""A real shop's orders move to a server and back, with their views; nothing differs anywhere."""

from contextlib import closing
from pathlib import Path

import pytest

from ordertrail import CORE, Ordertrail
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.copy_log import copy_log
from ordertrail.adapters.importing import import_file
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.verify import verify
from tests.growth.logs import place_orders
from tests.importing.test_real_files import DATA


@pytest.mark.slow
def test_orders_move_from_a_file_to_a_server_and_back(postgres_url, tmp_path: Path):
    here, back = (f"sqlite:///{tmp_path}/{name}.db" for name in ("here", "back"))
    with Ordertrail.open(here, follow=False) as trail:
        place_orders(trail, 30)
        if (file := DATA / "olist-orders.csv.gz").exists():
            import_file(trail, file, "olist", tmp_path / "rejects.csv")
    for source, target in ((here, postgres_url), (postgres_url, back)):
        with closing(open_store(source)) as given, closing(open_store(target)) as taken:
            copy_log(given, taken)
    views, digests = [], set()
    for url in (here, postgres_url, back):
        with Ordertrail.open(url, follow=False) as trail:
            trail.catch_up()
            views.append({one.name: everything(trail, one.row) for one in trail.projections})
        with closing(open_store(url)) as store:
            found = verify(store, Codec(CORE.aggregates), CORE.followed)
        assert [check for check in found.checks if not check.passed] == []
        digests.add(found.digest)
    assert views[0] == views[1] == views[2]
    assert len(digests) == 1


def everything(trail, row):
    """All rows of a view, by key."""
    return {tuple(getattr(one, name) for name in row.key): one for one in trail.rows(row)}
