"""The result types: they count, they come back from the journal, they hide card numbers."""

from __future__ import annotations

import json

from tapkern.lab.results import Verdict
from tests.lab import reports


def test_a_case_comes_back_from_the_journal():
    for case in reports.report().cases:
        line = json.dumps(case.to_json())
        assert type(case).of(json.loads(line)) == case


def test_the_summary_adds_up():
    report = reports.report()
    summary = report.summary()
    assert summary == {
        "cases": 5, "passed": 2, "failed": 1, "not_applicable": 1, "inconclusive": 1,
    }  # fmt: skip
    assert not report.passed


def test_json_hides_every_card_number():
    report = reports.report()
    assert reports.PAN in json.dumps([case.to_json() for case in report.cases])
    text = json.dumps(report.to_json(evidence=tuple(Verdict)))
    for secret in reports.SECRETS:
        assert secret not in text
    assert "620000*********3455F" in text
    found = report.to_json()
    assert found["summary"]["cases"] == len(found["cases"])
