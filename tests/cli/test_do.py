"""`ordertrail do`: any command by hand."""

import orjson
import pytest

from ordertrail import CORE

APP = '''
from ordertrail import CORE, App, Aggregate, Command, event


@event("stock.received")
class StockReceived:
    """Units came in."""

    sku: str


class ReceiveStock(Command):
    """Take units into stock."""

    sku: str

    @property
    def streams(self):
        return (f"stock-{self.sku}",)


def decide(command, state):
    return [StockReceived(sku=command.sku)]


STOCK = Aggregate(
    "stock", None, lambda state, event: state, decide, (StockReceived,), (ReceiveStock,)
)
SHOP = CORE + App(aggregates=[STOCK])
NOTHING = 1
'''


def placed(run, **more):
    order = {"order_id": "SO-1", "lines": [{"line": "1", "sku": "MUG", "quantity": 2}], **more}
    return run("do", "place-order", "--json", "-", stdin=orjson.dumps(order))


def test_a_command_from_stdin_is_done_and_its_receipt_printed(run):
    ran = placed(run, command_id="c-1")
    assert ran.code == 0
    receipt = ran.object
    assert receipt["command_id"] == "c-1"
    assert (receipt["position"], receipt["version"], receipt["repeated"]) == (1, 1, False)
    assert [event["type"] for event in receipt["events"]] == ["order.placed"]
    assert receipt["reminders"] == []


def test_a_command_from_a_file_is_done_once(run, tmp_path):
    (tmp_path / "order.json").write_text(
        '{"command_id": "c-1", "order_id": "SO-1", '
        '"lines": [{"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"}]}'
    )
    assert not run("do", "place-order", "--json", "order.json").object["repeated"]
    assert run("do", "place-order", "--json", "order.json").object["repeated"]
    assert run("status", "--json").object["last_position"] == 1


def test_quiet_prints_nothing(run):
    placed(run)
    ran = run("do", "pick-items", "--quiet", "--json", "-", stdin='{"order_id": "SO-1"}')
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_reminders_are_in_the_receipt_and_said_on_stderr(run):
    placed(run, requirements=[{"kind": "packaging", "code": "shock_proof"}])
    ran = run("do", "pick-items", "--json", "-", stdin='{"order_id": "SO-1"}')
    assert ran.object["reminders"][0]["requirement"]["code"] == "shock_proof"
    assert ran.err == "Remember: shock proof packaging\n"


def test_a_preview_stores_nothing(run):
    placed(run)
    amended = '{"order_id": "SO-1", "quantities": {"1": 5}}'
    ran = run("do", "amend-order", "--preview", "--json", "-", stdin=amended)
    assert [event["type"] for event in ran.object["events"]] == ["order.amended"]
    assert run("status", "--json").object["last_position"] == 1


def test_all_commands_are_listed_with_what_they_do(run):
    out = run("do").out
    for kind in CORE.commands:
        assert kind.type_name() in out
    assert "Hand the units to the carrier." in out


@pytest.mark.parametrize("name", [kind.type_name() for kind in CORE.commands])
def test_every_example_is_a_command_and_every_schema_a_schema(run, name):
    example = run("do", name, "--example")
    assert example.code == 0, example.err
    kind = next(kind for kind in CORE.commands if kind.type_name() == name)
    kind.model_validate_json(example.out)
    schema = orjson.loads(run("do", name, "--schema").out)
    assert schema["type"] == "object"


def test_a_command_that_does_not_fit_is_refused_with_a_sentence(run):
    ran = run("do", "ship-order", "--json", "-", stdin='{"order_id": "SO-1"}')
    assert (ran.code, ran.out, ran.err) == (1, "", "There is no order SO-1.\n")


@pytest.mark.parametrize(
    ("json", "sentence"),
    [
        ("{", "The input is no JSON"),
        ("{}", "place-order needs the field lines."),
        ('{"order_id": "", "lines": []}', "order_id: string should have at least 1 character."),
        ('{"order_id": "X", "lines": [], "currancy": "EUR"}', "Did you mean currency"),
        (
            '{"order_id": "X", "lines": [{"line": "1", "sku": "S", "quantity": 1, "price": 1.5}]}',
            "lines.0.price: write money as a string or a Decimal, never as a float.",
        ),
    ],
)
def test_each_field_that_is_wrong_is_named(run, json, sentence):
    ran = run("do", "place-order", "--json", "-", stdin=json)
    assert ran.code == 2
    assert sentence in ran.err


def test_what_is_personal_is_not_repeated_in_a_complaint(run):
    told = '{"customer_id": "C", "contact": {"kind": "pigeon", "value": "Ms Secret"}}'
    ran = run("do", "change-contact", "--json", "-", stdin=told)
    assert ran.code == 2
    assert "contact.kind" in ran.err
    assert "Secret" not in ran.err
    assert "pigeon" not in ran.err


def test_an_impossible_phone_number_is_bad_input(run):
    told = '{"customer_id": "C", "contact": {"kind": "phone", "value": "+49 1"}}'
    ran = run("do", "change-contact", "--json", "-", stdin=told)
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_an_unknown_command_gets_a_suggestion(run):
    ran = run("do", "place-ordre", "--json", "-", stdin="{}")
    assert ran.code == 2
    assert "Did you mean place-order" in ran.err


@pytest.mark.parametrize("arguments", [["place-order"], ["--example"], ["place-order", "--json"]])
def test_what_is_missing_is_said(run, arguments):
    assert run("do", *arguments).code == 2


def test_commands_of_an_app_of_ones_own_work_too(run, tmp_path):
    (tmp_path / "shop_for_do.py").write_text(APP)
    app = ["--app", "shop_for_do:SHOP"]
    assert "receive-stock" in run(*app, "do").out
    ran = run("do", "receive-stock", "--json", "-", *app, stdin='{"sku": "MUG"}')
    assert ran.object["events"][0]["stream"] == "stock-MUG"
    assert "stock-MUG  received" in run("events", *app).out


@pytest.mark.parametrize(
    ("app", "sentence"),
    [
        ("shop", "MODULE:NAME"),
        ("no_such_module:SHOP", "There is no module no_such_module"),
        ("shop_for_names:SHIP", "has no app SHIP. Did you mean SHOP?"),
        ("shop_for_names:NOTHING", "has no app NOTHING"),
        ("shop_broken:SHOP", "cannot be imported"),
        ("shop_needing:SHOP", "imports no_such_package, which is not installed"),
    ],
)
def test_an_app_that_is_not_there_is_explained(run, tmp_path, app, sentence):
    (tmp_path / "shop_for_names.py").write_text(APP)
    (tmp_path / "shop_broken.py").write_text("1 / 0")
    (tmp_path / "shop_needing.py").write_text("import no_such_package")
    ran = run("--app", app, "do")
    assert ran.code == 2
    assert sentence in ran.err
