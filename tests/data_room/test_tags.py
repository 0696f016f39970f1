"""The tag dictionary and the C table made from it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tapkern.data import tags
from tapkern.data.tags import Format, Source

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"TAPK_TAG\(0x([0-9A-F]+), (\w+), (\w+), (\d+), (\d+)\)")


def rows() -> list[tuple[int, str, str, int, int]]:
    text = (ROOT / "kernel_c" / "tags.def").read_text(encoding="utf-8")
    return [
        (int(m[1], 16), m[2], m[3], int(m[4]), int(m[5]))
        for m in map(LINE.match, text.splitlines())
        if m
    ]


def test_find_gives_a_typed_row() -> None:
    row = tags.find(0x9F66)
    assert row is not None
    assert row.name_en == "Terminal Transaction Qualifiers (TTQ)"
    assert row.name_zh == "终端交易属性"
    assert (row.source, row.format, row.min_len, row.max_len) == (Source.TERMINAL, Format.B, 4, 4)
    assert tags.find(0xC1) is None


@pytest.mark.parametrize("tag", [0x9F5D, 0x9F66, 0x9F6B, 0x9F6D, 0x9F63, 0x9F51])
def test_our_meaning_comes_first(tag: int) -> None:
    first, *others = tags.meanings(tag)
    assert first.is_ours
    assert others
    assert not any(row.is_ours for row in others)


def test_every_tag_has_at_most_one_meaning_of_ours() -> None:
    for tag, found in tags.table().items():
        assert sum(row.is_ours for row in found) <= 1, f"{tag:X}"


@pytest.mark.parametrize("tag", [0x57, 0x5A, 0x5F24, 0x82, 0x94, 0x9F26, 0x9F4B, 0x9F6C, 0x9F69])
def test_card_tags_are_known(tag: int) -> None:
    assert tags.is_known_card(tag)
    assert not tags.is_terminal_owned(tag)


@pytest.mark.parametrize(
    "tag", [0x9F37, 0x9F02, 0x5F2A, 0x95, 0x8A, 0x91, 0xDF01, 0xDF60, 0x9F45, 0x9F4C]
)
def test_terminal_and_issuer_tags_are_owned(tag: int) -> None:
    assert tags.is_terminal_owned(tag)
    assert not tags.is_known_card(tag)


@pytest.mark.parametrize("tag", [0x70, 0x77, 0xA5, 0xBF0C, 0x9F5E, 0x9F6E, 0x56, 0xDF8129, 0xC1])
def test_templates_and_foreign_tags_are_neither(tag: int) -> None:
    assert not tags.is_known_card(tag)


def test_generated_table_is_sorted_and_unique() -> None:
    numbers = [row[0] for row in rows()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 200


def test_generated_table_agrees_with_the_csv() -> None:
    found = {row[0]: row for row in rows()}
    for tag in tags.table():
        source, info = tags.source_of(tag), tags.find(tag)
        if source is None:
            assert tag not in found, f"{tag:X} belongs to another scheme"
            continue
        assert info is not None
        most = 255 if info.max_len is None else min(255, info.max_len)
        assert found[tag] == (tag, source.name, info.format.name, info.min_len, most)
    assert found[0x9F02] == (0x9F02, "TERMINAL", "N", 6, 6)
    assert 0xFF8058 in found
    assert 0xDF8129 not in found


def test_generated_files_are_current() -> None:
    tool = [sys.executable, str(ROOT / "tools" / "generate.py"), "--check"]
    result = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_stale_file_is_noticed(tmp_path: Path) -> None:
    data = ("src/tapkern/data/tags.py", "src/tapkern/data/tags.csv", "src/tapkern/lab/marks.json")
    for name in ("tools/generate.py", "tools/marks.py", *data):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "kernel_c").mkdir()
    made = (ROOT / "kernel_c" / "tags.def").read_text(encoding="utf-8")
    (tmp_path / "kernel_c" / "tags.def").write_text(made.replace("9F02", "9FFF"), encoding="utf-8")
    tool = [sys.executable, str(tmp_path / "tools" / "generate.py")]
    assert subprocess.run([*tool, "--check"], capture_output=True, check=False).returncode == 1
    assert subprocess.run(tool, capture_output=True, check=False).returncode == 0
    assert (tmp_path / "kernel_c" / "tags.def").read_text(encoding="utf-8") == made
