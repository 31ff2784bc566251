"""Two real exports, which lie beside the project and not in it: absent, these tests are skipped."""

import os
from pathlib import Path

import pytest

from ordertrail import Ordertrail
from ordertrail.adapters.importing import import_file

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ORDERTRAIL_DATA", ROOT.parent / "shared" / "data"))


def real(name: str) -> Path:
    """The path of a real file."""
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{file} is not there")
    return file


@pytest.mark.slow
def test_every_row_of_online_retail_is_accounted_for(tmp_path):
    file = real("online-retail.csv.gz")
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    with Ordertrail.open(url, follow=False) as trail:
        summary = import_file(trail, file, "online-retail", tmp_path / "rejects.csv")
        amended = sum(1 for _ in trail.events(types=["order.amended"]))
    assert summary.rows == 541_909
    assert summary.imported_rows == 530_103 + 7_518
    assert summary.reasons == {
        "no price": 2_515,
        "a return that matches no purchase": 1_332,
        "a return without a customer": 383,
        "a return that matches purchases only in part": 55,
        "adjustment of a bad debt": 3,
    }
    assert summary.orders == 19_959
    assert amended == 1
    assert len((tmp_path / "rejects.csv").read_text("utf-8").splitlines()) == 4_288 + 1


def test_olist_gives_its_late_orders_and_its_contradictions(tmp_path):
    file = real("olist-orders.csv.gz")
    with Ordertrail.open(follow=False) as trail:
        summary = import_file(trail, file, "olist", tmp_path / "rejects.csv")
        late, contradicting = set(), set()
        promises = {}
        for event in trail.events():
            if event.type == "order.placed":
                promises[event.stream] = event.body.promised_at
            if event.type == "order.delivered" and event.occurred_at > promises[event.stream]:
                late.add(event.stream)
            if any(d.kind == "dates_contradict" for d in event.body.deviations):
                contradicting.add(event.stream)
    assert (summary.rows, summary.rejected_rows, summary.orders) == (3_034, 0, 3_000)
    assert (len(late), len(contradicting)) == (201, 48)
