"""What holds for every order, whatever is asked of it and told about it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ordertrail.domain.aggregate import Decided
from ordertrail.domain.errors import Refused
from ordertrail.domain.event import Event
from ordertrail.domain.order import ORDER, Order
from ordertrail.domain.order import commands as c
from tests.domain.order.commands import lives

OF_QUANTITY = {"excess", "skipped_step", "wrong_sku", "cancelled_after_shipping", "unresolved",
               "repeated", "inspected_beyond_received"}  # fmt: skip


def decided(command: Any, order: Order) -> list[Event]:
    """The events that the command leads to; none where it is refused."""
    try:
        bodies = ORDER.decide(command, order)
    except Refused:
        assert not command.is_reported, "A reported fact never raises."
        return []
    told = [b if isinstance(b, Decided) else Decided(b, command.occurred_at) for b in bodies]
    return [
        Event(one.body, one.occurred_at, id=f"{id(command)}.{n}", causation_id=one.causation_id)
        for n, one in enumerate(told)
    ]


def fold(order: Order, events: list[Event]) -> Order:
    for event in events:
        order = ORDER.evolve(order, event)
    return order


def story(commands: list[Any]) -> list[tuple[Any, Order, list[Event], Order]]:
    """For each command: it, the order before, its events, the order after."""
    order, steps = ORDER.initial, []
    for command in commands:
        events = decided(command, order)
        after = fold(order, events)
        steps.append((command, order, events, after))
        order = after
    return steps


@given(lives)
def test_positions_of_a_line_sum_to_its_quantity_and_none_is_negative(commands):
    for *_, order in story(commands):
        for line in order.lines.values():
            assert sum(line.positions.values()) == line.quantity
            assert min(line.positions.values()) >= 0
            assert line.current_quantity >= 0
            for step, told in line.told.items():
                assert 0 <= told <= told + line.inferred(step)
        for parcel in order.parcels.values():
            for id, units in parcel.units.items():
                assert all(0 <= n <= order.lines[id].at(at) for at, n in units.items())


@given(lives, st.data())
def test_fold_raises_on_no_subsequence_of_a_stream(commands, data):
    events = [event for _, _, events, _ in story(commands) for event in events]
    kept = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    order = fold(ORDER.initial, [event for event, keep in zip(events, kept, strict=True) if keep])
    for line in order.lines.values():
        assert sum(line.positions.values()) == line.quantity
    assert order.due is None or order.due is not NotImplemented
    assert order.status in (None, "placed", "closed", "cancelled")


@given(lives)
def test_guarded_commands_never_produce_a_deviation_of_quantity(commands):
    for command, _, events, _ in story(commands):
        if not command.is_reported:
            own = [event for event in events if event.causation_id is None]
            assert not {d.kind for event in own for d in event.body.deviations} & OF_QUANTITY


@given(lives)
def test_a_reported_fact_never_raises(commands):
    story([command.model_copy(update={"reported": True}) for command in commands])


@given(lives)
def test_refunded_is_no_more_than_captured_when_guarded(commands):
    guarded = [command.model_copy(update={"reported": False}) for command in commands]
    for *_, order in story(guarded):
        assert order.refunded <= order.captured


@given(lives)
def test_the_first_promise_never_changes(commands):
    for _, before, _, after in story(commands):
        if before.first_promise is not None:
            assert after.first_promise == before.first_promise


@given(lives)
def test_decide_on_its_own_output_is_quiet_where_the_command_is_a_repetition(commands):
    kinds = (c.ApproveOrder, c.DeclineOrder, c.CancelOrder, c.PlaceHold, c.ReleaseHold,
             c.AmendOrder, c.ChangeShippingAddress, c.RevisePromise, c.RecordDelay,
             c.RequestReturn, c.AuthoriseReturn, c.DeclineReturn, c.OpenExchange, c.OpenRepair,
             c.OpenClaim, c.ResolveClaim, c.CapturePayment, c.IssueRefund)  # fmt: skip
    for command, _, events, after in story(commands):
        whole = isinstance(command, c.StepCommand) and not command.lines
        if isinstance(command, c.AmendOrder) and (command.added or command.adjustments):
            continue
        if (
            events
            and after.placed
            and not command.is_reported
            and (isinstance(command, kinds) or whole)
        ):
            assert decided(command, after) == []


@given(lives)
def test_a_preview_is_the_outcome(commands):
    for command, before, events, _ in story(commands):
        again = decided(command, before)
        assert [event.body for event in again] == [event.body for event in events]


@given(lives)
def test_what_is_due_is_told_by_the_event_that_changes_it(commands):
    due = None
    for _, _, events, after in story(commands):
        for event in events:
            if event.body.due is not None and not ignored(event.body):
                due = event.body.due
        if after.placed and after.due is not None:
            assert due == after.due


def ignored(body: Any) -> bool:
    return any(deviation.kind in ("repeated", "unresolved") for deviation in body.deviations)
