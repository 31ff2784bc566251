"""Random lives of one order: commands that fit and commands that do not, guarded and reported."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from ordertrail.domain.aggregate import Command
from ordertrail.domain.order import commands as c
from ordertrail.domain.order.positions import DEFAULT_REPORTS
from tests.projections.folding import START

ORDER_ID = "O-1"
LINES = ("1", "2", "3", "4")
SKUS = {"1": "A", "2": "B", "3": "A", "4": "C"}
STEPS = ("allocated", *DEFAULT_REPORTS, "authorised", "paid")

times = st.integers(0, 300).map(lambda hours: START + timedelta(hours=hours))
line_ids = st.sampled_from(LINES)
units = st.integers(1, 4)
prices = st.sampled_from([None, "0", "2.50", "10"])
parcels = st.sampled_from([None, "P1", "P2"])
returns = st.sampled_from(["R1", "R2"])
amounts = st.sampled_from(["1", "2.50", "5", "10", "20"])
quantities = st.lists(st.fixed_dictionaries({"line": line_ids, "quantity": units}), max_size=3)
reported = st.booleans()


def new_lines(**more: Any) -> Any:
    line = st.fixed_dictionaries({"line": line_ids, "quantity": units, "price": prices, **more})
    return st.lists(line, min_size=1, max_size=3, unique_by=lambda one: one["line"]).map(
        lambda lines: [{**line, "sku": SKUS[line["line"]]} for line in lines]
    )


def told(command: type[c.OrderCommand], **fields: Any) -> st.SearchStrategy[Command]:
    return st.builds(
        command,
        order_id=st.just(ORDER_ID),
        occurred_at=st.none() | times,
        reported=reported,
        **fields,
    )


def step(command: type[c.StepCommand], **fields: Any) -> st.SearchStrategy[Command]:
    return told(command, lines=quantities, parcel=parcels, **fields)


placing = told(
    c.PlaceOrder,
    lines=new_lines(),
    customer_id=st.none(),
    currency=st.just("GBP"),
    reports=st.lists(st.sampled_from(STEPS), unique=True) | st.just(DEFAULT_REPORTS),
    promised_at=st.none() | times,
    adjustments=st.sampled_from([(), ({"kind": "shipping", "amount": "3"},)]),
)
replacing = new_lines(replaces=line_ids)
anything_else = st.one_of(
    told(c.ApproveOrder),
    told(c.DeclineOrder),
    told(c.PlaceHold, hold_id=st.sampled_from(["H1", "H2"])),
    told(c.ReleaseHold, hold_id=st.sampled_from(["H1", "H2"])),
    told(
        c.AmendOrder,
        quantities=st.dictionaries(line_ids, st.integers(0, 5), max_size=2),
        added=st.just(()) | new_lines(),
        prices=st.dictionaries(line_ids, amounts, max_size=2),
    ),
    told(c.CancelLine, line=line_ids, quantity=st.none() | units),
    told(c.CancelOrder),
    told(c.ChangeShippingAddress, ship_to=st.sampled_from([{"country": "GB"}, {"country": "FR"}])),
    told(c.AddNote, kind=st.just("gift")),
    *(step(command) for command in c.STEP_COMMANDS if command is not c.ReceiveReturn),
    step(c.ReceiveReturn, return_id=st.none() | returns),
    told(c.RecordTracking, parcel=parcels, status=st.just("in_transit")),
    told(c.RecordDelay, cause=st.sampled_from(["promise_lapsed", "strike"])),
    told(c.RevisePromise, promised_at=times),
    told(c.RecordDeliveryAttempt, parcel=parcels),
    told(c.RecordDamage, parcel=parcels),
    told(c.RequestReturn, return_id=returns, lines=quantities),
    told(c.AuthoriseReturn, return_id=returns),
    told(c.DeclineReturn, return_id=returns),
    told(
        c.InspectReturn,
        return_id=returns,
        outcomes=st.just([{"line": "1", "restocked": 1}]),
    ),
    told(c.OpenExchange, exchange_id=st.sampled_from(["E1", "E2"]), lines=replacing),
    told(c.OpenRepair, repair_id=st.just("X1"), lines=replacing),
    told(c.OpenClaim, claim_id=st.just("CL1"), kind=st.just("damaged")),
    told(c.ResolveClaim, claim_id=st.just("CL1"), outcome=st.just("refunded")),
    told(c.CapturePayment, payment_id=st.sampled_from(["PAY1", "PAY2"]), amount=amounts),
    told(c.IssueRefund, refund_id=st.sampled_from(["RF1", "RF2"]), amount=amounts),
)
stories = st.tuples(
    st.lists(anything_else, max_size=4),  # told before the order is known
    placing,
    st.lists(anything_else, max_size=20),
).map(lambda parts: [*parts[0], parts[1], *parts[2]])
