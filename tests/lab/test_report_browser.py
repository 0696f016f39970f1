"""The HTML report in a real browser: it opens offline, filters, speaks two languages, unfolds.

Skipped without Chromium and its driver; TAPKERN_REQUIRE_BROWSER=1 makes that a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tapkern.lab.report_html import write_html
from tests.lab import reports

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,1000",
)  # fmt: skip
MANY = 1700


def _browser(home: str, language: str):
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={home}", f"--lang={language}"):
        options.add_argument(option)
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


@pytest.fixture(scope="module")
def chrome(tmp_path_factory) -> Iterator:
    """A browser of an English reader."""
    if CHROMIUM is None or DRIVER is None:
        why = "no Chromium: apt install chromium chromium-driver"
        if os.environ.get("TAPKERN_REQUIRE_BROWSER") == "1":
            pytest.fail(f"TAPKERN_REQUIRE_BROWSER=1, but {why}")
        pytest.skip(why)
    browser = _browser(str(tmp_path_factory.mktemp("chromium")), "en-US")
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """A report of as many cases as the released suites have, most of them alike."""
    small = reports.report()
    more = [replace(small.cases[0], id=f"QP-FXGL-{number:04}") for number in range(6, MANY + 1)]
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_html(replace(small, cases=(*small.cases, *more)), path)
    assert path.stat().st_size < 1_000_000
    return path.as_uri()


@pytest.fixture
def page(chrome, address):
    """The report, freshly opened; afterwards: no message on the console, nothing asked for."""
    chrome.get("about:blank")
    chrome.get_log("browser")
    chrome.get_log("performance")
    chrome.get(address)
    yield chrome
    assert chrome.get_log("browser") == []
    assert asked(chrome) <= {address}
    assert chrome.execute_script("return performance.getEntriesByType('resource').length") == 0


def asked(chrome) -> set[str]:
    """The addresses that the browser has asked for, without what is in the page itself."""
    import json

    found = set()
    for line in chrome.get_log("performance"):
        message = json.loads(line["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if not url.startswith("data:"):
                found.add(url.partition("#")[0])
    return found


def shown(chrome) -> list[str]:
    """Ids of the cases that are to be seen."""
    return chrome.execute_script(
        "return [...document.querySelectorAll('.case')].filter(x => !x.hidden).map(x => x.id)"
    )


def visible_text(chrome, selector: str) -> str:
    return chrome.execute_script("return document.querySelector(arguments[0]).innerText", selector)


def enter(chrome, name: str, value: str) -> None:
    """A value into a field of the filters, as if typed."""
    chrome.execute_script(
        "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
        "field.dispatchEvent(new Event('input', {bubbles: true}))", name, value,
    )  # fmt: skip


def test_it_opens_quickly_with_every_case(page):
    assert len(shown(page)) == MANY
    timing = "const t = performance.timing; return t.domContentLoadedEventEnd - t.navigationStart"
    assert page.execute_script(timing) < 10_000


def test_filter_by_verdict(page):
    for verdict in (0, 2, 3):
        page.find_element("css selector", f"button[data-verdict='{verdict}']").click()
    assert shown(page) == ["QP-FXGL-0002"]
    assert "1 of 1700 cases shown" in visible_text(page, "#shown")
    page.find_element("id", "reset").click()
    assert len(shown(page)) == MANY


@pytest.mark.parametrize(
    ("field", "value", "ids"),
    [
        ("suite", "torn", ["TT-SKHF-0001"]),
        ("group", "SKHF", ["TT-SKHF-0001"]),
        ("text", "第3个", ["QP-FXGL-0003"]),
        ("text", "0004 ABOVE", ["QP-FXGL-0004"]),
        ("text", "approves", ["TT-SKHF-0001"]),
        ("requirement", "QP-999", []),
    ],
)
def test_other_filters(page, field, value, ids):
    enter(page, field, value)
    assert shown(page) == ids
    assert page.find_element("id", "empty").is_displayed() is not bool(ids)


def test_a_requirement_of_a_case_filters(page):
    enter(page, "text", "0002")
    page.execute_script("document.getElementById('QP-FXGL-0002').open = true")
    page.find_element("css selector", "#QP-FXGL-0002 .requirements button").click()
    assert page.find_element("id", "requirement").get_attribute("value") == "QP-092"
    assert "QP-FXGL-0002" in shown(page)


def test_a_case_opens_with_difference_checks_and_apdus(page):
    enter(page, "text", "QP-FXGL-0002")
    page.find_element("css selector", "#QP-FXGL-0002 > summary").send_keys("\n")  # by keyboard
    text = visible_text(page, "#QP-FXGL-0002")
    for words in (
        "First difference: check 1, outcome", "expected", "declined", "approved", "cn-retail",
        "QP-092", "not told", "differs", "tap 2", "GET PROCESSING OPTIONS", "card lost",
    ):  # fmt: skip
        assert words in text, words
    marks = page.execute_script(
        "return [...document.querySelectorAll('#QP-FXGL-0002 .first mark')].map(x => x.innerText)"
    )
    assert marks == ["declined", "approved"]
    page.execute_script("document.querySelectorAll('.apdu').forEach(x => { x.open = true })")
    page.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 0))")
    text = visible_text(page, "#QP-FXGL-0002")
    for words in ("Amount, Authorised (Numeric)", "12.50", "620000*********3455", "6F", "9000"):
        assert words in text, words
    for secret in reports.SECRETS:
        assert secret not in page.page_source


def test_the_language_follows_the_button_and_nothing_else_changes(page):
    enter(page, "text", "0002")
    assert visible_text(page, "h1") == "Test report"
    page.find_element("id", "language").click()
    assert visible_text(page, "h1") == "测试报告"
    assert page.execute_script("return document.documentElement.lang") == "zh-CN"
    assert "第2个超限金额" in visible_text(page, "#QP-FXGL-0002 .title")
    assert "Amount 2" not in visible_text(page, "#QP-FXGL-0002 .title")
    assert page.execute_script("return document.querySelector('#group option').text") == "全部分组"
    assert shown(page) == ["QP-FXGL-0002"]
    page.find_element("id", "language").click()
    assert visible_text(page, "h1") == "Test report"


def test_an_address_names_a_case(page, address):
    page.get("about:blank")
    page.get(address + "#TT-SKHF-0001")
    assert page.execute_script("return document.getElementById('TT-SKHF-0001').open") is True


def test_a_chinese_reader_gets_chinese(chrome, address, tmp_path):
    browser = _browser(str(tmp_path), "zh-CN")
    try:
        browser.get(address)
        assert visible_text(browser, "h1") == "测试报告"
        assert visible_text(browser, ".result h2").endswith("个用例失败")
        assert browser.get_log("browser") == []
    finally:
        browser.quit()


def test_the_policy_of_the_page_stops_requests_and_foreign_scripts(chrome, address):
    chrome.get(address)
    chrome.execute_script(
        "const image = new Image(); image.src = 'http://127.0.0.1:9/x.png';"
        "document.body.append(image);"
        "const script = document.createElement('script'); script.textContent = 'window.bad = 1';"
        "document.body.append(script);"
    )
    assert chrome.execute_script("return window.bad") is None
    refused = [line["message"] for line in chrome.get_log("browser")]
    assert any("Content Security Policy" in line and "x.png" in line for line in refused)


def test_it_fits_a_telephone(page):
    size = {"width": 360, "height": 780, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.execute_script("document.getElementById('QP-FXGL-0002').open = true")
        assert page.execute_script("return document.documentElement.scrollWidth") <= 360
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
