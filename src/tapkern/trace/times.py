"""Whose time a tap takes: for each command that of the card and that of the terminal before it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tapkern._numbers import Event, StepKind
from tapkern.readers.base import Detection, Reader
from tapkern.trace.transcript import Transcript

_OF_THE_FIELD = (StepKind.DETECT, StepKind.FIELD_OFF)


@dataclass(frozen=True, slots=True)
class Lap:
    """One command; milliseconds. terminal_ms: from the answer before it, or the card's arrival, to
    this command; card_ms: from there to its answer, with the reader and its line. The last lap of a
    tap has no command: the terminal's time to the outcome. answered: the card gave an answer."""

    command: bytes = field(repr=False)
    terminal_ms: float
    card_ms: float
    answered: bool


class Stopwatch:
    """A reader that notes the time of another one; its laps are those of one tap."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.name = reader.name
        self._laps: list[Lap] = []
        self._since = time.perf_counter()

    def laps(self) -> list[Lap]:
        """What was noted, with the time since the last answer as the last lap."""
        return [*self._laps, Lap(b"", self._passed(), 0.0, False)]

    def detect(self, timeout_ms: int) -> Detection:
        """Waits for a card; nobody's time."""
        try:
            return self._reader.detect(timeout_ms)
        finally:
            self._since = time.perf_counter()

    def transmit(self, command: bytes) -> bytes:
        """Hands the command on and notes both times."""
        terminal_ms = self._passed()
        self._since = time.perf_counter()
        answered = False
        try:
            answer = self._reader.transmit(command)
            answered = True
            return answer
        finally:
            self._laps.append(Lap(command, terminal_ms, self._passed(), answered))
            self._since = time.perf_counter()

    def field_off(self, hold_ms: int) -> None:
        """Holds the field off; nobody's time."""
        self._reader.field_off(hold_ms)
        self._since = time.perf_counter()

    def close(self) -> None:
        """Closes the reader."""
        self._reader.close()

    def _passed(self) -> float:
        return 1000 * (time.perf_counter() - self._since)


def laps_of(transcript: Transcript) -> list[Lap]:
    """The laps that a transcript tells, in whole milliseconds. What the host took is left out."""
    found: list[Lap] = []
    since = ended = transcript.began_ms
    for step in transcript.steps:
        if step.kind is StepKind.OUTCOME:
            break
        if step.kind is StepKind.TRANSMIT:
            card_ms = step.received_ms - step.sent_ms
            answered = step.event is Event.ANSWER
            found.append(Lap(step.command, step.sent_ms - since, card_ms, answered))
        if step.kind is StepKind.TRANSMIT or step.kind in _OF_THE_FIELD:
            since = step.received_ms
        ended = step.received_ms
    return [*found, Lap(b"", ended - since, 0.0, False)]


def shares(laps: Sequence[Lap]) -> tuple[float, float]:
    """Milliseconds of the terminal and of the card, in all."""
    return _sum(lap.terminal_ms for lap in laps), _sum(lap.card_ms for lap in laps)


def _sum(values: Iterable[float]) -> float:
    return sum(values, 0.0)
