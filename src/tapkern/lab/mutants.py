"""Mutants: what suites are worth, told by kernels that are broken on purpose.

A mutant is a marked decision and a way to force it: always false, always true, and for limits one
less or one more. The cases are run once by a kernel whose decisions can be forced, nothing being
forced, which tells for each mutant the cases in which it would change a decision. Those alone are
run with it, up to the first that fails: then the mutant is caught.
"""

from __future__ import annotations

import json
import signal
import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from tapkern import _kernel
from tapkern._numbers import Space, TraceKind
from tapkern.errors import TapkernError, UsageError
from tapkern.lab import forced, primitives, results
from tapkern.lab.checks import TELLS, judge, verdict
from tapkern.lab.engine import worker
from tapkern.lab.stand import observe
from tapkern.lab.subjects import OurKernel
from tapkern.lab.suite import Case, Entry, Primitive
from tapkern.terminal import RuleEvent

CHUNK = 20
"""Cases, or mutants, that a process takes at a time."""
ENDLESS = 10
"""Seconds after which a case counts as one that does not end."""
RULES = 2000
"""Above the largest number of a rule."""


class Mutant(NamedTuple):
    """A rule and the way in which its decision is forced, a word of `forced.FORCES`."""

    rule: str
    force: str

    def __str__(self) -> str:
        return f"{self.rule} {self.force}"


def marked() -> tuple[Mutant, ...]:
    """Every mutant of the kernel: two of a decision, four of a limit, sorted."""
    text = files("tapkern.lab").joinpath("marks.json").read_text("utf-8")
    limits: Mapping[str, bool] = json.loads(text)["limit_by_rule"]
    return tuple(
        Mutant(rule, force)
        for rule, limit in sorted(limits.items())
        for force in sorted(forced.FORCES)
        if limit or force in ("false", "true")
    )


@cache
def rule_numbers() -> Mapping[str, int]:
    """Numbers of rules by id."""
    names = {_kernel.name(Space.RULE, number): number for number in range(1, RULES)}
    return {name: number for name, number in names.items() if name}


def could_change(events: Sequence[RuleEvent]) -> set[Mutant]:
    """The mutants that would have changed a decision of a tap."""
    found = set()
    for event, bound in zip(events, [*events[1:], None], strict=True):
        if event.kind in (TraceKind.RULE, TraceKind.LIMIT):
            found.add(Mutant(event.rule, "false" if event.truth else "true"))
        if event.kind is TraceKind.LIMIT and bound is not None:
            if event.value == bound.value:
                found.add(Mutant(event.rule, "less"))
            if event.value + 1 == bound.value:
                found.add(Mutant(event.rule, "more"))
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """A case that nothing is forced in. failed: why it does not pass; "" when it does."""

    id: str
    failed: str
    seconds: float
    mutants: frozenset[Mutant]


@dataclass(frozen=True, slots=True)
class Hunt:
    """What came of all mutants. reached: how many cases could notice a mutant; catchers: the id of
    the case that did."""

    reached: Mapping[Mutant, int]
    catchers: Mapping[Mutant, str]
    seconds: float

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """The mutants that no case has caught."""
        return tuple(one for one in self.reached if one not in self.catchers)

    def result(self, reasons: Mapping[Mutant, str]) -> results.Mutants:
        """The hunt as a report has it; reasons explain survivors."""
        survivors = tuple(
            {
                "rule": one.rule,
                "force": one.force,
                "cases": self.reached[one],
                "reason": reasons.get(one, ""),
            }
            for one in self.survivors
        )
        return results.Mutants(len(self.reached), len(self.catchers), survivors)


# In the processes.


