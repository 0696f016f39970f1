"""A card behind TCP whose connection fails at every call of the socket; no port, no waiting."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from typing import Any
from unittest import mock

from tapkern import CardLost, ReaderError
from tapkern.card import Card
from tapkern.readers.tcp import TcpReader
from tapkern.terminal import Tap
from tapkern.torn import TornRecords
from tests.environment.ground import Clock, Field, Tally, paid_offline, ride

CARDS = ("debit", "transit")
ERRORS: dict[str, Callable[[], OSError]] = {
    "reset": lambda: ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    "pipe": lambda: BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "aborted": lambda: ConnectionAbortedError(errno.ECONNABORTED, "Connection aborted"),
    "time-out": lambda: TimeoutError("timed out"),
    "no route": lambda: OSError(errno.EHOSTUNREACH, "No route to host"),
    "no handles": lambda: OSError(errno.EMFILE, "Too many open files"),
    "nothing said": OSError,
}
FRAMES = {
    "end": b"", "half a length": b"\x00", "length alone": b"\x00\x10",
    "half a frame": b"\x00\x10\x90", "no bytes": b"\x00\x00",
    "1 byte": b"\x00\x01\x90", "2 bytes": b"\x00\x02\x90\x00",
    "259 bytes": b"\x01\x03" + bytes(259), "65535 bytes": b"\xff\xff" + bytes(65535),
}  # fmt: skip
"""What comes instead of an answer; then the other side is gone."""


class Wire:
    """The sockets of one reader: each call counts, and the fault strikes at one of them."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.buffer, self.gone = b"", False
        self.calls = count(1)
        self.seen: list[str] = []
        self.strike: Callable[[int], None] = lambda number: None
        self.frame: tuple[int, bytes] = (0, b"")
        self.piece = 1 << 16  # bytes that a recv gives at most

    def _call(self, name: str) -> int:
        number = next(self.calls)
        if number > 5_000:
            raise AssertionError("the tap does not end")
        self.seen.append(name)
        self.strike(number)
        return number

    def create_connection(self, address: object, timeout: float) -> Wire:
        self._call("connect")
        self.buffer, self.gone = b"", False
        self.field.detect(0)
        return self

    def setsockopt(self, *option: object) -> None:
        self._call("setsockopt")

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def sendall(self, data: bytes) -> None:
        number = self._call("sendall")
        try:
            answer = self.field.transmit(data[2:])
        except CardLost:
            self.gone = True
            return
        self.buffer += len(answer).to_bytes(2, "big") + answer
        if number == self.frame[0]:
            self.buffer, self.gone = self.frame[1], True

    def recv(self, most: int) -> bytes:
        self._call("recv")
        size = min(most, self.piece)
        given, self.buffer = self.buffer[:size], self.buffer[size:]
        return given

    def close(self) -> None:
        self.field.field_off(0)


def sweep(share: int = 1) -> Tally:
    """Every error and every wrong frame at every call; share: one scenario of so many."""
    tally = Tally()
    for scenario in islice(_scenarios(tally), None, None, share):
        scenario()
    return tally


def _scenarios(tally: Tally) -> Iterator[Callable[[], None]]:
    for name in CARDS:
        plain = Wire(Field(Card.load(name, random=bytes)))
        _tap(plain, TornRecords())
        for at, call in enumerate(plain.seen, 1):
            for error in ERRORS:
                for stays in (False, True):
                    yield partial(_scenario, tally, name, at, error, stays)
            if call == "sendall":
                for frame in FRAMES:
                    yield partial(_scenario, tally, name, at, frame, False)
        yield partial(_bytewise, tally, name)


def _scenario(tally: Tally, name: str, at: int, what: str, stays: bool) -> None:
    tally.injected += 1
    where = f"{name} over TCP: {what} at call {at}{' and later' if stays else ''}"
    wire, records = Wire(Field(Card.load(name, random=bytes))), TornRecords()
    if what in FRAMES:
        wire.frame = (at, FRAMES[what])
    else:

        def strike(number: int) -> None:
            if number == at or (stays and number > at):
                raise ERRORS[what]()

        wire.strike = strike
    with tally.watched(where):
        tap = _tap(wire, records)
        approvals = 0 if tap is None else int(paid_offline(tap))
        told = approvals + len(records)
        tally.check(approvals <= wire.field.debits <= told, f"{where}: the books")
        tally.ends["reader lost" if tap is None else tap.outcome.reason] += 1
        wire.strike, wire.frame = lambda number: None, (0, b"")
        again = _tap(wire, records, torn=records.newest(), time="101130")
        sound = again is not None and again.outcome.reason in (
            "recovered", "approved_offline", "card_asked_online",
        )  # fmt: skip
        tally.check(sound, f"{where}: the next tap is {again}")
        approvals += int(again is not None and paid_offline(again))
        told = approvals + len(records)
        tally.check(approvals <= wire.field.debits <= told, f"{where}: the books afterwards")


def _bytewise(tally: Tally, name: str) -> None:
    """Answers that come byte by byte are whole all the same."""
    tally.injected += 1
    wire = Wire(Field(Card.load(name, random=bytes)))
    wire.piece = 1
    tap, plain = _tap(wire, TornRecords()), ride(Field(Card.load(name, random=bytes)))
    same = tap is not None and tap.outcome.to_json() == plain.outcome.to_json()
    tally.check(same, f"{name} over TCP, byte by byte: another outcome")


def _tap(wire: Wire, records: TornRecords, **more: Any) -> Tap | None:
    """A tap over the wire; None when the reader was lost."""
    reader = TcpReader("card", 7816)
    passing = Clock(1)
    fake = mock.Mock(monotonic=lambda: passing() / 1000, sleep=lambda seconds: None)
    wire.field.calls.clear()
    with mock.patch("tapkern.readers.tcp.time", fake), \
            mock.patch("socket.create_connection", wire.create_connection):  # fmt: skip
        try:
            return ride(reader, store=records, **more)
        except ReaderError as error:
            assert isinstance(error.tap, Tap) and error.tap.finished
            return None
        finally:
            reader.close()
