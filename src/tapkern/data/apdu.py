"""Commands and responses in words: what a C-APDU asks for, what an R-APDU answers.

A ``Session`` remembers what earlier pieces told (PDOL, CDOL, log format), so that data without
tags can be split and named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tapkern.data import codes, layouts, tags, tlv, values
from tapkern.data.codes import Text
from tapkern.data.nodes import Detail, Fault, Node, View

SELECT, GPO, READ_RECORD, GET_DATA = 0x00A4, 0x80A8, 0x00B2, 0x80CA
GENERATE_AC, INTERNAL_AUTHENTICATE, EXTERNAL_AUTHENTICATE = 0x80AE, 0x0088, 0x0082
VERIFY, PIN_CHANGE, PUT_DATA, UPDATE_RECORD = 0x0020, 0x8424, 0x04DA, 0x04DC
_PDOL, _CDOL1, _CDOL2, _DDOL, _LOG, _LOAD_LOG = 0x9F38, 0x8C, 0x8D, 0x9F49, 0x9F4F, 0xDF4F
_LOAD_LOG_ENTRY = 0xDF4D
_REMEMBERED = frozenset({_PDOL, _CDOL1, _CDOL2, _DDOL, _LOG, _LOAD_LOG, _LOAD_LOG_ENTRY})
#: Answers that hold one object and nothing else (TLV-016).
TEMPLATES = frozenset({0x6F, 0x70, 0x77, 0x80})


@dataclass(frozen=True, slots=True)
class Command:
    """A short C-APDU (APDU-001). ``data`` stands at offset 5; lc and le are None when absent."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(repr=False)  # it may hold a PIN or a card number
    lc: int | None
    le: int | None

    @property
    def code(self) -> int:
        """CLA and INS as one number."""
        return self.cla << 8 | self.ins

    @property
    def name(self) -> Text | None:
        """Its name, None when unknown."""
        return codes.command(self.cla, self.ins)

    @property
    def sfi(self) -> int:
        """The short file identifier in P2 of a record command (CMD-031)."""
        return self.p2 >> 3


def parse_command(data: bytes) -> Command:
    """A C-APDU of case 1 to 4. Raises CodingError."""
    if len(data) < 4:
        raise tlv.CodingError("command_short", len(data), length=len(data))
    head = (data[0], data[1], data[2], data[3])
    if len(data) <= 5:
        return Command(*head, b"", None, data[4] if len(data) == 5 else None)
    lc, rest = data[4], data[5:]
    if lc == 0 or len(rest) not in (lc, lc + 1):
        raise tlv.CodingError("command_length", 4, lc=lc, left=len(rest))
    return Command(*head, rest[:lc], lc, rest[lc] if len(rest) > lc else None)


def read_objects(data: bytes) -> tuple[tlv.Item, ...]:
    """TLV objects of a card or of a parameter download. Raises CodingError.

    FF is padding (TLV-014); where that fails, or a known tag begins with it, it is a tag.
    """

    def lenient(tag: int) -> bool:
        row = tags.find(tag)
        return row is None or not row.is_ours

    plain = tags.plain_values()
    ff_tag = len(data) > 2 and data[0] == 0xFF and tags.find(int.from_bytes(data[:3])) is not None
    try:
        return tlv.read(data, skip_ff=not ff_tag, lenient=lenient, plain=plain)
    except tlv.CodingError as error:
        if 0xFF in data:
            try:
                return tlv.read(data, skip_ff=ff_tag, lenient=lenient, plain=plain)
            except tlv.CodingError:
                pass
        raise error


State = tuple[Command | None, int, tuple[tuple[int, bytes], ...]]
"""The last command, how many cryptograms were asked for, the lists that were seen."""


