"""What the commands that look print, for people and for programs."""

import re
from datetime import datetime
from decimal import Decimal

import pytest

ORDER_KEYS = {
    "order_id",
    "status",
    "shipment_state",
    "late",
    "promised_at",
    "current_promise_at",
    "customer_id",
}
ALERT_KEYS = {"rule", "subject", "severity", "state", "evidence", "remedy"}
ENVELOPE = {
    "position",
    "id",
    "type",
    "stream",
    "version",
    "occurred_at",
    "recorded_at",
    "actor",
    "on_behalf_of",
    "channel",
    "source",
    "source_id",
    "reason",
    "correlation_id",
    "causation_id",
    "command_id",
}
LISTS = ("orders", "customers", "alerts", "events")


def is_a_time(text):
    return datetime.fromisoformat(text).utcoffset() is not None


@pytest.mark.parametrize("command", LISTS)
def test_a_list_as_json_has_an_object_on_each_line_and_nothing_else(story, command):
    ran = story(command, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines
    assert all(isinstance(line, dict) for line in ran.lines)


def test_orders_say_as_json_what_scripts_rely_on(story):
    lines = story("orders", "--json").lines
    assert all(line.keys() >= ORDER_KEYS for line in lines)
    (late,) = [line for line in lines if line["order_id"] == "N-1001"]
    assert late["late"] is True
    assert late["status"] == "closed"
    assert late["shipment_state"] == "delivered"
    assert late["customer_id"] == "NORDLYS"
    assert is_a_time(late["promised_at"])
    assert is_a_time(late["current_promise_at"])
    assert Decimal(late["due"]) == Decimal("120.10")
    assert isinstance(late["due"], str)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["--state", "delivered", "--customer", "NORDLYS"], ["N-1001"]),
        (["--state", "placed", "--customer", "NORDLYS"], ["N-1002"]),
        (["--late", "--state", "delivered"], ["N-1001"]),
        (["--sku", "85123A", "--since", "2024-01-01"], ["N-1001"]),
        (["--since", "2024-03-13"], ["N-1002"]),
        (["--limit", "1"], ["N-1002"]),
        (["--sku", "no such"], []),
    ],
)
def test_orders_are_filtered(story, filters, ids):
    assert [line["order_id"] for line in story("orders", "--json", *filters).lines] == ids


def test_orders_end_with_a_summary(story):
    ran = story("orders", "--customer", "NORDLYS")
    assert re.search(r"2 orders · .*1 delivered.* late", ran.out)


def test_an_order_is_one_object_with_its_lines_parcels_and_timeline(story):
    order = story("order", "N-1001", "--json").object
    assert order.keys() >= ORDER_KEYS
    assert [line["sku"] for line in order["lines"]] == ["22423", "85123A", "22720"]
    assert order["lines"][1]["positions"] == {"delivered": 10, "returned": 2}
    assert order["lines"][1]["price"] == "2.95"
    assert [parcel["tracking_number"] for parcel in order["parcels"]] == ["PN-70011", "PN-70012"]
    types = [happening["type"] for happening in order["timeline"]]
    assert types[0] == "order.placed"
    assert types[-1] == "order.refund_issued"
    short = order["timeline"][types.index("order.pick_shorted")]
    assert (short["actor"], short["reason"]) == ("person:picker-8", "not_on_shelf")
    assert is_a_time(short["occurred_at"])


def test_a_timeline_says_who_did_what_when_and_why(story):
    out = " ".join(story("order", "N-1001").out.split())
    assert re.search(r"picked short: missing 1 . 22423 person:picker-8 because not on shelf", out)
    assert re.search(r"remember: deliver before 09:00", out)
    assert re.search(r"! requirement missed \(mornings\)", out)
    assert "22 hours late" in out


def test_an_order_is_found_by_any_number_and_both_are_named(story):
    ran = story("order", "pn-70012", "--json")
    assert ran.object["order_id"] == "N-1001"
    assert "N-1001" in ran.err


def test_a_number_that_leads_to_several_orders_lists_them(story):
    for order_id in ("A-1", "A-2"):
        story(
            "do",
            "place-order",
            "--json",
            "-",
            stdin=f'{{"order_id": "{order_id}", "lines": [{{"line": "1", "sku": "S", '
            '"quantity": 1}], "references": [{"system": "shop", "id": "BASKET"}]}',
        )
    ran = story("order", "BASKET", "--json")
    assert ran.code == 0
    assert {line["order_id"] for line in ran.lines} == {"A-1", "A-2"}
    assert "2 orders" in story("order", "BASKET").err


