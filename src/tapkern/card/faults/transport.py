"""Faults of the field and of whole answers: the card leaves, is mute, late or refuses.

They act at one command: number `apdu` of a presentment, or a command by its name.
"""

from __future__ import annotations

from tapkern.card.faults.kinds import (
    Case,
    Effect,
    Hex,
    Kind,
    Layer,
    Number,
    Parameter,
    Values,
    Word,
)
from tapkern.card.faults.wire import COMMANDS, GPO, LAST_RECORD, PURCHASE, Answered, Step
from tapkern.errors import CardLost, CardTimeout

CONTINUE = b"\x90\x00"


def place(command: str) -> tuple[Parameter, ...]:
    """The parameters of a fault that acts at one command."""
    return (
        Number(
            name="apdu",
            meaning="number of the command in a presentment, from 1; 0: by name",
            default=0,
            usual=9,
        ),
        Word(
            name="command",
            meaning="name of the command",
            default=command,
            words=COMMANDS,
            usual=PURCHASE,
        ),
        Number(name="nth", meaning="which one of that name; 0: each", default=0, usual=2),
        Number(name="times", meaning="how often it happens; 0: always", default=0, usual=2),
    )


class At(Effect):
    """An effect at the commands that its values name."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._left: int = values["times"]

    def named(self, step: Step) -> bool:
        """Whether the values name this command."""
        if self.values["apdu"]:
            return bool(step.number == self.values["apdu"])
        return self.values["command"] == step.name and self.values["nth"] in (0, step.nth)

    def hits(self, step: Step) -> bool:
        """Whether the fault happens now; counts it."""
        if not self.named(step) or self._left < 0:
            return False
        if self._left:
            self._left -= 1
            self._left = self._left or -1
        return True


def leave() -> CardLost:
    """What a reader tells of a card that is gone."""
    return CardLost("the card left the field", "simulated card")


class LeaveBefore(At):
    """The command never reaches the card."""

    def command(self, step: Step) -> bytes:
        if self.hits(step):
            raise leave()
        return step.command


class LeaveAfter(At):
    """The card acts, its answer is lost."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        if self.hits(step):
            raise leave()
        return answer


class LeaveAtByte(Effect):
    """The field ends behind so many bytes, commands and answers counted together."""

    def __init__(self, values: Values) -> None:
        self._count: int = values["count"]
        self._passed = 0

    def reset(self) -> None:
        self._passed = 0

    def command(self, step: Step) -> bytes:
        self._pass(step.command)
        return step.command

    def answer(self, step: Step, answer: bytes) -> bytes:
        self._pass(answer)
        return answer

    def _pass(self, data: bytes) -> None:
        self._passed += len(data)
        if self._passed > self._count:
            raise leave()


class Silent(At):
    """The card acts and stays, and says nothing."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        if self.hits(step):
            raise CardTimeout("the card is mute", "simulated card")
        return answer


class Delay(At):
    """The answer comes late."""

    def wait(self, step: Step) -> int:
        return self.values["ms"] if self.hits(step) else 0


class Refuse(At):
    """The card does nothing and answers a status word."""

    def command(self, step: Step) -> bytes:
        if self.hits(step):
            raise Answered(self.values["sw"])
        return step.command


class Status(At):
    """The card acts; its answer has another status word."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        return answer[:-2] + self.values["sw"] if self.hits(step) else answer


class Reply(At):
    """Other data before 9000."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        return self.values["data"] + CONTINUE if self.hits(step) else answer


class Cut(At):
    """The end of the data is missing."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        if not self.hits(step):
            return answer
        data = answer[:-2]
        return data[: max(0, len(data) - self.values["count"])] + answer[-2:]


class Runt(At):
    """One byte instead of an answer."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        return answer[:1] if self.hits(step) else answer


class Oversize(At):
    """Bytes behind the data until the answer is too long."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        if not self.hits(step):
            return answer
        return answer[:-2].ljust(self.values["size"], b"\x00") + answer[-2:]


class Flip(At):
    """One bit of the data is wrong."""

    def answer(self, step: Step, answer: bytes) -> bytes:
        if not self.hits(step) or len(answer) <= 2:
            return answer
        data = bytearray(answer[:-2])
        at, bit = divmod(self.values["bit"] % (8 * len(data)), 8)
        data[at] ^= 0x80 >> bit
        return bytes(data) + answer[-2:]


def _cases(**rules: str) -> tuple[Case, ...]:
    """A case per command."""
    return tuple(
        Case(rule=rule, values={"command": name.replace("_", "-")}) for name, rule in rules.items()
    )


def _refusals(*rows: tuple[str, str, str]) -> tuple[Case, ...]:
    return tuple(
        Case(rule=rule, values={"command": command, "sw": bytes.fromhex(sw)})
        for command, sw, rule in rows
    )


