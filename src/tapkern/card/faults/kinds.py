"""What a fault is made of: parameters with their ranges, kinds, and the effect at work.

A `Kind` is an entry of the catalogue. With values for its parameters it makes an `Effect`: one
object per card that sits at the few places where a card can be told to misbehave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tapkern.card.faults.wire import Step
    from tapkern.card.profile import ApplicationProfile
    from tapkern.issuer.certificates import Alteration

Value = int | str | bytes
Values = Mapping[str, Any]
"""The value of every parameter of a kind, by name."""


class Layer(Enum):
    """Where a fault acts."""

    FIELD = "field"
    TLV = "tlv"
    CERTIFICATE = "certificate"
    DYNAMIC = "dynamic"


class Part(Enum):
    """What an issuer or a card signs."""

    ISSUER = "issuer"
    ICC = "icc"
    SIGNATURE = "signature"
    SM_ISSUER = "SM2 issuer"
    SM_ICC = "SM2 icc"
    SM_SIGNATURE = "SM2 signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter: a name, what it means, its default and the values that it takes."""

    name: str
    meaning: str
    default: Any

    @property
    def kind(self) -> str:
        """The sort of value: number, word, hex or tag."""
        raise NotImplementedError

    @property
    def range(self) -> str:
        """The values allowed, as text."""
        raise NotImplementedError

    def take(self, value: object) -> Value:
        """A value out of a card file or a call. Raises ValueError with what is wrong."""
        raise NotImplementedError

    def read(self, text: str) -> Value:
        """A value written on a command line. Raises ValueError."""
        return self.take(text)

    def show(self, value: Any) -> str:
        """A value as `read` takes it."""
        return str(value)

    def draw(self, random: Random) -> Value:
        """Any allowed value."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """The parameter as plain data."""
        return {
            "name": self.name,
            "meaning": self.meaning,
            "kind": self.kind,
            "default": self.show(self.default) if self.kind != "number" else self.default,
            "range": self.range,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Parameter):
    """A whole number from `least` to `most`."""

    least: int = 0
    most: int = 0xFF
    usual: int | None = None
    """Draw no more than this; None: the whole range."""

    @property
    def kind(self) -> str:
        return "number"

    @property
    def range(self) -> str:
        return f"{self.least} to {self.most}"

    def take(self, value: object) -> Value:
        if type(value) is not int or not self.least <= value <= self.most:
            raise ValueError(f"must be a number, {self.range}")
        return value

    def read(self, text: str) -> Value:
        if not (text.isascii() and text.isdecimal()):
            raise ValueError(f"must be a number, {self.range}")
        return self.take(int(text))

    def draw(self, random: Random) -> Value:
        return random.randint(self.least, self.most if self.usual is None else self.usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Parameter):
    """One of a few words; `usual` are those that `draw` takes, if not all."""

    words: tuple[str, ...]
    usual: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return "word"

    @property
    def range(self) -> str:
        return ", ".join(self.words)

    def take(self, value: object) -> Value:
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(f"must be one of {self.range}")
        return value

    def draw(self, random: Random) -> Value:
        return random.choice(self.usual or self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hex(Parameter):
    """Bytes, `least` to `most` of them."""

    least: int
    most: int

    @property
    def kind(self) -> str:
        return "hex"

    @property
    def range(self) -> str:
        return f"{self.least} to {self.most} bytes" if self.least < self.most else self._exact

    @property
    def _exact(self) -> str:
        return f"{self.least} byte" if self.least == 1 else f"{self.least} bytes"

    def take(self, value: object) -> Value:
        try:
            data = bytes.fromhex(value) if isinstance(value, str) else value
        except ValueError:
            data = None
        if not isinstance(data, bytes) or not self.least <= len(data) <= self.most:
            raise ValueError(f"must be {self.range} in hex")
        return data

    def show(self, value: Any) -> str:
        text: str = value.hex().upper()
        return text

    def draw(self, random: Random) -> Value:
        return random.randbytes(random.randint(self.least, min(self.most, 16)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Parameter):
    """A BER tag; `usual` are those that `draw` takes."""

    usual: tuple[int, ...]
    only: bool = False
    """Whether no other tag is allowed."""

    @property
    def kind(self) -> str:
        return "tag"

    @property
    def range(self) -> str:
        usual = ", ".join(f"{tag:X}" for tag in self.usual)
        return usual if self.only else f"any tag; usual {usual}"

    def take(self, value: object) -> Value:
        try:
            tag = int(value, 16) if isinstance(value, str) else value
        except ValueError:
            tag = None
        if type(tag) is int and (tag in self.usual or (not self.only and 0 < tag < 1 << 32)):
            return tag
        raise ValueError(f"must be a tag: {self.range}")

    def show(self, value: Any) -> str:
        return f"{value:X}"

    def draw(self, random: Random) -> Value:
        return random.choice(self.usual)


class Effect:
    """A fault at work in one card. Every method is a place; the default is to do nothing."""

    def reset(self) -> None:
        """A new presentment begins."""

    def command(self, step: Step) -> bytes:
        """The command as the card gets it. May raise CardLost or Answered."""
        return step.command

    def answer(self, step: Step, answer: bytes) -> bytes:
        """The answer as the terminal gets it. May raise CardLost or CardTimeout."""
        return answer

    def wait(self, step: Step) -> int:
        """Milliseconds between command and answer."""
        return 0

    def profile(self, profile: ApplicationProfile) -> ApplicationProfile:
        """The order for an application, before it is made."""
        return profile

    def static(self, content: bytes) -> bytes:
        """The objects of the static record, before they are signed."""
        return content

    def alteration(self, part: Part) -> Alteration | None:
        """What is wrong with a certificate or a signature."""
        return None

    def count(self, atc: int) -> int:
        """The ATC of the next transaction."""
        return atc


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault with certain values: the rule that it attacks, and why it may do no harm.

    sm_rule: the same in the SM branch, when it is another. harmless: empty when the tap ends
    otherwise than without the fault, else why it does not.
    """

    rule: str
    sm_rule: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    harmless: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An entry of the catalogue. `cases` are the values that attack another rule."""

    name: str
    layer: Layer
    meaning: str
    rule: str
    make: Callable[[Values], Effect]
    parameters: tuple[Parameter, ...] = ()
    sm_rule: str = ""
    harmless: str = ""
    cases: tuple[Case, ...] = ()

    def case(self, values: Values) -> Case:
        """The last case that these values fit, at least the entry itself."""
        found = Case(rule=self.rule, sm_rule=self.sm_rule, harmless=self.harmless)
        for case in self.cases:
            if all(values[name] == value for name, value in case.values.items()):
                found = case
        return found
