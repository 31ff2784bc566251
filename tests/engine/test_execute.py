"""What a caller is promised: decided once, all or none, refused in words, read after write."""

from datetime import UTC, datetime, timedelta

import pytest

from ordertrail import (
    AddNote,
    CapturePayment,
    CommandReused,
    DeliverOrder,
    IssueRefund,
    MergeCustomers,
    NotFound,
    Ordertrail,
    PackItems,
    PickItems,
    PlaceOrder,
    Refused,
    RegisterCustomer,
    SetHandlingRequirement,
    ShipOrder,
)

LINES = [{"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"}]


def placed(order_id="SO-1", **more):
    return PlaceOrder(order_id=order_id, lines=LINES, currency="GBP", **more)


@pytest.fixture(params=["memory", "file", "postgres"])
def trail(request, tmp_path):
    urls = {"memory": "memory:", "file": f"sqlite:///{tmp_path}/orders.db"}
    url = urls.get(request.param) or request.getfixturevalue("postgres_url")
    with Ordertrail.open(url) as trail:
        yield trail


def test_a_receipt_names_the_events_and_their_place_in_the_log(trail):
    receipt = trail.execute(placed(actor="customer:c-1", channel="web"))
    (event,) = receipt.events
    assert (event.type, event.position, event.version) == ("order.placed", 1, 1)
    assert (event.actor, event.channel) == ("customer:c-1", "web")
    assert event.id == f"{receipt.command_id}.0"
    assert (receipt.position, receipt.version, receipt.repeated) == (1, 1, False)
    assert list(trail.events()) == [event]


def test_a_command_id_decides_once(trail):
    first = trail.execute(placed(command_id="web-17"))
    again = trail.execute(placed(command_id="web-17", actor="service:retry"))
    assert again.repeated
    assert again.events == first.events
    assert (again.position, again.version) == (first.position, first.version)
    assert trail.position == 1


def test_a_command_id_decides_once_also_when_nothing_followed(trail):
    trail.execute(placed())
    trail.execute(CapturePayment(order_id="SO-1", payment_id="P", amount="5"))
    quiet = CapturePayment(order_id="SO-1", payment_id="P", amount="5.00", command_id="q")
    assert trail.execute(quiet).events == ()
    trail.execute(AddNote(order_id="SO-1", kind="gift"))
    again = trail.execute(quiet)
    assert again.repeated
    assert (again.events, again.position) == ((), 2)


def test_a_command_id_with_other_content_is_refused(trail):
    trail.execute(placed(command_id="web-17"))
    with pytest.raises(CommandReused, match="web-17"):
        trail.execute(placed("SO-2", command_id="web-17"))


def test_a_refusal_is_not_remembered(trail):
    pick = PickItems(order_id="SO-1", command_id="pick-1")
    with pytest.raises(NotFound, match="There is no order SO-1"):
        trail.execute(pick)
    trail.execute(placed())
    assert trail.execute(pick).events[0].type == "order.picked"


def test_many_commands_get_an_outcome_each_in_their_order(trail):
    outcomes = trail.execute_many(
        [
            placed("A"),
            PickItems(order_id="nobody"),
            PickItems(order_id="A", lines=[{"line": "1", "quantity": 2}]),
            placed("B", command_id="b"),
            placed("B", command_id="b"),
        ]
    )
    assert isinstance(outcomes[1], NotFound)
    assert [o.position for o in outcomes if not isinstance(o, Refused)] == [1, 2, 3, 3]
    assert outcomes[4].repeated
    assert trail.execute_many([]) == []


def test_a_group_of_streams_is_stored_whole_or_not_at_all(trail):
    trail.execute(RegisterCustomer(customer_id="new", kind="person"))
    with pytest.raises(NotFound):
        trail.execute(MergeCustomers(customer_id="new", absorbed_id="gone"))
    assert trail.position == 1
    trail.execute(RegisterCustomer(customer_id="old", kind="person"))
    receipt = trail.execute(MergeCustomers(customer_id="new", absorbed_id="old"))
    assert [event.stream for event in receipt.events] == ["customer-new", "customer-old"]
    assert trail.customer("old").absorbed_into == "new"


def test_the_requirements_of_the_customer_become_part_of_the_order(trail):
    trail.execute(RegisterCustomer(customer_id="c", kind="company"))
    requirement = {"kind": "packaging", "code": "shock_proof"}
    trail.execute(SetHandlingRequirement(customer_id="c", requirement=requirement))
    trail.execute(placed(customer_id="c"))
    picked = trail.execute(PickItems(order_id="SO-1"))
    assert [reminder.requirement.code for reminder in picked.reminders] == ["shock_proof"]
    trail.execute(PackItems(order_id="SO-1", heeded=["shock_proof"]))
    assert not trail.execute(ShipOrder(order_id="SO-1")).events[0].body.deviations


