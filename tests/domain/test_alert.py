"""The alert aggregate: acknowledgements and deadlines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ordertrail.domain.alert import (
    ALERT,
    AcknowledgeAlert,
    Alert,
    AlertAcknowledged,
    DeadlinePassed,
    PassDeadline,
)
from ordertrail.domain.event import Event
from ordertrail.domain.values import Personal
from tests.scenario import NOON, Scenario

ID = "no_tracking_news/SO-1"


def acknowledge(**more):
    return AcknowledgeAlert(alert_id=ID, **more)


def passing(deadline):
    return PassDeadline(rule="no_tracking_news", subject="SO-1", deadline=deadline)


def passed(deadline):
    return DeadlinePassed(rule="no_tracking_news", subject="SO-1", deadline=deadline)


def test_both_commands_decide_on_the_stream_of_the_alert():
    assert acknowledge().streams == passing(NOON).streams == ("alert-no_tracking_news/SO-1",)


def test_an_alert_is_acknowledged_with_a_note_that_stays_personal():
    note = Personal("Ms Example called")
    Scenario(ALERT).when(acknowledge(note=note)).then(AlertAcknowledged(alert_id=ID, note=note))
    assert "Example" not in repr(acknowledge(note=note))


def test_an_opening_is_acknowledged_once():
    first = AlertAcknowledged(alert_id=ID, opening=7)
    Scenario(ALERT).given(first).when(acknowledge(opening=7)).then_nothing()


def test_an_earlier_opening_need_not_be_acknowledged_any_more():
    first = AlertAcknowledged(alert_id=ID, opening=7)
    Scenario(ALERT).given(first).when(acknowledge(opening=3)).then_nothing()


def test_an_alert_that_opened_again_is_acknowledged_again():
    first, again = (AlertAcknowledged(alert_id=ID, opening=number) for number in (7, 12))
    Scenario(ALERT).given(first).when(acknowledge(opening=12)).then(again)


def test_who_names_no_opening_means_the_one_that_is_open_now():
    first = AlertAcknowledged(alert_id=ID, opening=7)
    Scenario(ALERT).given(first).when(acknowledge()).then(AlertAcknowledged(alert_id=ID))


def test_each_deadline_passes_once():
    trail = Scenario(ALERT).when(passing(NOON)).then(passed(NOON))
    trail.when(passing(NOON)).then_nothing()
    trail.when(passing(NOON.astimezone())).then_nothing()
    trail.when(passing(NOON - timedelta(days=1))).then(passed(NOON - timedelta(days=1)))


def test_a_deadline_happens_when_it_is_due_not_when_somebody_looks():
    deadline = NOON - timedelta(days=3)
    [decided] = ALERT.decide(
        passing(deadline).model_copy(update={"occurred_at": NOON}), ALERT.initial
    )
    assert decided.occurred_at == deadline


def test_a_deadline_that_lies_ahead_is_refused():
    ahead = NOON + timedelta(microseconds=1)
    Scenario(ALERT).when(passing(ahead)).then_refused("deadline_ahead", alert=ID)


@pytest.mark.parametrize("wrong", ["", "no_tracking_news", "/SO-1", "No Rule/SO-1", "x/\n"])
def test_an_alert_is_named_by_its_rule_and_its_subject(wrong):
    with pytest.raises(ValidationError):
        AcknowledgeAlert(alert_id=wrong)


def test_a_subject_may_have_slashes_of_its_own():
    assert AcknowledgeAlert(alert_id="low_stock/MUG/red").alert_id == "low_stock/MUG/red"


bodies: st.SearchStrategy[Any] = st.one_of(
    st.builds(AlertAcknowledged, alert_id=st.just(ID), opening=st.none() | st.integers(1, 99)),
    st.builds(passed, st.datetimes(timezones=st.just(UTC))),
    st.builds(dict),  # what is no event of an alert changes nothing
)


@given(st.lists(bodies))
def test_folding_raises_on_no_sequence(told):
    alert = ALERT.initial
    for body in told:
        alert = ALERT.evolve(alert, Event(body, datetime(2026, 1, 1, tzinfo=UTC)))
    assert isinstance(alert, Alert)
    assert ALERT.initial == Alert()
