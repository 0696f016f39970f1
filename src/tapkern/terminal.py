"""The terminal: a sealed configuration, and taps against it.

    terminal = Terminal.from_toml("terminal.toml")
    tap = terminal.tap(reader, amount="12.50")
    if tap.outcome.status is Status.ONLINE_REQUEST:
        outcome = tap.complete("00")

Terminal.tap drives a reader and blocks. Terminal.begin gives the bare step machine for every other
way to do I/O; examples/async_tap.py shows one. Each tap has a kernel of its own, so taps may run
interleaved.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
import time as clock_module
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tapkern import _kernel
from tapkern._numbers import (
    DataList,
    Event,
    Origin,
    Purpose,
    Space,
    StartCode,
    StepKind,
    TraceKind,
)
from tapkern.card_info import CardInfo, read_card_info
from tapkern.driver import Lookup, Show, Store, drive, finish
from tapkern.errors import KernelError, TlvError, UsageError
from tapkern.outcome import (
    BalanceResult,
    Outcome,
    UiRequest,
    card_number,
    read_outcome,
    ui_request,
)
from tapkern.params import Ics, load
from tapkern.params.image import currency_of
from tapkern.readers.base import Reader
from tapkern.torn import TornRecords
from tapkern.transaction import (
    Amount,
    Transaction,
    date_digits,
    minor_units,
    time_digits,
)

Clock = Callable[[], int]
Random = Callable[[], bytes]
OnStep = Callable[["Tap", "Exchange"], None]

PRESENTMENT_MS = 30_000  # how long a reader waits for a card


def monotonic_ms() -> int:
    """Monotonic milliseconds."""
    return clock_module.monotonic_ns() // 1_000_000


def fresh_random() -> bytes:
    """8 bytes from the operating system."""
    return secrets.token_bytes(8)


def constant_random(unpredictable_number: bytes) -> Random:
    """A random source that always yields this 9F37 (4 bytes). For replay and tests only."""
    if len(unpredictable_number) != 4:
        raise UsageError(f"9F37 has 4 bytes, not {len(unpredictable_number)}")
    value = unpredictable_number + bytes(4)
    return lambda: value


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What the host said: response code (field 39, two characters), None when not reached."""

    response_code: str | None

    def __post_init__(self) -> None:
        code = self.response_code
        if code is not None and not (len(code) == 2 and code.isascii() and code.isalnum()):
            raise UsageError(f"a response code is two letters or digits, not {code!r}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One step and the event that answered it. Times are milliseconds of the clock.

    request and answer may hold the card number and stay out of repr. trace_end: rule records of
    the kernel after the event was taken.
    """

    kind: StepKind
    request: bytes = field(repr=False)
    ui: UiRequest | None
    hold_ms: int
    event: Event
    answer: bytes | None = field(repr=False)
    sent_ms: int
    now_ms: int
    random: bytes
    trace_end: int


@dataclass(frozen=True, slots=True)
class RuleEvent:
    """One marked decision: rule "QP-120" (or the state of a step), truth, value of a limit."""

    rule: str
    kind: TraceKind
    truth: int
    value: int


class Tags:
    """Data elements of a tap by tag, as the kernel holds them. Values are not masked."""

    __slots__ = ("_kernel",)

    def __init__(self, kernel: _kernel.Kernel) -> None:
        self._kernel = kernel

    def get(self, tag: int) -> bytes | None:
        """The value, or None when unknown or absent."""
        found = self._kernel.get(tag)
        return None if found is None else found[0]

    def origin(self, tag: int) -> Origin | None:
        """Where the value came from."""
        found = self._kernel.get(tag)
        return None if found is None else Origin(found[1])

    def __contains__(self, tag: int) -> bool:
        return self._kernel.get(tag) is not None


class Tap:
    """One transaction: the step machine first, the outcome at the end.

    kind, data, ui and hold_ms describe what the kernel asks for now; resume brings the answer.
    A wrong event raises KernelError and changes nothing.
    """

    def __init__(
        self,
        image: bytes,
        transaction: Transaction,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        on_step: OnStep | None = None,
        trace: int = 1024,
        now_ms: int | None = None,
        random8: bytes | None = None,
        memo: _kernel.Memo | None = None,
    ) -> None:
        self._kernel = _kernel.Kernel(image, trace, memo)
        self.transaction = transaction
        self.tags = Tags(self._kernel)
        self._clock = clock or monotonic_ms
        self._random = random or fresh_random
        self._on_step = on_step
        self._on_ui: Show | None = None
        self._store: Store | None = None
        self._shown: list[_kernel.UiTuple] = []
        self._outcome: Outcome | None = None
        self._last: Outcome | None = None
        self.began_ms = self._clock() if now_ms is None else now_ms
        self.began_random = self._random() if random8 is None else random8
        self._sent_ms = self.began_ms
        self.kind = self._begin(transaction)

    def _begin(self, transaction: Transaction) -> int:
        try:
            return self._kernel.begin(
                purpose=transaction.purpose,
                type=transaction.type,
                start=transaction.start,
                exponent=transaction.exponent,
                amount=transaction.amount,
                other=transaction.other,
                currency=bytes.fromhex(f"{transaction.currency:04d}"),
                date=bytes.fromhex(transaction.date),
                time=bytes.fromhex(transaction.time),
                sequence=bytes.fromhex(f"{transaction.sequence:08d}"),
                now_ms=self.began_ms,
                random8=self.began_random,
                torn=transaction.torn,
            )
        except KernelError:
            if transaction.start == StartCode.A:
                raise
            raise UsageError(
                f"Start {transaction.start.name} is refused for this transaction (EP-004)",
                hint="use Start A, or set ep.start_b_fixed and the TTQ that this amount needs",
            ) from None

    @property
    def image(self) -> bytes:
        """The configuration image this tap runs under."""
        return self._kernel.image

    @property
    def data(self) -> bytes:
        """Bytes of the step: C-APDU, lookup key (PAN 10, PSN 1), record to keep."""
        return self._kernel.data

    @property
    def ui(self) -> UiRequest:
        """What to show, in a SHOW step."""
        return ui_request(self._kernel.ui)

    @property
    def hold_ms(self) -> int:
        """How long the field stays off in a FIELD_OFF step; the longest wait of a DETECT step, 0
        when the kernel sets none."""
        return self._kernel.hold * 100

    @property
    def finished(self) -> bool:
        """Whether there is an outcome."""
        return self.kind == StepKind.OUTCOME

    def resume(
        self,
        event: Event,
        data: bytes | None = None,
        *,
        now_ms: int | None = None,
        random8: bytes | None = None,
    ) -> int:
        """Brings the answer to the current step; returns the kind of the next one."""
        kernel = self._kernel
        now = self._clock() if now_ms is None else now_ms
        fresh = self._random() if random8 is None else random8
        kind = self.kind
        if kind == StepKind.SHOW:
            shown = kernel.ui
        request = kernel.data if self._on_step else b""
        hold = kernel.hold * 100
        if kind == StepKind.OUTCOME and self._outcome is None:
            self._outcome = self._read()
        self.kind = kernel.resume(event, data, now, fresh)
        if kind == StepKind.SHOW:
            self._shown.append(shown)
        elif kind == StepKind.OUTCOME:
            self._last, self._outcome = self._outcome, None
        if self._on_step is not None:
            ui = ui_request(shown) if kind == StepKind.SHOW else None
            sent, self._sent_ms = self._sent_ms, now
            self._on_step(
                self,
                Exchange(
                    StepKind(kind), request, ui, hold, Event(event), data, sent, now, fresh,
                    kernel.trace_count,
                ),
            )  # fmt: skip
        return self.kind

    def sent(self) -> None:
        """Notes the time at which a command goes out; only a transcript needs it."""
        if self._on_step is not None:
            self._sent_ms = self._clock()

    @property
    def outcome(self) -> Outcome:
        """The outcome. Errors: UsageError while the tap is running."""
        if self._outcome is None:
            self._outcome = self._read()
        return self._outcome

    @property
    def before_host(self) -> Outcome | None:
        """The online request, once a host has answered it."""
        return self._last

    def _read(self) -> Outcome:
        if self.kind != StepKind.OUTCOME:
            raise UsageError("the tap has no outcome yet", hint="bring events until it is finished")
        shown = tuple(ui_request(row) for row in self._shown)
        return read_outcome(self._kernel, self.transaction.exponent, shown, self._last)

    def complete(self, answer: HostAnswer | str | None) -> Outcome:
        """Hands the host's answer to an online request and returns the final outcome.

        answer: response code ("00"), or None when the host was not reached (QP-129, QP-130).
        Errors: KernelError when the outcome is not an online request.
        """
        if not isinstance(answer, HostAnswer):
            answer = HostAnswer(answer)
        code = answer.response_code
        self.resume(Event.HOST, None if code is None else code.encode("ascii"))
        finish(self, self._on_ui, self._store)
        return self.outcome

    def pan(self, *, unmasked: bool = False) -> str | None:
        """The card number: masked, or whole when asked for by name; None when unknown."""
        if unmasked:
            return card_number(self._kernel)
        return self.outcome.pan

    def fetch(self, use: DataList) -> bytes | None:
        """A list of data elements as TLV for one use, None when the outcome has no such list.

        ONLINE, OFFLINE and REVERSAL are field 55; their tags are those of the configuration too.
        """
        return self._kernel.fetch(use)

    def rules(self, first: int = 0) -> list[RuleEvent]:
        """The marked decisions of the kernel from record number first on, in order."""
        return [
            RuleEvent(
                _kernel.name(Space.STATE if kind == TraceKind.STEP else Space.RULE, rule),
                TraceKind(kind),
                truth,
                value,
            )
            for rule, kind, truth, value in self._kernel.trace(first)
        ]

    @property
    def rules_lost(self) -> int:
        """Decisions that did not fit into the trace."""
        return self._kernel.trace_lost

    def wipe(self) -> None:
        """Overwrites card and transaction data in the kernel; an outcome already read stays."""
        self._kernel.wipe()
        self.kind = 0

    def __repr__(self) -> str:
        state = self.outcome.status if self.finished else f"step {self.kind}"
        return f"<Tap {state} {self.transaction.amount} minor units>"


class Terminal:
    """A terminal with one sealed configuration. trace: rule events kept of each tap.

    torn_records keeps what a torn tap leaves (TT-010) when `tap` is given no store: in memory, so
    not beyond the life of the terminal. A store that is full refuses payments; its owner settles
    what is doubtful and removes it.
    """

    def __init__(self, image: bytes, *, name: str = "", trace: int = 1024) -> None:
        self.image = bytes(image)  # the caller's buffer may change
        _kernel.check_image(self.image)
        self._digest = hashlib.sha256(self.image).digest()
        self.name = name
        self._trace = trace
        self._memo = _kernel.Memo()  # issuer certificates come back with every other card
        try:
            self.currency, self.exponent = currency_of(self.image)
        except (ValueError, TlvError):
            raise UsageError("this is no sealed configuration image", name) from None
        self._sequence = 0
        self.torn_records = TornRecords()

    @classmethod
    def from_toml(
        cls, source: str | Path, *, name: str = "", trace: int = 1024, ics: Ics | None = None
    ) -> Terminal:
        """A terminal from a TOML file, or from TOML text (a str with a line break).

        ics: the conformance statement of the product (tapkern.params.read_ics); a configuration
        that uses more is refused. Errors: tapkern.params.ConfigError, file and line of everything
        that is wrong.
        """
        configuration = load(source, name=name, ics=ics)
        return cls(configuration.image, name=configuration.name, trace=trace)

    @property
    def config_digest(self) -> str:
        """SHA-256 of the configuration image, hexadecimal."""
        return _kernel.digest(self.image).hex()

    def transaction(
        self,
        amount: Amount,
        *,
        other: Amount = 0,
        type: int = 0x00,
        currency: int | None = None,
        exponent: int | None = None,
        date: datetime.date | str | None = None,
        time: datetime.time | str | None = None,
        sequence: int | None = None,
        purpose: Purpose = Purpose.PAYMENT,
        start: StartCode = StartCode.A,
        torn: bytes | None = None,
    ) -> Transaction:
        """A transaction of this terminal: its currency, the local clock, the next sequence."""
        now = datetime.datetime.now()  # once: at midnight a day and a time would not fit
        exponent = self.exponent if exponent is None else exponent
        if sequence is None:
            self._sequence = self._sequence % 99_999_999 + 1
            sequence = self._sequence
        return Transaction(
            amount=minor_units(amount, exponent),
            other=minor_units(other, exponent, "other amount"),
            type=type,
            currency=self.currency if currency is None else currency,
            exponent=exponent,
            date=date_digits(now.date() if date is None else date),
            time=time_digits(now.time() if time is None else time),
            sequence=sequence,
            purpose=purpose,
            start=start,
            torn=torn,
        )

    def begin(
        self,
        transaction: Transaction,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        on_step: OnStep | None = None,
    ) -> Tap:
        """Starts a transaction and returns its step machine, at the first step.

        Errors: UsageError when the image in memory is not the one that was checked.
        """
        if hashlib.sha256(self.image).digest() != self._digest:
            hint = "start the program again; if it happens again, test the memory"
            raise UsageError("the configuration changed in memory", self.name, hint)
        return Tap(
            self.image,
            transaction,
            clock=clock,
            random=random,
            on_step=on_step,
            trace=self._trace,
            memo=self._memo,
        )

    def tap(
        self,
        reader: Reader,
        amount: Amount | None = None,
        *,
        other: Amount = 0,
        currency: int | None = None,
        exponent: int | None = None,
        type: int = 0x00,
        date: datetime.date | str | None = None,
        time: datetime.time | str | None = None,
        sequence: int | None = None,
        start: StartCode = StartCode.A,
        torn: bytes | None = None,
        transaction: Transaction | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        on_ui: Show | None = None,
        lookup: Lookup | None = None,
        store: Store | None = None,
        on_step: OnStep | None = None,
        timeout_ms: int = PRESENTMENT_MS,
    ) -> Tap:
        """Runs one transaction on a reader to its outcome.

        amount: str and Decimal major units, int minor units; float is refused. start: A, or B for
        a fixed amount (EP-004; UsageError when the limits do not allow it). torn: what store kept
        of a tap of this amount that was lost at its end, to finish it with the same card.
        transaction takes the place of the single values. clock gives monotonic milliseconds,
        random 8 fresh bytes.
        on_ui shows a UI request; lookup searches a card in an exception file; store keeps a record
        durably, else torn_records does (without lookup the kernel takes the refusing path).
        timeout_ms: how long to wait for a card. Errors: UsageError, ReaderError. Everything a
        card does is an outcome.
        """
        if transaction is None:
            if amount is None:
                raise UsageError("a tap needs an amount or a transaction")
            transaction = self.transaction(
                amount, other=other, type=type, currency=currency, exponent=exponent, date=date,
                time=time, sequence=sequence, start=start, torn=torn,
            )  # fmt: skip
        tap = self.begin(transaction, clock=clock, random=random, on_step=on_step)
        store = self.torn_records if store is None else store
        tap._on_ui, tap._store = on_ui, store
        drive(tap, reader, timeout_ms=timeout_ms, on_ui=on_ui, lookup=lookup, store=store)
        return tap

    def balance(
        self,
        reader: Reader,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        on_ui: Show | None = None,
        on_step: OnStep | None = None,
        timeout_ms: int = PRESENTMENT_MS,
    ) -> BalanceResult:
        """Reads the balance of a card (QP-151): PPSE, SELECT, GET DATA; nothing is paid."""
        asked = self.transaction(0, type=0x31, purpose=Purpose.BALANCE)
        outcome = self.tap(
            reader, transaction=asked, clock=clock, random=random, on_ui=on_ui, on_step=on_step,
            timeout_ms=timeout_ms,
        ).outcome  # fmt: skip
        return BalanceResult(
            balance=outcome.balance,
            balance_minor=outcome.balance_minor,
            currency=asked.currency,
            outcome=outcome,
        )

    def card_info(
        self,
        reader: Reader,
        *,
        currency: int | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        on_ui: Show | None = None,
        on_step: OnStep | None = None,
        timeout_ms: int = PRESENTMENT_MS,
    ) -> CardInfo:
        """Reads balances, limits, counters and both logs of a card; nothing is paid (LG-007).

        currency: the balance in the outcome is that of the purse in it, if the card has one
        (TR-006); the terminal's when None. An application that is blocked tells them too (LG-004).
        Errors: ReaderError. Everything a card does is in the result.
        """
        asked = self.transaction(0, type=0x31, currency=currency, purpose=Purpose.CARD_INFO)
        tap = self.tap(
            reader, transaction=asked, clock=clock, random=random, on_ui=on_ui, on_step=on_step,
            timeout_ms=timeout_ms,
        )  # fmt: skip
        return read_card_info(tap._kernel, tap.outcome, asked.currency, asked.exponent)
