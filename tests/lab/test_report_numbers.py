"""No card number of any suite gets into the evidence, whatever a card says and how it says it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from tapkern.card.model import document_profile
from tapkern.card.profile import ApplicationProfile
from tapkern.cli import main
from tapkern.lab.report_html import html
from tapkern.lab.report_junit import write_junit
from tapkern.lab.results import (
    CaseResult,
    CheckResult,
    Exchange,
    Identity,
    Report,
    SuiteInfo,
    Verdict,
)
from tapkern.lab.stand import dated
from tapkern.lab.suite import Case, Suite, load

ROOT = Path(__file__).parents[2]
SUITES = ROOT / "vectors" / "suites"
SOME = 500  # cases, spread over all suites


@cache
def suites() -> tuple[Suite, ...]:
    return load([SUITES])


@cache
def numbers() -> frozenset[str]:
    """The card numbers of the simulated cards of all suites."""
    documents = {
        json.dumps(card.personalisation)
        for suite in suites()
        for case in suite.cases
        if isinstance(case, Case)
        for card in case.cards
        if card.personalisation is not None
    }
    profiles = (document_profile(dated(json.loads(text)), "card") for text in documents)
    return frozenset(
        application.pan
        for profile in profiles
        for application in profile.applications
        if isinstance(application, ApplicationProfile)
    )


def recorded(case: Case, suite: Suite) -> CaseResult:
    """A case as if a kernel had sent the commands of its record and met every check but one."""
    exchanges = tuple(
        tuple(
            Exchange(step[1], None, step[2])
            if step[2] in ("lost", "timeout")
            else Exchange(step[1], step[2], "answer")
            for step in tap
            if step[0] == "transmit"
        )
        for tap in case.recorded
    )
    checks = []
    for number, check in enumerate(case.checks):
        said, what = json.dumps(check.body), next(iter(check.body))
        checks.append(CheckResult(check.id, check.tap, check.when, what, number > 0, said, said))
    return CaseResult(
        id=case.id, suite=suite.name, title=case.title, group=case.group,
        requirements=case.requirements, verdict=Verdict.FAIL, checks=tuple(checks),
        exchanges=exchanges,
    )  # fmt: skip


@cache
def report() -> Report:
    infos = []
    for one in suites():
        words = one.name, one.version, one.digest, one.title
        infos.append(SuiteInfo(*words, len(one.cases), one.seed, one.groups))
    every = [(case, one) for one in suites() for case in one.cases if isinstance(case, Case)]
    some = every[:: max(1, len(every) // SOME)]
    cases = tuple(recorded(case, suite) for case, suite in some)
    identity = Identity("records", "1", "", frozenset({"outcome"}))
    return Report(identity, tuple(infos), cases, "any", "2026-11-21T10:11:12+08:00")


def shown(text: str) -> set[str]:
    """The card numbers that stand in a text, in digits or as ASCII in hexadecimal."""
    return {
        number for number in numbers() if number in text or number.encode().hex() in text.lower()
    }


def test_the_records_do_hold_card_numbers():
    raw = "".join(x.answer or "" for case in report().cases for tap in case.exchanges for x in tap)
    assert shown(raw), "else the tests below show nothing"


@pytest.mark.parametrize("form", ["html", "junit", "json"])
def test_no_card_number_of_the_suites_is_shown(form, tmp_path):
    if form == "html":
        text = html(report())
    elif form == "json":
        text = json.dumps(report().to_json(evidence=tuple(Verdict)))
    else:
        write_junit(report(), tmp_path / "report.xml")
        text = (tmp_path / "report.xml").read_text(encoding="utf-8")
    assert shown(text) == set()
    assert re.search(r"6200\d\d\*{6,}", text) or form == "junit"


def test_no_card_number_in_what_replay_writes(tmp_path, capsys):
    files = {name: tmp_path / f"report.{name}" for name in ("html", "xml")}
    some = suites()[0]
    code = main.main(
        ["replay", some.path, "--group", some.cases[0].group, "--json", "-n", "1",
         "--journal", str(tmp_path / "journal"),
         "--html", str(files["html"]), "--junit", str(files["xml"])]
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert code in (0, 1) and json.loads(printed)["summary"]["cases"] > 0
    texts = [printed, *(path.read_text(encoding="utf-8") for path in files.values())]
    assert [shown(text) for text in texts] == [set(), set(), set()]
    assert "data-language" in texts[1] and "<testsuites" in texts[2]
