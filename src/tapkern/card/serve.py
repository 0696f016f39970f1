"""Shows a card to other programs: over TCP, or as a PC/SC card through a virtual reader.

Both are blocking loops in the caller's thread; `stop` is asked several times a second and ends
them. Frames are two bytes of big-endian length and that many bytes. Nothing is printed here. A card
that leaves (a fault) ends its presentment; a mute one sends no frame.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from tapkern.card.model import Card
from tapkern.errors import CardLost, CardTimeout, ReaderError, UsageError

Stop = Callable[[], bool]
Address = tuple[str, int]

POLL = 0.1
"""Seconds between two questions to `stop`."""
MUTE = 30.0
"""Seconds that a mute card waits for the next frame before it counts as removed."""
VPCD: Address = ("127.0.0.1", 35963)
"""Where vpcd listens for the card of its first slot."""

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)

OFF, ON, RESET, GET_ATR = 0, 1, 2, 4
"""Control bytes of vpcd; anything longer than one byte is a command."""


def _never() -> bool:
    return False


def _checked(host: str, port: int) -> Address:
    if not 0 <= port <= 0xFFFF:
        raise ValueError("a port is 0 to 65535")
    return host, port


class _Frames:
    """A connection cut into frames."""

    def __init__(self, connection: socket.socket, stop: Stop) -> None:
        self._connection = connection
        self._stop = stop
        self._buffer = b""
        connection.settimeout(POLL)

    def receive(self, patience: float | None = None) -> bytes | None:
        """The next frame; None when the other side is gone or the loop shall end.

        patience: seconds after which waiting for it ends too.
        """
        end = None if patience is None else time.monotonic() + patience
        header = self._exactly(2, end)
        return None if header is None else self._exactly(int.from_bytes(header, "big"), end)

    def _exactly(self, count: int, end: float | None) -> bytes | None:
        while len(self._buffer) < count:
            if self._stop() or (end is not None and time.monotonic() > end):
                return None
            try:
                if _QUICKACK is not None:
                    # vpcd sends length and body apart and waits for the acknowledgement between
                    # them; the option resets itself, so it is set anew each time
                    self._connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
                piece = self._connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return None
            if not piece:
                return None
            self._buffer += piece
        frame, self._buffer = self._buffer[:count], self._buffer[count:]
        return frame

    def send(self, frame: bytes) -> bool:
        """Send a frame; False when the other side is gone."""
        try:
            self._connection.sendall(len(frame).to_bytes(2, "big") + frame)
        except OSError:
            return False
        return True


def _attend(frames: _Frames, answer: Callable[[bytes], bytes | None], mute: float) -> None:
    """Answer frames until the other side goes or the card leaves."""
    patience = None
    while (frame := frames.receive(patience)) is not None:
        patience = None
        try:
            reply = answer(frame)
        except CardTimeout:
            patience = mute
            continue
        except CardLost:
            return
        if reply is not None and not frames.send(reply):
            return


class TcpServer:
    """The card behind a listening socket: a connection is a presentment, its end the removal.

    One connection is served at a time; the card keeps its state from one to the next.
    """

    def __init__(
        self, card: Card, host: str = "127.0.0.1", port: int = 0, mute: float = MUTE
    ) -> None:
        """Listen. Port 0 takes a free one. Raises UsageError when the address cannot be had."""
        self._card = card
        self._mute = mute
        try:
            self._socket = socket.create_server(_checked(host, port))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"cannot listen: {error}", f"{host}:{port}", "take another address or port"
            ) from None
        self._socket.settimeout(POLL)

    @property
    def address(self) -> Address:
        """Host and port that it listens on."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def serve(self, stop: Stop = _never) -> None:
        """Answer terminals until `stop` says so."""
        while not stop():
            try:
                connection, _ = self._socket.accept()
            except (TimeoutError, ConnectionAbortedError):
                continue
            with connection:
                _attend(_Frames(connection, stop), self._card.transmit, self._mute)
            self._card.reset()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def __enter__(self) -> TcpServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class VpcdCard:
    """The card in a virtual reader of vsmartcard: we call, vpcd is the reader.

    Leaving (`close`) takes the card out of the reader.
    """

    def __init__(
        self, card: Card, host: str = VPCD[0], port: int = VPCD[1], mute: float = MUTE
    ) -> None:
        """Put the card in. Raises ReaderError when no virtual reader answers there."""
        self._card = card
        self._mute = mute
        self.address: Address = (host, port)
        try:
            self._socket = socket.create_connection(_checked(host, port), timeout=5)
        except (OSError, ValueError) as error:
            raise ReaderError(
                f"no virtual reader answers: {error}",
                f"{host}:{port}",
                "start pcscd with the vpcd driver (package vsmartcard-vpcd)",
            ) from None

    def serve(self, stop: Stop = _never) -> None:
        """Answer the reader until it goes away, the card leaves, or `stop` says so."""
        _attend(_Frames(self._socket, stop), self._answer, self._mute)
        self._card.reset()

    def _answer(self, frame: bytes) -> bytes | None:
        if len(frame) > 1:
            return self._card.transmit(frame)
        if frame in (bytes([OFF]), bytes([ON]), bytes([RESET])):
            self._card.reset()
        return self._card.atr if frame == bytes([GET_ATR]) else None

    def close(self) -> None:
        """Take the card out."""
        self._socket.close()

    def __enter__(self) -> VpcdCard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
