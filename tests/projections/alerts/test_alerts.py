"""The life cycle of alerts, whatever the rule; and random lives of orders."""

from copy import copy
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ordertrail.domain.alert import AlertAcknowledged, DeadlinePassed
from ordertrail.domain.errors import Refused
from ordertrail.domain.event import Event, event
from ordertrail.domain.order import commands as c
from ordertrail.domain.values import Personal
from ordertrail.projections.alerts import RULES
from ordertrail.projections.alerts.alerts import EVIDENCE_AT_MOST, AlertRow, Alerts
from ordertrail.projections.alerts.rule import Rule, micros, moment
from tests.projections.alerts.alert_log import AlertLog, day, fold_one
from tests.projections.order_stories import anything_else, placing

BY_NAME = {one.name: one for one in RULES}


@event("tank.level")
class Level:
    tank: str
    level: int


class LowTank(Rule):
    """Opens below 10; nothing is remembered of a tank that is full, 100."""

    name = "low_tank"
    about = "tank"
    severity = "critical"
    meaning = "The tank is nearly empty."
    remedy = "Fill it."
    on = (Level,)

    def parts(self, event):
        yield event.body.tank, event.body.level

    def apply(self, memo, event, part):
        return memo if part is None else None if part == 100 else part

    def firing(self, memo):
        return memo < 10


class Tank(RuleBasedStateMachine):
    """The row beside a model of one line for each thing that can happen."""

    def __init__(self):
        super().__init__()
        self.alerts, self.rows, self.position = Alerts([LowTank()]), {}, 0
        self.level, self.low, self.seen, self.opened, self.opening = None, False, False, 0, 0

    def fold(self, body):
        self.position += 1
        fold_one(self.alerts, self.rows, Event(body, day(self.position), position=self.position))

    @rule(level=st.sampled_from([5, 9, 10, 50, 100]))
    def measured(self, level):
        self.fold(Level(tank="T", level=level))
        if level < 10 and not self.low:
            self.seen, self.opened, self.opening = False, self.opened + 1, self.position
        self.low, self.level = level < 10, level

    @rule(back=st.none() | st.integers(0, 3))
    def acknowledged(self, back):
        opening = None if back is None else max(1, self.opening - back)
        self.fold(AlertAcknowledged(alert_id="low_tank/T", opening=opening))
        if self.low and (opening is None or opening >= self.opening):
            self.seen = True

    @rule()
    def acknowledged_elsewhere(self):
        self.fold(AlertAcknowledged(alert_id="low_tank/other"))
        self.fold(AlertAcknowledged(alert_id="unknown_rule/T"))

    @invariant()
    def the_row_is_as_the_model_says(self):
        row = self.rows.pop("low_tank/T", None)
        assert not self.rows
        if self.level is None or (self.level == 100 and not self.opened):
            assert row is None
            return
        self.rows["low_tank/T"] = row
        states = {(True, False): "open", (True, True): "acknowledged"}
        quiet = "resolved" if self.opened else "watching"
        assert row.state == states.get((self.low, self.seen), quiet)
        assert row.opened == self.opened
        assert (row.acknowledged_at is not None) == self.seen
        assert (row.resolved_at is not None) == (row.state == "resolved")
        assert not self.opened or row.opening == self.opening
        assert row.evidence == sorted(set(row.evidence))
        assert len(row.evidence) <= EVIDENCE_AT_MOST
        assert (row.rule, row.subject, row.severity) == ("low_tank", "T", "critical")


TestTank = Tank.TestCase


def test_the_evidence_keeps_the_first_events_and_the_last_ones():
    alerts = Alerts([LowTank()])
    rows: dict[str, AlertRow] = {}
    for position in range(1, 41):
        fold_one(alerts, rows, Event(Level(tank="T", level=9), day(0), position=position))
    assert rows["low_tank/T"].evidence == [*range(1, 6), *range(26, 41)]


def test_an_alert_that_opens_again_after_it_was_forgotten_has_fresh_evidence():
    log = AlertLog(BY_NAME["stock_out"]).placed().told(c.BackorderItems).told(c.AllocateStock)
    log.told(c.ShortPick)
    assert log.row("stock_out").evidence == [4]


def test_an_alert_that_is_over_keeps_its_evidence_whatever_happens_to_its_subject():
    log = AlertLog(BY_NAME["promise_lapsed"]).placed(promised_at=day(10)).watched(11)
    log.told(c.DeliverOrder)
    row = log.row("promise_lapsed")
    assert (row.state, row.evidence) == ("resolved", [1, 2, 3])
    assert log.told(c.RevisePromise, promised_at=day(30)).row("promise_lapsed") is row
    assert row.evidence == [1, 2, 3]


def test_an_alert_knows_the_customer_of_its_order_also_when_a_deadline_opened_it():
    log = AlertLog().placed(customer_id="C-1", promised_at=day(10)).watched(8)
    row = log.row("promise_at_risk")
    assert (row.order_id, row.customer_id, row.opened_at) == ("O-1", "C-1", day(7))


