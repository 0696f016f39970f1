"""Kernels of others: whatever they do is a verdict, and the next case has a kernel again."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapkern.lab.checks import judge
from tapkern.lab.engine import SubjectSpec, run_chunk
from tapkern.lab.protocol import ProcessSubject
from tapkern.lab.results import CaseResult, Verdict
from tapkern.lab.stand import Trouble, observe
from tapkern.lab.suite import CardSpec, Case, Check, parse
from tests.lab.documents import suite

ROOT = Path(__file__).resolve().parents[2]
STUB = Path(__file__).parent / "stub.py"
PYTHON = sys.executable


def small() -> Case:
    case = parse(suite(), "s.json").cases[0]
    assert isinstance(case, Case)
    return case


def spec(way: str, timeout: float = 5.0) -> SubjectSpec:
    return SubjectSpec(f"{PYTHON} {STUB} {way}", timeout)


def outcome_only() -> Case:
    """The case with a check that a stub can pass."""
    check = Check("1", 1, "outcome", {"field": "outcome", "is": "approved"})
    untold = Check("2", 1, "outcome", {"field": "rule", "is": "QP-120"})
    return dataclasses.replace(small(), checks=(check, untold))


def one(way: str, timeout: float = 5.0) -> CaseResult:
    return run_chunk(spec(way, timeout), [outcome_only()])[0]


def test_a_kernel_that_speaks_the_protocol_is_judged() -> None:
    result = one("good")
    assert (result.verdict, result.reason) == (Verdict.PASS, "")
    assert [check.passed for check in result.checks] == [True, None]
    assert result.checks[1].found == "not told"
    assert len(result.exchanges[0]) == 1 and result.exchanges[0][0].event == "answer"
    assert len(result.configuration) == 64 and not result.rules


def test_a_wrong_outcome_fails() -> None:
    check = Check("1", 1, "outcome", {"field": "outcome", "is": "declined"})
    result = run_chunk(spec("good"), [dataclasses.replace(small(), checks=(check,))])[0]
    assert result.verdict is Verdict.FAIL
    assert result.reason == "check 1, outcome: expected declined, found approved"


def test_a_call_that_is_refused_is_an_outcome() -> None:
    check = Check("1", 1, "outcome", {"field": "outcome", "is": "refused"})
    case = dataclasses.replace(small(), checks=(check,))
    assert run_chunk(spec("refuses"), [case])[0].verdict is Verdict.PASS
    assert one("refuses").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "way,words",
    [
        ("rubbish", "no JSON object: 'Hello!"),
        ("list", "no JSON object"),
        ("two", "says none of"),
        ("unknown", "says none of"),
        ("endless", "more than 4000 steps"),
        ("waits", "waits for cards without end"),
        ("no-hex", "transmit is not hexadecimal"),
        ("short", "a command of 1 bytes"),
        ("no-outcome", "without the word outcome"),
        ("odd-list", "field55 is not hexadecimal"),
        ("lookup", "no pan and sequence"),
        ("long", "a line of more than"),
        ("chatty", "without being asked"),
    ],
)
def test_a_kernel_that_breaks_the_protocol_fails(way: str, words: str) -> None:
    result = one(way)
    assert result.verdict is Verdict.FAIL and words in result.reason


@pytest.mark.parametrize(
    "way,words",
    [
        ("dies", "ended with exit code 3: Segmentation fault, so to say"),
        ("raises", "ended with exit code 1: ZeroDivisionError: inside of the stub"),
        ("hangs", "did not answer within 0.5 s"),
    ],
)
def test_a_kernel_that_dies_or_hangs_is_no_evidence(way: str, words: str) -> None:
    began = time.monotonic()
    result = one(way, 0.5 if way == "hangs" else 5.0)
    assert result.verdict is Verdict.INCONCLUSIVE and words in result.reason
    assert time.monotonic() - began < 10


def expecting(*pairs: tuple[str, str], **parts: object) -> Case:
    """The case with other expectations: words of the outcome."""
    checks = tuple(
        Check(str(number), 1, "outcome", {"field": field, "is": value})
        for number, (field, value) in enumerate(pairs)
    )
    return dataclasses.replace(small(), checks=checks, **parts)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Commands of the examples; "c" is missing where there is no compiler."""
    found = {"python": f"{PYTHON} {ROOT / 'examples/kernel_under_test.py'}"}
    if (cc := shutil.which("cc")) is not None:
        program = tmp_path_factory.mktemp("c") / "kernel_under_test"
        source = ROOT / "examples/kernel_under_test.c"
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror"]
        subprocess.run([cc, *flags, "-o", str(program), str(source)], check=True)
        found["c"] = str(program)
    return found


