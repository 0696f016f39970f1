"""The store of rides: TK-032, TK-036."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tapkern import UsageError
from tapkern.transit import FareRecord, FareStore, Kept
from tests.transit.rides import KEY, PAN, record


def test_what_is_kept_survives(tmp_path: Path) -> None:
    path = tmp_path / "rides.db"
    store = FareStore(path, KEY)
    assert [store.add(record(atc)) for atc in (1, 2)] == [Kept.KEPT, Kept.KEPT]
    store.close()
    assert os.stat(path).st_mode & 0o777 == 0o600
    again = FareStore(path, KEY)
    assert list(again.waiting()) == [(1, record(1)), (2, record(2))]
    again.settle(1, "00")
    assert [number for number, _ in again.waiting()] == [2]
    again.close()
    assert PAN not in repr(record()) and record().masked == "620000*********1149"


def test_a_ride_is_kept_once(tmp_path: Path) -> None:
    """TK-036: PAN, PSN and ATC; also when the first one was settled."""
    store = FareStore(tmp_path / "rides.db", KEY)
    assert store.add(record(1)) is Kept.KEPT
    assert store.add(record(1, amount=999, time="235959")) is Kept.DUPLICATE
    assert store.add(record(1, psn=2)) is Kept.KEPT
    assert store.add(record(1, psn=None)) is Kept.KEPT
    assert store.add(record(1, pan="6200000000000001016")) is Kept.KEPT
    store.settle(1, "00")
    assert store.add(record(1)) is Kept.DUPLICATE
    assert len(list(store.waiting())) == 3


def test_a_full_store_keeps_no_more(tmp_path: Path) -> None:
    """TK-032: bounded by count."""
    store = FareStore(tmp_path / "rides.db", KEY, most=2)
    store.add(record(1))
    assert store.room() is Kept.KEPT
    store.add(record(2))
    assert store.room() is Kept.FULL and store.add(record(3)) is Kept.FULL
    store.settle(1, "00")
    assert store.room() is Kept.KEPT and store.add(record(3)) is Kept.KEPT


def test_a_ride_that_waits_too_long_stops_the_gate(tmp_path: Path) -> None:
    """TK-032: bounded by age, to the second."""
    now = [1000.0]
    store = FareStore(tmp_path / "rides.db", KEY, age_s=60, clock=lambda: now[0])
    store.add(record(1))
    now[0] = 1060.0
    assert store.add(record(2)) is Kept.KEPT
    now[0] = 1061.0
    assert store.room() is Kept.FULL and store.add(record(3)) is Kept.FULL
    store.settle(1, "00")
    assert store.room() is Kept.KEPT


def test_old_records_are_forgotten_from_the_front(tmp_path: Path) -> None:
    now = [1000.0]
    path = tmp_path / "rides.db"
    store = FareStore(path, KEY, clock=lambda: now[0])
    for atc in (1, 2, 3, 4):
        now[0] += 10
        store.add(record(atc))
    for number in (1, 2, 4):
        store.settle(number, "00")
    assert store.forget(1020) == 1 and store.forget(1020) == 0
    assert store.forget(9999) == 1  # the third one waits
    store.verify()
    store.close()
    again = FareStore(path, KEY, clock=lambda: now[0])
    assert again.add(record(4)) is Kept.DUPLICATE and again.add(record(1)) is Kept.KEPT
    again.verify()


FORGED = record(77).to_text()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ride WHERE number = 1",
        "DELETE FROM ride WHERE number = 3",
        "DELETE FROM ride",
        "DELETE FROM head",
        "UPDATE ride SET record = replace(record, '200', '100') WHERE number = 2",
        "UPDATE ride SET kept_at = kept_at + 1 WHERE number = 2",
        "UPDATE ride SET number = 9 WHERE number = 3",
        "UPDATE ride SET settled = '00', record = NULL, proof = mac WHERE number = 2",
        "UPDATE ride SET settled = '05' WHERE number = 1",
        "UPDATE ride SET settled = NULL, record = '{}' WHERE number = 1",
        "UPDATE head SET last = 2, tip = (SELECT mac FROM ride WHERE number = 2)",
        "INSERT INTO ride VALUES (4, x'00', 1, x'00', x'00', '{}', NULL, NULL)",
        "UPDATE ride SET mac = 7 WHERE number = 2",
    ],
)
def test_a_changed_store_is_refused(tmp_path: Path, change: str) -> None:
    """TK-032: tamper evident, record by record and as a chain."""
    path = tmp_path / "rides.db"
    store = FareStore(path, KEY)
    for atc in (1, 2, 3):
        store.add(record(atc))
    store.settle(1, "00")
    store.close()
    FareStore(path, KEY).close()
    base = sqlite3.connect(path)
    with base:
        base.execute(change)
    base.close()
    with pytest.raises(UsageError, match="changed"):
        FareStore(path, KEY)


def test_other_files_and_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rides.db"
    FareStore(path, KEY).close()
    with pytest.raises(UsageError, match="key"):
        FareStore(path, bytes(32))
    with pytest.raises(UsageError, match="at least 16 bytes"):
        FareStore(path, b"short")
    (tmp_path / "text").write_text("no store, but long enough to be looked at" * 100)
    with pytest.raises(UsageError, match="no store"):
        FareStore(tmp_path / "text", KEY)
    with pytest.raises(UsageError, match="room"):
        FareStore(path, KEY, most=0)
    with pytest.raises(UsageError, match="no record 5"):
        FareStore(path, KEY).settle(5, "00")
    for text in ("{}", "[]", "null", "{", '{"kind": "deferred"}'):
        with pytest.raises(UsageError):
            FareRecord.from_text(text)


def test_a_killed_program_leaves_whole_records(tmp_path: Path) -> None:
    """Every record that was acknowledged is there, and the chain is sound."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tapkern.transit import FareStore\n"
        "from tests.transit.rides import KEY, record\n"
        "store = FareStore(sys.argv[1], KEY)\n"
        "for atc in range(1, 10_000):\n"
        "    store.add(record(atc)); print(atc, flush=True)\n"
    )
    root = Path(__file__).resolve().parents[2]
    path = tmp_path / "rides.db"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert child.stdout is not None
    for _ in range(20):
        last = child.stdout.readline()
    child.kill()
    told = int((last + child.stdout.read()).split()[-1])
    child.stdout.close()
    child.wait()
    kept = [ride.atc for _, ride in FareStore(path, KEY).waiting()]
    assert kept == list(range(1, len(kept) + 1)) and told <= len(kept) <= told + 1
