"""Whatever a card says: nothing that is handed on gives its number, track 2, name or certificate.

Random cards, terminals and mutations of the differential run, RSA and SM2, phones with tokens,
logs, torn taps. An attacker has every output and every public key: numbers are looked for in all
writings, certificates are opened, values of sensitive objects are searched for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapkern.cli.main import main
from tapkern.errors import UsageError
from tapkern.lab.report_html import html
from tapkern.lab.report_junit import write_junit
from tapkern.lab.results import CaseResult, CheckResult, Exchange, Identity, Report, Verdict
from tapkern.terminal import Tap, Terminal
from tapkern.trace import Recorder
from tapkern.trace.transcript import read_transcript
from tests.differential import sides
from tests.differential.documents import Case
from tests.differential.generator import case
from tests.oracle.tlv import Malformed, objects
from tests.secrets.certificates import Opener
from tests.secrets.numbers import find, find_in_page

SEED = 8
EXAMPLES = 20
NAMES = ("5F20", "9F0B", "9F1F", "9F20", "56", "9F61")
"""Objects with names, identity numbers and the rest of the tracks, as hexadecimal."""
CERTIFICATES = ("9F46", "9F2D")
OPENER = Opener()


def taps(one: Case) -> list[tuple[Tap, Recorder]]:
    """The taps of a case with their recorders."""
    found: list[tuple[Tap, Recorder]] = []
    begin = Terminal.begin

    def recorded(self: Terminal, *args: object, **more: object) -> Tap:
        recorder = Recorder(configuration="drawn", reader="drawn")
        tap: Tap = begin(self, *args, on_step=recorder, **more)  # type: ignore[arg-type]
        found.append((tap, recorder))
        return tap

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Terminal, "begin", recorded)
        sides.run_sides(one, sides.kernel)
    return [(tap, recorder) for tap, recorder in found if tap.finished]


def answers(lines: Iterable[dict[str, object]]) -> list[str]:
    """What the card said, as hexadecimal."""
    return [
        str(line["response"]) for line in lines if line["type"] == "apdu" and "response" in line
    ]


def leaves(data: bytes) -> Iterator[tuple[str, str]]:
    """Primitive objects of an answer as the second kernel of the tests reads it; none of others."""
    try:
        found = objects(data)
    except Malformed:
        return
    for tag, value, _ in found:
        if int(tag[:2], 16) & 0x20:
            yield from leaves(value)
        else:
            yield tag, value.hex().upper()


class Attacker:
    """What the card of some taps said and nobody may learn from anything that is handed on."""

    def __init__(self, one: Case, whole: str, told: list[str]) -> None:
        self.numbers = {
            application["pan"]
            for card in (one.card, *one.tap.get("others", ()))
            for application in card.get("application", ())
            if "pan" in application
        }
        self.numbers |= {hit.number for hit in find(whole)}
        self.values = set()
        for answer in told:
            if answer[2:3] == "":
                continue
            for tag, value in leaves(bytes.fromhex(answer[:-4])):
                if tag in NAMES and len(value) >= 10 and len(set(value)) > 3:
                    self.values.add(value)
                elif tag in CERTIFICATES and len(value) > 80 and len(set(value)) > 3:
                    self.values.add(value[:60])
                    self.values.add(value[-60:])
                elif tag == "57" and "D" in value:
                    rest = value.partition("D")[2][7:].rstrip("F")
                    if len(rest) >= 8 and len(set(rest)) > 3:
                        self.values.add(rest)

    def learns(self, text: str) -> list[str]:
        """What the attacker reads in a text, in words without the number."""
        found = [repr(hit) for hit in (*find(text), *find_in_page(text))]
        found += [f"certificate at {at}" for _, at in OPENER.find(text)]
        upper = text.upper()
        for number in self.numbers:
            ends = number[6:], number[:-4][6:] + number[-4:-2]
            for part in {end for end in ends if len(end.lstrip("0")) >= 6}:
                if part in upper or part.encode().hex() in upper:
                    found.append("a part of a number")
        found += ["a name, rest of track 2 or certificate" for one in self.values if one in upper]
        names = (bytes.fromhex(one) for one in self.values if len(one) % 2 == 0)
        readable = (one.decode() for one in names if one.isascii() and one.decode().isprintable())
        found += ["a name in letters" for one in readable if len(one) >= 5 and one in text]
        return found


def said(*words: str) -> str:
    """What a command prints; its errors are outputs, too."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        main(list(words))
    return out.getvalue() + err.getvalue()


