"""Faults of the directory (PPSE), the FCI and the PDOL."""

from __future__ import annotations

from tapkern.card import tlv
from tapkern.card.faults import edit
from tapkern.card.faults.edit import Item
from tapkern.card.faults.kinds import (
    Case,
    Effect,
    Hex,
    Kind,
    Layer,
    Number,
    Values,
)  # fmt: skip
from tapkern.card.faults.tlv import edit_kind
from tapkern.card.faults.wire import GPO, PPSE, SELECT, Step

OTHER_AID = bytes.fromhex("A00000000410")


def _entries(items: list[Item]) -> list[Item]:
    """The directory's list of entries, empty when it has none."""
    found = edit.find(items, 0xBF0C)
    return [] if found is None or found.items is None else found.items


def _name(items: list[Item], values: Values) -> None:
    found = edit.find(items, 0x84)
    if found is not None:
        found.value = values["value"]


def _flat(items: list[Item], _: Values) -> None:
    for place, item in edit.walk(items):
        if item.tag == 0xBF0C and item.items is not None:
            at = place.index(item)
            place[at : at + 1] = item.items


def _kernel(items: list[Item], values: Values) -> None:
    for entry in _entries(items):
        if entry.items is not None:
            entry.items[:] = [item for item in entry.items if item.tag != 0x9F2A]
            entry.items.append(Item(0x9F2A, values["value"]))


def _priority(items: list[Item], values: Values) -> None:
    for entry in _entries(items):
        if entry.items is not None:
            entry.items[:] = [item for item in entry.items if item.tag != 0x87]
            entry.items.append(Item(0x87, values["value"]))


def _many(items: list[Item], values: Values) -> None:
    entries = _entries(items)
    more = (OTHER_AID + number.to_bytes(1, "big") for number in range(values["count"]))
    entries[:0] = [Item(0x61, items=[Item(0x4F, aid)]) for aid in more]


def _twice(items: list[Item], _: Values) -> None:
    entries = _entries(items)
    entries.extend(entries[:1])


def _malformed(items: list[Item], _: Values) -> None:
    for entry in _entries(items):
        entry.raw = tlv.encode(0x61, entry.content()[:-1])


class Pdol(Effect):
    """The FCI shows another PDOL; the card still finds its data in what the terminal sends.

    The command data are rearranged for the card's own list, so that it answers as it would.
    """

    def __init__(self, shown: bytes | None) -> None:
        self._shown = shown
        self._own: bytes | None = None

    def shown(self, own: bytes) -> bytes | None:
        """The list that the terminal sees."""
        return self._shown

    def answer(self, step: Step, answer: bytes) -> bytes:
        if step.name != SELECT:
            return answer
        self._own = None
        return edit.change(answer, self._replace)

    def _replace(self, items: list[Item]) -> None:
        for place, item in edit.walk(items):
            if item.tag == 0x9F38:
                self._own = item.value
                shown = self.shown(item.value)
                if shown is None:
                    place.remove(item)
                else:
                    item.value = shown

    def command(self, step: Step) -> bytes:
        shown = None if self._own is None else self.shown(self._own)
        if step.name != GPO or self._own is None or not shown:
            return step.command
        try:
            ((_, sent),) = tlv.decode(step.command[5:-1])
            data = _rearranged(shown, sent, self._own)
        except ValueError:
            return step.command
        body = tlv.encode(0x83, data)
        if len(body) > 255:
            return step.command
        return step.command[:4] + bytes([len(body)]) + body + b"\x00"


_NUMERIC = (0x9F02, 0x9F03, 0x9F1A, 0x5F2A, 0x9A, 0x9C)
"""What a terminal cuts and fills at the left (DOL-007, DOL-009)."""


def _rearranged(shown: bytes, sent: bytes, own: bytes) -> bytes:
    """Data sent for one list, laid out for another: cut or filled up with zeros."""
    values, at = {}, 0
    for tag, length in tlv.decode_dol(shown):
        values[tag] = sent[at : at + length]
        at += length
    return b"".join(
        _sized(tag, values.get(tag, b""), length) for tag, length in tlv.decode_dol(own)
    )


def _sized(tag: int, value: bytes, length: int) -> bytes:
    if tag in _NUMERIC:
        return value[max(0, len(value) - length) :].rjust(length, b"\x00")
    return value[:length].ljust(length, b"\x00")


class TtqLength(Pdol):
    """The PDOL asks for 9F66 with another length."""

    def __init__(self, values: Values) -> None:
        super().__init__(None)
        self._length: int = values["length"]

    def shown(self, own: bytes) -> bytes | None:
        try:
            entries = tlv.decode_dol(own)
        except ValueError:
            return own
        return b"".join(
            tlv.encode_tag(tag) + bytes([self._length if tag == 0x9F66 else length])
            for tag, length in entries
        )


