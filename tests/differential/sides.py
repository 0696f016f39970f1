"""The two sides of a tap: the kernel and the oracle, each with a card of its own.

A side takes a case and a field and says what became of the tap as a `Told`; everything in it is
compared. An exception is an answer too: data of a card may never raise.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tapkern import CardLost, CardTimeout, Detection, StartCode, Terminal
from tapkern.card import Card, tlv
from tapkern.card.application import Application
from tapkern.card.profile import CardProfile
from tapkern.errors import UsageError
from tapkern.outcome import Outcome, Status
from tapkern.terminal import Tap
from tapkern.transaction import Transaction
from tests.differential.documents import Case, toml
from tests.differential.mutations import Field, Gone
from tests.oracle import terminal as second

STARTS = {"A": StartCode.A, "B": StartCode.B}
TRANSACTION = ("amount", "other", "type", "currency", "exponent", "date", "time", "sequence")
OUTCOME = (
    "status", "reason", "rule", "cvm", "oda", "oda_rule", "may_defer", "card_may_have_paid",
    "balance", "approval_code", "field55", "data_record",
)  # fmt: skip
"""What a result tells, by the names of both sides."""


@dataclass(frozen=True)
class Told:
    """What one side did and said.

    outcome: the result by name. after_host: the result after the host's answer to an online
    request. counted: whether its own count of commands is right. stored: what it kept. looked_up:
    the cards it asked about. refused: it did not take the call, and there is no result. raised: the
    last lines of an exception.
    """

    outcome: Mapping[str, object] = field(default_factory=dict)
    after_host: Mapping[str, object] | None = None
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
    profile = Card.from_toml(toml(case.card)).profile
    return tuple(_run(terminal, case, profile) for terminal in terminals)


def _run(terminal: Terminals, case: Case, profile: CardProfile) -> Side:
    numbers = random.Random(case.tap.get("card_random", 0))
    card = Card(profile, random=numbers.randbytes, sleep=_no_time)
    place = Field(card, case.mutations, case.tap.get("detections", ()))
    try:
        told = terminal(case, place)
    except Refused:
        raise
    except Exception:  # whatever it is, it is a difference
        told = Told(raised="".join(traceback.format_exc().splitlines(keepends=True)[-12:]))
    ours = [one for one in card.applications if isinstance(one, Application)]
    return Side(told, place, {one.aid.hex().upper(): one.counters for one in ours})


def _no_time(seconds: float) -> None:
    """A late answer is not waited for; neither side has a clock."""


class Refused(Exception):
    """A case whose configuration or transaction a terminal does not take."""


class Bookkeeper:
    """The callbacks of a case: a list of cards, a store, and what they were asked."""

    def __init__(self, case: Case) -> None:
        self.stored: list[str] = []
        self.looked_up: list[tuple[str, int | None]] = []
        self._listed = case.tap.get("listed")
        self._store = case.tap.get("store")

    @property
    def lookup(self) -> Callable[[str, Any], bool] | None:
        """The search of the case, None when it has none."""
        return None if self._listed is None else self._find

    @property
    def store(self) -> Callable[[bytes | None], bool] | None:
        """The store of the case, None when it has none."""
        return None if self._store is None else self._keep

    def _find(self, pan: str, sequence: str | int | None) -> bool:
        self.looked_up.append((pan, None if sequence is None else int(sequence)))
        return pan in (self._listed or ())

    def _keep(self, record: bytes | None) -> bool:
        if record is not None:  # that a record may go is between a kernel and its store
            self.stored.append("keep")
        return self._store == "kept"


class _Reader:
    """A field as the kernel's driver wants it."""

    name = "differential"

    def __init__(self, place: Field) -> None:
        self._place = place

    def detect(self, timeout_ms: int) -> Detection:
        found = self._place.detect()
        return {
            "card": Detection.CARD, "collision": Detection.COLLISION, "none": Detection.TIMEOUT,
        }[found]  # fmt: skip

    def transmit(self, command: bytes) -> bytes:
        try:
            return self._place.transmit(command)
        except Gone as gone:
            raise (CardTimeout("mute") if gone.mute else CardLost("left")) from None

    def field_off(self, hold_ms: int) -> None:
        """The next detection resets the card."""

    def close(self) -> None:
        pass


def kernel(case: Case, place: Field, observe: Callable[[Tap], None] | None = None) -> Told:
    """The C kernel by its Python face; observe sees the finished tap."""
    tap_of, books = case.tap, Bookkeeper(case)
    try:
        terminal = Terminal.from_toml(toml(case.terminal))
        transaction = Transaction(
            **{key: tap_of[key] for key in TRANSACTION if key in tap_of},
            start=STARTS[tap_of.get("start", "A")],
        )
    except UsageError as error:
        raise Refused(str(error)) from error
    random8 = bytes.fromhex(tap_of["unpredictable"])
    try:
        tap = terminal.tap(
            _Reader(place),
            transaction=transaction,
            random=lambda: random8,
            clock=lambda: 1000,
            lookup=books.lookup,
            store=books.store,
        )
    except UsageError:
        if transaction.start is StartCode.A:
            raise
        return Told(refused=True)  # EP-004
    first = tap.outcome
    counted = first.commands == len(place.commands) - place.before  # of the last presentment
    last = None
    if first.status is Status.ONLINE_REQUEST and "host" in tap_of:
        last = _of_kernel(tap.complete(tap_of["host"] or None))
    if observe is not None:
        observe(tap)
    return Told(_of_kernel(first), last, counted, tuple(books.stored), tuple(books.looked_up))


def _of_kernel(outcome: Outcome) -> dict[str, object]:
    plain = {name: getattr(outcome, name) for name in OUTCOME if name != "balance"}
    return told_of({**plain, "balance": outcome.balance_minor})


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
    tap_of, books = case.tap, Bookkeeper(case)
    configuration = second.Configuration.from_document(case.terminal)
    transaction = second.Transaction(
        **{key: tap_of[key] for key in TRANSACTION if key in tap_of},
        unpredictable=bytes.fromhex(tap_of["unpredictable"]),
    )

    def present() -> Callable[[bytes], bytes] | None:
        found = place.detect()
        while found == "collision":
            found = place.detect()
        return transmit if found == "card" else None

    def transmit(command: bytes) -> bytes:
        try:
            return place.transmit(command)
        except Gone:
            raise second.Lost from None

    try:
        first = second.tap(
            configuration,
            transaction,
            present,
            lookup=books.lookup,
            store=books.store,
            start=tap_of.get("start", "A"),
        )
    except second.CallRefused:
        return Told(refused=True)
    last = None
    if first.status == "online_request" and "host" in tap_of:
        last = told_of(vars(second.complete(first, tap_of["host"] or None)))
    counted = list(first.commands) == place.commands
    return Told(told_of(vars(first)), last, counted, tuple(books.stored), tuple(books.looked_up))