@dataclass(slots=True)
class Session:
    """What earlier pieces of the same input told. Lives for one call of ``decode``."""

    pdol: bytes = b""
    last: Command | None = None
    generated: int = 0
    seen: dict[int, bytes] = field(default_factory=dict)

    def learn(self, items: tuple[tlv.Item, ...]) -> None:
        """Keeps the lists that explain later data."""
        waiting = list(items)
        while waiting:
            item = waiting.pop()
            waiting.extend(item.children)
            if item.tag in _REMEMBERED and item.is_complete:
                self.seen[item.tag] = item.value

    def sent(self, command: Command) -> None:
        """Keeps a command; a new application forgets the lists of the last one."""
        if command.code == SELECT:
            self.seen.clear()
            self.generated = 0
        if command.code == GENERATE_AC:
            self.generated += 1
        self.last = command

    def state(self) -> State:
        """All that later explanations depend on."""
        return self.last, self.generated, tuple(sorted(self.seen.items()))

    def restore(self, state: State) -> None:
        """Goes on from a state."""
        self.last, self.generated, seen = state
        self.seen = dict(seen)

    def dol(self, tag: int) -> bytes:
        """A DOL by its tag; the PDOL that the user gave comes first."""
        if tag == _PDOL and self.pdol:
            return self.pdol
        return self.seen.get(tag, b"")

    def log_format(self, sfi: int) -> bytes:
        """The format of the log in a file: DF4F for the load log, else 9F4F."""
        entry = self.seen.get(_LOAD_LOG_ENTRY, b"")
        if entry[:1] == bytes((sfi,)):
            return self.seen.get(_LOAD_LOG, b"")
        return self.seen.get(_LOG, b"")


def _part(key: str, **gaps: object) -> Text:
    return codes.text("part", key, **gaps)


def _raw(key: str, data: bytes, offset: int, depth: int, view: View) -> Node:
    """Bytes without a tag whose layout is not known."""
    text, masked = values.shown(data, view)
    return Node(None, offset, len(data), depth, _part(key), text, masked)


def _secret(key: str, data: bytes, offset: int, view: View) -> Node:
    """PIN data."""
    if view.unmask:
        return Node(None, offset, len(data), 1, _part(key), data.hex().upper())
    return Node(None, offset, len(data), 1, _part(key), "*" * 8, True)


def explain_command(command: Command, view: View, session: Session) -> Node:
    """A C-APDU as one node; its data are the children."""
    session.sent(command)
    name = command.name or codes.text("kind", "unknown")
    head = bytes((command.cla, command.ins, command.p1, command.p2)).hex().upper()
    details = list(_parameters(command))
    if command.lc is not None:
        details.append(Detail("Lc", _part("lc"), "", codes.plain(str(command.lc))))
    if command.le is not None:
        details.append(Detail("Le", _part("le"), f"{command.le:02X}"))
    children, notes = _command_data(command, view, session) if command.data else ((), ())
    length = len(command.data)
    return Node(
        None, 0, length, 0, name, head, details=tuple(details), children=children, notes=notes
    )


def _parameters(command: Command) -> tuple[Detail, ...]:
    """P1 and P2 in words."""
    p1, p2 = f"{command.p1:02X}", f"{command.p2:02X}"
    if command.code == SELECT and command.p1 == 4:
        which = _part("next" if command.p2 & 3 == 2 else "first")
        return Detail("P1", _part("by_name"), p1), Detail("P2", which, p2)
    if command.code in (READ_RECORD, UPDATE_RECORD):
        record, sfi = codes.plain(str(command.p1)), codes.plain(str(command.sfi))
        return Detail("P1", _part("record"), p1, record), Detail("P2", _part("sfi"), p2, sfi)
    if command.code in (GET_DATA, PUT_DATA):
        tag = command.p1 << 8 | command.p2 if command.p1 else command.p2
        return (Detail("P1P2", values.name_of(tag), f"{tag:02X}"),)
    if command.code == GENERATE_AC:
        kind = codes.find("ac_type", f"{command.p1 >> 6:02X}")
        found = [Detail("P1", _part("cryptogram"), p1, kind)]
        if command.p1 & 0x10:
            found.append(Detail("P1b5", _part("cda")))
        return tuple(found)
    if command.code == VERIFY:
        return (Detail("P2", _part("plain_pin" if command.p2 == 0x80 else "enciphered_pin"), p2),)
    return ()


