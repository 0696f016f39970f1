"""The card over TCP and in a virtual reader, against hand-made clients."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tapkern.card import Card
from tapkern.card.serve import TcpServer, VpcdCard
from tapkern.errors import ReaderError, UsageError
from tests.card.terminal import DEBIT, get_data, gpo, read, select

TAP = [select(DEBIT), gpo(), read(1), read(2), read(3), read(4)]


def ask(connection: socket.socket, frame: bytes) -> bytes:
    connection.sendall(len(frame).to_bytes(2, "big") + frame)
    return receive(connection)


def receive(connection: socket.socket) -> bytes:
    header = connection.recv(2, socket.MSG_WAITALL)
    return connection.recv(int.from_bytes(header, "big"), socket.MSG_WAITALL)


@contextmanager
def running(serve: Callable[[Callable[[], bool]], None]) -> Iterator[threading.Event]:
    """Run a loop in a thread; it must end by itself once the event is set."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            serve(stop.is_set)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive() and not failed, failed


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    with TcpServer(Card.load("debit")) as found, running(found.serve):
        yield found.address


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=5)


def test_a_tap_over_tcp(server: tuple[str, int]) -> None:
    with connect(server) as connection:
        for command in TAP:
            assert ask(connection, command)[-2:] == b"\x90\x00"
    with connect(server) as connection:
        assert ask(connection, get_data("9F79")) == b"\x69\x85"  # removed: nothing is selected
        ask(connection, select(DEBIT))
        assert ask(connection, get_data("9F79"))[3:9].hex() == "000000018750"  # kept all the same


@pytest.mark.parametrize(
    "sent",
    [b"", b"\x00", b"\x00\x05\x00", b"\xff\xff" + bytes(100), b"\x00\x00", b"\x00\x01\x04" * 3],
)
def test_broken_frames_do_no_harm(server: tuple[str, int], sent: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(sent)
    with connect(server) as connection:
        assert ask(connection, select(DEBIT))[-2:] == b"\x90\x00"


def test_frames_may_come_in_pieces_and_together(server: tuple[str, int]) -> None:
    frame = len(TAP[0]).to_bytes(2, "big") + TAP[0]
    with connect(server) as connection:
        for byte in frame:
            connection.sendall(bytes([byte]))
        first = receive(connection)
        connection.sendall(frame + frame)
        assert receive(connection) == receive(connection) == first
        assert ask(connection, b"") == b"\x67\x00"
        assert ask(connection, bytes(70)) == b"\x6d\x00"


def test_a_client_that_resets_the_connection_does_no_harm(server: tuple[str, int]) -> None:
    connection = connect(server)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.sendall(b"\x00\x10")
    connection.close()
    with connect(server) as connection:
        assert ask(connection, select(DEBIT))[-2:] == b"\x90\x00"


def test_loop_ends_while_a_client_is_silent() -> None:
    with TcpServer(Card.load("debit")) as server, running(server.serve):
        connection = connect(server.address)
        ask(connection, select(DEBIT))
    connection.close()


def test_address_that_is_taken_is_one_clear_error(server: tuple[str, int]) -> None:
    for host, port in (server, ("127.0.0.1", 70000), ("host.invalid", 1)):
        with pytest.raises(UsageError, match="cannot listen") as error:
            TcpServer(Card.load("debit"), host, port)
        assert error.value.where == f"{host}:{port}"


class FakeReader:
    """What vpcd does: listen, send control bytes and commands, length and body apart."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self.connection: socket.socket | None = None

    def accept(self) -> None:
        self.connection, _ = self._listener.accept()
        self.connection.settimeout(5)

    def send(self, frame: bytes) -> None:
        assert self.connection is not None
        self.connection.sendall(len(frame).to_bytes(2, "big"))
        self.connection.sendall(frame)

    def ask(self, frame: bytes) -> bytes:
        assert self.connection is not None
        self.send(frame)
        return receive(self.connection)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self._listener.close()


@pytest.fixture
def reader() -> Iterator[FakeReader]:
    found = FakeReader()
    yield found
    found.close()


def test_card_in_a_virtual_reader(reader: FakeReader) -> None:
    card = Card.load("debit")
    with VpcdCard(card, *reader.address) as inserted, running(inserted.serve):
        reader.accept()
        reader.send(b"\x01")
        assert reader.ask(b"\x04") == card.atr
        for command in TAP:
            assert reader.ask(command)[-2:] == b"\x90\x00"
        reader.send(b"\x02")
        assert reader.ask(get_data("9F79")) == b"\x69\x85"
        reader.ask(select(DEBIT))
        assert reader.ask(get_data("9F79"))[3:9].hex() == "000000018750"
        reader.send(b"\x00")
        reader.send(b"\x77")  # unknown control byte
        reader.send(b"")
        assert reader.ask(b"\x04") == card.atr
        assert reader.ask(get_data("9F79")) == b"\x69\x85"


def test_loop_ends_when_the_reader_goes_away(reader: FakeReader) -> None:
    card = Card.load("debit")
    with VpcdCard(card, *reader.address) as inserted:
        reader.accept()
        reader.close()
        inserted.serve()


def test_atr_is_well_formed() -> None:
    atr = Card.load("debit").atr
    check = 0
    for byte in atr[1:]:
        check ^= byte
    assert atr[0] == 0x3B and check == 0


def test_no_virtual_reader_is_one_clear_error(reader: FakeReader) -> None:
    reader.close()
    with pytest.raises(ReaderError, match="no virtual reader answers") as error:
        VpcdCard(Card.load("debit"), *reader.address)
    assert error.value.exit_code == 3 and "vsmartcard-vpcd" in error.value.hint


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux has the option")
def test_acknowledgement_is_asked_for_before_every_receive(
    reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class Spy(socket.socket):
        def setsockopt(self, *args: Any) -> None:
            if args[:2] == (socket.IPPROTO_TCP, socket.TCP_QUICKACK):
                calls.append("quick")
            super().setsockopt(*args)

        def recv(self, *args: int) -> bytes:
            calls.append("recv")
            return super().recv(*args)

    with monkeypatch.context() as patch:  # only the card's socket is watched
        patch.setattr(socket, "socket", Spy)
        inserted = VpcdCard(Card.load("debit"), *reader.address)
    with inserted, running(inserted.serve):
        reader.accept()
        for _ in range(5):
            reader.ask(b"\x04")
    assert calls.count("recv") >= 5
    assert calls[0::2] == ["quick"] * len(calls[0::2])
    assert calls[1::2] == ["recv"] * len(calls[1::2])
