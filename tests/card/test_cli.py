"""`tapkern card` as a script uses it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tapkern.card import Card, log, names
from tapkern.card.describe import _load_log
from tapkern.card.profile import LogFile
from tapkern.cli import card as verb
from tapkern.errors import ReaderError, UsageError
from tests.card.terminal import DEBIT, get_data, gpo, read, select
from tests.card.test_serve import FakeReader, ask, connect

PAN = "6200000000000001016"
MAIN = """
import argparse, sys
from tapkern.cli import card
parser = argparse.ArgumentParser()
parser.add_argument("--json", action="store_true")
card.add_arguments(parser)
sys.exit(card.run(parser.parse_args()))
"""


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    verb.add_arguments(parser)
    return verb.run(parser.parse_args(words))


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list") == 0
    assert [row.split()[0] for row in capsys.readouterr().out.splitlines()] == names()
    for words in (("--json", "list"), ("list", "--json")):
        assert call(*words) == 0
        assert [card["name"] for card in json.loads(capsys.readouterr().out)["cards"]] == names()


@pytest.mark.parametrize("name", names())
def test_show_masks_the_pan(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("show", name), ("show", name, "--json")):
        assert call(*words) == 0
        out = capsys.readouterr().out
        assert "6200000000000" not in out and "620000*" in out
    found = json.loads(out)
    assert found["name"] == name
    for application in found["applications"]:
        assert application["foreign"] or application["records"]


def test_show_tells_files_counters_and_keys(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("show", "forged", "--state", str(tmp_path / "s.json")) == 0
    out = capsys.readouterr().out
    for expected in (
        "fault sdad-bit",
        "620000*********1016",
        "balance 200.00  limit 1000.00",
        "atc 0",
        "ca ca-1152 (index E2)",
        "icc icc-1024",
        "AFL 08010401",
        "1 1 5A 5F24 5F25 5F28 9F07 9F08 5F34",
        "1 4 - makes a purchase final",
    ):
        assert " ".join(expected.split()) in " ".join(out.split())


def test_show_tells_the_last_transactions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    state = tmp_path / "s.json"
    pdol = "9F66049F02069F37045F2A029F21039F4E149A039F1A02DF60019F7A01"
    text = f'base = "dual-currency"\n[[application]]\npdol = "{pdol}"\n'
    path = tmp_path / "mine.toml"
    path.write_text(text + "[application.load_log]\n", encoding="utf-8")
    card = Card.load(path, state=state)
    shop = b"shop".hex().ljust(40, "0")
    for amount, currency in ((1250, "0156"), (300, "0840")):
        data = f"36000080{amount:012}A1B2C3D4{currency}101112{shop}26060101560001"
        size = len(data) // 2
        card.transmit(select(DEBIT))
        card.transmit(bytes.fromhex(f"80A80000{size + 2:02X}83{size:02X}{data}00"))
        card.transmit(read(4))
    assert call("show", str(path), "--state", str(state)) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "transactions (SFI 11, 2 of 10)" in words and "loads (SFI 12, 0 of 10)" in words
    assert "1 26-06-01 10:11:12 00 3.00 0840 0156 shop 2" in words
    assert "2 26-06-01 10:11:12 00 12.50 0156 0156 shop 1" in words
    assert "second purse balance 27.00" in words and "purse balance 187.50" in words
    assert call("show", str(path), "--state", str(state), "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["applications"]
    assert found["log"]["entries"][0] == {
        "date": "26-06-01", "time": "10:11:12", "amount": 300, "other_amount": 0,
        "country": "0156", "currency": "0840", "merchant": "shop", "type": "00", "atc": 2,
    }  # fmt: skip
    assert found["load_log"] == {"sfi": 12, "size": 10, "entries": []}


def test_show_decodes_loads_and_strange_records() -> None:
    file = LogFile(12, 3, bytes.fromhex("9A039F36029F1E01"))
    record = log.load_record(file, 0xDF79, 100, 5100, {0x9A: b"\x26\x06\x01", 0x9F36: b"\0\7"})
    entries = _load_log(file, (record, b"\x01"))["entries"]
    assert entries == [
        {"tag": "DF79", "before": 100, "after": 5100, "date": "26-06-01", "atc": 7, "9F1E": "00"},
        {"raw": "01"},
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blocked", "the application is blocked: SELECT 6283, GPO 6985"),
        ("blocked-card", "the card is blocked: SELECT 6A81"),
        ("phone-confirm", "phone: CDCVM needed, 1 refused taps"),
        ("phone", "account 6200TAPKERN000000000000000042 last digits 4242"),
        ("multi", "A0000000031010 FOREIGN CREDIT, priority 1 listed only"),
        ("sm-only", "sm ca ca-sm2 (index E8) sm issuer issuer-sm2"),
    ],
)
def test_show_says_what_a_card_refuses_and_has(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("show", name) == 0
    assert words in " ".join(capsys.readouterr().out.split())


def test_show_of_a_used_up_counter(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    state = tmp_path / "s.json"
    card = Card.load("worn-out", state=state)
    card.transmit(select(DEBIT))
    assert card.transmit(gpo()) == bytes.fromhex("6985")
    assert call("show", "worn-out", "--state", str(state)) == 0
    assert "the transaction counter is used up" in capsys.readouterr().out


@pytest.mark.unmasked("output", "card show --bytes")
def test_show_gives_bytes_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("show", "debit", "--bytes") == 0
    assert PAN in capsys.readouterr().out


@contextmanager
def served(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert process.stdout is not None and process.stderr is not None
    with process.stdout, process.stderr:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def ended(process: subprocess.Popen[str], how: signal.Signals) -> None:
    """The process ends quietly with 0."""
    assert process.stdout is not None and process.stderr is not None
    process.send_signal(how)
    assert process.wait(10) == 0
    assert process.stdout.read() == "" and process.stderr.read() == ""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_over_tcp_and_keep_the_state(how: signal.Signals, tmp_path: Path) -> None:
    state = str(tmp_path / "card.json")
    for expected in ("000000020000", "000000018750"):
        with served("debit", "--state", state) as process:
            word, address = line(process).split()
            assert word == "listening"
            host, port = address.split(":")
            with connect((host, int(port))) as connection:
                ask(connection, select(DEBIT))
                assert ask(connection, get_data("9F79"))[3:9].hex() == expected
                for command in (gpo(), read(4)):
                    assert ask(connection, command)[-2:] == b"\x90\x00"
            ended(process, how)


def test_serve_says_json() -> None:
    with served("debit", "--tcp", "127.0.0.1:0", "--json") as process:
        assert json.loads(line(process))["listening"].startswith("127.0.0.1:")
        ended(process, signal.SIGTERM)


def test_serve_in_a_virtual_reader_and_again_after_its_restart() -> None:
    reader = FakeReader()
    where = f"{reader.address[0]}:{reader.address[1]}"
    with served("debit", "--vpcd", where) as process:
        assert {line(process), line(process)} == {f"listening {where}", f"inserted {where}"}
        reader.accept()
        assert reader.ask(b"\x04").hex() == "3b80800101"
        assert reader.connection is not None
        reader.connection.close()
        reader.accept()
        assert line(process) == f"inserted {where}"
        assert reader.ask(b"\x04").hex() == "3b80800101"
        ended(process, signal.SIGTERM)
    reader.close()


@pytest.mark.parametrize("address", ["", "host", "host:", ":1", "host:x", "host:70000", "host:-1"])
def test_wrong_address(address: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        call("serve", "debit", "--tcp", address)


def test_wrong_card_and_missing_reader() -> None:
    with pytest.raises(UsageError, match="no card 'nobody'"):
        call("show", "nobody")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ReaderError):
        call("serve", "debit", "--vpcd", f"127.0.0.1:{port}")
