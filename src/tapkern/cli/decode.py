"""`tapkern decode`: explains bytes as a tree of names, meanings and bits.

Input is hexadecimal text: arguments, files, standard input. Cardholder data are masked unless
--unmask is given. Exit code 0 when everything was well-formed, 1 when card data are malformed,
2 when the input is not hexadecimal or cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapkern.data import codes
from tapkern.data.decode import Detail, Explanation, Kind, Node, NotHex, Text, decode_text
from tapkern.errors import UsageError

HELP = "explain bytes: TLV, commands, responses, lists, whole logs"
MAX_INPUT = 1024 * 1024  # characters of one source
_INDENT = "  "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "input",
        nargs="*",
        metavar="HEX",
        help="hexadecimal, a file (FILE or @FILE) or - for standard input, which is the default",
    )
    parser.add_argument("--unmask", action="store_true", help="show card numbers and names")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the names")
    parser.add_argument(
        "--pdol", metavar="HEX", default="", help="value of 9F38, splits GET PROCESSING OPTIONS"
    )
    parser.add_argument(
        "--as",
        dest="kind",
        choices=[kind.value for kind in Kind],
        help="what the bytes are, when the guess is wrong",
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """A text to explain; ``name`` is empty for hexadecimal given as arguments."""

    name: str
    text: str = field(repr=False)


def run(args: argparse.Namespace) -> int:
    """Explains every source; 1 when one of them is malformed."""
    pdol = _pdol(args.pdol)
    kind = Kind(args.kind) if args.kind else None
    found: list[tuple[str, Explanation]] = []
    for source in _sources(args.input):
        try:
            pieces = decode_text(source.text, pdol=pdol, unmask=args.unmask, kind=kind)
        except NotHex as error:
            raise _not_hex(error, source.name) from None
        found += [(source.name, piece) for piece in pieces]
    well_formed = all(piece.fault is None for _, piece in found)
    if args.json:
        inputs = [_json_piece(name, piece) for name, piece in found]
        print(json.dumps({"well_formed": well_formed, "inputs": inputs}, ensure_ascii=False))
    else:
        _show(found, args.lang)
    return 0 if well_formed else 1


def _not_hex(error: NotHex, name: str) -> UsageError:
    where = f"{name}:{error.line}" if name else f"line {error.line}"
    if error.column:
        where += f":{error.column}" if name else f", column {error.column}"
    return UsageError(str(error), where, "give pairs of hexadecimal digits, or log lines")


def _pdol(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError("not hexadecimal", "--pdol", "give the value of tag 9F38") from None


def _sources(words: list[str]) -> Iterator[_Source]:
    """Files and standard input one by one; hexadecimal words together, in their place."""
    loose: list[str] = []
    for word in words or ["-"]:
        path = _path(word)
        if word != "-" and path is None:
            loose.append(word)
            continue
        if loose:
            yield _Source("", "\n".join(loose))
            loose = []
        yield _Source("-", _stdin()) if path is None else _Source(str(path), _file(path))
    if loose:
        yield _Source("", "\n".join(loose))


def _path(word: str) -> Path | None:
    """The file that a word names: @FILE always, FILE when it exists."""
    if word.startswith("@"):
        return Path(word[1:])
    try:
        return Path(word) if word != "-" and Path(word).is_file() else None
    except (OSError, ValueError):  # too long for a name, or a null byte in it
        return None


def _stdin() -> str:
    if sys.stdin.isatty():
        print("reading standard input, end with Ctrl-D", file=sys.stderr)
    try:
        text = sys.stdin.read(MAX_INPUT + 1)
    except UnicodeDecodeError:
        raise UsageError("not text", "standard input", "give hexadecimal text") from None
    return _bounded(text, "standard input")


def _file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(MAX_INPUT + 1)
    except UnicodeDecodeError:
        raise UsageError("not a text file", str(path), "give hexadecimal text") from None
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(what, str(path)) from None
    return _bounded(text, str(path))


def _bounded(text: str, where: str) -> str:
    if len(text) > MAX_INPUT:
        raise UsageError(f"more than {MAX_INPUT} characters", where, "give a smaller part")
    return text


# JSON


def _json_text(text: Text | None) -> dict[str, str] | None:
    return {"en": text.en, "zh": text.zh} if text else None


def _json_detail(detail: Detail) -> dict[str, Any]:
    return {
        "at": detail.at,
        "name": _json_text(detail.name),
        "value": detail.value,
        "meaning": _json_text(detail.meaning),
    }


def _json_node(node: Node) -> dict[str, Any]:
    return {
        "tag": None if node.tag is None else f"{node.tag:02X}",
        "offset": node.offset,
        "length": node.length,
        "name": _json_text(node.name),
        "value": node.value,
        "masked": node.masked,
        "meaning": _json_text(node.meaning),
        "details": [_json_detail(detail) for detail in node.details],
        "notes": [_json_text(note) for note in node.notes],
        "children": [_json_node(child) for child in node.children],
    }


def _json_piece(source: str, piece: Explanation) -> dict[str, Any]:
    fault = piece.fault and {
        "offset": piece.fault.offset,
        "what": _json_text(piece.fault.what),
        "rule": piece.fault.rule,
    }
    return {
        "source": source,
        "line": piece.line,
        "kind": piece.kind.value,
        "taken_as": _json_text(piece.taken_as),
        "length": piece.length,
        "fault": fault,
        "notes": [_json_text(note) for note in piece.notes],
        "nodes": [_json_node(node) for node in piece.nodes],
    }


# Text


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table; ``style`` is a rich style for the name and value."""

    offset: str = ""
    tag: str = ""
    length: str = ""
    name: str = ""
    value: str = ""
    style: str = ""


