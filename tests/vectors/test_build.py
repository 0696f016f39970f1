"""The builders of the vector suites: documents, cases that are played, files that are compared."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapkern.lab.suite import load
from vectors.build import base, checks, kept
from vectors.build.__main__ import _compared
from vectors.build.documents import dated, merged, patch_between, plain, text
from vectors.build.files import content, written
from vectors.build.grid import Part, add, grid, leaves, put
from vectors.build.play import CannotPlay
from vectors.build.primitives import suites as primitives
from vectors.build.registry import suites
from vectors.build.suite import SuiteBuilder, Words, written_case

GROUPS = {"ZDXE": Words("Limits", "限额")}


def builder() -> SuiteBuilder:
    return SuiteBuilder("small", "ZZ", en="Small", zh="小", groups=GROUPS)


def case_of(*parts: Part) -> dict:
    made = builder()
    add(made, "ZDXE", *parts)
    (job,) = made.jobs()
    return written_case(job)


def field(case: dict, name: str, tap: int = 1) -> object:
    return next(
        one["is"]
        for one in case["expect"]
        if one.get("field") == name and one.get("tap", 1) == tap and "when" not in one
    )


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 4}}),
        ({"a": [1, 2]}, {"a": [1]}),
        ({}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": 5}),
    ],
)
def test_a_patch_makes_the_child_of_the_parent(parent, child) -> None:
    assert merged(parent, patch_between(parent, child)) == child


def test_dates_are_text_in_json_and_dates_again() -> None:
    document = {"application": [{"expiry": datetime.date(2026, 11, 21), "pan": "6200"}]}
    assert plain(document) == {"application": [{"expiry": "2026-11-21", "pan": "6200"}]}
    assert dated(plain(document)) == document


def test_json_is_what_it_was_and_steps_stand_on_lines() -> None:
    value = {
        "recorded": [[["detect", "card", 1], ["host", "00"]]],
        "zh": "限额",
        "long": ["x" * 70] * 3,
    }
    assert json.loads(text(value)) == value
    assert '\n   ["detect", "card", 1],\n' in text(value) and "限额" in text(value)


def test_a_case_has_what_the_second_terminal_tells() -> None:
    found = case_of(Part("paid", "已付", "QP-120"))
    assert field(found, "outcome") == "approved" and field(found, "balance") == 18750
    assert found["source"] == "oracle" and found["requirements"] == ["QP-120"]
    assert "oda.rsa" in found["requires"] and "profile.uics-2018" in found["requires"]
    assert [step[0] for step in found["recorded"][0]] == ["detect", *["transmit"] * 7]
    (counters,) = (one["card"] for one in found["expect"] if "card" in one)
    assert counters["A000000333010101"]["balance"] == 18750


def test_what_is_not_approved_must_not_be() -> None:
    found = case_of(Part("forged", "伪造", faults=("sdad-bit",)))
    assert field(found, "outcome") == "declined"
    assert {"field", "is_not"} <= found["expect"][10].keys()


def test_a_torn_tap_is_recovered_by_a_second_transaction() -> None:
    torn = Part(
        "torn", "闪卡", switches={"tt.recovery": True}, mutations=(leaves("last"),),
        around={"store": "kept", "detections": ["card", "none"]},
        taps=({}, {"recovers": True, "transaction": {"sequence": 8}}),
    )  # fmt: skip
    found = case_of(torn)
    assert field(found, "reason") == "card_may_have_paid"
    assert field(found, "reason", tap=2) == "recovered"
    assert found["taps"][1] == {"recovers": True, "transaction": {"sequence": 8}}
    assert ["store", "keep", "done"] in found["recorded"][0]
    assert ["store", "drop", "done"] in found["recorded"][1]


def test_two_names_of_one_event_are_both_right() -> None:
    found = case_of(Part("no card", "无卡", around={"detections": ["none"]}))
    (rule,) = (one for one in found["expect"] if one.get("field") == "rule")
    assert rule["one_of"] == ["EP-031", None]


def test_a_literal_case_has_its_own_checks_alone() -> None:
    made = builder()
    made.case("ZDXE", "a", "甲", ["QP-120"], checks=checks.ends("declined", rule="QP-123"))
    (job,) = made.jobs()
    found = written_case(job)
    assert found["source"] == "digest" and len(found["expect"]) == 2
    assert found["expect"][0] == {"id": "1", "field": "outcome", "is": "declined"}


def test_what_cannot_be_played_names_the_case() -> None:
    with pytest.raises(CannotPlay, match=r"ZZ-ZDXE-1001 \(bad\): card .*pdol"):
        case_of(Part("bad", "坏", app={"pdol": "9F"}))
    with pytest.raises(CannotPlay, match="no store has kept a record"):
        case_of(Part("bad", "坏", taps=({}, {"recovers": True})))


def test_one_name_is_one_document() -> None:
    made = builder()
    made.terminal("gate", {"terminal": {"passes": 1}})
    assert made.terminal("gate", {"terminal": {"passes": 1}}) == "gate"
    with pytest.raises(ValueError, match="two different documents are called gate"):
        made.terminal("gate", {"terminal": {"passes": 2}})


def test_a_grid_is_every_combination_with_titles_from_its_parts() -> None:
    made = builder()
    amounts = [Part(f"amount {one}", f"金额{one}", amount=one) for one in (1, 2)]
    grid(
        made,
        "ZDXE",
        amounts,
        [Part("x", "某"), Part("y", "另", mutations=(put("gpo", "82", "7C"),))],
    )
    assert [case.title.en for case in made.cases] == [
        "amount 1, x",
        "amount 1, y",
        "amount 2, x",
        "amount 2, y",
    ]
    assert made.cases[1].title.zh == "金额1，另"
    assert len({case.id for case in made.cases}) == 4


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[list[Path], Path, Path]]:
    made = builder()
    add(made, "ZDXE", Part("one", "一", "EP-018", one={"cvm_limit": 1000}))
    files = content([made], workers=1)
    written(files, tmp_path / "there")
    yield written(files, tmp_path / "again"), tmp_path / "there", tmp_path / "again"


def test_what_is_built_again_is_compared(small, capsys) -> None:
    made, there, again = small
    assert _compared(there, made, again) == 0
    path = there / "suites" / "small.json"
    path.write_bytes(path.read_bytes().replace(b"1250", b"1251", 1))
    assert _compared(there, made, again) == 1
    path.unlink()
    assert _compared(there, made, again) == 1
    assert "suites/small.json is not what the builders make" in capsys.readouterr().out


def test_a_file_that_nobody_makes_is_found(small) -> None:
    made, there, again = small
    (there / "suites" / "other.json").write_text("{}", encoding="utf-8")
    assert _compared(there, made, again) == 1


def test_the_runner_reads_what_is_written(small) -> None:
    _, there, _ = small
    (suite,) = load([there])
    (case,) = suite.cases
    assert case.id == "ZZ-ZDXE-1001" and case.configuration["combination"][0]["cvm_limit"] == 1000
    assert case.configuration["ca_key"] == base.ca_keys("rsa")


def test_ids_and_titles_of_every_suite() -> None:
    cases = [case for suite in suites() for case in suite.cases]
    assert len({case.id for case in cases}) == len(cases) > 1500
    assert all(case.title.en and case.title.zh for case in cases)
    assert sum(kept.is_kept(case.id) for case in cases) >= 1500


def test_primitives_hold_good_and_bad_inputs() -> None:
    for made in primitives():
        results = {case["result"] for case in made.cases}
        assert 30 <= len(made.cases) <= 200 and "valid" in results
        assert made.operation == "sm3" or "invalid" in results
