"""The requirement matrix: every id of the chapters that judge the kernel, and where it lives.

    python tools/matrix.py SEEN... [--out build]

SEEN are files of lines `ID BITS`: which decisions a test run saw false (1) and true (2), lines
`bit NAME BITS` for the bits of card and terminal data, and lines `limit ID BITS` for a >= b seen
one below (1), equal (2) and one above (4). Writes matrix.html and matrix.csv; exits 1 and names
every gap: an id without code and without a reason, code without a test, a mark that was not seen
both ways, a decision bit that was never 0 or never 1, a limit whose near misses were not seen.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from marks import MARK

ROOT = Path(__file__).resolve().parent.parent
NOTES = Path(__file__).with_name("matrix.toml")
CHAPTERS = {
    "TLV, formats, DOL, APDU, commands": ("TLV", "FMT", "DOL", "APDU", "CMD"),
    "Entry point and outcomes": ("EP", "OUT"),
    "qPBOC flow": ("QP", "TTQ", "CTQ", "FD", "TT", "TR"),
    "Logs": ("LG",),
    "Card simulator": ("CS",),
}
DEFINED = re.compile(r'^TAPK_RULE\([A-Z]+_\d{3}, *\d+, "([A-Z]+-\d{3})"\)', re.MULTILINE)
NAMED = re.compile(r"(?<![A-Z])([A-Z]{2,4})[-_](\d{3})(?!\d)(?:\.\.\.([A-Z]{2,4})-(\d{3}))?")
CODE = ("kernel_c/src/**/*.[ch]", "kernel_c/driver/*.c", "src/tapkern/**/*.py")
TESTS = ("kernel_c/tests/*.[ch]", "tests/**/*.py", "tests/**/*.json", "vectors/**/*.json")


@dataclass(frozen=True)
class Row:
    """A line of the matrix: places `file:line` and test files; seen is "", "0", "1" or "0 1"."""

    id: str
    chapter: str
    code: tuple[str, ...]
    marked: bool
    tests: tuple[str, ...]
    seen: str
    reason: str

    @property
    def gaps(self) -> list[str]:
        """What is missing; empty when the row is complete."""
        if self.reason and not self.marked:
            return []
        if not self.code:
            return ["has no code and no reason"]
        found = [] if self.tests else ["has no test"]
        if self.marked and self.seen != "0 1" and not self.reason:
            found.append(f"was seen {self.seen or 'never'}, not both ways")
        return found


def identifiers() -> dict[str, str]:
    """Every id of the chapters, with its chapter."""
    text = (ROOT / "kernel_c" / "rules.def").read_text(encoding="utf-8")
    chapter = {prefix: name for name, prefixes in CHAPTERS.items() for prefix in prefixes}
    found = {}
    for rule in DEFINED.findall(text):
        prefix = rule.split("-")[0]
        if prefix in chapter:
            found[rule] = chapter[prefix]
    return found


def _sources(patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(path, text) of the files that the patterns name."""
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _named(line: str) -> Iterator[str]:
    """Ids in a line; EP-011...EP-014 names all from one to the other."""
    for prefix, number, last_prefix, last in NAMED.findall(line):
        end = int(last) if last and last_prefix == prefix else int(number)
        for each in range(int(number), end + 1):
            yield f"{prefix}-{each:03d}"


@dataclass(frozen=True)
class Places:
    """Where ids are marked, where they are named at all, and which marks are limits."""

    marked: Mapping[str, list[str]]
    named: Mapping[str, list[str]]
    limits: frozenset[str]


def places(patterns: Iterable[str]) -> Places:
    """What the files say about ids."""
    limits = set()
    marked: dict[str, list[str]] = {}
    named: dict[str, list[str]] = {}
    for path, text in _sources(patterns):
        for found in MARK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            rule = found[2].replace("_", "-")
            marked.setdefault(rule, []).append(f"{path}:{line}")
            if found[1]:
                limits.add(rule)
        for number, line_text in enumerate(text.splitlines(), 1):
            for rule in _named(line_text):
                named.setdefault(rule, []).append(f"{path}:{number}")
    return Places(marked, named, frozenset(limits))


