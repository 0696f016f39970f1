"""Branch coverage of the C files that decide a tap: `make coverage`.

    python tools/coverage.py FOLDER

FOLDER holds the objects of a build with --coverage (.gcno) and what its runs counted (.gcda).
Prints a line for each file, the total, and every branch that was never taken, with its reason out
of coverage.toml. Exits 1 and says so when the total is below the least, when a branch was not
taken and has no reason, and when a reason has no such line any more or the line is covered now.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "kernel_c" / "src"
NOTES = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, order=True)
class Line:
    """A line with branches; function and text name it wherever it moves to in its file."""

    file: str
    number: int
    function: str
    text: str
    branches: int
    untaken: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.file, self.function, self.text


@dataclass(frozen=True)
class Reason:
    """Why `untaken` branches of a line are not taken."""

    untaken: int
    why: str


def decision_files(patterns: Sequence[str]) -> list[str]:
    """The files below kernel_c/src that the patterns name; a pattern names at least one."""
    found: list[str] = []
    for pattern in patterns:
        paths = sorted(SOURCES.glob(pattern))
        if not paths:
            raise SystemExit(f"coverage: {pattern} of {NOTES.name} names no file")
        found += [path.relative_to(SOURCES).as_posix() for path in paths]
    return found


def counted(folder: Path, file: str) -> list[Line]:
    """What gcov says about one file: a file that no run loaded is an error, not a zero."""
    data = folder / Path(file).with_suffix(".gcda")
    command = ["gcov", "--branch-probabilities", "--json-format", "--stdout", str(data.resolve())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not data.is_file():
        raise SystemExit(f"coverage: no counts for {file}: {done.stderr.strip()}")
    source = (SOURCES / file).read_text(encoding="utf-8").splitlines()
    found: list[Line] = []
    for unit in json.loads(done.stdout)["files"]:
        if unit["file"].endswith(f"src/{file}"):
            found += [_line(file, source, one) for one in unit["lines"] if one["branches"]]
    return found


def _line(file: str, source: Sequence[str], one: Mapping[str, Any]) -> Line:
    taken = [branch["count"] > 0 for branch in one["branches"]]
    number = one["line_number"]
    text = " ".join(source[number - 1].split())
    return Line(file, number, one["function_name"], text, len(taken), taken.count(False))


def reasons(notes: Mapping[str, Any]) -> dict[tuple[str, str, str], Reason]:
    """The table [reasons] by file, function and text of the line."""
    return {
        (file, function, text): Reason(untaken, why)
        for file, functions in notes["reasons"].items()
        for function, lines in functions.items()
        for text, (untaken, why) in lines.items()
    }


def gaps(lines: Sequence[Line], known: Mapping[tuple[str, str, str], Reason]) -> list[str]:
    """What keeps the coverage from being explained."""
    untaken: dict[tuple[str, str, str], int] = {}
    found: list[str] = []
    for line in lines:
        if line.untaken:
            untaken[line.key] = untaken.get(line.key, 0) + line.untaken
            if line.key not in known:
                found.append(f"{_place(line)}: no reason for {line.untaken} of {line.branches}")
    there = {line.key for line in lines}
    for key, reason in known.items():
        name = f"{key[0]} {key[1]}: {key[2]}"
        if key not in there:
            found.append(f"{name}: there is no such line any more, and a reason for it")
        elif key not in untaken:
            found.append(f"{name}: covered now, and there is a reason for it")
        elif untaken[key] > reason.untaken:
            found.append(f"{name}: {untaken[key]} not taken, a reason for {reason.untaken}")
    return found


def _place(line: Line) -> str:
    return f"kernel_c/src/{line.file}:{line.number}"


def _share(branches: int, untaken: int) -> str:
    taken = branches - untaken
    part = 100 * taken / branches if branches else 100.0
    return f"{taken:6} of {branches:5}  {part:6.2f} %"


def report(lines: Sequence[Line], known: Mapping[tuple[str, str, str], Reason]) -> float:
    """Prints the table and the branches never taken; returns the total in percent."""
    for file in sorted({line.file for line in lines}):
        mine = [line for line in lines if line.file == file]
        branches, untaken = sum(x.branches for x in mine), sum(x.untaken for x in mine)
        print(f"{file:34} {_share(branches, untaken)}")
    branches, untaken = sum(x.branches for x in lines), sum(x.untaken for x in lines)
    print(f"{'branches taken':34} {_share(branches, untaken)}")
    print("\nnever taken:")
    for line in sorted(x for x in lines if x.untaken):
        reason = known.get(line.key)
        print(f"{_place(line)} {line.function}, {line.untaken} of {line.branches}: {line.text}")
        print(f"    {reason.why if reason else 'NO REASON'}")
    return 100 * (branches - untaken) / branches


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the objects of kernel_c/src lie")
    folder = parser.parse_args().folder
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    known = reasons(notes)
    lines = [line for file in decision_files(notes["files"]) for line in counted(folder, file)]
    total = report(lines, known)
    found = gaps(lines, known)
    if total < notes["least"]:
        found.append(f"{total:.2f} % of the branches were taken, least is {notes['least']} %")
    print()
    for gap in found:
        print(f"gap: {gap}")
    print(f"coverage: {total:.2f} %, {len(known)} lines explained, {len(found)} gaps")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
