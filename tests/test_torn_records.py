"""The store of torn records: whole or not at all, bounded, the newest last (TT-010, TT-017)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapkern import UsageError
from tapkern.cli.main import main
from tapkern.torn import RECORD, TornRecords
from tests.taps import BARE

CONFIGURATION = (
    BARE
    + """[[combination]]
aid = "A000000333"
ttq = ["emv_mode", "contact_chip", "fdda_01"]
floor_limit = "200.00"
[combination.switches]
"tt.recovery" = true
"""
)
ONE = b"TT\x02" + bytes(RECORD - 3)
TWO = b"TT\x02" + bytes(RECORD - 4) + b"\x01"


@pytest.mark.parametrize("kept", [True, False])
def test_keep_and_drop(tmp_path: Path, kept: bool) -> None:
    path = tmp_path / "torn" if kept else None
    records = TornRecords(path)
    assert records.newest() is None and len(records) == 0
    assert records(ONE) and records(TWO) and records.newest() == TWO
    if path is not None:
        assert list(TornRecords(path)) == [ONE, TWO] and path.stat().st_mode & 0o777 == 0o600
    assert records(None) and records.newest() == ONE
    records.remove(ONE)
    assert records.newest() is None and records(None)
    assert path is None or path.read_bytes() == b""
    with pytest.raises(UsageError, match="no such torn record"):
        records.remove(ONE)


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    """TT-017: then the last record is not read, and nothing is paid."""
    records = TornRecords(most=1)
    assert records(ONE) and not records(TWO) and list(records) == [ONE]
    assert not TornRecords()(ONE[:-1])
    missing = TornRecords(tmp_path / "none" / "torn")
    assert not missing(ONE) and missing.newest() is None
    with pytest.raises(UsageError):
        TornRecords(most=0)


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    records = TornRecords(folder / "torn")
    assert records(ONE)
    (folder / "torn").unlink()
    folder.rmdir()
    assert not records(TWO) and records.newest() == ONE
    with pytest.raises(OSError, match="cannot write"):
        records.remove(ONE)


@pytest.mark.parametrize("data", [ONE[:-1], b"XX" + ONE[2:], ONE + b"XX" + ONE[2:], b"T"])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "torn"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="no file of torn records"):
        TornRecords(path)
    assert path.read_bytes() == data


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """tap --torn keeps what a card that left may have paid; --recover brings it to its end."""
    config, state, torn = tmp_path / "gate.toml", tmp_path / "card", tmp_path / "torn"
    config.write_text(CONFIGURATION, encoding="utf-8")
    tap = ["tap", "--reader", "sim:debit", "--state", str(state), "--amount", "12.50"]
    tap += ["--config", str(config), "--torn", str(torn), "--date", "261121"]
    gone = ["--fault", "leave-after-commit", "--fault", "leave-before:command=ppse,nth=2,times=99"]
    assert main([*tap, "--time", "101112", *gone]) == 1
    assert torn.stat().st_size == RECORD
    capsys.readouterr()
    assert main([*tap, "--time", "101130", "--recover", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reason"] == "recovered" and told["balance"] == "187.50"
    assert torn.stat().st_size == 0
    assert main([*tap, "--time", "101130", "--recover"]) == 2
    assert "there is no torn tap to recover" in capsys.readouterr().err
