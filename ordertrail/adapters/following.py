"""Keeps read models up to date by itself: in a thread of its own, or as one of several workers."""

from collections.abc import Sequence
from threading import Event as Flag
from threading import Thread
from time import monotonic

from ordertrail.adapters.leases import Claim
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.standing import Standing, Unit
from ordertrail.adapters.store import Stop
from ordertrail.adapters.tables import LIVE
from ordertrail.domain.errors import StoreError

RETRY = 1.0  # seconds after which the follower tries again what the store could not do
LOOK_UP = 0.1  # seconds after which the follower looks whether it was told to stop


class Following:
    """Lets a runner follow its log."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._store = runner.store
        self._follower: Thread | None = None
        self._stop = Flag()
        self._failure: BaseException | None = None
        outage = runner.store.tables.outage
        self._passing: tuple[type[Exception], ...] = (StoreError, MemoryError, *outage)

    def start(self) -> None:
        """Follow the log in a thread of its own, until `stop`. A second call does nothing."""
        if self._follower is not None and self._follower.is_alive():
            return
        self._failure = None
        self._stop.clear()
        self._follower = Thread(target=self._follow, name="ordertrail-runner", daemon=True)
        self._follower.start()

    def stop(self) -> None:
        """End following, after the batch at hand."""
        self._stop.set()
        if self._follower is not None:
            self._follower.join()
            self._follower = None

    def share(self, stop: Stop) -> None:
        """Follow the log here, and share the work with all processes that do so, until `stop`.

        Each partition of each projection is the work of one of them. When one is gone, the others
        take its share over within seconds.

        Raises:
            UnknownEventType: an event comes from a newer version of the code.
            StoreError: the store fails, or a table was rebuilt by a newer version of the code.
        """
        with self._runner.leases.shared(), self._runner.leases.claiming() as claim:
            while not stop.is_set():
                if not self._go_on(claim):
                    self._runner.leases.take_up(self._runner.standing())

    def wait_until(self, position: int, timeout: float = 10.0) -> None:
        """Return when all projections have reached the position: then your own writes are seen.

        Where nobody follows, they are folded here and now.

        Raises:
            StoreError: they did not within `timeout` seconds.
            Exception: what the follower died of.
        """
        deadline = monotonic() + timeout
        while True:
            if self._follower is None:
                self._runner.catch_up(position)
            with self._runner.moved:
                units = self._runner.standing().answering()
                reached = min((unit.position for unit in units), default=position)
                if reached >= position and all(unit.place == LIVE for unit in units):
                    return
                if self._failure is not None:
                    raise self._failure
                if monotonic() > deadline:
                    raise StoreError(
                        f"The read models are at position {reached} and did not reach {position} "
                        f"within {timeout:g} seconds; wait longer, or see `status`."
                    )
                self._runner.moved.wait(0.02)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with self._runner.leases.claiming() as claim:
                    while self._go_on(claim) and not self._stop.is_set():
                        pass
                self._failure = None
            except self._passing as error:  # a full disk may be emptied: tell it, and go on
                self._failure = error
                self._runner.tell()
                self._stop.wait(RETRY)
            except BaseException as error:
                self._failure = error
                self._runner.tell()
                return

    def _go_on(self, claim: Claim) -> bool:
        """A batch, or a moment of waiting for more events; says which.

        What is built beside takes its turn after what is asked: it can wait.
        """
        head = self._store.head()

        def due(standing: Standing) -> Sequence[Unit]:
            answering = standing.answering()
            late = [unit for unit in answering if unit.position < head and not unit.held]
            return late or standing.beside()

        if self._runner.step(head, due, claim):
            return True
        self._store.wait_for_events(head, LOOK_UP)
        return False
