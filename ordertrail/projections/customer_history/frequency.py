"""How often a customer orders: the average time between orders, and how much it varies."""

from datetime import datetime, timedelta
from math import sqrt

from ordertrail.projections.customer_history.customer_row import CustomerRow

DAY = timedelta(days=1)


def ordered(row: CustomerRow, at: datetime) -> None:
    """Count an order that was placed at this time.

    Gaps are counted one by one with Welford's algorithm, so that nothing has to be remembered but
    three numbers. An order that is told late, between two that are known, counts in the average;
    the spread leaves it out, as the gap that it divides is no longer known.
    """
    first, last = row.first_order_at, row.last_order_at
    row.orders += 1
    if first is None or last is None:
        row.first_order_at = row.last_order_at = at
        return
    if at >= last:
        _count(row, (at - last) / DAY)
        row.last_order_at = last = at
    elif at <= first:
        _count(row, (first - at) / DAY)
        row.first_order_at = first = at
    average = (last - first) / DAY / (row.orders - 1)
    row.average_days_between_orders = average
    row.expected_next_order_at = last + average * DAY
    if row.gaps > 1:
        row.expected_next_order_spread_days = sqrt(row.gap_m2 / (row.gaps - 1))


def _count(row: CustomerRow, days: float) -> None:
    row.gaps += 1
    before = days - row.gap_mean
    row.gap_mean += before / row.gaps
    row.gap_m2 += before * (days - row.gap_mean)
