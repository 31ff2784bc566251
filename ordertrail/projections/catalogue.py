"""The read models of Ordertrail. One more: a file beside this one, and its name in this list.

Alerts are not here: they are one projection, made of the rules that an app names.
"""

from typing import Any

from ordertrail.projections.customer_history import CUSTOMER_HISTORY
from ordertrail.projections.projection import Projection
from ordertrail.projections.tracking import TRACKING

PROJECTIONS: tuple[Projection[Any], ...] = (*TRACKING, *CUSTOMER_HISTORY)
