"""The event store in a schema of a PostgreSQL database, shared by any number of processes."""

from ordertrail.adapters.postgres.address import address_of
from ordertrail.adapters.postgres.store import PostgresStore

__all__ = ["PostgresStore", "address_of"]
