"""Objects, lists and commands line by line, each with its near miss (digest file 10)."""

from __future__ import annotations

from typing import Any

import pytest

from tapkern import Message
from tests.rows import FLOOR, ends, play, row, table

PAID = "approved approved_offline QP-120 no_cvm"
ASKED = "online card_asked_online QP-124 no_cvm"
TRACK = "6200000000000001032D49122200000000"


def bad(rule: str) -> str:
    return f"contact bad_data {rule}"


TWICE = "contact duplicate_data QP-066"


@table(
    row("TLV-015 the objects fill the template", ASKED, gpo_more="9F7F0100"),
    row("TLV-015 an object is a byte too long", bad("TLV-015"), gpo_more="9F7F02 00"),
    row("TLV-015 half a tag", bad("TLV-015"), gpo_more="9F"),
    row("TLV-015 a tag without length", bad("TLV-015"), gpo_more="9F7F"),
    row("TLV-011 padding 00", ASKED, gpo_more="000000"),
    row("TLV-014 padding FF", ASKED, gpo_more="FFFF"),
    row("TLV-014 FF is a tag, switch off", bad("TLV-015"), gpo_more="FFFF",
        switches='"tlv.skip_ff" = false'),
    row("TLV-002 a tag of 4 bytes", ASKED, gpo_more="9F8181010100"),
    row("TLV-002 a tag of 5 bytes", bad("TLV-015"), gpo_more="9F818181010100"),
    row("TLV-006 length 80", bad("TLV-015"), gpo_more="9F7F80"),
    row("TLV-007 length 8101", ASKED, gpo_more="9F7F810100"),
    row("TLV-006 length 820001", ASKED, gpo_more="9F7F82000100"),
    row("TLV-006 length 83000001", bad("TLV-015"), gpo_more="9F7F8300000100"),
    row("TLV-033 a template that is unknown is not looked into", ASKED, gpo_more="E1029F7F"),
    row("TLV-017 nor is what it holds", ASKED, gpo_more="E1059F36020009"),
    row("TLV-021 a known object twice", TWICE, gpo_more="9F36020001"),
    row("TLV-020 twice, once empty", ASKED, gpo_more="9F3600"),
    row("TLV-018 an unknown one twice", ASKED, gpo_more="9F7F01009F7F0100"),
    row("TLV-025 one of the terminal twice", ASKED, gpo_more="9F0206000000000001" * 2),
    row("TLV-022 5F34 twice", ASKED, gpo_more="5F340101"),
    row("TLV-022 5F34 twice, another one", ASKED, gpo_more="5F340102"),
    row("TLV-022 5F34 twice, the second of 2 bytes", bad("TLV-034"), gpo_more="5F34020102"),
    row("TLV-028 a malformed 9F6D is no second one", ASKED, gpo_more="9F6D0100" "9F6D0100"),
    row("TLV-021 a good 9F6D twice", TWICE, gpo_more="9F6D06000000000000" "9F6D06000000000000"),
)  # fmt: skip
def test_objects(expected: str, scene: dict[str, Any]) -> None:
    """In the GPO answer of a credit card."""
    assert ends(base="credit", **scene) == expected


@table(
    row("TLV-021 in GPO answer and record", "contact duplicate_data TLV-021",
        gpo={0x94: "08010100"}, answers={4: "70065F2403491231" "9000"}, gpo_more="5F2403491231"),
    row("TLV-021 in the record alone", ASKED, gpo={0x94: "08010100"},
        answers={4: "70065F2403491231" "9000"}),
    row("TLV-032 9F36 in GPO answer and record", "contact duplicate_data TLV-021",
        gpo={0x94: "08010100"}, answers={4: "70059F36020001" "9000"}),
    row("TLV-032 9F27 in the record alone is ignored", ASKED, gpo={0x94: "08010100"},
        answers={4: "70049F270100" "9000"}),
    row("TLV-025 9F02 in the record is ignored", ASKED, gpo={0x94: "08010100"},
        answers={4: "70049F020100" "9000"}),
    row("TLV-015 in a record", bad("TLV-015"), gpo={0x94: "08010100"},
        answers={4: "70029F7F" "9000"}),
)  # fmt: skip
def test_objects_of_a_record(expected: str, scene: dict[str, Any]) -> None:
    assert ends(base="credit", **scene) == expected


