"""What goes wrong between the card and the terminal: a card in a field, with mutations.

A mutation is a TOML table: `kind`, and which answers it touches: `at` ("ppse", "select", "gpo",
"record", "data", "response" to GET RESPONSE, or "any", with `nth` of them within a presentment, 1
if absent, 0 for each; "last" record of the AFL; "all"), `from` which presentment on (1 if absent),
and `always`, else only the first time. Both sides meet the same card behind the same mutations;
what is wanted in an answer is found by the answer itself, so equal commands give equal answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tapkern.card import tlv
from tapkern.errors import CardLost, CardTimeout

Document = Mapping[str, Any]
"""A mutation as its file has it."""

PPSE = b"2PAY.SYS.DDF01"
SELECT, GPO, READ, GET_DATA, GET_RESPONSE = 0xA4, 0xA8, 0xB2, 0xCA, 0xC0
NAMES = {GPO: "gpo", READ: "record", GET_DATA: "data", GET_RESPONSE: "response"}
MOST = 256
"""Most data bytes of one answer."""
MOST_DETECTIONS = 120
"""A tap of a terminal that ends needs fewer."""

Node = tuple[int, Any]
"""A tag with its value: bytes, or a list of nodes."""


class CardLike(Protocol):
    """A card, simulated or recorded: any command in, an answer out; reset by every presentment."""

    def transmit(self, command: bytes) -> bytes: ...

    def reset(self) -> None: ...


class Endless(RuntimeError):
    """A kernel that waits for cards without end."""


GOING = ("leave", "mute", "cancel")
"""Kinds of mutations after which no command is answered."""


class Gone(Exception):
    """The card left the field, or does not answer. mute: it is there but says nothing."""

    def __init__(self, mute: bool) -> None:
        super().__init__("mute" if mute else "left")
        self.mute = mute


class Cancelled(Gone):
    """The operator has cancelled while the card was at work."""

    def __init__(self) -> None:
        super().__init__(mute=False)


class Field:
    """A field of a reader: `detect` a card, then `transmit` until it is Gone.

    cards: the card, then others; who: which of them comes at each presentment, afterwards the
    first. waits: ms that pass before each detection, `now` being the clock of both sides.

    commands and answers are what a side did, the first `before` of them before the last of
    `detections`; torn: the card left during the tap; hits: the mutations that changed something.
    """

    def __init__(
        self,
        cards: Sequence[CardLike],
        mutations: Sequence[Document],
        detections: Sequence[str],
        who: Sequence[int] = (),
        waits: Sequence[int] = (),
    ) -> None:
        self.card = cards[0]
        self.cards = tuple(cards)
        self.presented = 0
        self.now = 1000
        self.commands: list[bytes] = []
        self.before = 0
        self.answers: list[bytes | None] = []
        self.hits: list[str] = []
        self.torn = False
        self.gpo: bytes | None = None
        self.detections = 0
        self._waiting = list(mutations)
        self._coming = list(detections)
        self._who = list(who)
        self._waits = list(waits)
        self._flow = b""
        self._last: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._records = self._read = 0
        self._gone = True

    def begin(self) -> None:
        """Another transaction: commands count anew."""
        self.before = len(self.commands)

    def detect(self) -> str:
        """How the next wait for a card ends: card, collision, none or cancel."""
        found = self._coming.pop(0) if self._coming else "card"
        self.detections += 1
        if self.detections > MOST_DETECTIONS:
            raise Endless("a tap that does not end")
        self.now += self._waits.pop(0) if self._waits else 0
        self.begin()
        if found == "card":
            self.presented += 1
            which = self._who.pop(0) if self._who else 0
            self.card = self.cards[which] if which < len(self.cards) else self.cards[0]
            self.card.reset()
            self._counts = {}
            self._flow = b""
            self._read = 0
            self._gone = False
        return found

    def transmit(self, command: bytes) -> bytes:
        """The card's answer after the mutations. Raises Gone."""
        self.commands.append(command)
        self.answers.append(None)
        if self._gone:
            raise Gone(mute=False)
        chosen = self._chosen(self._places(command))
        for mutation in chosen:
            if mutation["kind"] in GOING and mutation["before"]:
                self._leave(mutation)
        answer = self._card_answer(command)
        for mutation in chosen:
            if mutation["kind"] in GOING:
                self._leave(mutation)
            changed = change(mutation, answer, self.answers[:-1])
            if changed != answer:
                self.hits.append(mutation["kind"])
            answer = changed
        self._note(answer)
        self.answers[-1] = answer
        return answer

    def _card_answer(self, command: bytes) -> bytes:
        """The card's own answer, or what a fault of its own makes of it."""
        try:
            return self.card.transmit(command)
        except CardTimeout:
            raise Gone(mute=True) from None
        except CardLost:
            self.torn = self._gone = True
            raise Gone(mute=False) from None

    def _places(self, command: bytes) -> dict[str, int]:
        """The names of this command and which one of its name it is.

        A command that comes again with another Le is the same one.
        """
        ins = command[1]
        if ins != GET_RESPONSE:
            if self._flow and command[:-1] == self._flow[:-1] and command != self._flow:
                return self._last
            self._flow = command
        name = NAMES.get(ins, "ppse" if PPSE in command else "select")
        found = {"all": 1}
        for one in (name, "any"):
            self._counts[one] = found[one] = self._counts.get(one, 0) + 1
        self._read += name == "record"
        if name == "record" and self._read == self._records:
            found["last"] = 1
        if ins != GET_RESPONSE:
            self._last = found
        return found

    def _chosen(self, places: dict[str, int]) -> list[Document]:
        chosen = [
            m
            for m in self._waiting
            if m["at"] in places
            and m.get("nth", 1) in (0, places[m["at"]])
            and m.get("from", 1) <= self.presented
        ]
        self._waiting = [m for m in self._waiting if m not in chosen or m.get("always")]
        return chosen

    def _leave(self, mutation: Document) -> None:
        how = mutation["kind"]
        self.hits.append(how)
        self.torn = self.torn or how == "leave"
        self._gone = True
        raise Cancelled if how == "cancel" else Gone(mute=how == "mute")

    def _note(self, answer: bytes) -> None:
        """Counts the records that a GPO answer announces, whether it came in steps or not."""
        if self._flow[1:2] != bytes([GPO]) or answer[-2:] != b"\x90\x00":
            return
        self.gpo = answer
        found = _find(_parse(answer[:-2]), 0x94) or b""
        pairs = zip(found[1::4], found[2::4], strict=False)
        self._records = sum(max(0, last - first + 1) for first, last in pairs)
        self._read = 0


