"""Kinds of files that hold card numbers by design, told by what they say, each with a reason.

What has no entry here must not hold a number. Of a file with transcripts those without the mark
`"sensitive": true` are looked through. A kind that no file of a whole run needs is a finding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CARD_FILE = re.compile(rb"^\s*\[\[application\]\].*^\s*pan\s*=", re.M | re.S)
_LISTED = re.compile(rb"^\s*\[\[exception\]\].*^\s*pan\s*=", re.M | re.S)
_HASHED = 52  # offset in the head of a deny list


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of files. rest: what of one must hold no number; None when it is of another kind."""

    name: str
    why: str
    rest: Callable[[bytes], bytes | None]


def _whole(told: bool) -> bytes | None:
    return b"" if told else None


def _transcripts(data: bytes) -> bytes | None:
    """Transcripts that are not marked sensitive; lines that belong to none are looked through."""
    if b'"tapkern-transcript"' not in data:
        return None
    kept, sensitive, any_sensitive = [], False, False
    for line in data.split(b"\n"):
        found = _json(line)
        if isinstance(found, dict) and found.get("type") == "header":
            sensitive = found.get("sensitive") is True
            any_sensitive |= sensitive
        if not sensitive:
            kept.append(line)
    return b"\n".join(kept) if any_sensitive else None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _members(*names: str) -> Callable[[bytes], bytes | None]:
    """A JSON document with these members."""

    def rest(data: bytes) -> bytes | None:
        if data[:1] not in b"{" or not all(f'"{name}"'.encode() in data for name in names):
            return None
        found = _json(data)
        return _whole(isinstance(found, dict) and set(names) <= found.keys())

    return rest


def _begins(*heads: bytes) -> Callable[[bytes], bytes | None]:
    return lambda data: _whole(data.startswith(heads))


def _matches(pattern: re.Pattern[bytes]) -> Callable[[bytes], bytes | None]:
    return lambda data: _whole(pattern.search(data) is not None)


def _suite(data: bytes) -> bytes | None:
    """A suite; one that was recorded without the card number says so and is looked through."""
    if _members("suite", "cases")(data) is None:
        return None
    flags = json.loads(data).get("flags", {})
    return None if "Redacted" in flags else b""


def _deny_list(data: bytes) -> bytes | None:
    """A deny list with numbers; one of hashes is looked through."""
    return _whole(data.startswith(b"TKDENY01") and data[_HASHED : _HASHED + 1] == b"\0")


KINDS = (
    Kind("transcript", "says of itself that it is sensitive", _transcripts),
    Kind("card file", "is the simulated card", _matches(_CARD_FILE)),
    Kind("accounts", "are the books of the test issuer", _members("format", "accounts")),
    Kind("rides", "the store of what a gate has to charge, mode 0600", _begins(b"SQLite format 3")),
    Kind("torn records", "kept to charge or not, mode 0600", _begins(b"TT\x02")),
    Kind(
        "rides, its log", "belongs to the store", _begins(b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
    ),
    Kind("configuration", "its exception file names cards that are refused", _matches(_LISTED)),
    Kind("deny list", "holds the numbers, unless it is one of hashes", _deny_list),
    Kind("suite", "holds its simulated cards", _suite),
    Kind(
        "recorded cases", "the answers of simulated cards", _begins(b'{"format": "tapkern-recorded')
    ),
    Kind("program", "compiled C: tables and vectors, no output", _begins(b"\x7fELF", b"!<arch>")),
    Kind(
        "journal",
        "the raw answers, mode 0600; docs/lab.md",
        _begins(b'{"format": "tapkern-journal', b'{"format":"tapkern-journal'),
    ),
)


def without(data: bytes) -> tuple[bytes, str | None]:
    """What of a file must hold no number, and the kind that lets the rest be."""
    for kind in KINDS:
        rest = kind.rest(data)
        if rest is not None:
            return rest, kind.name
    return data, None
