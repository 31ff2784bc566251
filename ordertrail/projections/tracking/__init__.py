"""Order tracking: where every order, line and parcel stands, and every number it is known by."""

from ordertrail.projections.tracking.next_step import NextStep
from ordertrail.projections.tracking.order_lines import LineRow, OrderLines
from ordertrail.projections.tracking.order_references import (
    OrderReferences,
    ReferenceRow,
    normalised,
)
from ordertrail.projections.tracking.order_row import OrderRow
from ordertrail.projections.tracking.orders import Orders
from ordertrail.projections.tracking.parcels import ParcelRow, Parcels

TRACKING = (Orders(), OrderLines(), Parcels(), OrderReferences())

__all__ = [
    "TRACKING",
    "LineRow",
    "NextStep",
    "OrderLines",
    "OrderReferences",
    "OrderRow",
    "Orders",
    "ParcelRow",
    "Parcels",
    "ReferenceRow",
    "normalised",
]
