"""The two sides of a tap: the kernel and the oracle, each with a card of its own.

A side takes a case and a field and says what became of the tap as a `Told`; everything in it is
compared. An exception is an answer too: data of a card may never raise.
"""

from __future__ import annotations

import dataclasses
import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tapkern import CardLost, CardTimeout, Detection, Event, StartCode, Terminal
from tapkern._numbers import Purpose
from tapkern.card import Card, tlv
from tapkern.card.application import Application
from tapkern.card.profile import CardProfile
from tapkern.card_info import BLOCKED, LOG_RECORD, Log, read_card_info
from tapkern.driver import drive, finish
from tapkern.errors import UsageError
from tapkern.lab.field import Cancelled, Field, Gone
from tapkern.lab.toml_text import toml
from tapkern.outcome import Outcome, Status
from tapkern.terminal import Tap
from tapkern.transaction import Transaction
from tests.differential.documents import Case, Document
from tests.oracle import terminal as second

PURPOSES = {
    "payment": Purpose.PAYMENT, "balance": Purpose.BALANCE, "card-info": Purpose.CARD_INFO,
}  # fmt: skip
STARTS = {"A": StartCode.A, "B": StartCode.B}
TRANSACTION = ("amount", "other", "type", "currency", "exponent", "date", "time", "sequence")
OUTCOME = (
    "status", "reason", "rule", "cvm", "oda", "oda_rule", "may_defer", "card_may_have_paid",
    "balance", "approval_code", "field55", "data_record", "info",
)  # fmt: skip
"""What a result tells, by the names of both sides."""
WAIT_MS = 30_000
"""A wait of the driver; the field of a case never waits."""


@dataclass(frozen=True)
class Told:
    """What one side did and said.

    outcome: the result by name. after_host: the result after the host's answer to an online
    request. again: the result of the second transaction. counted: whether its own count of commands
    is right. stored: what it kept and dropped. looked_up: the cards it asked about. refused: it did
    not take the call, and there is no result. raised: the last lines of an exception.
    """

    outcome: Mapping[str, object] = field(default_factory=dict)
    after_host: Mapping[str, object] | None = None
    again: Mapping[str, object] | None = None
    counted: bool = True
    stored: tuple[str, ...] = ()
    looked_up: tuple[tuple[str, int | None], ...] = ()
    refused: bool = False
    raised: str = ""


@dataclass(frozen=True)
class Side:
    """A side after its tap: what it told, the commands, and the card it leaves behind."""

    told: Told
    field: Field
    card: Mapping[str, object]


Terminals = Callable[[Case, Field], Told]
"""A kernel under test: runs the tap of a case on a field."""


def run_sides(case: Case, *terminals: Terminals) -> tuple[Side, ...]:
    """Each side with a fresh card. Raises UsageError or Refused when the case cannot be run."""
    documents = (case.card, *case.tap.get("others", ()))
    profiles = [Card.from_toml(toml(document)).profile for document in documents]
    return tuple(_run(terminal, case, profiles) for terminal in terminals)


def _run(terminal: Terminals, case: Case, profiles: Sequence[CardProfile]) -> Side:
    numbers = random.Random(case.tap.get("card_random", 0))
    cards = [Card(profile, random=numbers.randbytes, sleep=_no_time) for profile in profiles]
    lists = [case.tap.get(name, ()) for name in ("detections", "who", "waits")]
    place = Field(cards, case.mutations, *lists)
    try:
        told = terminal(case, place)
    except Refused:
        raise
    except Exception:  # whatever it is, it is a difference
        told = Told(raised="".join(traceback.format_exc().splitlines(keepends=True)[-12:]))
    left = {
        f"{number}/{one.aid.hex().upper()}": one.counters
        for number, card in enumerate(cards)
        for one in card.applications
        if isinstance(one, Application)
    }
    return Side(told, place, left)


def _no_time(seconds: float) -> None:
    """A late answer is not waited for; the clock of both sides is the field's."""


class Refused(Exception):
    """A case whose configuration or transaction a terminal does not take."""