def _say(key: str, lang: str, **gaps: object) -> str:
    return codes.text("say", key, **gaps).get(lang)


def _joined(value: str, meaning: Text | None, lang: str) -> str:
    words = meaning.get(lang) if meaning else ""
    return f"{value} = {words}" if value and words else value or words


def _node_rows(node: Node, lang: str) -> Iterator[_Row]:
    """A node, its bits and parts, its notes, its children."""
    tag = "" if node.tag is None else f"{node.tag:02X}"
    yield _Row(
        str(node.offset),
        _INDENT * node.depth + tag,
        str(node.length),
        node.name.get(lang),
        _joined(node.value, node.meaning, lang),
        "yellow" if node.masked else "",
    )
    wide = max((_width(detail.at) for detail in node.details), default=0)
    for detail in node.details:
        at = _pad(detail.at, wide) + " " if wide else ""
        name = f"{_INDENT}{at}{detail.name.get(lang)}"
        yield _Row(name=name, value=_joined(detail.value, detail.meaning, lang), style="dim")
    for note in node.notes:
        text = _say("note", lang, what=note)
        yield _Row(name=_INDENT + text, style="magenta")
    for child in node.children:
        yield from _node_rows(child, lang)


def _masked(nodes: Iterable[Node]) -> bool:
    return any(node.masked or _masked(node.children) for node in nodes)


def _title(source: str, piece: Explanation, lang: str, numbered: bool) -> str:
    name = "" if source in ("", "-") else f"{source}: "
    line = _say("line", lang, line=piece.line) if numbered else ""
    return f"{name}{line}{piece.taken_as.get(lang)}"


def _ending(piece: Explanation, lang: str) -> list[tuple[str, str]]:
    """Lines below the table of a piece, each with a style."""
    lines = []
    if piece.fault is not None:
        fault = piece.fault
        words = _say("fault", lang, offset=fault.offset, what=fault.what, rule=fault.rule)
        lines.append((words, "bold red"))
    lines += [(_say("note", lang, what=note), "magenta") for note in piece.notes]
    return lines


def _show(found: list[tuple[str, Explanation]], lang: str) -> None:
    numbered = len(found) > 1
    printer = _print_rich if sys.stdout.isatty() else _print_plain
    tables = [
        (
            _title(source, piece, lang, numbered),
            [row for node in piece.nodes for row in _node_rows(node, lang)],
            _ending(piece, lang),
        )
        for source, piece in found
    ]
    head = _Row(*(_say(key, lang) for key in ("offset", "tag", "length", "name", "value")))
    footer = _say("masked", lang) if any(_masked(piece.nodes) for _, piece in found) else ""
    printer(tables, head, footer)


_Tables = list[tuple[str, list[_Row], list[tuple[str, str]]]]


def _width(text: str) -> int:
    """Columns of a text; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _print_plain(tables: _Tables, head: _Row, footer: str) -> None:
    """Aligned columns, one line an object, however long."""
    rows = [head, *(row for _, rows, _ in tables for row in rows)]
    offset, tag, length = (
        max(_width(getattr(row, key)) for row in rows) for key in ("offset", "tag", "length")
    )
    name = max(_width(row.name) for row in rows if row.value)
    for number, (title, lines, ending) in enumerate(tables):
        if number:
            print()
        print(title)
        for row in [head, *lines] if lines else []:
            cells = (
                _pad(row.offset, offset, right=True),
                _pad(row.tag, tag),
                _pad(row.length, length, right=True),
                _pad(row.name, name),
                row.value,
            )
            print("  ".join(cells).rstrip())
        for text, _ in ending:
            print(text)
    if footer:
        print(f"\n{footer}")


def _print_rich(tables: _Tables, head: _Row, footer: str) -> None:
    """The same with colours, folded to the width of the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Styled

    console = Console(highlight=False)
    tag = max(_width(row.tag) for _, rows, _ in tables for row in [head, *rows])
    for number, (title, lines, ending) in enumerate(tables):
        if number:
            console.print()
        console.print(Styled(title, "bold"))
        table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(head.offset, justify="right", style="dim", header_style="dim")
        table.add_column(head.tag, min_width=tag, no_wrap=True, style="cyan", header_style="dim")
        table.add_column(head.length, justify="right", style="dim", header_style="dim")
        table.add_column(head.name, max_width=60, header_style="dim")
        table.add_column(head.value, overflow="fold", header_style="dim")
        for row in lines:
            # Text objects, so that brackets in names are no markup.
            name, value = Styled(row.name, row.style), Styled(row.value, row.style or "green")
            table.add_row(row.offset, Styled(row.tag), row.length, name, value)
        if lines:
            console.print(table)
        for text, style in ending:
            console.print(Styled(text, style))
    if footer:
        console.print()
        console.print(Styled(footer, "yellow"))
