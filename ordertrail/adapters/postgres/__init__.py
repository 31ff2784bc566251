"""The event store in a schema of a PostgreSQL database, shared by any number of processes."""

from contextlib import closing

from ordertrail.adapters.postgres import schema
from ordertrail.adapters.postgres.address import Address, address_of
from ordertrail.adapters.postgres.connections import Connections
from ordertrail.adapters.postgres.store import PostgresStore

__all__ = ["PostgresStore", "address_of", "migrate"]


def migrate(address: Address) -> list[int]:
    """Bring the schema of a log up to date; returns the steps that ran, all or none.

    Raises:
        StoreError: it cannot be written to, holds something else, or is of a newer Ordertrail.
    """
    with closing(Connections(address)) as connections, connections.transaction() as session:
        return schema.migrate(session, address.schema, address.name)
