"""Whose time a tap takes: `tap --times`, for a card and for a transcript."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tapkern import CardLost, Detection
from tapkern.cli import main
from tapkern.trace import Recorder, read_transcript
from tapkern.trace.times import Stopwatch, laps_of, shares
from tests.taps import FIXED, Bench, card, terminal


class Slow(Bench):
    """A card that takes its time; the reader waits for it too."""

    def detect(self, timeout_ms: int) -> Detection:
        time.sleep(0.05)
        return super().detect(timeout_ms)

    def transmit(self, command: bytes) -> bytes:
        time.sleep(0.002)
        return super().transmit(command)


def test_the_time_of_the_card_is_not_that_of_the_terminal() -> None:
    """Only what a sleep makes certain is looked at: at least so long, and on whose side."""
    reader = Slow(card())
    watch = Stopwatch(reader)
    tap = terminal().tap(watch, "12.50", **FIXED)
    laps = watch.laps()
    assert [lap.command for lap in laps[:-1]] == reader.commands and laps[-1].command == b""
    assert all(lap.card_ms >= 2 for lap in laps[:-1]) and laps[-1].card_ms == 0
    assert all(lap.terminal_ms >= 0 for lap in laps) and tap.outcome.approved
    assert shares(laps)[1] >= 2 * len(reader.commands)


def test_a_card_that_leaves_has_its_lap() -> None:
    watch = Stopwatch(Bench(card(), leave=3))
    with pytest.raises(CardLost):
        for command in ("00A4", "00A4", "80A8"):
            watch.transmit(bytes.fromhex(command) + b"\x00\x00\x00")
    assert [lap.answered for lap in watch.laps()] == [True, True, False, False]


def test_the_times_of_a_transcript(tmp_path: Path) -> None:
    """Each step of the clock is one millisecond; a command reads it twice."""
    ticks = iter(range(1000, 9000))
    recorder = Recorder()
    more = {**FIXED, "clock": lambda: next(ticks)}
    terminal().tap(Bench(card()), "12.50", on_step=recorder, **more)
    recorder.save(tmp_path / "tap.jsonl")
    transcript = read_transcript(tmp_path / "tap.jsonl")
    laps = laps_of(transcript)
    commands = [step for step in transcript.steps if step.command]
    assert [lap.command for lap in laps[:-1]] == [step.command for step in commands]
    assert {lap.card_ms for lap in laps[:-1]} == {1}
    times = [lap.terminal_ms for lap in laps[1:-1]]
    assert times == [1, 1, 1, 1, 1, 2]  # before the last record the torn record is kept
    assert laps[-1].terminal_ms > 0 and laps[-1].command == b""


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = str(tmp_path / "tap.jsonl")
    words = ("--amount", "12.50", "--times")
    assert main.main(("tap", "--reader", "sim:debit", *words, "--save", saved)) == 0
    out = capsys.readouterr().out
    assert "GET PROCESSING OPTIONS" in out and "the terminal's share" in out
    for reader, more in (("sim:debit", words), (f"replay:{saved}", ("--times",))):
        assert main.main(("tap", "--reader", reader, *more, "--json")) == 0
        told = json.loads(capsys.readouterr().out)["times"]
        assert told[0]["command"] == "SELECT PPSE" and told[-1]["command"] == "outcome"
        assert all(one["terminal_ms"] >= 0 and one["card_ms"] >= 0 for one in told)
