"""What kernel 7 makes of the card it has read, line by line, each with its near miss (digest file
30): dates, exception file, cardholder, authentication, result.

A debit card approves offline, a credit card asks for the issuer; 26-11-21 is the day.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import (
    GATE,
    NO_CONTACT,
    NO_CVM,
    NO_PIN,
    NO_SIGNATURE,
    OFFLINE,
    PLAIN,
    ends,
    play,
    row,
    table,
)

PAID = "approved approved_offline QP-120 no_cvm"
ASKED = "online card_asked_online QP-124 no_cvm"
ONE_READ = "08010100"
ONLINE_PIN = "online card_asked_online QP-124 online_pin"
SIGNED = "online card_asked_online QP-124 signature"
DEVICE = "online card_asked_online QP-124 cdcvm"
WANTED = 'floor_limit = "200.00"\ncvm_limit = "1.00"'


@table(
    row("QP-100 CTQ B1b8, TTQ B1b3 1", ONLINE_PIN, gpo={0x9F6C: "8000"}),
    row("QP-105 CTQ B1b8, TTQ B1b3 0", "declined cvm_not_possible QP-105", ttq=NO_PIN,
        gpo={0x9F6C: "8000"}),
    row("QP-100 before a signature", ONLINE_PIN, gpo={0x9F6C: "C000"}),
    row("QP-105 before a signature", "declined cvm_not_possible QP-105", ttq=NO_PIN,
        gpo={0x9F6C: "C000"}),
    row("QP-106 CTQ B1b7, TTQ B1b2 1", SIGNED, gpo={0x9F6C: "4000"}),
    row("QP-107 CTQ B1b7, TTQ B1b2 0", "declined cvm_not_possible QP-107", ttq=NO_SIGNATURE,
        gpo={0x9F6C: "4000"}),
    row("QP-108 neither, TTQ B2b7 0", ASKED, gpo={0x9F6C: "3F7F"}),
    row("QP-109 neither, TTQ B2b7 1", "declined cvm_not_possible QP-109", limits=WANTED,
        gpo={0x9F6C: "3F7F"}),
    row("QP-102 CTQ B2b8, no 9F69", DEVICE, gpo={0x9F6C: "0080"}),
    row("QP-102 CTQ B2b7", ASKED, gpo={0x9F6C: "0040"}),
    row("QP-102 CTQ B2b8, TTQ B3b7 0", ASKED, ttq="36000080", gpo={0x9F6C: "0080"}),
    row("QP-102 CTQ B2b8, switch off", ASKED, gpo={0x9F6C: "0080"},
        switches='"qp.cdcvm" = false'),
    row("QP-102 a PIN comes first", ONLINE_PIN, gpo={0x9F6C: "8080"}),
    row("QP-102 before the refusal of a PIN", DEVICE, ttq=NO_PIN, gpo={0x9F6C: "8080"}),
    row("QP-101 9F69 has the CTQ", DEVICE, gpo={0x9F6C: "0080", 0x9F69: "0100000000008000"}),
    row("QP-101 9F69 has another CTQ", "declined cvm_not_possible QP-101",
        gpo={0x9F6C: "0080", 0x9F69: "0100000000008100"}),
    row("QP-101 version 00 is enough for an ARQC", DEVICE,
        gpo={0x9F6C: "0080", 0x9F69: "0000000000008000"}),
    row("QP-101 9F69 of 6 bytes", "declined cvm_not_possible QP-101",
        gpo={0x9F6C: "0080", 0x9F69: "010000000000"}),
    row("QP-101 9F69 of 7 bytes", DEVICE, gpo={0x9F6C: "0080", 0x9F69: "01000000000080"}),
    row("QP-103 no CTQ, TTQ B2b7 1", SIGNED, limits=WANTED, gpo={0x9F6C: None}),
    row("QP-103 and TTQ B1b2 0", ONLINE_PIN, limits=WANTED, ttq=NO_SIGNATURE, gpo={0x9F6C: None}),
    row("QP-103 and TTQ B1b3 0", SIGNED, limits=WANTED, ttq=NO_PIN, gpo={0x9F6C: None}),
    row("QP-103 and both 0", "declined cvm_not_possible QP-103", limits=WANTED, ttq=NO_CVM,
        told=PLAIN, gpo={0x9F6C: None}),
    row("QP-104 no CTQ, TTQ B2b7 0", ASKED, gpo={0x9F6C: None}),
    row("QP-104 with its switch", SIGNED, gpo={0x9F6C: None},
        switches='"qp.no_ctq_always_signature" = true'),
    row("QP-104 with its switch, TTQ B1b2 0", ASKED, ttq=NO_SIGNATURE, gpo={0x9F6C: None},
        switches='"qp.no_ctq_always_signature" = true'),
    row("CTQ-001 a CTQ of zeros is a CTQ", "declined cvm_not_possible QP-109", limits=WANTED,
        gpo={0x9F6C: "0000"}),
    row("CTQ-002 of 1 byte", "contact bad_data CTQ-002", gpo={0x9F6C: "00"}),
    row("CTQ-002 of 3 bytes", "contact bad_data CTQ-002", gpo={0x9F6C: "000000"}),
    row("CTQ-002 of no byte is absent", SIGNED, limits=WANTED, gpo={0x9F6C: ""}),
    row("CTQ-002 of 1 byte, absent by switch", SIGNED, limits=WANTED, gpo={0x9F6C: "00"},
        switches='"qp.bad_ctq_absent" = true'),
)  # fmt: skip
def test_cardholder_verification(expected: str, scene: dict[str, Any]) -> None:
    """QP-100...QP-109 of an ARQC."""
    assert ends(base="credit", **scene) == expected


@table(
    row("QP-101 of a TC: 9F69 of version 01", "approved approved_offline QP-120 cdcvm",
        keys='ctq = "0080"'),
    row("QP-101 of a TC: 9F69 of version 00", "declined cvm_not_possible QP-101",
        keys='ctq = "0080"', records={0x9F69: "0001020304008000"}),
    row("QP-102 of a TC: no 9F69", "declined cvm_not_possible QP-102", keys='ctq = "0080"',
        records={0x9F69: None}),
    row("QP-110 a TC with PIN", "online pin_needs_online QP-110 online_pin",
        gpo={0x9F6C: "8000"}, switches='"fd.check_ctq" = false'),
    row("QP-110 and TTQ B1b4 1", "declined offline_only TTQ-004", ttq=OFFLINE, told=PLAIN,
        gpo={0x9F6C: "8000"}, switches='"fd.check_ctq" = false'),
    row("QP-111 the 2013 edition does not see the PIN bit", PAID, gpo={0x9F6C: "8000"},
        switches='"fd.check_ctq" = false\n"qp.tc_signature_only" = true'),
    row("QP-111 nor that of the device", PAID, keys='ctq = "0080"', records={},
        switches='"qp.tc_signature_only" = true'),
    row("QP-111 it sees the signature bit", "approved approved_offline QP-120 signature",
        gpo={0x9F6C: "4000"}, switches='"fd.check_ctq" = false\n"qp.tc_signature_only" = true'),
    row("QP-111 and an ARQC's PIN bit", ONLINE_PIN, base="credit", gpo={0x9F6C: "8000"},
        switches='"qp.tc_signature_only" = true'),
)  # fmt: skip
def test_cardholder_verification_of_a_tc(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


def expiry(day: str, ctq: str = "0000") -> str:
    return f'expiry = 2026-11-{day}\nctq = "{ctq}"'


LISTED = '[[exception]]\npan = "6200000000000001016"\n'
EXPIRED = "declined expired QP-091"


@table(
    row("QP-090 two days ago", EXPIRED, keys=expiry("19")),
    row("QP-090 yesterday", EXPIRED, keys=expiry("20")),
    row("QP-090 today", PAID, keys=expiry("21")),
    row("QP-090 tomorrow", PAID, keys=expiry("22")),
    row("QP-091 CTQ B1b4 1", "online expired_online QP-174 no_cvm", keys=expiry("20", "0800")),
    row("QP-091 CTQ B1b4 0", EXPIRED, keys=expiry("20", "3700")),
    row("QP-091 TTQ B1b4 1", EXPIRED, ttq=OFFLINE, keys=expiry("20", "0800")),
    row("QP-092 switch off", EXPIRED, keys=expiry("20", "0800"),
        switches='"qp.ctq_b4_expired_online" = false'),
    row("QP-091 no CTQ", EXPIRED, keys=expiry("20", "0800"), gpo={0x9F6C: None}),
    row("QP-174 the exception file still counts", "declined exception_file QP-095",
        keys=expiry("20", "0800"), entries=LISTED),
    row("QP-174 the CVM still counts", "declined cvm_not_possible QP-109",
        keys=expiry("20", "0800"), limits=WANTED, told=PLAIN),
    row("QP-093 5F24 absent", "declined missing_data QP-093", records={0x5F24: None}),
    row("QP-093 5F24 empty", "declined missing_data QP-093", records={0x5F24: ""}),
    row("QP-094 the day before", PAID, keys="effective = 2026-11-20",
        switches='"qp.check_effective" = true'),
    row("QP-094 its day", PAID, keys="effective = 2026-11-21",
        switches='"qp.check_effective" = true'),
    row("QP-094 the day after", "declined not_yet_effective QP-094",
        keys="effective = 2026-11-22", switches='"qp.check_effective" = true'),
    row("QP-094 two days after", "declined not_yet_effective QP-094",
        keys="effective = 2026-11-23", switches='"qp.check_effective" = true'),
    row("QP-094 the day after, switch off", PAID, keys="effective = 2026-11-22"),
    row("QP-095 listed", "declined exception_file QP-095", entries=LISTED),
    row("QP-095 another number is", PAID, entries=LISTED.replace("1016", "1017")),
    row("QP-095 a longer number is", PAID, entries=LISTED.replace("6200000", "620000")),
    row("QP-095 its sequence number", "declined exception_file QP-095", entries=LISTED + "psn = 1"),
    row("QP-095 another sequence number", PAID, entries=LISTED + "psn = 2"),
    row("QP-095 no 5F34", "declined exception_file QP-095", entries=LISTED + "psn = 2",
        gpo={0x5F34: None}, records={0x5F34: None}),
    row("QP-095 no 5F34, switch on", "declined authentication_failed QP-123 ", entries=LISTED,
        gpo={0x5F34: None}, records={0x5F34: None},
        switches='"qp.exception_needs_psn" = true'),
    row("QP-096 expiry before the exception file", EXPIRED, keys=expiry("20"), entries=LISTED),
    row("QP-096 the exception file before the CVM", "declined exception_file QP-095",
        entries=LISTED, limits=WANTED, told=PLAIN),
    row("QP-176 29 February 2024", PAID, date="240229"),
    row("QP-176 29 February 2026", "end clock_not_set QP-176", date="260229"),
    row("QP-176 31 November", "end clock_not_set QP-176", date="261131"),
    row("QP-176 30 November", PAID, date="261130"),
    row("QP-176 month 13", "end clock_not_set QP-176", date="261301"),
    row("QP-176 day 00", "end clock_not_set QP-176", date="261100"),
)  # fmt: skip
def test_dates_and_exception_file(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene).startswith(expected)


@table(
    row("QP-084 PAN from 57", ASKED),
    row("QP-085 5A as in 57", ASKED, gpo={0x5A: "6200000000000001032F"}),
    row("QP-085 the last digit of 5A differs", "contact bad_data QP-085",
        gpo={0x5A: "6200000000000001033F"}),
    row("QP-085 5A is a digit shorter", "contact bad_data QP-085",
        gpo={0x5A: "620000000000000103"}),
    row("QP-085 switch off", ASKED, gpo={0x5A: "6200000000000001033F"},
        switches='"qp.check_pan_57" = false'),
)  # fmt: skip
def test_card_number(expected: str, scene: dict[str, Any]) -> None:
    assert ends(base="credit", **scene) == expected


def test_the_listed_number_may_come_from_track_2() -> None:
    """QP-084, QP-095: without 5A the digits of 57 are looked for."""
    listed = LISTED.replace("1016", "1032")
    assert ends(base="credit", gpo={0x94: ONE_READ}, records={0x5A: None, 0x9F1F: None},
                entries=listed) == "declined exception_file QP-095"  # fmt: skip


SDAD = '"sdad-bit"'
TO_HOST = "online authentication_failed_online QP-121 no_cvm"
TO_CHIP = "contact authentication_failed_contact QP-122"


@table(
    row("QP-120 a good signature", PAID, keys='ctq = "3000"'),
    row("QP-121 CTQ B1b6 1", TO_HOST, keys='ctq = "3000"', faults=SDAD),
    row("QP-122 CTQ B1b6 0, B1b5 1", TO_CHIP, keys='ctq = "1000"', faults=SDAD),
    row("QP-122 CTQ B1b6 1, TTQ B1b4 1", TO_CHIP, keys='ctq = "3000"', faults=SDAD, ttq=OFFLINE),
    row("QP-123 CTQ B1b5 1, TTQ B1b5 0", "declined authentication_failed QP-123",
        keys='ctq = "1000"', faults=SDAD, ttq=NO_CONTACT),
    row("QP-123 CTQ B1b6 1, B1b5 0, TTQ B1b4 1", "declined authentication_failed QP-123",
        keys='ctq = "2000"', faults=SDAD, ttq=OFFLINE),
    row("QP-123 neither bit", "declined authentication_failed QP-123", keys='ctq = "0F00"',
        faults=SDAD),
    row("QP-123 no CTQ", "declined authentication_failed QP-123", keys='ctq = "3000"',
        gpo={0x9F6C: None}, faults=SDAD),
    row("QP-124 an ARQC", ASKED, base="credit"),
    row("TTQ-004 an ARQC, TTQ B1b4 1", "declined offline_only TTQ-004", base="credit",
        ttq=OFFLINE, told=PLAIN),
)  # fmt: skip
def test_result(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene).startswith(expected)


ABOVE = 'floor_limit = "1.00"'


@table(
    row("QP-170 TTQ B2b8 0", PAID, told=PLAIN),
    row("QP-170 TTQ B2b8 1", "declined tc_despite_online QP-170", limits=ABOVE, told=PLAIN),
    row("QP-170 goes online", "online tc_sent_online QP-170 no_cvm", limits=ABOVE, told=PLAIN,
        switches='"qp.tc_despite_online" = "online"'),
    row("QP-170 goes online, TTQ B1b4 1", "declined offline_only TTQ-004", limits=ABOVE,
        ttq=OFFLINE, told=PLAIN, switches='"qp.tc_despite_online" = "online"'),
    row("QP-170 is accepted", PAID, limits=ABOVE, told=PLAIN,
        switches='"qp.tc_despite_online" = "accept"'),
)  # fmt: skip
def test_tc_despite_online(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


def test_a_tc_despite_online_is_not_read() -> None:
    """QP-170: no record is read, so the card keeps its money; with another policy it is."""
    for policy, commands, balance in (("decline", 3, 20000), ("online", 7, 18750)):
        _, reader = play(limits=ABOVE, told=PLAIN, switches=f'"qp.tc_despite_online" = "{policy}"')
        assert (len(reader.commands), reader.card.balance) == (commands, balance)


@table(
    row("QP-172 TTQ B1b1 1, DF61 b7 1", "online online_authenticated QP-125 no_cvm", ttq=GATE),
    row("QP-172 TTQ B1b1 0", ASKED, ttq="30004080"),
    row("QP-172 DF61 b7 0", ASKED, ttq=GATE, keys='df61 = "00"'),
    row("QP-172 DF61 b8", ASKED, ttq=GATE, keys='df61 = "80"'),
    row("QP-172 flags, but no AFL: QP-126", "online online_unauthenticated QP-126 no_cvm",
        ttq=GATE, gpo={0x94: None, 0x57: "6200000000000001149D49122200000000"}),
    row("QP-126 a forged signature", "online online_unauthenticated QP-126 no_cvm", ttq=GATE,
        faults=SDAD),
    row("QP-126 is declined", "declined authentication_failed QP-126", ttq=GATE, faults=SDAD,
        switches='"qp.online_oda_fail" = "decline"'),
    row("QP-125 TTQ B1b4 1", "declined offline_only TTQ-004", ttq="39004080", told="31804080"),
    row("QP-126 TTQ B1b4 1", "declined offline_only TTQ-004", ttq="39004080", told="31804080",
        faults=SDAD),
)  # fmt: skip
def test_authentication_for_online(expected: str, scene: dict[str, Any]) -> None:
    """QP-125, QP-126, QP-172, TR-001...TR-003: the card of a gate, for 1.00."""
    assert ends(base="transit", limits="", amount="1.00", **scene) == expected


@table(
    row("QP-128 57", "online authentication_failed_online QP-121 no_cvm",
        records={0x5F24: None, 0x5A: None}),
    row("QP-128 5A and 5F24", "online authentication_failed_online QP-121 no_cvm",
        gpo={0x57: None}, records={0x57: None}),
    row("QP-128 5A alone", "contact missing_data QP-128", gpo={0x57: None},
        records={0x57: None, 0x5F24: None}),
    row("QP-128 5F24 alone", "contact missing_data QP-128", gpo={0x57: None},
        records={0x57: None, 0x5A: None}),
)  # fmt: skip
def test_what_the_host_needs(expected: str, scene: dict[str, Any]) -> None:
    found = ends(keys='ctq = "2000"', faults=SDAD, switches='"qp.require_5F24" = false', **scene)
    assert found == expected


FAILED = "declined authentication_failed QP-123 "
OLD = {"base": "old", "switches": '"fd.allow_v00" = true'}


@table(
    row("FD-001 AIP B1b6 0", FAILED + "FD-001", keys='aip = "5C00"'),
    row("FD-001 AIP B1b6 1", PAID),
    row("FD-002 9F69 of 7 bytes", FAILED + "FD-002", records={0x9F69: "01010203040000"}),
    row("FD-002 9F69 of 8 bytes", PAID, records={0x9F69: "0101020304000000"}),
    row("FD-002 9F69 of 9 bytes", FAILED + "DDA-003", records={0x9F69: "010102030400000000"}),
    row("FD-002 9F69 of 15 bytes", FAILED + "DDA-003", records={0x9F69: "01" + "00" * 14}),
    row("FD-002 9F69 of 16 bytes", FAILED + "DDA-003", records={0x9F69: "01" + "00" * 15}),
    row("FD-002 9F69 of 17 bytes", FAILED + "FD-002", records={0x9F69: "01" + "00" * 16}),
    row("FD-002 version 00", FAILED + "FD-004", records={0x9F69: "0001020304000000"}),
    row("FD-002 version 02", FAILED + "FD-002", records={0x9F69: "0201020304000000"}),
    row("FD-002 version 03", FAILED + "FD-002", records={0x9F69: "0301020304000000"}),
    row("FD-003 9F08 absent is 0020", FAILED + "FD-005", records={0x9F08: None}),
    row("FD-005 9F08 is 002F", FAILED + "FD-005", records={0x9F08: "002F"}),
    row("FD-005 9F08 is 0030", PAID, keys='version = "0030"'),
    row("FD-005 9F08 is 0031", PAID, keys='version = "0031"'),
    row("FD-005 switch off: 0030 was signed", FAILED + "ODA-064", records={0x9F08: "002F"},
        switches='"fd.v01_needs_0030" = false'),
    row("FD-004 9F08 is 002E", PAID, **OLD, keys='version = "002E"'),
    row("FD-004 9F08 is 002F", PAID, **OLD, keys='version = "002F"'),
    row("FD-004 9F08 is 0030", FAILED + "FD-004", **OLD, keys='version = "0030"\nfdda = 0'),
    row("FD-004 TTQ B4b8 0", PAID, **OLD, keys='version = "0030"\nfdda = 0', ttq="36004000"),
    row("FD-006 version 00 is not allowed", FAILED + "FD-006", base="old"),
    row("FD-006 version 00 is allowed", PAID, **OLD),
    row("FD-008 9F4B absent", FAILED + "FD-008", gpo={0x9F4B: None}, records={0x9F4B: None}),
    row("FD-013 version 01, TTQ B4b8 0", PAID, ttq="36004000", told=PLAIN),
    row("FD-011 another CTQ than the signed one", FAILED + "FD-011", gpo={0x9F6C: "0100"}),
    row("FD-011 switch off", PAID, gpo={0x9F6C: "0100"}, switches='"fd.check_ctq" = false'),
    row("FD-012 no CTQ, 0000 signed", PAID, gpo={0x9F6C: None}),
    row("FD-012 no CTQ, 0100 signed", FAILED + "FD-012", gpo={0x9F6C: None},
        keys='ctq = "0100"'),
    row("FD-010 another ATC than the signed one", FAILED + "FD-010", gpo={0x9F36: "0002"},
        switches='"fd.check_atc" = true'),
    row("FD-010 switch off", PAID, gpo={0x9F36: "0002"}),
)  # fmt: skip
def test_fdda(expected: str, scene: dict[str, Any]) -> None:
    assert ends(**scene) == expected


@pytest.mark.parametrize(("code", "approved"), [("00", True), ("01", False), ("10", False)])
def test_answer_of_the_host(code: str, approved: bool) -> None:
    """QP-129."""
    found, _ = play(base="credit")
    assert found.complete(code).approved is approved
