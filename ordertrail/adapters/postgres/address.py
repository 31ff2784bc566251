"""Which log of which database a URL names."""

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ordertrail.domain.errors import BadInput

SCHEMA = "ordertrail"

NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")  # with what we add to it, PostgreSQL takes 63

DEFAULTS: dict[str, Any] = {
    # A server that is gone is noticed within a minute, also where nothing says that it is.
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # milliseconds
    "fallback_application_name": "ordertrail",
}


@dataclass(frozen=True)
class Address:
    """Where a log is: what libpq needs to connect, and the schema; `name` is for people."""

    parameters: dict[str, Any]
    schema: str

    @property
    def name(self) -> str:
        """The log in words, without any password."""
        where = self.parameters.get("host") or "this machine"
        port = self.parameters.get("port")
        database = self.parameters.get("dbname") or self.parameters.get("user") or "its default"
        return f"the log {self.schema!r} in {database!r} at {where}{f':{port}' if port else ''}"


def address_of(url: str) -> Address:
    """The address that a URL names: any of libpq's, and our parameter `schema`.

    Raises:
        BadInput: libpq does not understand it, or no schema can have such a name.
    """
    bare, _, query = url.partition("?")
    given = [pair for pair in query.split("&") if pair]
    named = [pair for pair in given if pair.startswith("schema=")]
    schema = named[-1].partition("=")[2] if named else SCHEMA
    if not NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise BadInput(
            f"{schema!a} is no name for a log: give schema=NAME with small letters, digits and _, "
            "at most 40."
        )
    others = "&".join(pair for pair in given if pair not in named)
    try:
        parameters = conninfo_to_dict(f"{bare}?{others}" if others else bare)
    except psycopg.Error as error:
        secret = "password" in others or ":" in bare.partition("://")[2].rpartition("@")[0]
        said = "in a password, write %25 for % and so on" if secret else str(error).strip()
        raise BadInput(f"This is no URL of a PostgreSQL database: {said}.") from None
    return Address({**DEFAULTS, **parameters}, schema)
