"""Suite files: names, inheritance, loops, and what is refused with file and pointer."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapkern.errors import UsageError
from tapkern.lab.suite import Case, load, merge_patch, parse
from tests.lab.documents import primitives, suite

ROOT = Path(__file__).resolve().parents[2]


def first(document: dict[str, Any]) -> Case:
    case = parse(document, "s.json").cases[0]
    assert isinstance(case, Case)
    return case


def test_a_case_has_everything_its_names_stand_for() -> None:
    case = first(suite())
    assert (case.id, case.group, case.suite) == ("QP-JYJG-0001", "JYJG", "small")
    assert case.configuration["terminal"]["country"] == 156
    assert case.cards[0].personalisation == {"base": "debit"}
    assert case.host is None and len(case.taps) == 1
    assert case.taps[0].transaction["amount"] == 1250
    assert case.taps[0].transaction["start"] == "A"
    assert (case.checks[0].id, case.checks[0].tap, case.checks[0].when) == ("1", 1, "outcome")


def test_a_child_is_its_parent_after_a_merge_patch() -> None:
    document = suite()
    combination = document["terminals"]["retail"]["configuration"]["combination"]
    document["terminals"]["child"] = {
        "parent": "retail",
        "configuration": {"terminal": {"country": 344, "passes": 2}, "ca_key": None},
    }
    document["terminals"]["grandchild"] = {
        "parent": "child",
        "configuration": {"terminal": {"passes": None, "currency": 344}},
    }
    document["cases"][0]["terminal"] = "grandchild"
    found = first(document).configuration
    assert found["terminal"]["country"] == 344 and found["terminal"]["currency"] == 344
    assert "passes" not in found["terminal"] and "ca_key" not in found
    assert found["combination"] == combination
    assert "ca_key" in document["terminals"]["retail"]["configuration"]  # the parent is as it was


def test_merge_patch_is_rfc_7386() -> None:
    for target, patch, result in (
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": ["c", "d"]}, {"a": ["c", "d"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ([1], {"a": 1}, {"a": 1}),
        ({"a": 1}, "c", "c"),
    ):
        assert merge_patch(target, patch) == result


def test_a_later_tap_says_what_differs() -> None:
    document = suite()
    document["cases"][0]["taps"].append(
        {"recovers": True, "damage": 3, "transaction": {"sequence": 2}}
    )
    document["cases"][0]["expect"].append({"id": "9", "tap": 2, "field": "outcome", "is": "x"})
    taps = first(document).taps
    assert taps[1].recovers and taps[1].damage == 3
    assert taps[1].transaction == {**taps[0].transaction, "sequence": 2}


Change = Callable[[dict[str, Any]], object]
WRONG: dict[str, tuple[Change, str, str]] = {
    "an unknown key": (lambda d: d["cases"][0].update(hurry=1), "/cases/0", "hurry"),
    "an unknown check": (
        lambda d: d["cases"][0]["expect"].append({"id": "9", "colour": "red"}),
        "/cases/0/expect/5",
        "oneOf",
    ),
    "a wrong id": (lambda d: d["cases"][0].update(id="QP-1"), "/cases/0/id", "QP-1"),
    "no terminal": (lambda d: d["cases"][0].update(terminal="x"), "/cases/0", "'x'"),
    "no card": (lambda d: d["cases"][0].update(others=["x"]), "/cases/0", "'x'"),
    "no host": (lambda d: d["cases"][0].update(host="x"), "/cases/0", "'x'"),
    "no group": (lambda d: d["groups"].clear(), "/cases/0", "JYJG"),
    "no flag": (lambda d: d["cases"][0].update(flags=["Odd"]), "/cases/0", "Odd"),
    "no parent": (lambda d: d["cards"]["debit"].update(parent="x"), "/cards/debit/parent", "'x'"),
    "a loop": (
        lambda d: d["cards"].update(
            debit={"parent": "other", "personalisation": {}},
            other={"parent": "debit", "personalisation": {}},
        ),
        "/cards/other/parent",
        "debit → other → debit",
    ),
    "a check twice": (
        lambda d: d["cases"][0]["expect"].append(d["cases"][0]["expect"][0]),
        "/cases/0/expect/5",
        "twice",
    ),
    "a tap that is not there": (
        lambda d: d["cases"][0]["expect"][1].update(tap=2),
        "/cases/0/expect/1/tap",
        "no tap 2",
    ),
    "no outcome": (lambda d: d["cases"][0]["expect"].pop(0), "/cases/0/expect", "outcome"),
    "a foreign file": (
        lambda d: d["cards"]["debit"]["personalisation"].update(issuer_file="k.toml"),
        "/cards/debit",
        "outside",
    ),
    "a foreign key": (
        lambda d: d["terminals"]["retail"]["configuration"].update(ca_key=[{"file": "k.csv"}]),
        "/terminals/retail",
        "outside",
    ),
    "an amount that is none": (
        lambda d: d["cases"][0]["taps"][0]["transaction"].update(amount=-1),
        "/cases/0/taps/0/transaction/amount",
        "-1",
    ),
    "a mutation without its value": (
        lambda d: d["cases"][0].update(mutations=[{"kind": "set", "at": "gpo", "tag": "82"}]),
        "/cases/0/mutations/0",
        "value",
    ),
}


@pytest.mark.parametrize("change,pointer,word", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(change: Change, pointer: str, word: str) -> None:
    document = suite()
    change(document)
    with pytest.raises(UsageError) as caught:
        parse(document, "s.json")
    assert caught.value.where == f"s.json#{pointer}" and word in caught.value.what


def test_primitives_are_cases_of_one_operation() -> None:
    found = parse(primitives(), "p.json")
    assert [(one.operation, one.result) for one in found.cases] == [("sm2_verify", "invalid")]
    wrong = primitives()
    wrong["cases"][0]["input"]["colour"] = "red"
    with pytest.raises(UsageError, match="colour"):
        parse(wrong, "p.json")


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_folder_is_looked_through(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    write(tmp_path / "suites" / "a.json", suite())
    write(tmp_path / "suites" / "b.json", primitives())
    write(tmp_path / "manifest.json", {"format": "tapkern-manifest/1"})
    write(tmp_path / "errata.json", {"format": "tapkern-errata/1"})
    (tmp_path / "build.py").write_text("no case")
    shutil.copytree(ROOT / "vectors" / "schema", tmp_path / "schema")
    found = load([tmp_path])
    assert [one.name for one in found] == ["small", "small-sm2"]
    assert len(found[0].digest) == 64 and found[0].digest != found[1].digest
    assert load([tmp_path / "suites" / "a.json", tmp_path])[0].name == "small"


@pytest.mark.parametrize(
    "text,what",
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "format"),
        ('{"format": "tapkern-suite/2"}', "tapkern-suite/2"),
        ('{"format": ["tapkern-suite/1"]}', "format"),
        ('{"format": "tapkern-suite/1"}', "required"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load([tmp_path])
    assert caught.value.where.startswith(str(path)) and what in caught.value.what


def test_nothing_and_doubles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load([tmp_path / "x.json"])
    with pytest.raises(UsageError, match="no suite"):
        load([tmp_path])
    write(tmp_path / "a.json", suite())
    write(tmp_path / "b.json", suite())
    with pytest.raises(UsageError, match="the suite small"):
        load([tmp_path])
    other = copy.deepcopy(suite())
    other["suite"] = "other"
    write(tmp_path / "b.json", other)
    with pytest.raises(UsageError, match="the id QP-JYJG-0001"):
        load([tmp_path])


def test_the_published_schemas_are_those_of_the_package() -> None:
    for path in sorted((ROOT / "src/tapkern/lab/schema").glob("*.json")):
        assert (ROOT / "vectors/schema" / path.name).read_bytes() == path.read_bytes()
