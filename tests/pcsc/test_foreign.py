"""A terminal program that is not ours reads the served card: opensc-tool of the distribution."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.pcsc.stack import PACKAGES, Stack

PPSE = b"2PAY.SYS.DDF01"
AID = bytes.fromhex("A000000333010101")


@pytest.fixture
def tool() -> str:
    found = shutil.which("opensc-tool")
    if found is None:
        reason = f"opensc-tool is not installed: {PACKAGES}"
        if os.environ.get("TAPKERN_REQUIRE_PCSC") == "1":
            pytest.fail(f"TAPKERN_REQUIRE_PCSC=1, but {reason}")
        pytest.skip(reason)
    return found


@pytest.fixture
def served(stack: Stack) -> Iterator[None]:
    address = f"127.0.0.1:{stack.port}"
    card = subprocess.Popen(
        [sys.executable, "-m", "tapkern", "card", "serve", "debit", "--vpcd", address],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert card.stdout is not None
    with card.stdout:
        assert card.stdout.readline() == f"listening {address}\n"
        # The tool can wait for a card by itself, but misses one that comes as it begins to.
        stack.wait_until(present=True)
        yield
        stack.remove(card)


def send(tool: str, reader: str, *commands: bytes) -> list[tuple[bytes, int]]:
    """Answers to commands, as the tool prints them: data and status word."""
    arguments = [part for command in commands for part in ("-s", command.hex())]
    done = subprocess.run(
        [tool, "-r", reader, "-c", "default", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = []
    for part in done.stdout.split("Received (")[1:]:
        head, _, rest = part.partition(")")
        sw1, sw2 = re.findall(r"0x([0-9A-F]{2})", head)
        # A line of the dump is 16 bytes in hex, then the same in characters.
        lines = [line for line in rest.splitlines() if re.match(r"[0-9A-F]{2} ", line)]
        digits = "".join("".join(re.findall(r"[0-9A-F]{2}(?= )", line[:48])) for line in lines)
        answers.append((bytes.fromhex(digits), int(sw1 + sw2, 16)))
    return answers


def select(name: bytes) -> bytes:
    return bytes([0x00, 0xA4, 0x04, 0x00, len(name)]) + name + b"\x00"


@pytest.mark.unmasked("output", "the foreign program prints the bytes that it reads")
def test_opensc_tool_reads_the_served_card(stack: Stack, served: None, tool: str) -> None:
    ppse, fci, record, balance = send(
        tool,
        stack.reader,
        select(PPSE),
        select(AID),
        bytes.fromhex("00B2010C00"),
        bytes.fromhex("80CA9F7900"),
    )
    assert [status for _, status in (ppse, fci, record, balance)] == [0x9000] * 4
    assert PPSE in ppse[0] and AID in ppse[0]
    assert fci[0].startswith(b"\x6f") and AID in fci[0]
    assert record[0].startswith(b"\x70") and bytes.fromhex("5A0A6200000000000001016F") in record[0]
    assert balance[0] == bytes.fromhex("9F7906000000020000")


def test_opensc_tool_sees_the_refusal(stack: Stack, served: None, tool: str) -> None:
    (unknown,) = send(tool, stack.reader, select(bytes.fromhex("A000000333010199")))
    assert unknown == (b"", 0x6A82)
