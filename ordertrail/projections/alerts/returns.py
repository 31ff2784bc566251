"""Returns: SKUs and customers of which far more comes back than should."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import POSITIONS, SHIPPED
from ordertrail.projections.alerts.rule import Memo, Rule
from ordertrail.projections.alerts.units import moved
from ordertrail.projections.order_facts import counts

Z_95 = 1.96
"""The standard normal quantile of a two-sided confidence of 95 %."""

Counted = tuple[int, int]
"""How many units were shipped, and how many came back."""


def wilson_lower(successes: int, trials: int, z: float = Z_95) -> float:
    """The lower bound of the Wilson score interval: the share is hardly below it.

    Unlike the plain share it means something for a few trials: 3 of 4 gives 0.30, 300 of 400 gives
    0.71. E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if trials <= 0:
        return 0.0
    share = min(successes, trials) / trials
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (share + z * z / (2 * trials) - spread) / (1 + z * z / trials))


def _counted(origin: str, target: str) -> Counted:
    left = (target in SHIPPED) - (origin in SHIPPED)
    return left, (target == "returned") - (origin == "returned")


COUNTED: dict[tuple[str, str], Counted] = {
    (origin, target): _counted(origin, target) for origin in POSITIONS for target in POSITIONS
}
"""What a move of one unit adds to the units shipped and to those that came back."""


class _ReturnRate(Rule):
    """What the two rules share: the memo counts the units `shipped` and `returned`.

    A unit counts as returned when the customer sent it back, not when the carrier did.
    """

    on = (e.OrderShipped, e.OrderDelivered, e.ShipmentLost, e.ShipmentReturned, e.ReturnReceived)
    moves = ("left", "returned")

    def __init__(self, share: float, units: int, z: float = Z_95) -> None:
        self.share, self.units, self.z = share, units, z

    def apply(self, memo: Memo, event: Event, part: Counted | None) -> Memo:
        if part is None:
            return memo
        if memo is None:
            return {"shipped": part[0], "returned": part[1]}
        memo["shipped"] += part[0]
        memo["returned"] += part[1]
        return memo

    def proves(self, part: Counted) -> bool:
        return part[1] != 0

    def firing(self, memo: Memo) -> bool:
        returned, shipped = memo["returned"], memo["shipped"]
        if returned <= 0 or shipped < self.units or returned <= self.share * shipped:
            return False
        return wilson_lower(returned, shipped, self.z) > self.share


class SkuReturnRate(_ReturnRate):
    """Opens when the share of units of a SKU that come back is above `share` for sure.

    That is, when the lower bound of its confidence interval is, and at least `units` were shipped.
    """

    name = "sku_return_rate"
    about = "sku"
    meaning = "Far more units of this SKU come back than should."
    remedy = "Look at the reasons of its returns: its quality, its description, its packaging."

    def __init__(self, share: float = 0.2, units: int = 20, z: float = Z_95) -> None:
        super().__init__(share, units, z)

    def parts(self, event: Event) -> Iterable[tuple[str, Any]]:
        body = event.body
        found: dict[str, Counted] = {}
        way: tuple[str, str] = ("", "")
        left = back = 0
        for move in body.moves:
            if (
                move.origin != way[0] or move.target != way[1]
            ):  # most events move all units the same way
                way = (move.origin, move.target)
                left, back = COUNTED[way]
            if left or back:
                sku, units = move.sku, move.quantity
                if sku in found:
                    shipped, returned = found[sku]
                    found[sku] = (shipped + left * units, returned + back * units)
                else:
                    found[sku] = (left * units, back * units)
        return found.items() if found and counts(body) else ()


class CustomerReturnRate(_ReturnRate):
    """Opens when the share of units that a customer sends back is above `share` for sure.

    That is, when the lower bound of its confidence interval is, and at least `units` were shipped.
    """

    name = "customer_return_rate"
    about = "customer"
    severity = "info"
    meaning = "This customer sends far more back than others do."
    remedy = "Talk to the customer: sizes, expectations, addresses; look for fraud last."

    def __init__(self, share: float = 0.4, units: int = 10, z: float = Z_95) -> None:
        super().__init__(share, units, z)

    def parts(self, event: Event) -> Iterable[tuple[str, Any]]:
        body = event.body
        if body.customer_id is None:
            return ()
        units = moved(event)
        if not units.left and not units.returned:
            return ()
        return ((body.customer_id, (units.left, units.returned)),)
