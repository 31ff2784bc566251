"""Who are our customers, what do they ask for, how often do they order, and what do they buy?"""

from collections.abc import Callable, Iterable
from typing import Any

from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.customer import events as c
from ordertrail.domain.event import Event
from ordertrail.domain.order.events import OrderPlaced
from ordertrail.domain.values import Address
from ordertrail.projections.customer_history.customer_row import CustomerRow
from ordertrail.projections.customer_history.frequency import ordered
from ordertrail.projections.customer_history.views import COLUMNS, VIEWS
from ordertrail.projections.order_facts import counts, requirement_as_json
from ordertrail.projections.projection import Key, Projection


class Customers(Projection[CustomerRow]):
    """A row for each customer, also for one that is known only by its orders; none for guests.

    Sums over orders are no columns here but views over the rows of orders: those are exact however
    an order changes, and need no event to tell the order as it was before.
    """

    name = "customers"
    row = CustomerRow
    meaning = "Who are our customers, what do they ask for, and how often do they order?"
    on = (OrderPlaced, *CUSTOMER.events)
    views = VIEWS
    view_columns = COLUMNS

    def stays(self, kind: type[Any]) -> bool:
        return kind not in (OrderPlaced, c.CustomersMerged, c.CustomerErased)

    def parts(self, event: Event) -> Iterable[tuple[Key, None]]:
        body = event.body
        if isinstance(body, OrderPlaced):
            if body.customer_id is None or not counts(body):
                return ()
            return ((body.customer_id, None),)
        if isinstance(body, (c.CustomersMerged, c.CustomerErased)):
            return [(id, None) for id in dict.fromkeys((body.customer_id, *body.aliases))]
        return ((body.customer_id, None),)

    def apply(self, row: CustomerRow, event: Event, part: None) -> CustomerRow:
        if not row.survivor_id:
            row.survivor_id = row.customer_id
        body = event.body
        if isinstance(body, OrderPlaced):
            ordered(row, event.occurred_at)
            if event.occurred_at == row.last_order_at:
                _goes_to(row, body.ship_to)
        elif change := CHANGES.get(body.__class__):
            change(row, body, event)
        return row


def _registered(row: CustomerRow, body: c.CustomerRegistered, event: Event) -> None:
    row.registered_at = row.registered_at or event.occurred_at
    _described(row, body, event)


def _described(
    row: CustomerRow, body: c.CustomerRegistered | c.CustomerDescribed, event: Event
) -> None:
    row.kind = body.kind or row.kind
    row.language = body.language or row.language
    row.customer_group = body.group or row.customer_group


def _address_added(row: CustomerRow, body: c.AddressAdded, event: Event) -> None:
    if row.orders == 0:
        _goes_to(row, body.address)


def _goes_to(row: CustomerRow, address: Address | None) -> None:
    if address is not None:
        row.country = address.country
        row.province = address.province
        row.city = address.city
        row.postcode = address.postcode


def _asked(row: CustomerRow, body: c.HandlingRequirementSet, event: Event) -> None:
    asked = body.requirement
    row.requirements = [
        other
        for other in row.requirements
        if (other["kind"], other["code"]) != (asked.kind, asked.code)
    ]
    if not body.withdrawn:
        row.requirements.append(requirement_as_json(asked))


def _likes(row: CustomerRow, body: c.PreferenceNoted, event: Event) -> None:
    row.preferences.pop(body.preference, None)
    if not body.withdrawn:
        row.preferences[body.preference] = body.value


def _agreed(row: CustomerRow, body: c.ConsentGiven, event: Event) -> None:
    row.consents.setdefault(body.purpose, {})[body.medium] = body.text_version


def _disagreed(row: CustomerRow, body: c.ConsentWithdrawn, event: Event) -> None:
    media = row.consents.get(body.purpose, {})
    media.pop(body.medium, None)
    if not media:
        row.consents.pop(body.purpose, None)


def _merged(row: CustomerRow, body: c.CustomersMerged, event: Event) -> None:
    if row.customer_id != body.survivor_id:
        row.survivor_id = body.survivor_id


def _erased(row: CustomerRow, body: c.CustomerErased, event: Event) -> None:
    row.erased = True
    row.kind = row.language = row.customer_group = None
    row.country = row.province = row.city = row.postcode = None
    row.requirements, row.preferences, row.consents = [], {}, {}


CHANGES: dict[type[Any], Callable[[CustomerRow, Any, Event], None]] = {
    c.CustomerRegistered: _registered,
    c.CustomerDescribed: _described,
    c.AddressAdded: _address_added,
    c.HandlingRequirementSet: _asked,
    c.PreferenceNoted: _likes,
    c.ConsentGiven: _agreed,
    c.ConsentWithdrawn: _disagreed,
    c.CustomersMerged: _merged,
    c.CustomerErased: _erased,
}
"""What each event of a customer changes; contacts and removed addresses change nothing here."""
