"""Cryptogram checks: the worked values pass, and each thing that can be wrong is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.issuer.check import Issuer
from tapkern.issuer.reasons import Failure
from tapkern.issuer.request import Kind, OnlineRequest, RequestError
from tests.issuer import requests
from tests.issuer.requests import ISSUER, KNOWN, MASTER, PAN, request, worked

FAMILY = pytest.mark.parametrize("family", ["3des", "sm4"])


def failure(raw: bytes, issuer: Issuer = ISSUER) -> Failure | None:
    try:
        return issuer.check(OnlineRequest.read(raw)).failure
    except RequestError as error:
        return error.failure


@FAMILY
@pytest.mark.parametrize("version", ["01", "11", "17"])
def test_worked_values_pass(family: str, version: str) -> None:
    check = ISSUER.check(OnlineRequest.read(worked(family, version)))
    assert check.passed and check.failure is None
    assert (check.kind, check.version) == (Kind.ARQC, int(version, 16))
    assert (check.atc, check.balance) == (0x23, 10000)
    assert check.algorithm == {"3des": "3DES", "sm4": "SM4"}[family]
    assert check.session is not None
    code = check.session.issuer_authentication("00")
    if version == "01":
        assert code.hex().upper() == KNOWN[family]["arpc"] + "3030"


@FAMILY
@pytest.mark.parametrize(("kind", "found"), [("20", Kind.ARQC), ("10", Kind.TC)])
def test_arqc_and_tc(family: str, kind: str, found: Kind) -> None:
    check = ISSUER.check(OnlineRequest.read(request(7, family, kind=kind)))
    assert check.passed and check.kind is found


def test_type_after_a_second_generate_ac() -> None:
    """First ARQC, then TC: the newest cryptogram is the TC."""
    raw = request(7)
    data = OnlineRequest.read(raw).issuer_data
    for second, kind in ((0x00, Kind.AAC), (0x40, Kind.TC), (0x80, Kind.ARQC), (0xC0, None)):
        cvr = bytes([3, second | 0x20, 0, 0])
        assert type(data)(1, cvr, 1, 0, b"", b"").kind is kind


@FAMILY
@pytest.mark.parametrize(
    "tag", ["9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37", "82", "9F36", "9F26"]
)
def test_every_byte_that_the_cryptogram_covers(family: str, tag: str) -> None:
    raw = worked(family)
    at = raw.index(bytes.fromhex(tag)) + len(tag) // 2
    for place in range(at + 1, at + 1 + raw[at]):
        changed = bytearray(raw)
        changed[place] ^= 0x01
        assert failure(bytes(changed)) is Failure.WRONG_CRYPTOGRAM


@FAMILY
@pytest.mark.parametrize("version", ["01", "11"])
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (1, None),  # key index: not covered
        (4, Failure.WRONG_CRYPTOGRAM),
        (8, Failure.MALFORMED),
        (10, Failure.WRONG_BALANCE_MAC),
        (14, Failure.WRONG_BALANCE_MAC),
        (15, Failure.WRONG_BALANCE_MAC),
        (18, Failure.WRONG_BALANCE_MAC),
    ],
)
def test_bytes_of_9f10(family: str, version: str, place: int, expected: Failure | None) -> None:
    raw = bytearray(worked(family, version))
    raw[raw.index(b"\x9f\x10") + 3 + place] ^= 0x01
    assert failure(bytes(raw)) is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"9F10": None}, Failure.MISSING_DATA),
        ({"9F36": None}, Failure.MISSING_DATA),
        ({"9F26": None}, Failure.MISSING_DATA),
        ({"9F03": None}, Failure.MISSING_DATA),
        ({"82": None}, Failure.MISSING_DATA),
        ({"57": None}, Failure.MISSING_DATA),
        ({"57": "ABCD"}, Failure.MALFORMED),
        ({"57": "62D0"}, Failure.MALFORMED),
        ({"5A": "6200001234567891"}, Failure.MALFORMED),
        ({"9F36": "0000"}, Failure.WRONG_CRYPTOGRAM),
        ({"9F36": "23"}, Failure.MALFORMED),
        ({"9F26": "00"}, Failure.MALFORMED),
        ({"9F27": "8000"}, Failure.MALFORMED),
        ({"9F27": "40"}, Failure.WRONG_TYPE),
        ({"9F27": "00"}, Failure.WRONG_TYPE),
        ({"5F34": "0A"}, Failure.MALFORMED),
        ({"5F34": "02"}, Failure.WRONG_CRYPTOGRAM),
        ({"5F34": None}, Failure.WRONG_CRYPTOGRAM),
        ({"9F10": "07010203A0800001"}, Failure.UNKNOWN_VERSION),
        ({"9F10": "07010103A0800002"}, Failure.UNKNOWN_ALGORITHM),
        ({"9F10": "0701010380800001"}, Failure.WRONG_TYPE),
        ({"9F10": "07010103B0800001"}, Failure.WRONG_TYPE),
        ({"9F10": "06010103A0800001"}, Failure.MALFORMED),
        ({"9F10": "07010102A0800001"}, Failure.MALFORMED),
        ({"9F10": "07010103A08000"}, Failure.MALFORMED),
        ({"9F10": "07010103A080000100"}, Failure.MALFORMED),
        ({"9F10": "07010103A08000010100"}, Failure.MALFORMED),
        ({"9F10": ""}, Failure.MALFORMED),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], expected: Failure) -> None:
    assert failure(worked("3des", **change)) is expected


def test_9f27_need_not_be_there_and_9f10_need_not_tell_a_balance() -> None:
    check = ISSUER.check(OnlineRequest.read(worked("3des", **{"9F27": None})))
    assert check.passed
    check = ISSUER.check(OnlineRequest.read(request(7, balance=None)))
    assert check.passed and check.balance is None


@pytest.mark.parametrize(("identifier", "told"), [(1, 777), (2, None), (5, None)])
def test_only_a_balance_counts_as_one(identifier: int, told: int | None) -> None:
    raw = request(7, balance=777, identifier=identifier)
    assert ISSUER.check(OnlineRequest.read(raw)).balance == told


def test_keys_of_another_issuer() -> None:
    assert failure(worked("3des"), Issuer.ready()) is Failure.WRONG_CRYPTOGRAM
    assert failure(worked("sm4"), Issuer("no sm", {1: MASTER})) is Failure.UNKNOWN_ALGORITHM


def test_number_from_other_fields() -> None:
    plain = worked("3des", **{"57": None, "5F34": None})
    assert ISSUER.check(OnlineRequest.read(plain, pan=PAN, psn="01")).passed
    with pytest.raises(RequestError, match="card number"):
        OnlineRequest.read(worked("3des"), pan="6200001234567891")
    with pytest.raises(RequestError, match="5F34"):
        OnlineRequest.read(worked("3des"), psn="02")


def test_two_lists_must_agree() -> None:
    raw = worked("3des")
    assert OnlineRequest.read(raw, raw).atc == 0x23
    with pytest.raises(RequestError, match="9F36 has two values"):
        OnlineRequest.read(raw, bytes.fromhex("9F36020024"))
    with pytest.raises(RequestError, match="9F36 has two values"):
        OnlineRequest.read(raw + bytes.fromhex("9F36020024"))


@given(st.binary(max_size=80))
def test_any_bytes_are_a_failure_and_no_error(data: bytes) -> None:
    assert failure(data) in (Failure.MALFORMED, Failure.MISSING_DATA)


@given(st.data())
def test_any_damage_ends_in_a_failure(data: st.DataObject) -> None:
    """Cut anywhere, or one byte changed: refused, unless the byte is one that nothing covers."""
    raw = worked("sm4")
    cut = data.draw(st.integers(0, len(raw) - 1))
    found = failure(raw[:cut])
    # the last objects, 9F27 57 5F34, may be missing one by one: then the card number is
    assert found is not None


def test_nothing_secret_is_shown() -> None:
    whole = OnlineRequest.read(worked("3des"))
    check = ISSUER.check(whole)
    shown = repr(whole) + repr(check) + str(check.to_json()) + check.words() + repr(ISSUER)
    assert PAN not in shown and KNOWN["3des"]["sk_mac"] not in shown.upper()
    assert repr(MASTER.ac) not in shown
    assert whole.masked_pan == "620000******7892"


def test_the_requests_of_these_tests_are_the_worked_ones() -> None:
    """The builder of other requests agrees with the published cryptogram."""
    made = requests.session(0x23, worked("3des"))
    assert (
        made.cryptogram(bytes.fromhex(KNOWN["cvn01_input"])).hex().upper()
        == KNOWN["3des"]["ac_cvn01"]
    )
