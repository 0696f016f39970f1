"""Values in words: what the bytes of one data object mean, masked where they must be."""

from __future__ import annotations

from dataclasses import replace

from tapkern.data import bits, codes, dates, layouts, mask, money, tags, tlv
from tapkern.data.codes import Text
from tapkern.data.nodes import Detail, Node, View

_TEXT_FORMATS = frozenset({tags.Format.A, tags.Format.AN, tags.Format.ANS})


def name_of(tag: int) -> Text:
    """The name of a tag in both languages, "?" when it is unknown."""
    row = tags.find(tag)
    if row is None:
        return codes.plain("?")
    return Text(row.name_en, row.name_zh or row.name_en)


def tag_text(tag: int) -> str:
    """A tag as people write it: 9F02."""
    return f"{tag:02X}"


def shown(value: bytes, view: View) -> tuple[str, bool]:
    """Bytes of unknown meaning as hexadecimal, and whether something was masked."""
    text = value.hex().upper()
    if view.unmask:
        return text, False
    masked = view.scrubber.scrub(mask.mask_pan_like(text))
    return masked, masked != text


def explain(tag: int, value: bytes, offset: int, depth: int, view: View) -> Node:
    """A primitive object. ``offset`` is where it begins in the input."""
    row = tags.find(tag)
    text, masked = _value_text(tag, value, view)
    node = Node(tag, offset, len(value), depth, name_of(tag), text, masked)
    notes = list(_row_notes(tag, row, len(value), view))
    if not value:
        return replace(node, notes=tuple(notes))
    meaning, details, more = _meaning(tag, row, value, view)
    if masked and mask.secrecy(tag, len(value)) is None:  # a PAN where none should be
        meaning, details = None, ()
    return replace(node, meaning=meaning, details=details, notes=(*notes, *more))


def _value_text(tag: int, value: bytes, view: View) -> tuple[str, bool]:
    if view.unmask:
        return value.hex().upper(), False
    masked = mask.mask_value(tag, value)
    if masked is not None:
        whole = mask.secrecy(tag, len(value)) is mask.Secrecy.WHOLE
        return (mask.STAR * min(8, len(masked)) if whole else masked), bool(value)
    if tags.find(tag) is None:
        return shown(value, view)
    text = value.hex().upper()
    scrubbed = view.scrubber.scrub(text)
    return scrubbed, scrubbed != text


def _row_notes(tag: int, row: tags.TagInfo | None, length: int, view: View) -> list[Text]:
    if row is None:
        return [codes.text("note", "unknown_tag")]
    notes = []
    if not row.is_ours:
        notes.append(codes.text("note", "other_scheme", standard=row.standard))
    elif length and not row.fits(length):
        most = "" if row.max_len is None else row.max_len
        expected = row.min_len if row.min_len == row.max_len else f"{row.min_len}-{most}"
        notes.append(codes.text("note", "wrong_length", expected=expected))
    if view.from_card and tags.is_terminal_owned(tag):
        notes.append(codes.text("note", "terminal_owned"))
    return notes


Meaning = tuple[Text | None, tuple[Detail, ...], tuple[Text, ...]]
_NOTHING: Meaning = (None, (), ())


def _meaning(tag: int, row: tags.TagInfo | None, value: bytes, view: View) -> Meaning:
    """Words, parts and notes for a value that is not empty."""
    if row is None or not row.is_ours:
        return _NOTHING
    table = bits.table_for(tag)
    if table is not None:
        return _bits(table, value)
    if tag in codes.forms("dol"):
        return _dol(value)
    layout = _layout(tag, value, view)
    if layout is not None:
        return layout
    key = value.hex().upper()
    code = codes.find(f"value.{tag_text(tag)}", key)
    if code is None and tag in codes.forms("currency"):
        code = codes.find("currency", key)
    if code is None and tag in codes.forms("country"):
        code = codes.find("country", key)
    if code is not None:
        return code, (), ()
    return _by_form(tag, row, value, view)


def _bits(table: bits.Table, value: bytes) -> Meaning:
    if len(value) != table.length:
        return _NOTHING
    reserved = bits.reserved_bits(table, value)
    notes = (codes.text("note", "reserved_bits", bits=" ".join(reserved)),) if reserved else ()
    return None, layouts.bit_details(table, value), notes


def _layout(tag: int, value: bytes, view: View) -> Meaning | None:
    """Elements that are records in themselves; None for every other."""
    if tag == 0x9F10:
        found = layouts.iad(value)
        return (None, *found) if found else _bad_layout()
    if tag == 0x57:
        details = layouts.track2(value, view.unmask)
        if details or "D" in value.hex().upper()[:20]:
            return (None, details, ()) if details else _bad_layout()
        return None, (), (codes.text("note", "no_separator"),)
    readers = {
        0x94: layouts.afl,
        0x9F69: layouts.card_authentication_data,
        0x8E: layouts.cvm_list,
        0x9F34: layouts.cvm_results,
        0x9F4D: layouts.log_entry,
        0xDF4D: layouts.log_entry,
        0x91: _issuer_authentication,
    }
    if tag not in readers:
        return None
    details = readers[tag](value)
    return (None, details, ()) if details else _bad_layout()


def _bad_layout() -> Meaning:
    return None, (), (codes.text("note", "bad_layout"),)


