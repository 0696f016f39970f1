"""A report as one HTML page that needs nothing else: no network, no server, no other file.

Texts, decoded objects and APDUs that stand in many cases are stored once; a script builds the rows
when they are asked for. What the page may do is closed by a content security policy: nothing but
its own script and style. Card numbers are masked.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from tapkern.data.codes import Text
from tapkern.data.decode import Explanation, Memory, Node, decode_session
from tapkern.data.files import write_report
from tapkern.errors import UsageError
from tapkern.lab.masking import SIGNED_STATIC_DATA, Masker, masker
from tapkern.lab.results import CaseResult, Exchange, Report, SuiteInfo, Verdict

HIDDEN = "*" * 8


def write_html(report: Report, path: Path | str) -> None:
    """Writes the page, whole or not at all. Errors: UsageError when the file cannot be written."""
    page = html(report)
    try:
        write_report(Path(path), page)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", str(path)) from None


def html(report: Report) -> str:
    """The page as text."""
    hide = masker(report)
    page = PackageLoader("tapkern.lab", "page")
    environment = Environment(loader=page, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style, script = (page.get_source(environment, name)[0] for name in ("report.css", "report.js"))
    shown = [hide.case(case) for case in report.cases]
    groups = _group_rows(report)
    return environment.get_template("report.html.jinja").render(
        report=report,
        verdicts=list(Verdict),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        suites=[_suite_row(report, suite) for suite in report.suites],
        groups=groups,
        group_names=_embedded({row["code"]: _pair(row["name"]) for row in groups if row["name"]}),
        reasons=_reasons(shown),
        data=_embedded(_payload(report.cases, shown, hide)),
    )


def _hash(text: str) -> str:
    """The source expression of an inline style or script in a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(data: object) -> str:
    """JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


# Tables of the head


def _pair(words: Mapping[str, str]) -> tuple[str, str]:
    """A text in English and Chinese; one of them serves for both."""
    english = words.get("en") or words.get("zh", "")
    return english, words.get("zh") or english


def _totals(cases: Iterable[CaseResult]) -> dict[str, int]:
    found = Counter(case.verdict for case in cases)
    return {"cases": found.total(), **{verdict.value: found[verdict] for verdict in Verdict}}


def _suite_row(report: Report, suite: SuiteInfo) -> dict[str, Any]:
    cases = [case for case in report.cases if case.suite == suite.name]
    return {"suite": suite, "totals": _totals(cases)}


def _group_rows(report: Report) -> list[dict[str, Any]]:
    """Totals of every group, in the order in which the suites name them."""
    names: dict[str, Mapping[str, str]] = {}
    for suite in report.suites:
        names.update(suite.groups)
    by_group: dict[str, list[CaseResult]] = {code: [] for code in names}
    for case in report.cases:
        by_group.setdefault(case.group, []).append(case)
    return [
        {"code": code, "name": names.get(code, {}), "totals": _totals(cases)}
        for code, cases in by_group.items()
        if cases
    ]


def _reasons(cases: Sequence[CaseResult]) -> list[tuple[str, str, int]]:
    """Why cases were not judged: verdict, reason, how many; the most frequent first."""
    found = Counter(
        (case.verdict.value, case.reason)
        for case in cases
        if case.verdict in (Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE)
    )
    return [(verdict, reason, count) for (verdict, reason), count in found.most_common()]


# What the script builds rows from


class _Shelf:
    """Things that are stored once and named by their number."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def put(self, key: Any, row: Any) -> int:
        """The number of a row; it is kept when its key is new."""
        number = self._numbers.setdefault(key, len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number


class _Store:
    """The shared texts, data objects, APDUs and sequences of decisions of a page."""

    def __init__(self, hide: Masker) -> None:
        self.texts, self.nodes, self.pieces = _Shelf(), _Shelf(), _Shelf()
        self.rules, self.paths = _Shelf(), _Shelf()
        self.memory = Memory()
        self._seen: dict[tuple[int, str], int] = {}
        self._hide = hide
        self._masked: dict[str, str] = {}

    def text(self, words: Text | Mapping[str, str] | str | None) -> int:
        """A text, or a pair of English and Chinese; -1 for none."""
        if isinstance(words, Mapping):
            words = Text(*_pair(words))
        if isinstance(words, Text):
            en, zh = self._mask(words.en), self._mask(words.zh)
            row: Any = en if en == zh else [en, zh]
        else:
            row = None if words is None else self._mask(words)
        if not row:
            return -1
        return self.texts.put(row if isinstance(row, str) else tuple(row), row)

    def _mask(self, text: str) -> str:
        found = self._masked.get(text)
        if found is None:
            found = self._masked[text] = self._hide.hexadecimal(text)
        return found

    def node(self, node: Node) -> int:
        """A data object with what is in it."""
        secret = node.tag == SIGNED_STATIC_DATA
        row = (
            "" if node.tag is None else f"{node.tag:02X}",
            node.length,
            self.text(node.name),
            self.text(HIDDEN if secret else node.value),
            self.text(node.meaning),
            tuple(
                (part.at, *map(self.text, (part.name, part.value, part.meaning)))
                for part in node.details
            ),
            tuple(map(self.text, node.notes)),
            tuple(map(self.node, node.children)),
        )
        return self.nodes.put(row, row)

    def piece(self, explanation: Explanation, raw: str) -> int:
        """A command or an answer: its bytes, what it is, its objects, what is wrong with it."""
        key = id(explanation), raw  # the memory keeps it, so that its id stays its own
        if key in self._seen:
            return self._seen[key]
        fault = explanation.fault
        row = (
            self.text(raw),
            tuple(map(self.node, explanation.nodes)),
            -1 if fault is None else self.text(fault.what),
            "" if fault is None else fault.rule,
            -1 if fault is None else fault.offset,
            tuple(map(self.text, explanation.notes)),
        )
        self._seen[key] = self.pieces.put(row, row)
        return self._seen[key]

    def path(self, rules: Sequence[tuple[str, int]]) -> int:
        """Decisions in order, each as twice the number of its rule, plus 1 where it was true."""
        row = tuple(2 * self.rules.put(rule, rule) + bool(truth) for rule, truth in rules)
        return self.paths.put(row, row)


def _payload(
    cases: Sequence[CaseResult], shown: Sequence[CaseResult], hide: Masker
) -> dict[str, Any]:
    store = _Store(hide)
    rows = [_case_row(case, masked, store) for case, masked in zip(cases, shown, strict=True)]
    return {
        "texts": store.texts.rows,
        "nodes": store.nodes.rows,
        "pieces": store.pieces.rows,
        "rules": store.rules.rows,
        "paths": store.paths.rows,
        "cases": rows,
    }


def _case_row(case: CaseResult, masked: CaseResult, store: _Store) -> list[Any]:
    """One case; report.js names the places."""
    return [
        case.id,
        store.text(case.suite),
        store.text(case.group),
        store.text(masked.title),
        list(Verdict).index(case.verdict),
        list(case.requirements),
        store.text(masked.reason),
        [
            [
                check.id,
                check.tap,
                int(check.when == "after_host"),
                store.text(check.what),
                None if check.passed is None else int(check.passed),
                store.text(check.expected),
                store.text(check.found),
            ]
            for check in masked.checks
        ],
        [
            _tap(tap, hidden, store)
            for tap, hidden in zip(case.exchanges, masked.exchanges, strict=True)
        ],
        round(case.seconds * 1000, 1),
        store.text(case.terminal),
        store.text(case.configuration),
        store.text(case.card),
        store.text(case.host),
        store.path(case.rules),
    ]


def _tap(tap: Sequence[Exchange], hidden: Sequence[Exchange], store: _Store) -> list[Any]:
    """The exchanges of one presentment: numbers of command and answer, or the event instead."""
    decoded = decode_session(
        (
            (
                bytes.fromhex(exchange.command),
                None if exchange.answer is None else bytes.fromhex(exchange.answer),
            )
            for exchange in tap
        ),
        store.memory,
    )
    rows: list[Any] = []
    for exchange, (command, answer) in zip(hidden, decoded, strict=True):
        row: list[Any] = [store.piece(command, exchange.command)]
        if answer is None:
            row.append(exchange.event)
        else:
            row.append(store.piece(answer, exchange.answer or ""))
        rows.append(row)
    return rows