class Bookkeeper:
    """The callbacks of a case: a list of cards, a store, and what they were asked."""

    def __init__(self, case: Case) -> None:
        self.stored: list[str] = []
        self.record: bytes | None = None
        self.looked_up: list[tuple[str, int | None]] = []
        self._listed = case.tap.get("listed")
        self._store = case.tap.get("store")
        self._fails = case.tap.get("store_fails", 0)
        self._again = case.tap.get("again")

    @property
    def lookup(self) -> Callable[[str, Any], bool | None] | None:
        """The search of the case, None when it has none."""
        return None if self._listed is None else self._find

    @property
    def store(self) -> Callable[[bytes | None], bool] | None:
        """The store of the case, None when it has none."""
        return None if self._store is None else self._keep

    def _find(self, pan: str, sequence: str | int | None) -> bool | None:
        known = sequence not in (None, "ff")
        if known and not str(sequence).isdecimal():
            return None  # as the driver of the kernel: no list can tell such a card
        self.looked_up.append((pan, int(sequence) if known else None))  # type: ignore[arg-type]
        return pan in (self._listed or ())

    def _keep(self, record: bytes | None) -> bool:
        self.stored.append("drop" if record is None else "keep")
        if self._store != "kept" or len(self.stored) == self._fails:
            return False
        self.record = record
        return True

    def torn(self) -> bytes | None:
        """What the second transaction gets; None when there is none."""
        if self._again is None or "purpose" in self._again or self.record is None:
            return None
        if "damage" not in self._again:
            return self.record
        bit = self._again["damage"] % (8 * len(self.record))
        changed = bytearray(self.record)
        changed[bit // 8] ^= 0x80 >> bit % 8
        return bytes(changed)


def _second(case: Case, torn: bytes | None) -> Document | None:
    """The tap of the second transaction: it brings a torn one to its end, or pays nothing."""
    again = case.tap.get("again", {})
    return {**case.tap, "start": "A", **again} if torn or "purpose" in again else None


class _Operator(BaseException):
    """Cancels: no fault of the reader, which the driver would tell as one."""


class _Reader:
    """A field as the kernel's driver wants it."""

    name = "differential"

    def __init__(self, place: Field) -> None:
        self._place = place

    def detect(self, timeout_ms: int) -> Detection:
        found = self._place.detect()
        return {
            "card": Detection.CARD, "collision": Detection.COLLISION, "none": Detection.TIMEOUT,
            "cancel": Detection.CANCEL,
        }[found]  # fmt: skip

    def transmit(self, command: bytes) -> bytes:
        try:
            return self._place.transmit(command)
        except Cancelled:
            raise _Operator from None
        except Gone as gone:
            raise (CardTimeout("mute") if gone.mute else CardLost("left")) from None

    def field_off(self, hold_ms: int) -> None:
        """The next detection resets the card."""

    def close(self) -> None:
        pass


def kernel(case: Case, place: Field, observe: Callable[[Tap], None] | None = None) -> Told:
    """The C kernel by its Python face; observe sees the finished tap."""
    books = Bookkeeper(case)
    tap = _kernel_tap(case, place, case.tap, books, None)
    if tap is None:
        return Told(refused=True)  # EP-004
    first = tap.outcome
    counted = first.commands == len(place.commands) - place.before  # of the last presentment
    last = None
    if first.status is Status.ONLINE_REQUEST and "host" in case.tap:
        tap.resume(Event.HOST, case.tap["host"].encode("ascii") or None)
        finish(tap, None, books.store)
        last = _of_kernel(tap)
    if observe is not None:
        observe(tap)
    again = None
    torn = books.torn()
    following = _second(case, torn)
    if following is not None:
        place.begin()
        next_tap = _kernel_tap(case, place, following, books, torn)
        if next_tap is not None:
            again = _of_kernel(next_tap)
            counted &= next_tap.outcome.commands == len(place.commands) - place.before
            if observe is not None:
                observe(next_tap)
    return Told(
        _of_kernel(tap, first), last, again, counted, tuple(books.stored), tuple(books.looked_up)
    )


def _kernel_tap(
    case: Case, place: Field, tap_of: Document, books: Bookkeeper, torn: bytes | None
) -> Tap | None:
    """A tap of a fresh terminal, None when it does not take the call."""
    try:
        terminal = Terminal.from_toml(toml(case.terminal))
        transaction = Transaction(
            **{key: tap_of[key] for key in TRANSACTION if key in tap_of},
            start=STARTS[tap_of.get("start", "A")],
            purpose=PURPOSES[tap_of.get("purpose", "payment")],
            torn=torn,
        )
    except UsageError as error:
        raise Refused(str(error)) from error
    random8 = bytes.fromhex(tap_of["unpredictable"])
    try:
        tap = terminal.begin(transaction, random=lambda: random8, clock=lambda: place.now)
    except UsageError:
        if transaction.start is StartCode.A:
            raise
        return None
    reader = _Reader(place)
    while not tap.finished:
        try:
            drive(tap, reader, timeout_ms=WAIT_MS, lookup=books.lookup, store=books.store)
        except _Operator:
            tap.resume(Event.CANCEL)
    return tap


def _of_kernel(tap: Tap, outcome: Outcome | None = None) -> dict[str, object]:
    """The outcome of a tap, or one that it had before."""
    outcome = outcome or tap.outcome
    plain = {name: getattr(outcome, name) for name in OUTCOME if name not in ("balance", "info")}
    info = _info_of_kernel(tap) if outcome.status is Status.END_APPLICATION else None
    return told_of({**plain, "balance": outcome.balance_minor, "info": info})


def _info_of_kernel(tap: Tap) -> tuple[object, ...] | None:
    """What a card has told without a payment, as rows; None when nothing was read."""
    asked = tap.transaction
    found = read_card_info(tap._kernel, tap.outcome, asked.currency, asked.exponent)
    if not found.read:
        return None
    rows: list[object] = [
        (f"{tag:X}", value.hex().upper())
        for tag, value in sorted(found.objects.items())
        if not LOG_RECORD <= tag <= BLOCKED
    ]
    rows += [
        ("purse", one.currency, one.from_card, one.balance_minor, one.offline_minor,
         one.limit_minor, one.single_minor, one.reset_minor)
        for one in found.purses
    ]  # fmt: skip
    rows.append(("blocked", found.blocked))
    for name, log in (("log", found.log), ("load log", found.load_log)):
        rows += _log_of_kernel(name, log)
    return tuple(rows)


def _log_of_kernel(name: str, log: Log) -> list[object]:
    rows: list[object] = [(name, "end", "" if log.end is None else log.end.name.lower())]
    for entry in log.entries:
        fields = tuple((f"{one.tag:X}", one.value.hex().upper()) for one in entry.fields)
        load = entry.load
        told = load and (f"{load.tag:X}", load.before_minor, load.after_minor)
        rows.append((name, entry.raw.hex().upper(), fields if entry.fits else None, told))
    return rows


def told_of(values: Mapping[str, object]) -> dict[str, object]:
    """Names as words and lists of objects in the order of their tags, which no rule fixes."""
    return {name: _plain(values[name]) for name in OUTCOME}


def _plain(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Enum):
        return value.encode("ascii", "replace").decode()  # other characters are only shown
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        try:
            objects = sorted(tlv.decode(value))
        except ValueError:
            return value.hex().upper()
        return tuple((f"{tag:X}", content.hex().upper()) for tag, content in objects)
    return value


def oracle(case: Case, place: Field) -> Told:
    """The second terminal kernel, written from the digest alone."""
    books = Bookkeeper(case)
    first = _oracle_tap(case, place, case.tap, books, None)
    if first is None:
        return Told(refused=True)
    last = None
    if first.status == "online_request" and "host" in case.tap:
        last = _of_oracle(second.complete(first, case.tap["host"] or None))
    counted = list(first.commands) == place.commands
    again = None
    torn = books.torn()
    following = _second(case, torn)
    if following is not None:
        begun = len(place.commands)
        next_tap = _oracle_tap(case, place, following, books, torn)
        assert next_tap is not None
        again = _of_oracle(next_tap)
        counted &= list(next_tap.commands) == place.commands[begun:]
    return Told(
        _of_oracle(first), last, again, counted, tuple(books.stored), tuple(books.looked_up)
    )


def _of_oracle(result: second.Result) -> dict[str, object]:
    info = result.info
    return told_of({**vars(result), "info": None if info is None else _info_of_oracle(info)})


def _info_of_oracle(info: second.Info) -> tuple[object, ...]:
    """As _info_of_kernel."""
    objects = {int(tag, 16): value for tag, value in info.objects.items()}
    rows: list[object] = [
        (f"{tag:X}", value.hex().upper()) for tag, value in sorted(objects.items())
    ]
    rows += [("purse", *dataclasses.astuple(one)) for one in info.purses]
    rows.append(("blocked", info.blocked))
    for name, log in (("log", info.log), ("load log", info.load_log)):
        rows.append((name, "end", log.end))
        for entry in log.entries:
            fields = entry.fields
            told = fields and tuple((tag, value.hex().upper()) for tag, value in fields)
            rows.append((name, entry.raw.hex().upper(), told, entry.load))
    return tuple(rows)


def _oracle_tap(
    case: Case, place: Field, tap_of: Document, books: Bookkeeper, torn: bytes | None
) -> second.Result | None:
    """A tap of the oracle, None when it does not take the call."""
    configuration = second.Configuration.from_document(case.terminal)
    transaction = second.Transaction(
        **{key: tap_of[key] for key in TRANSACTION if key in tap_of},
        unpredictable=bytes.fromhex(tap_of["unpredictable"]),
    )

    def present() -> Callable[[bytes], bytes] | None:
        found = place.detect()
        while found == "collision":
            found = place.detect()
        if found == "cancel":
            raise second.Cancelled
        return transmit if found == "card" else None

    def transmit(command: bytes) -> bytes:
        try:
            return place.transmit(command)
        except Cancelled:
            raise second.Cancelled from None
        except Gone:
            raise second.Lost from None

    try:
        return second.tap(
            configuration,
            transaction,
            present,
            lookup=books.lookup,
            store=books.store,
            clock=lambda: place.now,
            start=tap_of.get("start", "A"),
            torn=torn,
            purpose=tap_of.get("purpose", "payment"),
        )
    except second.CallRefused:
        return None
