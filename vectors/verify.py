"""The suites against the kernel: how different the cases are, which requirements they cite.

    python -m vectors.verify            what the suites hold; exit code 1 when it is not enough
    python -m vectors.verify --choose   which cases are kept: vectors/build/kept.toml

This is the only program here that runs the kernel. It judges variety: two cases with one sequence
of marked decisions (rule, result) are alike. What a case expects it neither reads nor changes;
`tapkern replay` judges that.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tapkern.lab.engine import SubjectSpec, run
from tapkern.lab.results import CaseResult
from tapkern.lab.suite import Case, load
from vectors.build import drawn, kept
from vectors.build.documents import Document
from vectors.build.files import content, written
from vectors.build.play import CannotPlay
from vectors.build.registry import suites
from vectors.build.suite import SuiteBuilder, written_case

ROOT = Path(__file__).resolve().parent
MATRIX = ROOT.parent / "build" / "matrix.csv"
REASONS = ROOT / "uncited.toml"
RULES = ROOT.parent / "src/tapkern/data/rules.toml"
CASES, SEQUENCES, ALIKE = 1500, 500, 3
"""At least so many cases and sequences; at most so many cases with one sequence."""

ROOM = {
    "limits": 130, "entry-point": 130, "transit": 80, "torn": 120, "oda-rsa": 100, "oda-sm2": 80,
    "apdu-errors": 100, "cvm": 100, "inquiry": 40, "qpboc-uics-2018": 100, "malformed-data": 110,
    "qpboc-c7": 70, "qpboc-jrt0025-2013": 80, "drawn": 50, "decisions": 40,
}  # fmt: skip
"""Most cases of a suite that are chosen, in the order of choosing; literal cases come besides."""


@dataclass(frozen=True)
class Seen:
    """A case as the kernel's trace saw it."""

    id: str
    suite: str
    source: str
    requirements: tuple[str, ...]
    sequence: tuple[tuple[str, int], ...]

    @property
    def marks(self) -> frozenset[str]:
        """Rules that were decided in it."""
        return frozenset(rule for rule, _ in self.sequence)


@dataclass
class Choice:
    """Cases that are taken, and what they show."""

    taken: dict[str, Seen] = field(default_factory=dict)
    alike: Counter[tuple[tuple[str, int], ...]] = field(default_factory=Counter)

    def take(self, case: Seen, most: int) -> bool:
        """Takes a case unless there are so many like it."""
        if case.id in self.taken or self.alike[case.sequence] >= most:
            return False
        self.taken[case.id] = case
        self.alike[case.sequence] += 1
        return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vectors.verify", description=__doc__)
    parser.add_argument("--choose", action="store_true", help="write vectors/build/kept.toml")
    parser.add_argument("--matrix", type=Path, default=MATRIX, help="matrix.csv of make matrix")
    options = parser.parse_args(arguments)
    if options.choose:
        return _choose()
    return _report(seen([ROOT / "suites"]), _implemented(options.matrix))


def seen(paths: Iterable[Path]) -> list[Seen]:
    """Every case of suites, run once on the kernel of this tree."""
    found = load([str(path) for path in paths])
    cases = {case.id: case for suite in found for case in suite.cases if isinstance(case, Case)}
    results: dict[str, CaseResult] = {}
    for part in run(SubjectSpec(), list(cases.values())):
        results |= {one.id: one for one in part}
    return [
        Seen(case.id, case.suite, case.source, tuple(case.requirements), tuple(results[name].rules))
        for name, case in cases.items()
    ]


def _choose() -> int:
    """Plays everything that the builders can make and keeps what differs."""
    made = [one for one in suites() if one.name != "drawn"]
    rows = _candidates(made[0])
    made.append(drawn.suite(rows))
    with tempfile.TemporaryDirectory() as folder:
        written(content(made), Path(folder))
        everything = seen([Path(folder)])
    choice = chosen(everything)
    left = [case.id for case in everything if case.id not in choice.taken]
    taps = {_index(name) for name, case in choice.taken.items() if case.suite == "drawn"}
    kept.write([name for name in left if not name.startswith("DR-")])
    drawn.keep([row for row in rows if row["index"] in taps])
    print(*(f"{name}: {n}" for name, n in Counter(c.suite for c in choice.taken.values()).items()))
    print(f"{len(everything)} cases, {len(choice.taken)} kept, {len(choice.alike)} sequences")
    return 0