Data = tuple[tuple[Node, ...], tuple[Text, ...]]


def _command_data(command: Command, view: View, session: Session) -> Data:
    """The data field, at offset 5."""
    data = command.data
    if command.code == SELECT:
        return (_name(data, view),), ()
    if command.code == GPO:
        return gpo_data(data, 5, 1, view, session), ()
    if command.code == GENERATE_AC:
        return _filled(_CDOL1 if session.generated < 2 else _CDOL2, data, view, session)
    if command.code == INTERNAL_AUTHENTICATE:
        return _filled(_DDOL, data, view, session)
    if command.code == EXTERNAL_AUTHENTICATE:
        return (values.explain(0x91, data, 5, 1, view),), ()
    if command.code in (VERIFY, PIN_CHANGE):
        return (_secret("pin", data, 5, view),), ()
    if command.code == PUT_DATA and len(data) > 4:
        tag = command.p1 << 8 | command.p2
        value = values.explain(tag, data[:-4], 5, 1, view)
        return (value, _raw("mac", data[-4:], 5 + len(data) - 4, 1, view)), ()
    if command.code == UPDATE_RECORD and len(data) > 4:
        try:
            nodes = values.tree(read_objects(data[:-4]), view, 5, 1)
        except tlv.CodingError:
            return (_raw("data", data, 5, 1, view),), ()
        return (*nodes, _raw("mac", data[-4:], 5 + len(data) - 4, 1, view)), ()
    return (_raw("data", data, 5, 1, view),), ()


def _name(data: bytes, view: View) -> Node:
    text, masked = values.shown(data, view)
    printable = not masked and all(0x20 <= byte < 0x7F for byte in data)
    meaning = codes.plain(f'"{data.decode("ascii")}"') if printable else None
    return Node(None, 5, len(data), 1, _part("name"), text, masked, meaning)


def _filled(tag: int, data: bytes, view: View, session: Session) -> Data:
    dol = session.dol(tag)
    if dol:
        nodes, notes = values.filled(tag, dol, data, 5, 1, view)
        if nodes:
            return tuple(nodes), tuple(notes)
        return (_raw("data", data, 5, 1, view),), tuple(notes)
    return (_raw("data", data, 5, 1, view),), ()


def gpo_data(
    data: bytes, offset: int, depth: int, view: View, session: Session
) -> tuple[Node, ...]:
    """The command template 83 of GET PROCESSING OPTIONS, split by the PDOL when it is known."""
    try:
        items = read_objects(data)
    except tlv.CodingError:
        return (_raw("data", data, offset, depth, view),)
    if len(items) != 1 or items[0].tag != 0x83:
        return tuple(values.tree(items, view, offset, depth))
    item, dol = items[0], session.dol(_PDOL)
    nodes: list[Node] = []
    notes: list[Text] = []
    if dol:
        start = offset + item.value_offset
        nodes, notes = values.filled(_PDOL, dol, item.value, start, depth + 1, view)
    text, masked = ("", False) if nodes else values.shown(item.value, view)
    return (
        Node(
            0x83,
            offset + item.offset,
            item.length,
            depth,
            values.name_of(0x83),
            text,
            masked,
            children=tuple(nodes),
            notes=tuple(notes),
        ),
    )


Answer = tuple[list[Node], Fault | None]


def explain_response(data: bytes, view: View, session: Session) -> Answer:
    """An R-APDU of at least 2 bytes: its data and the status word, and a fault of the data."""
    body, sw = data[:-2], int.from_bytes(data[-2:])
    command, session.last = session.last, None
    nodes, fault = _body(body, view, session, command) if body else ([], None)
    meaning = codes.status_word(sw) or codes.text("kind", "unknown_sw")
    name = _part("status_word")
    return [*nodes, Node(None, len(body), 2, 0, name, f"{sw:04X}", meaning=meaning)], fault


