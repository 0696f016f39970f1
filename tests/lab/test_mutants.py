"""Mutants: a kernel broken on purpose is told by cases that could notice it, and by no other."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tapkern._numbers import TraceKind
from tapkern.cli.main import main
from tapkern.errors import TapkernError, UsageError
from tapkern.lab import forced, mutants
from tapkern.lab.mutants import Hunt, Mutant
from tapkern.lab.suite import Entry, load
from tapkern.terminal import RuleEvent
from tests.lab import documents

ROOT = Path(__file__).parents[2]
CAUGHT = Mutant("QP-120", "false")
"""A purse that pays offline is no longer approved."""
SURVIVES = Mutant("QP-084", "true")
UNREACHED = Mutant("TT-020", "true")


@pytest.fixture(scope="session")
def folder() -> Path:
    """The build of tools/setup.sh forced; `make test` makes it and names it."""
    try:
        return forced.find(os.environ.get(forced.VARIABLE) or str(ROOT / forced.FOLDER))
    except UsageError as error:
        if forced.VARIABLE in os.environ:
            raise
        pytest.skip(f"no forced build for this kernel: {error}")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(documents.suite()), encoding="utf-8")
    return path


def cases(path: Path) -> tuple[Entry, ...]:
    (suite,) = load([path])
    return suite.cases


def event(rule: str, truth: int, kind: TraceKind = TraceKind.RULE, value: int = 0) -> RuleEvent:
    return RuleEvent(rule, kind, truth, value)


def limit(a: int, b: int) -> list[RuleEvent]:
    truth = int(a >= b)
    return [event("QP-091", truth, TraceKind.LIMIT, a), event("QP-091", truth, TraceKind.BOUND, b)]


@pytest.mark.parametrize(
    ("events", "forces"),
    [
        ([event("QP-091", 1)], {"false"}),
        ([event("QP-091", 0), event("QP-091", 1)], {"false", "true"}),
        (limit(5, 4), {"false"}),
        (limit(5, 5), {"false", "less"}),
        (limit(5, 6), {"true", "more"}),
        (limit(5, 7), {"true"}),
        ([event("READ", 3, TraceKind.STEP)], set()),
    ],
)
def test_forces_that_would_change_a_decision(events: list[RuleEvent], forces: set[str]) -> None:
    assert mutants.could_change(events) == {Mutant("QP-091", force) for force in forces}


def test_every_mark_has_mutants_and_every_mutant_a_number() -> None:
    found = mutants.marked()
    assert len(set(found)) == len(found) > 450
    forces: dict[str, set[str]] = {}
    for one in found:
        forces.setdefault(one.rule, set()).add(one.force)
    assert {frozenset(one) for one in forces.values()} == {
        frozenset(("false", "true")),
        frozenset(("false", "true", "less", "more")),
    }
    assert forces.keys() <= mutants.rule_numbers().keys()
    assert {CAUGHT, SURVIVES, UNREACHED} <= set(found)


def test_a_mutant_is_caught_survives_or_is_not_reached(folder: Path, small: Path) -> None:
    told: list[tuple[str, int, int]] = []
    found = mutants.hunt(folder, cases(small), 1, lambda *words: told.append(words))
    assert set(found.reached) == set(mutants.marked())
    assert found.catchers[CAUGHT] == "QP-JYJG-0001"
    assert (found.reached[SURVIVES], found.reached[UNREACHED]) == (1, 0)
    assert {SURVIVES, UNREACHED} <= set(found.survivors)
    assert set(found.survivors) | set(found.catchers) == set(found.reached)
    assert all(found.reached[one] for one in found.catchers)  # never run where it cannot matter
    assert ("cases", 1, 1) in told
    assert told[-1][0] == "mutants" and told[-1][1] == told[-1][2] < len(found.reached)


def test_what_the_case_does_not_check_survives(folder: Path, tmp_path: Path) -> None:
    document = documents.suite()
    document["cases"][0]["expect"] = [{"id": "1", "field": "outcome", "is_not": "try_again"}]
    path = tmp_path / "weak.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = mutants.hunt(folder, cases(path), 1)
    assert found.reached[CAUGHT] == 1 and CAUGHT in found.survivors


def test_a_case_that_fails_by_itself_tells_nothing(folder: Path, tmp_path: Path) -> None:
    document = documents.suite()
    document["cases"][0]["expect"][0]["is"] = "declined"
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(TapkernError, match="QP-JYJG-0001: does not pass although nothing"):
        mutants.hunt(folder, cases(path), 1)


HUNT = Hunt({CAUGHT: 1, SURVIVES: 1, UNREACHED: 0}, {CAUGHT: "QP-JYJG-0001"}, 1.0)


def explained(tmp_path: Path, *reasons: Mutant, least: float = 30) -> mutants.Explained:
    path = tmp_path / "survivors.toml"
    lines = [f'"{one}" = "said so"' for one in reasons]
    path.write_text("\n".join([f"caught_percent = {least}", "[survivors]", *lines]))
    return mutants.read_explained(path)


def test_every_survivor_needs_a_reason(tmp_path: Path) -> None:
    assert mutants.problems(HUNT, explained(tmp_path, SURVIVES, UNREACHED)) == []
    (line,) = mutants.problems(HUNT, explained(tmp_path, SURVIVES))
    assert line == "TT-020 true: nothing notices, and there is no reason"
    survivors = HUNT.result({SURVIVES: "said so"}).to_json()
    assert survivors == {
        "total": 3,
        "caught": 1,
        "survivors": [
            {"rule": "QP-084", "force": "true", "cases": 1, "reason": "said so"},
            {"rule": "TT-020", "force": "true", "cases": 0, "reason": ""},
        ],
    }


def test_a_stale_reason_is_a_problem(tmp_path: Path) -> None:
    stale = explained(tmp_path, SURVIVES, UNREACHED, CAUGHT, Mutant("QP-120", "less"))
    assert mutants.problems(HUNT, stale) == [
        "QP-120 false: has a reason, but QP-JYJG-0001 catches it",
        "QP-120 less: has a reason, but is no mutant",
    ]


def test_too_few_are_a_problem_whatever_the_reasons(tmp_path: Path) -> None:
    known = explained(tmp_path, SURVIVES, UNREACHED, least=33.5)
    assert mutants.problems(HUNT, known) == ["33.3 % are caught, less than 33.5 %"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[survivors]\n"QP-084 true" = ""', 'survivor "QP-084 true"'),
        ('[survivors]\n"QP-084 maybe" = "why"', 'survivor "QP-084 maybe"'),
        ('[survivors]\n"QP-084 true" = 1', 'survivor "QP-084 true"'),
        ("survivors = 1", "nothing else"),
        ("[reasons]", "nothing else"),
        ("caught_percent = 101", "from 0 to 100"),
        ("caught_percent = true", "from 0 to 100"),
        ("[survivors", "not valid TOML"),
    ],
)
def test_a_wrong_file_of_reasons(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=what):
        mutants.read_explained(path)
    with pytest.raises(UsageError, match="cannot be read"):
        mutants.read_explained(tmp_path)


def replay(capsys: pytest.CaptureFixture[str], journal: Path, *words: str) -> tuple[int, str, str]:
    code = main(["replay", *words, "--journal", str(journal)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_replay_with_mutants(
    folder: Path, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    how = ("--mutants", "--forced", str(folder), "-n", "1")
    code, out, _ = replay(capsys, tmp_path / "j", str(small), *how, "--json")
    told = json.loads(out)["mutants"]
    assert code == 0  # without --survivors they are only told
    assert set(told) == {"total", "caught", "survivors"}
    assert told["total"] == told["caught"] + len(told["survivors"]) == len(mutants.marked())
    survivors = {Mutant(one["rule"], one["force"]) for one in told["survivors"]}
    assert {SURVIVES, UNREACHED} <= survivors and CAUGHT not in survivors

    explained(tmp_path, *survivors, least=20)
    known = (*how, "--survivors", str(tmp_path / "survivors.toml"))
    code, out, err = replay(capsys, tmp_path / "j", str(small), *known)
    assert (code, err) == (0, "")
    assert f"mutants {told['total']}, caught {told['caught']} (" in out and "said so" in out

    explained(tmp_path, *(survivors - {SURVIVES}), CAUGHT, least=20)
    code, _, err = replay(capsys, tmp_path / "j", str(small), *known)
    assert code == 1
    assert "tapkern: QP-084 true: nothing notices" in err
    assert "tapkern: QP-120 false: has a reason" in err


def test_only_a_forced_build_of_our_kernel(
    small: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(forced.VARIABLE, raising=False)
    plain = str(Path(mutants.__file__).parents[1])
    for words, what in (
        ([], "--mutants: the decisions of the kernel that is installed cannot be forced; in a"),
        (["--forced", "nowhere"], "nowhere: there is no build of the kernel"),
        (["--forced", plain], "the decisions of this build cannot be forced"),
        (["--kernel", "cat"], "--mutants --kernel: only our own kernel can be broken"),
        (["--cluster", "tcp://nowhere:1"], "--mutants --cluster: only our own kernel"),
    ):
        code, out, err = replay(capsys, tmp_path / "j", str(small), "--mutants", *words)
        assert (code, out) == (2, "") and what in err and "Traceback" not in err
    for words in (["--forced", plain], ["--survivors", "file"]):
        code, _, err = replay(capsys, tmp_path / "j", str(small), *words)
        assert code == 2 and "needs --mutants" in err
