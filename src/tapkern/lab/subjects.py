"""Our kernel under test, in this process."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from tapkern import _kernel
from tapkern._numbers import Event, Purpose, Space, StartCode, StepKind, TraceKind
from tapkern.driver import card_asked
from tapkern.errors import UsageError
from tapkern.lab.checks import FIELDS, TELLS
from tapkern.lab.results import Identity
from tapkern.lab.stand import REFUSED, Around, Broken, Stand
from tapkern.lab.suite import Case, TapSpec
from tapkern.outcome import Outcome
from tapkern.params import load_tables
from tapkern.terminal import Tap, Terminal
from tapkern.transaction import Transaction

TRACE = 4096
"""Marked decisions that are kept of a tap."""
TRANSACTION = ("amount", "other", "type", "currency", "exponent", "date", "time", "sequence")
_EVENTS = {
    event.name.lower(): event
    for event in (
        Event.CARD, Event.COLLISION, Event.TIMEOUT, Event.CANCEL, Event.ANSWER, Event.LOST,
        Event.DONE, Event.FOUND, Event.NOT_FOUND, Event.FAILED, Event.UNSUPPORTED,
    )
}  # fmt: skip
_DECISIONS = frozenset({int(TraceKind.RULE), int(TraceKind.LIMIT)})


@cache
def _rule(number: int) -> str:
    return _kernel.name(Space.RULE, number)


@lru_cache(maxsize=1000)
def _sealed(name: str, text: str) -> tuple[bytes, str]:
    """Image and digest of a configuration; many cases share one."""
    image = load_tables(json.loads(text), name=name, label=f"terminal {name}").image
    return image, _kernel.digest(image).hex()


def sealed(case: Case) -> tuple[bytes, str]:
    """The image of a case's terminal and its digest. Errors: UsageError."""
    return _sealed(case.terminal, json.dumps(case.configuration))


class OurKernel:
    """The kernel of this package, by its Python face; a terminal of its own for every tap."""

    def __init__(self) -> None:
        self._tap: Tap | None = None

    def hello(self) -> Identity:
        """Version and digest of the kernel that is built in."""
        return Identity("tapkern", _kernel.version(), _kernel.kernel_digest(), TELLS)

    def configuration(self, case: Case) -> str:
        """SHA-256 of the sealed image. Errors: UsageError."""
        return sealed(case)[1]

    def begin(
        self, case: Case, spec: TapSpec, stand: Stand, torn: bytes | None
    ) -> Mapping[str, object]:
        """A tap on the stand. Errors: Broken, for an exception of the kernel."""
        return self._guarded(lambda: self._begin(case, spec, stand, torn))

    def _begin(
        self, case: Case, spec: TapSpec, stand: Stand, torn: bytes | None
    ) -> Mapping[str, object]:
        self._tap = begun(sealed(case)[0], spec.transaction, lambda: stand.now, torn)
        if self._tap is None:
            return REFUSED
        drive(self._tap, stand)
        return told(self._tap.outcome)

    def host(self, answer: str, stand: Stand) -> Mapping[str, object]:
        """The outcome after the host."""
        assert self._tap is not None
        tap = self._tap
        return self._guarded(lambda: completed(tap, answer, stand))

    def _guarded(self, call: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
        try:
            return call()
        except Broken:
            raise
        except Exception:
            raise Broken(_last_line()) from None

    def seen(self) -> tuple[tuple[str, int], ...]:
        """Rules of the last tap with their truths; what was lost of them makes a gap."""
        tap, self._tap = self._tap, None
        if tap is None:
            return ()
        rows = tap._kernel.trace()  # some hundreds a tap: names only, no objects
        return tuple((_rule(rule), truth) for rule, kind, truth, _ in rows if kind in _DECISIONS)

    def close(self) -> None:
        """Nothing stays of a tap."""


def begun(
    image: bytes, found: Mapping[str, Any], clock: Callable[[], int], torn: bytes | None
) -> Tap | None:
    """A tap of a fresh terminal at its first step; None when the call is not taken (EP-004).

    found: transaction of a suite. Errors: UsageError.
    """
    transaction = Transaction(
        **{key: found[key] for key in TRANSACTION},
        start=StartCode[found["start"]],
        purpose=Purpose[found["purpose"].upper()],
        torn=torn,
    )
    random8 = bytes.fromhex(found["unpredictable"])
    try:
        return Terminal(image, trace=TRACE).begin(transaction, clock=clock, random=lambda: random8)
    except UsageError:
        if transaction.start is StartCode.A:
            raise
        return None


def drive(tap: Tap, around: Around) -> None:
    """Steps of a tap until it has an outcome, each answered by what is around it."""
    while not tap.finished:
        event, data = _answer(tap, around)
        tap.resume(event, data)


def _answer(tap: Tap, around: Around) -> tuple[Event, bytes | None]:
    match tap.kind:
        case StepKind.TRANSMIT:
            said, data = around.transmit(tap.data)
            return _EVENTS[said], data
        case StepKind.DETECT:
            return _EVENTS[around.detect()], None
        case StepKind.FIELD_OFF:
            around.field_off()
            return Event.DONE, None
        case StepKind.SHOW:
            around.show(tap.ui.name)
            return Event.DONE, None
        case StepKind.LOOKUP:
            asked = card_asked(tap.data)
            return Event.UNSUPPORTED if asked is None else _EVENTS[around.lookup(*asked)], None
        case StepKind.STORE:
            return _EVENTS[around.store(tap.data or None)], None
    return Event.UNSUPPORTED, None


def completed(tap: Tap, answer: str, around: Around) -> Mapping[str, object]:
    """The outcome after the host's answer to an online request; "": it was not reached."""
    tap.resume(Event.HOST, answer.encode("ascii") or None)
    drive(tap, around)
    return told(tap.outcome)


def told(outcome: Outcome) -> Mapping[str, object]:
    """An outcome by the words of the checks."""
    words = outcome.to_json(sensitive=True)
    found = {name: words[name] for name in (*FIELDS, "field55", "data_record")}
    return {**found, "balance": outcome.balance_minor}


def _last_line() -> str:
    """The exception that is being handled, in one line with its place."""
    lines = traceback.format_exc().strip().splitlines()
    place = next((line.strip() for line in reversed(lines) if "File " in line), "")
    return f"exception {lines[-1]} ({place})"