def test_who_acknowledged_an_alert_and_when_stands_in_its_row():
    log = AlertLog().placed(promised_at=day(10)).watched(12)
    log.at(13).acknowledged("promise_lapsed/O-1", actor="person:p-3", note=Personal("I call"))
    row = log.row("promise_lapsed")
    assert (row.state, row.acknowledged_at, row.acknowledged_by) == (
        "acknowledged",
        day(13),
        "person:p-3",
    )
    log.at(14).acknowledged("promise_lapsed/O-1", actor="person:p-4")
    assert log.row("promise_lapsed").acknowledged_by == "person:p-3", "the first one has it"


def test_an_acknowledgement_of_an_alert_that_never_was_leaves_no_row():
    assert AlertLog().acknowledged("promise_lapsed/O-1").rows == {}


def test_a_deadline_of_a_rule_that_is_gone_leaves_no_row():
    alerts = Alerts(RULES)
    rows: dict[str, AlertRow] = {}
    for name in ("gone", *BY_NAME):
        body = DeadlinePassed(rule=name, subject="x", deadline=day(1))
        fold_one(alerts, rows, Event(body, day(1), position=1))
    assert rows == {}


def test_no_two_rules_share_a_name():
    with pytest.raises(ValueError, match="same name"):
        Alerts([LowTank(), LowTank()])


def test_the_name_of_a_rule_fits_into_the_id_of_an_alert():
    wrong = LowTank()
    wrong.name = "low/tank"
    with pytest.raises(ValueError, match="low/tank"):
        Alerts([wrong])


def test_every_rule_says_what_it_means_and_what_to_do():
    for one in RULES:
        assert one.meaning.endswith(".")
        assert one.remedy.endswith(".")
        assert one.about in ("order", "customer", "sku")
        assert type(one).__doc__


def test_times_in_memos_are_exact():
    at = day(1.123456789)
    assert moment(micros(at)) == at
    assert micros(moment(1)) == 1


lives = st.tuples(
    placing, st.lists(anything_else, max_size=25), st.lists(anything_else, max_size=3)
)


def lived(life):
    """A log in which an order lived this life, and somebody watched now and then."""
    placing, told, before = life
    log = AlertLog()
    for number, command in enumerate([*before, placing, *told]):
        log.at(number / 24)
        try:
            log.tell(command)
        except Refused:
            continue
        if number % 7 == 6:
            log.watched(number / 2)
    return log


@settings(max_examples=150)
@given(lives)
def test_no_order_makes_a_rule_fail_and_the_units_remembered_are_those_of_the_order(life):
    log = lived(life)
    order = log.states.get("order-O-1")
    if order is None or not order.placed:
        return
    live, positions = order.live_quantity, order.positions
    lapsed = log.rows.get("promise_lapsed/O-1")
    if "delivered" in order.reports:
        if lapsed is not None and lapsed.memo is not None:
            assert lapsed.memo["units"] == live
        assert (lapsed is not None and lapsed.memo is not None) == (live > 0)
    backordered = log.rows.get("stock_out/O-1")
    waiting = backordered.memo["units"] if backordered and backordered.memo else 0
    assert waiting == positions.get("backordered", 0)


@settings(max_examples=150)
@given(lives)
def test_an_order_that_is_done_leaves_nothing_behind_to_watch(life):
    log = lived(life)
    order = log.states.get("order-O-1")
    if order is None or not order.placed or order.live_quantity:
        return
    moves = [move for one in log.events for move in getattr(one.body, "moves", ())]
    if any(move.origin == "cancelled" for move in moves):
        return  # what moves after it was called off is remembered, in case that was the mistake
    watching = {row.rule for row in log.rows.values() if row.state == "watching"}
    watching -= {"sku_return_rate", "customer_return_rate"}  # they go on with the next order
    if order.waiting:
        watching -= {"unresolved"}
    revised = log.rows.get("promise_revised_often/O-1")
    moved = [one.position for one in log.events if getattr(one.body, "moves", ())]
    if revised is not None and revised.evidence and moved and moved[-1] < revised.evidence[0]:
        watching -= {"promise_revised_often"}  # what is promised when all is done still counts
    assert not watching


@settings(max_examples=100)
@given(lives)
def test_a_rule_that_is_not_asked_of_an_event_would_have_had_nothing_to_say(life):
    asked_of_all = [copy(one) for one in RULES]
    for one in asked_of_all:
        one.needs = one.moves = ()
    log = lived(life)
    rows: dict[str, AlertRow] = {}
    alerts = Alerts(asked_of_all)
    for told in log.events:
        fold_one(alerts, rows, told)
    assert rows == log.rows


@settings(max_examples=100)
@given(lives, st.randoms(use_true_random=False))
def test_folding_the_events_in_any_order_raises_nothing_and_gives_the_same_again(life, random):
    events = list(lived(life).events)
    random.shuffle(events)

    def rows() -> dict[str, AlertRow]:
        folded: dict[str, AlertRow] = {}
        alerts = Alerts(RULES)
        for one in events:
            fold_one(alerts, folded, one)
        return folded

    assert rows() == rows()


@settings(max_examples=60)
@given(lives)
def test_a_log_that_is_watched_to_the_end_has_no_deadline_left(life):
    log = lived(life).watched(1000)
    late = [row.alert_id for row in log.rows.values() if row.due and row.due <= log.on]
    assert late == []
    assert all(
        row.due is None or row.due - log.on < timedelta(days=9999) for row in log.rows.values()
    )
