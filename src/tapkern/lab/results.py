"""What a replay came to, as values: checks, cases, the report. JSON by `to_json`, back by `of`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FORMAT = "tapkern-report/1"


class Verdict(StrEnum):
    """How a case ended."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    INCONCLUSIVE = "inconclusive"


COUNTED = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.NOT_APPLICABLE: "not_applicable",
    Verdict.INCONCLUSIVE: "inconclusive",
}
"""Names of the verdicts in a summary."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One expectation. passed None: the kernel does not tell what it is about.

    tap: 1-based; when: "outcome" or "after_host"; what: the field, "apdus", "field55 9F66", ...
    expected and found: one line each, as people read them; where lists differ, found begins with
    the first difference.
    """

    id: str
    tap: int
    when: str
    what: str
    passed: bool | None
    expected: str = field(repr=False)  # they may hold a card number
    found: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and what came back, in upper case hexadecimal; answer None: `event` says why.

    event: "answer", "lost" or "timeout".
    """

    command: str = field(repr=False)
    answer: str | None = field(repr=False)
    event: str


_PLAIN = ("id", "suite", "group", "reason", "seconds", "terminal", "configuration", "card", "host")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case after its run. exchanges: of each tap in order; rules: name and truth of every marked
    decision of our kernel, in order, empty for another one. terminal, card, host: their names in
    the suite; configuration: digest of the terminal's. reason: why a case is not applicable or
    inconclusive, how the kernel broke the protocol, else which checks failed; empty for a pass.
    """

    id: str
    suite: str
    title: Mapping[str, str] = field(repr=False)
    group: str
    requirements: tuple[str, ...]
    verdict: Verdict
    reason: str = field(default="", repr=False)  # what a kernel said, as it came
    checks: tuple[CheckResult, ...] = ()
    exchanges: tuple[tuple[Exchange, ...], ...] = ()
    seconds: float = 0.0
    rules: tuple[tuple[str, int], ...] = ()
    terminal: str = ""
    configuration: str = ""
    card: str = ""
    host: str = ""

    def to_json(self, *, evidence: bool = True) -> dict[str, Any]:
        """The result as JSON takes it, nothing masked. evidence: with commands, answers, rules."""
        found: dict[str, Any] = {
            "id": self.id,
            "suite": self.suite,
            "title": dict(self.title),
            "group": self.group,
            "requirements": list(self.requirements),
            "verdict": self.verdict.value,
            "reason": self.reason,
            "seconds": round(self.seconds, 4),
            "terminal": self.terminal,
            "configuration": self.configuration,
            "card": self.card,
            "host": self.host,
            "checks": [
                {name: getattr(check, name) for name in CheckResult.__slots__}
                for check in self.checks
            ],
        }
        if evidence:
            found["exchanges"] = [
                [[one.command, one.answer, one.event] for one in tap] for tap in self.exchanges
            ]
            found["rules"] = [list(pair) for pair in self.rules]
        return found

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> CaseResult:
        """A result from `to_json` with its evidence. Errors: KeyError, TypeError, ValueError."""
        return cls(
            **{name: found[name] for name in _PLAIN},
            title=dict(found["title"]),
            requirements=tuple(found["requirements"]),
            verdict=Verdict(found["verdict"]),
            checks=tuple(CheckResult(**check) for check in found["checks"]),
            exchanges=tuple(tuple(Exchange(*one) for one in tap) for tap in found["exchanges"]),
            rules=tuple((rule, truth) for rule, truth in found["rules"]),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """What a kernel under test says it is. tells: the words of an outcome that it tells."""

    kernel: str
    version: str
    identity: str
    tells: frozenset[str]
    protocol: int = 1

    def to_json(self) -> dict[str, Any]:
        """The identity as JSON takes it."""
        return {
            "kernel": self.kernel,
            "version": self.version,
            "identity": self.identity,
            "tells": sorted(self.tells),
        }


@dataclass(frozen=True, slots=True)
class SuiteInfo:
    """A suite of a report. digest: SHA-256 of its file; groups: code to names in en and zh."""

    name: str
    version: str
    digest: str
    title: Mapping[str, str]
    cases: int
    seed: int | None = None
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    path: str = ""

    def to_json(self) -> dict[str, Any]:
        """The suite as JSON takes it."""
        return {
            "suite": self.name,
            "version": self.version,
            "digest": self.digest,
            "title": dict(self.title),
            "cases": self.cases,
            "seed": self.seed,
            "groups": {code: dict(names) for code, names in self.groups.items()},
        }


@dataclass(frozen=True, slots=True)
class Mutants:
    """Broken builds of the kernel: how many, how many a case has caught, the others by name."""

    total: int
    caught: int
    survivors: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The count as JSON takes it."""
        survivors = [dict(one) for one in self.survivors]
        return {"total": self.total, "caught": self.caught, "survivors": survivors}


@dataclass(frozen=True, slots=True)
class Report:
    """A replay: who ran what where, and every case. started: ISO 8601 with zone.

    configuration_digests: "suite/terminal" to the digest of its configuration. selection: what the
    command line left of the suites, "" for all of it.
    """

    identity: Identity
    suites: tuple[SuiteInfo, ...]
    cases: tuple[CaseResult, ...]
    platform: str
    started: str
    seconds: float = 0.0
    selection: str = ""
    mutants: Mutants | None = None

    @property
    def configuration_digests(self) -> dict[str, str]:
        """ "suite/terminal" to the digest of its configuration, of the cases that ran."""
        found = {
            f"{one.suite}/{one.terminal}": one.configuration
            for one in self.cases
            if one.configuration
        }
        return dict(sorted(found.items()))

    @property
    def seed(self) -> dict[str, int | None]:
        """The seed of each suite."""
        return {suite.name: suite.seed for suite in self.suites}

    def count(self, verdict: Verdict) -> int:
        """Cases with a verdict."""
        return sum(one.verdict is verdict for one in self.cases)

    @property
    def passed(self) -> bool:
        """No case has failed and none is inconclusive."""
        return not self.count(Verdict.FAIL) and not self.count(Verdict.INCONCLUSIVE)

    def summary(self) -> dict[str, int]:
        """Cases by verdict; `cases` is their sum."""
        counts = {name: self.count(verdict) for verdict, name in COUNTED.items()}
        return {"cases": len(self.cases), **counts}

    def to_json(self, *, evidence: Sequence[Verdict] = ()) -> dict[str, Any]:
        """The report as JSON takes it, card numbers masked; vectors/schema/report.schema.json.

        evidence: verdicts whose cases come with their commands.
        """
        from tapkern.lab.masking import masked

        cases = masked(self).cases
        found: dict[str, Any] = {
            "format": FORMAT,
            "summary": self.summary(),
            "kernel": self.identity.to_json(),
            "suites": [suite.to_json() for suite in self.suites],
            "configurations": self.configuration_digests,
            "seed": self.seed,
            "platform": self.platform,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "selection": self.selection,
            "cases": [one.to_json(evidence=one.verdict in evidence) for one in cases],
        }
        if self.mutants is not None:
            found["mutants"] = self.mutants.to_json()
        return found
