"""The blocking driver: does what each step asks for, with a reader and a few callbacks.

It decides nothing. A step that the caller cannot do is answered UNSUPPORTED, and the kernel then
refuses. A reader that disappears in the middle of a tap is LOST for the kernel, so that the kernel
can still say whether the card may have paid; the ReaderError is raised after the outcome. So is a
reader that raises what no reader should. Nobody leaves the driver by an exception with the field
on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from tapkern._numbers import Event, StepKind
from tapkern.errors import CardLost, CardTimeout, ReaderError, TapkernError
from tapkern.outcome import UiRequest
from tapkern.readers.base import Detection, Reader

if TYPE_CHECKING:
    from tapkern.terminal import Tap

Show = Callable[[UiRequest], None]
Lookup = Callable[[str, int | None], bool | None]  # PAN digits, PSN: listed? None: cannot tell
Store = Callable[[bytes | None], bool | None]  # record to keep, None: drop it; False: failed

Answer = tuple[Event, bytes | None]
Result = TypeVar("Result")

_DETECTED = {
    Detection.CARD: Event.CARD,
    Detection.COLLISION: Event.COLLISION,
    Detection.TIMEOUT: Event.TIMEOUT,
    Detection.CANCEL: Event.CANCEL,
}


def drive(
    tap: Tap,
    reader: Reader,
    *,
    timeout_ms: int,
    on_ui: Show | None = None,
    lookup: Lookup | None = None,
    store: Store | None = None,
) -> None:
    """Runs a tap to its outcome. Errors: ReaderError, with the finished tap in its field tap.

    What a callback raises, and an interrupt, ends the tap where it is.
    """
    try:
        lost = _run(tap, reader, timeout_ms, on_ui, lookup, store)
        if lost is not None:
            lost.tap = tap
            raise lost
    except BaseException:
        with suppress(Exception):  # what is raised already says more
            reader.field_off(0)
        raise


def _run(
    tap: Tap,
    reader: Reader,
    timeout_ms: int,
    on_ui: Show | None,
    lookup: Lookup | None,
    store: Store | None,
) -> ReaderError | None:
    """Brings events until there is an outcome; returns why the reader was lost, if it was."""
    lost: ReaderError | None = None
    deadline: float | None = None  # of the presentment that a DETECT waits for
    while tap.kind != StepKind.OUTCOME:
        kind = tap.kind
        try:
            if lost is not None:
                event, data = _without_reader(kind, tap, on_ui, lookup, store)
            elif kind == StepKind.TRANSMIT:
                event, data = _transmit(tap, reader)
            elif kind == StepKind.DETECT:
                if deadline is None:
                    deadline = time.monotonic() + timeout_ms / 1000
                event, data = _detect(reader, deadline, tap.hold_ms), None
                if event is Event.CARD:
                    deadline = None
            elif kind == StepKind.FIELD_OFF:
                event, data = _field_off(tap, reader)
            else:
                event, data = _local(kind, tap, on_ui, lookup, store)
        except ReaderError as error:
            lost = error
            continue
        tap.resume(event, data)
    return lost


def card_asked(data: bytes) -> tuple[str, int | None] | None:
    """PAN digits and PSN of a LOOKUP step (PAN 10 bytes cn, PSN 1 byte n2, FF unknown).

    None when the card's PSN is no number: no list can tell such a card (QP-095).
    """
    number = f"{data[10]:02x}"
    if data[10] != 0xFF and not number.isdecimal():
        return None
    return data[:10].hex().rstrip("f"), None if data[10] == 0xFF else int(number)


def finish(tap: Tap, on_ui: Show | None, store: Store | None) -> None:
    """Runs the steps after the host's answer, which need no reader."""
    while tap.kind != StepKind.OUTCOME:
        event, data = _without_reader(tap.kind, tap, on_ui, None, store)
        tap.resume(event, data)


def _ask(reader: Reader, call: Callable[[], Result]) -> Result:
    """What a call of the reader gives. An exception that no reader should raise is a ReaderError:
    only the kernel can say what it means for the money. Its text may hold an answer of the card
    and is left to the cause."""
    try:
        return call()
    except TapkernError:
        raise
    except Exception as error:
        said = error.strerror if isinstance(error, OSError) else None
        what = f"the reader failed: {said or type(error).__name__}"
        raise ReaderError(what, _name(reader), "look at the reader and its program") from error


def _name(reader: Reader) -> str:
    return str(getattr(reader, "name", type(reader).__name__))


def _detect(reader: Reader, deadline: float, longest_ms: int) -> Event:
    """Waits for a card, no longer than the kernel says; collisions do not lengthen the wait. A card
    that is lost before it is there never came."""
    left = int((deadline - time.monotonic()) * 1000)
    if longest_ms:
        left = min(left, longest_ms)
    if left <= 0:
        return Event.TIMEOUT
    try:
        found = _ask(reader, lambda: reader.detect(left))
    except CardLost:
        return Event.TIMEOUT
    if not isinstance(found, Detection):
        raise ReaderError("the reader detects what is no Detection", _name(reader))
    return _DETECTED[found]


def _transmit(tap: Tap, reader: Reader) -> Answer:
    """Sends the command; whatever is not an R-APDU of 2 to 258 bytes is a lost card."""
    command = tap.data
    tap.sent()
    try:
        answer = _ask(reader, lambda: reader.transmit(command))
    except CardTimeout:
        return Event.TIMEOUT, None
    except CardLost:
        return Event.LOST, None
    if not isinstance(answer, bytes | bytearray | memoryview):
        raise ReaderError("the reader answers what is not bytes", _name(reader))
    return (Event.ANSWER, bytes(answer)) if 2 <= len(answer) <= 258 else (Event.LOST, None)


def _field_off(tap: Tap, reader: Reader) -> Answer:
    """Switches the field off; a card that is lost by that is what it is for."""
    with suppress(CardLost):
        _ask(reader, lambda: reader.field_off(tap.hold_ms))
    return Event.DONE, None


def _without_reader(
    kind: int, tap: Tap, on_ui: Show | None, lookup: Lookup | None, store: Store | None
) -> Answer:
    """The reader is gone: the card is lost, no other one will come."""
    if kind == StepKind.TRANSMIT:
        return Event.LOST, None
    if kind == StepKind.DETECT:
        return Event.CANCEL, None
    if kind == StepKind.FIELD_OFF:
        return Event.DONE, None
    return _local(kind, tap, on_ui, lookup, store)


def _local(
    kind: int, tap: Tap, on_ui: Show | None, lookup: Lookup | None, store: Store | None
) -> Answer:
    """Steps that need no reader."""
    if kind == StepKind.SHOW:
        if on_ui is not None:
            on_ui(tap.ui)
        return Event.DONE, None
    if kind == StepKind.LOOKUP and lookup is not None:
        found: bool | None = None
        asked = card_asked(tap.data)
        if asked is not None:
            with suppress(OSError):  # a list that cannot be read cannot tell
                found = lookup(*asked)
        if found is None:
            return Event.UNSUPPORTED, None
        return (Event.FOUND if found else Event.NOT_FOUND), None
    if kind == StepKind.STORE and store is not None:
        return _keep(tap.data, store), None
    return Event.UNSUPPORTED, None


def _keep(record: bytes, store: Store) -> Event:
    """Hands a record to the caller's store; a store that cannot keep it has failed."""
    try:
        kept = store(record or None)
    except OSError:
        return Event.FAILED
    return Event.FAILED if kept is False else Event.DONE
