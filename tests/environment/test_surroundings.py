"""Clocks, changing files, full disks and kills: parts of `python -m tests.environment`."""

from __future__ import annotations

import datetime
import os
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tapkern import Terminal, UsageError
from tapkern.card import Card
from tapkern.transit import DenyList, FareStore, Kept, build
from tests.environment import clocks, configuration
from tests.environment.disks import KEY
from tests.environment.ground import RECOVERS, Field, Tally, gate, ride
from tests.taps import Bench
from tests.transit import rides

ROOT = Path(__file__).resolve().parents[2]
DAY = configuration.DAY


# ---- clocks ----


def test_clocks_that_jump() -> None:
    tally = clocks.sweep(share=29)
    assert tally.findings == [] and tally.injected > 60


def test_a_day_and_a_time_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read apart, a tap at midnight is dated a day too early."""

    class Midnight(datetime.datetime):
        looks = 0

        @classmethod
        def now(cls, tz: Any = None) -> Midnight:
            cls.looks += 1
            assert cls.looks == 1, "a second look at the clock may see another day"
            return cls(2026, 11, 21, 23, 59, 59, 999_999)

    monkeypatch.setattr("tapkern.terminal.datetime.datetime", Midnight)
    asked = gate().transaction(200)
    assert (asked.date, asked.time) == ("261121", "235959")


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_store_whose_clock_went_wrong_is_full(tmp_path: Path, sign: int) -> None:
    """TK-032: the age that rides may have counts in both directions; a small step back does not
    close the gate."""
    clock = rides.Clock()
    store = FareStore(tmp_path / "rides.db", KEY, age_s=60, clock=lambda: clock() / 1000)
    assert store.add(rides.record()) is Kept.KEPT
    clock.ms += sign * 60_000
    assert store.room() is Kept.KEPT
    clock.ms += sign * 1_000
    assert store.room() is Kept.FULL
    store.close()


def test_a_clock_that_is_not_judged_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that takes every record, however old: it would recover one of last year."""
    text = RECOVERS.replace("[terminal]", "[terminal]\ntorn_time = 99")
    longer = Terminal.from_toml(text)
    monkeypatch.setattr("tests.environment.ground.gate", lambda: longer)
    tally = Tally()
    clocks.calendar(tally, days=0, seconds=clocks.WINDOW_S + 1)
    assert any("recovered" in one for one in tally.findings)


# ---- files and memory ----


def test_files_that_change_under_a_terminal() -> None:
    tally = configuration.sweep(share=13)
    assert tally.findings == [] and tally.injected > 90


def test_an_image_that_changed_in_memory_begins_no_tap() -> None:
    terminal = Terminal.from_toml(RECOVERS)
    terminal.image = terminal.image[:-1] + bytes((terminal.image[-1] ^ 1,))
    with pytest.raises(UsageError, match="changed in memory"):
        ride(Field(Card.load("debit", random=bytes)), terminal)


@pytest.mark.parametrize("bit", [0x01, 0x40, 0x80])
def test_an_image_that_was_damaged_is_refused_or_another_one(bit: int) -> None:
    """One bit of each byte: no exception but a UsageError, and never the same digest. An image
    whose combination had lost its AID ended the program."""
    image = Terminal.from_toml(RECOVERS).image
    digest = Terminal(image).config_digest
    for at in range(0, 120):
        damaged = bytearray(image)
        damaged[at] ^= bit
        try:
            other = Terminal(bytes(damaged))
            assert other.config_digest != digest
            ride(Field(Card.load("debit", random=bytes)), other)
        except UsageError:
            continue


