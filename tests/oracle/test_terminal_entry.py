"""Pre-processing, PPSE and selection of the second terminal, near the limits: file 20."""

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

CREDIT, LONG = "A000000333010102", AID + "99"
FIXED = {"ep.start_b_fixed": True}
NO_APPLICATION = ("end_application", "no_application", "EP-060")
NOT_ALLOWED = ("try_another_interface", "not_allowed", "EP-024")


# ---------------------------------------------------------------- pre-processing


@pytest.mark.parametrize(
    ("amount", "more", "sent"),
    [
        (20000, {}, "36004080"),  # EP-015: the floor limit itself is not above it
        (20001, {}, "36804080"),
        (19999, {"switches": {"ep.floor_cmp_ge": True}}, "36004080"),
        (20000, {"switches": {"ep.floor_cmp_ge": True}}, "36804080"),  # EP-016
        (29999, {"floor_limit": 99999}, "36004080"),
        (30000, {"floor_limit": 99999}, "36404080"),  # EP-018
        (5000, {"floor_limit": None, "terminal_floor_limit": 5000}, "36004080"),  # EP-016
        (5001, {"floor_limit": None, "terminal_floor_limit": 5000}, "36804080"),
        (5001, {"terminal_floor_limit": 5000}, "36004080"),
        (1, {"floor_limit": None}, "36804080"),  # EP-017
        (0, {}, "36804080"),  # EP-021
        (100, {}, "36004080"),
        (100, {"status_check": True}, "36804080"),  # EP-012
        (99, {"status_check": True}, "36004080"),
        (101, {"status_check": True}, "36004080"),
        (1, {"ttq": "36C04080", "floor_limit": 1, "switches": FIXED}, "36004080"),  # EP-011
        (1, {"ttq": "36004080", "floor_limit": 0, "switches": FIXED}, "36804080"),
        (1, {"ttq": "B63FFFFF"}, "B620C080"),  # TTQ-002
    ],
)
def test_qualifiers_near_the_limits(amount: int, more: dict[str, Any], sent: str) -> None:
    assert ttq(run(config=document(**more), amount=amount)) == sent


@pytest.mark.parametrize(
    ("amount", "more", "allowed"),
    [
        (499999, {}, True),
        (500000, {}, False),  # EP-014
        (500000, {"transaction_limit": None}, True),
        (0, {"zero_amount": False}, False),  # EP-013
        (1, {"zero_amount": False}, True),
        (0, {"ttq": "3E004080"}, False),  # EP-021: offline-only
        (1, {"ttq": "3E004080"}, True),
        (1, {"ttq": None}, False),  # EP-026
        (1, {"ttq": "17004080"}, False),
        (1, {"ttq": "40004080"}, True),
        (1, {"ttq": "20004080"}, True),
        (1, {"types": ["01"]}, False),
        (1, {"types": ["01", "00"]}, True),
    ],
)
def test_what_is_not_allowed_asks_no_card(amount: int, more: dict[str, Any], allowed: bool) -> None:
    result = run(config=document(**more), amount=amount)
    assert bool(result.commands) == allowed
    assert allowed or short(result) == NOT_ALLOWED


def test_a_status_check_is_of_the_currency() -> None:
    config = document(status_check=True)
    assert ttq(run(config=config, amount=1, exponent=0)) == "36804080"
    assert ttq(run(config=config, amount=100, exponent=0)) == "36004080"


@pytest.mark.parametrize(
    ("date", "real"), [("240229", True), ("250229", False), ("261301", False), ("000000", False)]
)
def test_no_clock_no_tap(date: str, real: bool) -> None:
    """QP-176."""
    result = run(date=date)
    assert bool(result.commands) == real
    assert real or short(result) == ("end_application", "clock_not_set", "QP-176")


# ---------------------------------------------------------------- PPSE


