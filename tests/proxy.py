"""A proxy before a PostgreSQL that loses answers, cuts connections and goes silent when told to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

Fault = Literal["before", "inside", "amid the answer", "after", "silent before", "silent after"]
"""What happens to the message of a client: it is not passed on; it is, and the connection cut at
once; the answer is cut in the middle, or comes to nothing; or the same without any sign of it."""


class Proxy:
    """Passes bytes on between clients and a server, until a fault strikes.

    Attributes:
        url: where clients find it.
        struck: how many faults have.
        lets_in: whether new connections are let in.
    """

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        given = dict(parse_qsl(parts.query))
        host = given.pop("host", None) or parts.hostname or "localhost"
        port = int(given.pop("port", None) or parts.port or 5432)
        self._server = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        user = parts.netloc.rpartition("@")[0]
        netloc = f"{user}@127.0.0.1:{self._listening.getsockname()[1]}"
        self.url = urlunsplit(parts._replace(netloc=netloc, query=urlencode(given)))
        self.struck = 0
        self.lets_in = True
        self._fault: tuple[Fault, bytes] | None = None
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def strike(self, fault: Fault, marked: bytes) -> None:
        """Let a fault strike the next message of a client in which these bytes stand."""
        self._fault = (fault, marked)

    def cut(self) -> None:
        """Cut all connections that are open."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            _close(one)

    def close(self) -> None:
        """End it, and all connections."""
        _close(self._listening)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if not self.lets_in:
                _close(client)
                continue
            unix = isinstance(self._server, str)
            server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
            server.connect(self._server)
            with self._lock:
                self._sockets += [client, server]
            Link(self, client, server)

    def fault_for(self, message: bytes) -> Fault | None:
        """The fault that strikes this message, each once."""
        with self._lock:
            if self._fault is None or self._fault[1] not in message:
                return None
            fault, self._fault = self._fault[0], None
            self.struck += 1
        return fault


class Link:
    """One client's connection to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._fault: Fault | None = None
        self._silent = Event()
        for pump in (self._to_server, self._to_client):
            Thread(target=pump, daemon=True).start()

    def _to_server(self) -> None:
        for message in _received(self._client):
            self._fault = self._fault or self._proxy.fault_for(message)
            if self._silent.is_set() or self._fault == "silent before":
                self._silent.set()
                continue
            if self._fault == "before":
                break
            with suppress(OSError):
                self._server.sendall(message)
            if self._fault == "inside":
                break
        self._end()

    def _to_client(self) -> None:
        for answer in _received(self._server):
            if self._silent.is_set() or self._fault == "silent after":
                self._silent.set()
                continue
            if self._fault == "amid the answer":
                with suppress(OSError):
                    self._client.sendall(answer[:-6])  # all of it, but that the server is ready
                break
            if self._fault == "after":
                break
            with suppress(OSError):
                self._client.sendall(answer)
        self._end()

    def _end(self) -> None:
        _close(self._client)
        _close(self._server)


@contextmanager
def proxy(server: str) -> Iterator[Proxy]:
    """A proxy before the server of this URL."""
    running = Proxy(server)
    try:
        yield running
    finally:
        running.close()


def _received(source: socket.socket) -> Iterator[bytes]:
    with suppress(OSError):
        while data := source.recv(1 << 20):
            yield data


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