@dataclass
class _Bench:
    """The kernel of a process, which makes all others, and the cases. made: kernels of a case."""

    module: Any = None
    cases: Mapping[str, Entry] = field(default_factory=dict)
    rule: int = 0
    force: int = 0
    made: list[Any] = field(default_factory=list)
    traces: list[Sequence[tuple[int, int, int, int]]] = field(default_factory=list)

    def kernel(self, *arguments: Any) -> Any:
        """In the place of the Kernel class."""
        made = self.module.Kernel(*arguments)
        made.force(self.rule, self.force)
        self.made.append(made)
        return made

    def oda(self, **arguments: Any) -> Any:
        """In the place of the function oda."""
        found = self.module.oda(**arguments, force_rule=self.rule, force=self.force)
        self.traces.append(found[-2])
        return found

    def failed(self, case: Entry) -> str:
        """Why a case fails; "" when it does not."""
        self.made.clear()
        self.traces.clear()
        try:
            with _limited():
                return _failed(case)
        except TimeoutError as error:
            return str(error)

    def events(self) -> Iterator[list[RuleEvent]]:
        """The decisions of each tap, or authentication, of the case before."""
        for trace in (*(one.trace() for one in self.made), *self.traces):
            yield [
                RuleEvent(_kernel.name(Space.RULE, rule), TraceKind(kind), truth, value)
                for rule, kind, truth, value in trace
            ]


def _failed(case: Entry) -> str:
    if isinstance(case, Case):
        observed = observe(OurKernel(), case)
        found, reason = verdict(observed, judge(case, observed, TELLS))
    else:
        assert isinstance(case, Primitive)
        found, reason, _ = primitives.run(case)
    return reason if found is results.Verdict.FAIL else ""


