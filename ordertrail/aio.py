"""The same engine for asyncio: nothing blocks the event loop, and no caller parks a thread."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from ordertrail.adapters.contacts import holds_contacts
from ordertrail.adapters.ids import now
from ordertrail.adapters.receipt import Receipt
from ordertrail.adapters.ticket import CommandTicket
from ordertrail.app import CORE, App
from ordertrail.domain.aggregate import Command
from ordertrail.domain.customer import Customer
from ordertrail.domain.errors import OrdertrailError, StoreError
from ordertrail.domain.event import Event
from ordertrail.domain.order import Order
from ordertrail.engine import Ordertrail, Preview

T = TypeVar("T")
Delivery = Callable[[CommandTicket], None]

READERS = 4
"""Threads that read for all callers together."""


class AsyncOrdertrail:
    """What `Ordertrail` offers, to be awaited.

    Commands join the same queue as those of threads; a caller waits on a future, not in a thread.
    Reads are short and run on a few threads that all callers share.

    >>> async with await AsyncOrdertrail.open("sqlite:///orders.db") as trail:
    ...     receipt = await trail.execute(PlaceOrder(order_id="SO-1", lines=[...]))
    """

    def __init__(self, trail: Ordertrail) -> None:
        self.trail = trail
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ordertrail-reader")
        self._closing = Flag()
        self._letterboxes: dict[asyncio.AbstractEventLoop, _Letterbox] = {}
        self._listener: Thread | None = None
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    @classmethod
    async def open(
        cls,
        url: str = "memory:",
        *,
        app: App = CORE,
        clock: Callable[[], datetime] = now,
        follow: bool = True,
    ) -> Self:
        """Open the log at `url`, as `Ordertrail.open` does."""

        def opened() -> Ordertrail:
            return Ordertrail.open(url, app=app, clock=clock, follow=follow)

        return cls(await asyncio.to_thread(opened))

    async def close(self) -> None:
        """Stop following and release the store."""
        self._closing.set()
        self._tell()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.join()
        self._readers.shutdown(wait=True)
        self.trail.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def execute(self, command: Command) -> Receipt:
        """Decide the command and store what it leads to, as `Ordertrail.execute` does."""
        outcome: Receipt | BaseException = await self._outcome(command)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def execute_many(self, commands: Sequence[Command]) -> list[Receipt | OrdertrailError]:
        """Decide many commands; a receipt or an error for each."""
        futures, deliveries = self._awaited(len(commands))
        # All are checked before the first is queued, so that they are decided in their order.
        made = await self._read(
            lambda: [self._ticket(*given) for given in zip(commands, deliveries, strict=True)]
        )
        for future, ticket in zip(futures, made, strict=True):
            if isinstance(ticket, CommandTicket):
                self.trail.enqueue(ticket)
            else:
                future.set_result(ticket)
        outcomes = await asyncio.gather(*futures)
        for outcome in outcomes:
            if not isinstance(outcome, Receipt | OrdertrailError):
                raise outcome
        return outcomes

    async def preview(self, command: Command) -> Preview:
        """What the command would lead to now."""
        return await self._read(lambda: self.trail.preview(command))

    async def acknowledge(
        self, alert_id: str, *, actor: str | None = None, note: str | None = None
    ) -> Receipt:
        """Say that somebody has seen an alert."""
        return await self._read(lambda: self.trail.acknowledge(alert_id, actor=actor, note=note))

    async def watch(self, at: datetime | None = None) -> list[Receipt]:
        """Turn every deadline that is due into an event."""
        return await self._read(lambda: self.trail.watch(at))

    async def order(self, order_id: str, *, until: int | datetime | None = None) -> Order:
        """The order as it stands, or stood."""
        return await self._read(lambda: self.trail.order(order_id, until=until))

    async def customer(self, customer_id: str, *, until: int | datetime | None = None) -> Customer:
        """The customer as it stands, or stood."""
        return await self._read(lambda: self.trail.customer(customer_id, until=until))

    async def state(self, aggregate: str, id: str, *, until: int | datetime | None = None) -> Any:
        """The folded state of any registered aggregate."""
        return await self._read(lambda: self.trail.state(aggregate, id, until=until))

    async def orders(self, **filters: Any) -> list[Any]:
        """Rows of the order-tracking view."""
        return await self._read(lambda: self.trail.orders(**filters))

    async def history(self, customer_id: str, **filters: Any) -> Any:
        """What a customer bought, sent back, asked for, and may order next."""
        return await self._read(lambda: self.trail.history(customer_id, **filters))

    async def alerts(self, **filters: Any) -> list[Any]:
        """Alerts, those that are open first."""
        return await self._read(lambda: self.trail.alerts(**filters))

    async def catch_up(self) -> None:
        """Bring every view up to the last event now."""
        await self._read(self.trail.catch_up)

    async def events(self, **filters: Any) -> AsyncIterator[Event]:
        """Events by position, with the filters of `Ordertrail.events`."""
        events = self.trail.events(**filters)
        while page := await self._read(lambda: _page(events)):
            for event in page:
                yield event

    async def subscribe(self, *, after: int = 0, types: Sequence[str] = ()) -> AsyncIterator[Event]:
        """Every event above `after`, then those that come, until the engine is closed."""
        news = asyncio.Event()
        self._listeners[news] = asyncio.get_running_loop()
        if self._listener is None:
            self._listener = Thread(target=self._listen, name="ordertrail-listener", daemon=True)
            self._listener.start()
        try:
            while not self._closing.is_set():
                news.clear()
                head = await self._read(lambda: self.trail.position)
                async for event in self.events(after=after, until=head, types=types):
                    yield event
                after = max(after, head)
                await news.wait()
        except StoreError:
            if not self._closing.is_set():  # closed while it read: then this is its end
                raise
        finally:
            del self._listeners[news]

    def _listen(self) -> None:
        """Tell every subscriber when the log has grown; one thread for them all."""
        head = -1  # whoever subscribed first may have missed what came before this thread began
        while not self._closing.is_set():
            try:
                grown = self.trail.wait_for_events(head, 0.25)
                head = self.trail.position
            except StoreError:  # the subscribers find out when they read
                grown = not self._closing.wait(0.25)
            if grown:
                self._tell()

    def _tell(self) -> None:
        for news, loop in list(self._listeners.items()):
            loop.call_soon_threadsafe(news.set)

    async def _outcome(self, command: Command) -> Any:
        (future,), (deliver,) = self._awaited(1)
        if holds_contacts(type(command)):  # checking those loads whole libraries
            ticket = await self._read(lambda: self._ticket(command, deliver))
        else:
            ticket = self._ticket(command, deliver)
        if isinstance(ticket, OrdertrailError):
            return ticket
        self.trail.enqueue(ticket)
        return await future

    def _awaited(self, count: int) -> tuple[list["asyncio.Future[Any]"], list[Delivery]]:
        """Futures of the outcomes of commands, and what brings each of them its own."""
        loop = asyncio.get_running_loop()
        letterbox = self._letterboxes.setdefault(loop, _Letterbox(loop))
        futures = [loop.create_future() for _ in range(count)]
        return futures, [partial(letterbox.put, future) for future in futures]

    def _ticket(self, command: Command, deliver: Delivery) -> CommandTicket | OrdertrailError:
        try:
            return self.trail.ticket(command, deliver)
        except OrdertrailError as refusal:
            return refusal

    async def _read(self, read: Callable[[], T]) -> T:
        if self._closing.is_set():
            raise StoreError("This engine is closed: open it again.")
        return await asyncio.get_running_loop().run_in_executor(self._readers, read)


def _page(events: Any) -> list[Event]:
    page = []
    for event in events:
        page.append(event)
        if len(page) == 500:
            break
    return page


class _Letterbox:
    """Brings outcomes from the thread that leads to a loop; a whole batch wakes the loop once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._outcomes: deque[tuple[asyncio.Future[Any], Any]] = deque()
        self._woken = False

    def put(self, future: "asyncio.Future[Any]", ticket: CommandTicket) -> None:
        """Called by the thread that leads."""
        self._outcomes.append((future, ticket.outcome))
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        self._woken = False  # before the outcomes are taken, so that a later one wakes again
        while self._outcomes:
            future, outcome = self._outcomes.popleft()
            if not future.done():
                future.set_result(outcome)
