"""Disks that fail: what is left of files, and that the sweep notices when it is not enough."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tapkern import UsageError
from tapkern.data import files
from tapkern.torn import RECORD, HeldBack, TornRecords
from tapkern.transit import LocalDenyList
from tests.environment import disks
from tests.environment.disk import Fault
from tests.environment.ground import Field, Tally, ride

ONE, TWO = (b"TT\x02" + bytes(RECORD - 4) + bytes((last,)) for last in (1, 2))


def test_disks_that_fail_at_every_call() -> None:
    """A part of `python -m tests.environment`; every moment of a loss of power is in it."""
    tally = disks.sweep(share=11)
    assert tally.findings == [] and tally.injected > 150


def test_a_name_outlives_a_loss_of_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TT-010: before the last command goes out the record is on disk under its name."""
    synced: list[str] = []
    plain = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        plain(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert TornRecords(tmp_path / "torn.bin")(ONE)
    assert len(synced) == 2 and synced[-1] == str(tmp_path)


def test_another_program_at_the_same_records_is_not_written_over(tmp_path: Path) -> None:
    """Two programs with one file: the second would forget what the first has kept."""
    first, second = (TornRecords(tmp_path / "torn.bin") for _ in range(2))
    assert first(ONE) and not second(TWO)
    assert list(TornRecords(tmp_path / "torn.bin")) == [ONE]
    (tmp_path / "torn.bin").unlink()
    assert first(TWO)  # a file that is gone is written again, with everything
    assert list(TornRecords(tmp_path / "torn.bin")) == [ONE, TWO]


def test_what_a_killed_program_left_is_removed(tmp_path: Path) -> None:
    """It holds card numbers, and nobody would ever look for it."""
    left, other = tmp_path / ".torn.bin.abcd1234", tmp_path / ".torn.bin2.abcd1234"
    for path in (left, other):
        path.write_bytes(ONE)
    TornRecords(tmp_path / "torn.bin")
    assert not left.exists() and other.exists()


def test_a_list_that_was_cut_is_written_again(tmp_path: Path) -> None:
    """TR-007: a running gate forgets no card, and can be started again."""
    path = tmp_path / "denied.txt"
    listed = LocalDenyList(path, disks.KEY)
    pans = [f"620000000000000{number:04d}" for number in range(4)]
    listed.add(pans[0])
    listed.add(pans[1])
    os.truncate(path, 80)
    listed.add(pans[2])
    path.unlink()
    listed.add(pans[3])
    again = LocalDenyList(path, disks.KEY)
    assert len(again) == 4 and all(map(again.lookup, pans))


def test_a_file_of_torn_records_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the torn records"):
        TornRecords(tmp_path)


def test_a_record_is_held_back_until_the_approval_is_told(tmp_path: Path) -> None:
    records = TornRecords(tmp_path / "torn.bin")
    held = HeldBack(records)
    assert ride(Field(disks.Card.load("debit", random=bytes)), store=held).outcome.approved
    assert len(records) == 1 and held.drop() and len(records) == 0


# ---- what the sweep would tell ----


def found(keeper: disks.Keeper, fault: Fault, last: int = 30) -> list[str]:
    """What the sweep says of one fault at each of the first calls of a keeper."""
    tally = Tally()
    with disks.folders() as fresh:
        for at in range(1, last):
            disks.scenario(tally, keeper, at, fault, next(fresh))
        if keeper in disks.DURABLE:
            disks.power(tally, keeper, next(fresh), next(fresh))
    return tally.findings


def broken_write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Over the old file, as everybody does at first."""
    data = content.encode() if isinstance(content, str) else content
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        files.write_all(handle, data)
    finally:
        os.close(handle)


def renamed_first(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Renamed before it was synchronised."""
    name = path.with_name(f".{path.name}.abcd1234")
    data = content.encode() if isinstance(content, str) else content
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    files.write_all(handle, data)
    os.close(handle)
    os.replace(name, path)
    files.sync_folder(path.parent)


@pytest.mark.parametrize("wrong", [broken_write, renamed_first])
@pytest.mark.parametrize("keeper", disks.KEEPERS[:3], ids=lambda keeper: keeper.name)
def test_a_file_that_is_not_written_in_one_step_is_found(
    monkeypatch: pytest.MonkeyPatch, wrong: Any, keeper: disks.Keeper
) -> None:
    for module in ("tapkern.torn", "tapkern.card.memory", "tapkern.trace.record"):
        monkeypatch.setattr(f"{module}.write_whole", wrong)
    assert found(keeper, Fault("killed", dies="before"))


@pytest.mark.parametrize("keeper", disks.KEEPERS[:2], ids=lambda keeper: keeper.name)
def test_a_folder_that_is_not_synchronised_is_found(
    monkeypatch: pytest.MonkeyPatch, keeper: disks.Keeper
) -> None:
    monkeypatch.setattr(files, "sync_folder", lambda folder: None)
    assert any("no power" in one for one in found(keeper, Fault("none"), 1))


def test_a_record_dropped_before_the_approval_is_told_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(HeldBack, "__call__", lambda self, record: self._torn(record))
    assert found(disks.Torn(), Fault("killed", dies="before"))


def test_a_last_record_that_is_read_after_a_failed_store_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TT-017: the money would be gone and nobody would know."""
    import tapkern.driver as driver

    def keep(record: bytes, store: Any) -> Any:
        store(record or None)
        return driver.Event.DONE

    monkeypatch.setattr(driver, "_keep", keep)
    assert any("nothing was kept" in one for one in found(disks.Torn(), Fault("full", 28)))
