"""When two sides differ: every command, every word of the result, the card that is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.differential.allowed import ALLOWED
from tests.differential.sides import OUTCOME, Side

RULES = ("rule", "oda_rule")
WORDS = ("status", "reason", "rule", "cvm", "oda", "oda_rule", "may_defer", "card_may_have_paid")


@dataclass(frozen=True)
class Item:
    """One thing that differs: its name, and what both sides have."""

    name: str
    kernel: object
    oracle: object

    @property
    def kind(self) -> str:
        """What groups equal differences: words as they are, of data the name."""
        if self.name.split(" ")[-1] in WORDS:
            return f"{self.name}: kernel {self.kernel}, oracle {self.oracle}"
        return self.name


@dataclass(frozen=True)
class Difference:
    """A tap that ends differently."""

    seed: int
    index: int
    items: tuple[Item, ...]

    @property
    def kind(self) -> tuple[str, ...]:
        """The same for differences that probably have one cause."""
        return tuple(item.kind for item in self.items)


def compare(kernel: Side, oracle: Side) -> tuple[Item, ...]:
    """All that differs, in the order of a tap."""
    items = [*_simple(kernel, oracle)]
    if any(side.told.raised or side.told.refused for side in (kernel, oracle)):
        return tuple(items)
    items += _results("", kernel.told.outcome, oracle.told.outcome)
    after = kernel.told.after_host, oracle.told.after_host
    if after[0] is not None and after[1] is not None:
        items += _results("after host ", after[0], after[1])
    elif after[0] is not after[1]:
        items.append(Item("after host", *(one is not None for one in after)))
    if kernel.told.again is not None and oracle.told.again is not None:
        items += _results("again ", kernel.told.again, oracle.told.again)
    elif kernel.told.again is not oracle.told.again:
        items.append(Item("again", kernel.told.again is not None, oracle.told.again is not None))
    return tuple(items)


def _simple(kernel: Side, oracle: Side) -> list[Item]:
    pairs = {
        "raised": (_last(kernel.told.raised), _last(oracle.told.raised)),
        "refused": (kernel.told.refused, oracle.told.refused),
        "detections": (kernel.field.detections, oracle.field.detections),
        "commands": (_hex(kernel.field.commands), _hex(oracle.field.commands)),
        "own count of commands": (kernel.told.counted, oracle.told.counted),
        "stored": (kernel.told.stored, oracle.told.stored),
        "looked up": (kernel.told.looked_up, oracle.told.looked_up),
        "card": (kernel.card, oracle.card),
    }
    return [
        Item(name, one, two)
        for name, (one, two) in pairs.items()
        if one != two or (name == "raised" and one)
    ]


def _results(prefix: str, kernel: Mapping[str, object], oracle: Mapping[str, object]) -> list[Item]:
    """Two results; a pair of rules in ALLOWED is none of their differences."""
    found = [
        Item(prefix + name, kernel[name], oracle[name])
        for name in OUTCOME
        if kernel[name] != oracle[name]
    ]
    return [item for item in found if not _allowed(item, prefix)]


def _allowed(item: Item, prefix: str) -> bool:
    named = item.name.removeprefix(prefix) in RULES
    return named and (item.oracle, item.kernel) in ALLOWED


def _hex(commands: list[bytes]) -> tuple[str, ...]:
    return tuple(command.hex().upper() for command in commands)


def _last(raised: str) -> str:
    return raised.strip().rpartition("\n")[2]
