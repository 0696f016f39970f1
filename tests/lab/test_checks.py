"""Every form of a check passes on what fits and fails on what does not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tapkern.card import tlv
from tapkern.lab.checks import TELLS, judge, verdict
from tapkern.lab.results import CheckResult, Exchange, Verdict
from tapkern.lab.stand import Observed, TapObserved
from tapkern.lab.suite import Case, Check, parse
from tests.lab.documents import suite

OBJECTS = ((0x9F02, bytes.fromhex("000000001250")), (0x95, bytes.fromhex("0000008001")))
FIELD55 = b"".join(tlv.encode(tag, value) for tag, value in OBJECTS).hex().upper()
COMMANDS = ("00A404000E325041592E5359532E444446303100", "80A8000002830000")
OUTCOME = {
    "outcome": "online_request",
    "reason": "card_asked_online",
    "rule": "QP-124",
    "balance": None,
    "may_defer": False,
    "field55": FIELD55,
    "data_record": "5A",
}
TAP = TapObserved(
    OUTCOME,
    {**OUTCOME, "outcome": "approved"},
    tuple(Exchange(command, "9000", "answer") for command in COMMANDS),
    ("present_card", "card_read_ok"),
    ("approved",),
    ("keep", "drop"),
    (("6200000000000000011", 1),),
)
SEEN = Observed((TAP,), {"A0": {"atc": 18, "pin": "AB"}})


def result(body: dict[str, Any], seen: Observed = SEEN, **more: Any) -> CheckResult:
    case = parse(suite(), "s.json").cases[0]
    assert isinstance(case, Case)
    check = Check("1", more.get("tap", 1), more.get("when", "outcome"), body)
    one = dataclasses.replace(case, checks=(check,))
    return judge(one, seen, more.get("tells", TELLS))[0]


GOOD_AND_BAD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"field": "rule", "is": "QP-124"}, {"field": "rule", "is": "QP-123"}),
    ({"field": "balance", "is": None}, {"field": "balance", "is": 0}),
    ({"field": "may_defer", "is": False}, {"field": "may_defer", "is": 0}),
    (
        {"field": "reason", "one_of": ["x", "card_asked_online"]},
        {"field": "reason", "one_of": ["x"]},
    ),
    (
        {"field": "outcome", "is_not": "approved"},
        {"field": "outcome", "is_not": "online_request"},
    ),
    ({"apdus": list(COMMANDS)}, {"apdus": list(COMMANDS[:1])}),
    ({"apdus": ["00A404*", "80A80000??8300??"]}, {"apdus": ["00A404*", "80A80000??8301??"]}),
    ({"apdus": ["00a404*", "80A8*"]}, {"apdus": ["00A404*", "80A8*", "00B2*"]}),
    ({"apdu": 2, "matches": "80A8*"}, {"apdu": 2, "matches": "80A8"}),
    ({"apdu": 1, "matches": "00A4*"}, {"apdu": 3, "matches": "*"}),
    ({"no_apdu": "80AE*"}, {"no_apdu": "80A8*"}),
    (
        {"in": "field55", "tag": "9F02", "is": "000000001250"},
        {"in": "field55", "tag": "9F02", "is": "000000001251"},
    ),
    (
        {"in": "field55", "tag": "9F03", "absent": True},
        {"in": "field55", "tag": "9F02", "absent": True},
    ),
    (
        {"in": "field55", "tag": "95", "present": True},
        {"in": "field55", "tag": "9F03", "present": True},
    ),
    (
        {"in": "field55", "tag": "95", "bits": {"B4b8": 1, "B5b1": 1, "B1b8": 0}},
        {"in": "field55", "tag": "95", "bits": {"B4b8": 1, "B5b2": 1}},
    ),
    (
        {"in": "field55", "tag": "95", "bits": {"B5b1": 1}},
        {"in": "field55", "tag": "95", "bits": {"B6b1": 0}},
    ),
    (
        {"in": "field55", "objects": [["95", "0000008001"], ["9F02", "000000001250"]]},
        {"in": "field55", "objects": [["95", "0000008001"]]},
    ),
    (
        {"in": "field55", "objects": [["9F02", "000000001250"], ["95", "0000008001"]]},
        {"in": "field55", "objects": [["95", "0000008001"], ["9F02", "00"]]},
    ),
    ({"ui": ["present_card", "card_read_ok"]}, {"ui": ["card_read_ok", "present_card"]}),
    ({"stored": ["keep", "drop"]}, {"stored": ["keep"]}),
    (
        {"looked_up": [["6200000000000000011", 1]]},
        {"looked_up": [["6200000000000000011", None]]},
    ),
    ({"card": {"A0": {"atc": 18}}}, {"card": {"A0": {"atc": 17}}}),
    ({"card": {"A0": {"pin": "ab"}}}, {"card": {"A1": {"atc": 18}}}),
]


@pytest.mark.parametrize("good,bad", GOOD_AND_BAD, ids=lambda body: "-".join(body))
def test_a_check_passes_and_fails(good: dict[str, Any], bad: dict[str, Any]) -> None:
    assert result(good).passed is True
    found = result(bad)
    assert found.passed is False
    assert found.expected and found.found and found.expected != found.found


def test_lists_begin_with_the_first_difference() -> None:
    found = result({"apdus": ["00A404*", "80A801*", "00B2*"]})
    assert (found.expected, found.found) == ("command 2: 80A801*", f"command 2: {COMMANDS[1]}")
    found = result({"apdus": ["00A404*"]})
    assert found.expected == "command 2: none" and COMMANDS[1] in found.found
    found = result({"in": "field55", "objects": [["95", "00"], ["9F02", "00"]]})
    assert (found.expected, found.found) == ("95: 00", "95: 0000008001")


def test_the_host_comes_after_the_outcome() -> None:
    assert result({"field": "outcome", "is": "approved"}, when="after_host").passed
    assert result({"ui": ["approved"]}, when="after_host").passed
    lonely = Observed((dataclasses.replace(TAP, after_host=None),))
    found = result({"field": "outcome", "is": "approved"}, lonely, when="after_host")
    assert found.passed is False and found.found == "the host was not asked"


@pytest.mark.parametrize(
    "body", [{"field": "rule", "is": "x"}, {"ui": []}, {"in": "field55", "objects": []}]
)
def test_what_a_kernel_does_not_tell_is_not_checked(body: dict[str, Any]) -> None:
    found = result(body, tells=frozenset({"outcome"}))
    assert (found.passed, found.found) == (None, "not told")
    assert verdict(SEEN, [found]) == (Verdict.PASS, "")


def test_a_recorded_card_has_no_counters() -> None:
    seen = dataclasses.replace(SEEN, card=None)
    assert result({"card": {"A0": {"atc": 1}}}, seen).passed is None


def test_commands_are_seen_whatever_is_told() -> None:
    assert result({"apdus": []}, tells=frozenset({"outcome"})).passed is False


def test_a_tap_that_did_not_take_place_fails_its_checks() -> None:
    found = result({"field": "outcome", "is": "approved"}, Observed(()), tap=1)
    assert found.passed is False and "not take place" in found.found
    cut = Observed((TapObserved(exchanges=TAP.exchanges),))
    assert result({"field": "outcome", "is_not": "approved"}, cut).passed is False
    assert result({"apdu": 1, "matches": "00A4*"}, cut).passed is True


def test_what_is_no_tlv_fails() -> None:
    found = result({"in": "data_record", "tag": "5A", "absent": True})
    assert found.passed is False and "not TLV" in found.found


def test_verdicts() -> None:
    good, bad = result(GOOD_AND_BAD[0][0]), result(GOOD_AND_BAD[0][1])
    assert verdict(SEEN, [good]) == (Verdict.PASS, "")
    found, reason = verdict(SEEN, [good, bad, bad])
    assert found is Verdict.FAIL
    assert reason == "check 1, rule: expected QP-123, found QP-124 (and 1 more)"
    assert verdict(Observed((), broken="no outcome"), [good]) == (Verdict.FAIL, "no outcome")
    assert verdict(Observed((), trouble="died"), [bad]) == (Verdict.INCONCLUSIVE, "died")
