"""A report as JUnit XML, as build servers and test management tools read it.

A test suite for each suite, a test case for each case: `classname` is suite and group. A case that
is not applicable is skipped, an inconclusive one is an error.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from tapkern.data.files import write_report
from tapkern.errors import UsageError
from tapkern.lab.masking import masked
from tapkern.lab.results import CaseResult, CheckResult, Report, SuiteInfo, Verdict

_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def write_junit(report: Report, path: Path | str) -> None:
    """Writes the report, card numbers masked, whole or not at all. Errors: UsageError when that
    cannot be done."""
    report = masked(report)
    document = JUnitXml("tapkern")
    for suite in report.suites:
        document.add_testsuite(_suite(report, suite))
    document.update_statistics()
    text = io.BytesIO()
    document.write(text, pretty=True)
    try:
        write_report(Path(path), text.getvalue())
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", str(path)) from None


def _suite(report: Report, suite: SuiteInfo) -> TestSuite:
    found = TestSuite(suite.name)
    found.timestamp = report.started
    kernel = report.identity
    facts = {
        "kernel": kernel.kernel,
        "kernel_version": kernel.version,
        "kernel_identity": kernel.identity,
        "suite_version": suite.version,
        "suite_sha256": suite.digest,
        "seed": "" if suite.seed is None else str(suite.seed),
        "platform": report.platform,
        "selection": report.selection,
    }
    for name, value in facts.items():
        if value:
            found.add_property(name, _clean(value))
    cases = [_case(report, suite, case) for case in report.cases if case.suite == suite.name]
    found.add_testcases(cases)
    return found


def _case(report: Report, suite: SuiteInfo, case: CaseResult) -> TestCase:
    found = TestCase(case.id, f"{case.suite}.{case.group}", round(case.seconds, 4))
    facts = [("title", case.title.get("en", "")), ("title_zh", case.title.get("zh", ""))]
    facts += [("requirement", requirement) for requirement in case.requirements]
    facts += [
        ("terminal", case.terminal),
        ("card", case.card),
        ("host", case.host),
        ("configuration_sha256", case.configuration),
        ("suite_sha256", suite.digest),
        ("kernel_identity", report.identity.identity),
    ]
    properties = Properties()
    for name, value in facts:
        if value:
            properties.add_property(Property(name, _clean(value)))
    found.append(properties)
    if case.verdict is Verdict.NOT_APPLICABLE:
        found.result = Skipped(_clean(case.reason), "not_applicable")
    elif case.verdict is Verdict.INCONCLUSIVE:
        found.result = Error(_clean(case.reason), "inconclusive")
    elif case.verdict is Verdict.FAIL:
        found.result = _failure(case)
    return found


def _failure(case: CaseResult) -> Failure:
    """The first difference in the message, all of them in the text."""
    failed = [check for check in case.checks if check.passed is False]
    first = _line(failed[0]) if failed else case.reason
    result = Failure(_clean(first), "check" if failed else "protocol")
    result.text = _clean("\n".join(map(_line, failed)) or case.reason)
    return result


def _line(check: CheckResult) -> str:
    when = " after the host's answer" if check.when == "after_host" else ""
    where = f"check {check.id}, tap {check.tap}{when}"
    return f"{where}: {check.what}: expected {check.expected}, found {check.found}"


def _clean(text: str) -> str:
    """Text without what XML cannot hold, such as the control characters of a dying program."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
