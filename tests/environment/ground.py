"""What the parts of the sweep share: terminals, a field that counts debits, what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tapkern import Detection, Terminal
from tapkern.card import Card
from tapkern.card.model import Application
from tapkern.outcome import Status
from tapkern.terminal import Tap, constant_random
from tests.tear import CONFIGURATION

AMOUNT = 200
UN = b"\x12\x34\x56\x78"
RECOVERS = CONFIGURATION
"""An offline capable gate that recovers torn taps."""


@dataclass
class Tally:
    """What a part of the sweep did, and what it found."""

    injected: int = 0
    kills: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def check(self, good: bool, what: str) -> None:
        """A finding unless good."""
        if not good:
            self.findings.append(what)

    def add(self, other: Tally) -> None:
        """Takes over what another part counted."""
        self.injected += other.injected
        self.kills += other.kills
        self.ends += other.ends
        self.findings += other.findings

    @contextmanager
    def watched(self, where: str) -> Iterator[None]:
        """What a scenario raises without being asked is a finding, not the end of the sweep."""
        try:
            yield
        except Exception as error:
            self.findings.append(f"{where}: {type(error).__name__}: {error}")


@cache
def gate() -> Terminal:
    """One terminal for every scenario: what one of them spoils, the next one shows."""
    return Terminal.from_toml(RECOVERS)


def counters(card: Card) -> list[object]:
    """Everything that the applications of a card remember."""
    return [one.counters for one in card.applications if isinstance(one, Application)]


class Field:
    """A reader with one card. spoil(call, number) is asked before and after each call and may raise
    or give another answer; number counts all calls from 1."""

    name = "field"

    def __init__(self, card: Card) -> None:
        self.card = card
        self.on = False
        self.calls: list[str] = []
        self.debits = 0
        self.before: Callable[[str, int], None] = lambda call, number: None
        self.after: Callable[[str, int, Any], Any] = lambda call, number, answer: answer

    def _call(self, call: str, act: Callable[[], Any]) -> Any:
        self.calls.append(call)
        number = len(self.calls)
        if number > 300:
            raise AssertionError("the tap does not end")
        self.before(call, number)
        return self.after(call, number, act())

    def detect(self, timeout_ms: int) -> Detection:
        def act() -> Detection:
            self.on = True
            self.card.reset()
            return Detection.CARD

        return self._call("detect", act)

    def transmit(self, command: bytes) -> bytes:
        def act() -> bytes:
            known = counters(self.card)
            answer = self.card.transmit(command)
            # Only the last record makes a purchase final (CS-030).
            self.debits += command[1] == 0xB2 and counters(self.card) != known
            return answer

        return self._call("transmit", act)

    def field_off(self, hold_ms: int) -> None:
        def act() -> None:
            self.on = False
            self.card.reset()

        self._call("field_off", act)

    def close(self) -> None:
        pass


class Clock:
    """Milliseconds that pass at each look, unless told otherwise."""

    def __init__(self, step: int = 10) -> None:
        self.now, self.step = 1_000_000, step

    def __call__(self) -> int:
        self.now += self.step
        return self.now


def ride(reader: Any, terminal: Terminal | None = None, **more: Any) -> Tap:
    """One purchase with fixed time and random numbers."""
    values: dict[str, Any] = {
        "date": "261121", "time": "101112", "sequence": 7, "clock": Clock(),
        "random": constant_random(UN),
    }  # fmt: skip
    return (terminal or gate()).tap(reader, AMOUNT, **{**values, **more})


def paid_offline(tap: Tap) -> bool:
    """An approval by TC: the card was debited, or the terminal is wrong."""
    return tap.outcome.status is Status.APPROVED and tap.tags.get(0x9F27) == b"\x40"


def leftovers(folder: Path) -> list[str]:
    """Files of a folder that nobody asked for."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))
