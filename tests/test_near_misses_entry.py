"""The entry point line by line, each with its near miss (digest file 20)."""

from __future__ import annotations

from typing import Any

import pytest

from tapkern.card.tlv import encode
from tests.rows import (
    ANY,
    BOTH,
    DC_ONLY,
    DEBIT,
    NO_CONTACT,
    OFFLINE,
    combination,
    ends,
    play,
    row,
    table,
    terminal,
)

PAID = "approved approved_offline QP-120 no_cvm"
ASKED = "online card_asked_online QP-124 no_cvm"
NOT_ALLOWED = "contact not_allowed EP-024"
NONE = "end no_application EP-060"
P12 = '"ep.selection" = "p12"'
GE = '"ep.floor_cmp_ge" = true'
BINARY, STATUS = 'terminal_floor_limit = "200.00"', 'floor_limit = "9"\nstatus_check = true'
CVM = 'floor_limit = "900.00"\ncvm_limit = "300.00"'


@pytest.mark.parametrize(
    ("limits", "switches", "amount", "sent", "rule"),
    [
        ('floor_limit = "200.00"', "", "199.99", "36004080", "EP-015"),
        ('floor_limit = "200.00"', "", "200.00", "36004080", "EP-015"),
        ('floor_limit = "200.00"', "", "200.01", "36804080", "EP-015, EP-019"),
        ('floor_limit = "200.00"', "", "200.02", "36804080", "EP-015, EP-019"),
        ('floor_limit = "200.00"', GE, "199.99", "36004080", "EP-015"),
        ('floor_limit = "200.00"', GE, "200.00", "36804080", "EP-015"),
        ('floor_limit = "200.00"', GE, "200.01", "36804080", "EP-015"),
        (BINARY, "", "199.99", "36004080", "EP-016"),
        (BINARY, "", "200.00", "36004080", "EP-016"),
        (BINARY, "", "200.01", "36804080", "EP-016"),
        (BINARY, "", "200.02", "36804080", "EP-016"),
        (BINARY, GE, "199.99", "36004080", "EP-016"),
        (BINARY, GE, "200.00", "36804080", "EP-016"),
        (BINARY + '\nfloor_limit = "100.00"', "", "150.00", "36804080", "EP-016: EP-015 is there"),
        ("", "", "0.01", "36804080", "EP-017"),
        ('floor_limit = "0"', "", "0.01", "36804080", "EP-017: a limit of 0 is one"),
        (STATUS, "", "0.99", "36004080", "EP-012"),
        (STATUS, "", "1.00", "36804080", "EP-012, EP-020, QP-020"),
        (STATUS, "", "1.01", "36004080", "EP-012"),
        ('floor_limit = "9"', "", "1.00", "36004080", "EP-012: not asked for"),
        ('floor_limit = "9"', "", "0", "36804080", "EP-013, EP-021, QP-021"),
        ('floor_limit = "9"', "", "0.01", "36004080", "EP-013"),
        (CVM, "", "299.99", "36004080", "EP-018"),
        (CVM, "", "300.00", "36404080", "EP-018, EP-022, QP-024"),
        (CVM, "", "300.01", "36404080", "EP-018, EP-022"),
        ('floor_limit = "1"\ncvm_limit = "1"', "", "1.01", "36C04080", "EP-019 and EP-022"),
    ],
)  # fmt: skip
def test_ttq_as_sent(limits: str, switches: str, amount: str, sent: str, rule: str) -> None:
    """EP-011...EP-022, EP-069: the bytes in GPO."""
    found, reader = play(limits=limits, switches=switches, amount=amount)
    (gpo,) = [command for command in reader.commands if command[1] == 0xA8]
    assert gpo[7:11].hex().upper() == sent == (found.tags.get(0x9F66) or b"").hex().upper(), rule


