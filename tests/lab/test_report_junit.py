"""The JUnit report, read back: verdicts, properties, no card number, no character XML refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from tapkern.errors import UsageError
from tapkern.lab.report_junit import write_junit
from tests.lab import reports


@pytest.fixture
def read_back(tmp_path):
    """Writes a report and gives its suites by name and its cases by id."""

    def call(report):
        path = tmp_path / "report.xml"
        write_junit(report, path)
        document = JUnitXml.fromfile(str(path))
        suites = {suite.name: suite for suite in document}
        return document, suites, {case.name: case for suite in document for case in suite}

    return call


def properties(element) -> list[tuple[str, str]]:
    found = element._elem.find("properties")
    return [(one.get("name"), one.get("value")) for one in found]


def test_verdicts_and_counts(read_back):
    document, suites, cases = read_back(reports.report())
    assert (document.tests, document.failures, document.errors, document.skipped) == (5, 1, 1, 1)
    assert {name: suite.tests for name, suite in suites.items()} == {
        "qpboc-uics-2018": 4,
        "torn": 1,
    }
    kinds = {name: [type(result) for result in case.result] for name, case in cases.items()}
    assert kinds == {
        "QP-FXGL-0001": [],
        "QP-FXGL-0002": [Failure],
        "QP-FXGL-0003": [Skipped],
        "QP-FXGL-0004": [Error],
        "TT-SKHF-0001": [],
    }
    assert cases["QP-FXGL-0002"].classname == "qpboc-uics-2018.FXGL"
    assert cases["QP-FXGL-0002"].time == 0.25
    assert cases["QP-FXGL-0003"].result[0].message == "oda.sm2: the ICS says no"


def test_a_failure_tells_the_first_difference(read_back):
    _, _, cases = read_back(reports.report())
    failure = cases["QP-FXGL-0002"].result[0]
    assert failure.message == "check 1, tap 1: outcome: expected declined, found approved"
    assert failure.message in failure.text


def test_properties_say_what_was_tested(read_back):
    _, suites, cases = read_back(reports.report())
    told = properties(suites["qpboc-uics-2018"])
    assert {
        ("kernel", "tapkern"), ("kernel_version", "0.1.0"), ("kernel_identity", "ab" * 32),
        ("suite_sha256", "ef" * 32), ("seed", "7"), ("platform", "Linux x86_64, Python 3.11.7"),
    } <= set(told)  # fmt: skip
    told = properties(cases["QP-FXGL-0001"])
    assert [value for name, value in told if name == "requirement"] == ["QP-092", "EP-010"]
    assert {
        ("configuration_sha256", "cd" * 32), ("suite_sha256", "ef" * 32), ("terminal", "cn-retail"),
        ("kernel_identity", "ab" * 32),
    } <= set(told)  # fmt: skip


def test_no_card_number_and_nothing_xml_refuses(read_back, tmp_path):
    report = reports.report()
    wild = replace(report.cases[3], reason=f"died: \x00\x1b[31m \ud800 {reports.PAN}")
    _, _, cases = read_back(replace(report, cases=(*report.cases[:3], wild, *report.cases[4:])))
    assert "died: \N{REPLACEMENT CHARACTER}" in cases["QP-FXGL-0004"].result[0].message
    text = (tmp_path / "report.xml").read_text(encoding="utf-8")
    for secret in reports.SECRETS:
        assert secret not in text


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"missing.*report\.xml"):
        write_junit(reports.report(), tmp_path / "missing" / "report.xml")