def test_values_of_the_terminal_stay() -> None:
    """TLV-025: amount, country and 9F4C of the card are nothing; TLV-022: the first 5F34 stays."""
    found, _ = play(base="credit", gpo_more="9F02069999999999999F1A0209995F340109")
    record = Message(found.outcome.data_record)
    assert record.get(0x9F02) == bytes.fromhex("000000001250")
    assert record.get(0x9F1A) == b"\x01\x56" and record.get(0x5F34) == b"\x01"


@pytest.mark.parametrize(
    ("date", "good"),
    [
        ("240229", True),
        ("250229", False),
        ("250228", True),
        ("240230", False),
        ("000229", True),
        ("491231", True),
        ("491232", False),
        ("491131", False),
        ("491130", True),
        ("490031", False),
        ("490131", True),
        ("491331", False),
        ("490100", False),
        ("490101", True),
        ("49010A", False),
        ("4901", False),
        ("49010101", False),
    ],
)
@pytest.mark.parametrize("tag", [0x5F24, 0x5F25])
def test_dates(tag: int, date: str, good: bool) -> None:
    """TLV-029: three bytes and a day of the calendar."""
    expected = ASKED if good else bad("TLV-029")
    assert ends(base="credit", gpo={tag: date}) == expected


@pytest.mark.parametrize(
    ("track", "expected"),
    [
        ("6200000000000001032D49122200000000", ASKED),
        ("6200000000000001032D", ASKED),
        ("6200000000000001032F", bad("TLV-030")),  # no D
        ("6200000000000001032D4912D2", bad("TLV-030")),  # two
        ("62000000000000010320D4912220", bad("TLV-030")),  # D at position 21
        ("D49122200000", bad("TLV-030")),  # no digit
        ("6200A00000000001032D49122200", bad("TLV-030")),
        ("6200000000000001032D" + "00" * 9, ASKED),  # 19 bytes
        ("6200000000000001032D" + "00" * 10, bad("TLV-034")),  # 20 bytes
    ],
)
def test_track_2(track: str, expected: str) -> None:
    """TLV-030, TLV-034."""
    assert ends(base="credit", gpo={0x57: track}) == expected


@pytest.mark.parametrize(
    ("pan", "expected"),
    [
        ("6200000000000001032F", ASKED),
        ("62000000000000010321", bad("TLV-030")),  # 20 digits
        ("6200000000000001F32F", bad("TLV-030")),  # F in the middle
        ("6200000000000001032A", bad("TLV-030")),
        ("FFFF", bad("TLV-030")),
        ("6200000000000001032FFF", bad("TLV-034")),  # 11 bytes
        ("620000000000000103FF", bad("QP-085")),  # a digit less than 57 has
    ],
)
def test_card_number(pan: str, expected: str) -> None:
    """TLV-030, TLV-034, QP-085."""
    assert ends(base="credit", gpo={0x5A: pan}) == expected


@pytest.mark.parametrize(
    ("tag", "length", "expected"),
    [
        (0x5F34, 1, ASKED),
        (0x5F34, 2, bad("TLV-034")),
        (0x8F, 1, ASKED),
        (0x8F, 2, bad("TLV-034")),
        (0x9F08, 1, bad("TLV-034")),
        (0x9F08, 2, ASKED),
        (0x9F08, 3, bad("TLV-034")),
    ],
)
def test_strict_lengths(tag: int, length: int, expected: str) -> None:
    """TLV-034: these end the transaction."""
    assert ends(base="credit", gpo={tag: "01" * length}) == expected


@pytest.mark.parametrize(
    ("tag", "length", "kept"),
    [(0x9F63, 15, False), (0x9F63, 16, True), (0x9F63, 17, False),
     (0x9F5D, 5, False), (0x9F5D, 6, True), (0x9F5D, 7, False)],
)  # fmt: skip
def test_other_lengths(tag: int, length: int, kept: bool) -> None:
    """TLV-034, TLV-028: every other object is as if absent; it may stand once more then."""
    found, _ = play(base="credit", gpo={tag: "00" * length})
    assert found.outcome.rule == "QP-124"
    assert (Message(found.outcome.data_record).get(tag) is not None) is kept


def dol(total: int) -> str:
    """A PDOL of 9F66, 9F02, 5F2A, 9F37 and zeros, of so many bytes of data."""
    rest = total - 16
    entries = "".join(f"9F7F{n:02X}" for n in (min(rest, 200), rest - min(rest, 200)))
    return "9F66049F02065F2A029F3704" + entries


