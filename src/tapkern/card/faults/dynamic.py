"""Faults of what the card computes at a tap: signatures, cryptograms, counters."""

from __future__ import annotations

from tapkern.card.faults import edit
from tapkern.card.faults.certificates import NO_CHECK, UNREAD, Altered
from tapkern.card.faults.edit import Item
from tapkern.card.faults.kinds import Effect, Hex, Kind, Layer, Number, Part, Values
from tapkern.card.faults.tlv import edited
from tapkern.card.faults.wire import GPO, LAST_RECORD, RECORD, Answered, Step
from tapkern.issuer.certificates import Alteration, Patch

NUMBER, AMOUNT, CURRENCY, CARD_DATA = 0, 4, 10, 12
"""Where the hash tail of fDDA has 9F37, 9F02, 5F2A and 9F69."""
ONLY_ISSUER = "a terminal has no key to check a cryptogram; the issuer has"


def _flipped(tag: int) -> Effect:
    def apply(items: list[Item], _: Values) -> None:
        found = edit.find(items, tag)
        if found is not None and found.value:
            found.value = found.value[:-1] + bytes([found.value[-1] ^ 1])

    return edited(apply, "any")({})


def _shown(tag: int, values: Values) -> Effect:
    def apply(items: list[Item], _: Values) -> None:
        found = edit.find(items, tag)
        if found is not None:
            found.value = values["value"]

    return edited(apply, GPO)({})


class ReplayedObject(Effect):
    """An object of the tap before stands where that of this one should."""

    def __init__(self, tag: int) -> None:
        self._tag = tag
        self._before: bytes | None = None
        self._now: bytes | None = None

    def reset(self) -> None:
        if self._now is not None:
            self._before, self._now = self._now, None

    def answer(self, step: Step, answer: bytes) -> bytes:
        return edit.change(answer, self._replay) if step.name in _TOLD else answer

    def _replay(self, items: list[Item]) -> None:
        found = edit.find(items, self._tag)
        if found is not None:
            self._now = found.value
            if self._before is not None:
                found.value = self._before


_TOLD = (GPO, RECORD, LAST_RECORD)


class Replay(Effect):
    """GPO and all records are answered as in the first purchase that was read to its end."""

    def __init__(self, _: Values) -> None:
        self._heard: dict[object, bytes] = {}
        self._kept: dict[object, bytes] | None = None

    def reset(self) -> None:
        self._heard = {}

    def command(self, step: Step) -> bytes:
        if self._kept is not None and _question(step) in self._kept:
            raise Answered(self._kept[_question(step)])
        return step.command

    def answer(self, step: Step, answer: bytes) -> bytes:
        if self._kept is None and step.name in _TOLD:
            self._heard[_question(step)] = answer
            if step.name == LAST_RECORD and GPO in self._heard:
                self._kept = self._heard
        return answer


def _question(step: Step) -> object:
    """What was asked, but for the terminal's data."""
    return GPO if step.name == GPO else step.command


class Stuck(Effect):
    """The ATC does not count."""

    def __init__(self, _: Values) -> None: ...

    def count(self, atc: int) -> int:
        return max(1, atc - 1)


def _signed(name: str, what: str, at: int, default: str) -> Kind:
    return Kind(
        name=name,
        layer=Layer.DYNAMIC,
        meaning=f"the card signs another {what} than the terminal sent",
        rule="DDA-003",
        sm_rule="SM-072",
        make=lambda values: Altered(
            dict.fromkeys(
                (Part.SIGNATURE, Part.SM_SIGNATURE),
                Alteration(outside=(Patch(at, values["value"]),)),
            )
        ),
        parameters=(_value("what it signs", default),),
    )


def _number(patch: Patch, sm_patch: Patch) -> Effect:
    return Altered(
        {
            Part.SIGNATURE: Alteration(body=(patch,)),
            Part.SM_SIGNATURE: Alteration(body=(sm_patch,)),
        }
    )


def _value(meaning: str, default: str) -> Hex:
    data = bytes.fromhex(default)
    return Hex(name="value", meaning=meaning, default=data, least=len(data), most=len(data))


KINDS: tuple[Kind, ...] = (
    Kind(
        name="sdad-bit",
        layer=Layer.DYNAMIC,
        meaning="one bit of the signature 9F4B is flipped in the answer",
        rule="DDA-002",
        sm_rule="SM-072",
        make=lambda _: _flipped(0x9F4B),
    ),
    _signed("signed-number", "9F37", NUMBER, "00000000"),
    _signed("signed-amount", "amount (9F02)", AMOUNT, "000000000001"),
    _signed("signed-currency", "currency (5F2A)", CURRENCY, "0840"),
    _signed("signed-card-data", "9F69", CARD_DATA, "0100000000000000"),
    Kind(
        name="signed-atc",
        layer=Layer.DYNAMIC,
        meaning="the ICC dynamic number in the signature is not the ATC",
        rule="FD-010",
        make=lambda values: _number(Patch(4, values["value"]), Patch(3, values["value"])),
        parameters=(_value("the number", "7777"),),
        harmless=NO_CHECK,
    ),
    Kind(
        name="signed-atc-length",
        layer=Layer.DYNAMIC,
        meaning="the length byte of the ICC dynamic number is wrong",
        rule="DDA-004",
        sm_rule="SM-071",
        make=lambda values: _number(
            Patch(3, bytes([values["length"]])), Patch(2, bytes([values["length"]]))
        ),
        parameters=(Number(name="length", meaning="its value", default=9),),
        harmless=UNREAD,
    ),
    Kind(
        name="replayed-signature",
        layer=Layer.DYNAMIC,
        meaning="9F4B is that of the tap before (from the second tap on)",
        rule="DDA-003",
        sm_rule="SM-072",
        make=lambda _: ReplayedObject(0x9F4B),
    ),
    Kind(
        name="replayed-tap",
        layer=Layer.DYNAMIC,
        meaning="GPO and records are answered as in the first purchase (from the second tap on)",
        rule="DDA-003",
        sm_rule="SM-072",
        make=Replay,
    ),
    Kind(
        name="replayed-cryptogram",
        layer=Layer.DYNAMIC,
        meaning="9F26 is that of the tap before (from the second tap on)",
        rule="CS-036",
        make=lambda _: ReplayedObject(0x9F26),
        harmless=ONLY_ISSUER,
    ),
    Kind(
        name="cryptogram-bit",
        layer=Layer.DYNAMIC,
        meaning="one bit of the cryptogram 9F26 is wrong",
        rule="CS-036",
        make=lambda _: _flipped(0x9F26),
        harmless=ONLY_ISSUER,
    ),
    Kind(
        name="atc-stuck",
        layer=Layer.DYNAMIC,
        meaning="the ATC does not count",
        rule="CS-001",
        make=Stuck,
        harmless="a terminal does not know the ATC of the tap before; the issuer does",
    ),
    Kind(
        name="atc-shown",
        layer=Layer.DYNAMIC,
        meaning="9F36 is not the ATC that was used",
        rule="FD-010",
        make=lambda values: _shown(0x9F36, values),
        parameters=(_value("the ATC shown", "7777"),),
        harmless=NO_CHECK,
    ),
    Kind(
        name="balance-shown",
        layer=Layer.DYNAMIC,
        meaning="9F5D is not the balance",
        rule="QP-150",
        make=lambda values: _shown(0x9F5D, values),
        parameters=(_value("the balance shown", "000000999999"),),
        harmless="it is shown as it is; only TT-013 of a torn tap relies on it",
    ),
)
