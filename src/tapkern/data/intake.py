"""Text as people have it (bare hexadecimal, dumps, logs with send: and resp:) into bytes.

A line may name a direction once or more, and each is a piece; hexadecimal lines behind it go on
with it, other lines are skipped. Without such lines every line has to be hexadecimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tapkern.data.nodes import Kind

_COMMAND_WORDS = "send|sent|tx|cmd|command|c-?apdu|>{1,3}|[-=]{1,2}>"
_RESPONSE_WORDS = "recv|received|resp|response|rx|r-?apdu|<{1,3}|<[-=]{1,2}"
_DIRECTED = re.compile(
    rf"""(?<![0-9a-z_])(?:(?P<command>{_COMMAND_WORDS})|(?P<response>{_RESPONSE_WORDS}))
    [\s:="'()\[\]>]+                        # at least one separator
    (?P<hex>(?:0x)?[0-9a-f]{{2}}(?:[\s:,\-]*+[0-9a-f])*+)
    (?![0-9a-z.])                            # not a word, not a time such as 12:00:01.5""",
    re.IGNORECASE | re.VERBOSE,
)
_SEPARATORS = re.compile(r"0x|[\s:,;|_\-\"']", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]*")


class NotHex(ValueError):
    """The text is not hexadecimal; ``line`` and ``column`` count from 1, column 0 is the line."""

    def __init__(self, what: str, line: int, column: int = 0) -> None:
        super().__init__(what)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one or more lines; ``kind`` is what the text said they are, None when it did not."""

    line: int
    data: bytes
    kind: Kind | None = None

    def __repr__(self) -> str:
        return f"Piece(line {self.line}, {len(self.data)} bytes, {self.kind})"


@dataclass(frozen=True, slots=True)
class Intake:
    """What a text held. Each group is lines that may be one piece or several; ``skipped`` lines
    were neither hexadecimal nor directed."""

    groups: tuple[tuple[Piece, ...], ...]
    skipped: int = 0


def _digits(text: str) -> str:
    """The hexadecimal digits of a line without separators and comment."""
    return _SEPARATORS.sub("", text.split("#", 1)[0])


def _bytes(digits: str, line: int) -> bytes:
    if len(digits) % 2:
        raise NotHex(f"an odd number of hexadecimal digits ({len(digits)})", line)
    return bytes.fromhex(digits)


def read_text(text: str) -> Intake:
    """The pieces of a text. NotHex when there is none, or a line is not hexadecimal."""
    lines = text.lstrip("\ufeff").splitlines()
    if any(_DIRECTED.search(line) for line in lines):
        return _read_log(lines)
    return _read_hex(lines)


def _read_log(lines: list[str]) -> Intake:
    found: list[tuple[int, Kind, list[str]]] = []
    open_piece = False
    skipped = 0
    for number, line in enumerate(lines, start=1):
        matches = list(_DIRECTED.finditer(line))
        for match in matches:
            kind = Kind.COMMAND if match["command"] else Kind.RESPONSE
            found.append((number, kind, [_digits(match["hex"])]))
        if matches:
            open_piece = True
        elif open_piece and line.strip() and _HEX.fullmatch(_digits(line)):
            found[-1][2].append(_digits(line))
        else:
            skipped += bool(line.strip())
            open_piece = False
    pieces = (Piece(number, _bytes("".join(parts), number), kind) for number, kind, parts in found)
    return Intake(tuple((piece,) for piece in pieces), skipped)


def _read_hex(lines: list[str]) -> Intake:
    groups: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(lines, start=1):
        digits = _digits(line)
        if not _HEX.fullmatch(digits):
            raise _not_hex(line, number)
        if digits:
            groups[-1].append((number, digits))
        elif groups[-1] and not line.strip():
            groups.append([])
    found = tuple(_group(group) for group in groups if group)
    if not found:
        raise NotHex("no hexadecimal digits", 1)
    return Intake(found)


def _group(lines: list[tuple[int, str]]) -> tuple[Piece, ...]:
    """The lines as pieces; as one piece when a byte is torn over two lines."""
    if any(len(digits) % 2 for _, digits in lines):
        first = lines[0][0]
        return (Piece(first, _bytes("".join(digits for _, digits in lines), first)),)
    return tuple(Piece(number, bytes.fromhex(digits)) for number, digits in lines)


def _not_hex(line: str, number: int) -> NotHex:
    """Names the first character that is neither a digit nor a separator, never the digits."""
    text = line.split("#", 1)[0]
    for match in re.finditer(r"0x|.", text, re.IGNORECASE):
        if not _SEPARATORS.fullmatch(match[0]) and not _HEX.fullmatch(match[0]):
            return NotHex(f"{match[0]!r} is no hexadecimal digit", number, match.start() + 1)
    return NotHex("not hexadecimal", number)
