"""Faults of single objects and templates, whatever command they answer.

An edit is a function over the objects of an answer. It finds nothing to do in most answers, and an
answer that is no TLV (any more) stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

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
    Parameter,
    Tag,
    Value,
    Values,
    Word,
)  # fmt: skip
from tapkern.card.faults.wire import (
    COMMANDS,
    GPO,
    LAST_RECORD,
    PPSE,
    PURCHASE,
    RECORD,
    SELECT,
    Step,
)

ANY = "any"

Edit = Callable[[list[Item], Values], None]


class Objects(Effect):
    """An edit at work in the answers to one command, or to all that answer with templates."""

    def __init__(self, values: Values, apply: Edit, command: str) -> None:
        self._values, self._apply, self._command = values, apply, command

    def answer(self, step: Step, answer: bytes) -> bytes:
        if step.name != self._command and not (self._command == ANY and step.name in PURCHASE):
            return answer
        return edit.change(answer, lambda items: self._apply(items, self._values))


def edited(apply: Edit, command: str = "") -> Callable[[Values], Effect]:
    """Makes the effect of an edit; without a command, of that in the values."""
    return lambda values: Objects(values, apply, command or values["command"])


def edit_kind(
    name: str, meaning: str, rule: str, apply: Edit, command: str, *parameters: Parameter,
    harmless: str = "", cases: tuple[Case, ...] = (),
) -> Kind:  # fmt: skip
    """A fault that edits the objects of an answer."""
    return Kind(
        name=name,
        layer=Layer.TLV,
        meaning=meaning,
        rule=rule,
        make=edited(apply, command),
        parameters=parameters,
        harmless=harmless,
        cases=cases,
    )


def command(default: str = ANY) -> Parameter:
    """The parameter that says whose answer is edited."""
    return Word(
        name="command",
        meaning="whose answer; any: all with templates",
        default=default,
        words=(ANY, *COMMANDS),
        usual=(ANY, *PURCHASE),
    )


KNOWN = (
    0x82, 0x94, 0x9F36, 0x9F26, 0x9F10, 0x57, 0x9F27, 0x9F6C, 0x9F5D, 0x5F34, 0x9F4B,
    0x5A, 0x5F24, 0x5F25, 0x5F28, 0x9F07, 0x9F08, 0x8F, 0x90, 0x92, 0x9F32, 0x9F46, 0x9F47,
    0x9F48, 0x9F4A, 0x9F69, 0x9F74, 0x84, 0x4F, 0x50, 0x87, 0x9F38, 0xA5, 0xBF0C, 0x61,
)  # fmt: skip
TERMINAL = {
    0x9F02: 6, 0x9F66: 4, 0x95: 5, 0x9A: 3, 0x9F37: 4, 0x9F1A: 2, 0x5F2A: 2, 0x9F03: 6, 0x9C: 1,
    0x8A: 2, 0xDF60: 1, 0xDF69: 1, 0x9F45: 2, 0x9F4C: 2,
}  # fmt: skip
"""Tags that a card must not bring (TLV-025), with their length."""
FOREIGN = (0xC1, 0xDF7E, 0x9F7F, 0xE5, 0xFF01, 0xDF8129, 0xDFFEFD01, 0xDF81828384)


def tagged(default: int, usual: tuple[int, ...] = KNOWN, only: bool = False) -> Parameter:
    """The parameter that names an object."""
    return Tag(name="tag", meaning="the object", default=default, usual=usual, only=only)


def by_tag(**rules: str) -> tuple[Case, ...]:
    """A case per tag, written as t82="QP-064"."""
    return tuple(Case(rule=rule, values={"tag": int(t[1:], 16)}) for t, rule in rules.items())


def fits(tag: int, value: Value, rule: str, harmless: str = "", key: str = "value") -> Case:
    """A case of a tag and one more value."""
    return Case(rule=rule, values={"tag": tag, key: value}, harmless=harmless)


def _each(items: list[Item], tag: int) -> list[tuple[list[Item], Item]]:
    return [(place, item) for place, item in edit.walk(items) if item.tag == tag]


def _duplicate(items: list[Item], values: Values) -> None:
    for place, item in _each(items, values["tag"]):
        place.insert(place.index(item), item)


def _reorder(items: list[Item], _: Values) -> None:
    for item in items:
        if item.items:
            item.items.reverse()


def _foreign(items: list[Item], values: Values) -> None:
    for item in items[:1]:
        if item.items is not None:
            item.items.append(Item(values["tag"], values["value"]))


def _terminal(items: list[Item], values: Values) -> None:
    value = values["value"] * TERMINAL[values["tag"]]
    for item in items[:1]:
        if item.items is not None:
            item.items.insert(0, Item(values["tag"], value))


def _resize(items: list[Item], values: Values) -> None:
    for _, item in _each(items, values["tag"]):
        size = values["size"]
        item.raw = tlv.encode(item.tag, item.content()[:size].ljust(size, b"\x00"))


def _empty(items: list[Item], values: Values) -> None:
    for _, item in _each(items, values["tag"]):
        item.raw = tlv.encode(item.tag, b"")


def _missing(items: list[Item], values: Values) -> None:
    for place, item in _each(items, values["tag"]):
        place.remove(item)


def _constructed(items: list[Item], values: Values) -> None:
    for _, item in _each(items, values["tag"]):
        first, *rest = tlv.encode_tag(item.tag)
        item.tag = int.from_bytes(bytes([first ^ edit.CONSTRUCTED, *rest]), "big")


def _length_form(items: list[Item], values: Values) -> None:
    for _, item in _each(items, values["tag"]):
        value = item.content()
        size = len(value)
        form = {
            "81": b"\x81" + size.to_bytes(1, "big"),
            "82": b"\x82" + size.to_bytes(2, "big"),
            "83": b"\x83" + size.to_bytes(3, "big"),
            "84": b"\x84" + size.to_bytes(4, "big"),
            "80": b"\x80",
            "ff": b"\xff",
        }[values["form"]]
        tail = b"\x00\x00" if values["form"] == "80" else b""
        item.raw = tlv.encode_tag(item.tag) + form + value + tail


def _off(sign: int) -> Edit:
    """A length field that is wrong; the bytes behind it stay as they are."""

    def apply(items: list[Item], values: Values) -> None:
        for _, item in _each(items, values["tag"]):
            value = item.content()
            length = max(0, len(value) + sign * values["by"])
            item.raw = tlv.encode_tag(item.tag) + tlv.encode_length(length) + value

    return apply


def _template(items: list[Item], values: Values) -> None:
    for item in items[:1]:
        item.tag = values["tag"]


def _no_template(items: list[Item], _: Values) -> None:
    if items and items[0].items is not None:
        items[:] = items[0].items


def _padding(items: list[Item], values: Values) -> None:
    filler = Item(0, raw=values["byte"] * values["count"])
    inside = items[0].items if items else None
    if values["where"] == "front":
        items.insert(0, filler)
    elif values["where"] == "behind":
        items.append(filler)
    elif inside is not None:
        inside.insert(0, filler)


def set_value(items: list[Item], values: Values) -> None:
    for _, item in _each(items, values["tag"]):
        item.raw = tlv.encode(item.tag, values["value"])


class Later(Effect):
    """An object of the GPO answer comes once more in the last record."""

    def __init__(self, values: Values) -> None:
        self._tag: int = values["tag"]
        self._found: Item | None = None

    def answer(self, step: Step, answer: bytes) -> bytes:
        if step.name == GPO:
            self._found = None

            def look(items: list[Item]) -> None:
                self._found = edit.find(items, self._tag)

            edit.change(answer, look)
        elif step.name == LAST_RECORD and self._found is not None:
            found = self._found
            return edit.change(answer, lambda items: _append(items, found))
        return answer


def _append(items: list[Item], item: Item) -> None:
    if items and items[0].items is not None:
        items[0].items.append(item)


def simple(
    name: str, meaning: str, rule: str, apply: Edit, *parameters: Parameter, **more: object
) -> Kind:
    """A kind of this layer."""
    where = next((p.name for p in parameters if p.name == "command"), None)
    make = edited(apply) if where else edited(apply, ANY)
    return Kind(
        name=name,
        layer=Layer.TLV,
        meaning=meaning,
        rule=rule,
        make=make,
        parameters=parameters,
        **more,  # type: ignore[arg-type]
    )


OPTIONAL = "it is optional: the kernel goes on without it"
_VALUE = Hex(name="value", meaning="its value", default=b"\x20", least=0, most=200)

KINDS: tuple[Kind, ...] = (
    simple(
        "duplicate", "an object stands twice in one answer", "TLV-021", _duplicate,
        tagged(0x9F36), command(),
        cases=(
            fits(0x5F34, GPO, "TLV-022", "5F34 may come twice, the first one counts", "command"),
            fits(0x50, SELECT, "TLV-023", "what a directory shows may be repeated", "command"),
        ),
    ),
    Kind(
        name="duplicate-later",
        layer=Layer.TLV,
        meaning="an object of the GPO answer comes again in the last record",
        rule="TLV-021",
        make=Later,
        parameters=(tagged(0x9F36, (0x57, 0x9F36, 0x9F26, 0x9F10, 0x82, 0x94, 0x9F4B, 0x5F34)),),
        cases=(
            fits(0x5F34, 0x5F34, "TLV-022", "5F34 may come twice, the first one counts", "tag"),
        ),
    ),
    simple(
        "reorder", "the objects of a template in reverse order", "TLV-019", _reorder,
        command(GPO),
        harmless="the order of objects means nothing in this answer",
        cases=(
            Case(rule="ODA-064", values={"command": RECORD}),
            Case(rule="ODA-064", values={"command": ANY}),
        ),
    ),
    simple(
        "foreign-tag", "an object that the kernel does not know", "TLV-017", _foreign,
        Tag(name="tag", meaning="the object", default=0xDF7E, usual=FOREIGN),
        Hex(name="value", meaning="its value", default=b"\x01\x02", least=0, most=120),
        command(GPO),
        harmless="unknown objects are passed over",
        cases=(
            fits(0xDF81828384, b"\x01\x02", "TLV-002"),
        ),
    ),
    simple(
        "terminal-tag", "the card sends an object that belongs to the terminal", "TLV-025",
        _terminal,
        tagged(0x9F02, tuple(TERMINAL), only=True),
        Hex(name="value", meaning="each of its bytes", default=b"\x99", least=1, most=1),
        command(GPO),
        harmless="the terminal's own value stands, the card's is ignored",
    ),
    simple(
        "resize", "an object cut or filled up to another length", "QP-067", _resize,
        tagged(0x9F36),
        Number(name="size", meaning="bytes of its value", default=1, most=255, usual=20),
        cases=(
            *by_tag(
                t82="QP-064", t94="QP-065", t5A="QP-085", t5F24="TLV-029", t9F08="TLV-034",
                t57="TLV-030", t9F6C="CTQ-002", t9F69="FD-002",
                t9F4B="DDA-001", t90="ODA-040", t9F46="ODA-060", t92="ODA-031", t9F48="ODA-031",
                t9F38="DOL-014", t4F="EP-046", t84="EP-045",
            ),
            fits(0x8F, 2, "TLV-034", key="size"),
            fits(0x5F34, 2, "TLV-034", key="size"),
            Case(rule="TLV-034", values={"tag": 0x9F5D}, harmless=OPTIONAL),
            Case(rule="EP-048", values={"tag": 0x50, "size": 17}, harmless=OPTIONAL),
            Case(rule="EP-048", values={"tag": 0x87, "size": 2}, harmless=OPTIONAL),
        ),
    ),
    simple(
        "empty-object", "an object of length zero", "QP-061", _empty, tagged(0x9F26),
        cases=by_tag(t82="QP-067", t94="QP-067", t9F38="QP-040", t9F4B="FD-008", t90="ODA-030"),
    ),
    simple(
        "missing", "an object is not there", "QP-067", _missing, tagged(0x9F36),
        cases=(
            *by_tag(
                t82="QP-067", t9F26="QP-061", t9F10="QP-068", t5F24="QP-093", t9F69="FD-004",
                t9F4B="FD-008", t8F="ODA-030", t90="ODA-030", t9F32="ODA-030", t9F46="ODA-030",
                t9F47="ODA-030", t92="ODA-044", t9F48="ODA-062", t9F4A="ODA-064", t5A="ODA-064",
                t9F08="FD-005", t84="EP-045", t4F="EP-046", t9F38="QP-040", tA5="EP-045",
                tBF0C="EP-045", t61="EP-045",
            ),
            Case(
                rule="QP-084", values={"tag": 0x57},
                harmless="an approved TC needs no track 2: the PAN comes from 5A",
            ),
            Case(
                rule="QP-141", values={"tag": 0x9F74},
                harmless="the approval code is left empty",
            ),
            Case(rule="QP-152", values={"tag": 0x9F5D}, harmless=OPTIONAL),
            Case(rule="CTQ-001", values={"tag": 0x9F6C}, harmless="9F69 shows the same: FD-012"),
        ),
    ),
    simple(
        "constructed", "a primitive object is coded as constructed, or the other way",
        "QP-067", _constructed, tagged(0x9F36),
    ),
    simple(
        "length-form", "an unusual or forbidden coding of a length", "TLV-006", _length_form,
        Word(
            name="form", meaning="the first byte of the length; 80: indefinite", default="83",
            words=("81", "82", "80", "83", "84", "ff"),
        ),
        tagged(0x9F36),
        cases=(
            *(
                Case(
                    rule="TLV-007", values={"form": form, "tag": 0x9F36},
                    harmless="a length may be longer than it must be",
                )
                for form in ("81", "82")
            ),
        ),
    ),
    simple(
        "beyond-end", "a length that points behind the end of its template", "TLV-009", _off(1),
        tagged(0x9F26),
        Number(name="by", meaning="bytes too many", default=200, least=1, most=60000, usual=300),
    ),
    simple(
        "length-short", "a length that leaves the end of the value outside", "TLV-015", _off(-1),
        tagged(0x9F26),
        Number(name="by", meaning="bytes too few", default=1, least=1, most=255, usual=8),
    ),
    simple(
        "template", "the outermost object has another tag", "QP-075", _template,
        command(RECORD),
        Tag(name="tag", meaning="its tag", default=0x71, usual=(0x70, 0x77, 0x80, 0x6F, 0x61)),
        cases=tuple(
            Case(rule=rule, values={"command": name})
            for name, rule in (
                (PPSE, "EP-044"), (SELECT, "EP-068"), (GPO, "QP-060"), (LAST_RECORD, "QP-075"),
            )
        ),
    ),
    simple(
        "no-template", "the objects without their template", "QP-075", _no_template,
        command(RECORD),
        cases=tuple(
            Case(rule=rule, values={"command": name})
            for name, rule in (
                (PPSE, "EP-044"), (SELECT, "EP-068"), (GPO, "QP-060"), (LAST_RECORD, "QP-075"),
            )
        ),
    ),
    simple(
        "padding", "bytes between the objects or around the template", "TLV-016", _padding,
        command(GPO),
        Word(
            name="where", meaning="where they stand", default="behind",
            words=("inside", "front", "behind"),
        ),
        Hex(name="byte", meaning="the byte, 00 or FF", default=b"\x00", least=1, most=1),
        Number(name="count", meaning="how many", default=2, least=1, most=100, usual=5),
        cases=(
            Case(
                rule="TLV-011", values={"command": GPO, "where": "inside", "byte": b"\x00"},
                harmless="padding inside a template is skipped",
            ),
            Case(
                rule="TLV-014", values={"command": GPO, "where": "inside", "byte": b"\xff"},
                harmless="FF is padding too: tlv.skip_ff is on",
            ),
            *(
                Case(rule=rule, values={"command": name, "where": "behind"})
                for name, rule in ((PPSE, "EP-044"), (SELECT, "EP-068"), (RECORD, "QP-075"))
            ),
        ),
    ),
    simple(
        "set", "an object has another value than the card was made with", "ODA-064", set_value,
        tagged(0x9F07), _VALUE,
        cases=(
            fits(0x8F, b"\x7f", "CK-008"),
            fits(0x9F4A, bytes.fromhex("8295"), "ODA-022"),
            fits(0x9F4A, bytes.fromhex("5A"), "ODA-022"),
            fits(0x9F32, b"\x05", "ODA-045"),
            fits(0x9F47, b"\x05", "ODA-063"),
            fits(0x9F08, bytes.fromhex("0020"), "FD-005"),
            fits(0x5F24, bytes.fromhex("491331"), "TLV-029"),
            fits(0x5F24, bytes.fromhex("200101"), "QP-090"),
            fits(0x5F24, bytes.fromhex("491130"), "ODA-064"),
            fits(0x57, bytes.fromhex("6200000000000001016F"), "TLV-030"),
            fits(0x5A, bytes.fromhex("62000000000000AAAA"), "TLV-030"),
            fits(0x82, bytes.fromhex("5C00"), "FD-001"),
            fits(0x9F6C, bytes.fromhex("0001"), "FD-011"),
            fits(0x9F6C, bytes.fromhex("0080"), "QP-101"),
            fits(0x9F69, bytes.fromhex("0201020304000000"), "FD-002"),
            fits(0x9F69, bytes.fromhex("0001020304000000"), "FD-004"),
            fits(0x9F69, bytes.fromhex("01010203040000"), "FD-002"),
        ),
    ),
)  # fmt: skip
