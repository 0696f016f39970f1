"""A small strict BER-TLV and DOL reader for explaining bytes (TLV-001 to TLV-016, DOL-001).

It keeps offsets and never guesses: what is not well-formed is a CodingError that says where, and
holds what was readable before. Iterative, at most MAX_DEPTH templates deep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tapkern.data import codes
from tapkern.errors import TlvError

MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One data object. ``offset`` is that of its tag; ``header`` is the bytes of tag and length.

    ``length`` is what the length field says; ``value`` is shorter only in objects of a
    CodingError that the data cut off. ``opaque``: why a template's content was not read.
    """

    tag: int
    offset: int
    header: int
    length: int
    value: bytes = field(repr=False)  # it may hold a card number
    children: tuple[Item, ...] = ()
    opaque: CodingError | None = None

    @property
    def value_offset(self) -> int:
        """Offset of the first value byte."""
        return self.offset + self.header

    @property
    def is_complete(self) -> bool:
        """False for an object that the data cut off."""
        return len(self.value) == self.length


class CodingError(TlvError):
    """The bytes are not well-formed. ``code`` is a key of codes.toml [fault]."""

    def __init__(self, code: str, at: int, **values: object) -> None:
        self.code = code
        self.rule = codes.fault_rule(code)
        self.words = codes.text("fault", code, **values)
        self.readable: tuple[Item, ...] = ()
        super().__init__(f"{self.words.en} ({self.rule})", at)


@dataclass(slots=True)
class _Frame:
    """A template that is being read."""

    tag: int
    offset: int
    header: int
    length: int
    end: int
    children: list[Item] = field(default_factory=list)


def read_tag(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The tag at ``at`` and the offset behind it (TLV-001, TLV-002, TLV-005)."""
    if at >= end:
        raise CodingError("end_in_tag", at)
    tag, behind = data[at], at + 1
    if tag & 0x1F != 0x1F:
        return tag, behind
    while True:
        if behind - at >= 4:
            raise CodingError("tag_too_long", at)
        if behind >= end:
            raise CodingError("end_in_tag", at)
        byte = data[behind]
        tag, behind = tag << 8 | byte, behind + 1
        if not byte & 0x80:
            return tag, behind


def _read_length(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """The length at ``at`` and the offset behind it (TLV-006, TLV-007)."""
    if at >= end:
        raise CodingError("end_in_length", at, tag=f"{tag:02X}")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first not in (0x81, 0x82):
        raise CodingError("length_form", at, tag=f"{tag:02X}", byte=f"{first:02X}")
    behind = at + 1 + (first & 0x0F)
    if behind > end:
        raise CodingError("end_in_length", at, tag=f"{tag:02X}")
    return int.from_bytes(data[at + 1 : behind], "big"), behind


def _read_header(data: bytes, at: int, end: int) -> Item:
    """Tag and length at ``at`` with the value bytes that are there."""
    tag, behind = read_tag(data, at, end)
    length, start = _read_length(data, behind, end, tag)
    return Item(tag, at, start - at, length, data[start : min(start + length, end)])


def _close(data: bytes, stack: list[_Frame], opaque: CodingError | None = None) -> None:
    """Takes the innermost template off the stack and gives it to the one around it."""
    done = stack.pop()
    start = done.offset + done.header
    children = () if opaque else tuple(done.children)
    item = Item(
        done.tag, done.offset, done.header, done.length, data[start : done.end], children, opaque
    )
    stack[-1].children.append(item)


def read(
    data: bytes,
    *,
    skip_ff: bool = True,
    lenient: Callable[[int], bool] | None = None,
    plain: frozenset[int] = frozenset(),
) -> tuple[Item, ...]:
    """Every object in ``data``, templates with their content.

    skip_ff: FF at the place of a tag is padding, as 00 always is (TLV-011, TLV-014).
    lenient: templates whose broken content is no error but left unread (TLV-033).
    plain: tags that hold a value although bit 6 of them says template (TLV-004).
    Raises CodingError; its ``readable`` goes on into a template that is cut off, up to the cut.
    """
    stack = [_Frame(0, 0, 0, 0, len(data))]
    at, floor = 0, 0
    fault: CodingError | None = None
    while len(stack) > floor:
        frame = stack[-1]
        if at == frame.end:
            if len(stack) == 1:
                break
            _close(data, stack)
            continue
        if data[at] == 0x00 or (skip_ff and data[at] == 0xFF):
            at += 1
            continue
        opened = len(stack)
        try:
            at = _step(data, at, stack, plain)
        except CodingError as error:
            unread = _outermost_lenient(stack[:opened], lenient)
            if unread:
                del stack[unread + 1 :]
                at = stack[unread].end
                _close(data, stack, error)
                continue
            fault = fault or error
            if len(stack) == opened:
                break
            at = stack[-1].offset + stack[-1].header
            floor = floor or opened
    while len(stack) > 1:
        _close(data, stack)
    if fault is not None:
        fault.readable = tuple(stack[0].children)
        raise fault
    return tuple(stack[0].children)


def _step(data: bytes, at: int, stack: list[_Frame], plain: frozenset[int]) -> int:
    """Reads one object header and takes the object in; gives the offset to go on at.

    An object that overruns is taken in as far as it goes before the CodingError is raised.
    """
    frame = stack[-1]
    item = _read_header(data, at, frame.end)
    tag, end = f"{item.tag:02X}", item.value_offset + len(item.value)
    inside = bool(data[at] & 0x20) and item.tag not in plain
    if inside and len(stack) > MAX_DEPTH:
        raise CodingError("too_deep", at, tag=tag, most=MAX_DEPTH)
    if inside:
        stack.append(_Frame(item.tag, at, item.header, item.length, end))
    else:
        frame.children.append(item)
    if not item.is_complete:
        raise CodingError("overrun", at, tag=tag, length=item.length, left=len(item.value))
    return item.value_offset if inside else end


def _outermost_lenient(stack: list[_Frame], lenient: Callable[[int], bool] | None) -> int:
    """Depth of the outermost template whose content need not be read, 0 when there is none."""
    if lenient is None:
        return 0
    return next((depth for depth in range(1, len(stack)) if lenient(stack[depth].tag)), 0)


def write(tag: int, value: bytes) -> bytes:
    """One object with a minimal length (TLV-008); ``value`` has at most 65535 bytes."""
    head = tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big")
    size = len(value)
    if size < 0x80:
        return head + bytes((size,)) + value
    if size < 0x100:
        return head + bytes((0x81, size)) + value
    if size < 0x10000:
        return head + b"\x82" + size.to_bytes(2, "big") + value
    raise ValueError(f"a value has at most 65535 bytes, not {size}")


@dataclass(frozen=True, slots=True)
class DolEntry:
    """One entry of a DOL: a tag and how many bytes of it are asked for."""

    tag: int
    length: int
    offset: int


def read_dol(data: bytes) -> tuple[DolEntry, ...]:
    """The entries of a DOL (DOL-001). Raises CodingError (DOL-014)."""
    entries = []
    at = 0
    while at < len(data):
        try:
            tag, behind = read_tag(data, at, len(data))
        except CodingError as error:
            code = error.code if error.code == "tag_too_long" else "end_in_dol"
            raise CodingError(code, at) from None
        if behind >= len(data):
            raise CodingError("end_in_dol", at)
        entries.append(DolEntry(tag, data[behind], at))
        at = behind + 1
    return tuple(entries)


def dol_length(entries: tuple[DolEntry, ...]) -> int:
    """How many bytes a DOL asks for (DOL-002)."""
    return sum(entry.length for entry in entries)