def _find(nodes: Sequence[Node], tag: int) -> bytes | None:
    for here, value in nodes:
        if here == tag and isinstance(value, bytes):
            return value
        if isinstance(value, list) and (found := _find(value, tag)) is not None:
            return found
    return None


def _constructed(tag: int) -> bool:
    return bool(tlv.encode_tag(tag)[0] & 0x20)


def _parse(data: bytes) -> list[Node]:
    """The objects of an answer, constructed ones opened; nothing of what cannot be read."""
    try:
        objects = tlv.decode(data)
    except ValueError:
        return []
    return [(tag, _parse(value) if _constructed(tag) else value) for tag, value in objects]


def _build(nodes: Sequence[Node]) -> bytes:
    return b"".join(
        tlv.encode(tag, value if isinstance(value, bytes) else _build(value)) if tag >= 0 else value
        for tag, value in nodes
    )


RAW = -1
"""The tag of bytes that stand between objects as they are."""


def _lists(nodes: list[Node]) -> list[list[Node]]:
    """All lists of objects inside templates, outer ones first."""
    found = []
    for _, value in nodes:
        if isinstance(value, list):
            found += [value, *_lists(value)]
    return found


def _place(nodes: list[Node], mutation: Document) -> tuple[list[Node], int] | None:
    """The list and position of the object meant: by `tag`, or number `pick` of all."""
    places = [(inner, at) for inner in _lists(nodes) for at in range(len(inner))]
    if "tag" in mutation:
        tag = int(mutation["tag"], 16)
        places = [(inner, at) for inner, at in places if inner[at][0] == tag]
        return places[0] if places else None
    return places[mutation.get("pick", 0) % len(places)] if places else None


def _home(nodes: list[Node], path: str) -> list[Node] | None:
    """The list inside the templates of a path such as "6F.A5.BF0C"; the last ones are made."""
    inner = nodes
    for depth, word in enumerate(path.split(".")):
        tag = int(word, 16)
        found = next((value for here, value in inner if here == tag), None)
        if not isinstance(found, list):
            if depth == 0:
                return None
            found = []
            inner.append((tag, found))
        inner = found
    return inner


def _set(nodes: list[Node], mutation: Document) -> None:
    """`tag` gets `value`; where there is none it is added to the innermost home."""
    value = bytes.fromhex(mutation["value"])
    place = _place(nodes, mutation)
    if place is not None:
        inner, at = place
        inner[at] = (inner[at][0], value)
        return
    homes = _lists(nodes)
    home = _home(nodes, mutation["path"]) if "path" in mutation else homes[0] if homes else None
    if home is not None:
        home.append((int(mutation["tag"], 16), value))