GOOD = directory(entry())
NAME = objects(("84", b"2PAY.SYS.DDF01".hex()))
LIST = template("A5", template("BF0C", entry()))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (GOOD, True),
        (GOOD + b"\x00", False),  # TLV-016
        (b"\x00" + GOOD, False),
        (template("6F", b"\x00" + NAME + b"\x00\xff" + LIST + b"\x00"), True),  # TLV-011, TLV-014
        (template("6F", LIST + NAME), True),  # TLV-019
        (template("6F", NAME + LIST + b"\x5f"), False),  # EP-044
        (template("6F", LIST), False),  # EP-045
        (template("6F", objects(("84", b"1PAY.SYS.DDF01".hex())) + LIST), False),
        (template("6F", NAME + template("A5", b"")), False),
        (template("6F", NAME + template("A5", template("BF0C", b""))), False),
        (template("6F", NAME + template("BF0C", entry())), False),
        (template("70", NAME + LIST), False),
        (b"", False),
    ],
)
def test_the_form_of_the_directory(data: bytes, found: bool) -> None:
    result = run(Script(ppse=data))
    assert (selected(result) == [AID]) == found
    assert found or short(result) == NO_APPLICATION


def test_padding_ff_is_a_switch() -> None:
    """TLV-014."""
    script = template("6F", b"\xff" + NAME + LIST)
    assert selected(run(Script(ppse=script))) == [AID]
    off = document(switches={"tlv.skip_ff": False})
    assert short(run(Script(ppse=script), off)) == NO_APPLICATION


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (template("61", b""), True),  # EP-046
        (template("61", objects(("4F", "A0000003"))), True),
        (template("61", objects(("4F", "A0" * 17))), True),
        (b"\x61\x02\x4f\x09", True),  # EP-047
        (template("42", b"\x00"), True),
        (b"\x61\x70\x4f\x05", False),
        (b"\x61\x80", False),
    ],
)
def test_a_bad_entry_is_skipped_while_the_next_can_be_found(first: bytes, rest: bool) -> None:
    assert (selected(run(Script(ppse=directory(first, entry())))) == [AID]) == rest


@pytest.mark.parametrize(("length", "used"), [(8, True), (16, True), (17, False)])
def test_names_have_at_most_16_bytes(length: int, used: bool) -> None:
    """EP-046."""
    name = AID + "00" * (length - 8)
    assert (selected(run(Script(ppse=directory(entry(name))))) == [name]) == used


def test_entries_before_a_broken_one_count() -> None:
    assert selected(run(Script(ppse=directory(entry(), b"\x61\x70")))) == [AID]


@pytest.mark.parametrize("status", ["6A82", "6283", "6A81", "6100", "9001"])
def test_a_refused_directory_is_none(status: str) -> None:
    """EP-043."""
    answer = GOOD + bytes.fromhex(status)
    assert short(run(Script(answers={1: answer}))) == NO_APPLICATION


# ---------------------------------------------------------------- candidates


@pytest.mark.parametrize(
    ("name", "partial", "matches"),
    [
        (AID, True, True),
        (AID, False, True),
        (LONG, True, True),
        (LONG, False, False),
        (AID[:-2], True, False),
        (CREDIT, True, False),
    ],
)
def test_names_match_whole_or_in_part(name: str, partial: bool, matches: bool) -> None:
    """EP-050."""
    script = Script(ppse=directory(entry(name)), fci={name: application(name=name)})
    assert (selected(run(script, document(partial_match=partial))) == [name]) == matches


@pytest.mark.parametrize(
    ("kernel", "other", "fits"),
    [
        (None, False, True),  # EP-051
        ("07", False, True),
        ("0700", False, True),
        ("00", False, True),
        ("03", False, False),  # EP-055
        ("03", True, True),  # EP-054
        ("47", False, False),  # EP-052
        ("870156", False, False),
        ("8701", False, False),  # EP-053
        ("870156", True, False),
        ("C00156", False, False),
    ],
)
def test_the_kernel_that_the_card_asks_for(kernel: str | None, other: bool, fits: bool) -> None:
    more = (("9F2A", kernel),) if kernel else ()
    config = document(switches={"ep.k7_ignore_other_kid": other})
    assert bool(selected(run(Script(ppse=directory(entry(AID, *more))), config))) == fits


@pytest.mark.parametrize("asked", ["870156", "87015699"])
def test_a_domestic_kernel_is_three_bytes(asked: str) -> None:
    """EP-053; EP-072 after SELECT."""
    config = document(kernel="870156", ttq=None)
    result = run(Script(ppse=directory(entry(AID, ("9F2A", asked)))), config)
    assert selected(result) == [AID] and short(result) == NO_APPLICATION