def test_a_preview_is_what_would_happen_and_stores_nothing(trail):
    trail.execute(placed())
    preview = trail.preview(PickItems(order_id="SO-1"))
    assert preview.state.positions == {"open": 0, "picked": 2}
    assert trail.position == 1
    assert trail.execute(PickItems(order_id="SO-1")).events[0].body == preview.events[0]
    with pytest.raises(Refused):
        trail.preview(IssueRefund(order_id="SO-1", refund_id="R", amount="1"))


def test_an_order_can_be_seen_as_it_stood(trail):
    trail.execute(placed())
    trail.execute(PickItems(order_id="SO-1"))
    assert trail.order("SO-1").positions["picked"] == 2
    assert trail.order("SO-1", until=1).positions == {"open": 2}
    (first, _) = trail.events(stream="order-SO-1")
    assert trail.order("SO-1", until=first.recorded_at).placed
    with pytest.raises(NotFound):
        trail.order("SO-1", until=first.recorded_at - timedelta(days=1))


def test_you_read_your_own_writes(trail):
    receipt = trail.execute(placed(customer_id="c-1"))
    (row,) = trail.orders(after=receipt)
    assert (row.order_id, row.status) == ("SO-1", "placed")
    picked = trail.execute(PickItems(order_id="SO-1"))
    assert trail.orders(after=picked)[0].picked == 2
    assert trail.find_orders(" so-1 ", after=picked) == ["SO-1"]
    assert trail.history("c-1").customer.customer_id == "c-1"


def test_views_follow_without_being_asked(trail):
    trail.execute(placed())
    for _ in range(500):
        if trail.orders():
            return
        trail.wait_for_events(trail.position, 0.01)
    pytest.fail("the view did not follow within seconds")


def test_the_time_of_recording_never_goes_back(tmp_path):
    times = iter([datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)] * 4)
    clock = lambda: next(times)  # noqa: E731 - it reads as what it is
    with Ordertrail.open(f"sqlite:///{tmp_path}/x.db", clock=clock, follow=False) as trail:
        for number in range(3):
            trail.execute(placed(f"SO-{number}"))
        recorded = [event.recorded_at for event in trail.events()]
    assert recorded == sorted(recorded)


def test_the_offset_of_a_time_is_kept(trail):
    at = datetime.fromisoformat("2026-03-01T08:30:00+05:30")
    trail.execute(placed(occurred_at=at))
    (event,) = trail.events()
    assert event.occurred_at.isoformat() == "2026-03-01T08:30:00+05:30"


def test_a_watcher_turns_a_lapsed_promise_into_a_delay_once(trail):
    promise = datetime(2026, 3, 1, 18, tzinfo=UTC)
    trail.execute(placed(promised_at=promise, occurred_at=promise - timedelta(days=9)))
    later = promise + timedelta(hours=1)
    told = [event for receipt in trail.watch(later) for event in receipt.events]
    delays = [event for event in told if event.type == "order.delayed"]
    assert [event.occurred_at for event in delays] == [promise]
    assert not [event for receipt in trail.watch(later) for event in receipt.events]
    open_rules = {alert.rule for alert in trail.alerts(state="open", after=trail.position)}
    assert "promise_lapsed" in open_rules


def test_what_is_closed_says_so(tmp_path):
    trail = Ordertrail.open(f"sqlite:///{tmp_path}/x.db")
    trail.close()
    trail.close()
    with pytest.raises(Exception, match="closed"):
        trail.execute(placed())


def test_a_report_that_waited_keeps_who_told_it_and_when(trail):
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    waiting = trail.execute(
        DeliverOrder(order_id="SO-1", actor="carrier:dhl", source="dhl", occurred_at=at)
    )
    assert waiting.events[0].body.deviations[0].kind == "unresolved"
    receipt = trail.execute(placed(actor="customer:c-1", channel="web"))
    order, again = receipt.events
    assert (order.type, again.type) == ("order.placed", "order.delivered")
    assert (again.actor, again.source, again.channel) == ("carrier:dhl", "dhl", None)
    assert (again.occurred_at, again.causation_id) == (at, waiting.events[0].id)
    assert trail.order("SO-1").shipment_state == "delivered"