def _insert(nodes: list[Node], mutation: Document) -> None:
    """An object with `tag` and `value` at position `pick`, whatever is there already."""
    homes = _lists(nodes)
    home = _home(nodes, mutation["path"]) if "path" in mutation else homes[0] if homes else None
    if home is not None:
        at = mutation.get("pick", 0) % (len(home) + 1)
        home.insert(at, (int(mutation["tag"], 16), bytes.fromhex(mutation["value"])))


def _drop(nodes: list[Node], mutation: Document) -> None:
    if (place := _place(nodes, mutation)) is not None:
        del place[0][place[1]]


def _copy(nodes: list[Node], mutation: Document) -> None:
    if (place := _place(nodes, mutation)) is not None:
        place[0].append(place[0][place[1]])


def _move(nodes: list[Node], mutation: Document) -> None:
    if (place := _place(nodes, mutation)) is not None:
        inner, at = place
        inner.insert(mutation.get("to", 0) % len(inner), inner.pop(at))


def _pad(nodes: list[Node], mutation: Document) -> None:
    homes = _lists(nodes)
    if homes:
        home = homes[mutation.get("home", 0) % len(homes)]
        at = mutation.get("pick", 0) % (len(home) + 1)
        home.insert(at, (RAW, bytes.fromhex(mutation["value"])))


def _resize(nodes: list[Node], mutation: Document) -> None:
    """The value of an object becomes longer (with `value`) or shorter (`cut` bytes)."""
    place = _place(nodes, mutation)
    if place is not None and isinstance(place[0][place[1]][1], bytes):
        inner, at = place
        tag, value = inner[at]
        kept = value[: max(0, len(value) - mutation.get("cut", 0))]
        inner[at] = (tag, kept + bytes.fromhex(mutation.get("value", "")))


def _bit(nodes: list[Node], mutation: Document) -> None:
    """One bit of the value of an object."""
    place = _place(nodes, mutation)
    if place is not None and isinstance(place[0][place[1]][1], bytes) and place[0][place[1]][1]:
        inner, at = place
        tag, value = inner[at]
        inner[at] = (tag, _flipped(value, mutation["bit"]))


def _retag(nodes: list[Node], mutation: Document) -> None:
    """The template of the answer gets another tag."""
    if nodes:
        nodes[0] = (int(mutation["value"], 16), nodes[0][1])


def _flipped(data: bytes, bit: int) -> bytes:
    bit %= 8 * len(data)
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


STRUCTURAL: dict[str, Callable[[list[Node], Document], None]] = {
    "set": _set,
    "insert": _insert,
    "drop": _drop,
    "copy": _copy,
    "move": _move,
    "pad": _pad,
    "resize": _resize,
    "bit": _bit,
    "template": _retag,
}


def _raw(mutation: Document, data: bytes) -> bytes:
    """Mutations of the bytes of an answer, whatever they mean."""
    match mutation["kind"]:
        case "cut":
            return data[: max(0, len(data) - mutation["count"])]
        case "tail":
            return data + bytes.fromhex(mutation["value"])
        case "flip":
            return _flipped(data, mutation["bit"]) if data else data
        case "long form":
            return _long_form(data)
    raise ValueError(f"no mutation is called {mutation['kind']!r}")


def _long_form(data: bytes) -> bytes:
    """The length of the template in one byte more than it needs."""
    try:
        tag, at = tlv.decode_tag(data, 0)
        length, end = tlv.decode_length(data, at)
    except ValueError:
        return data
    wide = b"\x81" + bytes([length]) if length < 0x80 else b"\x82" + length.to_bytes(2, "big")
    return tlv.encode_tag(tag) + wide + data[end:]


def change(mutation: Document, answer: bytes, earlier: Sequence[bytes | None]) -> bytes:
    """The answer as a mutation leaves it; what it cannot be applied to stays as it is."""
    data, status = answer[:-2], answer[-2:]
    kind = mutation["kind"]
    if kind == "status":
        return (data if mutation.get("keep") else b"") + bytes.fromhex(mutation["value"])
    if kind == "answer":
        return bytes.fromhex(mutation["value"])
    if kind == "replay":
        before = [one for one in earlier if one is not None]
        return before[mutation["pick"] % len(before)] if before else answer
    if kind in STRUCTURAL:
        nodes = _parse(data)
        if not nodes:
            return answer
        plain = not any(isinstance(value, list) for _, value in nodes)  # of GET DATA
        STRUCTURAL[kind]([(RAW, nodes)] if plain else nodes, mutation)
        changed = _build(nodes)
    else:
        changed = _raw(mutation, data)
    return changed + status if len(changed) <= MOST else answer
