"""A card behind a TCP connection (`tapkern card serve --tcp`).

Framing: two bytes of big-endian length, then the APDU. The card side listens; one connection is
one presentment, closing it takes the card out of the field.
"""

from __future__ import annotations

import socket
import time
from typing import Self

from tapkern.errors import CardLost, CardTimeout, ReaderError
from tapkern.readers.base import Detection

ANSWER_S = 5.0  # a card that needs longer is mute
CONNECT_S = 5.0
MAX_FRAME = 258  # 256 data bytes, SW1 SW2


class TcpReader:
    """Client of a card server at host:port."""

    def __init__(self, host: str, port: int, *, answer_s: float = ANSWER_S) -> None:
        self.name = f"tcp:{host}:{port}"
        self._address = (host, port)
        self._answer_s = answer_s
        self._socket: socket.socket | None = None

    @classmethod
    def from_spec(cls, spec: str) -> Self:
        """HOST:PORT. Errors: ReaderError."""
        host, colon, port = spec.rpartition(":")
        if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            raise ReaderError("a TCP reader is tcp:HOST:PORT", f"tcp:{spec}")
        return cls(host.strip("[]"), int(port))

    def detect(self, timeout_ms: int) -> Detection:
        """Connects: a new connection is a new presentment."""
        self.close()
        try:
            self._socket = socket.create_connection(self._address, CONNECT_S)
        except OSError as error:
            what = f"no card server answers: {error.strerror or error}"
            hint = "start one with tapkern card serve"
            raise ReaderError(what, self.name, hint) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        """Sends one frame and receives one."""
        connection = self._socket
        if connection is None:
            raise CardLost("no card is connected", self.name)
        # One deadline for the whole answer, so that single bytes cannot hold the tap for ever.
        deadline = time.monotonic() + self._answer_s
        try:
            connection.settimeout(self._answer_s)
            connection.sendall(len(command).to_bytes(2, "big") + command)
            length = int.from_bytes(self._receive(connection, 2, deadline), "big")
            if length > MAX_FRAME:
                self.close()
                raise CardLost(f"an answer of {length} bytes", self.name)
            return self._receive(connection, length, deadline)
        except TimeoutError:
            # A late answer would be taken for that of the next command.
            self.close()
            raise CardTimeout("the card is mute", self.name) from None
        except OSError as error:
            self.close()
            raise CardLost(f"the card left: {error.strerror or error}", self.name) from None

    def _receive(self, connection: socket.socket, count: int, deadline: float) -> bytes:
        data = b""
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            piece = connection.recv(count - len(data))
            if not piece:
                self.close()
                raise CardLost("the card left", self.name)
            data += piece
        return data

    def field_off(self, hold_ms: int) -> None:
        """Closes the connection and waits."""
        self.close()
        time.sleep(hold_ms / 1000)

    def close(self) -> None:
        """The card leaves the field."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
