"""The card's own TLV and DOL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.card import tlv

TAGS = [0x5A, 0x82, 0x9F36, 0x9F01, 0xBF0C, 0x70, 0xDF8129]


@pytest.mark.parametrize(
    ("length", "encoded"),
    [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65535, "82FFFF")],
)
def test_lengths_are_minimal(length: int, encoded: str) -> None:
    assert tlv.encode_length(length).hex().upper() == encoded
    assert tlv.decode_length(bytes.fromhex(encoded), 0) == (length, len(encoded) // 2)


@given(st.lists(st.tuples(st.sampled_from(TAGS), st.binary(max_size=300)), max_size=5))
def test_what_is_written_reads_back(objects: list[tuple[int, bytes]]) -> None:
    data = b"".join(tlv.encode(tag, value) for tag, value in objects)
    assert tlv.decode(data) == objects


@pytest.mark.parametrize(
    "data", ["9F", "9F36", "5A", "5A02AA", "5A80", "5A81", "5A8201", "5A83000001AA", "5A84", "9FFF"]
)
def test_malformed_data_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match=r"offset|ends behind"):
        tlv.decode(bytes.fromhex(data))


@given(st.binary(max_size=40))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    for read in (tlv.decode, tlv.decode_dol):
        try:
            read(data)
        except ValueError:
            continue


def test_dol() -> None:
    assert tlv.decode_dol(bytes.fromhex("9F66049503DF812901")) == [
        (0x9F66, 4),
        (0x95, 3),
        (0xDF8129, 1),
    ]
    for broken in ("9F", "9F66", "9F66049F37"):
        with pytest.raises(ValueError, match=r"tag|length"):
            tlv.decode_dol(bytes.fromhex(broken))
