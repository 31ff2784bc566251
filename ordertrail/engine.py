"""Ordertrail: open, execute, query; the only place where the rooms meet."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import localcontext
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from ordertrail.adapters.alert_queries import Alert, alerts
from ordertrail.adapters.asking import asked_in_sql, must_be_askable
from ordertrail.adapters.codec import Codec, microseconds
from ordertrail.adapters.contacts import in_one_form
from ordertrail.adapters.customer_query import CustomerHistory
from ordertrail.adapters.deciding import Deciding
from ordertrail.adapters.following import Following
from ordertrail.adapters.ids import new_id, now
from ordertrail.adapters.progress import Progress
from ordertrail.adapters.queries import ReadModels
from ordertrail.adapters.receipt import Receipt
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.standing import Parked, Status
from ordertrail.adapters.store import Stop
from ordertrail.adapters.tables import rows
from ordertrail.adapters.ticket import CommandTicket
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.view_store import ViewStore
from ordertrail.adapters.watch import due_commands
from ordertrail.app import CORE, App
from ordertrail.domain.aggregate import Command, Decided
from ordertrail.domain.alert import AcknowledgeAlert
from ordertrail.domain.customer import Customer
from ordertrail.domain.errors import NotFound, OrdertrailError, Refused
from ordertrail.domain.event import Event
from ordertrail.domain.order import Order
from ordertrail.domain.values import ROUNDING, Personal
from ordertrail.projections.customer_history import ActivityRow
from ordertrail.projections.tracking import LineRow, OrderRow, ParcelRow

R = TypeVar("R")
After = Receipt | int | None


class Preview(NamedTuple):
    """What a command would lead to: the bodies of its events, and the state after them."""

    events: tuple[Any, ...]
    state: Any


class Ordertrail:
    """An engine on one log; safe for threads, a context manager.

    Attributes:
        app: the aggregates, projections and rules that it runs.
        projections: the projections of the app, and the one that keeps the alerts of its rules.

    >>> with Ordertrail.open("sqlite:///orders.db") as trail:
    ...     receipt = trail.execute(PlaceOrder(order_id="SO-1", lines=[...]))
    """

    def __init__(
        self,
        store: ViewStore,
        *,
        app: App = CORE,
        clock: Callable[[], datetime] = now,
        follow: bool = True,
    ) -> None:
        self.app = app
        self._store = store
        self._clock = clock
        self._codec = Codec(app.aggregates)
        self._aggregates = {aggregate.name: aggregate for aggregate in app.aggregates}
        self._deciding = Deciding(store, self._codec, app.aggregates, clock)
        self.projections = app.followed
        self._runner = Runner(store, self._codec, self.projections)
        self._following = Following(self._runner)
        self._views = ReadModels(store, self._codec)
        if follow:
            self._following.start()

    @classmethod
    def open(
        cls,
        url: str = "memory:",
        *,
        app: App = CORE,
        clock: Callable[[], datetime] = now,
        follow: bool = True,
    ) -> Self:
        """Open the log at `url`: "sqlite:///orders.db" (a file, made if there is none) or
        "memory:".

        Args:
            app: the aggregates, projections and alert rules that run; yours are added to CORE.
            clock: gives the time, with an offset.
            follow: let the views follow the log by themselves; without it, call `catch_up`.

        Raises:
            BadInput: the URL is none that a store knows.
            StoreError: the store cannot be opened.
        """
        store = open_store(url)
        try:
            return cls(store, app=app, clock=clock, follow=follow)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Stop following and release the store."""
        self._following.stop()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def log_id(self) -> str:
        """The id of this log, given when it was created."""
        return self._store.log_id

    # Commands

    def execute(self, command: Command) -> Receipt:
        """Decide the command and store what it leads to; on disk when this returns.

        A command with the id of an earlier one is not decided again: the first receipt comes back.

        Raises:
            Refused: a rule says no. Nothing was stored.
            CommandReused: another command had this id.
            StoreError: the store cannot do it now.
        """
        outcome = self._deciding.execute([self.ticket(command)])[0]
        if isinstance(outcome, OrdertrailError):
            raise outcome
        return outcome

    def execute_many(self, commands: Sequence[Command]) -> list[Receipt | OrdertrailError]:
        """Decide many commands in their order, in few commits; a receipt or an error for each."""
        outcomes: dict[int, Receipt | OrdertrailError] = {}
        tickets = []
        for index, command in enumerate(commands):
            try:
                tickets.append(self.ticket(command))
            except OrdertrailError as refusal:
                outcomes[index] = refusal
        decided = iter(self._deciding.execute(tickets))
        return [outcomes.get(index) or next(decided) for index in range(len(commands))]

    def preview(self, command: Command) -> Preview:
        """What the command would lead to now; nothing is stored.

        Raises:
            Refused: a rule would say no.
        """
        prepared = self.ticket(command).command
        kind = next((a for a in self.app.aggregates if type(prepared) in a.commands), None)
        if kind is None:
            raise Refused("unknown_command", command=type(prepared).type_name())
        states = [self._folded(stream)[0] for stream in prepared.streams]
        with localcontext(ROUNDING):
            decided = kind.decide(prepared, *states)
        bodies = decided[0] if isinstance(decided, tuple) else decided
        state = states[0]
        assert prepared.occurred_at is not None
        for body in bodies:
            told = body if isinstance(body, Decided) else Decided(body, prepared.occurred_at)
            event = Event(told.body, told.occurred_at, causation_id=told.causation_id)
            state = kind.evolve(state, event)
        return Preview(tuple(getattr(body, "body", body) for body in bodies), state)

    def acknowledge(
        self, alert_id: str, *, actor: str | None = None, note: str | None = None
    ) -> Receipt:
        """Say that somebody has seen an alert and takes care of it.

        Raises:
            NotFound: there is no such alert.
        """
        found = self.alerts(alert_id=alert_id, after=self._store.head())
        if not found:
            raise NotFound("not_found", kind="alert", id=alert_id)
        opening = found[0].opening
        return self.execute(
            AcknowledgeAlert(
                alert_id=alert_id,
                opening=opening,
                actor=actor,
                note=None if note is None else Personal(note),
            )
        )

    def watch(self, at: datetime | None = None) -> list[Receipt]:
        """Turn every deadline that is due into an event, each once whoever else watches.

        Args:
            at: the time to compare with; the engine's clock when left out.
        """
        moment = at or self._clock()
        must_be_askable(moment)
        receipts: list[Receipt] = []
        while True:
            self.catch_up()
            told = False
            due = list(due_commands(self._store, self.app.rules, moment))
            for outcome in self.execute_many(due):
                if isinstance(outcome, OrdertrailError):
                    raise outcome
                receipts.append(outcome)
                told = told or bool(outcome.events and not outcome.repeated)
            if not told:  # a deadline that passed may have set another
                return receipts

    # Aggregates, always current

    def order(self, order_id: str, *, until: int | datetime | None = None) -> Order:
        """The order as it stands, or stood at a position or at a time of recording.

        Raises:
            NotFound: nothing was ever told of such an order.
        """
        state: Order = self.state("order", order_id, until=until)
        return state

    def customer(self, customer_id: str, *, until: int | datetime | None = None) -> Customer:
        """The customer as it stands, or stood at a position or at a time of recording.

        Raises:
            NotFound: nothing was ever told of such a customer.
        """
        state: Customer = self.state("customer", customer_id, until=until)
        return state

    def state(self, aggregate: str, id: str, *, until: int | datetime | None = None) -> Any:
        """The folded state of any registered aggregate, now or as it stood.

        Raises:
            NotFound: the aggregate is not registered, or has no event (until then).
        """
        kind = self._aggregates.get(aggregate)
        if kind is None:
            raise NotFound("not_found", kind="aggregate", id=aggregate)
        state, version = self._folded(kind.stream(id), until)
        if not version:
            raise NotFound("not_found", kind=aggregate, id=id)
        return state

    # Views

    def orders(self, *, after: After = None, **filters: Any) -> list[OrderRow]:
        """Rows of the order-tracking view; `ReadModels.orders` names the filters.

        Args:
            after: a receipt: wait until the view shows what it led to.
        """
        self._wait_for(("orders", "order_lines", "customers"), after, *filters.values())
        return self._views.orders(now=self._clock(), **filters)

    def order_lines(self, order_id: str, *, after: After = None) -> list[LineRow]:
        """The lines of an order, in the tracking view."""
        self._wait_for(("order_lines",), after, order_id)
        return self._views.order_lines(order_id)

    def parcels(self, order_id: str, *, after: After = None) -> list[ParcelRow]:
        """The parcels of an order, in the tracking view."""
        self._wait_for(("parcels",), after, order_id)
        return self._views.parcels(order_id)

    def find_orders(self, reference: str, *, after: After = None) -> list[str]:
        """The ids of the orders that any number leads to: order, parcel, tracking, return ..."""
        self._wait_for(("order_references", "orders"), after, reference)
        return self._views.find_orders(reference)

    def history(self, customer_id: str, *, after: After = None) -> CustomerHistory:
        """What a customer bought, sent back, asked for, and may order next.

        Raises:
            NotFound: nobody has told anything of such a customer.
        """
        self._wait_for(("customers", "orders", "order_lines"), after, customer_id)
        return self._views.history(customer_id)

    def activity(self, *, after: After = None, **filters: Any) -> list[ActivityRow]:
        """Who did what for an order or a customer, what happened last first.

        `ReadModels.activity` names the filters.
        """
        self._wait_for(("orders", "customers"), after, *filters.values())
        return self._views.activity(**filters)

    def customers(self, *, after: After = None, **filters: Any) -> list[Any]:
        """Rows of the customers view; `ReadModels.customers` names the filters."""
        self._wait_for(("customers",), after, *filters.values())
        return self._views.customers(**filters)

    def alerts(self, *, after: After = None, **filters: Any) -> list[Alert]:
        """Alerts, those that are open first; `alert_queries.alerts` names the filters."""
        self._wait_for(("alerts",), after, *filters.values())
        return alerts(self._store, self.app.rules, **filters)

    def rows(
        self,
        row: type[R],
        where: str = "",
        parameters: Sequence[Any] = (),
        *,
        order: str = "",
        limit: int | None = None,
        after: After = None,
    ) -> list[R]:
        """Rows of any projection, ours or yours, that meet a condition in SQL.

        >>> trail.rows(StockLevel, "on_hand < ?", [5], order="sku", limit=10)
        """
        self._wait_for((row.table,), after, parameters, limit)  # type: ignore[attr-defined]
        tables = self._store.tables
        with asked_in_sql(tables.errors), self._store.reading() as connection:
            found = rows(tables, connection, row, where, parameters, order=order, limit=limit)
            return list(found)

    def catch_up(self, progress: Progress | None = None) -> None:
        """Bring every view up to the last event now."""
        self._runner.catch_up(progress=progress)

    def rebuild(self, names: Sequence[str] | None = None, progress: Progress | None = None) -> None:
        """Build views again from nothing: those named, or all."""
        self._runner.rebuild(names, progress)

    def share(self, stop: Stop) -> None:
        """Follow the log here, and share the work with all processes that do so, until `stop`.

        Open the log with `follow=False` for that. `ordertrail follow` does it, and `ordertrail
        run` for several processes.
        """
        self._following.share(stop)

    def workers(self) -> list[str]:
        """The processes that share the work."""
        return self._runner.workers()

    def status(self) -> list[Status]:
        """Where each projection stands."""
        return self._runner.status()

    def parked(self) -> list[Parked]:
        """Streams that a projection could not fold, each with the error."""
        return self._runner.parked()

    # The log

    @property
    def position(self) -> int:
        """The last position of the log, 0 while it is empty."""
        return self._store.head()

    def events(
        self,
        *,
        stream: str | None = None,
        types: Sequence[str] = (),
        after: int = 0,
        until: int | datetime | None = None,
        since: datetime | None = None,
    ) -> Iterator[Event]:
        """Events by position, those of unregistered aggregates left out.

        Args:
            stream: only those of one stream, such as "order-SO-1".
            types: only those of these types, such as "order.shipped".
            after: only those above this position.
            until: only those up to this position, or recorded up to this time.
            since: only those recorded from this time on.

        Raises:
            BadInput: a time without an offset, or what no log can hold.
        """
        must_be_askable(stream, types, after, until, since)
        last = until if isinstance(until, int) else None
        moment = until if isinstance(until, datetime) else None
        while True:
            records = self._store.read(
                after,
                until=last,
                stream=stream,
                types=types,
                recorded_from=None if since is None else microseconds(since),
                recorded_until=None if moment is None else microseconds(moment),
            )
            for record in records:
                event = self._codec.decode(record)
                if event is not None:
                    yield event
            if not records:
                return
            after = records[-1].position

    def subscribe(
        self, *, after: int = 0, types: Sequence[str] = (), stop: Stop | None = None
    ) -> Iterator[Event]:
        """Every event above `after`, then those that come, for ever or until `stop` is set."""
        must_be_askable(after, types)
        for record in self._store.follow(after, types=types, stop=stop):
            event = self._codec.decode(record)
            if event is not None:
                yield event

    def wait_for_events(self, after: int, timeout: float) -> bool:
        """Wait until the log is longer than `after`, for at most `timeout` seconds."""
        return self._store.wait_for_events(after, timeout)

    def ticket(
        self, command: Command, notify: Callable[[CommandTicket], None] | None = None
    ) -> CommandTicket:
        """A place in the queue for the command, checked and complete; see `enqueue`.

        Raises:
            InvalidCommand: a phone number, e-mail address, country or postcode cannot be one.
        """
        given = command.command_id is not None
        command = in_one_form(command)
        missing: dict[str, Any] = {}
        if not given:
            missing["command_id"] = new_id()
        if command.occurred_at is None:
            missing["occurred_at"] = self._clock()
        if missing:
            command = command.model_copy(update=missing)
        return CommandTicket(command, given, notify)

    def enqueue(self, ticket: CommandTicket) -> None:
        """Queue a ticket and return at once; its `notify` hears of the outcome, in some thread."""
        self._deciding.enqueue(ticket)

    def _folded(self, stream: str, until: int | datetime | None = None) -> tuple[Any, int]:
        kind = self._aggregates.get(stream.partition("-")[0])
        if kind is None:
            return None, 0
        state, version = kind.initial, 0
        events = list(self.events(stream=stream, until=until))
        with localcontext(ROUNDING):
            for event in events:
                state = kind.evolve(state, event)
                version = event.version
        return state, version

    def _wait_for(self, tables: Sequence[str], after: After, *asked: Any) -> None:
        must_be_askable(*asked)
        if after is not None:
            position = after if isinstance(after, int) else after.position
            self._following.wait_until(position)
        self._runner.must_answer(tables)
