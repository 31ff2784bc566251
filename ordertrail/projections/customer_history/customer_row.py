"""The columns of the table of customers. No name and no contact: personal data is in no view."""

from dataclasses import field
from datetime import datetime
from typing import Annotated

from ordertrail.domain.customer.events import CustomerKind
from ordertrail.projections.projection import row


@row(
    "customers",
    key=("customer_id",),
    indexes=(("survivor_id",), ("last_order_at",)),
)
class CustomerRow:
    """A customer: what is known of them, and how often they order."""

    customer_id: Annotated[str, "the customer"]
    survivor_id: Annotated[str, "itself, or the customer into which it was merged"] = ""
    registered_at: Annotated[datetime | None, "when it was entered in the books"] = None
    erased: Annotated[bool, "its personal data is forgotten"] = False
    kind: Annotated[CustomerKind | None, "a person or a company"] = None
    language: Annotated[str | None, "in which language to speak"] = None
    customer_group: Annotated[str | None, "its group, as a code of the shop"] = None
    country: Annotated[str | None, "where its goods go, as far as we were told last"] = None
    province: Annotated[str | None, "where its goods go, as far as we were told last"] = None
    city: Annotated[str | None, "where its goods go, as far as we were told last"] = None
    postcode: Annotated[str | None, "where its goods go, as far as we were told last"] = None
    requirements: Annotated[
        list[dict[str, str]], "what whoever handles its goods has to heed from now on"
    ] = field(default_factory=list)
    preferences: Annotated[dict[str, str | None], "what it likes, as codes"] = field(
        default_factory=dict
    )
    consents: Annotated[
        dict[str, dict[str, str]], "by purpose and medium, the version of the text agreed to"
    ] = field(default_factory=dict)
    orders: Annotated[int, "how many orders it placed"] = 0
    first_order_at: Annotated[datetime | None, "when it ordered first"] = None
    last_order_at: Annotated[datetime | None, "when it ordered last"] = None
    average_days_between_orders: Annotated[float | None, "from the first order to the last"] = None
    expected_next_order_at: Annotated[
        datetime | None, "the last order and that average; nothing: fewer than two orders"
    ] = None
    expected_next_order_spread_days: Annotated[
        float | None, "the standard deviation of the days between orders"
    ] = None
    gaps: Annotated[int, "how many gaps between orders the spread is made of"] = 0
    gap_mean: Annotated[float, "their mean, in days"] = 0.0
    gap_m2: Annotated[float, "the sum of their squared distances from it"] = 0.0
