"""The reader behind decode: rules TLV-001 to TLV-016, DOL-001, DOL-014."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.data import tlv
from tapkern.errors import TlvError


def read(text: str) -> list[tuple[int, int, str]]:
    """Tag, offset and value of every leaf."""
    found = []
    waiting = list(tlv.read(bytes.fromhex(text)))
    while waiting:
        item = waiting.pop(0)
        waiting = [*item.children, *waiting]
        if not item.children:
            found.append((item.tag, item.offset, item.value.hex().upper()))
    return found


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("5701AA", [(0x57, 0, "AA")]),
        ("9F0101AA", [(0x9F01, 0, "AA")]),
        ("DF812901AA", [(0xDF8129, 0, "AA")]),
        ("DF81820301AA", [(0xDF818203, 0, "AA")]),
        ("8F00", [(0x8F, 0, "")]),
        ("57810101", [(0x57, 0, "01")]),
        ("5782000101", [(0x57, 0, "01")]),
        ("7003570101", [(0x57, 2, "01")]),
        ("700700570101FF0000", [(0x57, 3, "01")]),
        ("00570101FF", [(0x57, 1, "01")]),
        ("00FF00", []),
        ("", []),
        ("6F05A503500141", [(0x50, 4, "41")]),
    ],
)
def test_well_formed(text: str, leaves: list[tuple[int, int, str]]) -> None:
    assert read(text) == leaves


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("9F", "end_in_tag", 0),
        ("9F81", "end_in_tag", 0),
        ("9F8181818101AA", "tag_too_long", 0),
        ("57", "end_in_length", 1),
        ("5781", "end_in_length", 1),
        ("578200", "end_in_length", 1),
        ("5780", "length_form", 1),
        ("5783000001AA", "length_form", 1),
        ("57FF", "length_form", 1),
        ("5702AA", "overrun", 0),
        ("7003570201", "overrun", 2),
        ("82027C0070035702AA", "overrun", 6),
        ("700457010157", "end_in_length", 6),
        ("7005570101" + "57", "overrun", 0),
        ("70049F0102AA", "overrun", 2),
    ],
)
def test_malformed(text: str, code: str, offset: int) -> None:
    with pytest.raises(TlvError) as caught:
        tlv.read(bytes.fromhex(text))
    error = caught.value
    assert isinstance(error, tlv.CodingError)
    assert (error.code, error.offset) == (code, offset)
    assert error.rule in str(error)


def test_what_was_readable_before_the_fault() -> None:
    with pytest.raises(tlv.CodingError) as caught:
        tlv.read(bytes.fromhex("9F360200117709820 27C005702AA".replace(" ", "")))
    atc, template = caught.value.readable
    assert atc.value == b"\x00\x11"
    aip, track = template.children
    assert aip.value == b"\x7c\x00" and aip.is_complete
    assert track.tag == 0x57 and not track.is_complete and track.offset == 11


def test_nothing_behind_a_cut_template_is_read() -> None:
    # A5 says more than 6F holds; the object behind 6F must not appear.
    with pytest.raises(tlv.CodingError) as caught:
        tlv.read(bytes.fromhex("6F05A509500141" + "8F01F1"))
    (fci,) = caught.value.readable
    assert [item.tag for item in fci.children] == [0xA5]
    assert fci.children[0].children[0].value == b"A"


def test_ff_is_padding_only_when_asked() -> None:
    data = bytes.fromhex("FF805806000000100000")
    assert tlv.read(data, skip_ff=False)[0].tag == 0xFF8058
    with pytest.raises(tlv.CodingError):
        tlv.read(data)


def test_nesting_is_bounded() -> None:
    data = b""
    for _ in range(tlv.MAX_DEPTH):
        data = tlv.write(0x70, data)
    tlv.read(data)
    with pytest.raises(tlv.CodingError, match="nested deeper"):
        tlv.read(tlv.write(0x70, data))


def test_deep_nesting_does_not_recurse() -> None:
    data = b"\x70\x82\x7f\x00" * 8000
    with pytest.raises(tlv.CodingError):
        tlv.read(data)


def test_broken_content_of_a_lenient_template_is_left_unread() -> None:
    data = bytes.fromhex("7008E10382055A" + "8F01F1")
    template = tlv.read(data, lenient=lambda tag: tag == 0xE1)[0]
    unknown, index = template.children
    assert unknown.opaque is not None and unknown.children == ()
    assert (index.tag, index.value) == (0x8F, b"\xf1")
    with pytest.raises(tlv.CodingError):
        tlv.read(data)


def test_own_length_of_a_lenient_template_still_counts() -> None:
    with pytest.raises(tlv.CodingError) as caught:
        tlv.read(bytes.fromhex("7004E105" + "8F01"), lenient=lambda tag: tag == 0xE1)
    assert (caught.value.code, caught.value.offset) == ("overrun", 2)


@given(st.binary(max_size=300), st.booleans(), st.booleans())
def test_garbage_gives_objects_or_the_declared_error(data: bytes, ff: bool, lax: bool) -> None:
    try:
        items = tlv.read(data, skip_ff=ff, lenient=(lambda tag: bool(tag & 1)) if lax else None)
    except tlv.CodingError as error:
        assert 0 <= error.offset <= len(data)
        items = error.readable
    end = 0
    for item in items:
        assert item.offset >= end
        end = item.value_offset + len(item.value)
        assert data[item.value_offset : end] == item.value
    assert end <= len(data)


primitive = st.tuples(
    st.sampled_from([0x57, 0x8F, 0x9F01, 0x9F6C, 0xDF8129]), st.binary(max_size=300)
)
trees = st.recursive(
    primitive.map(lambda pair: tlv.write(*pair)),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: tlv.write(0x70, b"".join(parts))),
    max_leaves=12,
)


def _again(item: tlv.Item) -> bytes:
    inner = b"".join(_again(child) for child in item.children)
    return tlv.write(item.tag, inner if item.children else item.value)


@given(trees)
def test_round_trip(data: bytes) -> None:
    assert b"".join(_again(item) for item in tlv.read(data)) == data


def test_write_uses_minimal_lengths() -> None:
    assert tlv.write(0x57, bytes(127))[:2] == b"\x57\x7f"
    assert tlv.write(0x57, bytes(128))[:3] == b"\x57\x81\x80"
    assert tlv.write(0x9F46, bytes(256))[:5] == b"\x9f\x46\x82\x01\x00"
    with pytest.raises(ValueError, match="65535"):
        tlv.write(0x57, bytes(65536))


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("9F0206", [(0x9F02, 6)]),
        ("9F0204", [(0x9F02, 4)]),
        ("9F0208", [(0x9F02, 8)]),
        ("5A0A", [(0x5A, 10)]),
        ("9F1C0A", [(0x9F1C, 10)]),
        ("5F2A01", [(0x5F2A, 1)]),
        ("9F7F02", [(0x9F7F, 2)]),
        ("7002", [(0x70, 2)]),
        ("9F3780", [(0x9F37, 128)]),
        ("9F37009F3704", [(0x9F37, 0), (0x9F37, 4)]),
        ("", []),
    ],
)
def test_dol(text: str, entries: list[tuple[int, int]]) -> None:
    found = tlv.read_dol(bytes.fromhex(text))
    assert [(entry.tag, entry.length) for entry in found] == entries
    assert tlv.dol_length(found) == sum(length for _, length in entries)


@pytest.mark.parametrize(("text", "offset"), [("9F02", 0), ("9F02069F", 3), ("9F020682", 3)])
def test_malformed_dol(text: str, offset: int) -> None:
    with pytest.raises(tlv.CodingError, match="DOL-014") as caught:
        tlv.read_dol(bytes.fromhex(text))
    assert caught.value.offset == offset


@given(st.binary(max_size=64))
def test_garbage_dol(data: bytes) -> None:
    try:
        entries = tlv.read_dol(data)
    except tlv.CodingError:
        return
    again = b"".join(
        data[entry.offset : entry.offset + len(f"{entry.tag:02X}") // 2] + bytes((entry.length,))
        for entry in entries
    )
    assert len(again) <= len(data)