@pytest.mark.unmasked("file", "the lines that a deny list is made of", "list.csv")
def test_a_deny_list_that_is_cut_refuses(tmp_path: Path) -> None:
    """TK-042: no signal ends the program, and no listed card passes."""
    numbers = [f"62000000000{number:08d}" for number in range(2000)]
    (tmp_path / "list.csv").write_text("\n".join(numbers), "ascii")
    path = tmp_path / "deny.bin"
    build(tmp_path / "list.csv", path, version="1", day=DAY)
    with DenyList(path, today=lambda: DAY) as listed:
        assert listed.lookup(numbers[7]) is True
        os.truncate(path, 500)
        assert listed.lookup(numbers[7]) is None
        with pytest.raises(UsageError, match="was written into"):
            listed.find(numbers[1999])


def test_a_terminal_that_keeps_the_callers_buffer_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keep(self: Terminal, image: bytes, *, name: str = "", trace: int = 1024) -> None:
        made(self, bytes(image), name=name, trace=trace)
        self.image = image

    made = Terminal.__init__
    monkeypatch.setattr(Terminal, "__init__", keep)
    tally = Tally()
    configuration.buffer(tally)
    assert tally.findings


# ---- the store of rides ----


def test_a_store_that_cannot_be_read_touches_no_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rides.gate(tmp_path)

    def locked() -> None:
        raise OSError(5, "disk I/O error")

    monkeypatch.setattr(found.store, "room", locked)
    reader = Bench(Card.load("debit"))
    passage = found.tap(reader, "2.00", **rides.fixed())
    assert (passage.opens, passage.reason, reader.commands) == (False, "store_failed", [])


def test_a_failed_commit_leaves_the_store_usable(tmp_path: Path) -> None:
    """An error at COMMIT left the transaction open, and every later ride failed."""
    store = FareStore(tmp_path / "rides.db", KEY)

    class Base:
        """A connection whose first COMMIT fails."""

        def __init__(self, base: sqlite3.Connection) -> None:
            self.base, self.failed = base, False

        def execute(self, text: str, *values: Any) -> Any:
            if text == "COMMIT" and not self.failed:
                self.failed = True
                raise sqlite3.OperationalError("disk I/O error")
            return self.base.execute(text, *values)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.base, name)

    store._base = Base(store._base)  # type: ignore[assignment]
    with pytest.raises(OSError, match="disk I/O error"):
        store.add(rides.record(1))
    assert store.add(rides.record(1)) is Kept.KEPT and len(list(store.waiting())) == 1
    store.close()


def test_a_full_disk_is_no_foreign_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a disk says is an OSError that names the file; who reads "no store" deletes rides."""
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
    FareStore(tmp_path / "rides.db", KEY).close()
    with sqlite3.connect(tmp_path / "rides.db") as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OSError, match="locked"):
            FareStore(tmp_path / "rides.db", KEY)
        other.rollback()
    other.close()
    (tmp_path / "other").write_bytes(b"something else" * 100)
    with pytest.raises(UsageError, match="no store of a gate"):
        FareStore(tmp_path / "other", KEY)


# ---- kills, in a process without threads: it forks ----


def run(text: str) -> str:
    """What a program says."""
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_gate_that_is_killed() -> None:
    """30 kills here, thousands in `make night`; and a disk that is full at some sizes."""
    words = [sys.executable, "-m", "tests.environment", "kills", "full", "--share", "24"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "environment: 30 kills, 5 faults injected, 0 findings"


BROKEN = """
from tests.environment import kills
import tapkern.transit.gate as gate, tapkern.torn as torn
{}
print(len(kills.sweep(60, 3).findings))
"""


@pytest.mark.parametrize(
    "broken",
    [
        # The record of a torn tap goes before the ride is kept.
        "torn.HeldBack.__call__ = lambda self, record: self._torn(record)",
        # The store says that it kept a record, and did not.
        "torn.TornRecords._write = lambda self, records: True",
        # The gate opens first and keeps the ride afterwards: only in memory.
        "gate.FareStore.add = lambda self, record: gate.Kept.KEPT",
    ],
)
def test_a_gate_that_keeps_too_late_is_found(broken: str) -> None:
    assert int(run(BROKEN.format(broken))) > 0
