"""Masking: no card number may pass by default."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.data import mask, tlv

PAN = "6200000000000123455"


@pytest.mark.parametrize(
    ("pan", "masked"),
    [
        (PAN, "620000*********3455"),
        (PAN + "F", "620000*********3455F"),
        ("6212345678901232", "621234******1232"),
        ("6212345678901", "621234***8901"),
        ("621234567890", "********7890"),
        ("12345", "*2345"),
        ("1234", "****"),
        ("1", "*"),
        ("", ""),
        ("62000000D0123455", "****************"),
        ("not a number", "************"),
        ("٦٢٠٠٠٠٠٠٠٠٠٠٠١٢٣٤٥٥", "*******************"),
    ],
)
def test_mask_pan(pan: str, masked: str) -> None:
    assert mask.mask_pan(pan) == masked


@pytest.mark.parametrize(
    ("track", "masked"),
    [
        (PAN + "D491222000000009F", "620000*********3455D4912220*******" + "*F"[1:]),
        ("6212345678901232D49122201234567F", "621234******1232D4912220*******F"),
        ("6212345678901232=4912220123", "621234******1232=4912220***"),
        ("6212345678901232D", "621234******1232D"),
        ("62123456789012324912220", "***********************"),
        ("D4912220", "********"),
        ("62000000000001234551D49", "***********************"),
    ],
)
def test_mask_track2(track: str, masked: str) -> None:
    if track.startswith(PAN):
        track, masked = PAN + "D49122200000000", "620000*********3455D4912220*******"
        assert mask.mask_track2(bytes.fromhex(track + "00")[:17]) == masked
    assert mask.mask_track2(track) == masked


def test_mask_tlv_keeps_what_is_not_secret() -> None:
    record = "702B5A0A" + PAN + "F5F24034912315F25032001015F280201569F0702FF009F080200305F340101"
    assert mask.mask_tlv(bytes.fromhex(record)) == record.replace(PAN, "620000*********3455")


def test_mask_tlv_hides_names_and_certificates() -> None:
    data = tlv.write(0x5F20, b"WANG/XIAOMING") + tlv.write(0x9F46, bytes(112))
    masked = mask.mask_tlv(data)
    assert masked == "5F200D" + "*" * 26 + "9F4670" + "*" * 224


@pytest.mark.parametrize("cut", range(4, 16))
def test_mask_tlv_of_cut_off_data_is_stars(cut: int) -> None:
    data = tlv.write(0x70, tlv.write(0x5A, bytes.fromhex(PAN + "F")))[:cut]
    if cut < 14:
        assert set(mask.mask_tlv(data)) == {"*"}
    assert PAN[6:12] not in mask.mask_tlv(data)


def test_a_pan_is_masked_wherever_it_stands() -> None:
    digits = bytes.fromhex(PAN + "F")
    foreign = tlv.write(0xC1, b"\xaa" + digits) + tlv.write(0x50, PAN.encode())
    masked = mask.mask_tlv(tlv.write(0x5A, digits) + foreign)
    assert PAN not in masked
    assert PAN.encode().hex() not in masked


def test_something_like_a_pan_under_an_unknown_tag_is_masked() -> None:
    data = tlv.write(0xC1, bytes.fromhex(PAN + "F"))
    assert mask.mask_tlv(data) == "C10A620000*********3455F"
    wrong_check_digit = tlv.write(0xC1, bytes.fromhex("6200000000000123456F"))
    assert mask.mask_tlv(wrong_check_digit) == wrong_check_digit.hex().upper()


def test_track2_of_another_kernel() -> None:
    assert mask.secrecy(0x9F6B, 6) is None
    assert mask.secrecy(0x9F6B, 19) is mask.Secrecy.TRACK2


def test_repr_shows_no_pan() -> None:
    found = mask.scrubber([tlv.write(0x5A, bytes.fromhex(PAN + "F"))])
    assert found.pans == (PAN,)
    assert PAN not in repr(found)


@given(st.binary(max_size=200))
def test_length_never_changes(data: bytes) -> None:
    masked = mask.mask_tlv(data)
    assert len(masked) == 2 * len(data)
    plain = data.hex().upper()
    assert all(new in (old, "*") for old, new in zip(plain, masked, strict=True))


@given(st.text(max_size=40))
def test_mask_pan_never_shows_more_than_ten_digits(text: str) -> None:
    masked = mask.mask_pan(text)
    assert len(masked) == len(text)
    assert sum(char.isdigit() for char in masked) <= 10


@given(
    st.text("0123456789", min_size=13, max_size=19), st.binary(max_size=40), st.binary(max_size=40)
)
def test_no_pan_passes_mask_tlv(pan: str, before: bytes, behind: bytes) -> None:
    value = bytes.fromhex(pan + "F" * (len(pan) % 2))
    data = tlv.write(0x50, b"A") + tlv.write(0x70, tlv.write(0x5A, value)) + before + behind
    masked = mask.mask_tlv(data)
    start = 2 * (3 + 2 + 2)
    hidden = masked[start + 6 : start + len(pan) - 4]
    assert set(hidden) == {"*"}