def report_of(recorders: list[list[dict[str, object]]]) -> Report:
    """A report as a replay makes it, with a failed check whose values are those of the card."""
    exchanges = tuple(
        tuple(
            Exchange(str(line["command"]), str(line["response"]), "answer")
            for line in lines
            if line["type"] == "apdu" and "response" in line
        )
        for lines in recorders
    )
    checks = []
    for lines in recorders:
        for line in lines:
            if line["type"] == "outcome" and line["data_record"]:
                for tag, value in leaves(bytes.fromhex(str(line["data_record"]))):
                    what = f"data_record {tag}"
                    checks.append(CheckResult("1", 1, "outcome", what, False, value, value))
    result = CaseResult(
        id="QP-LZJY-0001", suite="drawn", title={"en": "drawn", "zh": "drawn"}, group="drawn",
        requirements=(), verdict=Verdict.FAIL, reason="1", checks=tuple(checks),
        exchanges=exchanges,
    )  # fmt: skip
    identity = Identity("records", "1", "", frozenset({"outcome"}))
    return Report(identity, (), (result,), "any", "2026-11-21T10:11:12+08:00")


def handed_on(found: list[tuple[Tap, Recorder]], folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that leaves the house by default, by its name."""
    whole, redacted = [], []
    for number, (tap, recorder) in enumerate(found):
        whole.append(folder / f"whole-{number}.jsonl")
        redacted.append(folder / f"redacted-{number}.jsonl")
        recorder.save(whole[-1])
        recorder.save(redacted[-1], redacted=True)
        yield "redacted transcript", redacted[-1].read_text("utf-8")
        yield "repr of the tap", repr(tap)
        yield "repr of the outcome", repr(tap.outcome)
        yield "JSON of the outcome", json.dumps(tap.outcome.to_json())
        yield "repr of the transcript", repr(read_transcript(whole[-1]))
        for verb in (("decode",), ("decode", "--json")):
            yield " ".join(verb), said(*verb, str(whole[-1]))
        yield "tap --json", said("tap", "--reader", f"replay:{whole[-1]}", "--json")
        yield "tap", said("tap", "--reader", f"replay:{whole[-1]}")
        suite = folder / f"suite-{number}.json"
        words = ("--id", "QP-LZJY-0001", "--title", "drawn", "-o", str(suite))
        yield "suite record", said("suite", "record", str(whole[-1]), *words)
        if suite.exists():
            yield "recorded suite", suite.read_text("utf-8")
    for files in (whole, redacted):
        yield "story", said("story", *map(str, files))
        yield "story --json", said("story", "--json", *map(str, files))
    report = report_of([recorder.lines() for _, recorder in found])
    yield "HTML report", html(report)
    yield "JSON report", json.dumps(report.to_json(evidence=tuple(Verdict)))
    write_junit(report, folder / "report.xml")
    yield "JUnit report", (folder / "report.xml").read_text("utf-8")


@given(index=st.integers(0, 10**6))
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_is_handed_on_gives_the_card_away(index: int) -> None:
    one = case(SEED, index)
    try:
        found = taps(one)
    except (UsageError, sides.Refused):
        return
    lines = [line for _, recorder in found for line in recorder.lines()]
    whole = "\n".join(map(json.dumps, lines))
    attacker = Attacker(one, whole, answers(lines))
    with TemporaryDirectory() as folder:
        learned = {name: attacker.learns(text) for name, text in handed_on(found, Path(folder))}
    assert {name: what for name, what in learned.items() if what} == {}, index
