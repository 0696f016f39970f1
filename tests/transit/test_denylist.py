"""Deny lists: TK-031, TK-040, TK-042; the list of the gate: TR-007."""

from __future__ import annotations

import datetime
import json
import random
from pathlib import Path

import pytest

from tapkern import UsageError
from tapkern.cli import main
from tapkern.transit import DenyList, LocalDenyList, build
from tapkern.transit.denylist import HEADER
from tests.transit.rides import KEY, PAN

pytestmark = pytest.mark.unmasked("file", "the lines that lists are made of", "list.csv")

DAY = datetime.date(2026, 11, 21)


def made(folder: Path, text: str, **more: object) -> Path:
    """A list of these lines."""
    source = folder / "list.csv"
    source.write_text(text)
    target = folder / "deny.bin"
    build(source, target, version="7", day=DAY, **more)  # type: ignore[arg-type]
    return target


def opened(path: Path, **more: object) -> DenyList:
    return DenyList(path, today=lambda: DAY, **more)  # type: ignore[arg-type]


LINES = """number,psn
# two cards of one number, then every one of another, then a BIN
6200000000000001149,01
6200000000000001149, 02
62000000000010000

620009*
6200000000000001149,01
"""


@pytest.mark.parametrize(
    ("pan", "psn", "listed"),
    [
        ("6200000000000001149", 1, True),
        ("6200000000000001149", 2, True),
        ("6200000000000001149", 3, False),
        ("6200000000000001149", None, True),  # which card it is cannot be told
        ("620000000000000114", None, False),
        ("62000000000000011490", None, False),
        ("62000000000010000", None, True),
        ("62000000000010000", 5, True),
        ("620000000000100000", None, False),
        ("6200000000001000", None, False),
        ("6200090000000000", 1, True),
        ("6200099", None, True),
        ("620010000000000", 1, False),
        ("62000", None, False),
    ],
)
def test_what_is_listed(tmp_path: Path, pan: str, psn: int | None, listed: bool) -> None:
    """TK-031, TK-040: the number as read, with its sequence number where the list has it."""
    with opened(made(tmp_path, LINES)) as found:
        assert (found.exact, found.prefixes, len(found)) == (3, 1, 4)
        assert (found.version, found.day) == ("7", DAY)
        assert found.find(pan, psn) is listed and found.lookup(pan, psn) is listed


def test_against_a_set_of_numbers(tmp_path: Path) -> None:
    """Bisection and merging, with chunks of many sizes; first, last and neighbours."""
    chance = random.Random(5)
    numbers = sorted({f"62{chance.randrange(10**14):014d}" for _ in range(500)})
    shuffled = chance.sample(numbers, len(numbers)) + numbers[:50]
    made_by = [
        made(tmp_path, "\n".join(shuffled), chunk=chunk).read_bytes() for chunk in (1, 7, 550, 1000)
    ]
    assert len(set(made_by)) == 1
    near = {str(int(number) + step) for number in numbers for step in (-1, 1)}
    with opened(tmp_path / "deny.bin") as found:
        assert len(found) == len(numbers)
        assert all(found.find(number) for number in numbers)
        assert not any(found.find(number) for number in near - set(numbers))


def test_a_list_of_hashes(tmp_path: Path) -> None:
    """TK-040: no number is in the file; another key is told from a card that is not listed."""
    path = made(tmp_path, f"{PAN}\n6200000000000001016,05\n", key=KEY)
    assert bytes.fromhex(PAN + "F") not in path.read_bytes()
    with opened(path, key=KEY) as found:
        assert found.find(PAN) and found.find(PAN, 3) and not found.find("6200000000000001172")
        assert found.find("6200000000000001016", 5) and not found.find("6200000000000001016", 6)
    for key in (bytes(32), None):
        with pytest.raises(UsageError, match="key"):
            opened(path, key=key)
    with pytest.raises(UsageError, match="prefixes"):
        made(tmp_path, "620009*", key=KEY)
    with pytest.raises(UsageError, match="key"):
        opened(made(tmp_path, PAN), key=KEY)


