"""Readers that fail in every way, at every call of a tap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from tapkern import CardLost, CardTimeout, Detection, ReaderError, UsageError
from tapkern._numbers import Event
from tapkern.card import Card
from tapkern.outcome import Status
from tapkern.terminal import Exchange, Tap
from tapkern.torn import TornRecords
from tests.environment.ground import Clock, Field, Tally, paid_offline, ride
from tests.environment.stack import stack_errors

CARDS = ("debit", "transit", "credit")


class Unprintable(Exception):
    """An error that cannot even be shown."""

    def __str__(self) -> str:
        raise ValueError("no text")


def _system(error: type[OSError], number: int, text: str) -> OSError:
    return error(number, text)


RAISED: dict[str, Any] = {
    "CardLost": lambda: CardLost("left"),
    "CardTimeout": lambda: CardTimeout("mute"),
    "ReaderError": lambda: ReaderError("unplugged", "field"),
    "EIO": lambda: _system(OSError, 5, "Input/output error"),
    "ENODEV": lambda: _system(OSError, 19, "No such device"),
    "reset": lambda: _system(ConnectionResetError, 104, "Connection reset by peer"),
    "refused": lambda: _system(ConnectionRefusedError, 111, "Connection refused"),
    "pipe": lambda: _system(BrokenPipeError, 32, "Broken pipe"),
    "socket.timeout": lambda: TimeoutError("timed out"),
    "EINTR": lambda: _system(InterruptedError, 4, "Interrupted system call"),
    "EAGAIN": lambda: _system(BlockingIOError, 11, "Resource temporarily unavailable"),
    "no strerror": OSError,
    **{
        error.__name__: error
        for error in (
            ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, EOFError,
            MemoryError, RecursionError, StopIteration, AssertionError, ZeroDivisionError,
            NotImplementedError, Unprintable,
        )
    },
    **stack_errors(),
}  # fmt: skip
"""What a reader raises: the documented errors, those of the system, of pyscard, of a mistake."""

INTERRUPTS: dict[str, type[BaseException]] = {
    "KeyboardInterrupt": KeyboardInterrupt,
    "SystemExit": SystemExit,
    "GeneratorExit": GeneratorExit,
}
"""What ends a program, and is nobody's to swallow."""

