"""What a run of suites found: verdicts of checks and cases, and the report over all of them.

Plain frozen values without any dependency, so that worker processes, the journal and the writers
of evidence share them. A value from a suite or a kernel is JSON as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from tapkern.data.codes import Text

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

FORMAT = "tapkern-report/1"
LOST, TIMEOUT = "lost", "timeout"


class Verdict(StrEnum):
    """How a case ended."""

    PASS = "pass"
    FAIL = "fail"  # a check failed, or the kernel broke the protocol
    NOT_APPLICABLE = "not_applicable"  # the ICS leaves it out
    INCONCLUSIVE = "inconclusive"  # the environment failed, nothing is known about the kernel


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a case. passed None: not checked, because the kernel does not tell this.

    expected: the check as the suite has it, without its id ({"field": "outcome", "is": ...}).
    found: what stands in the place of its operand: the word of a field, the list of commands, the
    n-th command or None, the command that should not be, the value of a tag as hexadecimal or
    None, [[tag, value]...], names of messages, what was stored or looked up, counters by AID.
    """

    id: str
    passed: bool | None
    expected: Mapping[str, Json] = field(repr=False)  # they may hold a card number
    found: Json = field(repr=False, default=None)

    def to_json(self) -> dict[str, Json]:
        """As JSON takes it, nothing masked."""
        return {
            "id": self.id,
            "passed": self.passed,
            "expected": self.expected,
            "found": self.found,
        }


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and its answer as hexadecimal; the answer may be "lost" or "timeout" instead."""

    command: str = field(repr=False)
    answer: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case. reason: why it is not applicable or inconclusive, or how the kernel broke the
    protocol; None when the checks say all.

    exchanges: one list for each tap. outcomes: what the kernel told, in order, for each tap and for
    each answer of the host. rules: decisions of our kernel, each with its truth, in order.
    """

    id: str
    suite: str
    title: Text
    group: str
    requirements: tuple[str, ...]
    verdict: Verdict
    reason: Text | None = None
    terminal: str = ""
    card: str = ""
    host: str = ""
    checks: tuple[CheckResult, ...] = ()
    exchanges: tuple[tuple[Exchange, ...], ...] = ()
    outcomes: tuple[Mapping[str, Json], ...] = ()
    seconds: float = 0.0
    rules: tuple[tuple[str, bool], ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As the journal keeps it, nothing masked; `from_json` reads it back."""
        return {
            "id": self.id,
            "suite": self.suite,
            "title": _text(self.title),
            "group": self.group,
            "requirements": list(self.requirements),
            "verdict": self.verdict.value,
            "reason": None if self.reason is None else _text(self.reason),
            "terminal": self.terminal,
            "card": self.card,
            "host": self.host,
            "checks": [check.to_json() for check in self.checks],
            "exchanges": [[[x.command, x.answer] for x in tap] for tap in self.exchanges],
            "outcomes": list(self.outcomes),
            "seconds": self.seconds,
            "rules": [[rule, truth] for rule, truth in self.rules],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CaseResult:
        """The case that `to_json` wrote. KeyError, TypeError or ValueError for anything else."""
        reason = data["reason"]
        return cls(
            id=data["id"],
            suite=data["suite"],
            title=Text(**data["title"]),
            group=data["group"],
            requirements=tuple(data["requirements"]),
            verdict=Verdict(data["verdict"]),
            reason=None if reason is None else Text(**reason),
            terminal=data["terminal"],
            card=data["card"],
            host=data["host"],
            checks=tuple(CheckResult(**check) for check in data["checks"]),
            exchanges=tuple(
                tuple(Exchange(command, answer) for command, answer in tap)
                for tap in data["exchanges"]
            ),
            outcomes=tuple(data["outcomes"]),
            seconds=data["seconds"],
            rules=tuple((rule, truth) for rule, truth in data["rules"]),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """The kernel under test as its hello tells it; tells: the fields that it reports."""

    kernel: str
    version: str
    identity: str
    tells: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As JSON takes it."""
        return {
            "kernel": self.kernel,
            "version": self.version,
            "identity": self.identity,
            "tells": list(self.tells),
        }


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """A suite that was run. sha256: of its file; groups: code to name."""

    suite: str
    version: str
    sha256: str
    title: Text
    groups: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A broken kernel that no case noticed, and why that is so, where it is known."""

    mutant: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mutants:
    """What the suites are worth: broken kernels tried, caught, and those that survived."""

    total: int
    caught: int
    survivors: tuple[Survivor, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As JSON takes it."""
        survivors = [{"mutant": row.mutant, "reason": row.reason} for row in self.survivors]
        return {"total": self.total, "caught": self.caught, "survivors": survivors}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run. started: ISO 8601 with zone; configuration_digests: SHA-256 by suite and
    terminal ("suite/terminal"); platform: system, machine, Python; ics: name of the file."""

    identity: Identity
    configuration_digests: Mapping[str, str]
    suites: tuple[SuiteRun, ...]
    seed: int
    platform: str
    started: str
    seconds: float
    cases: tuple[CaseResult, ...]
    mutants: Mutants | None = None
    ics: str = ""

    def count(self, verdict: Verdict, suite: str | None = None) -> int:
        """How many cases, of all or of one suite, ended so."""
        return sum(case.verdict is verdict and suite in (None, case.suite) for case in self.cases)

    def summary(self, suite: str | None = None) -> dict[str, Json]:
        """Totals of all cases or of one suite; `cases` is the sum of the others."""
        return {
            "cases": sum(suite in (None, case.suite) for case in self.cases),
            "passed": self.count(Verdict.PASS, suite),
            "failed": self.count(Verdict.FAIL, suite),
            "not_applicable": self.count(Verdict.NOT_APPLICABLE, suite),
            "inconclusive": self.count(Verdict.INCONCLUSIVE, suite),
        }

    @property
    def good(self) -> bool:
        """No case failed and none is inconclusive."""
        bad = (Verdict.FAIL, Verdict.INCONCLUSIVE)
        return not any(case.verdict in bad for case in self.cases)

    def to_json(self) -> dict[str, Json]:
        """The report as vectors/schema/report.schema.json describes it, card numbers masked."""
        from tapkern.lab.masking import masked

        report = masked(self)
        found: dict[str, Json] = {
            "format": FORMAT,
            "summary": report.summary(),
            "kernel": report.identity.to_json(),
            "configuration_digests": dict(report.configuration_digests),
            "suites": [
                {
                    "suite": suite.suite,
                    "version": suite.version,
                    "sha256": suite.sha256,
                    "title": _text(suite.title),
                    "groups": {code: _text(name) for code, name in suite.groups.items()},
                    "summary": report.summary(suite.suite),
                }
                for suite in report.suites
            ],
            "seed": report.seed,
            "platform": report.platform,
            "started": report.started,
            "seconds": report.seconds,
            "ics": report.ics or None,
            "cases": [case.to_json() for case in report.cases],
        }
        if report.mutants is not None:
            found["mutants"] = report.mutants.to_json()
        return found


def _text(text: Text) -> dict[str, Json]:
    return {"en": text.en, "zh": text.zh}