@pytest.mark.parametrize("language", ["python", "c"])
def test_the_examples_are_kernels_under_test(language: str, examples: dict[str, str]) -> None:
    if language not in examples:
        pytest.skip("no C compiler")
    leaves = ({"kind": "leave", "at": "ppse", "before": True},)
    cases = [
        expecting(("outcome", "declined")),
        expecting(
            ("outcome", "end_application"),
            ("reason", "no_card"),
            surroundings={"detections": ["collision", "none"]},
        ),
        expecting(("outcome", "try_again"), ("reason", "card_lost"), mutations=leaves),
        expecting(("outcome", "approved")),
    ]
    found = run_chunk(SubjectSpec(examples[language]), cases)
    assert [one.verdict for one in found] == [*[Verdict.PASS] * 3, Verdict.FAIL]
    assert len(found[0].exchanges[0]) == {"python": 2, "c": 1}[language]
    assert len((ROOT / f"examples/kernel_under_test.{language[:2]}").read_text().split("\n")) < 66


def test_the_next_case_has_a_kernel_again() -> None:
    subject = ProcessSubject([PYTHON, str(STUB), "dies"], 5.0)
    for _ in range(2):
        assert "exit code 3" in observe(subject, outcome_only()).trouble
    good = ProcessSubject([PYTHON, str(STUB), "good"], 5.0)
    for _ in range(2):
        seen = observe(good, outcome_only())
        assert judge(outcome_only(), seen, good.hello().tells)[0].passed
    good.close()


def test_a_kernel_that_is_another_one_after_a_restart_is_no_evidence() -> None:
    subject = ProcessSubject([PYTHON, str(STUB), "changes"], 5.0)
    assert "exit code 0" in observe(subject, outcome_only()).trouble
    assert "another identity after a restart" in observe(subject, outcome_only()).trouble
    subject.close()


@pytest.mark.parametrize(
    "way,words",
    [
        ("old", "another protocol than 1"),
        ("secret", "the outcome itself has to be told"),
        ("exits", "exit code 1"),
        ("mute", "did not answer within 0.5 s"),
    ],
)
def test_a_kernel_that_does_not_say_hello_is_no_evidence(way: str, words: str) -> None:
    subject = ProcessSubject([PYTHON, str(STUB), way], 0.5 if way == "mute" else 5.0)
    with pytest.raises(Trouble, match="does not say hello") as caught:
        subject.hello()
    assert words in str(caught.value)
    began = time.monotonic()
    assert words in observe(subject, small()).trouble  # and nobody waits for it again
    assert time.monotonic() - began < 0.3


def test_a_program_that_cannot_be_started_is_no_evidence(tmp_path: Path) -> None:
    script = tmp_path / "kernel"
    script.write_bytes(b"\x7fELF nothing of that kind")
    script.chmod(0o755)
    for command in ([str(script)], [str(tmp_path)], [str(tmp_path / "none")]):
        with pytest.raises(Trouble, match="cannot be started"):
            ProcessSubject(command).hello()


def test_a_transcript_that_lacks_an_answer_is_no_evidence() -> None:
    lines = (("00A404000E*", "6F00"),)
    card = CardSpec(name="t", transcript=(*lines, ("80CA*", "9000")))
    result = run_chunk(SubjectSpec(), [dataclasses.replace(small(), cards=(card,))])[0]
    assert (
        result.verdict is Verdict.FAIL
    )  # 6F00 for the PPSE ends the tap: it held all it was asked
    card = CardSpec(name="t", transcript=(("00B2*", "9000"),))
    result = run_chunk(SubjectSpec(), [dataclasses.replace(small(), cards=(card,))])[0]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the transcript has no answer to 00A404" in result.reason


def test_nothing_was_seen_of_a_card_that_cannot_be_made() -> None:
    card = CardSpec(name="odd", personalisation={"colour": "red"})
    result = run_chunk(SubjectSpec(), [dataclasses.replace(small(), cards=(card,))])[0]
    assert result.verdict is Verdict.INCONCLUSIVE and "card odd" in result.reason
    case = dataclasses.replace(small(), configuration={"terminal": {}})
    result = run_chunk(SubjectSpec(), [case])[0]
    assert result.verdict is Verdict.INCONCLUSIVE and "terminal retail" in result.reason


def test_an_exception_of_our_kernel_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from tapkern.lab import subjects

    def raising(*words: object, **more: object) -> None:
        raise AssertionError("never mind")

    monkeypatch.setattr(subjects.Terminal, "begin", raising)
    result = run_chunk(SubjectSpec(), [small()])[0]
    assert result.verdict is Verdict.FAIL and "exception" in result.reason


def test_ours_tells_everything_and_its_rules() -> None:
    result = run_chunk(SubjectSpec(), [small()])[0]
    assert result.verdict is Verdict.PASS and all(check.passed for check in result.checks)
    assert ("QP-120", 1) in result.rules and result.seconds > 0