def test_an_order_is_shown_as_it_stood(story):
    then = story("order", "N-1001", "--until", "2024-03-05", "--json").object
    assert then["shipment_state"] == "partial"
    assert then["late"] is False
    assert story("order", "N-1001", "--until", "1").code == 1


def test_personal_data_is_shown_only_on_demand(story):
    for command in (["order", "N-1001"], ["customer", "NORDLYS"], ["events", "--json"]):
        assert "Nordlys Interi" not in story(*command).out
        assert "Nordlys Interi" in story(*command, "--personal").out


def test_a_customer_is_one_object_with_its_history(story):
    customer = story("customer", "NORDLYS", "--json").object
    assert customer["customer_id"] == "NORDLYS"
    assert customer["orders"] == 2
    assert customer["orders_by_month"] == {"2024-03": 2}
    assert customer["items"][0]["sku"] == "22423"
    assert {one["reason"] for one in customer["returns"]} >= {"scratched", "returned"}
    assert {deed["what"] for deed in customer["activity"]} >= {"picked", "packed", "shipped"}
    assert customer["requirements"][0]["code"] == "mornings"


def test_a_customer_is_shown_with_favourites_returns_and_who_served_it(story):
    out = story("customer", "NORDLYS").out
    assert re.search(r"22423 +REGENCY CAKESTAND 3 TIER +2 +6", out)
    assert re.search(r"scratched +1 +2", out)
    assert re.search(r"person:picker-8 +picked 22 units", out)
    assert "deliver before 09:00" in out


def test_alerts_say_as_json_what_scripts_rely_on(story):
    lines = story("alerts", "--json").lines
    assert all(line.keys() >= ALERT_KEYS for line in lines)
    (lapsed,) = [line for line in lines if line["alert_id"] == "promise_lapsed/N-1001"]
    assert (lapsed["severity"], lapsed["state"]) == ("critical", "resolved")
    assert all(isinstance(position, int) for position in lapsed["evidence"])
    assert lapsed["remedy"]


def test_an_alert_is_acknowledged(story):
    assert story("alerts", "--state", "open", "--rule", "short_pick").code == 0
    ran = story("alerts", "ack", "short_pick/N-1001", "--actor", "person:p-3", "--json")
    assert ran.code == 0
    assert [event["type"] for event in ran.object["events"]] == ["alert.acknowledged"]
    (alert,) = story("alerts", "--rule", "short_pick", "--json").lines
    assert alert["acknowledged_by"] == "person:p-3"


def test_events_have_their_envelope_and_body(story):
    lines = story("events", "--json").lines
    assert all(line.keys() == ENVELOPE | {"body"} for line in lines)
    assert [line["position"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(is_a_time(line["occurred_at"]) for line in lines)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (["--stream", "order-N-1002"], lambda line: line["stream"] == "order-N-1002"),
        (["--type", "order.shipped"], lambda line: line["type"] == "order.shipped"),
        (["--after", "5", "--until", "7"], lambda line: line["position"] in (6, 7)),
        (["--since", "2024-03-13"], lambda line: line["recorded_at"] > "2024-03-13"),
        (["--until", "2024-03-04"], lambda line: line["recorded_at"] < "2024-03-05"),
    ],
)
def test_events_are_filtered(story, filters, holds):
    lines = story("events", "--json", *filters).lines
    assert lines
    assert all(map(holds, lines))


def test_status_says_where_each_projection_stands(story):
    story("orders")  # brings the views up to date
    status = story("status", "--json").object
    assert status["last_position"] > 0
    assert {"orders", "customers", "alerts"} <= {one["name"] for one in status["projections"]}
    for one in status["projections"]:
        told = {"name", "position", "lag", "parked", "rate", "owners", "building"}
        assert one.keys() == told
        assert (one["position"], one["lag"], one["parked"]) == (status["last_position"], 0, 0)
    assert re.search(r"orders +[\d,]+ +━+ +0 +0", story("status").out)


def test_views_are_rebuilt_all_or_those_named(story):
    every = story("rebuild", "--json").object
    assert "orders" in every["rebuilt"]
    one = story("rebuild", "customers", "--json").object
    assert one["rebuilt"] == ["customers"]
    assert one["position"] == every["position"]


def test_watching_once_turns_what_is_due_into_events_once(story):
    first = story("watch", "--once", "--json").lines
    assert any(event["type"] == "order.delayed" for told in first for event in told["events"])
    assert story("watch", "--once", "--json").lines == []
    assert story("watch", "--once").out == "Nothing is due.\n"
