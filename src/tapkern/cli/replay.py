"""`tapkern replay`: vector suites through a kernel, ours or another one.

Exit code 0 when no case has failed and none is inconclusive, and --survivors has a reason for every
mutant that survives, 1 otherwise, 2 a wrong call or file.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tapkern.cli import broken
from tapkern.errors import TapkernError, UsageError

if TYPE_CHECKING:
    from tapkern.lab.engine import Results, SubjectSpec
    from tapkern.lab.journal import Journal
    from tapkern.lab.results import CaseResult, Identity, Report
    from tapkern.lab.suite import Entry, Suite

HELP = "run vector suites through a kernel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="suite files and folders")
    chosen = parser.add_argument_group("which cases")
    chosen.add_argument("-k", metavar="TEXT", help="id, title or flag holds this text")
    chosen.add_argument("--id", metavar="REQ", help="cases about this requirement, as QP-120")
    chosen.add_argument("--group", metavar="G", help="cases of this group, as FXGL")
    chosen.add_argument("--suite", metavar="S", help="cases of this suite")
    chosen.add_argument("--ics", metavar="FILE[#NAME]", help="what the product supports")
    how = parser.add_argument_group("how")
    how.add_argument("--kernel", metavar="CMD", default="", help="another kernel: a program")
    how.add_argument(
        "--timeout", metavar="S", type=float, default=10.0, help="for a line of it (10)"
    )
    how.add_argument("-n", metavar="N", type=int, default=0, help="processes (one a core)")
    how.add_argument("--cluster", metavar="ADDRESS", help="run on a Dask scheduler")
    how.add_argument("--verify", action="store_true", help="refuse suites that were changed")
    how.add_argument(
        "--failed-first", action="store_true", help="what failed last time comes first"
    )
    how.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    how.add_argument("--journal", metavar="FILE", type=Path, help="of finished cases")
    told = parser.add_argument_group("reports")
    told.add_argument("--junit", metavar="FILE", help="JUnit XML")
    told.add_argument("--html", metavar="FILE", help="one page for people, works offline")
    broken.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the cases; 0 when nothing failed and nothing is inconclusive."""
    from tapkern.lab.engine import SubjectSpec
    from tapkern.lab.suite import load

    if args.n < 0 or not 0 < args.timeout < 1e6:
        raise UsageError("a number of processes and a time are not negative", "-n, --timeout")
    mutants = broken.asked(args)
    if args.verify:
        _verify(args.paths)
    suites = load(args.paths)
    report = _report(args, suites, SubjectSpec(args.kernel, args.timeout))
    problems: list[str] = []
    if mutants is not None:
        found, problems = mutants.hunt(suites, report)
        report = dataclasses.replace(report, mutants=found)
    _write(args, report)
    if args.json:
        _print_json(report)
    else:
        _show(report)
    for line in problems:
        print(f"tapkern: {line}", file=sys.stderr)
    return 0 if report.passed and not problems else 1


def _verify(paths: Sequence[str]) -> None:
    """Errors: TapkernError when a released suite is not what it was."""
    from tapkern.lab.errata import verify_all

    _, findings = verify_all(paths, None)
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        first = findings[0]
        raise TapkernError(first.what + more, first.file, "see tapkern suite verify")


def _report(args: argparse.Namespace, suites: Sequence[Suite], spec: SubjectSpec) -> Report:
    from tapkern.lab.results import Report, SuiteInfo

    began = time.monotonic()
    started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    identity = _identity(spec)
    entries, answered, notes = _chosen(args, suites)
    journal = _journal(args, suites, identity)
    order = {entry.id: number for number, entry in enumerate(entries)}
    try:
        results = [*answered, *_run(args, spec, entries, answered, journal)]
    finally:
        if journal is not None:
            journal.close()
    return Report(
        identity=identity,
        suites=tuple(
            SuiteInfo(
                name=suite.name,
                version=suite.version,
                digest=suite.digest,
                title=suite.title,
                cases=len(suite.cases),
                seed=suite.seed,
                groups=suite.groups,
                path=suite.path,
            )
            for suite in suites
        ),
        cases=tuple(_noted(one, notes) for one in sorted(results, key=lambda one: order[one.id])),
        platform=f"{platform.platform()}, Python {platform.python_version()}",
        started=started,
        seconds=time.monotonic() - began,
        selection=_selection(args),
    )


def _identity(spec: SubjectSpec) -> Identity:
    """Who is under test. A program that is not there is a wrong call; one that does not answer is
    a matter of every case."""
    import shutil

    from tapkern.lab.results import Identity
    from tapkern.lab.stand import Trouble

    try:
        subject = spec.make()
    except ValueError as error:
        raise UsageError(f"not a command line: {error}", "--kernel") from None
    if spec.command and shutil.which(spec.words[0] if spec.words else "") is None:
        raise UsageError("there is no such program", f"--kernel {spec.command}")
    try:
        return subject.hello()
    except Trouble as error:
        print(f"tapkern: {error}", file=sys.stderr)
        return Identity(spec.command, "", "", frozenset())
    finally:
        subject.close()


def _chosen(
    args: argparse.Namespace, suites: Sequence[Suite]
) -> tuple[list[Entry], list[CaseResult], Mapping[str, str]]:
    """The cases that were asked for, the results of those that are not applicable, notes by id."""
    from tapkern.lab.engine import blank
    from tapkern.lab.errata import errata_of
    from tapkern.lab.ics import both, select
    from tapkern.lab.results import Verdict
    from tapkern.params import read_ics

    ics = None if args.ics is None else read_ics(args.ics)
    found = [one for one in select(suites, ics, errata_of(args.paths)) if _wanted(args, one.case)]
    if not found:
        raise UsageError("no case is like that", _selection(args) or ", ".join(args.paths))
    answered = [
        blank(one.case, Verdict.NOT_APPLICABLE, both(one.reason))
        for one in found
        if one.reason is not None
    ]
    notes = {one.case.id: both(one.note) for one in found if one.note is not None}
    return [one.case for one in found], answered, notes


