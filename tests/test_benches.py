"""The bench runs, and its file has the promised shape. No time and no ratio is asserted."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benches import corpus, peers, report

ROOT = Path(__file__).parents[1]
SMALL = "a6c752d26abec7f8e2757383c3d9a7848ecc2219622fde9497588975a53e1df8"
BIG = "d09627e42c3bc6535ba46b12db44cf64d8720a61e4108ceda54d61641c0a2900"  # the first 64 messages
FIXED = {
    "tlv.c.small",
    "tlv.c.big",
    "tlv.py.lazy",
    "tlv.py.lazy4",
    "tlv.py.tree",
    "tap.c.online",
    "tap.c.fdda",
    "tap.py.online",
    "tap.py.fdda",
    "oda.fdda.rsa.e3.cold",
    "oda.fdda.rsa.f4.cold",
}


def check_shape(rows: list[dict[str, Any]]) -> None:
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    assert set(names) >= FIXED
    for row in rows:
        assert list(row) == ["name", "figure", "unit", "against", "ratio"]
        assert row["unit"] in ("ns", "us", "instructions")
        assert row["against"]
        for value in (row["figure"], row["ratio"]):
            assert value is None or (isinstance(value, float) and value > 0)


def test_a_quick_run_writes_every_row(tmp_path: Path) -> None:
    output = tmp_path / "latest.json"
    done = subprocess.run(
        [sys.executable, "-m", "benches", "--quick", "--output", str(output)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(output.read_text("utf-8"))
    check_shape(rows)
    for row in rows:
        assert row["name"] in done.stdout
        if row["unit"] != "instructions":
            assert row["figure"] is not None


def test_no_rounds_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benches", "--rounds", "0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_corpora_never_change() -> None:
    small, big = corpus.small(), corpus.big(64)
    assert len(small) == 28
    assert hashlib.sha256(b"".join(small)).hexdigest() == SMALL
    assert hashlib.sha256(b"".join(big)).hexdigest() == BIG


def test_a_missing_peer_is_named() -> None:
    figures = {name: [1.0, 2.0] for name in report.NEEDED - {"small.pyemv", "c.gmp.e3"}}
    known = {"pyemv": "pyemv: not installed", "libgmp": "libgmp: missing"}
    rows = {row.name: row for row in report.duel_rows(figures, known)}
    assert rows["tlv.py.lazy"] == report.Row("tlv.py.lazy", 1.5, "ns", "pyemv: not installed", None)
    assert rows["oda.fdda.rsa.e3.cold"].against == "libgmp: missing"
    assert rows["tlv.c.small"].ratio == 1.0


def test_missing_instruction_counts_are_named() -> None:
    rows = report.instruction_rows({"tlv.small": 350.0}, "valgrind: missing")
    assert rows[0].ratio == 0.5
    assert {(row.figure, row.against) for row in rows[1:]} == {(None, "valgrind: missing")}


@pytest.mark.parametrize(
    ("decode", "problem"),
    [
        (lambda data: [(0x42, data)], "finds other values than the kernel"),
        (lambda data: [], "finds other values than the kernel"),
        (lambda data: 1 // 0, "refuses a message (ZeroDivisionError)"),
    ],
)
def test_a_peer_that_is_wrong_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, decode: peers.Decode, problem: str
) -> None:
    monkeypatch.setattr(peers, "_LOADERS", {"pytest": (lambda: decode, False)})
    found = peers.peers(corpus.small())["pytest"]
    assert found.decode is None
    assert found.problem == problem


def test_a_peer_that_is_not_there_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "_LOADERS", {"no-such-peer": (lambda: bytes, False)})
    found = peers.peers([])["no-such-peer"]
    assert found.decode is None
    assert found.problem == "not installed: pip install no-such-peer"
