"""The text of a configuration and where its keys stand.

tomllib gives no positions for values, so a small scan over the lines finds each key once more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapkern.errors import UsageError

KeyPath = tuple[str | int, ...]

MAX_BYTES = 4_000_000  # a configuration file larger than this is a mistake

_KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLES = re.compile(rf"\s*\[\[\s*({_DOTTED})\s*\]\]")
_TABLE = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]")
_ASSIGN = re.compile(rf"\s*({_DOTTED})\s*=")
_PART = re.compile(_KEY)
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where (file:line), and a hint."""

    what: str
    where: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class ConfigError(UsageError):
    """A configuration that cannot be used; problems holds everything found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(first.what + more, first.where, first.hint)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed TOML file: its name for messages, its folder for references, its tables.

    lines: of each key; None for tables that do not come from TOML.
    """

    label: str
    folder: Path
    tables: dict[str, Any] = field(repr=False)  # exceptions are card numbers
    lines: dict[KeyPath, int] | None

    def where(self, path: KeyPath) -> str:
        """file:line of a key, or of the nearest table around it; without lines its path."""
        if self.lines is None:
            return f"{self.label}: " + "/".join(map(str, path)) if path else self.label
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.label}:{self.lines.get(path, 1)}"


def read_bytes(path: Path, what: str = "configuration") -> bytes:
    """The bytes of a file. Errors: UsageError, one clear line."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no such {what} file", str(path), "check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(f"cannot read the {what}: {reason}", str(path)) from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"the {what} is larger than {MAX_BYTES} bytes", str(path))
    return raw


def read_text(path: Path, what: str = "configuration") -> str:
    """The text of a UTF-8 file. Errors: UsageError, one clear line."""
    raw = read_bytes(path, what)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"the {what} is not UTF-8 text", f"{path}, byte {error.start}") from None


def parse(text: str, label: str, folder: Path) -> Source:
    """Parses TOML text. Errors: ConfigError with the line."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT.search(message)
        line = int(at[1]) if at else text.count("\n") + 1
        what = "not valid TOML: " + _AT.sub("", message)
        raise ConfigError([Problem(what, f"{label}:{line}")]) from None
    except RecursionError:
        raise ConfigError([Problem("too deeply nested", f"{label}:1")]) from None
    return Source(label, folder, tables, key_lines(text))


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (1-based) of every table and key of valid TOML, by path."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    value = _Value()
    for number, line in enumerate(text.split("\n"), 1):
        if value.is_open:
            value.feed(line)
        elif header := _TABLES.match(line):
            plain = _resolve(_parts(header[1])[:-1], counts) + _parts(header[1])[-1:]
            counts[plain] = counts.get(plain, 0) + 1
            table = (*plain, counts[plain] - 1)
            lines.setdefault(plain, number)
            lines[table] = number
        elif header := _TABLE.match(line):
            table = _resolve(_parts(header[1]), counts)
            lines[table] = number
        elif assign := _ASSIGN.match(line):
            path = table + _parts(assign[1])
            for end in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:end], number)
            value.feed(line[assign.end() :])
    return lines


def _parts(dotted: str) -> KeyPath:
    """The single keys of a dotted key, without quotes."""
    return tuple(key[1:-1] if key[0] in "\"'" else key for key in _PART.findall(dotted))


def _resolve(parts: KeyPath, counts: dict[KeyPath, int]) -> KeyPath:
    """Puts the newest index behind each array of tables on the way."""
    path: KeyPath = ()
    for part in parts:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


class _Value:
    """Follows a value over its lines: open brackets and multi-line strings."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""

    @property
    def is_open(self) -> bool:
        return self._depth > 0 or len(self._quote) == 3

    def feed(self, line: str) -> None:
        at = 0
        while at < len(line):
            if self._quote:
                at = self._inside(line, at)
                continue
            char = line[at]
            if char == "#":
                break
            if char in "\"'":
                self._quote = char * 3 if line.startswith(char * 3, at) else char
                at += len(self._quote)
                continue
            self._depth += (char in "[{") - (char in "]}")
            at += 1
        if len(self._quote) == 1:
            self._quote = ""

    def _inside(self, line: str, at: int) -> int:
        if line[at] == "\\" and self._quote[0] == '"':
            return at + 2
        if line.startswith(self._quote, at):
            length = len(self._quote)
            self._quote = ""
            return at + length
        return at + 1