@pytest.mark.parametrize(("age", "answers"), [(-1, False), (0, True), (7, True), (8, False)])
def test_a_list_of_other_days_answers_nothing(tmp_path: Path, age: int, answers: bool) -> None:
    """TK-042: None makes the kernel refuse; the day itself and the last one still count."""
    today = DAY + datetime.timedelta(days=age)
    with DenyList(made(tmp_path, PAN), days=7, today=lambda: today) as found:
        assert found.lookup(PAN) is (True if answers else None)
        assert found.lookup("6200000000000001016") is (False if answers else None)


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    with opened(made(tmp_path, "# nobody\n")) as found:
        assert len(found) == 0 and found.lookup(PAN) is False


@pytest.mark.parametrize("damage", ["cut", "longer", "magic", "day", "count", "gone", "empty"])
@pytest.mark.unmasked("file", "a list with a damaged head is known by nothing", "deny.bin")
def test_a_damaged_list_is_refused(tmp_path: Path, damage: str) -> None:
    """TK-042: fail closed."""
    path = made(tmp_path, LINES)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[-1]
    elif damage == "longer":
        data += b"\0"
    elif damage == "empty":
        data.clear()
    elif damage != "gone":
        data[{"magic": 0, "day": 15, "count": 39}[damage]] ^= 1
    path.write_bytes(bytes(data))
    if damage == "gone":
        path.unlink()
    with pytest.raises(UsageError):
        opened(path)


@pytest.mark.parametrize(
    "line",
    [
        "62000", "x", "62000000000000011491", "6200000000000001149,101", "620000*,01", "*",
        "6200000000000001149;x", "６２００００００",
    ],
)  # fmt: skip
def test_a_line_that_is_none(tmp_path: Path, line: str) -> None:
    """The line is named, the number is not repeated; the list that was there stays."""
    path = made(tmp_path, LINES)
    before = path.read_bytes()
    with pytest.raises(UsageError) as refused:
        made(tmp_path, f"{PAN}\n{line}\n")
    assert ":2: " in str(refused.value)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_versions(tmp_path: Path) -> None:
    for version in ("", "x" * 17, "ä"):
        with pytest.raises(UsageError):
            build(tmp_path / "none", tmp_path / "deny.bin", version=version, day=DAY)
    assert HEADER % 16 == 0


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tapkern denylist`: 0 not listed, 1 listed, 2 no list; a number is never shown."""
    source, target = str(tmp_path / "list.csv"), str(tmp_path / "deny.bin")
    Path(source).write_text(LINES)

    def call(*words: str) -> tuple[int, str]:
        code = main.main(("denylist", *words))
        told = capsys.readouterr()
        assert PAN not in told.out + told.err and "Traceback" not in told.err
        return code, told.out + told.err

    assert call("build", source, target, "--date", "20261121", "--version", "A1")[0] == 0
    assert "version A1" in call("show", target)[1]
    assert call("find", target, PAN, "--psn", "1") == (
        1, "620000*********1149: listed (version A1 of 2026-11-21)\n",
    )  # fmt: skip
    assert call("find", target, PAN, "--psn", "3")[0] == 0
    code, out = call("find", target, PAN, "--json")
    assert code == 1 and json.loads(out)["listed"] is True
    for words in (("find", target, "62"), ("find", source, PAN), ("show", target + "x")):
        assert call(*words)[0] == 2
    for words in (
        ("build", source + "x", target),
        ("build", source, target, "--date", "20261399"),
        ("build", source, target, "--key-file", source + "x"),
    ):
        assert call(*words)[0] == 2


def test_the_list_of_the_gate(tmp_path: Path) -> None:
    """TR-007, TK-034: hashes only; a line cut off by a loss of power is no entry."""
    path = tmp_path / "denied.txt"
    denied = LocalDenyList(path, KEY)
    denied.add(PAN)
    denied.add(PAN)
    assert denied.lookup(PAN, 5) and not denied.lookup("6200000000000001016")
    assert len(denied) == 1 and PAN not in path.read_text()
    with open(path, "a") as file:
        file.write("0123")
    again = LocalDenyList(path, KEY)
    assert again.lookup(PAN) and len(again) == 1
    again.add("6200000000000001016")
    assert len(LocalDenyList(path, KEY)) == 2
    assert not LocalDenyList(path, bytes(32)).lookup(PAN)  # hashes of another gate
    path.write_text("not a hash\n")
    with pytest.raises(UsageError):
        LocalDenyList(path, KEY)
