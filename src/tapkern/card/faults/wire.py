"""The place between terminal and card: which command is it, and what becomes of its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tapkern.card import tlv
from tapkern.card.faults.kinds import Effect, Part
from tapkern.issuer.certificates import Alteration

if TYPE_CHECKING:
    from tapkern.card.profile import ApplicationProfile

PPSE = "ppse"
SELECT = "select"
GPO = "gpo"
RECORD = "record"
LAST_RECORD = "last-record"
GET_DATA = "get-data"
GET_RESPONSE = "get-response"
OTHER = "other"

_INSTRUCTIONS = {
    0xA8: GPO,
    0xCA: GET_DATA,
    0xAE: "generate-ac",
    0x88: "internal-authenticate",
    0x82: "external-authenticate",
    0x20: "verify",
    0x84: "get-challenge",
    0xDA: "put-data",
    0xDC: "update-record",
    0xE2: "append-record",
    0xB4: "read-capp",
    0xDE: "update-capp",
    0x5A: "get-proof",
    0x16: "card-block",
    0x18: "unblock",
    0x1E: "block",
    0x24: "pin-change",
    0xC0: GET_RESPONSE,
}
COMMANDS = (PPSE, SELECT, GPO, RECORD, LAST_RECORD, *list(_INSTRUCTIONS.values())[1:], OTHER)
"""What a command is called. record: any READ RECORD but that of the last one."""
PURCHASE = (PPSE, SELECT, GPO, RECORD, LAST_RECORD)
"""The commands of a purchase; their answers are templates."""

_PPSE_NAME = b"2PAY.SYS.DDF01"


@dataclass(frozen=True, slots=True)
class Step:
    """A command on its way: its number in the presentment and among those of its name, from 1."""

    number: int
    name: str
    nth: int
    command: bytes


class Answered(Exception):
    """The card does not act; this is its answer."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


class Kept(Answered):
    """What an earlier command left for this one: the faults in front have had it already."""


class Misbehaviour:
    """All faults of a card, in the order of the card file."""

    def __init__(self, effects: Iterable[Effect], sleep: Callable[[float], None]) -> None:
        self._effects = tuple(effects)
        self._sleep = sleep
        self._last: tuple[int, int] | None = None
        self._seen: Counter[str] = Counter()

    def reset(self) -> None:
        """The field was off: the next command is the first one of a presentment."""
        self._seen.clear()
        for effect in self._effects:
            effect.reset()

    def transmit(self, command: bytes, card: Callable[[bytes], bytes]) -> bytes:
        """Hand a command to the card and its answer back, both as the faults want them.

        Raises CardLost (the card left) and CardTimeout (it is mute).
        """
        if not self._effects:
            return card(command)
        step = self._step(command)
        first, at = 0, len(self._effects)
        try:
            while at:  # the last one to answer is first to hear
                at -= 1
                step = replace(step, command=self._effects[at].command(step))
            answer = card(step.command)
            if step.name == GPO:
                self._last = last_place(answer)
        except Answered as answered:
            answer = answered.answer
            first = at + 1 if isinstance(answered, Kept) else 0
        for effect in self._effects[first:]:
            answer = effect.answer(step, answer)
        pause = sum(effect.wait(step) for effect in self._effects)
        if pause:
            self._sleep(pause / 1000)
        return answer

    def _step(self, command: bytes) -> Step:
        name = command_name(command, self._last)
        self._seen[name] += 1
        return Step(self._seen.total(), name, self._seen[name], command)

    def profile(self, profile: ApplicationProfile) -> ApplicationProfile:
        """The order for an application as the faults want it."""
        for effect in self._effects:
            profile = effect.profile(profile)
        return profile

    def static(self, content: bytes) -> bytes:
        """The objects of the static record."""
        for effect in self._effects:
            content = effect.static(content)
        return content

    def alterations(self, part: Part) -> tuple[Alteration, ...]:
        """What is wrong with a certificate or a signature."""
        found = (effect.alteration(part) for effect in self._effects)
        return tuple(alteration for alteration in found if alteration is not None)

    def count(self, atc: int) -> int:
        """The ATC of the next transaction."""
        for effect in self._effects:
            atc = effect.count(atc)
        return atc


def command_name(command: bytes, last: tuple[int, int] | None) -> str:
    """The name of a command; `last` is the place of the last record of the newest AFL."""
    if len(command) < 4:
        return OTHER
    ins, p1, p2 = command[1:4]
    if ins == 0xA4:
        return PPSE if command[5:19] == _PPSE_NAME else SELECT
    if ins == 0xB2:
        return LAST_RECORD if (p2 >> 3, p1) == last else RECORD
    return _INSTRUCTIONS.get(ins, OTHER)


def last_place(answer: bytes) -> tuple[int, int] | None:
    """SFI and number of the last record that a GPO answer names, None without an AFL."""
    try:
        objects = dict(tlv.decode(answer[:-2]))
        if 0x77 in objects:
            objects = dict(tlv.decode(objects[0x77]))
    except ValueError:
        return None
    afl = objects.get(0x94, objects.get(0x80, b"")[2:])
    return (afl[-4] >> 3, afl[-2]) if len(afl) >= 4 else None
