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

from tapkern.card import names
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
        "balance 20000",
        "atc 0",
        "ca ca-1152 (index E2)",
        "icc icc-1024",
        "AFL 08010401",
        "SFI 1 record 1: 5A 5F24 5F25 5F28 9F07 9F08 5F34",
        "SFI 1 record 4: -  (last: makes a purchase final)",
    ):
        assert expected in out


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
