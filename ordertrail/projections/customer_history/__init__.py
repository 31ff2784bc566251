"""Customer history: who customers are, what they asked for, bought and sent back."""

from ordertrail.projections.customer_history.activity import ActivityRow, deed
from ordertrail.projections.customer_history.customer_row import CustomerRow
from ordertrail.projections.customer_history.customers import Customers

CUSTOMER_HISTORY = (Customers(),)

__all__ = ["CUSTOMER_HISTORY", "ActivityRow", "CustomerRow", "Customers", "deed"]
