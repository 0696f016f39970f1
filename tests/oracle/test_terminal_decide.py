"""Checks, CVM, fDDA and outcomes of the second terminal: file 30, sections 8 to 12."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle import tlv
from tests.oracle.scripted import AID, Script, application, document, objects, run, short
from tests.oracle.terminal import complete

APPROVED = ("approved", "approved_offline", "QP-120")
EXPIRED = ("declined", "expired", "QP-091")
LISTED = ("declined", "exception_file", "QP-095")
ONLINE = ("online_request", "card_asked_online", "QP-124")
NO_CVM = "cvm_not_possible"
PAN = "6200000000000123455"
ARQC = "07010103A00000010A010000008766A1B2C3D4"
ODA_CARD = {AID: application(issuer=objects(("DF61", "40")))}


def arqc(**change: Any) -> Script:
    """An ARQC without records."""
    return Script(**({"cid": "80", "iad": ARQC, "afl": None} | change))


# ---------------------------------------------------------------- dates and lists


@pytest.mark.parametrize(
    ("expiry", "date", "good"),
    [
        ("261121", "261121", True),  # QP-090: the day itself is valid
        ("261120", "261121", False),
        ("261122", "261121", True),
        ("490101", "261121", True),
        ("991231", "261121", False),  # 1999
        ("500101", "500101", True),
        ("491231", "500101", True),  # 2049 is after 1950
    ],
)
def test_expiry(expiry: str, date: str, good: bool) -> None:
    result = run(Script(expiry=expiry), date=date)
    assert (short(result) != EXPIRED) == good
    assert not good or result.status in ("approved", "declined")


@pytest.mark.parametrize(
    ("ctq", "ttq", "switch", "expected"),
    [
        ("0800", "36004080", True, ("online_request", "expired_online", "QP-174")),  # QP-091
        ("0800", "3E004080", True, EXPIRED),
        ("0800", "36004080", False, ("declined", "expired", "QP-092")),
        ("F700", "36004080", True, EXPIRED),
        (None, "36004080", True, EXPIRED),
    ],
)
def test_expired_cards_may_ask_online(
    ctq: str | None, ttq: str, switch: bool, expected: tuple[str, ...]
) -> None:
    config = document(ttq=ttq, switches={"qp.ctq_b4_expired_online": switch})
    result = run(Script(expiry="261120", ctq=ctq), config)
    assert short(result) == expected and result.oda == "not_performed"


def test_a_decline_beats_the_pending_online_request() -> None:
    """QP-174: exception file and CVM still count."""
    config = document(ttq="34004080")
    assert run(Script(expiry="261120", ctq="4800"), config).reason == NO_CVM
    config["exception"] = [{"pan": PAN}]
    assert short(run(Script(expiry="261120", ctq="4800"), config)) == LISTED
    assert short(run(Script(expiry="261120", ctq="4000"), config)) == EXPIRED  # QP-096


@pytest.mark.parametrize(
    ("required", "expected"), [(True, ("declined", "missing_data", "QP-093")), (False, APPROVED)]
)
def test_a_tc_without_expiry(required: bool, expected: tuple[str, ...]) -> None:
    config = document(switches={"qp.require_5F24": required})
    assert short(run(Script(expiry=None), config)) == expected


@pytest.mark.parametrize(
    ("effective", "on", "good"),
    [("261122", True, False), ("261121", True, True), ("261122", False, True)],
)
def test_effective_date(effective: str, on: bool, good: bool) -> None:
    config = document(switches={"qp.check_effective": on})
    expected = APPROVED if good else ("declined", "not_yet_effective", "QP-094")
    assert short(run(Script(effective=effective), config)) == expected


@pytest.mark.parametrize(
    ("entry", "psn", "needs", "listed"),
    [
        ({"pan": PAN}, "01", False, True),  # QP-095
        ({"pan": PAN, "psn": 1}, "01", False, True),
        ({"pan": PAN, "psn": 2}, "01", False, False),
        ({"pan": PAN, "psn": 2}, "", False, True),
        ({"pan": PAN, "psn": 2}, "", True, False),
        ({"pan": PAN}, "", True, False),
        ({"pan": PAN[:-1]}, "01", False, False),
        ({"pan": PAN[:-1] + "4"}, "01", False, False),
    ],
)
def test_exception_file(entry: dict[str, Any], psn: str, needs: bool, listed: bool) -> None:
    config = document(switches={"qp.exception_needs_psn": needs}) | {"exception": [entry]}
    assert short(run(Script(psn=psn), config)) == (LISTED if listed else APPROVED)


def test_the_exception_file_counts_for_an_arqc_with_records() -> None:
    """Section 8 is about a TC, and an ARQC with records; the host decides about the others."""
    config = document() | {"exception": [{"pan": PAN}]}
    assert short(run(arqc(afl="08010401"), config)) == LISTED
    assert short(run(arqc(), config)) == ONLINE


@pytest.mark.parametrize(("answer", "good"), [(False, True), (True, False), (None, False)])
def test_the_program_is_asked_for_each_card(answer: bool | None, good: bool) -> None:
    asked = []

    def lookup(pan: str, psn: str | None) -> bool | None:
        asked.append((pan, psn))
        return answer

    config = document(terminal={"exception_lookup": True})
    unable = ("declined", "unsupported", "QP-095")
    refused = unable if answer is None else LISTED
    assert short(run(Script(), config, lookup=lookup)) == (APPROVED if good else refused)
    assert asked == [(PAN, "01")]
    assert short(run(Script(), config)) == unable
    assert short(run(Script(), document(), lookup=lookup)) == APPROVED and len(asked) == 1


def test_numbers_of_5a_and_57() -> None:
    """QP-084, QP-085."""
    other = Script(track="6200000000000123456D491222")
    assert run(other).rule == "QP-085"
    off = document(switches={"qp.check_pan_57": False})
    assert run(Script(track="6200000000000123456D491222"), off).status == "approved"


# ---------------------------------------------------------------- CVM


@pytest.mark.parametrize(
    ("ctq", "ttq", "amount", "cvm", "rule"),
    [
        ("8000", "36004080", 1, "online_pin", "QP-100"),
        ("8080", "36004080", 1, "online_pin", "QP-100"),
        ("8000", "32004080", 1, None, "QP-105"),
        ("C000", "32004080", 1, None, "QP-105"),
        ("0080", "36004080", 1, "cdcvm", "QP-102"),
        ("0080", "36000080", 1, "no_cvm", "QP-108"),  # TTQ B3b7
        ("0080", "36000080", 300, None, "QP-109"),
        ("4000", "36004080", 1, "signature", "QP-106"),
        ("4000", "34004080", 1, None, "QP-107"),
        ("0000", "36004080", 299, "no_cvm", "QP-108"),
        ("0000", "36004080", 300, None, "QP-109"),
        (None, "36004080", 300, "signature", "QP-103"),
        (None, "34004080", 300, "online_pin", "QP-103"),
        (None, "30004080", 300, None, "QP-103"),
        (None, "36004080", 299, "no_cvm", "QP-104"),
    ],
)
def test_cvm_of_an_arqc(ctq: str | None, ttq: str, amount: int, cvm: str | None, rule: str) -> None:
    result = run(arqc(ctq=ctq), document(ttq=ttq, cvm_limit=300), amount=amount)
    if cvm is None:
        assert short(result) == ("declined", NO_CVM, rule)
    else:
        assert short(result) == ONLINE and result.cvm == cvm
    value = {"signature": "1E0000", "online_pin": "020000"}.get(cvm or "", "3F0000")
    assert (bytes.fromhex("9F3403" + value) in result.field55) == (cvm is not None)


def test_switches_of_the_cvm() -> None:
    off = document(switches={"qp.cdcvm": False})
    assert run(arqc(ctq="0080"), off).cvm == "no_cvm"
    always = document(switches={"qp.no_ctq_always_signature": True})
    assert run(arqc(ctq=None), always).cvm == "signature"
    assert run(arqc(), always).cvm == "no_cvm"
    config = document(ttq="34004080", switches={"qp.no_ctq_always_signature": True})
    assert run(arqc(ctq=None), config).cvm == "no_cvm"
    absent = document(switches={"qp.bad_ctq_absent": True, "qp.no_ctq_always_signature": True})
    assert run(arqc(ctq="00"), absent).cvm == "signature"  # CTQ-002


@pytest.mark.parametrize(
    ("kind", "related", "cvm", "rule"),
    [
        ("TC", "0111223344008000", "cdcvm", "QP-120"),  # QP-101
        ("TC", "0111223344000000", None, "QP-101"),
        ("TC", "0011223344008000", None, "QP-101"),
        ("TC", "", None, "QP-102"),
        ("ARQC", "0011223344008000", "cdcvm", "QP-124"),
        ("ARQC", "0111223344008100", None, "QP-101"),
        ("ARQC", "01112233440080", "cdcvm", "QP-124"),
        ("ARQC", "011122334400", None, "QP-101"),
    ],
)
def test_verification_on_the_device(kind: str, related: str, cvm: str | None, rule: str) -> None:
    more = {} if kind == "TC" else {"cid": "80", "iad": ARQC}
    result = run(Script(ctq="0080", related=related, **more))
    assert result.rule == rule and result.cvm == (cvm or "n_a")
    assert result.status == ("declined" if cvm is None else result.status)


@pytest.mark.parametrize(
    ("kind", "ctq", "ttq", "amount", "cvm", "rule"),
    [
        ("TC", "8000", "36004080", 1, "no_cvm", "QP-120"),  # QP-111: not QP-100
        ("TC", "8000", "32004080", 1, "no_cvm", "QP-120"),  # not QP-105
        ("TC", "0080", "36004080", 1, "no_cvm", "QP-120"),  # not QP-101
        ("TC", "C080", "36004080", 1, "signature", "QP-120"),  # QP-106
        ("TC", "4000", "36004080", 1, "signature", "QP-120"),
        ("TC", "C000", "34004080", 1, None, "QP-107"),
        ("TC", "8080", "36004080", 300, None, "QP-109"),
        ("TC", "4000", "36004080", 300, "signature", "QP-120"),
        ("TC", None, "36004080", 300, "signature", "QP-103"),
        ("TC", None, "36004080", 299, "no_cvm", "QP-104"),
        ("ARQC", "8000", "36004080", 1, "online_pin", "QP-124"),  # an ARQC has the whole table
        ("ARQC", "8000", "32004080", 1, None, "QP-105"),
        ("ARQC", "0080", "36004080", 300, "cdcvm", "QP-124"),
    ],
)
def test_only_the_signature_bit_of_a_tc(
    kind: str, ctq: str | None, ttq: str, amount: int, cvm: str | None, rule: str
) -> None:
    config = document(ttq=ttq, cvm_limit=300, switches={"qp.tc_signature_only": True})
    # 9F69 repeats the CTQ, and 0000 where there is none (FD-011, FD-012).
    script = Script(ctq=ctq) if kind == "TC" else arqc(ctq=ctq, related="")
    result = run(script, config, amount=amount)
    if cvm is None:
        assert short(result) == ("declined", NO_CVM, rule)
    else:
        assert result.status == ("approved" if kind == "TC" else "online_request")
        assert result.cvm == cvm and (ctq is None or result.rule == rule)


def test_the_other_bits_of_a_tc_keep_their_meaning_after_authentication() -> None:
    """QP-111 is a rule of the CVM: QP-121 and QP-122 look at the CTQ as ever."""
    config = document(switches={"qp.tc_signature_only": True})
    assert run(Script(ctq="2000", sign=False), config).rule == "QP-121"
    assert run(Script(ctq="1000", sign=False), config).rule == "QP-122"
    assert run(Script(ctq="8000", sign=False), config).rule == "QP-123"


def test_the_profile_of_2013_decides_by_its_switches() -> None:
    config = document(profile="jrt0025-2013")
    assert short(run(Script(), config)) == APPROVED
    result = run(Script(ctq=None), config)
    assert short(result) == APPROVED and result.cvm == "signature"  # QP-104
    assert run(Script(ctq="0080"), config).cvm == "no_cvm"
    assert (
        run(Script(ctq="0080", related="0111223344000000"), config).status == "approved"
    )  # FD-011
    assert run(Script(ctq="00", related="0111223344000000"), config).cvm == "signature"  # CTQ-002
    assert run(Script(expiry="261120", ctq="0800"), config).rule == "QP-092"
    assert short(run(Script(cid="00"), config)) == APPROVED  # QP-006
    assert len(run(arqc(afl="08010401"), config).commands) == 3  # QP-071
    assert run(arqc(ctq="0080"), config).cvm == "no_cvm"


@pytest.mark.parametrize(
    ("ttq", "expected"),
    [
        ("36004080", ("online_request", "pin_needs_online", "QP-110")),
        ("3E004080", ("declined", "offline_only", "TTQ-004")),
    ],
)
def test_a_tc_with_pin_is_never_approved(ttq: str, expected: tuple[str, ...]) -> None:
    assert short(run(Script(ctq="8000"), document(ttq=ttq))) == expected


# ---------------------------------------------------------------- fDDA


@pytest.mark.parametrize(
    ("script", "switches", "rule"),
    [
        ({}, {}, None),
        ({"sign": False}, {}, "DDA-003"),
        ({"aip": "5C00"}, {}, "FD-001"),
        ({"related": "02112233440000" + "00"}, {}, "FD-002"),
        ({"related": "01112233440000"}, {}, "FD-002"),
        ({"related": "0111223344000000" + "00" * 9}, {}, "FD-002"),
        ({"related": "0111223344000000" + "00" * 8}, {}, None),
        ({"related": "0011223344000000"}, {"fd.allow_v00": True}, "FD-004"),
        ({"related": "0011223344000000", "version": ""}, {"fd.allow_v00": True}, None),  # FD-003
        ({"related": "0011223344000000", "version": "0020"}, {}, "FD-006"),
        ({"version": "0020"}, {}, "FD-005"),
        ({"version": "0020"}, {"fd.v01_needs_0030": False}, None),
        ({"version": "002F"}, {}, "FD-005"),
        ({"ctq": "0200", "related": "0111223344000000"}, {}, "FD-011"),
        ({"ctq": "0200", "related": "0111223344000000"}, {"fd.check_ctq": False}, None),
        ({"ctq": None, "related": "0111223344000000"}, {}, None),
        ({"ctq": None, "related": "0111223344000100"}, {}, "FD-012"),
        ({"atc": "0012"}, {}, None),
        ({"atc": "0012"}, {"fd.check_atc": True}, "FD-010"),
        ({"atc": "0011"}, {"fd.check_atc": True}, None),
    ],
)
def test_authentication(script: dict[str, Any], switches: dict[str, Any], rule: str | None) -> None:
    result = run(Script(**script), document(switches=switches))
    assert result.oda_rule == rule
    assert short(result) == (("declined", "authentication_failed", "QP-123") if rule else APPROVED)
    assert result.card_may_have_paid == (rule is not None)  # TT-006
    assert (bytes.fromhex("9F4C020011") in result.data_record) == (rule is None)


def test_keys_of_the_terminal() -> None:
    config = document()
    expiry = config["ca_key"][0] | {"expiry": "20261121"}
    assert run(Script(), config | {"ca_key": [expiry]}).status == "approved"
    assert run(Script(), config | {"ca_key": [expiry]}, date="261122").oda_rule == "CK-005"
    assert run(Script(), config | {"ca_key": []}).oda_rule == "CK-008"
    revoked = [{"rid": "A000000333", "index": "F1", "serial": "000001"}]
    assert run(Script(), config | {"revoked": revoked}).oda_rule == "CK-021"
    revoked[0]["serial"] = "000002"
    assert run(Script(), config | {"revoked": revoked}).status == "approved"
    with pytest.raises(ValueError, match="CK-002"):
        run(Script(), config | {"ca_key": [config["ca_key"][0] | {"index": "F2"}]})


FAILED = "authentication_failed"


@pytest.mark.parametrize(
    ("ctq", "ttq", "expected"),
    [
        ("2000", "36004080", ("online_request", FAILED + "_online", "QP-121")),
        ("3000", "36004080", ("online_request", FAILED + "_online", "QP-121")),
        ("3000", "3E004080", ("try_another_interface", FAILED + "_contact", "QP-122")),
        ("1000", "36004080", ("try_another_interface", FAILED + "_contact", "QP-122")),
        ("1000", "26004080", ("declined", FAILED, "QP-123")),
        ("2000", "3E004080", ("declined", FAILED, "QP-123")),
        ("0800", "36004080", ("declined", FAILED, "QP-123")),
        (None, "36004080", ("declined", FAILED, "QP-123")),
    ],
)
def test_after_a_failed_authentication(
    ctq: str | None, ttq: str, expected: tuple[str, ...]
) -> None:
    result = run(Script(ctq=ctq, sign=False), document(ttq=ttq))
    assert short(result) == expected and result.card_may_have_paid


# ---------------------------------------------------------------- online


@pytest.mark.parametrize(
    ("fci", "ttq", "afl", "sign", "policy", "expected"),
    [
        (ODA_CARD, "37004080", "08010401", True, "online", "QP-125"),
        (ODA_CARD, "36004080", "08010401", True, "online", "QP-124"),
        ({AID: application()}, "37004080", "08010401", True, "online", "QP-124"),
        (ODA_CARD, "37004080", "08010401", False, "online", "QP-126"),
        (ODA_CARD, "37004080", "08010401", False, "decline", "QP-126"),
        (ODA_CARD, "37004080", None, True, "online", "QP-126"),  # QP-172
        (ODA_CARD, "37004080", None, True, "decline", "QP-126"),
        (ODA_CARD, "3F004080", "08010401", True, "online", "TTQ-004"),
        ({AID: application()}, "3E004080", None, True, "online", "TTQ-004"),
    ],
)
def test_authentication_of_an_arqc(
    fci: dict[str, bytes], ttq: str, afl: str | None, sign: bool, policy: str, expected: str
) -> None:
    possible = ttq == "37004080"  # elsewhere the configuration is refused
    switches = {"qp.online_oda_fail": policy, "qp.deferred_auth": possible}
    result = run(arqc(fci=fci, afl=afl, sign=sign), document(ttq=ttq, switches=switches))
    declined = expected == "TTQ-004" or (policy == "decline" and expected == "QP-126")
    assert (result.status, result.rule) == ("declined" if declined else "online_request", expected)
    assert result.may_defer == (expected == "QP-125")
    if not declined:
        later = complete(result, None)
        assert later.reason == ("deferred" if result.may_defer else "host_not_reached")
        assert later.status == ("approved" if result.may_defer else "declined")


def test_deferring_is_for_the_operator_to_allow() -> None:
    """QP-130, TK-035."""
    good = arqc(fci=ODA_CARD, afl="08010401")
    result = run(good, document(ttq="37004080"))
    assert result.rule == "QP-125" and not result.may_defer
    assert complete(result, None).status == "declined"
    old = arqc(fci=ODA_CARD, afl="08010401", related="0011223344000000", version="0020")
    for switches, rule in (
        ({"qp.deferred_auth": True}, "QP-126"),
        ({"fd.allow_v00": True}, "QP-125"),
    ):
        old.count = 0
        result = run(old, document(ttq="37004080", switches=switches))
        assert result.rule == rule and not result.may_defer
    other = arqc(fci=ODA_CARD, afl="08010401", track="6200000000000123456D491222")
    for deferred in (True, False):
        switches = {"qp.deferred_auth": deferred, "qp.check_pan_57": False}
        other.count = 0
        result = run(other, document(ttq="37004080", switches=switches))
        assert result.rule == "QP-125" and not result.may_defer


def test_lost_cards_of_online_authentication_are_asked_again() -> None:
    """QP-173."""
    script = arqc(fci=ODA_CARD, afl="08010401", lost=(4,))
    result = run(script, document(ttq="37004080"), arqc(fci=ODA_CARD, afl="08010401"))
    assert result.rule == "QP-125" and len(result.commands) == 11


# ---------------------------------------------------------------- data


@pytest.mark.parametrize(
    ("iad", "gpo", "balance"),
    [
        ("07010103A00000010A010000008766A1B2C3D4", b"", 8766),
        ("07010103A00000010A010000008766A1B2C3D4", objects(("9F5D", "000000000500")), 500),
        ("07010103A00000010A010000008766A1B2C3D4", objects(("9F5D", "0000000005")), 8766),
        ("07010103A00000010A050000008766A1B2C3D4", b"", 8766),
        ("07010103A00000010F0300000087660000000000A1B2C3D4", b"", 8766),
        ("07010103A00000010A020000008766A1B2C3D4", b"", None),
        ("07010103A00000010B010000008766A1B2C3D4", b"", None),  # QP-008
        ("07010103A000000105010000008766A1B2C3D4", b"", None),
        ("07010103A0000001", b"", None),
        ("07010103A00000010A01000000876AA1B2C3D4", b"", None),
    ],
)
def test_balance(iad: str, gpo: bytes, balance: int | None) -> None:
    assert run(arqc(iad=iad, gpo=gpo)).balance == balance


def test_lists_hold_what_there_is_in_their_order() -> None:
    """QP-140, QP-141."""
    result = run()
    upload = [tag for tag, _, _ in tlv.objects(result.field55, False)]
    assert " ".join(upload) == (
        "9F26 9F27 9F10 9F37 9F36 95 9A 9C 9F02 5F2A 82 9F1A 9F03 9F33 9F34 84 9F09 9F41 9F74 8A"
    )
    record = [tag for tag, _, _ in tlv.objects(result.data_record, False)]
    assert " ".join(record) == (
        "9F06 84 50 57 5A 5F34 5F24 5F25 9F02 9F03 5F2A 9A 9F21 9C 9F41 9F37 9F66 95 82 9F36 9F26"
        " 9F27 9F10 9F6C 9F69 9F74 8A 9F34 9F33 9F1A 9F09 9F08 9F4C"
    )
    assert result.approval_code == "ECC001"
    online = run(arqc(gpo=objects(("9F63", "11" * 16))))
    tags = [tag for tag, _, _ in tlv.objects(online.field55, False)]
    assert tags == [*upload[:-2], "9F63"] and online.approval_code is None
    for refused in (run(Script(atc=None)), run(Script(answers={3: b"\x69\x85"}))):
        assert not refused.field55 and not refused.data_record
    declined = run(Script(cid="00"))
    assert bytes.fromhex("8A025A31") in declined.field55


def test_a_tc_that_went_online_is_the_hosts_to_approve() -> None:
    """QP-129, QP-130."""
    result = run(Script(ctq="2000", sign=False))
    assert result.card_may_have_paid
    assert not complete(result, "00").card_may_have_paid
    for code in (None, "05"):
        final = complete(result, code)
        assert final.status == "declined" and final.card_may_have_paid and final.cvm == "n_a"
