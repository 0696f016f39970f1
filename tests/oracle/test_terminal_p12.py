"""Selection by profile P12 in the second terminal, with near misses: 20 section 9."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.scripted import (
    AID,
    PDOL,
    Script,
    application,
    directory,
    document,
    entry,
    objects,
    run,
    selected,
    short,
    template,
    ttq,
)

CREDIT, OTHER_NAME = "A000000333010102", "A0000000031010"
NO_APPLICATION = ("end_application", "no_application", "EP-060")
NOT_ALLOWED = ("try_another_interface", "not_allowed", "EP-024")
NAME = objects(("84", b"2PAY.SYS.DDF01".hex()))
P12 = {"ep.selection": "p12"}
OTHER = "try_another_interface"
NOTHING = (OTHER, "no_application", "EP-091")
BLOCKED = ("end_application", "card_blocked", "EP-096")
REFUSED = (OTHER, "select_refused", "EP-093")
NO_LIST = (OTHER, "pdol_unusable", "EP-094")


def two(first: str, second: str, **more: Any) -> dict[str, Any]:
    """Two combinations, AID and CREDIT, with their ways of selection."""
    config = document(switches={"ep.selection": first})
    config["combination"].append(
        {**config["combination"][0], "aid": CREDIT, "switches": {"ep.selection": second}, **more}
    )
    return config


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        ({"floor_limit": None}, None),  # EP-017
        ({"floor_limit": None, "terminal_floor_limit": 0}, "36804080"),
        ({"floor_limit": 0}, "36804080"),
        ({}, "36004080"),
        ({"floor_limit": None, "switches": {"ep.selection": "ep"}}, "36804080"),
        ({"floor_limit": None, "profile": "jrt0025-2013", "switches": {}}, None),
    ],
)
def test_p12_needs_a_floor_limit(more: dict[str, Any], sent: str | None) -> None:
    result = run(config=document(**({"switches": P12} | more)))
    if sent is None:
        assert short(result) == NOT_ALLOWED and not result.commands
    else:
        assert ttq(result) == sent


def test_a_combination_without_floor_limit_is_no_usable_one() -> None:
    """EP-017 takes the one away, and with it its say in what happens before selection."""
    empty = template("6F", NAME)
    assert short(run(Script(ppse=empty), two("ep", "p12", floor_limit=None))) == NO_APPLICATION
    assert short(run(Script(ppse=empty), two("ep", "p12"))) == NO_APPLICATION
    config = two("p12", "ep", types=["01"])
    assert short(run(Script(ppse=empty), config)) == NOTHING
    assert short(run(Script(ppse=empty), config, type=1)) == NO_APPLICATION


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("p12", "p12", NOTHING),
        ("p12", "ep", NO_APPLICATION),
        ("ep", "p12", NO_APPLICATION),
        ("ep", "ep", NO_APPLICATION),
    ],
)
def test_before_selection_all_combinations_decide(
    first: str, second: str, expected: tuple[str, ...]
) -> None:
    """EP-091, EP-096, EP-046."""
    config = two(first, second)
    p12 = expected == NOTHING
    for answer in ("6A82", "6283", "6A80", "6A8100"):
        assert short(run(Script(answers={1: bytes.fromhex(answer)}), config)) == expected
    for answer in (b"\x6a\x81", directory(entry()) + b"\x6a\x81"):
        result = run(Script(answers={1: answer}), config)
        assert short(result) == (BLOCKED if p12 else expected)
    for ppse in (b"", template("6F", NAME), directory(entry("A000000333010103"))):
        assert short(run(Script(ppse=ppse), config)) == expected
    nameless = directory(entry(), template("61", objects(("50", "44"))))
    assert selected(run(Script(ppse=nameless), config)) == ([] if p12 else [AID])


@pytest.mark.parametrize(
    ("bad", "valid"),
    [
        (template("61", objects(("50", "44"))), False),  # EP-046
        (template("61", b""), False),
        (template("61", objects(("4F", ""))), False),  # TLV-020
        (template("61", objects(("4F", ""), ("4F", "A0000003"))), True),
        (template("61", objects(("4F", "A0000003"))), True),  # a name, though a short one
        (template("61", objects(("4F", "A0" * 17))), True),
        (template("61", objects(("4F", "A000000632010106"))), True),
        (b"\x61\x02\x4f\x09", True),  # EP-047: nobody knows what is in it
        (template("42", b"\x00"), True),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_p12_takes_no_directory_with_a_nameless_entry(bad: bytes, valid: bool, last: bool) -> None:
    entries = (entry(), bad) if last else (bad, entry())
    result = run(Script(ppse=directory(*entries)), document(switches=P12))
    assert selected(result) == ([AID] if valid else [])
    assert short(result) == (("approved", "approved_offline", "QP-120") if valid else NOTHING)


def test_p12_stops_where_the_next_entry_cannot_be_found() -> None:
    """EP-047."""
    after = directory(entry(), b"\x61\x70" + template("61", b""))
    assert selected(run(Script(ppse=after), document(switches=P12))) == [AID]


PAIR = directory(entry(AID, ("87", "01")), entry(CREDIT, ("87", "02")))
LAST = directory(entry(AID, ("87", "02")), entry(CREDIT, ("87", "01")))


@pytest.mark.parametrize("status", ["6A82", "6283", "6A81", "6100", "9001"])
@pytest.mark.parametrize("way", ["p12", "ep"])
def test_p12_has_no_second_candidate(status: str, way: str) -> None:
    """EP-093: the way of the selected combination counts."""
    fci = {AID: application(), CREDIT: application(name=CREDIT)}
    answer = application() + bytes.fromhex(status)
    result = run(Script(ppse=PAIR, fci=fci, answers={2: answer}), two("p12", way))
    assert short(result) == REFUSED and selected(result) == [AID]
    result = run(Script(ppse=LAST, fci=fci, answers={2: answer}), two("p12", way))
    if way == "p12":
        assert short(result) == REFUSED and selected(result) == [CREDIT]
    else:
        assert result.status == "approved" and selected(result) == [CREDIT, AID]


@pytest.mark.parametrize(
    "fci",
    [
        application() + b"\x00",
        template("6F", template("A5", objects(("50", "44"), ("9F38", PDOL)))),
        template("6F", objects(("84", AID))),
        application(pdol=None),
        application(pdol=""),
        application(pdol="9F0206"),
        application(pdol=PDOL + "9F"),
        application(pdol=PDOL + "DF0EDC"),
        application(issuer=b"\xdf\x61"),
        b"",
    ],
)
def test_p12_needs_a_list_with_the_qualifiers(fci: bytes) -> None:
    """EP-094."""
    both = {AID: fci, CREDIT: application(name=CREDIT)}
    result = run(Script(ppse=PAIR, fci=both), two("p12", "p12"))
    assert short(result) == NO_LIST and selected(result) == [AID]
    result = run(Script(ppse=PAIR, fci=both), two("ep", "p12"))
    assert result.status == "approved" and selected(result) == [AID, CREDIT]
    result = run(Script(ppse=PAIR, fci={AID: fci}), two("ep", "p12"))
    assert short(result) == REFUSED and selected(result) == [AID, CREDIT]
    assert short(run(Script(ppse=PAIR, fci={CREDIT: fci}), two("ep", "ep"))) == NO_APPLICATION


def test_p12_asks_for_another_interface_without_a_contact_reader_too() -> None:
    """EP-091, EP-093, EP-094 do not look at TTQ B1b5."""
    config = document(ttq="26004080", switches=P12)
    assert short(run(Script(ppse=b""), config)) == NOTHING
    assert short(run(Script(fci={}), config)) == REFUSED
    assert short(run(Script(fci={AID: application(pdol=None)}), config)) == NO_LIST


def test_p12_selects_by_priority() -> None:
    """EP-092."""
    fci = {AID: application(), CREDIT: application(name=CREDIT)}
    assert selected(run(Script(ppse=LAST, fci=fci), two("p12", "p12"))) == [CREDIT]
    assert selected(run(Script(ppse=PAIR, fci=fci), two("p12", "p12"))) == [AID]


def test_what_p12_does_not_name_removes_a_candidate() -> None:
    """EP-063, EP-072, OUT-004; EP-091 when none is left."""
    config = document(switches=P12, extended_selection=True)
    script = Script(ppse=directory(entry(AID, ("9F29", "01" * 9))))
    assert short(run(script, config)) == NOTHING
    config = document(switches=P12)
    config["combination"].insert(0, {"aid": OTHER_NAME, "kernel": 3, "switches": P12})
    entries = directory(entry(OTHER_NAME, ("87", "01")), entry(AID, ("87", "02")))
    visa = application(name=OTHER_NAME, pdol=None)
    result = run(Script(ppse=entries, fci={AID: application(), OTHER_NAME: visa}), config)
    assert selected(result) == [OTHER_NAME, AID] and result.status == "approved"
    result = run(Script(ppse=directory(entry(OTHER_NAME)), fci={OTHER_NAME: visa}), config)
    assert short(result) == NOTHING and selected(result) == [OTHER_NAME]
    config = document(switches=P12 | {"qp.gpo_sw_policy": "k3style"})
    assert short(run(Script(answers={3: b"\x69\x85"}), config)) == NOTHING


@pytest.mark.parametrize("command", [1, 2])
def test_p12_asks_again_for_a_lost_card(command: int) -> None:
    """EP-090."""
    config = document(switches=P12)
    assert run(Script(lost=(command,)), config, Script()).status == "approved"
    config = document(switches=P12, terminal={"passes": 0})
    assert short(run(Script(lost=(command,)), config)) == ("try_again", "card_lost", "EP-035")


def test_the_profile_of_2013_selects_by_p12() -> None:
    config = document(profile="jrt0025-2013")
    assert short(run(Script(ppse=b""), config)) == NOTHING
    assert short(run(Script(fci={}), config)) == REFUSED
    kernel = Script(ppse=directory(entry(AID, ("9F2A", "03"))))
    assert run(kernel, config).status == "approved"  # EP-054
    assert short(run(Script(answers={3: b"\x69\x86"}), config))[2] == "QP-054"
    assert run(Script(answers={3: b"\x69\x86"}), config).status == OTHER
