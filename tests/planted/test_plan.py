"""The defects that python -m tests.planted plants: still possible, and each to be found twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planted.plan import ROOT, Defect, load

PLAN = load()


def test_there_are_ten_defects_and_each_has_two_ways_to_be_found() -> None:
    assert len({defect.name for defect in PLAN.defects}) == len(PLAN.defects) >= 10
    assert [d.name for d in PLAN.defects if len(PLAN.ways(d)) < 2] == []


def test_every_means_finds_something() -> None:
    used = {name for defect in PLAN.defects for name in defect.found_by}
    assert set(PLAN.means) == used


@pytest.mark.parametrize("defect", PLAN.defects, ids=lambda defect: defect.name)
def test_the_text_to_change_stands_in_its_file_once(defect: Defect, tmp_path: Path) -> None:
    copy = tmp_path / defect.file
    copy.parent.mkdir(parents=True)
    original = (ROOT / defect.file).read_text("utf-8")
    copy.write_text(original, "utf-8")
    defect.plant(tmp_path)
    assert copy.read_text("utf-8") != original
    with pytest.raises(ValueError, match="times"):
        Defect("again", "", defect.file, "no such text", "", ()).plant(tmp_path)