@dataclass(frozen=True)
class Seen:
    """Bits by rule id, by name of a decision bit, and by the id of a limit."""

    rules: dict[str, int]
    bits: dict[str, int]
    limits: dict[str, int]


def read_seen(files: Iterable[Path]) -> Seen:
    """What all files together have seen."""
    seen = Seen({}, {}, {})
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            name, value = line.rsplit(" ", 1)
            kind, _, rest = name.partition(" ")
            found = {"bit": seen.bits, "limit": seen.limits}.get(kind, seen.rules)
            found[rest or name] = found.get(rest or name, 0) | int(value)
    return seen


SEEN = {0: "", 1: "0", 2: "1", 3: "0 1"}


def near(value: int) -> str:
    """How near a limit was seen, in words."""
    return " ".join(word for bit, word in ((1, "-1"), (2, "0"), (4, "+1")) if value & bit)


def rows(code: Places, seen: Mapping[str, int], reasons: Mapping[str, str]) -> list[Row]:
    """The whole matrix in the order of the chapters."""
    marked, named, tested = code.marked, code.named, places(TESTS).named
    return [
        Row(
            id=rule,
            chapter=chapter,
            code=tuple(marked.get(rule) or named.get(rule, [])),
            marked=rule in marked,
            tests=tuple(dict.fromkeys(place.split(":")[0] for place in tested.get(rule, ()))),
            seen=SEEN[seen.get(rule, 0)],
            reason=reasons.get(rule, ""),
        )
        for rule, chapter in identifiers().items()
    ]


def problems(
    table: Iterable[Row], bits: Mapping[str, int], reasons: Mapping[str, str], wanted: list[str]
) -> list[str]:
    """Every gap as a line."""
    table = list(table)
    found = [f"{row.id} {gap}" for row in table for gap in row.gaps]
    known = {row.id for row in table}
    found += [f"{rule} has a reason, but is no id" for rule in reasons if rule not in known]
    for name in wanted:
        value = bits.get(name, 0)
        if value != 3:
            found.append(f"bit {name} was seen {SEEN[value] or 'never'}, not both ways")
    return found


def limit_problems(
    limits: Iterable[str], seen: Mapping[str, int], reasons: Mapping[str, str]
) -> list[str]:
    """Limits whose near misses were not seen, and reasons that no limit needs."""
    found = []
    for rule in sorted(limits):
        if seen.get(rule, 0) != 7 and rule not in reasons:
            found.append(f"limit {rule} was seen {near(seen.get(rule, 0)) or 'never'}, not -1 0 +1")
    found += [
        f"limit {rule} has a reason it does not need"
        for rule in reasons
        if rule not in limits or seen.get(rule, 0) == 7
    ]
    return found


def write(folder: Path, table: list[Row], seen: Seen, limits: list[str], gaps: list[str]) -> None:
    """matrix.csv and matrix.html."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "matrix.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "code", "tests", "seen", "reason"])
        for row in table:
            lines.writerow([row.id, " ".join(row.code), " ".join(row.tests), row.seen, row.reason])
    page = Environment(
        loader=FileSystemLoader(NOTES.parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    ).get_template("matrix.html.jinja")
    text = page.render(
        chapters=[(name, [row for row in table if row.chapter == name]) for name in CHAPTERS],
        bits={name: SEEN[value] for name, value in sorted(seen.bits.items())},
        limits={rule: near(seen.limits.get(rule, 0)) for rule in limits},
        gaps=gaps,
    )
    (folder / "matrix.html").write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seen", type=Path, nargs="*", help="files of a test run")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder (build)")
    args = parser.parse_args()
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    seen, code = read_seen(args.seen), places(CODE)
    table = rows(code, seen.rules, notes["reasons"])
    limits = [row.id for row in table if row.id in code.limits]
    gaps = problems(table, seen.bits, notes["reasons"], notes["bits"])
    gaps += limit_problems(limits, seen.limits, notes["limits"])
    write(args.out, table, seen, limits, gaps)
    for gap in gaps:
        print(gap)
    complete = sum(1 for row in table if not row.gaps)
    print(f"matrix: {len(table)} ids, {complete} complete, {len(gaps)} gaps")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