ANSWERS: dict[str, Any] = {
    "no bytes": lambda answer: b"",
    "1 byte": lambda answer: answer[:1],
    "2 bytes": lambda answer: answer[-2:],
    "258 bytes": lambda answer: bytes(256) + b"\x90\x00",
    "259 bytes": lambda answer: bytes(257) + b"\x90\x00",
    "65538 bytes": lambda answer: bytes(65536) + b"\x90\x00",
    "first half": lambda answer: answer[: len(answer) // 2],
    "one byte less": lambda answer: answer[:-1],
    "twice": lambda answer: answer + answer,
    "9000 alone": lambda answer: b"\x90\x00",
    "None": lambda answer: None,
    "text": lambda answer: answer.hex(),
    "list": list,
    "number": lambda answer: 0x9000,
    "bytearray": bytearray,
    "memoryview": memoryview,
}
DETECTIONS: dict[str, Any] = {
    "None": None, "True": True, "text": "card", "collision": Detection.COLLISION,
    "timeout": Detection.TIMEOUT, "cancel": Detection.CANCEL,
}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """Where a fault strikes: the number of the call (all calls count), before or after the card
    has acted, once or from then on."""

    number: int
    acted: bool
    stays: bool


def sweep(cards: Sequence[str] = CARDS, share: int = 1) -> Tally:
    """Every fault at every call of the taps of these cards; share: one scenario of so many."""
    tally = Tally()
    for name in cards:
        for scenario in islice(_scenarios(tally, name), None, None, share):
            scenario()
    return tally


def _scenarios(tally: Tally, name: str) -> Iterator[Callable[[], None]]:
    plain = Field(Card.load(name, random=bytes))
    ride(plain, store=TornRecords())
    for moment in _moments(len(plain.calls)):
        for what in (*RAISED, *INTERRUPTS):
            yield partial(_raises, tally, name, moment, what)
        if moment.acted and not moment.stays:
            kind = plain.calls[moment.number - 1]
            wrong = {"transmit": ANSWERS, "detect": DETECTIONS}.get(kind, {})
            for what, value in wrong.items():
                yield partial(_answers, tally, name, moment, what, value)


def _moments(calls: int) -> Iterator[Moment]:
    for number in range(1, calls + 1):
        for acted in (False, True):
            for stays in (False, True):
                yield Moment(number, acted, stays)


def _raises(tally: Tally, name: str, moment: Moment, what: str) -> None:
    field = Field(Card.load(name, random=bytes))

    def strike(call: str, number: int) -> None:
        if number == moment.number or (moment.stays and number > moment.number):
            raise (RAISED | INTERRUPTS)[what]()

    def strike_after(call: str, number: int, answer: Any) -> Any:
        strike(call, number)
        return answer

    if moment.acted:
        field.after = strike_after
    else:
        field.before = strike
    _scenario(tally, f"{name}: {what} at {moment}", field, INTERRUPTS.get(what), moment)


def _answers(tally: Tally, name: str, moment: Moment, what: str, value: Any) -> None:
    field = Field(Card.load(name, random=bytes))

    def change(call: str, number: int, answer: Any) -> Any:
        if number != moment.number:
            return answer
        return value(answer) if call == "transmit" else value

    field.after = change
    _scenario(tally, f"{name}: answer {what} at {moment}", field, None, moment)


def _scenario(
    tally: Tally, where: str, field: Field, interrupt: type[BaseException] | None, moment: Moment
) -> None:
    """One tap with its fault, then the same card again at a sound reader: the books agree."""
    tally.injected += 1
    records = TornRecords()
    approvals, end, tap = 0, "finding", None
    with tally.watched(where):
        end, tap = _tap(tally, where, field, records)
        if interrupt is not None:
            tally.check(end == interrupt.__name__ or tap is not None, f"{where}: ended as {end}")
        if tap is not None:
            approvals += paid_offline(tap)
            if tap.outcome.approved:
                _earned(tally, where, field, tap)
        told = approvals + len(records)
        tally.check(field.debits <= told, f"{where}: a debit that nobody knows of")
        tally.check(approvals <= field.debits, f"{where}: approved and not paid")
        if end != "outcome" and not moment.stays:
            tally.check(not field.on, f"{where}: the field stays on")
        approvals += _next(tally, where, field, records)
        told = approvals + len(records)
        tally.check(approvals <= field.debits <= told, f"{where}: after the next tap")
    tally.ends[end if end != "outcome" or tap is None else tap.outcome.status.value] += 1


def _tap(tally: Tally, where: str, field: Field, records: TornRecords) -> tuple[str, Tap | None]:
    """How the tap ended: "outcome", or the name of what was raised, and the tap if it finished."""
    given: list[object] = []
    spoilt = field.after

    def keep(call: str, number: int, answer: Any) -> Any:
        answer = spoilt(call, number, answer)
        given.append(answer)
        return answer

    def look(tap: Tap, exchange: Exchange) -> None:
        if exchange.event is Event.ANSWER:
            got = given and bytes(given[-1]) == exchange.answer  # type: ignore[call-overload]
            tally.check(bool(got), f"{where}: an answer that nobody gave")
        given.clear()

    field.after = keep
    try:
        tap = ride(field, store=records, on_step=look)
    except ReaderError as error:
        finished = error.tap if isinstance(error.tap, Tap) and error.tap.finished else None
        tally.check(finished is not None, f"{where}: a ReaderError without an outcome")
        return "ReaderError", finished
    except UsageError as error:
        tally.check(False, f"{where}: {error}")
        return "UsageError", None
    except tuple(INTERRUPTS.values()) as error:
        return type(error).__name__, None
    return "outcome", tap


def _earned(tally: Tally, where: str, field: Field, tap: Tap) -> None:
    """An approval needs a card that answered GPO; a reader that says nothing earns none."""
    tally.check(
        tap.outcome.status is not Status.APPROVED or field.debits == 1,
        f"{where}: an approval that the card did not give",
    )


def _next(tally: Tally, where: str, field: Field, records: TornRecords) -> int:
    """The next tap at the same terminal, as after a restart; how many offline approvals it has."""
    field.before = lambda call, number: None
    field.after = lambda call, number, answer: answer
    field.calls.clear()
    tap = ride(field, store=records, torn=records.newest(), time="101130", clock=Clock())
    known = tap.outcome.status in (Status.APPROVED, Status.ONLINE_REQUEST)
    tally.check(known, f"{where}: the next tap is {tap.outcome.reason} {tap.outcome.rule}")
    return int(paid_offline(tap))
