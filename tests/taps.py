"""Terminals, readers and constants that several tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tapkern import CardLost, CardTimeout, Detection, ReaderError, Terminal
from tapkern.card import Card
from tapkern.params.capk import resolve
from tapkern.terminal import Tap, constant_random

DATA = Path(__file__).parent / "data"
DEMO = resolve("tapkern:params/configs/demo.toml", Path())
OFFLINE = resolve("tapkern:params/configs/demo-offline.toml", Path())
PAN = "6200000000000001016"  # of the card "debit"
MASKED = "620000*********1016"
UN = bytes.fromhex("2B29EBE4")
FIXED: dict[str, Any] = {
    "date": "261121",
    "time": "101112",
    "sequence": 7,
    "random": constant_random(UN),
    "clock": lambda: 1000,
}

HEAD = """
[terminal]
country = 156
currency = "CNY"
capabilities = "E0F8C8"
{terminal}
[[ca_key]]
file = "tapkern:params/capk/test.toml"
"""
"""A configuration up to its combinations; terminal is for more keys of the terminal."""
BARE = HEAD.format(terminal="")


@cache
def image(path: Path = DEMO) -> bytes:
    """The sealed image of a configuration file."""
    return Terminal.from_toml(path).image


def terminal(path: Path = DEMO) -> Terminal:
    """A terminal with its own counters."""
    return Terminal(image(path), name=path.stem)


def card(name: str = "debit") -> Card:
    """A fresh card whose random numbers are always the same."""
    return Card.load(name, random=lambda count: bytes(range(1, count + 1)))


Change = Callable[[int, bytes, bytes], bytes]


class Bench:
    """A reader under test: counts commands (from 1) and does what a test tells it to.

    leave, mute, reader_lost: the command that gets no answer for this reason. change: makes
    another answer of (number, command, answer).
    """

    name = "bench"

    def __init__(
        self,
        card: Card | None = None,
        *,
        leave: int = 0,
        mute: int = 0,
        reader_lost: int = 0,
        change: Change | None = None,
        detections: list[Detection] | None = None,
    ) -> None:
        self.card = card or globals()["card"]()
        self.leave, self.mute, self.reader_lost = leave, mute, reader_lost
        self.change = change
        self.detections = detections or []
        self.commands: list[bytes] = []
        self.off: list[int] = []

    def detect(self, timeout_ms: int) -> Detection:
        self.card.reset()
        return self.detections.pop(0) if self.detections else Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        number = len(self.commands)
        if number == self.reader_lost:
            raise ReaderError("the reader was unplugged", self.name)
        if number == self.mute:
            raise CardTimeout("mute")
        if number == self.leave:
            raise CardLost("left")
        answer = self.card.transmit(command)
        return answer if self.change is None else self.change(number, command, answer)

    def field_off(self, hold_ms: int) -> None:
        self.card.reset()
        self.off.append(hold_ms)

    def close(self) -> None:
        pass


def tap(reader: Bench, amount: str | int = "12.50", config: Path = DEMO, **more: Any) -> Tap:
    """One tap with fixed time and random numbers."""
    return terminal(config).tap(reader, amount, **{**FIXED, **more})


def real_log() -> dict[str, Any]:
    """The logged tap of a real card."""
    found: dict[str, Any] = json.loads((DATA / "real-qpboc-online.json").read_text("utf-8"))
    return found


def with_terminal(extra: str, path: Path = DEMO) -> Terminal:
    """The demo configuration with TOML text added at its end."""
    return Terminal.from_toml(path.read_text("utf-8") + "\n" + extra)
