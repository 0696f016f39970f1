"""`tapkern replay --mutants`: the suites through kernels that are broken on purpose."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tapkern.errors import UsageError

if TYPE_CHECKING:
    from tapkern.lab.mutants import Explained, Progress
    from tapkern.lab.results import Mutants, Report
    from tapkern.lab.suite import Suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    mutants = parser.add_argument_group("what the suites are worth")
    mutants.add_argument(
        "--mutants", action="store_true", help="run them by kernels broken on purpose as well"
    )
    mutants.add_argument(
        "--forced", metavar="FOLDER", help="the build for it (TAPKERN_FORCED, build/forced)"
    )
    mutants.add_argument(
        "--survivors", metavar="FILE", type=Path, help="reasons; what has none is a failure"
    )


@dataclass(frozen=True)
class Broken:
    """What --mutants needs. processes: 0 for one a core."""

    folder: Path
    explained: Explained
    processes: int

    def hunt(self, suites: Sequence[Suite], report: Report) -> tuple[Mutants, list[str]]:
        """The mutants on the cases that passed, and what the file of reasons does not say.

        Errors: TapkernError when a case fails although nothing is forced.
        """
        from tapkern.lab.mutants import hunt, problems
        from tapkern.lab.results import Verdict

        passed = {one.id for one in report.cases if one.verdict is Verdict.PASS}
        cases = [case for suite in suites for case in suite.cases if case.id in passed]
        with _Bar() as progress:
            found = hunt(self.folder, cases, self.processes, progress)
        lines = problems(found, self.explained) if self.explained.path else []
        return found.result(self.explained.reasons), lines


def asked(args: argparse.Namespace) -> Broken | None:
    """What the command line asks for, before any case is run. Errors: UsageError."""
    if not args.mutants:
        if args.forced or args.survivors:
            raise UsageError("needs --mutants", "--forced" if args.forced else "--survivors")
        return None
    if args.kernel or args.cluster:
        where = "--kernel" if args.kernel else "--cluster"
        what = "only our own kernel can be broken, and on this machine"
        raise UsageError(what, f"--mutants {where}", f"leave out {where}")
    from tapkern.lab.forced import find
    from tapkern.lab.mutants import Explained, read_explained

    explained = Explained() if args.survivors is None else read_explained(args.survivors)
    return Broken(find(args.forced), explained, args.n)


class _Bar:
    """A bar on standard error, where people look on."""

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._bar.start()
        task = self._bar.add_task("")

        def progress(what: str, done: int, total: int) -> None:
            self._bar.update(task, description=what, completed=done, total=total)

        return progress

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def show(mutants: Mutants) -> None:
    """The survivors as a table, then the counts."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if mutants.survivors:
        table = Table(box=box.SIMPLE_HEAD, header_style="dim", padding=(0, 1), pad_edge=False)
        for name in ("survivor", "forced"):
            table.add_column(name, no_wrap=True)
        table.add_column("cases", justify="right")
        table.add_column("reason")
        for one in mutants.survivors:
            reason = one["reason"] or ("no case gets there" if not one["cases"] else "")
            table.add_row(one["rule"], one["force"], str(one["cases"]), reason)
        Console(highlight=False).print(table)
    share = 100 * mutants.caught / mutants.total
    survivors = len(mutants.survivors)
    print(
        f"mutants {mutants.total}, caught {mutants.caught} ({share:.1f} %), survivors {survivors}"
    )
