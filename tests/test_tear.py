"""Torn rides keep the books (`make tear`), and the books tell when they are not kept."""

from __future__ import annotations

import pytest

from tests import tear


def test_a_card_that_leaves_at_every_moment() -> None:
    counts, wrong = tear.tear(["debit", "dual", "credit"])
    assert wrong == [] and counts["situations"] > 400
    assert counts["double debits"] == counts["lost"] == 0 < counts["undecided"]
    assert counts["same: recovered QP-120"] == 2


def test_a_store_that_lies_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the record the second debit of a ride is one that nobody can explain."""
    monkeypatch.setattr(tear.FailingRecords, "__call__", lambda self, record: True)
    counts, wrong = tear.tear(["debit"])
    assert counts["double debits"] > 0 and counts["lost"] > 0 and wrong


def test_a_gate_without_recovery_leaves_debits_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """TT-005 alone approves nothing, and without a record it knows nothing either."""
    text = tear.CONFIGURATION.replace('"tt.recovery" = true', '"tt.recovery" = false')
    off = tear.Terminal.from_toml(text)
    monkeypatch.setattr(tear, "gate", lambda: off)
    counts, _ = tear.tear(["debit"])
    assert counts["double debits"] > 0 and counts["lost"] > 0


def test_the_last_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["tear", "credit"])
    assert tear.main() == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("situations ") and last.endswith("lost 0, undecided 0")