def _body(body: bytes, view: View, session: Session, command: Command | None) -> Answer:
    if command is not None:
        if command.code == READ_RECORD and command.sfi > 10 and body[0] != 0x70:
            return _log_record(body, view, session, command.sfi), None
        known = {SELECT, GPO, READ_RECORD, GET_DATA, GENERATE_AC, INTERNAL_AUTHENTICATE}
        if command.code not in known:
            return [_raw("data", body, 0, 0, view)], None
    try:
        items = read_objects(body)
        _check_outermost(body, items)
    except tlv.CodingError as error:
        session.learn(error.readable)
        fault = Fault(error.offset, error.words, error.rule)
        return values.tree(error.readable, view), fault
    session.learn(items)
    if items[0].tag == 0x80:
        return [_format_1(items[0], view, command)], None
    return values.tree(items, view), None


def _check_outermost(body: bytes, items: tuple[tlv.Item, ...]) -> None:
    """TLV-016: a template of an answer fills the data exactly."""
    if not items:
        raise tlv.CodingError("no_object", 0)
    first = items[0]
    end = first.value_offset + first.length
    if first.tag in TEMPLATES and (first.offset != 0 or end != len(body)):
        error = tlv.CodingError("outside", 0 if first.offset else end)
        error.readable = items[:1]
        raise error


def _log_record(body: bytes, view: View, session: Session, sfi: int) -> list[Node]:
    """A record of a transaction or load log: values without tags (LG-003, LG-005)."""
    layout = session.log_format(sfi)
    nodes: list[Node] = []
    rest, start = body, 0
    if layout and session.seen.get(_LOAD_LOG_ENTRY, b"")[:1] == bytes((sfi,)) and len(body) > 14:
        nodes = [_raw("p1p2", body[:2], 0, 0, view)]
        nodes.append(_balance("before", body[2:8], 2))
        nodes.append(_balance("after", body[8:14], 8))
        rest, start = body[14:], 14
    if layout:
        tag = _LOAD_LOG if start else _LOG
        found, _ = values.filled(tag, layout, rest, start, 0, view)
        if found:
            return [*nodes, *found]
    raw = _raw("data", body, 0, 0, view)
    note = codes.text("note", "log_record")
    return [Node(None, 0, len(body), 0, raw.name, raw.value, raw.masked, notes=(note,))]


def _balance(key: str, value: bytes, offset: int) -> Node:
    meaning = values.explain_amount(value)
    return Node(None, offset, 6, 0, _part(key), value.hex().upper(), meaning=meaning)


def _format_1(item: tlv.Item, view: View, command: Command | None) -> Node:
    """Response format 1 (80): objects without tags, told apart by the command."""
    value, at = item.value, item.value_offset
    code = command.code if command else None
    is_gpo = len(value) >= 6 and (len(value) - 2) % 4 == 0
    notes: tuple[Text, ...] = ()
    if code is None and is_gpo and layouts.afl_is_possible(value[2:]):
        code, notes = GPO, (codes.text("note", "as_gpo"),)
    elif code is None and 11 <= len(value) <= 43:
        code, notes = GENERATE_AC, (codes.text("note", "as_ac"),)
    cuts: tuple[tuple[int, int, int], ...] = ()
    if code == GPO and is_gpo:
        cuts = ((0x82, 0, 2), (0x94, 2, len(value)))
    elif code == GENERATE_AC and 11 <= len(value) <= 43:
        cuts = ((0x9F27, 0, 1), (0x9F36, 1, 3), (0x9F26, 3, 11), (0x9F10, 11, len(value)))
    elif code == INTERNAL_AUTHENTICATE:
        cuts = ((0x9F4B, 0, len(value)),)
    children = tuple(
        values.explain(tag, value[start:end], at + start, 1, view)
        for tag, start, end in cuts
        if start < end
    )
    text, masked = ("", False) if children else values.shown(value, view)
    name = values.name_of(0x80)
    return Node(
        0x80, item.offset, item.length, 0, name, text, masked, children=children, notes=notes
    )
