"""Answers as trees of objects that can be changed and written again, also wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tapkern.card import tlv

CONSTRUCTED = 0x20


@dataclass(slots=True)
class Item:
    """An object: its value, or what is in it; `raw` is written as it is instead of all that."""

    tag: int
    value: bytes = field(default=b"", repr=False)  # it may hold a card number
    items: list[Item] | None = None
    raw: bytes | None = field(default=None, repr=False)

    def content(self) -> bytes:
        """The value as it is written."""
        return self.value if self.items is None else write(self.items)

    def write(self) -> bytes:
        """The object as bytes."""
        return tlv.encode(self.tag, self.content()) if self.raw is None else self.raw


def write(items: list[Item]) -> bytes:
    """Objects as bytes."""
    return b"".join(item.write() for item in items)


def read(data: bytes) -> list[Item]:
    """Objects out of bytes. Raises ValueError when they are malformed at the top."""
    return [_item(tag, value) for tag, value in tlv.decode(data)]


def _item(tag: int, value: bytes) -> Item:
    if tlv.encode_tag(tag)[0] & CONSTRUCTED:
        try:
            return Item(tag, items=read(value))
        except ValueError:
            pass
    return Item(tag, value)


def walk(items: list[Item]) -> Iterator[tuple[list[Item], Item]]:
    """Every object with the list that it stands in, outer ones first; lists may be changed."""
    for item in list(items):
        yield items, item
        if item.items is not None:
            yield from walk(item.items)


def find(items: list[Item], tag: int) -> Item | None:
    """The first object with this tag at any depth."""
    return next((item for _, item in walk(items) if item.tag == tag), None)


def change(answer: bytes, edit: Callable[[list[Item]], None]) -> bytes:
    """An answer with its objects changed; one that is not TLV stays as it is."""
    try:
        items = read(answer[:-2])
    except ValueError:
        return answer
    edit(items)
    return write(items) + answer[-2:]