@table(
    row("EP-014 a minor unit below the limit", PAID, limits='floor_limit = "99"\n'
        'transaction_limit = "20.00"', amount="19.99"),
    row("EP-014 at the limit", NOT_ALLOWED, limits='floor_limit = "99"\n'
        'transaction_limit = "20.00"', amount="20.00"),
    row("EP-014 a minor unit above it", NOT_ALLOWED, limits='floor_limit = "99"\n'
        'transaction_limit = "20.00"', amount="20.01"),
    row("EP-013 a zero amount that is not allowed", NOT_ALLOWED, amount="0",
        limits='floor_limit = "99"\nzero_amount = false'),
    row("EP-013 and one minor unit", PAID, amount="0.01",
        limits='floor_limit = "99"\nzero_amount = false'),
    row("EP-021 zero, TTQ B1b4 1", NOT_ALLOWED, ttq=OFFLINE, amount="0"),
    row("EP-021 zero, TTQ B1b4 0", ASKED, amount="0"),
    row("EP-021 one minor unit, TTQ B1b4 1", PAID, ttq=OFFLINE, amount="0.01"),
    row("EP-017 no floor limit in the 2013 edition", NOT_ALLOWED, limits="", switches=P12),
    row("EP-017 a floor limit in the 2013 edition", PAID, switches=P12),
    row("EP-026 TTQ B1b7 0, B1b6 0", NOT_ALLOWED, ttq="16004080"),
    row("EP-026 TTQ B1b6 1", PAID, ttq="36004080"),
    row("EP-026 TTQ B1b7 1", "contact path_not_supported QP-160", ttq=DC_ONLY),
    row("EP-026 both", "contact path_not_supported QP-160", ttq=BOTH),
    row("QP-027 a type that is listed", PAID, limits='floor_limit = "99"\ntypes = ["00", "01"]',
        type=0x00),
    row("QP-027 a type that is not", NOT_ALLOWED, limits='floor_limit = "99"\ntypes = ["01"]',
        type=0x00),
)  # fmt: skip
def test_what_is_allowed(expected: str, scene: dict[str, Any]) -> None:
    """EP-024, QP-026: before any field."""
    found, reader = play(**scene)
    assert ends(**scene) == expected
    assert (found.outcome.rule == "EP-024") is (reader.commands == [])


def test_one_usable_combination_is_enough() -> None:
    """EP-024."""
    small = combination(aid=DEBIT, limits='floor_limit = "1"\ntransaction_limit = "1"')
    wide = combination(aid=ANY)
    assert ends(found=terminal(small, small.replace(DEBIT, "A000000003"))) == NOT_ALLOWED
    assert ends(found=terminal(small, wide)) == PAID


PPSE = b"2PAY.SYS.DDF01"


def entry(aid: str, **more: str) -> bytes:
    """A directory entry: 4F, then objects by name: t87="01"."""
    objects = {0x4F: aid, **{int(tag[1:], 16): value for tag, value in more.items()}}
    return encode(
        0x61, b"".join(encode(tag, bytes.fromhex(value)) for tag, value in objects.items())
    )


def directory(*entries: bytes, name: bytes = PPSE, bf0c: int = 0xBF0C, a5: bytes = b"") -> str:
    """A PPSE answer."""
    inside = encode(bf0c, b"".join(entries)) + a5
    return (encode(0x6F, encode(0x84, name) + encode(0xA5, inside)) + b"\x90\x00").hex()


def selected(answer: str, **scene: Any) -> str:
    """The names of the SELECT commands after this directory."""
    commands = play(answers={1: answer}, **scene)[1].commands[1:]
    return " ".join(c[5:-1].hex().upper() for c in commands if c[1] == 0xA4)


HERE = entry(DEBIT)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (directory(HERE), True),
        (directory(HERE)[:-4] + "9001", False),  # EP-043
        (directory(HERE)[:-4] + "6283", False),
        ("9000", False),  # EP-044
        (directory(HERE)[:-4] + "009000", False),  # a byte behind 6F
        (directory(HERE).replace("6f", "6e", 1), False),
        (directory(HERE, a5=b"\x00"), True),  # EP-044: padding in A5
        (directory(HERE, a5=b"\x50"), False),  # half an object in A5
        (directory(HERE, a5=b"\x50\x01A"), True),
        (directory(HERE, name=PPSE[:-1]), False),  # EP-045
        (directory(HERE, name=PPSE[:-1] + b"2"), False),
        (directory(HERE, name=PPSE + b"1"), False),
        (directory(HERE, bf0c=0xBF0D), False),
        (directory(), False),
        (directory(HERE.replace(b"\x61", b"\x62", 1)), False),  # no 61
        (directory(entry("A0000003"), HERE), True),  # EP-046: the next one
        (directory(HERE[:-1] + b"\x00\x4f"), False),  # EP-047: 4F runs out of the entry
        (directory(encode(0x61, HERE[2:] + b"\x50\x09A")), False),  # half an object behind it
        (directory(encode(0x61, HERE[2:] + b"\x50\x01A")), True),
        (directory(encode(0x61, b"\x4f\x09" + bytes.fromhex(DEBIT)), HERE), True),
    ],
)
def test_directory(answer: str, found: bool) -> None:
    """EP-043...EP-047: a candidate, or none (EP-060)."""
    assert ends(answers={1: answer}) == (PAID if found else NONE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A0000003", ""),
        ("A000000333", "A000000333"),
        ("A00000033301", "A00000033301"),
        ("A000000333" + "01" * 10, "A000000333" + "01" * 10),
        ("A000000333" + "01" * 11, "A000000333" + "01" * 11),
        ("A000000333" + "01" * 12, ""),
    ],
)
def test_length_of_a_name(name: str, expected: str) -> None:
    """EP-046: 4, 5, 6 and 15, 16, 17 bytes."""
    assert selected(directory(entry(name))) == expected