def test_an_unknown_rid_fits_any_kernel() -> None:
    """EP-051: no default, requested id 0."""
    name = "A000000632010106"
    script = Script(ppse=directory(entry(name)), fci={name: application(name=name)})
    assert selected(run(script, document(aid=name))) == [name]


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        ("02", "01", [CREDIT, AID]),  # EP-062
        ("01", "01", [AID, CREDIT]),
        ("00", "0F", [CREDIT, AID]),
        (None, "0F", [CREDIT, AID]),
        ("82", "01", [CREDIT, AID]),
        ("0102", "0F", [CREDIT, AID]),  # EP-048
    ],
)
def test_priority_decides(first: str | None, second: str, order: list[str]) -> None:
    entries = [
        entry(name, *((("87", priority),) if priority else ()))
        for name, priority in ((AID, first), (CREDIT, second))
    ]
    config = document()
    config["combination"].append({**config["combination"][0], "aid": CREDIT})
    result = run(Script(ppse=directory(*entries), fci={}), config)
    assert selected(result) == order and short(result) == NO_APPLICATION  # EP-065


def test_the_longest_name_has_the_parameters() -> None:
    """EP-057."""
    config = document()
    config["combination"].append({**config["combination"][0], "aid": LONG, "floor_limit": 1})
    script = Script(ppse=directory(entry(LONG)), fci={LONG: application(name=LONG)})
    result = run(script, config)
    assert selected(result) == [LONG] and ttq(result) == "36804080"


@pytest.mark.parametrize(
    ("extension", "on", "sent"),
    [
        ("01", True, [AID + "01"]),  # EP-063
        ("01", False, [AID]),
        ("01" * 8, True, [AID + "01" * 8]),
        ("01" * 9, True, []),
        ("01" * 9, False, [AID]),
    ],
)
def test_extended_selection(extension: str, on: bool, sent: list[str]) -> None:
    script = Script(ppse=directory(entry(AID, ("9F29", extension))))
    assert selected(run(script, document(extended_selection=on))) == sent


def test_another_kernel_is_selected_and_left() -> None:
    """EP-072, EP-023: no TTQ is needed for it."""
    name = "A0000000031010"
    config = document()
    config["combination"].insert(0, {"aid": name, "kernel": 3})
    entries = directory(entry(name, ("87", "01")), entry(AID, ("87", "02")))
    script = Script(ppse=entries, fci={AID: application(), name: application(name=name)})
    result = run(script, config)
    assert selected(result) == [name, AID] and result.status == "approved"


# ---------------------------------------------------------------- FCI of the application


INNER = objects(("50", "44"), ("9F38", PDOL))


@pytest.mark.parametrize(
    ("fci", "used"),
    [
        (application(), True),
        (application(issuer=objects(("9F4D", "0B0A"))), True),
        (application() + b"\x00", False),  # EP-068
        (template("6F", template("A5", INNER)), False),  # EP-067: 84
        (template("6F", objects(("84", "A0000003")) + template("A5", INNER)), False),
        (template("6F", objects(("84", AID))), False),
        (application(pdol=None), False),  # QP-040
        (application(pdol=""), False),
        (application(pdol="9F0206"), False),
        (application(pdol=PDOL + "9F"), False),  # DOL-014
        (application(pdol=PDOL + "9F02"), False),
        (application(pdol=PDOL + "DF0EDB"), True),  # DOL-017: 33 + 219 bytes
        (application(pdol=PDOL + "DF0EDC"), False),
        (application(issuer=b"\xdf\x61"), False),
    ],
)
def test_what_an_application_must_say(fci: bytes, used: bool) -> None:
    result = run(Script(fci={AID: fci}, cid="00"))
    assert selected(result) == [AID]
    assert short(result) == (("declined", "card_declined", "QP-069") if used else NO_APPLICATION)


@pytest.mark.parametrize("status", ["6283", "6A82", "6999", "6101"])
def test_a_refused_application_gives_way(status: str) -> None:
    """EP-065."""
    entries = directory(entry(LONG, ("87", "01")), entry(AID, ("87", "02")))
    script = Script(ppse=entries, answers={2: application() + bytes.fromhex(status)})
    result = run(script)
    assert selected(result) == [LONG, AID] and result.status == "approved"
