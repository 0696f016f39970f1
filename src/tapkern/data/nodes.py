"""What ``decode`` gives back: a tree of explained objects. Plain frozen values, ready to print.

Values are hexadecimal text and already masked, so that a repr shows no card number either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tapkern.data.codes import Text
from tapkern.data.mask import Scrubber

__all__ = ["Detail", "Explanation", "Fault", "Kind", "Node", "Text", "View"]


class Kind(Enum):
    """What bytes were taken for."""

    COMMAND = "command"
    RESPONSE = "response"
    TLV = "tlv"
    DOL = "dol"


@dataclass(frozen=True, slots=True)
class View:
    """How values are shown: masked or not, and whether a card sent them."""

    scrubber: Scrubber
    unmask: bool = False
    from_card: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """A bit, field or part of a value; ``at`` is its place (B1b8, B4-7), bytes count from 1."""

    at: str
    name: Text
    value: str = ""
    meaning: Text | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One explained object.

    tag: None for what has no tag (a command, a status word). offset: of its first byte in the
    input; length: of its value in bytes; depth: of nesting. value: hexadecimal, empty for a
    template; masked: parts of it are hidden. meaning: the value in words.
    """

    tag: int | None
    offset: int
    length: int
    depth: int
    name: Text
    value: str = ""
    masked: bool = False
    meaning: Text | None = None
    details: tuple[Detail, ...] = ()
    children: tuple[Node, ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def name_en(self) -> str:
        """The English name."""
        return self.name.en

    @property
    def name_zh(self) -> str:
        """The Chinese name."""
        return self.name.zh


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the bytes are malformed: offset of the byte where reading stopped, words, rule id."""

    offset: int
    what: Text
    rule: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One piece of input, explained. With a fault, ``nodes`` is what was readable before it."""

    kind: Kind
    taken_as: Text
    length: int
    line: int
    nodes: tuple[Node, ...]
    fault: Fault | None = None
    notes: tuple[Text, ...] = ()
