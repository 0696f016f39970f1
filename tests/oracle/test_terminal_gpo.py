"""GPO, card data and records of the second terminal: files 10 and 30, sections 5 to 7 and 14."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.oracle import vectors
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
    short,
    template,
)
from tests.oracle.terminal import Result

OTHER, END = "try_another_interface", "end_application"
APPROVED = ("approved", "approved_offline", "QP-120")
NO_CONTACT = "26004080"


def gpo_data(result: Result) -> str:
    return next(c[5:-1].hex().upper() for c in result.commands if c[1] == 0xA8)


def reads(result: Result) -> int:
    return sum(c[1] == 0xB2 for c in result.commands)


# ---------------------------------------------------------------- PDOL


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("9F0204", "00001250"),  # DOL-007
        ("9F0208", "0000000000001250"),  # DOL-009
        ("5F2A01", "56"),
        ("9F1E0A", "53455249414C20200000"),  # DOL-011
        ("9F1E03", "534552"),  # DOL-008
        ("8109", "000004E20000000000"),
        ("7F0102", "0000"),  # DOL-004
        ("7002", "0000"),  # DOL-003
        ("5A03", "000000"),  # DOL-005
        ("9F0200", ""),  # DOL-012
        ("9F37049F3704", "2B29EBE42B29EBE4"),  # DOL-013
        ("9F2103", "101112"),
        ("9F4104", "00000007"),
        ("9F1A02", "0156"),
        ("9F3303", "E0F8C8"),
        ("9F3501", "22"),
        ("9F0607", "A0000003330101"),
        ("9F0902", "0030"),
        ("9505", "0000000000"),
        ("DF6001", "00"),
        ("DF6901", "00"),
        ("8408", "A000000333010101"),
    ],
)
def test_values_of_a_list(asked: str, sent: str) -> None:
    script = Script(cid="00", fci={AID: application("9F6604" + asked)})
    config = document(terminal={"serial": "SERIAL", "type": "22"})
    data = gpo_data(run(script, config, sequence=7))
    assert data == f"83{4 + len(sent) // 2:02X}36004080{sent}"


def test_a_long_list_has_a_long_length() -> None:
    """QP-042."""
    for more, head in (("7B", "837F"), ("7C", "838180")):
        script = Script(cid="00", fci={AID: application("9F6604DF0E" + more)})
        assert gpo_data(run(script)).startswith(head + "36004080")


@pytest.mark.parametrize(
    ("amount", "kind", "limits", "cash"),
    [
        (999, 0, {"ec_limit": 1000}, "01"),  # EC-001
        (1000, 0, {"ec_limit": 1000}, "00"),
        (999, 1, {"ec_limit": 1000}, "00"),
        (999, 0, {"terminal_floor_limit": 1000}, "01"),
        (1000, 0, {"terminal_floor_limit": 1000}, "00"),
        (999, 0, {"terminal_floor_limit": 1000, "ec_limit": 999}, "00"),
        (1, 0, {}, "00"),
    ],
)
def test_electronic_cash(amount: int, kind: int, limits: dict[str, Any], cash: str) -> None:
    script = Script(cid="00", fci={AID: application("9F66049F7A01")})
    config = document(types=["00", "01"], **limits)
    assert gpo_data(run(script, config, amount=amount, type=kind)).endswith(cash)


@pytest.mark.parametrize(
    ("expiry", "ignore", "rid", "sent"),
    [
        ("20261121", False, "A000000333", "01"),  # ODA-070, CK-005
        ("20261120", False, "A000000333", "00"),
        ("20261120", True, "A000000333", "01"),
        ("20261121", False, "A000000632", "00"),  # SM-001
    ],
)
def test_the_sm_indicator_needs_a_key(expiry: str, ignore: bool, rid: str, sent: str) -> None:
    config = document(switches={"ck.ignore_expiry": ignore})
    point = vectors.sm()["chain"]["ca"]["point"]
    key = {"algorithm": "sm2", "rid": rid, "index": "57", "point": point, "trust": True}
    config["ca_key"].append(key | {"expiry": expiry})
    script = Script(cid="00", fci={AID: application("9F6604DF6901")})
    assert gpo_data(run(script, config)).endswith(sent)


@pytest.mark.parametrize(
    ("amount", "asked", "goes"),
    [(4294967295, "8104", True), (4294967296, "8104", False), (4294967296, "9F0206", True)],
)
def test_an_amount_that_81_cannot_hold(amount: int, asked: str, goes: bool) -> None:
    """FMT-002."""
    script = Script(cid="00", fci={AID: application("9F6604" + asked)})
    result = run(script, document(transaction_limit=None), amount=amount)
    assert (len(result.commands) == 3) == goes
    assert goes or short(result) == (OTHER, "amount_not_codable", "FMT-002")


# ---------------------------------------------------------------- status words


@pytest.mark.parametrize(
    ("status", "policy", "ttq", "expected"),
    [
        ("6985", "uics", "36004080", (OTHER, "gpo_refused", "QP-052")),
        ("6985", "uics", NO_CONTACT, (END, "gpo_refused", "QP-052")),
        ("6985", "k3style", "36004080", (END, "no_application", "EP-060")),
        ("6984", "uics", NO_CONTACT, (END, "gpo_refused", "QP-053")),
        ("6984", "k3style", NO_CONTACT, (OTHER, "gpo_refused", "QP-053")),
        ("6986", "p12", "36004080", (OTHER, "gpo_refused", "QP-054")),
        ("6A81", "uics", "36004080", (OTHER, "gpo_refused", "QP-055")),
        ("9001", "uics", NO_CONTACT, (END, "gpo_refused", "QP-055")),
        ("6283", "k3style", "36004080", (OTHER, "gpo_refused", "QP-055")),
    ],
)
def test_status_words(status: str, policy: str, ttq: str, expected: tuple[str, ...]) -> None:
    config = document(ttq=ttq, switches={"qp.gpo_sw_policy": policy})
    assert short(run(Script(answers={3: bytes.fromhex(status)}), config)) == expected


@pytest.mark.parametrize(("passes", "taps"), [(0, 1), (1, 2), (3, 4)])
def test_see_phone_is_tried_again(passes: int, taps: int) -> None:
    """QP-054, TT-007."""
    cards = [Script(answers={3: b"\x69\x86"}) for _ in range(6)]
    result = run(cards[0], document(terminal={"passes": passes}), *cards[1:])
    assert short(result) == ("try_again", "see_phone", "QP-054")
    assert len(result.commands) == 3 * taps
    assert run(cards[5], document(), Script()).status == "approved"


def test_select_next_goes_to_the_other_application() -> None:
    """QP-052 with k3style, OUT-004."""
    other = AID + "02"
    script = Script(
        ppse=directory(entry(), entry(other)),
        fci={AID: application(), other: application(name=other)},
        answers={3: b"\x69\x85"},
    )
    result = run(script, document(switches={"qp.gpo_sw_policy": "k3style"}))
    assert result.status == "approved" and len(result.commands) == 9
    assert bytes.fromhex("9F0609" + other) in result.data_record


# ---------------------------------------------------------------- form and path


@pytest.mark.parametrize(
    ("answer", "ttq", "expected"),
    [
        ("", "36004080", (OTHER, "bad_data", "QP-060")),
        ("7700FF", "36004080", (OTHER, "bad_data", "QP-060")),
        ("77028201", "36004080", (OTHER, "bad_data", "QP-060")),
        ("8006400008010100", "36004080", (OTHER, "bad_data", "QP-063")),
        ("8006400008010100", "76004080", (OTHER, "path_not_supported", "QP-160")),
        ("8006400008010100", NO_CONTACT, (END, "bad_data", "QP-063")),
        ("770482027C00", "76004080", (OTHER, "path_not_supported", "QP-160")),  # QP-062
        ("770482027C00", "36004080", (OTHER, "missing_data", "QP-061")),
        ("770482027C00", NO_CONTACT, (END, "missing_data", "QP-061")),
        ("770482027C00", "56004080", (OTHER, "path_not_supported", "QP-160")),  # QP-061
        ("700482027C00", "36004080", (OTHER, "bad_data", "QP-060")),
    ],
)
def test_the_form_names_the_path(answer: str, ttq: str, expected: tuple[str, ...]) -> None:
    script = Script(answers={3: bytes.fromhex(answer + "9000")})
    assert short(run(script, document(ttq=ttq))) == expected


@pytest.mark.parametrize(
    ("aip", "ttq", "on", "debit"),
    [
        ("7C80", "76004080", True, True),  # QP-062
        ("7C80", "76004080", False, False),
        ("7C80", "36004080", True, False),  # only one way is open
        ("7C7F", "76004080", True, False),
        ("FC00", "76004080", True, False),
        ("7C8000", "76004080", True, False),
    ],
)
def test_the_aip_may_name_the_path(aip: str, ttq: str, on: bool, debit: bool) -> None:
    config = document(ttq=ttq, switches={"qp.aip_b2b8_means_dc": on})
    result = run(Script(aip=aip), config)
    path = (OTHER, "path_not_supported", "QP-160")
    wrong = (OTHER, "bad_data", "QP-064")
    assert short(result) == (path if debit else wrong if len(aip) > 4 else APPROVED)
    assert reads(result) == (4 if short(result) == APPROVED else 0)
    # The path comes before the type: QP-069 is a rule of qPBOC.
    declined = run(Script(aip=aip, cid="00"), config)
    assert short(declined) == (path if debit else ("declined", "card_declined", "QP-069"))


def test_terminate_is_a_switch() -> None:
    """OUT-013, QP-067."""
    for switch, expected in ((True, OTHER), (False, END)):
        config = document(switches={"qp.missing_data_try_contact": switch})
        assert run(Script(atc=None), config).status == expected
    assert run(Script(atc=None), document(profile="c7")).status == END


@pytest.mark.parametrize(
    ("change", "reason", "rule"),
    [
        ({"aip": None}, "missing_data", "QP-064"),
        ({"aip": "7C0000"}, "bad_data", "QP-064"),
        ({"atc": None}, "missing_data", "QP-067"),
        ({"atc": ""}, "missing_data", "QP-067"),  # TLV-020
        ({"atc": "11"}, "bad_data", "QP-067"),
        ({"cryptogram": "89ABCDEF012345"}, "bad_data", "QP-067"),
        ({"iad": None}, "missing_data", "QP-068"),
        ({"iad": "070101039000"}, "bad_data", "QP-067"),
        ({"iad": "07010103900000"}, "", ""),
        ({"iad": "07010103900000" + "00" * 25}, "", ""),
        ({"iad": "07010103900000" + "00" * 26}, "bad_data", "QP-067"),
        ({"afl": None}, "missing_data", "QP-067"),
        ({"cid": "4040"}, "bad_data", "QP-067"),
        ({"ctq": "00"}, "bad_data", "CTQ-002"),
        ({"ctq": "000000"}, "bad_data", "CTQ-002"),
        ({"gpo": objects(("9F36", "0011"))}, "duplicate_data", "TLV-021"),
        ({"gpo": objects(("5F34", "0102"))}, "bad_data", "TLV-034"),
        ({"gpo": objects(("8F", "F1F1"))}, "bad_data", "TLV-034"),
        ({"gpo": objects(("5F24", "260229"))}, "bad_data", "TLV-029"),
        ({"gpo": objects(("5F24", "2602"))}, "bad_data", "TLV-029"),
        ({"gpo": b"\x9f"}, "bad_data", "QP-060"),
        ({"gpo": b"\xff\x00" + objects(("DF7F", "00"))}, "", ""),
        ({"track": "6200000000000123455F49"}, "bad_data", "TLV-030"),
        ({"track": "6200000000000123455D4D"}, "bad_data", "TLV-030"),
        ({"track": "62000000000001234555D4912F"[:26]}, "bad_data", "TLV-030"),
        ({"track": "6200000000000123456D491222000000000F"}, "bad_data", "QP-085"),
        ({"gpo": objects(("9F37", "00000000"), ("9F02", "01"), ("9F4C", "01"))}, "", ""),
        ({"gpo": objects(("9F5D", "00"), ("5F20", "41"), ("9F63", "00"))}, "", ""),  # TLV-028
        ({"gpo": objects(("DF7F", "00"), ("DF7F", "00"))}, "", ""),  # TLV-018
        ({"gpo": objects(("9F7C", "00"), ("9F7C", "00"))}, "", ""),  # TLV-031
        ({"gpo": objects(("7F21", "9F"))}, "", ""),  # TLV-033
        ({"gpo": objects(("7F21", "9F36020012"))}, "", ""),  # TLV-017
        ({"gpo": objects(("5F34", "01"))}, "", ""),  # TLV-022
        ({"gpo": objects(("5F34", "02"))}, "", ""),
    ],
)
def test_data_of_a_tc(change: dict[str, Any], reason: str, rule: str) -> None:
    """Each thing that may be wrong, or not, in the answer to GPO."""
    result = run(Script(**change))
    assert short(result) == ((OTHER, reason, rule) if reason else APPROVED)
    early = rule not in ("QP-085", "")
    assert reads(result) == (0 if early else 1 if reason else 4)


@pytest.mark.parametrize(
    ("afl", "good"),
    [
        ("08010401", True),
        ("0801040108", False),  # QP-065
        ("09010401", False),
        ("00010401", False),
        ("F8010401", False),
        ("08000401", False),
        ("08020102", False),
        ("08010405", False),
        ("0801010108020400", True),
    ],
)
def test_the_file_locator(afl: str, good: bool) -> None:
    result = run(Script(afl=afl))
    assert short(result) == (APPROVED if good else (OTHER, "bad_data", "QP-065"))


# ---------------------------------------------------------------- cryptogram type


def iad(code: int) -> str:
    return f"07010103{0x80 | code << 4:02X}0000010A010000008766A1B2C3D4"


KINDS = {"AAC": 0, "TC": 1, "ARQC": 2, "RFU": 3}
MEANING = {
    "AAC": ("declined", "card_declined", "QP-069"),
    "TC": APPROVED,
    "ARQC": ("online_request", "card_asked_online", "QP-124"),
    "RFU": ("declined", "cryptogram_rfu", "QP-007"),
}
ORDER = ("RFU", "AAC", "ARQC", "TC")


@pytest.mark.parametrize("source", ["strict", "cid", "iad"])
@pytest.mark.parametrize("by_iad", KINDS)
@pytest.mark.parametrize("by_cid", [*KINDS, None])
def test_the_type(by_cid: str | None, by_iad: str, source: str) -> None:
    """QP-005, QP-006, QP-007."""
    cid = None if by_cid is None else f"{KINDS[by_cid] << 6 | 0x08:02X}"
    expected = by_iad
    if source == "cid" and by_cid:
        expected = by_cid
    elif source == "strict" and by_cid:
        expected = min(by_cid, by_iad, key=ORDER.index)
    script = Script(cid=cid, iad=iad(KINDS[by_iad]))
    result = run(script, document(switches={"qp.cid_source": source}))
    assert short(result) == MEANING[expected]
    stored = cid or f"{KINDS[by_iad] << 6:02X}"
    if expected != "RFU":
        assert bytes.fromhex("9F2701" + stored) in result.field55


def test_a_refusal_needs_only_the_type() -> None:
    """QP-069, QP-127: before missing data, after bad coding."""
    bare = Script(cid="00", aip=None, atc=None, cryptogram=None, iad=None, afl="01", ctq="00")
    assert short(run(bare)) == MEANING["AAC"]
    assert short(run(dataclasses.replace(bare, count=0, gpo=b"\x9f"))) == (
        OTHER,
        "bad_data",
        "QP-060",
    )


@pytest.mark.parametrize(
    ("track", "expiry", "pan", "afl", "switch", "expected"),
    [
        (True, "491231", True, None, True, MEANING["ARQC"]),
        (False, "491231", True, None, True, (OTHER, "missing_data", "QP-067")),
        (False, "491231", True, "08010401", True, MEANING["ARQC"]),  # QP-171, QP-128
        (False, "491231", True, "08010401", False, (OTHER, "missing_data", "QP-067")),
        (False, None, True, "08010401", True, (OTHER, "missing_data", "QP-128")),
        (False, "491231", False, "08010401", True, (OTHER, "missing_data", "QP-128")),
    ],
)
def test_an_online_request_needs_the_card_number(
    track: bool,
    expiry: str | None,
    pan: bool,
    afl: str | None,
    switch: bool,
    expected: tuple[str, ...],
) -> None:
    script = Script(cid="80", iad=iad(2), afl=afl, expiry=expiry)
    script.track = script.track if track else None
    script.pan = script.pan if pan else None
    result = run(script, document(switches={"qp.read_afl_on_arqc": switch}))
    assert short(result) == expected
    assert reads(result) == (4 if afl and switch else 0)  # QP-071


@pytest.mark.parametrize(
    ("policy", "amount", "ttq", "expected", "records"),
    [
        ("decline", 20001, "36004080", ("declined", "tc_despite_online", "QP-170"), 0),
        ("decline", 20000, "36004080", APPROVED, 4),
        ("online", 20001, "36004080", ("online_request", "tc_sent_online", "QP-170"), 4),
        ("online", 20001, "3E004080", ("declined", "offline_only", "TTQ-004"), 4),
        ("online", 20000, "36004080", APPROVED, 4),
        ("accept", 20001, "36004080", APPROVED, 4),
    ],
)
def test_a_tc_despite_online(
    policy: str, amount: int, ttq: str, expected: tuple[str, ...], records: int
) -> None:
    config = document(ttq=ttq, switches={"qp.tc_despite_online": policy})
    result = run(Script(), config, amount=amount)
    assert short(result) == expected and reads(result) == records
    assert result.card_may_have_paid == (records == 4 and expected != APPROVED)


# ---------------------------------------------------------------- records


def test_commands_are_those_of_the_catalogue() -> None:
    """CMD-001, CMD-003, CMD-005, CMD-006, CMD-031."""
    sent = [
        command.hex().upper() for command in run(Script(afl="080101015002020008020400")).commands
    ]
    assert sent[0] == "00A404000E325041592E5359532E444446303100"
    assert sent[1] == f"00A4040008{AID}00"
    assert sent[2].startswith("80A80000238321") and sent[2].endswith("00")
    assert sent[3:5] == ["00B2010C00", "00B2025400"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"record": objects(("9F07", "FF00"))}, (OTHER, "duplicate_data", "TLV-021")),
        ({"last": objects(("57", "62D4"))}, (OTHER, "duplicate_data", "TLV-021")),
        ({"last": objects(("9F36", "0012"))}, (OTHER, "duplicate_data", "TLV-021")),  # TLV-032
        ({"last": objects(("5F34", "02"))}, APPROVED),  # TLV-022
        ({"last": objects(("5F34", "0202"))}, (OTHER, "bad_data", "TLV-034")),
        ({"last": objects(("9F37", "01020304"), ("DF61", "40"))}, APPROVED),
        ({"pan": "62000000000001234A5F"}, (OTHER, "bad_data", "TLV-030")),
        ({"pan": "FFFF"}, (OTHER, "bad_data", "TLV-030")),
        ({"expiry": "490230"}, (OTHER, "bad_data", "TLV-029")),
        ({"effective": "2601"}, (OTHER, "bad_data", "TLV-029")),
        ({"version": "30"}, (OTHER, "bad_data", "TLV-034")),
        ({"answers": {5: b"\x70\x00\x90\x00"}}, ("declined", "authentication_failed", "QP-123")),
        ({"answers": {5: b"\x90\x00"}}, (OTHER, "bad_data", "QP-075")),
        ({"answers": {5: b"\x70\x00\x00\x90\x00"}}, (OTHER, "bad_data", "QP-075")),
        ({"answers": {5: b"\x77\x00\x90\x00"}}, (OTHER, "bad_data", "QP-075")),
        ({"answers": {5: b"\x70\x01\x9f\x90\x00"}}, (OTHER, "bad_data", "QP-075")),
        ({"answers": {5: b"\x6a\x83"}}, (END, "record_refused", "QP-074")),
    ],
)
def test_data_of_records(change: dict[str, Any], expected: tuple[str, ...]) -> None:
    result = run(Script(**change))
    assert short(result) == expected
    assert result.card_may_have_paid == (reads(result) == 4 and expected != APPROVED)


def test_a_locator_that_reads_a_record_twice_gives_duplicates() -> None:
    assert short(run(Script(afl="0801040108010100"))) == (OTHER, "duplicate_data", "TLV-021")


@pytest.mark.parametrize(
    ("content", "flag", "rule"),
    [
        (b"\x01\x02", "00", None),
        (template("70", b""), "01", "ODA-064"),
        (b"\x01\x02", "01", "ODA-021"),
        (template("70", b"") + b"\x00", "01", "ODA-021"),
    ],
)
def test_files_of_the_issuer(content: bytes, flag: str, rule: str | None) -> None:
    """QP-075, ODA-020, ODA-021: not captured; authenticated only as one template 70."""
    script = Script(afl="0801030158010101"[:14] + flag + "08040400", records={(11, 1): content})
    result = run(script)
    assert (result.oda, result.oda_rule) == ("failed" if rule else "successful", rule)


@pytest.mark.parametrize("command", range(1, 7))
def test_lost_before_the_last_record(command: int) -> None:
    """TT-001, TT-002, TT-004: asked again, at most `passes` times."""
    rules = ["EP-035", "EP-035", "TT-002", "TT-004", "TT-004", "TT-004"]
    cards = [Script(lost=(command,)) for _ in range(4)]
    result = run(cards[0], document(), *cards[1:])
    assert short(result) == ("try_again", "card_lost", rules[command - 1])
    assert len(result.commands) == 4 * command and not result.card_may_have_paid
    assert run(Script(lost=(command,)), document(), Script()).status == "approved"
    assert short(run(Script(lost=(command,)), document(), None)) == (END, "no_card", "EP-031")


def test_lost_at_the_last_record() -> None:
    """TT-005, TT-018."""
    result = run(Script(lost=(7,)), document(switches={"tt.recovery": False}), Script())
    assert short(result) == (END, "card_may_have_paid", "TT-005")
    assert result.card_may_have_paid and not result.field55


@pytest.mark.parametrize("command", range(4, 8))
def test_lost_while_an_arqc_is_read(command: int) -> None:
    """QP-173."""
    script = Script(cid="80", iad=iad(2), lost=(command,))
    assert short(run(script)) == MEANING["ARQC"]
    script = Script(cid="80", iad=iad(2), lost=(command,), track=None)
    result = run(script, document(terminal={"passes": 0}))
    assert short(result) == ("try_again", "card_lost", "QP-173")


def test_an_answer_without_status_word_is_none() -> None:
    """APDU-004."""
    config = document(terminal={"passes": 0})
    assert short(run(Script(answers={3: b"\x90"}), config)) == ("try_again", "card_lost", "TT-002")


@pytest.mark.parametrize(("records", "reached"), [(121, True), (122, False)])
def test_at_most_128_commands(records: int, reached: bool) -> None:
    afl = f"580101000801030158{2:02X}{records:02X}0008040400"
    files = {(11, number): b"\x00" for number in range(1, 256)}
    result = run(Script(afl=afl, records=files))
    assert result.status == ("approved" if reached else END)
    assert len(result.commands) == (7 + records if reached else 128)
    assert reached or result.reason == "too_many_commands"
    assert not result.card_may_have_paid


@pytest.mark.parametrize(("stored", "expected"), [(True, APPROVED), (False, None)])
def test_a_doubtful_record_is_kept_before_the_last_record(stored: bool, expected: Any) -> None:
    """TT-017, and TT-010 with tt.recovery alone."""
    kept: list[tuple[int, bytes | None]] = []
    script = Script()

    def store(record: bytes | None) -> bool:
        kept.append((script.count, record))
        return stored

    for upload, recovers in ((True, True), (True, False), (False, True)):
        switches = {"tt.upload_doubtful": upload, "tt.recovery": recovers}
        result = run(script, document(switches=switches), store=store)
        assert short(result) == (expected or (END, "store_failed", "TT-017"))
        assert kept[0][0] == 6 and b"9f2608" in (kept[0][1] or b"")
        assert kept[1:] == ([(7, None)] if stored else [])  # an approval drops it
        del kept[:]
        script.count = 0
    off = document(switches={"tt.recovery": False})
    assert run(Script(), off, store=store).status == "approved" and not kept
    assert short(run(Script(), store=None)) == (END, "store_failed", "TT-017")


def test_the_usual_list_is_what_the_signature_covers() -> None:
    """FDA-006: 9F37 with 4, 9F02 with 6, 5F2A with 2 bytes."""
    for wanted, longer in (("9F3704", "9F3705"), ("9F0206", "9F0207"), ("5F2A02", "5F2A01")):
        script = Script(fci={AID: application(PDOL.replace(wanted, longer))})
        assert run(script).oda_rule == "FDA-006"
