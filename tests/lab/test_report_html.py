"""The HTML report as a file: complete, closed against the network, without a card number."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tapkern.errors import UsageError
from tapkern.lab.report_html import html, write_html
from tests.lab import reports


def payload(page: str) -> dict:
    """What the script builds its rows from."""
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def page() -> str:
    return html(reports.report())


def test_the_head_says_what_was_tested(page):
    report = reports.report()
    for words in (
        "tapkern 0.1.0", report.identity.identity, report.platform, report.started,
        *(suite.digest for suite in report.suites), *report.configuration_digests.values(),
        "torn card recovery", "闪卡恢复", "oda.sm2: the ICS says no", "398 of 400",
        "QP_064 inverted",
    ):  # fmt: skip
        assert words in page, words


def test_every_case_is_there_and_texts_are_stored_once(page):
    data = payload(page)
    assert [case[0] for case in data["cases"]] == [case.id for case in reports.report().cases]
    assert len(data["texts"]) == len({json.dumps(text) for text in data["texts"]})
    assert len(data["pieces"]) == len({json.dumps(piece) for piece in data["pieces"]})
    texts = json.dumps(data["texts"], ensure_ascii=False)
    assert "Amount, Authorised (Numeric)" in texts and "授权金额" in texts
    assert "12.50" in texts, "the data of GET PROCESSING OPTIONS are split by the PDOL"


def test_nothing_of_the_page_comes_from_elsewhere(page):
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"']?+(?!data:)", page)
    assert not re.search(r"https?:|@import|url\(|fetch\(|XMLHttpRequest|WebSocket", page)
    assert not re.search(r"<[a-z][^<>]*\sstyle=|<[a-z][^<>]*\son[a-z]+=", page)


def test_a_text_cannot_leave_its_place(page):
    assert "</script><b>" not in page
    assert len(re.findall(r"<script\b", page)) == len(re.findall(r"</script>", page)) == 3


def test_no_card_number(page, tmp_path):
    write_html(reports.report(), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    for secret in reports.SECRETS:
        assert secret not in page
    assert "620000*********3455" in page


def test_a_number_that_only_another_case_shows_is_masked_too():
    report = reports.report()
    loose = replace(report.cases[4], reason=f"saw {reports.DISCRETIONARY}", checks=())
    cases = (*report.cases[:4], loose)
    assert reports.DISCRETIONARY not in html(replace(report, cases=cases))


def test_an_empty_report_is_a_page():
    page = html(replace(reports.report(), cases=(), mutants=None))
    assert "No case was run" in page
    assert payload(page)["cases"] == []


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"missing.*report\.html"):
        write_html(reports.report(), tmp_path / "missing" / "report.html")
