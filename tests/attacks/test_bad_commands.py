"""Values that no command may hold, since a view could not be made of them, or nobody count on."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Inexact, localcontext

import pytest
from pydantic import ValidationError

from ordertrail import (
    AcknowledgeAlert,
    AmendOrder,
    InspectReturn,
    Ordertrail,
    PassDeadline,
    PlaceOrder,
    RecordTracking,
    RevisePromise,
)

LINES = [{"line": "1", "sku": "MUG", "quantity": 1}]
FAR = {
    "before the calendar in UTC": datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
    "after the calendar in UTC": datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    "never": datetime(9999, 12, 31, tzinfo=UTC),
    "no date": datetime(1, 1, 1, tzinfo=UTC),
}
WITH_TIMES = {
    "occurred_at": lambda at: PlaceOrder(order_id="A", lines=LINES, occurred_at=at),
    "promised_at": lambda at: PlaceOrder(order_id="A", lines=LINES, promised_at=at),
    "revised": lambda at: RevisePromise(order_id="A", promised_at=at),
    "estimated_at": lambda at: RecordTracking(order_id="A", status="x", estimated_at=at),
    "deadline": lambda at: PassDeadline(rule="dwelling", subject="A", deadline=at),
}


@pytest.mark.parametrize("at", FAR.values(), ids=FAR)
@pytest.mark.parametrize("command", WITH_TIMES.values(), ids=WITH_TIMES)
def test_a_time_at_the_ends_of_the_calendar_is_no_time(command, at):
    with pytest.raises(ValidationError, match="between the years"):
        command(at)


def test_the_first_and_the_last_time_that_is_taken_can_be_shown_in_every_view():
    times = (datetime(1000, 1, 1, tzinfo=UTC), datetime(4999, 12, 31, 23, 59, 59, tzinfo=UTC))
    with Ordertrail.open("memory:", follow=False) as trail:
        for number, at in enumerate(times):
            trail.execute(
                PlaceOrder(
                    order_id=f"A{number}",
                    customer_id="C",
                    lines=LINES,
                    occurred_at=at,
                    promised_at=times[1 - number],
                    requested_at=at,
                )
            )
        trail.watch()
        assert trail.parked() == []
        assert len(trail.orders()) == 2
        assert trail.history("C").expected_next_order_at is not None


@pytest.mark.parametrize("priority", [2**31, 2**63, 2**64, -(10**30)])
def test_a_priority_fits_a_column(priority):
    with pytest.raises(ValidationError):
        PlaceOrder(order_id="A", lines=LINES, priority=priority)
    with pytest.raises(ValidationError):
        AmendOrder(order_id="A", priority=priority)


def test_the_opening_of_an_alert_is_a_position():
    with pytest.raises(ValidationError):
        AcknowledgeAlert(alert_id="dwelling/A", opening=2**64)


@pytest.mark.parametrize("units", [-1, 10**13, 2**64])
def test_no_fewer_than_none_and_no_countless_units_are_inspected(units):
    with pytest.raises(ValidationError):
        InspectReturn(order_id="A", return_id="R", outcomes=[{"line": "1", "restocked": units}])


@pytest.mark.parametrize("context", [Context(prec=4), Context(prec=4, traps=[Inexact])])
def test_the_sums_of_an_order_do_not_follow_the_decimal_context_of_the_caller(context):
    lines = [{"line": "1", "sku": "MUG", "quantity": 3, "price": "1234.56"}]
    place = PlaceOrder(order_id="A", lines=lines, currency="GBP")
    with Ordertrail.open("memory:", follow=False) as trail:
        with localcontext(context):
            previewed, placed = trail.preview(place).events[0], trail.execute(place).events[0].body
        assert str(placed.due) == str(previewed.due) == "3703.68"