@pytest.mark.parametrize(
    ("aid", "exact", "expected"),
    [
        (DEBIT, False, DEBIT),
        (DEBIT[:-2], False, DEBIT),
        (DEBIT + "01", False, ""),
        (DEBIT[:-2] + "02", False, ""),
        (DEBIT[:-4] + "02", False, ""),
        (DEBIT, True, DEBIT),
        (DEBIT[:-2], True, ""),
    ],
)
def test_match_of_names(aid: str, exact: bool, expected: str) -> None:
    """EP-050: the name on the card begins with the AID, or is it."""
    limits = f'floor_limit = "99"\npartial_match = {str(not exact).lower()}'
    found = terminal(combination(aid=aid, limits=limits))
    assert selected(directory(HERE), found=found) == expected


@pytest.mark.parametrize(
    ("kernel", "found"),
    [
        (None, True),  # EP-051
        ("", True),
        ("07", True),  # EP-052, EP-055
        ("06", False),
        ("08", False),
        ("47", False),  # the two high bits belong to the identifier
        ("00", True),
        ("0701020304050607", True),  # 8 bytes
        ("070102030405060708", True),  # 9 bytes: EP-048, as if absent
        ("030102030405060708", True),
        ("8701", False),  # EP-053: 2 bytes
        ("870156", False),
        ("800156", False),
        ("C70156", False),
    ],
)
def test_requested_kernel(kernel: str | None, found: bool) -> None:
    """EP-051...EP-055 for kernel 7."""
    asked = entry(DEBIT) if kernel is None else entry(DEBIT, t9F2A=kernel)
    assert selected(directory(asked)) == (DEBIT if found else "")


@pytest.mark.parametrize(
    ("kernel", "asked", "found"),
    [
        ("870156", "8701", False),  # EP-053: 2, 3 and 4 bytes
        ("870156", "870156", True),
        ("870156", "87015601", True),
        ("870156", "810156", False),  # EP-055
        ("870156", "C70156", False),
        ("870156", "870157", False),
        ("810156", "810156", True),
        ("810156", "800156", False),
    ],
)
def test_domestic_kernel(kernel: str, asked: str, found: bool) -> None:
    """EP-053, EP-055: selected, though no such kernel is here (EP-072)."""
    limits = f'floor_limit = "99"\nkernel = "{kernel}"'
    answer = directory(entry(DEBIT, t9F2A=asked))
    assert selected(answer, limits=limits) == (DEBIT if found else "")
    assert ends(answers={1: answer}, limits=limits) == NONE


@pytest.mark.parametrize(
    ("asked", "on", "found"),
    [("03", True, True), ("03", False, False), ("07", True, True), ("830156", True, False)],
)
def test_another_kernel_may_be_ignored(asked: str, on: bool, found: bool) -> None:
    """EP-054: an international identifier, where the switch is on."""
    answer = directory(entry(DEBIT, t9F2A=asked))
    switch = f'"ep.k7_ignore_other_kid" = {str(on).lower()}'
    assert ends(answers={1: answer}, switches=switch) == (PAID if found else NONE)


@pytest.mark.parametrize(("first", "second"), [(8, 7), (7, 8), (8, 5), (8, 6), (6, 8)])
def test_the_longer_terminal_aid(first: int, second: int) -> None:
    """EP-057: its limits count, wherever it stands."""
    low, high = 'floor_limit = "1"', 'floor_limit = "99"'
    found = terminal(
        *(combination(aid=DEBIT[: 2 * n], limits=high if n == max(first, second) else low)
          for n in (first, second))
    )  # fmt: skip
    assert ends(found=found) == PAID


X, Y = "A000000333010101", "A000000333010107"


@pytest.mark.parametrize(
    ("one", "two", "best"),
    [
        ("01", "02", X),  # EP-062
        ("02", "01", Y),
        ("01", "01", X),
        ("0F", "0E", Y),
        ("0E", "0F", X),
        ("00", "0F", Y),
        ("0F", "00", X),
        (None, "0F", Y),
        (None, "00", X),
        ("81", "02", X),  # b8 does not count
        ("82", "01", Y),
        ("F1", "02", X),
        ("0102", "0F", Y),  # EP-048: 2 bytes are as if absent
    ],
)
def test_priority(one: str | None, two: str, best: str) -> None:
    """EP-061, EP-062: the lower nibble; 1 is the best, 0 and absent the worst, then the place."""
    first = entry(X) if one is None else entry(X, t87=one)
    names = selected(directory(first, entry(Y, t87=two))).split()
    assert names[0] == best