NO_GET_DATA = "a purchase asks for no object with GET DATA"
_STATUS_WORD = Hex(name="sw", meaning="status word", default=b"\x69\x85", least=2, most=2)
_LOST = _cases(ppse="EP-035", select="EP-035", record="QP-073", last_record="TT-005")

KINDS: tuple[Kind, ...] = (
    Kind(
        name="leave-before",
        layer=Layer.FIELD,
        meaning="the card leaves the field before the command reaches it",
        rule="QP-046",
        make=LeaveBefore,
        parameters=place(GPO),
        cases=_LOST,
    ),
    Kind(
        name="leave-after",
        layer=Layer.FIELD,
        meaning="the card acts on the command and leaves before its answer arrives",
        rule="TT-002",
        make=LeaveAfter,
        parameters=place(GPO),
        cases=_LOST,
    ),
    Kind(
        name="leave-before-commit",
        layer=Layer.FIELD,
        meaning="the card leaves before it gets READ RECORD of the last record: nothing is paid",
        rule="TT-005",
        make=LeaveBefore,
        parameters=place(LAST_RECORD),
    ),
    Kind(
        name="leave-after-commit",
        layer=Layer.FIELD,
        meaning="the card has paid, and leaves before the last record arrives",
        rule="TT-005",
        make=LeaveAfter,
        parameters=place(LAST_RECORD),
    ),
    Kind(
        name="leave-at-byte",
        layer=Layer.FIELD,
        meaning="the field ends after so many bytes of commands and answers",
        rule="LD-131",
        make=LeaveAtByte,
        parameters=(
            Number(
                name="count", meaning="bytes that pass", default=200, least=0, most=65535, usual=900
            ),
        ),
    ),
    Kind(
        name="silent",
        layer=Layer.FIELD,
        meaning="the card acts and stays, but gives no answer",
        rule="APDU-004",
        make=Silent,
        parameters=place(GPO),
    ),
    Kind(
        name="delay",
        layer=Layer.FIELD,
        meaning="the answer comes late",
        rule="APDU-004",
        make=Delay,
        parameters=(
            *place(GPO),
            Number(name="ms", meaning="milliseconds", default=300, most=60_000, usual=3),
        ),
        harmless="how long an answer may take is the reader's business, the kernel has no limit",
    ),
    Kind(
        name="refuse",
        layer=Layer.FIELD,
        meaning="the card does nothing and answers a status word",
        rule="QP-055",
        make=Refuse,
        parameters=(*place(GPO), _STATUS_WORD),
        cases=(
            *_cases(ppse="EP-043", select="EP-065", record="QP-074", last_record="QP-074"),
            *_refusals(
                ("gpo", "6985", "QP-052"), ("gpo", "6984", "QP-053"), ("gpo", "6986", "QP-054")
            ),
            Case(rule="APDU-010", values={"command": "get-data"}, harmless=NO_GET_DATA),
        ),
    ),
    Kind(
        name="status",
        layer=Layer.FIELD,
        meaning="the card acts and answers its data with another status word",
        rule="QP-055",
        make=Status,
        parameters=(
            *place(GPO),
            Hex(name="sw", meaning="status word", default=b"\x62\x83", least=2, most=2),
        ),
        cases=_cases(ppse="EP-043", select="EP-065", record="QP-074", last_record="QP-074"),
    ),
    Kind(
        name="empty",
        layer=Layer.FIELD,
        meaning="9000 without data",
        rule="QP-060",
        make=Reply,
        parameters=(
            *place(GPO),
            Hex(name="data", meaning="the data instead", default=b"", least=0, most=256),
        ),
        cases=_cases(ppse="EP-044", select="EP-068", record="QP-075", last_record="QP-075"),
    ),
    Kind(
        name="truncate",
        layer=Layer.FIELD,
        meaning="the end of the data is missing, the status word is there",
        rule="QP-060",
        make=Cut,
        parameters=(
            *place(GPO),
            Number(name="count", meaning="bytes missing", default=1, least=1, most=256),
        ),
        cases=_cases(ppse="EP-044", select="EP-068", record="QP-075", last_record="QP-075"),
    ),
    Kind(
        name="runt",
        layer=Layer.FIELD,
        meaning="an answer of one byte, without a status word",
        rule="APDU-004",
        make=Runt,
        parameters=place(GPO),
    ),
    Kind(
        name="oversize",
        layer=Layer.FIELD,
        meaning="an answer longer than a short APDU can be",
        rule="TLV-010",
        make=Oversize,
        parameters=(
            *place(GPO),
            Number(name="size", meaning="bytes of data", default=300, least=257, most=4096),
        ),
    ),
    Kind(
        name="flip",
        layer=Layer.FIELD,
        meaning="one bit of the answer is wrong",
        rule="QP-060",
        make=Flip,
        parameters=(
            *place(GPO),
            Number(
                name="bit", meaning="number of the bit, from 0, round", default=0, most=2047
            ),
        ),
        cases=_cases(ppse="EP-044", select="EP-068", record="QP-075", last_record="QP-075"),
    ),
)  # fmt: skip
