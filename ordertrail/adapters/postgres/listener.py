"""Hears of appends by other processes as soon as they are committed, as long as it can."""

from collections.abc import Callable
from contextlib import closing
from threading import Event, Lock, Thread
from time import monotonic

import psycopg

from ordertrail.adapters.log_queries import LogQueries
from ordertrail.adapters.postgres.connections import Connections
from ordertrail.adapters.postgres.session import Session
from ordertrail.domain.errors import StoreError

LOOK_UP = 0.1  # seconds after which it looks whether it was told to stop
SIGN_OF_LIFE = 5.0  # seconds after which the server is asked for one
SILENCE = 1.0  # seconds that it is given to answer
RETRY = 1.0  # seconds after which a lost connection is made anew

Heard = Callable[[int, int], None]


class Listener:
    """A thread with a connection of its own that passes on where the log ends now.

    Nothing depends on it: whoever waits for events looks for them, too, if less often. A server
    session that a pooler hands to others after each transaction cannot listen.
    """

    def __init__(self, connections: Connections, heard: Heard) -> None:
        """`heard` is told the last position of the log, and when it was recorded."""
        self._connections = connections
        self._log = connections.address.schema
        self._heard = heard
        self._starting = Lock()
        self._thread: Thread | None = None
        self._stop = Event()

    def start(self) -> None:
        """Listen from now on; a second call does nothing."""
        if self._thread is not None or self._connections.pooled:
            return
        with self._starting:
            if self._thread is None and not self._stop.is_set():
                self._thread = Thread(target=self._run, name="ordertrail-listener", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it has, unless a server that is silent holds it up."""
        with self._starting:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(2.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self._connections.connect()) as session:
                    self._listen(session)
            except (StoreError, psycopg.Error):
                self._stop.wait(RETRY)

    def _listen(self, session: Session) -> None:
        session.silence = SILENCE
        session.at_once(f"LISTEN {self._log}")
        self._heard(*LogQueries(session, self._log).head())  # what came before, nobody tells
        last_sign = monotonic()
        while not self._stop.is_set():
            for notice in session.notifies(timeout=LOOK_UP, stop_after=1):
                position, recorded_at = notice.payload.split()
                self._heard(int(position), int(recorded_at))
                last_sign = monotonic()
            if monotonic() - last_sign > SIGN_OF_LIFE:
                session.execute("SELECT 1")  # or else a connection that is half open stays so
                last_sign = monotonic()