def _noted(result: CaseResult, notes: Mapping[str, str]) -> CaseResult:
    """A result with the erratum that leaves its verdict as it is."""
    if result.id not in notes:
        return result
    reason = "; ".join(filter(None, (result.reason, notes[result.id])))
    return dataclasses.replace(result, reason=reason)


def _wanted(args: argparse.Namespace, case: Entry) -> bool:
    words = " ".join((case.id, *case.title.values(), *case.flags)).casefold()
    return (
        (args.k is None or args.k.casefold() in words)
        and (args.id is None or args.id.upper() in case.requirements)
        and (args.group is None or args.group.upper() == case.group)
        and (args.suite is None or args.suite == case.suite)
    )


def _selection(args: argparse.Namespace) -> str:
    """What was asked for, with the SHA-256 of the conformance statement."""
    from tapkern.params import read_ics

    options = {"-k": args.k, "--id": args.id, "--group": args.group, "--suite": args.suite}
    options["--ics"] = args.ics and f"{args.ics} ({read_ics(args.ics).digest})"
    return " ".join(f"{name} {value}" for name, value in options.items() if value is not None)


def _journal(
    args: argparse.Namespace, suites: Sequence[Suite], identity: Identity
) -> Journal | None:
    """The journal of the run; none when the usual place cannot be written."""
    from tapkern.lab.journal import Journal, default_path, failed_before, header

    path = args.journal or default_path(args.paths)
    args.first = failed_before(path) if args.failed_first else frozenset()
    try:
        return Journal(path, header(identity, suites), resume=args.resume)
    except (OSError, UsageError) as error:
        if isinstance(error, UsageError) and (args.journal or args.resume):
            raise
        what = error.strerror if isinstance(error, OSError) else error.what
        if args.journal or args.resume:
            raise UsageError(f"the journal cannot be written: {what}", str(path)) from None
        print(f"tapkern: no journal, {path}: {what}", file=sys.stderr)
        return None


def _run(
    args: argparse.Namespace,
    spec: SubjectSpec,
    entries: Sequence[Entry],
    answered: Sequence[CaseResult],
    journal: Journal | None,
) -> Iterator[CaseResult]:
    """The results of the journal, then those of the cases that are left."""
    from tapkern.lab import engine

    done = {} if journal is None else journal.done
    gone = {one.id for one in answered}
    left = [one for one in entries if one.id not in gone and one.id not in done]
    left.sort(key=lambda one: one.id not in args.first)  # stable: the rest stays in order
    yield from (done[one.id] for one in entries if one.id in done and one.id not in gone)
    if args.cluster is not None:
        results = engine.run_on_cluster(spec, left, args.cluster)
    else:
        results = engine.run(spec, left, args.n)
    for some in _watched(results, len(left)):
        if journal is not None:
            journal.add(some)
        yield from some


def _watched(results: Iterator[Results], total: int) -> Iterator[Results]:
    """The same results, with a bar and the seconds that are left where people look on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from tapkern.lab.engine import timed

    console = Console(stderr=True)
    left = TextColumn("{task.fields[left]}")
    columns = (BarColumn(), MofNCompleteColumn(), left)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=total, left="")

        def progress(done: int, total: int, seconds: float) -> None:
            bar.update(task, completed=done, left=f"{seconds:.0f} s left")

        yield from timed(results, total, progress)


def _write(args: argparse.Namespace, report: Report) -> None:
    if args.junit is not None:
        from tapkern.lab.report_junit import write_junit

        write_junit(report, args.junit)
    if args.html is not None:
        from tapkern.lab.report_html import write_html

        write_html(report, args.html)


def _print_json(report: Report) -> None:
    from tapkern.lab.results import Verdict

    evidence = (Verdict.FAIL, Verdict.INCONCLUSIVE)
    print(json.dumps(report.to_json(evidence=evidence), ensure_ascii=False))


def _show(report: Report) -> None:
    """Suites with their counts, then every case that did not pass."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from tapkern.lab.masking import masked
    from tapkern.lab.results import COUNTED, Verdict

    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", padding=(0, 1), pad_edge=False)
    table.add_column("suite")
    for name in ("cases", *COUNTED.values()):
        table.add_column(name.replace("_", " "), justify="right")
    for suite in report.suites:
        cases = [one for one in report.cases if one.suite == suite.name]
        if cases:
            table.add_row(suite.name, *map(str, _counts(cases).values()))
    console.print(table)
    told = (Verdict.FAIL, Verdict.INCONCLUSIVE)
    bad = replace(report, cases=tuple(one for one in report.cases if one.verdict in told))
    for one in masked(bad).cases:
        text = f"{one.id} {one.verdict}: {one.title['en']}\n    {one.reason}"
        console.print(text, style="red", markup=False, soft_wrap=True)
    kernel = report.identity
    print(f"kernel {kernel.kernel} {kernel.version} {kernel.identity[:16]}, {report.seconds:.1f} s")
    print(", ".join(f"{name.replace('_', ' ')} {n}" for name, n in report.summary().items()))
    if report.mutants is not None:
        broken.show(report.mutants)


def _counts(cases: Sequence[CaseResult]) -> Mapping[str, int]:
    from tapkern.lab.results import COUNTED

    counts = {
        name: sum(one.verdict is verdict for one in cases) for verdict, name in COUNTED.items()
    }
    return {"cases": len(cases), **counts}