@pytest.mark.parametrize(
    ("total", "header"),
    [(126, "80837E"), (127, "81837F"), (128, "83838180"), (251, "FE8381FB"), (252, "FF8381FC")],
)
def test_header_of_the_data(total: int, header: str) -> None:
    """QP-042, CMD-005, DOL-002, DOL-017: 83 L up to 127 bytes, then 83 81 L; at most 252."""
    reader = play(base="credit", fci={0x9F38: dol(total)}, answers={3: "6985"})[1]
    (gpo,) = [command for command in reader.commands if command[1] == 0xA8]
    at = 5 + len(header) // 2 - 1
    assert gpo[4:at].hex().upper() == header and len(gpo) == at + total + 1 and gpo[-1] == 0
    assert gpo[:4] == b"\x80\xa8\x00\x00" and gpo[at : at + 4].hex() == "36004080"


@table(
    row("DOL-017 252 bytes", "contact gpo_refused QP-052", fci={0x9F38: dol(252)},
        answers={3: "6985"}),
    row("DOL-017 253 bytes", "end no_application EP-060", fci={0x9F38: dol(253)}),
    row("DOL-017 254 bytes", "end no_application EP-060", fci={0x9F38: dol(254)}),
    row("DOL-014 a tag without length", "end no_application EP-060",
        fci={0x9F38: "9F66049F37"}),
    row("DOL-014 half a tag", "end no_application EP-060", fci={0x9F38: "9F66049F"}),
    row("DOL-012 length 00", "contact gpo_refused QP-052", fci={0x9F38: "9F66049F3700"},
        answers={3: "6985"}),
    row("DOL-014 empty", "end no_application EP-060", fci={0x9F38: ""}),
)  # fmt: skip
def test_lists(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


@pytest.mark.parametrize(
    ("entry", "data"),
    [
        ("9F6604", "36004080"),
        ("9F6603", "360040"),  # QP-041, DOL-008
        ("9F6605", "3600408000"),  # DOL-011
        ("9F0206", "000000001250"),  # DOL-006
        ("9F0205", "0000001250"),  # DOL-007
        ("9F0207", "00000000001250"),  # DOL-009
        ("5F2A01", "56"),
        ("5F2A03", "000156"),
        ("8104", "000004E2"),  # FMT-003
        ("8103", "000004"),  # DOL-008: binary
        ("9F7F02", "0000"),  # DOL-004
        ("7002", "0000"),  # DOL-003
        ("9F1B02", "0000"),  # DOL-005
        ("5A02", "0000"),
        ("9C019C01", "0000"),  # DOL-013
        ("DF6001", "00"),  # QP-044
    ],
)
def test_list_entries(entry: str, data: str) -> None:
    """DOL-003...DOL-013: what an entry behind 9F66 gives."""
    reader = play(fci={0x9F38: "9F6604" + entry}, answers={3: "6985"})[1]
    assert reader.commands[2][7:-1].hex().upper() == "36004080" + data


@table(
    row("FMT-002 4294967295", "contact gpo_refused QP-052", amount=2**32 - 1),
    row("FMT-002 4294967296", "contact amount_not_codable FMT-002", amount=2**32),
    row("FMT-002 4294967294", "contact gpo_refused QP-052", amount=2**32 - 2),
    row("FMT-002 4294967296, TTQ B1b5 0", "end amount_not_codable FMT-002", amount=2**32,
        ttq="26004080"),
)  # fmt: skip
def test_amount_in_four_bytes(expected: str, scene: dict[str, Any]) -> None:
    found = ends(fci={0x9F38: "9F66048104"}, answers={3: "6985"}, limits=FLOOR, **scene)
    assert found == expected


@table(
    row("APDU-004 no byte", PAID, answers={3: ""}),
    row("APDU-004 1 byte", PAID, answers={3: "90"}),
    row("APDU-004 2 bytes", "contact gpo_refused QP-055", answers={3: "6F00"}),
    row("APDU-004 257 bytes", ASKED, base="credit", gpo={0x94: "08010100"},
        answers={4: "7081FC" + "00" * 252 + "9000"}),
    row("APDU-004 258 bytes", ASKED, base="credit", gpo={0x94: "08010100"},
        answers={4: "7081FD" + "00" * 253 + "9000"}),
    row("APDU-004 259 bytes, 57 is there", ASKED, base="credit", gpo={0x94: "08010100"},
        answers={4: "7081FE" + "00" * 254 + "9000"}),
    row("APDU-004 259 bytes of GPO answer", PAID, answers={3: "7781FE" + "00" * 254 + "9000"}),
)  # fmt: skip
def test_length_of_an_answer(expected: str, scene: dict[str, Any]) -> None:
    """No answer, so that the card is asked for again, or an answer."""
    assert ends(**scene) == expected
