"""Every read model explains itself, and keeps personal data out."""

from dataclasses import fields
from typing import get_type_hints

import pytest

from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.order import ORDER
from ordertrail.projections.catalogue import PROJECTIONS


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_every_column_says_what_it_means_and_holds_nothing_personal(projection):
    hints = get_type_hints(projection.row, include_extras=True)
    assert projection.meaning.endswith("?")
    for field in fields(projection.row):
        hint = hints[field.name]
        (meaning,) = hint.__metadata__
        assert meaning.strip()
        assert "Personal" not in str(hint)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_every_projection_names_the_events_it_listens_to(projection):
    assert set(projection.on) <= {*ORDER.events, *CUSTOMER.events}
