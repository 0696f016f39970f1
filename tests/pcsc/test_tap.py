"""Whole taps through pyscard, pcscd and the virtual reader: real commands, cards that misbehave."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tapkern import Outcome, Status, Terminal
from tapkern.params.capk import resolve
from tapkern.readers import open_reader
from tapkern.readers.base import Reader
from tapkern.readers.pcsc import PcscReader
from tests.pcsc.stack import Stack

TAPKERN = [sys.executable, "-m", "tapkern"]
COMMANDS = 7  # of a debit tap: PPSE, SELECT, GPO, four records
Insert = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def terminal() -> Terminal:
    return Terminal.from_toml(resolve("tapkern:params/configs/demo.toml", Path()))


@pytest.fixture
def reader(stack: Stack) -> Iterator[PcscReader]:
    reader = PcscReader(stack.reader, answer_timeout_ms=2000)
    yield reader
    reader.close()


@pytest.fixture
def served(stack: Stack) -> Iterator[str]:
    """`tapkern card serve debit --vpcd`, the command that the README gives; yields its address."""
    address = f"127.0.0.1:{stack.port}"
    card = subprocess.Popen(
        [*TAPKERN, "card", "serve", "debit", "--vpcd", address], stdout=subprocess.PIPE, text=True
    )
    assert card.stdout is not None
    with card.stdout:
        assert card.stdout.readline() == f"listening {address}\n"
        yield address
        stack.remove(card)


def tapkern(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TAPKERN, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_tap_and_card_serve_meet_in_the_virtual_reader(stack: Stack, served: str) -> None:
    balances = []
    for _ in range(2):
        done = tapkern("tap", "--reader", f"pcsc:{stack.reader}", "--amount", "12.50", "--json")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["outcome"], said["rule"], said["oda"]) == ("approved", "QP-120", "successful")
        assert said["commands"] == COMMANDS
        balances.append(said["balance"])
    assert balances == ["187.50", "175.00"]


def test_the_simulated_card_is_the_same_on_both_ways(
    terminal: Terminal, reader: PcscReader, insert: Insert
) -> None:
    insert("--card", "debit")

    def tap(reader: Reader) -> Outcome:
        return terminal.tap(
            reader,
            amount="12.50",
            date="261121",
            time="120000",
            sequence=1,
            random=lambda: bytes(range(8)),
        ).outcome

    here, there = tap(reader), tap(open_reader("sim:debit"))
    assert here.status is Status.APPROVED
    assert here.field55 == there.field55
    # The data record holds a random number of the card (9F69).
    assert replace(here, data_record=b"") == replace(there, data_record=b"")


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (0, "no_card"),
        (2, "no_card"),
        (COMMANDS - 2, "no_card"),
        (COMMANDS - 1, "card_may_have_paid"),  # TT-005: the last record commits the payment
    ],
)
def test_a_card_that_leaves_is_never_approved(
    terminal: Terminal, reader: PcscReader, insert: Insert, answered: int, reason: str
) -> None:
    card = insert("--card", "debit", "--leave-after", str(answered))
    outcome = terminal.tap(reader, amount="12.50", timeout_ms=1000).outcome
    assert card.wait(5) == 0, "the card left by itself"
    assert (outcome.status, outcome.reason) == (Status.END_APPLICATION, reason)


def test_a_mute_card_is_given_up_and_the_next_one_is_approved(
    terminal: Terminal, reader: PcscReader, stack: Stack, insert: Insert
) -> None:
    mute = insert("--card", "debit", "--mute-after", "3")
    outcome = terminal.tap(reader, amount="12.50", timeout_ms=1000).outcome
    assert outcome.status not in (Status.APPROVED, Status.ONLINE_REQUEST)

    stack.remove(mute)
    insert("--card", "debit")
    assert terminal.tap(reader, amount="12.50").outcome.status is Status.APPROVED


def test_a_tap_after_a_daemon_restart_is_approved(
    terminal: Terminal, reader: PcscReader, stack: Stack, insert: Insert
) -> None:
    for _ in range(2):
        insert("--card", "debit")
        assert terminal.tap(reader, amount="12.50").outcome.status is Status.APPROVED
        stack.stop()
        stack.start()


def test_ctrl_c_ends_the_wait_for_a_card(stack: Stack) -> None:
    command = [*TAPKERN, "tap", "--reader", f"pcsc:{stack.reader}", "--amount", "1"]
    # Whoever runs the tests in the background of a shell hands down that SIGINT is ignored.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as waiting:
        assert waiting.stdout is not None and waiting.stderr is not None
        while b"Present card" not in waiting.stdout.readline():
            assert waiting.poll() is None
        time.sleep(0.2)
        waiting.send_signal(signal.SIGINT)
        code, said = waiting.wait(30), waiting.stderr.read()
        assert code == 130, said
        assert b"Traceback" not in said


def test_an_unknown_reader_is_one_line(stack: Stack) -> None:
    refused = tapkern("tap", "--reader", "pcsc:Feig", "--amount", "1")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr.count("\n") == 1
    assert stack.reader in refused.stderr


def test_a_missing_daemon_is_one_line_of_advice(stack: Stack) -> None:
    name = stack.reader
    stack.stop()
    refused = tapkern("tap", "--reader", f"pcsc:{name}", "--amount", "1", "--json")
    assert (refused.returncode, refused.stderr) == (3, "")
    error = json.loads(refused.stdout)["error"]
    assert "not running" in error["what"]
    assert "pcscd" in error["hint"]
