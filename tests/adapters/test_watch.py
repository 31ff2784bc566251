"""Deadlines become events, each once whoever watches; alerts are read as they then stand."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from ordertrail.adapters.alert_queries import alerts
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.deciding import Deciding
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.tables import rows
from ordertrail.adapters.ticket import CommandTicket
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.watch import due_commands
from ordertrail.domain.alert import ALERT, AcknowledgeAlert
from ordertrail.domain.errors import OrdertrailError
from ordertrail.domain.order import ORDER
from ordertrail.domain.order import commands as c
from ordertrail.projections.alerts import RULES
from ordertrail.projections.alerts.alerts import AlertRow, Alerts

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


class Trail:
    """A store, its decisions and the alerts."""

    def __init__(self, url):
        store = open_store(url)
        self.store = store
        codec = Codec((ORDER, ALERT))
        self.deciding = Deciding(store, codec, (ORDER, ALERT), lambda: day(0))
        self.runner = Runner(store, codec, [Alerts(RULES)])

    def tell(self, *commands, on=0.0):
        tickets = []
        for number, command in enumerate(commands):
            missing = {
                "command_id": command.command_id or f"{on}/{number}/{self.store.head()}",
                "occurred_at": command.occurred_at or day(on),
            }
            tickets.append(CommandTicket(command.model_copy(update=missing), True, None))
        outcomes = self.deciding.execute(tickets)
        for outcome in outcomes:
            assert not isinstance(outcome, OrdertrailError), outcome
        self.runner.catch_up()

    def due(self, number):
        return list(due_commands(self.store, RULES, day(number)))

    def watch(self, number):
        for _ in range(5):
            self.tell(*self.due(number))

    def alerts(self, **filters):
        return alerts(self.store, RULES, **filters)

    def types(self):
        return [record.type for record in self.store.read()]


def place(order_id="O-1", **more):
    line = {"line": "1", "sku": "MUG", "quantity": 2}
    return c.PlaceOrder(order_id=order_id, lines=[line], promised_at=day(10), **more)


@pytest.fixture
def trail(any_url):
    made = Trail(any_url)
    yield made
    made.store.close()


def test_nothing_is_due_before_its_time(trail):
    trail.tell(place())
    assert trail.due(2.9) == []
    assert [command.command_id for command in trail.due(3)] == [
        "deadline:dwelling/O-1@2026-03-05T09:00:00+00:00"
    ]


def test_what_is_due_comes_the_earliest_first_and_says_who_tells_it(trail):
    trail.tell(place())
    told = trail.due(11)
    assert [command.actor for command in told] == [
        "policy:dwelling",
        "policy:promise_at_risk",
        "policy:promise_lapsed",
    ]
    assert {(command.occurred_at, command.channel) for command in told} == {(day(11), "watch")}


def test_a_deadline_that_came_opens_its_alert_and_is_due_no_more(trail):
    trail.tell(place(), c.ShipOrder(order_id="O-1", reported=True))
    trail.watch(11)
    assert trail.due(11) == []
    assert sorted(alert.rule for alert in trail.alerts(state="open")) == [
        "no_tracking_news",
        "promise_lapsed",
        "skipped_step",
    ]
    assert trail.types()[2:] == [
        "alert.deadline_passed",
        "alert.deadline_passed",
        "order.delayed",
    ]


def test_any_number_of_watchers_tells_each_deadline_once(tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    trails = [Trail(url) for _ in range(4)]
    trails[0].tell(*(place(f"O-{number}") for number in range(20)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda trail: trail.watch(11), trails))
    types = trails[0].types()
    assert (types.count("order.delayed"), types.count("alert.deadline_passed")) == (20, 40)
    for trail in trails:
        trail.store.close()


def test_a_subject_too_long_for_the_id_of_a_command_is_watched_as_well(trail):
    order = "O" * 200
    trail.tell(place(order))
    ids = [command.command_id for command in trail.due(11)]
    assert len(set(ids)) == 3
    assert all(id is not None and len(id) <= 200 for id in ids)
    trail.watch(11)
    assert {alert.rule for alert in trail.alerts(subject=order)} == {
        "dwelling",
        "promise_at_risk",
        "promise_lapsed",
    }


def test_deadlines_of_a_rule_that_is_gone_are_left_alone(trail):
    trail.tell(place())
    some = [rule for rule in RULES if rule.name != "dwelling"]
    assert list(due_commands(trail.store, some, day(3))) == []
    trail.watch(3)
    [alert] = alerts(trail.store, some, state="open")
    assert (alert.rule, alert.meaning, alert.remedy) == ("dwelling", "", "")


def test_alerts_are_found_by_what_they_are_about(trail):
    trail.tell(place(customer_id=None), place("O-2"))
    trail.watch(11)
    assert {alert.order_id for alert in trail.alerts(order="O-1")} == {"O-1"}
    assert [alert.order_id for alert in trail.alerts(rule="dwelling", subject="O-2")] == ["O-2"]
    assert {alert.severity for alert in trail.alerts(severity="critical")} == {"critical"}
    [alert] = trail.alerts(alert_id="promise_lapsed/O-1")
    assert (
        alert.meaning == "The promised time has passed and the customer still waits for units "
        "of the order."
    )
    assert len(trail.alerts(limit=1)) == 1
    assert trail.alerts(customer="C-9") == []


def test_the_open_alerts_come_first_and_the_worst_of_them_on_top(trail):
    trail.tell(place(), place("O-2"))
    trail.watch(11)
    trail.tell(
        AcknowledgeAlert(alert_id="promise_lapsed/O-1", actor="person:p-3"),
        c.CancelOrder(order_id="O-2"),
        on=12,
    )
    assert [(alert.alert_id, alert.state) for alert in trail.alerts()] == [
        ("dwelling/O-1", "open"),
        ("promise_lapsed/O-1", "acknowledged"),
        ("promise_lapsed/O-2", "resolved"),
        ("promise_at_risk/O-1", "resolved"),
        ("promise_at_risk/O-2", "resolved"),
        ("dwelling/O-2", "resolved"),
    ]


def test_what_has_not_happened_yet_is_shown_only_when_asked_for(trail):
    trail.tell(place())
    assert trail.alerts() == []
    assert len(trail.alerts(state="watching")) == 3


def test_rebuilt_alerts_are_the_same_with_their_acknowledgements(trail):
    trail.tell(place(), place("O-2"))
    trail.watch(8)
    trail.tell(AcknowledgeAlert(alert_id="promise_at_risk/O-1", actor="person:p-3"), on=8)
    trail.tell(c.DeliverOrder(order_id="O-2"), on=9)
    trail.watch(11)
    with trail.store.reading() as connection:
        before = list(rows(trail.store.tables, connection, AlertRow, order="alert_id"))
    trail.runner.rebuild()
    with trail.store.reading() as connection:
        assert list(rows(trail.store.tables, connection, AlertRow, order="alert_id")) == before
