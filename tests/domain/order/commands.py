"""Random commands to one order, guarded and reported, that fit and that do not."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from ordertrail.domain.order import commands as c
from ordertrail.domain.order.positions import DEFAULT_REPORTS
from tests.domain.order.story import EVERY_STEP, ID
from tests.scenario import NOON

LINES = ("1", "2", "3")
lines = st.sampled_from(LINES)
units = st.integers(1, 4)
times = st.integers(0, 200).map(lambda hours: NOON + timedelta(hours=hours))
parcels = st.sampled_from([None, "P1", "P2"])
returns = st.sampled_from(["R1", "R2"])
amounts = st.sampled_from(["0.01", "2.50", "7", "20"])
windows = st.sampled_from(
    [
        {"kind": "delivery_window", "code": "early", "not_after": "09:00"},
        {"kind": "delivery_window", "code": "night", "not_before": "22:00Z", "not_after": "06:00"},
        {"kind": "packaging", "code": "shock_proof"},
        {"kind": "label", "code": "fragile"},
    ]
)


NONE: Any = st.none()


def told_lines(parcel: Any = NONE) -> Any:
    sku = st.sampled_from([None, None, None, "S1", "S2"])
    part = st.fixed_dictionaries({"line": lines, "quantity": units, "sku": sku, "parcel": parcel})
    return st.lists(part, max_size=3)


def new_lines(**more: Any) -> Any:
    price = st.sampled_from([None, "0", "3.333"])
    line = st.fixed_dictionaries({"line": lines, "quantity": units, "price": price, **more})
    return st.lists(line, min_size=1, max_size=3, unique_by=lambda one: one["line"]).map(
        lambda many: [{**one, "sku": f"S{one['line']}"} for one in many]
    )


def told(kind: type[c.OrderCommand], /, **fields: Any) -> Any:
    return st.builds(
        kind, order_id=st.just(ID), occurred_at=times, reported=st.booleans(), **fields
    )


def step(kind: type[c.StepCommand], /, **fields: Any) -> Any:
    return told(kind, lines=told_lines(parcels), parcel=parcels, **fields)


placing = told(
    c.PlaceOrder,
    lines=new_lines(),
    currency=st.sampled_from([None, "GBP", "JPY"]),
    reports=st.lists(st.sampled_from(EVERY_STEP), unique=True) | st.just(DEFAULT_REPORTS),
    promised_at=st.none() | times,
    requirements=st.lists(windows, max_size=2),
)
steps = st.one_of(
    *(step(kind) for kind in c.STEP_COMMANDS if kind is not c.ReceiveReturn),
    step(c.PackItems, heeded=st.just(("shock_proof",))),
    step(c.ReceiveReturn, return_id=st.none() | returns),
    told(c.CancelLine, line=lines, quantity=st.none() | units),
    told(c.CancelOrder),
)
others = st.one_of(
    told(c.ApproveOrder),
    told(c.DeclineOrder),
    told(c.PlaceHold, hold_id=st.sampled_from(["H1", "H2"]), lines=st.lists(lines, max_size=1)),
    told(c.ReleaseHold, hold_id=st.sampled_from(["H1", "H2"])),
    told(
        c.AmendOrder,
        quantities=st.dictionaries(lines, st.integers(0, 5), max_size=2),
        added=st.just(()) | new_lines(),
        prices=st.dictionaries(lines, amounts, max_size=1),
        requirements=st.none() | st.lists(windows, max_size=1),
    ),
    told(c.ChangeShippingAddress, ship_to=st.just({"country": "GB"})),
    told(c.AddNote, kind=st.just("gift")),
    told(c.RecordTracking, parcel=parcels, status=st.just("seen")),
    told(c.RecordDelay, cause=st.sampled_from(["promise_lapsed", "strike"])),
    told(c.RevisePromise, promised_at=times),
    told(c.RecordDeliveryAttempt, parcel=parcels),
    told(c.RedirectShipment, parcel=st.just("P1"), ship_to=st.just({"country": "FR"})),
    told(c.RecordDamage, parcel=parcels, lines=told_lines()),
    told(c.RequestReturn, return_id=returns, lines=told_lines()),
    told(c.AuthoriseReturn, return_id=returns),
    told(c.DeclineReturn, return_id=returns),
    told(
        c.InspectReturn,
        return_id=returns,
        outcomes=st.lists(
            st.fixed_dictionaries({"line": lines, "restocked": st.integers(0, 2)}), min_size=1
        ),
    ),
    told(
        c.OpenExchange,
        exchange_id=st.sampled_from(["E1", "E2"]),
        lines=new_lines(replaces=st.none() | lines),
    ),
    told(c.OpenRepair, repair_id=st.just("X1"), lines=new_lines(replaces=lines)),
    told(c.OpenClaim, claim_id=st.just("CL"), kind=st.just("lost"), parcel=parcels),
    told(c.ResolveClaim, claim_id=st.just("CL"), outcome=st.just("refunded")),
    told(c.CapturePayment, payment_id=st.sampled_from(["A", "B"]), amount=amounts),
    told(c.FailPayment, payment_id=st.just("A"), amount=amounts),
    told(c.IssueRefund, refund_id=st.sampled_from(["A", "B"]), amount=amounts),
)
anything = steps | steps | others
lives = st.tuples(st.lists(anything, max_size=3), placing, st.lists(anything, max_size=20)).map(
    lambda parts: [*parts[0], parts[1], *parts[2]]
)
