"""Recorded cases in C: what is exported replays, and whatever is altered does not."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tapkern.cli.main import main
from tapkern.errors import UsageError
from tapkern.lab.export import recorded_lines
from tapkern.lab.suite import load

SUITES = Path("vectors/suites")
CASES = 12
Lines = list[dict[str, Any]]
Replay = Callable[[Lines | str], subprocess.CompletedProcess[str]]


@cache
def exported() -> str:
    """A head, some cases of a suite, approvals among them, and their images."""
    lines = list(recorded_lines(load([SUITES / "limits.json"])))
    cases = [line for line in lines if line.startswith('{"case"')]
    wanted = sorted(cases, key=lambda line: '"is": "approved"' not in line)[:: len(cases) // CASES]
    numbers = {json.loads(line)["image"] for line in wanted}
    images = [
        line
        for line in lines
        if line.startswith('{"image"') and json.loads(line)["image"] in numbers
    ]
    head = json.dumps({**json.loads(lines[0]), "cases": len(wanted)}) + "\n"
    return "".join([head, *images, *wanted])


def parsed() -> Lines:
    return [json.loads(line) for line in exported().splitlines()]


def first_case(lines: Lines) -> dict[str, Any]:
    """An approval, so that there is something of everything."""
    approved = {"when": "outcome", "field": "outcome", "is": "approved"}
    return next(line for line in lines if "case" in line and approved in line["taps"][0]["checks"])


def built(name: str, folders: pytest.TempPathFactory) -> Path:
    """A C program of kernel_c, built by itself; the test is skipped where nothing can build it."""
    if shutil.which("make") is None or shutil.which("cc") is None:
        pytest.skip("no make or no C compiler")
    folder = folders.mktemp(name)
    build = subprocess.run(
        ["make", "-s", "-C", "kernel_c", f"BUILD={folder}", f"{folder}/{name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    return folder / name


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    program = built("replay", tmp_path_factory)

    def run(lines: Lines | str) -> subprocess.CompletedProcess[str]:
        text = lines if isinstance(lines, str) else "".join(json.dumps(one) + "\n" for one in lines)
        cases = program.with_name("cases.jsonl")
        cases.write_text(text)
        return subprocess.run([program, cases], capture_output=True, text=True, check=False)

    return run


def test_what_was_recorded_replays(replay: Replay) -> None:
    done = replay(exported())
    count = len([line for line in parsed() if "case" in line])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith(f"{count} cases, {count} passed, 0 failed, ")


def _answer(case: dict[str, Any]) -> None:
    """The last answer of the first tap says 6A83."""
    steps = case["taps"][0]["steps"]
    last = max(i for i, step in enumerate(steps) if step[0] == "transmit")
    steps[last][2] = "6A83"


def _command(case: dict[str, Any]) -> None:
    step = next(step for step in case["taps"][0]["steps"] if step[0] == "transmit")
    step[1] = step[1][:-2] + "01"


def _more(case: dict[str, Any]) -> None:
    steps = case["taps"][0]["steps"]
    steps.append(next(step for step in steps if step[0] == "transmit"))


def _less(case: dict[str, Any]) -> None:
    steps = case["taps"][0]["steps"]
    last = max(i for i, step in enumerate(steps) if step[0] == "transmit")
    del steps[last:]


def _outcome(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "field": "outcome", "is": "select_next"})


def _rule(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "field": "rule", "one_of": ["XX-001", None]})


def _not(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    told = next(one for one in checks if one.get("field") == "outcome")
    checks.append({"when": "outcome", "field": "outcome", "is_not": told["is"]})


def _object(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "in": "field55", "objects": [["9F02", "999999999999"]]})


def _code(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "field": "approval_code", "is": "ECC999"})


def _value(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "in": "field55", "tag": "9F02", "is": "999999999999"})


def _absent(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "in": "field55", "tag": "9F02", "absent": True})


def _present(case: dict[str, Any]) -> None:
    checks = case["taps"][0]["checks"]
    checks.append({"when": "outcome", "in": "field55", "tag": "9F7F", "present": True})


def _image(case: dict[str, Any]) -> None:
    case["image"] = 4000


@pytest.mark.parametrize(
    "change",
    [
        _answer,
        _command,
        _more,
        _less,
        _outcome,
        _rule,
        _not,
        _object,
        _code,
        _value,
        _absent,
        _present,
        _image,
    ],
)
def test_what_is_altered_fails(replay: Replay, change: Callable[[dict[str, Any]], None]) -> None:
    lines = parsed()
    change(first_case(lines))
    done = replay(lines)
    assert done.returncode == 1
    assert f"FAILED {first_case(lines)['case']}: " in done.stdout and " 1 failed, " in done.stdout


def test_an_image_that_is_none_is_refused(replay: Replay) -> None:
    lines = parsed()
    for line in lines:
        if "bytes" in line:
            line["bytes"] = "00" + line["bytes"][2:]
    done = replay(lines)
    assert done.returncode == 1 and "tapk_init: refuses the configuration" in done.stdout


@pytest.mark.parametrize(
    "text", ["", "x\n", "{\n", '{"format": "other/1", "cases": 1}\n', '{"image": 1}\n', "[" * 99]
)
def test_another_file(replay: Replay, text: str) -> None:
    assert replay(text).returncode != 0


def test_a_file_that_was_cut(replay: Replay) -> None:
    """A missing line is no passed case."""
    done = replay(exported().rstrip("\n").rpartition("\n")[0] + "\n")
    assert done.returncode == 1 and "the file is not whole" in done.stdout


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "recorded.jsonl"
    assert main(("suite", "export", str(SUITES), "-o", str(out), "--json")) == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert json.loads(out.read_text().splitlines()[0]) == {
        "format": "tapkern-recorded/1",
        "cases": cases,
    }
    assert out.read_text().count('{"case"') == cases


def test_no_recorded_case(tmp_path: Path) -> None:
    document = json.loads(min(SUITES.glob("*.json")).read_text())
    for case in document["cases"]:
        case.pop("recorded", None)
    (tmp_path / "s.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match="no recorded case"):
        list(recorded_lines(load([tmp_path / "s.json"])))


PRIMITIVES = sorted(Path("vectors/primitives").glob("*.json"))


@pytest.fixture(scope="module")
def primitives(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """The last line of the C program about some files."""
    program = built("primitives", tmp_path_factory)

    def run(*paths: Path) -> str:
        done = subprocess.run([program, *paths], capture_output=True, text=True, check=False)
        last = done.stdout.splitlines()[-1] if done.stdout else done.stderr
        assert (done.returncode == 0) == (" 0 failed, " in last and not last.startswith("0 cases"))
        return last

    return run


def test_single_operations_in_c(primitives: Callable[..., str]) -> None:
    suites = [json.loads(path.read_text("utf-8")) for path in PRIMITIVES]
    counts = {suite["operation"]: len(suite["cases"]) for suite in suites}
    every, whole_sets = sum(counts.values()), counts["authenticate"]
    assert counts.keys() == {"tlv", "dol", "rsa_recover", "sm2_verify", "sm3", "authenticate"}
    assert primitives(*PRIMITIVES) == (
        f"{every} cases, {every - whole_sets} passed, 0 failed, {whole_sets} not here"
    )


@pytest.mark.parametrize(
    "path", [one for one in PRIMITIVES if one.stem != "authenticate"], ids=lambda path: path.stem
)
def test_every_other_result_of_an_operation_fails(
    primitives: Callable[..., str], path: Path, tmp_path: Path
) -> None:
    """The opposite of a result is never taken."""
    suite = json.loads(path.read_text("utf-8"))
    for case in suite["cases"]:
        case["result"] = "invalid" if case["result"] == "valid" else "valid"
    (tmp_path / "s.json").write_text(json.dumps(suite))
    count = len(suite["cases"])
    assert f"{count} cases, 0 passed, {count} failed" in primitives(tmp_path / "s.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "tapkern-suite/1", "cases": []}'])
def test_no_suite_of_operations(primitives: Callable[..., str], text: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(text)
    assert "this is no " in primitives(tmp_path / "s.json")
