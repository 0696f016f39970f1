"""Cards on PC/SC readers, through pyscard (the extra `pcsc`).

Rules of this file:
- A presentment has a context and a connection of its own; neither outlives it, so that a daemon
  that was restarted is met as a new one.
- Whatever goes wrong after a card was found is CardLost or CardTimeout: the card may have acted,
  and only the kernel may judge that (TT-005). ReaderError is for a reader that cannot be reached
  when a card is wanted.
- Every PC/SC call runs under the watchdog. A card that does not answer costs its thread and its
  connection, never the program.
- A command has at least 4 bytes: shorter ones hang in a virtual reader.
- Leaving a card takes its power away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from tapkern.errors import CardLost, CardTimeout, ReaderError, UsageError
from tapkern.readers.base import Detection
from tapkern.readers.watchdog import Stuck, Watchdog

Result = TypeVar("Result")

SHORTEST_COMMAND = 4
SHORTEST_ANSWER, LONGEST_ANSWER = 2, 258  # SW1 SW2; 256 bytes and SW1 SW2
CALL_SECONDS = 5.0  # for calls that move no APDU: power up, power down
MOMENT = 0.2  # seconds that a call left behind gets to notice that it was cancelled

# PC/SC results that need an answer of their own (names as in winscard.h).
CANCELLED = 0x80100002
TIMEOUT = 0x8010000A
SHARING_VIOLATION = 0x8010000B
NO_SERVICE = 0x8010001D
SERVICE_STOPPED = 0x8010001E
NO_READERS_AVAILABLE = 0x8010002E
SECURITY_VIOLATION = 0x8010006A
NO_SUCH_READER = frozenset({0x80100009, 0x80100017})  # UNKNOWN_READER, READER_UNAVAILABLE
# Connecting found no card that can be talked to: wait for the next one.
NO_USABLE_CARD = frozenset(
    {
        0x8010000C,  # NO_SMARTCARD
        0x8010000F,  # PROTO_MISMATCH
        0x80100016,  # NOT_TRANSACTED
        0x80100066,  # UNRESPONSIVE_CARD
        0x80100067,  # UNPOWERED_CARD
        0x80100069,  # REMOVED_CARD
    }
)
LOST_BECAUSE = {
    0x8010000C: "there is no card",
    0x80100016: "the card left the field",
    0x80100066: "the card does not respond",
    0x80100067: "the card has no power",
    0x80100068: "another program reset the card",
    0x80100069: "the card was removed",
    NO_SERVICE: "the PC/SC daemon stopped",
    SERVICE_STOPPED: "the PC/SC daemon stopped",
}


def _scard() -> Any:
    """The PC/SC calls of pyscard, imported when first needed."""
    try:
        return import_module("smartcard.scard")
    except ImportError as error:
        raise ReaderError(
            f"PC/SC readers need pyscard ({error})",
            hint="pip install 'tapkern[pcsc]' (on Debian first: "
            "apt install pcscd libpcsclite-dev gcc python3-dev)",
        ) from None


def _reader_error(api: Any, result: int, reader: str) -> ReaderError:
    """What a PC/SC result says about the reader or the daemon."""
    if result in (NO_SERVICE, SERVICE_STOPPED):
        return ReaderError(
            "the PC/SC daemon is not running",
            reader,
            "start it: systemctl start pcscd, or as root: pcscd --foreground",
        )
    if result == SECURITY_VIOLATION:
        return ReaderError(
            "the PC/SC daemon refuses this user",
            reader,
            "without polkit: start it as pcscd --disable-polkit",
        )
    if result == SHARING_VIOLATION:
        return ReaderError("another program uses the reader", reader, "end that program")
    if result in NO_SUCH_READER:
        return ReaderError("the reader is gone", reader, "plug it in again")
    return ReaderError(f"PC/SC error {result:08X}: {api.SCardGetErrorMessage(result)}", reader)


class _Session:
    """One context and at most one card. Its calls block: only a watchdog runs them."""

    def __init__(self, api: Any, reader: str) -> None:
        self.api = api
        self.reader = reader
        self.context: int | None = None
        self.card: int | None = None
        self.protocol = 0

    def _check(self, result: int) -> None:
        if result & 0xFFFFFFFF:
            raise _reader_error(self.api, result & 0xFFFFFFFF, self.reader)

    def open(self) -> None:
        result, context = self.api.SCardEstablishContext(self.api.SCARD_SCOPE_USER)
        self._check(result)
        self.context = context

    def readers(self) -> list[str]:
        result, names = self.api.SCardListReaders(self.context, [])
        if result & 0xFFFFFFFF == NO_READERS_AVAILABLE:
            return []
        self._check(result)
        return list(names)

    def _next_state(self, state: int, deadline: float) -> int | Detection:
        """Blocks until the reader's state is another than `state`."""
        left = max(0, round((deadline - time.monotonic()) * 1000))
        known = state & ~int(self.api.SCARD_STATE_CHANGED)
        result, states = self.api.SCardGetStatusChange(self.context, left, [(self.reader, known)])
        result &= 0xFFFFFFFF
        if result == TIMEOUT:
            return Detection.TIMEOUT
        if result == CANCELLED:
            return Detection.CANCEL
        self._check(result)
        new = int(states[0][1])
        if new & (self.api.SCARD_STATE_UNKNOWN | self.api.SCARD_STATE_UNAVAILABLE):
            raise ReaderError("the reader is gone", self.reader, "plug it in again")
        return new

    def await_card(self, deadline: float) -> Detection:
        """Opens, and waits until a card is there and connected."""
        self.open()
        state: int = self.api.SCARD_STATE_UNAWARE
        refused = -1  # the insertion (counted in the high word) that gave no usable card
        while True:
            seen = self._next_state(state, deadline)
            if isinstance(seen, Detection):
                return seen
            state = seen
            usable = state & self.api.SCARD_STATE_PRESENT and not state & self.api.SCARD_STATE_MUTE
            if usable and state >> 16 != refused:
                if self._connect():
                    return Detection.CARD
                refused = state >> 16

    def await_removal(self, deadline: float) -> Detection:
        """Opens, and waits until no card is there: CARD then stands for success."""
        self.open()
        state: int = self.api.SCARD_STATE_UNAWARE
        while True:
            seen = self._next_state(state, deadline)
            if isinstance(seen, Detection):
                return seen
            state = seen
            if not state & self.api.SCARD_STATE_PRESENT:
                return Detection.CARD

    def _connect(self) -> bool:
        """True when the card is ours alone; False when it cannot be talked to."""
        api = self.api
        protocols = api.SCARD_PROTOCOL_T0 | api.SCARD_PROTOCOL_T1
        result, card, protocol = api.SCardConnect(
            self.context, self.reader, api.SCARD_SHARE_EXCLUSIVE, protocols
        )
        if result & 0xFFFFFFFF in NO_USABLE_CARD:
            return False
        self._check(result)
        self.card = card
        self.protocol = api.SCARD_PCI_T0 if protocol == api.SCARD_PROTOCOL_T0 else api.SCARD_PCI_T1
        return True

    def transmit(self, command: bytes) -> bytes:
        result, answer = self.api.SCardTransmit(self.card, self.protocol, list(command))
        result &= 0xFFFFFFFF
        if result == TIMEOUT:
            raise CardTimeout("the card did not answer", self.reader)
        if result:
            why = LOST_BECAUSE.get(result) or str(self.api.SCardGetErrorMessage(result))
            raise CardLost(f"{why} ({result:08X})", self.reader)
        # Some drivers report a card that was pulled while it computed as success without bytes.
        if not SHORTEST_ANSWER <= len(answer) <= LONGEST_ANSWER:
            raise CardLost(f"no valid answer ({len(answer)} bytes)", self.reader)
        return bytes(answer)

    def cancel(self) -> None:
        """Ends a wait of this session; the one call that another thread may make."""
        if self.context is not None:
            self.api.SCardCancel(self.context)

    def release(self) -> None:
        """Power off, context gone. Results do not matter any more; may be called twice."""
        card, self.card = self.card, None
        context, self.context = self.context, None
        if card is not None:
            self.api.SCardDisconnect(card, self.api.SCARD_UNPOWER_CARD)
        if context is not None:
            self.api.SCardReleaseContext(context)