def _pdol(name: str, meaning: str, rule: str, shown: str | None, harmless: str = "") -> Kind:
    data = None if shown is None else bytes.fromhex(shown)
    return Kind(
        name=name,
        layer=Layer.TLV,
        meaning=meaning,
        rule=rule,
        make=lambda _: Pdol(data),
        harmless=harmless,
    )


def _value(default: str, least: int, most: int) -> Hex:
    return Hex(
        name="value", meaning="its value", default=bytes.fromhex(default), least=least, most=most
    )


def _with(value: str, rule: str, harmless: str = "") -> Case:
    return Case(rule=rule, values={"value": bytes.fromhex(value)}, harmless=harmless)


KINDS: tuple[Kind, ...] = (
    edit_kind(
        "ppse-name", "the directory has another name (84)", "EP-045", _name, PPSE,
        _value("325041592E5359532E4444463032", 0, 16),
    ),
    edit_kind("ppse-no-bf0c", "the entries stand in A5, without BF0C", "EP-045", _flat, PPSE),
    edit_kind("ppse-malformed", "every entry ends inside an object", "EP-047", _malformed, PPSE),
    edit_kind(
        "ppse-kernel", "the entries ask for a kernel (9F2A)", "EP-055", _kernel, PPSE,
        _value("03", 0, 8),
        cases=(
            _with("07", "EP-055", "it is the kernel that the terminal has"),
            _with("", "EP-051", "an empty 9F2A means the usual kernel of the scheme"),
            _with("00", "EP-055", "00 means any kernel"),
            _with("47", "EP-052"),
            _with("87", "EP-053"),
            _with("870156", "EP-055"),
            _with("C00156", "EP-053"),
        ),
    ),
    edit_kind(
        "ppse-priority", "the entries have this priority (87)", "EP-062", _priority, PPSE,
        _value("00", 0, 4),
        harmless="one candidate needs no priority",
    ),
    edit_kind(
        "ppse-many", "entries of another scheme stand before ours", "EP-050", _many, PPSE,
        Number(name="count", meaning="how many", default=12, least=1, most=30, usual=14),
        harmless="applications that the terminal does not have are passed over",
    ),
    edit_kind(
        "ppse-twice", "the first entry is listed again", "EP-062", _twice, PPSE,
        harmless="of equal candidates the first one is taken",
    ),
    edit_kind("fci-name", "the FCI shows another name (84)", "EP-067", _name, SELECT,
          _value("A000000333010102", 5, 16),
          harmless="84 need only be there; what counts is the name that was selected"),
    _pdol("no-pdol", "the FCI has no PDOL", "QP-040", None),
    _pdol(
        "pdol-without-ttq", "the PDOL does not ask for 9F66", "QP-040",
        "9F02069F03069F1A0295055F2A029A039C019F3704",
    ),
    _pdol("pdol-cut", "the PDOL ends inside a tag", "DOL-014", "9F66049F02069F37049F"),
    _pdol("pdol-no-length", "the PDOL ends without a length", "DOL-014", "9F66049F02069F37"),
    _pdol("pdol-long", "the PDOL asks for more than a command can hold", "DOL-017",
          "9F66049F02069F37045F2A02" + "9F7FFF"),
    _pdol("pdol-short-number", "the PDOL asks for 3 bytes of 9F37", "FDA-006",
          "9F66049F02069F03069F1A0295055F2A029A039C019F3703"),
    _pdol("pdol-no-number", "the PDOL does not ask for 9F37", "FDA-006",
          "9F66049F02069F03069F1A0295055F2A029A039C01"),
    _pdol("pdol-no-amount", "the PDOL does not ask for 9F02", "FDA-006",
          "9F66049F03069F1A0295055F2A029A039C019F3704"),
    _pdol("pdol-unknown", "the PDOL asks for what no terminal has", "DOL-004",
          "DF7F089F66049F02069F03069F1A0295055F2A029A039C019F3704",
          "what the terminal does not know is zeros"),
    Kind(
        name="ttq-length",
        layer=Layer.TLV,
        meaning="the PDOL asks for 9F66 with another length than 4",
        rule="QP-041",
        make=TtqLength,
        parameters=(Number(name="length", meaning="bytes", default=3, most=60),),
        cases=(
            Case(
                rule="QP-041",
                values={"length": 5},
                harmless="filled up behind: the card finds its 4 bytes",
            ),
        ),
    ),
)  # fmt: skip