def _issuer_authentication(value: bytes) -> tuple[Detail, ...] | None:
    """91 of PBOC: ARPC (8), response code (2)."""
    if len(value) != 10:
        return None
    arc = value[8:].hex().upper()
    return (
        Detail("B1-8", codes.text("part", "arpc"), value[:8].hex().upper()),
        Detail("B9-10", codes.text("part", "arc"), arc, codes.find("value.8A", arc)),
    )


def _dol(value: bytes) -> Meaning:
    try:
        entries = tlv.read_dol(value)
    except tlv.CodingError as error:
        return None, (), (codes.text("note", "opaque", fault=error.words),)
    return None, dol_details(entries), ()


def byte_count(length: int) -> Text:
    """How many bytes, in words."""
    return codes.text("part", "byte" if length == 1 else "bytes", length=length)


def dol_details(entries: tuple[tlv.DolEntry, ...]) -> tuple[Detail, ...]:
    """The entries of a DOL: tag, name, how many bytes."""
    return tuple(
        Detail(
            tag_text(entry.tag),
            name_of(entry.tag),
            "",
            byte_count(entry.length),
        )
        for entry in entries
    )


def _by_form(tag: int, row: tags.TagInfo, value: bytes, view: View) -> Meaning:
    """Dates, amounts, numbers and texts."""
    try:
        if tag in codes.forms("date"):
            return codes.plain(dates.parse_yymmdd(value).isoformat()), (), ()
        if tag in codes.forms("time"):
            return codes.plain(dates.parse_hhmmss(value).isoformat()), (), ()
    except ValueError:
        key = "no_date" if tag in codes.forms("date") else "no_time"
        return None, (), (codes.text("note", key),)
    if tag in codes.forms("amount") and len(value) == 6:
        return explain_amount(value), (), ()
    if tag in codes.forms("binary_amount") and len(value) == 4:
        amount = int.from_bytes(value, "big")
        return codes.plain(money.format_amount(amount)), (), ()
    if tag in codes.forms("number") and len(value) <= 8:
        return codes.plain(str(int.from_bytes(value, "big"))), (), ()
    secret = mask.secrecy(tag, len(value)) is not None and not view.unmask
    if secret or not (row.format in _TEXT_FORMATS or tag in codes.forms("aid")):
        return _NOTHING
    printable = all(0x20 <= byte < 0x7F for byte in value)
    return (codes.plain(f'"{value.decode("ascii")}"') if printable else None), (), ()


def explain_amount(value: bytes) -> Text:
    """An n12 amount in major units with two decimals, or what is wrong with it."""
    try:
        return codes.plain(money.format_amount(money.from_bcd(value)))
    except ValueError:
        return codes.text("note", "not_bcd")


def tree(items: tuple[tlv.Item, ...], view: View, base: int = 0, depth: int = 0) -> list[Node]:
    """Nodes for parsed objects; ``base`` is the offset of their first byte in the input."""
    nodes = []
    seen: set[int] = set()
    for item in items:
        node = _item(item, view, base, depth)
        if view.from_card and item.value and tags.is_known_card(item.tag):
            if item.tag in seen:
                node = replace(node, notes=(*node.notes, codes.text("note", "duplicate")))
            seen.add(item.tag)
        nodes.append(node)
    return nodes


def _item(item: tlv.Item, view: View, base: int, depth: int) -> Node:
    offset = base + item.offset
    if not item.is_complete:
        return _cut(item, view, base, depth)
    if item.opaque is not None:
        text = item.value.hex().upper() if view.unmask else ""
        note = codes.text("note", "opaque", fault=item.opaque.words)
        name = name_of(item.tag)
        return Node(item.tag, offset, item.length, depth, name, text, False, notes=(note,))
    if not tags.is_template(item.tag):
        return explain(item.tag, item.value, offset, depth, view)
    children = tuple(tree(item.children, view, base, depth + 1))
    notes = _row_notes(item.tag, tags.find(item.tag), item.length, view)
    name = name_of(item.tag)
    return Node(item.tag, offset, item.length, depth, name, children=children, notes=tuple(notes))


def _cut(item: tlv.Item, view: View, base: int, depth: int) -> Node:
    """An object that the data cut off: its value is not trusted, nor shown unless asked."""
    text = item.value.hex().upper() if view.unmask else ""
    children = tuple(tree(item.children, view, base, depth + 1))
    note = codes.text("note", "cut", left=len(item.value), length=item.length)
    return Node(
        item.tag,
        base + item.offset,
        item.length,
        depth,
        name_of(item.tag),
        "" if children else text,
        children=children,
        notes=(note,),
    )


def filled(
    dol_tag: int, dol: bytes, data: bytes, offset: int, depth: int, view: View
) -> tuple[list[Node], list[Text]]:
    """Data that a DOL asked for, one node per entry, and notes; no nodes when they do not fit."""
    try:
        entries = tlv.read_dol(dol)
    except tlv.CodingError as error:
        return [], [codes.text("note", "opaque", fault=error.words)]
    asked, tag = tlv.dol_length(entries), tag_text(dol_tag)
    if asked != len(data):
        note = codes.text("note", "dol_differs", tag=tag, asked=asked, length=len(data))
        return [], [note]
    nodes, at = [], 0
    for entry in entries:
        part = data[at : at + entry.length]
        nodes.append(explain(entry.tag, part, offset + at, depth, view))
        at += entry.length
    return nodes, [codes.text("note", "filled_by", tag=tag)]