def list_readers() -> list[str]:
    """Names of the PC/SC readers, in the daemon's order. Errors: ReaderError."""
    session = _Session(_scard(), "PC/SC")
    try:
        session.open()
        return session.readers()
    finally:
        session.release()


def find_reader(wanted: str | int, names: list[str]) -> str:
    """The one reader with this number (0-based), name, or part of a name in any case.

    Errors: ReaderError when none fits, or when several do.
    """
    where = f"pcsc:{wanted}"
    if not names:
        raise ReaderError("no PC/SC reader", where, "plug one in, or install its driver")
    here = "readers: " + ", ".join(f"{number}: {name}" for number, name in enumerate(names))
    if str(wanted).isdecimal() and int(wanted) < len(names):
        return names[int(wanted)]
    if wanted in names:
        return str(wanted)
    part = wanted.casefold() if isinstance(wanted, str) else None
    fitting = [name for name in names if part is not None and part in name.casefold()]
    if not fitting:
        raise ReaderError("no such reader", where, here)
    if len(fitting) > 1:
        raise ReaderError(f"{len(fitting)} readers fit", where, here)
    return fitting[0]


class PcscReader:
    """A PC/SC reader as tapkern.readers.base.Reader.

    name: number, name or part of the name of the reader; answer_timeout_ms: how long a card may
    take for one answer. Errors: ReaderError.
    """

    def __init__(self, name: str | int = "", *, answer_timeout_ms: int = 5000) -> None:
        self._api = _scard()
        self.name = find_reader(name, list_readers())
        self.answer_timeout_ms = answer_timeout_ms
        self._session: _Session | None = None
        self._watchdog: Watchdog | None = None
        self._left_behind: Watchdog | None = None
        self._spoiled = False

    def detect(self, timeout_ms: int) -> Detection:
        """Waits for a card without polling and connects to it alone. PC/SC sees no COLLISION;
        CANCEL comes from cancel(). Errors: ReaderError."""
        return self._wait(_Session.await_card, timeout_ms)

    def wait_removal(self, timeout_ms: int) -> bool:
        """True when the field is empty, False when a card is still there after timeout_ms. Ends
        the presentment first. Errors: ReaderError."""
        ended = self._wait(_Session.await_removal, timeout_ms)
        self._release()
        return ended is Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        """Errors: CardLost, CardTimeout (after answer_timeout_ms; the connection is then left
        behind), UsageError for a command of fewer than 4 bytes."""
        if len(command) < SHORTEST_COMMAND:
            raise UsageError(
                f"a command of {len(command)} bytes", self.name, "4 or more are needed"
            )
        session = self._session
        if session is None or session.card is None:
            raise CardLost("there is no card", self.name)
        try:
            return self._watched(lambda: session.transmit(command), self.answer_timeout_ms / 1000)
        except Stuck:
            raise CardTimeout(
                f"the card did not answer within {self.answer_timeout_ms} ms", self.name
            ) from None

    def field_off(self, hold_ms: int) -> None:
        """Takes the power from the card and lets hold_ms pass."""
        self._release()
        if hold_ms > 0:
            time.sleep(hold_ms / 1000)

    def cancel(self) -> None:
        """Ends a running detect() with CANCEL; for another thread or a signal handler."""
        if self._session is not None:
            self._session.cancel()

    def close(self) -> None:
        """Takes the power from the card and ends the watchdog. May be called twice."""
        self._release()
        if self._watchdog is not None:
            self._watchdog.retire(lambda: None)
            self._watchdog = None

    def _wait(self, how: Callable[[_Session, float], Detection], timeout_ms: int) -> Detection:
        deadline = time.monotonic() + timeout_ms / 1000
        self._release()
        if not self._meet_left_behind(deadline):
            return Detection.TIMEOUT
        self._session = session = _Session(self._api, self.name)
        try:
            ended = self._watched(lambda: how(session, deadline), timeout_ms / 1000 + CALL_SECONDS)
        except Stuck:
            raise ReaderError("the reader does not respond", self.name, "restart pcscd") from None
        except ReaderError:
            self._release()
            raise
        if ended is not Detection.CARD:
            self._release()
        return ended

    def _meet_left_behind(self, deadline: float) -> bool:
        """A reader serves one call at a time: the one left behind has to return first.

        False when it does not in time. A card that stays and is mute is the card's doing, so the
        first wait that it spoils is one without a card; at the second it is the reader's.
        """
        if self._left_behind is None:
            return True
        if self._left_behind.ended(max(MOMENT, deadline - time.monotonic())):
            self._left_behind, self._spoiled = None, False
            return True
        if self._spoiled:
            raise ReaderError(
                "the reader still waits for an earlier card",
                self.name,
                "take the card away; if that does not help, restart pcscd",
            )
        self._spoiled = True
        return False

    def _release(self) -> None:
        session, self._session = self._session, None
        if session is not None and session.context is not None:
            try:
                self._watched(session.release, CALL_SECONDS)
            except Stuck:
                return  # the thread left behind releases it

    def _watched(self, function: Callable[[], Result], seconds: float) -> Result:
        """Runs function under the watchdog. When it does not come back, or the wait is broken
        off, thread and session are left behind, and released when the call returns."""
        if self._watchdog is None:
            self._watchdog = Watchdog(f"tapkern {self.name}")
        watchdog, session = self._watchdog, self._session
        try:
            return watchdog.call(function, seconds)
        except (Stuck, KeyboardInterrupt, SystemExit):
            self._watchdog, self._session = None, None
            self._left_behind = watchdog
            if session is not None:
                session.cancel()
            watchdog.retire(session.release if session is not None else lambda: None)
            raise
