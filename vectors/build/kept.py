"""Which of the cases that the builders can make are in the suites: vectors/build/kept.toml.

`python -m vectors.verify --choose` writes the file. It says nothing of what a case expects.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("kept.toml")
HEAD = """# Written by `python -m vectors.verify --choose`, read by the builders.
#
# Numbers of cases, by part and group, that the builders make and the suites leave out: their
# sequence of marked decisions (rule, result) is that of cases that are kept. Only this choice was
# made with the kernel; what a case expects comes from the digest or from the second terminal.

"""


@cache
def _file() -> Mapping[str, list[int]]:
    found: Mapping[str, list[int]] = tomllib.loads(FILE.read_text("utf-8"))
    return found


def is_kept(identifier: str) -> bool:
    """Whether the suites have the case."""
    group, _, number = identifier.rpartition("-")
    return int(number) not in _file().get(group, ())


def write(dropped: Iterable[str]) -> None:
    """Writes the file; the next run of the builders reads it."""
    groups: dict[str, list[int]] = {}
    for identifier in dropped:
        group, _, number = identifier.rpartition("-")
        groups.setdefault(group, []).append(int(number))
    lines = [f"{group} = {_list(groups[group])}" for group in sorted(groups)]
    FILE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def _list(numbers: Iterable[int]) -> str:
    """Numbers as TOML, in lines that a diff can show."""
    texts = [str(number) for number in sorted(numbers)]
    rows = [", ".join(texts[at : at + 14]) for at in range(0, len(texts), 14)]
    return "[" + "".join(f"\n  {row}," for row in rows) + "\n]" if len(rows) > 1 else f"[{rows[0] if rows else ''}]"
