"""Bytes into an explained tree: TLV, commands, responses, data object lists, whole sessions.

``decode_text`` takes text as people have it, ``decode_bytes`` one piece. Both say what they took
the input for and never fail on bytes: what is malformed is a ``Fault`` with its offset, beside
everything that was readable before it. Values are masked unless ``unmask`` is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tapkern.data import apdu, codes, intake, mask, tags, tlv, values
from tapkern.data.intake import NotHex, Piece
from tapkern.data.nodes import Detail, Explanation, Fault, Kind, Node, Text, View

__all__ = [
    "Detail",
    "Explanation",
    "Fault",
    "Kind",
    "Memory",
    "Node",
    "NotHex",
    "Text",
    "decode_bytes",
    "decode_session",
    "decode_text",
]

_PDOL_HEAD = b"\x9f\x38"
_DUMP_WIDTHS = {8, 16, 24, 32, 64}


def decode_text(
    text: str, *, pdol: bytes = b"", unmask: bool = False, kind: Kind | None = None
) -> list[Explanation]:
    """Every piece of a text, in order; later pieces are read with what earlier ones told.

    pdol: value of 9F38, to split the data of GET PROCESSING OPTIONS. kind: take every piece for
    this. Raises NotHex.
    """
    taken = intake.read_text(text)
    pieces = [piece for group in taken.groups for piece in _split(group, kind)]
    view = View(mask.scrubber(piece.data for piece in pieces), unmask)
    session = apdu.Session(_pdol(pdol))
    found = [_explain(piece, kind or piece.kind, view, session) for piece in pieces]
    if taken.skipped:
        note = codes.text("note", "skipped", count=taken.skipped)
        found[0] = replace(found[0], notes=(*found[0].notes, note))
    return found


def decode_bytes(
    data: bytes, *, pdol: bytes = b"", unmask: bool = False, kind: Kind | None = None
) -> Explanation:
    """One piece of bytes."""
    view = View(mask.scrubber([data]), unmask)
    return _explain(Piece(1, data), kind, view, apdu.Session(_pdol(pdol)))


class Memory:
    """What was explained before: equal pieces in equal sessions are explained once.

    For many sessions that are much alike, given to ``decode_session`` one after the other.
    """

    def __init__(self) -> None:
        self._pans: dict[bytes, frozenset[str]] = {}
        self._pieces: dict[tuple[object, ...], tuple[Explanation, apdu.State]] = {}

    def scrubber(self, answers: Iterable[bytes]) -> mask.Scrubber:
        """A scrubber for every PAN in the answers."""
        found: set[str] = set()
        for answer in answers:
            if answer not in self._pans:
                self._pans[answer] = frozenset(mask.find_pans(answer))
            found |= self._pans[answer]
        return mask.scrubber_of(found)

    def explain(self, data: bytes, kind: Kind, view: View, session: apdu.Session) -> Explanation:
        """The explanation of a piece; the session goes on behind it."""
        key = (data, kind, view.scrubber, session.state())
        if key in self._pieces:
            explanation, state = self._pieces[key]
            session.restore(state)
        else:
            explanation = _explain(Piece(1, data), kind, view, session)
            self._pieces[key] = explanation, session.state()
        return explanation


def decode_session(
    exchanges: Iterable[tuple[bytes, bytes | None]], memory: Memory | None = None
) -> list[tuple[Explanation, Explanation | None]]:
    """Commands with their answers, None where there was none.

    Later exchanges are read with what earlier ones told; card numbers of all are masked in each.
    """
    rows = list(exchanges)
    memory = memory or Memory()
    view = View(memory.scrubber(answer for _, answer in rows if answer is not None))
    session = apdu.Session()
    found = []
    for command, answer in rows:
        one = memory.explain(command, Kind.COMMAND, view, session)
        two = None if answer is None else memory.explain(answer, Kind.RESPONSE, view, session)
        found.append((one, two))
    return found


def _pdol(value: bytes) -> bytes:
    """The PDOL, also when it came as a whole 9F38 object."""
    if value.startswith(_PDOL_HEAD) and len(value) > 2 and value[2] == len(value) - 3:
        return value[3:]
    return value


def _is_sound(data: bytes, kind: Kind | None) -> bool:
    """Whether a piece on its own explains without a fault and holds something."""
    explained = _explain(Piece(1, data), kind, View(mask.Scrubber(())), apdu.Session())
    return explained.fault is None and bool(explained.nodes)


def _split(group: tuple[Piece, ...], kind: Kind | None) -> tuple[Piece, ...]:
    """Lines without a direction: each one a piece when all are sound, else one piece when that is
    sound, when no line is, or when they look like a wrapped dump."""
    if len(group) == 1:
        return group
    sound = sum(_is_sound(piece.data, kind) for piece in group)
    if sound == len(group):
        return group
    joined = Piece(group[0].line, b"".join(piece.data for piece in group))
    widths = {len(piece.data) for piece in group[:-1]}
    is_dump = len(widths) == 1 and widths <= _DUMP_WIDTHS
    if not sound or is_dump or _is_sound(joined.data, kind):
        return (joined,)
    return group


def _explain(piece: Piece, kind: Kind | None, view: View, session: apdu.Session) -> Explanation:
    data = piece.data
    taken = kind or guess(data)
    if taken is Kind.COMMAND:
        found = _command(data, view, session)
    elif taken is Kind.RESPONSE:
        found = _response(data, replace(view, from_card=True), session)
    elif taken is Kind.DOL:
        found = _dol(data)
    else:
        found = _tlv(data, view, session)
    return replace(found, line=piece.line)


def _fault(error: tlv.CodingError) -> Fault:
    return Fault(error.offset, error.words, error.rule)


def _command(data: bytes, view: View, session: apdu.Session) -> Explanation:
    unknown = codes.text("kind", "unknown")
    try:
        command = apdu.parse_command(data)
    except tlv.CodingError as error:
        name = (codes.command(data[0], data[1]) if len(data) > 1 else None) or unknown
        taken = codes.text("kind", "command", name=name, length=len(data))
        return Explanation(Kind.COMMAND, taken, len(data), 1, (), _fault(error))
    node = apdu.explain_command(command, view, session)
    taken = codes.text("kind", "command", name=node.name, length=len(data))
    return Explanation(Kind.COMMAND, taken, len(data), 1, (node,))


def _response(data: bytes, view: View, session: apdu.Session) -> Explanation:
    if len(data) < 2:
        error = tlv.CodingError("response_short", len(data), length=len(data))
        taken = codes.text("kind", "response", length=len(data), sw="-", meaning="-")
        return Explanation(Kind.RESPONSE, taken, len(data), 1, (), _fault(error))
    nodes, fault = apdu.explain_response(data, view, session)
    word = nodes[-1]
    taken = codes.text(
        "kind", "response", length=len(data), sw=word.value, meaning=word.meaning or ""
    )
    return Explanation(Kind.RESPONSE, taken, len(data), 1, tuple(nodes), fault)


def _dol(data: bytes) -> Explanation:
    fault = None
    entries: tuple[tlv.DolEntry, ...] = ()
    try:
        entries = tlv.read_dol(data)
    except tlv.CodingError as error:
        fault = _fault(error)
        entries = tlv.read_dol(data[: error.offset])
    nodes = tuple(
        Node(
            entry.tag,
            entry.offset,
            entry.length,
            0,
            values.name_of(entry.tag),
            meaning=values.byte_count(entry.length),
        )
        for entry in entries
    )
    taken = codes.text("kind", "dol", length=len(data), asked=tlv.dol_length(entries))
    return Explanation(Kind.DOL, taken, len(data), 1, nodes, fault)


def _tlv(data: bytes, view: View, session: apdu.Session) -> Explanation:
    taken = codes.text("kind", "tlv", length=len(data))
    try:
        items = apdu.read_objects(data)
        if not items:
            raise tlv.CodingError("no_object", 0)
    except tlv.CodingError as error:
        session.learn(error.readable)
        nodes = values.tree(error.readable, view)
        return Explanation(Kind.TLV, taken, len(data), 1, tuple(nodes), _fault(error))
    session.learn(items)
    if len(items) == 1 and items[0].tag == 0x83:
        return Explanation(Kind.TLV, taken, len(data), 1, apdu.gpo_data(data, 0, 0, view, session))
    return Explanation(Kind.TLV, taken, len(data), 1, tuple(values.tree(items, view)))


def guess(data: bytes) -> Kind:
    """What bytes most likely are: a known command, a response, a DOL, else TLV."""
    if _is_command(data):
        return Kind.COMMAND
    if _is_response(data):
        return Kind.RESPONSE
    return Kind.DOL if _is_dol(data) else Kind.TLV


def _is_command(data: bytes) -> bool:
    try:
        return apdu.parse_command(data).name is not None
    except tlv.CodingError:
        return False


def _objects(data: bytes) -> tuple[tlv.Item, ...] | None:
    """The objects, None when the bytes are not TLV or hold none."""
    try:
        return apdu.read_objects(data) or None
    except tlv.CodingError:
        return None


def _is_response(data: bytes) -> bool:
    """A known status word behind nothing or behind TLV; broken TLV counts behind a template."""
    if len(data) < 2 or codes.status_word(int.from_bytes(data[-2:])) is None:
        return False
    body = data[:-2]
    if not body or _objects(body) is not None:
        return True
    return body[0] in apdu.TEMPLATES and _objects(data) is None


def _is_dol(data: bytes) -> bool:
    """Every entry has a known tag, and as TLV the bytes would be malformed or less known."""
    try:
        entries = tlv.read_dol(data)
    except tlv.CodingError:
        return False
    if not entries or any(tags.find(entry.tag) is None for entry in entries):
        return False
    items = _objects(data)
    return items is None or any(tags.find(item.tag) is None for item in items)
