"""Random taps through the kernel and the oracle: `python -m tests.differential --taps 2000`.

Exit code: 0 when both agree everywhere, 1 when they differ anywhere or the taps are too much alike.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.differential import report
from tests.differential.documents import Case
from tests.differential.generator import case
from tests.differential.run import Tally, run
from tests.differential.sides import Terminals, oracle
from tests.noting import note


def main(arguments: Sequence[str] | None = None, second: Terminals = oracle) -> int:
    """Runs what the command line asks for; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.case is not None or options.only is not None:
        one = (
            Case.from_toml(options.case.read_text("utf-8"))
            if options.case is not None
            else case(options.seed, options.only)
        )
        return _single(one, options.shrink, second)
    print(f"seed {options.seed}", flush=True)
    progress = _progress if sys.stderr.isatty() else None
    tally = run(options.seed, options.taps, second, options.workers, progress)
    for line in report.distribution(tally):
        print(line)
    kinds = report.by_kind(tally.differences)
    for line in report.differences(tally):
        print(line)
    shortened = options.shrink if options.shrink is not None else SHRUNK
    for found in list(kinds.values())[:shortened]:
        print(f"\n# tap {found[0].index} of seed {found[0].seed}, made short", flush=True)
        for line in report.shrunk(case(options.seed, found[0].index), second):
            print(line)
    problems = report.missing_shares(tally)
    problems += [f"tap {index} cannot be run: {what}" for index, what in tally.refused]
    for problem in problems:
        print(f"error: {problem}")
    count = len(tally.differences)
    if second is oracle and tally.taps >= WHOLE:
        note("differential", f"{tally.taps} taps, seed {options.seed}", count + len(problems))
    print(f"taps {tally.taps}, differences {count}, seed {options.seed}")
    return 1 if count or problems else 0


WHOLE = 2000
"""Taps from which on a run is told to the table of docs/hostile.md."""

SHRUNK = 3
"""Kinds of differences of which a run shows a short case."""


def _progress(tally: Tally) -> None:
    """One line that is written over and over."""
    print(f"\r{tally.taps} taps, {len(tally.differences)} differ ", end="", file=sys.stderr)


def _single(one: Case, shortened: int | None, second: Terminals) -> int:
    """One tap in full; with --shrink also made short."""
    lines = list(report.single(one, second))
    print("\n".join(lines))
    differs = lines[-1] != "no difference"
    if differs and shortened:
        print("\n".join(report.shrunk(one, second)))
    return int(differs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--taps", type=int, default=2000, help="how many taps (2000)")
    parser.add_argument("--seed", type=int, default=1, help="another run of taps (1)")
    parser.add_argument("--only", type=int, metavar="INDEX", help="show this tap of the seed")
    parser.add_argument("--case", type=Path, metavar="FILE", help="show the tap of a case file")
    parser.add_argument("--workers", type=int, default=0, help="processes (one a core)")
    parser.add_argument(
        "--shrink", type=int, metavar="N", help=f"kinds of differences made short ({SHRUNK})"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