@pytest.mark.parametrize(
    ("length", "expected"),
    [(6, True), (7, True), (8, True), (9, False), (10, False)],
)
def test_extended_selection(length: int, expected: bool) -> None:
    """EP-063: 8 bytes of name and 9F29 are at most 16."""
    asked = entry(DEBIT, t9F29="AB" * length)
    on = 'floor_limit = "99"\nextended_selection = true'
    assert selected(directory(asked), limits=on) == (DEBIT + "AB" * length if expected else "")
    off = 'floor_limit = "99"\nextended_selection = false'
    assert selected(directory(asked), limits=off) == DEBIT


@pytest.mark.parametrize("sw", ["6283", "6A82", "9001", "8FFF"])
def test_a_refused_application(sw: str) -> None:
    """EP-065, EP-041: the next candidate is tried."""
    answers = {1: directory(entry(X, t87="02"), entry(Y, t87="01")), 2: sw}
    assert ends(answers=answers) == PAID
    _, reader = play(answers=answers)
    assert [command[5:-1].hex().upper() for command in reader.commands[1:3]] == [Y, X]


@table(
    row("EP-067 no 84", NONE, fci={0x84: None}),
    row("EP-067 no PDOL", NONE, fci={0x9F38: None}),
    row("EP-067 PDOL without 9F66", NONE, fci={0x9F38: "9F02069F3704"}),
    row("QP-040 PDOL with 9F66", PAID),
    row("EP-068 no A5", NONE, fci={0xA5: None}),
    row("EP-094 no PDOL in the 2013 edition", "contact pdol_unusable EP-094",
        fci={0x9F38: None}, switches=P12),
    row("EP-093 a refused application in the 2013 edition", "contact select_refused EP-093",
        answers={2: "6A82"}, switches=P12),
    row("EP-093 6283 in the 2013 edition", "contact select_refused EP-093",
        answers={2: "6283"}, switches=P12),
    row("EP-065 a refused application", NONE, answers={2: "6A82"}),
    row("EP-065 9001", NONE, answers={2: "9001"}),
    row("EP-091 no directory in the 2013 edition", "contact no_application EP-091",
        answers={1: "6A82"}, switches=P12),
    row("EP-060 no directory", NONE, answers={1: "6A82"}),
    row("EP-096 6A81 in the 2013 edition", "end card_blocked EP-096", answers={1: "6A81"},
        switches=P12),
    row("EP-096 6A80 in the 2013 edition", "contact no_application EP-091",
        answers={1: "6A80"}, switches=P12),
    row("EP-096 6A81", NONE, answers={1: "6A81"}),
    row("EP-046 no 4F in the 2013 edition", "contact no_application EP-091",
        answers={1: directory(bytes.fromhex("6103870101"), HERE)}, switches=P12),
    row("EP-046 an empty 4F in the 2013 edition", "contact no_application EP-091",
        answers={1: directory(entry(""), HERE)}, switches=P12),
    row("EP-046 4 bytes of 4F in the 2013 edition", PAID,
        answers={1: directory(entry("A0000003"), HERE)}, switches=P12),
    row("EP-046 17 bytes of 4F in the 2013 edition", PAID,
        answers={1: directory(entry("A0000003330101010000000000000000AA"), HERE)}, switches=P12),
    row("EP-046 no 4F", PAID, answers={1: directory(bytes.fromhex("6103870101"), HERE)}),
    row("OUT-013 bad data, TTQ B1b5 1", "contact bad_data QP-060", answers={3: "70009000"}),
    row("OUT-013 TTQ B1b5 0", "end bad_data QP-060", answers={3: "70009000"}, ttq=NO_CONTACT),
    row("OUT-013 switch off", "end bad_data QP-060", answers={3: "70009000"},
        switches='"qp.missing_data_try_contact" = false'),
)  # fmt: skip
def test_selection(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


@pytest.mark.parametrize("number", [1, 2])
def test_a_card_that_leaves_before_gpo(number: int) -> None:
    """EP-035, TT-001, EP-030, OUT-026: it is asked for again, by the retained message."""
    found, _ = play(leaves=(number,))
    assert found.outcome.rule == "QP-120"
    assert [ui.message for ui in found.outcome.shown][:3] == [0x15, 0x21, 0x21]
    plain, _ = play()
    assert [ui.message for ui in plain.outcome.shown][:2] == [0x15, 0x17]
