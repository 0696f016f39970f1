"""Answers in steps, as over T=0: 61xx and GET RESPONSE, 6Cxx and the command with another Le.

The card acts once. What it answered is kept until the terminal has fetched it, or sends another
command.
"""

from __future__ import annotations

from tapkern.card.faults.kinds import Case, Kind, Layer, Values, Word
from tapkern.card.faults.transport import At, place
from tapkern.card.faults.wire import GET_RESPONSE, GPO, Kept, Step

MORE, EXACT = 0x61, 0x6C
GOOD = b"\x90\x00"
_RULE = "APDU-003"


class Steps(At):
    """A good answer with data is kept; the terminal gets a status word with its length."""

    first = 0
    """SW1 of that status word."""

    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self.way: str = values["way"]
        self.reset()

    def reset(self) -> None:
        self._data = b""
        self._asked = b""  # the command that the card acted on
        self._told = False  # whether a broken card has sent the terminal away once more

    def command(self, step: Step) -> bytes:
        if self._data and self.fetches(step.command):
            raise Kept(self._fetched(step.command))
        self.reset()
        return step.command

    def answer(self, step: Step, answer: bytes) -> bytes:
        data, status = answer[:-2], answer[-2:]
        if not data or status != GOOD or not self.fits(step) or not self.hits(step):
            return answer
        self._data, self._asked = data, step.command
        shown = data if self.way == "data" else b""
        return shown + self._status(self.first, self._announced)

    def fits(self, step: Step) -> bool:
        """Whether a command can be answered so."""
        return step.name != GET_RESPONSE

    def fetches(self, command: bytes) -> bool:
        """Whether a command asks for what is kept."""
        raise NotImplementedError

    @property
    def _announced(self) -> int:
        """The length that the card tells."""
        parts = self.way == "parts"
        return len(self._data) // 2 if parts else len(self._data) + (self.way == "longer")

    def _again(self) -> bool:
        """True once."""
        told, self._told = self._told, True
        return not told

    @staticmethod
    def _status(first: int, length: int) -> bytes:
        return bytes([first, length & 0xFF])

    def _fetched(self, command: bytes) -> bytes:
        """The answer to a command that asks for what is kept."""
        raise NotImplementedError


class MoreData(Steps):
    """61xx, and the data for GET RESPONSE."""

    first = MORE

    def fetches(self, command: bytes) -> bool:
        return command[:4] == b"\x00\xc0\x00\x00" and len(command) == 5

    def _fetched(self, command: bytes) -> bytes:
        data = self._data
        if command[4] not in (0, self._announced & 0xFF) and self.way != "parts":
            return self._status(EXACT, self._announced)
        if self.way == "twice" and self._again():
            return self._status(MORE, len(data))
        if self.way == "exact" and self._again():
            return self._status(EXACT, len(data))
        if self.way == "parts":
            asked = command[4] or 256
            self._data = data[asked:]
            return data[:asked] + (self._status(MORE, len(self._data)) if self._data else GOOD)
        self.reset()
        return data + GOOD


class ExactLength(Steps):
    """6Cxx until the command comes with that Le."""

    first = EXACT

    def fits(self, step: Step) -> bool:
        return super().fits(step) and step.command[-1] == 0

    def fetches(self, command: bytes) -> bool:
        same = command[:-1] == self._asked[:-1]
        return same or (self.way == "more" and self._told and command[:2] == b"\x00\xc0")

    def _fetched(self, command: bytes) -> bytes:
        data = self._data
        if command[-1] != self._announced & 0xFF or self.way == "always":
            return self._status(EXACT, self._announced)
        if self.way == "more" and self._again():
            return self._status(MORE, len(data))
        self.reset()
        return (data[:-1] if self.way == "short" else data) + GOOD


def _cases(*ways: str) -> tuple[Case, ...]:
    """A case per command, and one per way."""
    commands = {"ppse": "EP-043", "select": "EP-065", "record": "QP-074", "last-record": "QP-074"}
    found = [Case(rule=rule, values={"command": name}) for name, rule in commands.items()]
    # 61xx or 6Cxx with data is a status word like any other
    rules = {way: "QP-055" if way == "data" else _RULE for way in ways}
    return (*found, *(Case(rule=rule, values={"way": way}) for way, rule in rules.items()))


def _way(words: dict[str, str]) -> Word:
    told = "; ".join(f"{word}: {meaning}" for word, meaning in words.items())
    return Word(
        name="way", meaning=f"plain, or broken: {told}", default="plain", words=("plain", *words)
    )


_MORE = {
    "twice": "61xx to GET RESPONSE too",
    "data": "data with the 61xx",
    "parts": "half of the data, 61xx, the rest",
    "exact": "6Cxx to the first GET RESPONSE",
    "longer": "one byte less than announced",
}
_EXACT = {
    "always": "6Cxx whatever Le is",
    "data": "data with the 6Cxx",
    "more": "61xx to the command with Le",
    "longer": "one byte less than announced, and well made",
    "short": "the last byte is missing",
}

KINDS: tuple[Kind, ...] = (
    Kind(
        name="t0-61",
        layer=Layer.FIELD,
        meaning="the data of the answer wait for GET RESPONSE, as over T=0",
        rule=_RULE,
        make=MoreData,
        parameters=(*place(GPO), _way(_MORE)),
        cases=_cases(*_MORE),
    ),
    Kind(
        name="t0-6c",
        layer=Layer.FIELD,
        meaning="the card asks for the command once more with the exact Le, as over T=0",
        rule=_RULE,
        make=ExactLength,
        parameters=(*place(GPO), _way(_EXACT)),
        cases=_cases(*_EXACT),
    ),
)
