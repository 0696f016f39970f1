"""Readers: by name, over TCP with every way to fail, from a transcript."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress

import pytest

from tapkern import (
    CardLost,
    CardTimeout,
    Detection,
    Reader,
    ReaderError,
    Status,
    UsageError,
    open_reader,
)
from tapkern.errors import ReplayDifference, TranscriptError
from tapkern.readers.replay import ReplayReader
from tapkern.readers.simulated import SimulatedReader
from tapkern.readers.tcp import TcpReader
from tapkern.trace import Recorder
from tests import taps
from tests.taps import FIXED, Bench


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("", "KIND:NAME"),
        ("sim", "KIND:NAME"),
        ("sim:", "KIND:NAME"),
        ("usb:x", "no kind of reader"),
        ("sim:nope", "ready cards: blocked, blocked-card, credit, debit"),
        ("tcp:host", "tcp:HOST:PORT"),
        ("tcp:host:x", "tcp:HOST:PORT"),
        ("tcp:host:70000", "tcp:HOST:PORT"),
        ("tcp::1", "tcp:HOST:PORT"),
        ("replay:/nope", "no such transcript"),
    ],
)
def test_unknown_readers(spec, words):
    with pytest.raises(ReaderError) as error:
        open_reader(spec)
    assert words in str(error.value) and error.value.exit_code == 3


def test_known_readers(tmp_path):
    assert isinstance(open_reader("sim:debit"), Reader)
    assert open_reader("tcp:[::1]:77").name == "tcp:::1:77"
    (tmp_path / "c.toml").write_text('base = "debit"\ntitle = "mine"\n')
    assert open_reader(f"sim:{tmp_path / 'c.toml'}").name.endswith("c.toml")
    (tmp_path / "bad.toml").write_text("x")
    with pytest.raises(UsageError):
        open_reader(f"sim:{tmp_path / 'bad.toml'}")


def test_simulated_card_keeps_its_state(tmp_path):
    state = tmp_path / "card.json"
    for expected in ("187.50", "175.00"):
        reader = open_reader("sim:debit", state=state)
        outcome = taps.terminal().tap(reader, "12.50", **FIXED).outcome
        assert str(outcome.balance) == expected
    reader.close()


def test_field_off_takes_the_power():
    card = taps.card()
    reader = SimulatedReader(card)
    assert reader.detect(0) is Detection.CARD
    assert reader.transmit(bytes.fromhex("00A4040008A00000033301010100"))[-2:] == b"\x90\x00"
    reader.field_off(100)
    assert reader.transmit(bytes.fromhex("80CA9F7900"))[-2:] != b"\x90\x00"


# --- TCP --------------------------------------------------------------------------------------

Handler = Callable[[socket.socket, int], None]


@contextmanager
def server(handler: Handler):
    """A card server: handler(connection, number of the connection)."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        number = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            number += 1
            with connection, suppress(OSError):
                handler(connection, number)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def frame(connection: socket.socket) -> bytes:
    head = connection.recv(2, socket.MSG_WAITALL)
    return connection.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if head else b""


def send(connection: socket.socket, answer: bytes) -> None:
    connection.sendall(len(answer).to_bytes(2, "big") + answer)


def card_handler(card, leave: int = 0) -> Handler:
    """Serves a card; in its first presentment it leaves at command number leave."""

    def handle(connection: socket.socket, number: int) -> None:
        card.reset()
        count = 0
        while command := frame(connection):
            count += 1
            if number == 1 and count == leave:
                return
            send(connection, card.transmit(command))

    return handle


def test_tap_over_tcp():
    with server(card_handler(taps.card())) as port:
        reader = TcpReader("127.0.0.1", port)
        outcome = taps.terminal().tap(reader, "12.50", **FIXED).outcome
        reader.close()
        reader.close()
    assert (outcome.status, outcome.rule) == (Status.APPROVED, "QP-120")


@pytest.mark.parametrize("leave", range(1, 8))
def test_card_that_leaves_over_tcp(leave):
    with server(card_handler(taps.card(), leave)) as port:
        reader = TcpReader("127.0.0.1", port)
        outcome = taps.terminal().tap(reader, "12.50", **FIXED).outcome
        reader.close()
    assert outcome.reason == "approved_offline"  # it left before it had paid: TT-007, TT-015


def mute(connection: socket.socket, number: int) -> None:
    while frame(connection):
        pass


def slow(connection: socket.socket, number: int) -> None:
    """Single bytes, each in time, all of them too late."""
    frame(connection)
    for byte in b"\x01\x02" + bytes(258):
        connection.sendall(bytes((byte,)))
        threading.Event().wait(0.02)


def huge(connection: socket.socket, number: int) -> None:
    frame(connection)
    connection.sendall(b"\xff\xff" + bytes(1000))


def half(connection: socket.socket, number: int) -> None:
    frame(connection)
    connection.sendall(b"\x00\x10\x90")


@pytest.mark.parametrize(
    ("handler", "error"),
    [(mute, CardTimeout), (slow, CardTimeout), (huge, CardLost), (half, CardLost)],
)
def test_bad_card_servers(handler, error):
    with server(handler) as port:
        reader = TcpReader("127.0.0.1", port, answer_s=0.2)
        assert reader.detect(1000) is Detection.CARD
        with pytest.raises(error):
            reader.transmit(b"\x00\xa4\x04\x00\x00")
        with pytest.raises(CardLost):  # a late answer is not taken for that of the next command
            reader.transmit(b"\x00\xa4\x04\x00\x00")


def test_no_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ReaderError) as error:
        taps.terminal().tap(TcpReader("127.0.0.1", port), "1.00", **FIXED)
    assert "tapkern card serve" in str(error.value)
    with pytest.raises(CardLost):
        TcpReader("127.0.0.1", port).transmit(b"\x00\xa4\x04\x00\x00")


# --- replay -----------------------------------------------------------------------------------


@pytest.fixture
def transcript(tmp_path):
    recorder = Recorder()
    taps.tap(Bench(taps.card()), on_step=recorder)
    recorder.save(tmp_path / "t.jsonl")
    return tmp_path / "t.jsonl"


def test_replay_reader_plays_the_card(transcript):
    reader = open_reader(f"replay:{transcript}")
    assert isinstance(reader, ReplayReader)
    outcome = taps.terminal().tap(reader, "12.50", **FIXED).outcome
    assert outcome.approved
    assert reader.detect(0) is Detection.TIMEOUT  # one presentment was recorded
    reader.field_off(0)
    reader.close()


def test_replay_reader_compares_commands(transcript):
    with pytest.raises(ReplayDifference) as error:
        taps.terminal().tap(open_reader(f"replay:{transcript}"), "12.51", **FIXED)
    assert (error.value.index, error.value.offset) == (3, 16)


def test_replay_reader_plays_a_lost_card(tmp_path):
    for kind in ("leave", "mute"):
        recorder = Recorder()
        once = [Detection.CARD, Detection.TIMEOUT]
        taps.tap(Bench(taps.card(), detections=once, **{kind: 7}), on_step=recorder)
        recorder.save(tmp_path / "t.jsonl")
        outcome = taps.terminal().tap(
            open_reader(f"replay:{tmp_path / 't.jsonl'}"), "12.50", **FIXED
        )
        assert outcome.outcome.reason == "card_may_have_paid"


def test_replay_reader_of_another_file(tmp_path):
    (tmp_path / "t.jsonl").write_text("x\n")
    with pytest.raises(TranscriptError):
        open_reader(f"replay:{tmp_path / 't.jsonl'}")
