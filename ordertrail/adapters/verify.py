"""Looks whether a log and its views are what they should be."""

from collections.abc import Sequence
from typing import Any

from ordertrail.adapters.checks import Check, Verification
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.progress import Phase, unseen
from ordertrail.adapters.verify_log import verify_log
from ordertrail.adapters.verify_views import verify_views
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import StoreError
from ordertrail.projections.projection import Projection


def verify(
    store: ViewStore,
    codec: Codec,
    projections: Sequence[Projection[Any]] = (),
    phase: Phase = unseen,
    until: int | None = None,
) -> Verification:
    """Check the log, and compare the views of the projections with a rebuild of them.

    Nothing is changed, and others may write meanwhile.

    Raises:
        BadInput: the log does not go up to the position `until`.
        StoreError: the store is closed, or cannot be read at all.
    """
    with phase("Reading the log") as told:
        found = verify_log(store, codec, told, until)
    if not projections:
        return found
    with phase("Building the views anew") as told:
        try:
            views = verify_views(store, codec, projections, told)
        except StoreError as error:  # as for an event that cannot be read
            views = [Check("views", "cannot be built anew", (str(error),))]
    return found._replace(checks=(*found.checks, *views))
