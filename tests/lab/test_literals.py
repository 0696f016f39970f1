"""The literal cases: numbers that stay, rules that exist, every tap with an end that is judged."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from vectors.build.literal import wire
from vectors.build.literal.row import Row

ROWS = list(wire.rows())
ID = re.compile(r"[A-Z]{2}-[A-Z]{4}-9[0-9]{3}")
RULES = Path(__file__).parents[2] / "kernel_c" / "rules.def"
MARKED = {
    f"{part}-{number}" for part, number in re.findall(r"\b([A-Z]+)_(\d{3})\b", RULES.read_text())
}


def test_there_are_enough_of_them_and_each_has_a_number_of_its_own() -> None:
    assert len(ROWS) >= 220
    twice = [name for name, count in Counter(row.id for row in ROWS).items() if count > 1]
    assert not twice


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_row_says_what_the_digest_says(row: Row) -> None:
    assert ID.fullmatch(row.id)
    assert row.id.split("-")[1] in wire.GROUPS
    assert row.en and row.zh
    cited = row.req.split()
    assert cited and not set(cited) - MARKED
    judged = {one.get("tap", 1) for one in row.expect if one.get("field") == "outcome"}
    assert judged == set(range(1, 2 if row.again is None else 3))


def test_every_row_becomes_a_case_of_a_suite_of_its_part() -> None:
    made = wire.added([])
    cases = {case.id: suite for suite in made for case in suite.cases}
    assert set(cases) == {row.id for row in ROWS}
    assert all(name.startswith(f"{suite.letters}-") for name, suite in cases.items())
    assert {case.source for suite in made for case in suite.cases} == {"digest"}