def _candidates(made: SuiteBuilder) -> list[Document]:
    """Drawn taps that both sides take."""
    found = []
    for index in range(drawn.CANDIDATES):
        row = drawn.candidate(made, index)
        (job,) = drawn.suite([row]).jobs()
        try:
            written_case(job)
        except CannotPlay:  # nothing was kept that a second transaction could recover
            row["taps"] = row["taps"][:1]
        found.append(row)
    return found


def chosen(cases: Sequence[Seen]) -> Choice:
    """Literal cases first, then suite by suite what is new, then what else a requirement needs.

    New is at first what has other decisions than every case before, whatever their order; then
    what has another sequence; of the limits, whose neighbours decide alike, up to three.
    """
    choice = Choice()
    for case in cases:
        if case.source == "digest":
            choice.take(case, ALIKE)
    _for_requirements(choice, cases, 1)
    decisions = {frozenset(case.sequence) for case in choice.taken.values()}
    for name, room in ROOM.items():
        own = [case for case in cases if case.suite == name and case.id not in choice.taken]
        for case in own:
            if room and frozenset(case.sequence) not in decisions and choice.take(case, 1):
                decisions.add(frozenset(case.sequence))
                room -= 1
        most = ALIKE if name == "limits" else 1
        for case in _spread(own):
            room -= bool(room and choice.take(case, most))
    _for_requirements(choice, cases, 3)
    return choice


def _spread(cases: Sequence[Seen]) -> list[Seen]:
    """The first of each group, the second of each, and so on."""
    turn: Counter[str] = Counter()
    order: list[tuple[int, int, Seen]] = []
    for case in cases:
        group = case.id.rpartition("-")[0]
        turn[group] += 1
        order.append((turn[group], len(order), case))
    return [case for *_, case in sorted(order, key=lambda one: one[:2])]


def _for_requirements(choice: Choice, cases: Sequence[Seen], least: int) -> None:
    """Each cited requirement keeps so many cases, as far as there are any."""
    count = Counter(rule for case in choice.taken.values() for rule in case.requirements)
    for case in cases:
        wanted = case.suite != "drawn" and any(count[rule] < least for rule in case.requirements)
        if wanted and choice.take(case, ALIKE):
            count.update(case.requirements)


def _index(identifier: str) -> int:
    return int(identifier.rpartition("-")[2]) - 1001


def _implemented(matrix: Path) -> list[str]:
    """Requirements that the kernel implements, without those that no case can show.

    The chapters of the matrix, and of authentication those that a rule of ours is about.
    """
    if not matrix.exists():
        raise SystemExit(f"{matrix} is not there: make matrix")
    with matrix.open(encoding="utf-8", newline="") as file:
        found = [row["id"] for row in csv.DictReader(file) if "kernel_c/src" in row["code"]]
    excused = tomllib.loads(REASONS.read_text("utf-8"))
    rules = tomllib.loads(RULES.read_text("utf-8"))
    return [one for one in dict.fromkeys([*found, *rules]) if one not in excused]


def _report(cases: Sequence[Seen], implemented: Sequence[str]) -> int:
    """Prints numbers and gaps."""
    alike = Counter(case.sequence for case in cases)
    cited: defaultdict[str, list[Seen]] = defaultdict(list)
    for case in cases:
        for rule in case.requirements:
            cited[rule].append(case)
    marked = {rule for case in cases for rule in case.marks}
    for name, number in Counter(case.suite for case in cases).items():
        print(f"{name}: {number} cases")
    print(f"{len(cases)} cases, {len(alike)} sequences, at most {max(alike.values())} alike")
    alone = {
        rule
        for suite in load([str(ROOT / "primitives")])
        for case in suite.cases
        for rule in case.requirements
    }
    missing = [rule for rule in implemented if not cited[rule] and rule not in alone]
    unseen = [r for r in sorted(marked) if cited[r] and all(r not in c.marks for c in cited[r])]
    print(
        f"cited {len(implemented) - len(missing)} of {len(implemented)}, not: {' '.join(missing)}"
    )
    print(f"marks that no citing case has seen: {' '.join(unseen) or 'none'}")
    print(f"marks that no case cites: {' '.join(sorted(marked - cited.keys())) or 'none'}")
    enough = len(cases) >= CASES and len(alike) >= SEQUENCES and max(alike.values()) <= ALIKE
    return 0 if enough and not missing and not unseen else 1


if __name__ == "__main__":
    sys.exit(main())
