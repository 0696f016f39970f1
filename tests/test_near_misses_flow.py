"""The way through kernel 7 line by line, each with its near miss (digest file 30): GPO and records.

A debit card approves offline, a credit card asks for the issuer; 26-11-21 is the day.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import (
    BOTH,
    DC_ONLY,
    NO_CONTACT,
    PLAIN,
    ends,
    play,
    row,
    table,
)

PAID = "approved approved_offline QP-120 no_cvm"
ASKED = "online card_asked_online QP-124 no_cvm"
ONE_READ = "08010100"
"""An AFL of the first record, which every ready card has."""


@table(
    row("QP-051 9000", PAID),
    row("QP-051 9001 is not 9000: QP-055", "contact gpo_refused QP-055", answers={3: "9001"}),
    row("QP-052 6985", "contact gpo_refused QP-052", answers={3: "6985"}),
    row("QP-052 6985, TTQ B1b5 0", "end gpo_refused QP-052", ttq=NO_CONTACT, answers={3: "6985"}),
    row("QP-052 6985 as kernel 3", "end no_application EP-060", answers={3: "6985"},
        switches='"qp.gpo_sw_policy" = "k3style"'),
    row("QP-053 6984", "contact gpo_refused QP-053", answers={3: "6984"}),
    row("QP-053 6984, TTQ B1b5 0", "end gpo_refused QP-053", ttq=NO_CONTACT, answers={3: "6984"}),
    row("QP-053 6984 as kernel 3", "contact gpo_refused QP-053", ttq=NO_CONTACT,
        answers={3: "6984"}, switches='"qp.gpo_sw_policy" = "k3style"'),
    row("QP-054 6986, then paid", PAID, answers={3: "6986"}),
    row("QP-054 6986 in the 2013 edition", "contact gpo_refused QP-055", answers={3: "6986"},
        switches='"qp.gpo_sw_policy" = "p12"'),
    row("QP-055 6983", "contact gpo_refused QP-055", answers={3: "6983"}),
    row("QP-055 6987, TTQ B1b5 0", "end gpo_refused QP-055", ttq=NO_CONTACT, answers={3: "6987"}),
)  # fmt: skip
def test_status_words(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


@table(
    row("QP-060 77", PAID),
    row("QP-060 76", "contact bad_data QP-060", answers={3: "76009000"}),
    row("QP-060 a byte behind 77", "contact bad_data QP-060", answers={3: "7700009000"}),
    row("QP-060 nothing", "contact bad_data QP-060", answers={3: "9000"}),
    row("QP-061 9F26 absent", "contact missing_data QP-061", gpo={0x9F26: None}),
    row("QP-061 9F26 empty", "contact missing_data QP-061", gpo={0x9F26: ""}),
    row("QP-061 9F26 absent, TTQ B1b5 0", "end missing_data QP-061", ttq=NO_CONTACT,
        gpo={0x9F26: None}),
    row("QP-061 TTQ B1b7 alone", "contact path_not_supported QP-160", ttq=DC_ONLY, told=PLAIN),
    row("QP-062 both ways, 9F26", PAID, ttq=BOTH, told=PLAIN),
    row("QP-062 both ways, no 9F26", "contact path_not_supported QP-160", ttq=BOTH, told=PLAIN,
        gpo={0x9F26: None}),
    row("QP-062 AIP B2b8 0", ASKED, base="credit", ttq=BOTH, told=PLAIN,
        switches='"qp.aip_b2b8_means_dc" = true'),
    row("QP-062 AIP B2b8 1", "contact path_not_supported QP-160", base="credit", ttq=BOTH,
        told=PLAIN, gpo={0x82: "7C80"}, switches='"qp.aip_b2b8_means_dc" = true'),
    row("QP-062 AIP B2b7 1", ASKED, base="credit", ttq=BOTH, told=PLAIN, gpo={0x82: "7C40"},
        switches='"qp.aip_b2b8_means_dc" = true'),
    row("QP-062 AIP B2b8 1, switch off", ASKED, base="credit", ttq=BOTH, told=PLAIN,
        gpo={0x82: "7C80"}),
    row("QP-063 format 80, TTQ B1b7 0", "contact bad_data QP-063",
        answers={3: "80067C00080101009000"}),
    row("QP-063 format 80, TTQ B1b7 1", "contact path_not_supported QP-160", ttq=BOTH,
        answers={3: "80067C00080101009000"}),
    row("QP-064 82 of 1 byte", "contact bad_data QP-064", base="credit", gpo={0x82: "7C"}),
    row("QP-064 82 of 2 bytes", ASKED, base="credit", gpo={0x82: "7C00"}),
    row("QP-064 82 of 3 bytes", "contact bad_data QP-064", base="credit", gpo={0x82: "7C0000"}),
    row("QP-064 82 absent", "contact missing_data QP-067", base="credit", gpo={0x82: None}),
    row("QP-067 the outcome without TTQ B1b5: OUT-013", "end missing_data QP-067", base="credit",
        ttq=NO_CONTACT, gpo={0x82: None}),
    row("QP-067 the outcome as kernel 7 has it: OUT-013", "end missing_data QP-067",
        base="credit", gpo={0x82: None}, switches='"qp.missing_data_try_contact" = false'),
    row("QP-067 9F36 of 1 byte", "contact bad_data QP-067", base="credit", gpo={0x9F36: "01"}),
    row("QP-067 9F36 of 2 bytes", ASKED, base="credit", gpo={0x9F36: "0001"}),
    row("QP-067 9F36 of 3 bytes", "contact bad_data QP-067", base="credit",
        gpo={0x9F36: "000001"}),
    row("QP-067 9F36 absent", "contact missing_data QP-067", base="credit", gpo={0x9F36: None}),
    row("QP-067 9F26 of 7 bytes", "contact bad_data QP-067", base="credit",
        gpo={0x9F26: "00" * 7}),
    row("QP-067 9F26 of 8 bytes", ASKED, base="credit", gpo={0x9F26: "00" * 8}),
    row("QP-067 9F26 of 9 bytes", "contact bad_data QP-067", base="credit",
        gpo={0x9F26: "00" * 9}),
    row("QP-067 9F10 of 6 bytes", "contact bad_data QP-067", base="credit",
        gpo={0x9F10: "07010103A000"}),
    row("QP-067 9F10 of 7 bytes", ASKED, base="credit", gpo={0x9F10: "07010103A00000"}),
    row("QP-067 9F10 of 32 bytes", ASKED, base="credit",
        gpo={0x9F10: "07010103A00000" + "00" * 25}),
    row("QP-067 9F10 of 33 bytes", "contact bad_data QP-067", base="credit",
        gpo={0x9F10: "07010103A00000" + "00" * 26}),
    row("QP-068 9F10 absent", "contact missing_data QP-068", base="credit", gpo={0x9F10: None}),
    row("QP-067 9F27 of 1 byte", ASKED, base="credit", gpo={0x9F27: "80"}),
    row("QP-067 9F27 of 2 bytes", "contact bad_data QP-067", base="credit", gpo={0x9F27: "8000"}),
    row("QP-067 9F27 empty", ASKED, base="credit", gpo={0x9F27: ""}),
    row("QP-067 94 absent for a TC", "contact missing_data QP-067", gpo={0x94: None}),
    row("QP-067 94 empty for a TC", "contact missing_data QP-067", gpo={0x94: ""}),
    row("QP-067 57 absent for an ARQC", "contact missing_data QP-067", base="credit",
        gpo={0x57: None}),
    row("QP-171 57 absent, records to read: QP-128", "contact missing_data QP-128",
        base="credit", gpo={0x57: None, 0x94: ONE_READ}, records={0x57: None, 0x5A: None}),
)  # fmt: skip
def test_answer_to_gpo(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


BAD_AFL = "contact bad_data QP-065"
REFUSED = "end record_refused QP-074"


@table(
    row("QP-065 3 bytes", BAD_AFL, gpo={0x94: "080101"}),
    row("QP-065 4 bytes", ASKED, gpo={0x94: ONE_READ}),
    row("QP-065 5 bytes", BAD_AFL, gpo={0x94: ONE_READ + "08"}),
    row("QP-065 8 bytes", REFUSED, gpo={0x94: ONE_READ + "08090900"}),
    row("QP-065 SFI 0", BAD_AFL, gpo={0x94: "00010100"}),
    row("QP-065 SFI 30", REFUSED, gpo={0x94: "F0010100"}),
    row("QP-065 SFI 31", BAD_AFL, gpo={0x94: "F8010100"}),
    row("QP-065 a low bit of the SFI byte", BAD_AFL, gpo={0x94: "09010100"}),
    row("QP-065 the third bit of the SFI byte", BAD_AFL, gpo={0x94: "0C010100"}),
    row("QP-065 first record 0", BAD_AFL, gpo={0x94: "08000100"}),
    row("QP-065 last below first", BAD_AFL, gpo={0x94: "08090800"}),
    row("QP-065 last is first", REFUSED, gpo={0x94: "08090900"}),
    row("QP-065 last above first", REFUSED, gpo={0x94: "08090A00"}),
    row("QP-065 as many to authenticate as records", ASKED, gpo={0x94: "08010101"}),
    row("QP-065 one more to authenticate", BAD_AFL, gpo={0x94: "08010102"}),
    row("QP-074 6A83", REFUSED, gpo={0x94: ONE_READ}, answers={4: "6A83"}),
    row("QP-074 9001", REFUSED, gpo={0x94: ONE_READ}, answers={4: "70009001"}),
    row("QP-074 9000", ASKED, gpo={0x94: ONE_READ}, answers={4: "70009000"}),
    row("QP-075 SFI 10 without 70", "contact bad_data QP-075", gpo={0x94: "50010100"},
        answers={4: "01009000"}),
    row("QP-075 SFI 10 with 70", ASKED, gpo={0x94: "50010100"}, answers={4: "70009000"}),
    row("QP-075 SFI 11 without 70", ASKED, gpo={0x94: "58010100"}, answers={4: "01009000"}),
    row("QP-075 a byte behind 70", "contact bad_data QP-075", gpo={0x94: ONE_READ},
        answers={4: "7000009000"}),
    row("QP-071 records are not read where the switch says so", ASKED,
        gpo={0x94: ONE_READ}, answers={4: "6A83"}, switches='"qp.read_afl_on_arqc" = false'),
    row("QP-066 a second ATC", "contact duplicate_data QP-066", gpo_more="9F36020001"),
    row("QP-066 a second unknown object", ASKED, gpo_more="9F7F01009F7F0100"),
)  # fmt: skip
def test_records_of_an_arqc(expected: str, scene: dict[str, Any]) -> None:
    assert ends(base="credit", **scene) == expected


@pytest.mark.parametrize(
    ("gpo", "commands"),
    [
        ({0x94: ONE_READ}, 4),  # 57 is there
        ({0x94: ONE_READ, 0x57: None}, 8),  # it is not: the card is asked for again
    ],
)
def test_a_card_that_leaves_at_a_record(gpo: dict[int, str | None], commands: int) -> None:
    """QP-173, TT-003."""
    found, reader = play(base="credit", gpo=gpo, leaves=(4,))
    assert (found.outcome.rule, len(reader.commands)) == ("QP-124", commands)


def test_the_sequence_of_records() -> None:
    """QP-070, QP-072, CMD-031: every record from the first to the last of each entry."""
    _, reader = play(base="credit", gpo={0x94: "0801020050010300"},
                     answers={n: "70009000" for n in range(4, 9)})  # fmt: skip
    assert [(c[2], c[3]) for c in reader.commands[3:]] == [
        (1, 0x0C), (2, 0x0C), (1, 0x54), (2, 0x54), (3, 0x54),
    ]  # fmt: skip


DECLINED = "declined card_declined QP-069"
RFU = "declined cryptogram_rfu QP-007"
TYPES = {"aac": "80", "tc": "90", "arqc": "A0", "rfu": "B0"}


@pytest.mark.parametrize(
    ("cid", "iad", "source", "expected"),
    [
        (None, "aac", "strict", DECLINED),
        (None, "tc", "strict", PAID),
        (None, "arqc", "strict", ASKED),
        (None, "rfu", "strict", RFU),
        ("00", "aac", "strict", DECLINED),
        ("00", "tc", "strict", DECLINED),
        ("00", "arqc", "strict", DECLINED),
        ("40", "aac", "strict", DECLINED),
        ("40", "tc", "strict", PAID),
        ("40", "arqc", "strict", ASKED),
        ("40", "rfu", "strict", RFU),
        ("80", "aac", "strict", DECLINED),
        ("80", "tc", "strict", ASKED),
        ("80", "arqc", "strict", ASKED),
        ("C0", "tc", "strict", RFU),
        ("C0", "aac", "strict", RFU),
        ("7F", "tc", "strict", PAID),  # the other bits of 9F27 do not count
        ("40", "aac", "cid", PAID),
        ("00", "tc", "cid", DECLINED),
        ("80", "tc", "cid", ASKED),
        ("00", "tc", "iad", PAID),
        ("40", "aac", "iad", DECLINED),
        ("C0", "arqc", "iad", ASKED),
    ],
)
def test_cryptogram_type(cid: str | None, iad: str, source: str, expected: str) -> None:
    """QP-005, QP-006, QP-007, QP-069: CID b8b7 beside CVR B2b6b5."""
    gpo = {0x9F27: cid, 0x9F10: f"07010103{TYPES[iad]}0000"}
    assert ends(gpo=gpo, switches=f'"qp.cid_source" = "{source}"') == expected


@pytest.mark.parametrize(
    ("tail", "known"),
    [
        ("060100000200001A2B3C4D", True),
        ("050100000200001A2B3C4D", False),  # one byte short of id and balance
        ("0B0100000200001A2B3C4D", False),  # one more than there is
        ("0A0100000200001A2B3C4D", True),  # with its MAC
        ("0A0200000200001A2B3C4D", False),  # the total, not a balance
        ("0A0300000200001A2B3C4D", True),
        ("0A0400000200001A2B3C4D", False),
        ("0A0500000200001A2B3C4D", True),
        ("0A0600000200001A2B3C4D", False),
        ("0A01000002000A1A2B3C4D", False),  # not digits
        ("", False),
    ],
)
def test_balance_in_issuer_data(tail: str, known: bool) -> None:
    """QP-008, QP-150: an ARQC with the balance of 200.00 behind the CVR."""
    found, _ = play(base="credit", gpo={0x9F10: "07010103A0000001" + tail})
    assert found.outcome.balance_minor == (20000 if known else None)


@pytest.mark.parametrize(
    ("aosa", "balance"), [("000000012300", 12300), ("00000001230A", 500), ("0000012300", 500)]
)
def test_balance_of_the_card(aosa: str, balance: int) -> None:
    """QP-150: 9F5D of 6 digits-bytes before 9F10."""
    gpo = {0x9F10: "07010103A00000010601" + "0000000500", 0x9F5D: aosa}
    assert play(base="credit", gpo=gpo)[0].outcome.balance_minor == balance


@table(
    row("TT-002 GPO is not answered", PAID, leaves=(3,)),
    row("TT-004 the last record but one is not answered", PAID, leaves=(6,)),
    row("TT-005 the last record is not answered", PAID, leaves=(7,)),
    row("TT-005 the last record is not answered, no recovery", "end card_may_have_paid TT-005",
        leaves=(7,), switches='"tt.recovery" = false'),
)  # fmt: skip
def test_torn(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


@pytest.mark.parametrize(("passes", "gpos"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_number_of_passes(passes: int, gpos: int) -> None:
    """TT-007: so many presentments follow the first one."""
    found, reader = play(terminal_keys=f"passes = {passes}", leaves=tuple(range(3, 60, 3)))
    assert (found.outcome.rule, len(reader.commands)) == ("QP-046", 3 * gpos)