@contextmanager
def _limited() -> Iterator[None]:
    """Ends what a forced decision lets go on for ever."""

    def end(*_: object) -> None:
        raise TimeoutError("the case does not end")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(ENDLESS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@cache
def _bench() -> _Bench:
    """The one of this process."""
    return _Bench()


def _start(folder: Path, cases: Sequence[Entry]) -> None:
    """Sets up a process: its kernels come from the build in this folder."""
    worker()
    bench = _bench()
    bench.module = forced.load(folder)
    bench.cases = {case.id: case for case in cases}
    replaced: Any = _kernel
    replaced.Kernel, replaced.Memo, replaced.oda = bench.kernel, bench.module.Memo, bench.oda


def _reach(ids: Sequence[str]) -> list[Reach]:
    """Some cases with nothing forced."""
    bench, found = _bench(), []
    bench.rule = bench.force = 0
    for one in ids:
        began = time.perf_counter()
        failed = bench.failed(bench.cases[one])
        seconds = time.perf_counter() - began
        mutants = frozenset[Mutant]().union(*map(could_change, bench.events()))
        found.append(Reach(one, failed, seconds, mutants))
    return found


def _catch(mutant: Mutant, ids: Sequence[str]) -> str:
    """The first of the cases that fails with a mutant; "" when none does."""
    bench = _bench()
    bench.rule, bench.force = rule_numbers()[mutant.rule], forced.FORCES[mutant.force]
    return next((one for one in ids if bench.failed(bench.cases[one])), "")


# In the process that asks.

Progress = Callable[[str, int, int], None]
"""What is done ("cases", "mutants"), how many, of how many."""


def hunt(
    folder: Path, cases: Sequence[Entry], processes: int, progress: Progress | None = None
) -> Hunt:
    """Every mutant on the cases that could notice it. folder: of `forced.find`.

    Errors: TapkernError when a case does not pass although nothing is forced.
    """
    began = time.monotonic()
    light = [replace(one, recorded=()) if isinstance(one, Case) else one for one in cases]
    tell = progress or (lambda what, done, total: None)
    with ProcessPoolExecutor(
        processes or None,
        mp_context=get_context("spawn"),
        initializer=_start,
        initargs=(folder, light),
    ) as pool:
        reaches = _reaches(pool, light, tell)
        work = _work(reaches, {case.id: case.requirements for case in light})
        catchers = _catchers(pool, work, tell)
    reached = {mutant: len(ids) for mutant, ids in work.items()}
    return Hunt(reached, catchers, time.monotonic() - began)


def _reaches(pool: ProcessPoolExecutor, cases: Sequence[Entry], tell: Progress) -> list[Reach]:
    ids = [case.id for case in cases]
    doing = [pool.submit(_reach, ids[at : at + CHUNK]) for at in range(0, len(ids), CHUNK)]
    found: list[Reach] = []
    for future in as_completed(doing):
        found += future.result()
        tell("cases", len(found), len(ids))
    failed = sorted((one.id, one.failed) for one in found if one.failed)
    if failed:
        what = f"does not pass although nothing is forced: {failed[0][1]}"
        raise TapkernError(what, failed[0][0], "mutants are told by cases that pass")
    return found


def _work(
    reaches: Sequence[Reach], requirements: Mapping[str, Collection[str]]
) -> dict[Mutant, list[str]]:
    """For every mutant the cases to try: those about its rule first, then the quick ones."""
    work: dict[Mutant, list[str]] = {mutant: [] for mutant in marked()}
    for one in sorted(reaches, key=lambda one: (one.seconds, one.id)):
        for mutant in one.mutants & work.keys():
            work[mutant].append(one.id)
    for mutant, ids in work.items():
        ids.sort(key=lambda one: mutant.rule not in requirements[one])
    return work


def _catchers(
    pool: ProcessPoolExecutor, work: Mapping[Mutant, Sequence[str]], tell: Progress
) -> dict[Mutant, str]:
    longest = sorted(work, key=lambda one: -len(work[one]))  # survivors among them take longest
    doing = {pool.submit(_catch, one, work[one]): one for one in longest if work[one]}
    found: dict[Mutant, str] = {}
    for done, future in enumerate(as_completed(doing), 1):
        if case := future.result():
            found[doing[future]] = case
        tell("mutants", done, len(doing))
    return found


# What is known about survivors.


@dataclass(frozen=True, slots=True)
class Explained:
    """A file of survivors: `[survivors]` with "RULE FORCE" = "reason", and `caught_percent`, the
    least share of mutants that has to be caught."""

    path: str = ""
    caught_percent: float = 0
    reasons: Mapping[Mutant, str] = field(default_factory=dict)


def read_explained(path: Path) -> Explained:
    """The file. Errors: UsageError."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", str(path)) from None
    except ValueError as error:
        raise UsageError(f"not valid TOML: {error}", str(path)) from None
    least, survivors = document.get("caught_percent", 0), document.get("survivors", {})
    if set(document) - {"caught_percent", "survivors"} or not isinstance(survivors, dict):
        raise UsageError("holds caught_percent and [survivors], nothing else", str(path))
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 100:
        raise UsageError("caught_percent is a number from 0 to 100", str(path))
    reasons: dict[Mutant, str] = {}
    for name, reason in survivors.items():
        rule, _, force = name.partition(" ")
        if force not in forced.FORCES or not isinstance(reason, str) or not reason.strip():
            raise UsageError(f'survivor "{name}"', str(path), 'write "QP-006 true" = "why"')
        reasons[Mutant(rule, force)] = reason
    return Explained(str(path), float(least), reasons)


def problems(found: Hunt, explained: Explained) -> list[str]:
    """What a file of survivors does not say, or says wrongly, and too few that are caught."""
    lines = [
        f"{one}: nothing notices, and there is no reason"
        for one in found.survivors
        if one not in explained.reasons
    ]
    for one in explained.reasons:
        if one in found.catchers:
            lines.append(f"{one}: has a reason, but {found.catchers[one]} catches it")
        elif one not in found.reached:
            lines.append(f"{one}: has a reason, but is no mutant")
    share = 100 * len(found.catchers) / len(found.reached)
    if share < explained.caught_percent:
        lines.append(f"{share:.1f} % are caught, less than {explained.caught_percent:g} %")
    return lines
