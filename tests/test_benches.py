"""The bench runs, and its file has the promised shape. No time and no ratio is asserted; that the
kernel allocates nothing is."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benches import __main__ as bench
from benches import chains, corpus, denylist, peers, replay, report, sm2_peer

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
    "oda.fdda.rsa.e3.cached",
    "oda.fdda.rsa.e3.known",
    "oda.fdda.rsa.f4.cold",
    "oda.fdda.rsa.f4.cached",
    "oda.sm2.chain.cold",
    "oda.sm2.chain.cached",
    "sm2.verify",
    "rsa.1984.e3",
    "rsa.1984.f4",
    "heap.tapk_oda",
    "heap.tap",
}


def check_shape(rows: list[dict[str, Any]]) -> None:
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    assert set(names) >= FIXED
    for row in rows:
        assert list(row) == ["name", "figure", "unit", "against", "ratio"]
        assert row["unit"] in ("ns", "us", "instructions", "allocations")
        assert row["against"]
        if row["unit"] == "allocations":
            assert row["figure"] in (None, 0.0)  # None: cannot be counted here
            assert row["ratio"] is None
            continue
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
        if row["unit"] in ("ns", "us"):
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
    missing = {"small.pyemv", "c.gmp.e3.cold", "c.openssl.sm2"}
    figures = {name: [1.0, 2.0] for name in report.NEEDED - missing}
    known = {"pyemv": "pyemv: not installed", "libgmp": "libgmp: missing"}
    rows = {row.name: row for row in report.duel_rows(figures, known)}
    assert rows["tlv.py.lazy"] == report.Row("tlv.py.lazy", 1.5, "ns", "pyemv: not installed", None)
    assert rows["oda.fdda.rsa.e3.cold"].against == "libgmp: missing"
    assert rows["tlv.c.small"].ratio == 1.0
    assert rows["oda.sm2.chain.cold"].ratio is None
    assert rows["oda.sm2.chain.cold.vs.openssl.fresh"].against.endswith(report.FRESH)


def test_a_missing_library_is_named() -> None:
    known = bench._libraries({"libgmp": "6.2.1", "OpenSSL": ""}, False)
    assert known["libgmp"] == "libgmp 6.2.1"
    assert known["OpenSSL"] == known[report.OPENSSL_SM2]
    assert known["OpenSSL"].startswith("OpenSSL: missing, apt install libssl-dev")
    known = bench._libraries({"libgmp": "", "OpenSSL": "3.2.2"}, False)
    assert known["OpenSSL"] == "OpenSSL 3.2.2"
    assert known[report.OPENSSL_SM2] == "OpenSSL 3.2.2 has no SM2"


def test_allocations_are_the_largest_and_never_hidden() -> None:
    calls = {case: 0 for cases in report.HEAP.values() for case in cases}
    calls |= {"oda.sm2.known": 2, "openssl.e3": 30}
    rows = {row.name: row for row in report.heap_rows(calls, "")}
    assert rows["heap.tapk_oda"].figure == 2.0
    assert "OpenSSL 30" in rows["heap.tapk_oda"].against
    assert rows["heap.tap"].figure == 0.0
    assert {(row.figure, row.against) for row in report.heap_rows({}, "no counter")} == {
        (None, "no counter")
    }


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


class _Sm2:
    """What gmssl.sm2 looks like; verdict: what it says of everything."""

    def __init__(self, verdict: object) -> None:
        self.verdict = verdict

    def CryptSM2(self, private_key: str, public_key: str) -> _Sm2:
        return self

    def verify_with_sm3(self, signature: str, message: bytes) -> object:
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


@pytest.mark.parametrize(
    ("verdict", "problem"),
    [
        (True, "takes an altered message"),
        (None, "refuses a signature"),
        (ValueError(), "fails (ValueError)"),
    ],
)
def test_an_sm2_peer_that_is_wrong_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, verdict: object, problem: str
) -> None:
    monkeypatch.setattr(sm2_peer, "import_module", lambda name: _Sm2(verdict))
    monkeypatch.setattr(sm2_peer, "version", lambda name: "1.0")
    found = sm2_peer.sm2_peer(chains.sm2().operations)
    assert found == sm2_peer.Sm2Peer("gmssl 1.0", (), problem)


def test_an_sm2_peer_that_is_not_there_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2_peer, "NAME", "no-such-peer")
    found = sm2_peer.sm2_peer(chains.sm2().operations)
    assert not found.checks
    assert found.problem == "not installed: pip install no-such-peer"


def test_the_deny_list_and_its_peer_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert denylist.main(["3000"]) == 0
    out = capsys.readouterr().out
    assert "entries 3000," in out and "ratio" in out


def test_a_deny_list_that_is_wrong_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(denylist.DenyList, "find", lambda *_: True)
    assert denylist.main(["3000"]) == 1
    assert "do not agree" in capsys.readouterr().err


def test_cases_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "ROUNDS", 1)
    assert replay.main(["vectors/suites/limits.json"]) == 0
    assert re.search(r"cases \d+: [\d.]+ ms a case, \d+ cases a second", capsys.readouterr().out)


def test_a_case_that_does_not_pass_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapkern.lab.subjects.told", lambda outcome: {"outcome": "select_next"})
    with pytest.raises(AssertionError):
        replay.main(["vectors/suites/limits.json"])
