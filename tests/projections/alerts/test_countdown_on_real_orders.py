"""The countdown on 3,000 real orders of a marketplace; skipped where the data is not at hand."""

import csv
import gzip
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ordertrail.domain.order import commands as c
from ordertrail.projections.alerts.promises import PromiseAtRisk, PromiseLapsed
from tests.projections.alerts.alert_log import START, AlertLog

OLIST = Path(__file__).parents[4] / "shared/data/olist-orders.csv.gz"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def told(cell, **more):
    return datetime.fromisoformat(cell).replace(tzinfo=SAO_PAULO, **more)


def days(moment):
    return (moment - START) / timedelta(days=1)


@pytest.mark.slow
@pytest.mark.skipif(not OLIST.exists(), reason=f"{OLIST.name} is not at hand")
def test_three_days_ahead_six_alarms_of_ten_are_right_and_none_is_missing():
    with gzip.open(OLIST, "rt", encoding="utf-8") as lines:
        orders = {row["order_id"]: row for row in csv.DictReader(lines)}.values()
    counted: Counter[tuple[bool, bool]] = Counter()
    for order in orders:
        if order["status"] != "delivered" or not order["delivered_at"]:
            continue
        promise = told(order["estimated_delivery"]) + timedelta(days=1, microseconds=-1)
        delivered = told(order["delivered_at"])
        log = AlertLog(PromiseAtRisk(days=3), PromiseLapsed())
        log.at(days(told(order["purchased_at"])))
        log.placed(reports=("shipped", "delivered"), promised_at=promise)
        log.watched(days(delivered)).told(c.DeliverOrder)
        alarmed = "promise_at_risk/O-1" in log.rows
        lapsed = "promise_lapsed/O-1" in log.rows
        assert lapsed == (delivered > promise)
        assert {row.state for row in log.rows.values()} <= {"resolved"}
        counted[alarmed, lapsed] += 1
    alarms = counted[True, True] + counted[True, False]
    assert counted == {
        (True, True): 199,
        (True, False): alarms - 199,
        (False, False): 2919 - alarms,
    }
    assert counted[True, True] / alarms > 0.6
