"""When two sides differ: every command, every word of the result, the card that is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.differential.sides import OUTCOME, Side

# (oracle's rule, kernel's rule) -> why two names for one decision are right. Nothing else differs.
ALLOWED: dict[tuple[str | None, str | None], str] = {
    ("EP-031", None): "no card came: the kernel names no rule for something that nobody decided",
    ("QP-070", None): "too many commands: a limit of the build, which no rule names",
    ("TT-002", "QP-046"): "the same event in the sections on GPO and on torn transactions",
    ("TT-004", "QP-073"): "the same event in the sections on records and on torn transactions",
    ("QP-173", "QP-073"): "QP-173 says for which ARQC the event of QP-073 ends the presentment",
    ("QP-060", "TLV-015"): "a template 77 whose objects do not fill it: not one good template",
    ("QP-054", "QP-055"): "p12 has no rule of its own for 6986: the row of 6986 or the last row",
    ("TLV-021", "QP-066"): "QP-066 is TLV-021 in the answer to GPO",
    ("QP-092", "QP-091"): "QP-092 is the switch that QP-091 reads",
    ("DDA-002", "FDA-007"): "fDDA: the kernel names FDA-007 for every signed format but 05",
    ("QP-064", "QP-067"): "an absent 82: QP-064 says so, and so does the table that QP-067 names",
    ("QP-075", "TLV-015"): "a template 70 whose objects do not fill it: not one good template",
    ("QP-085", "TLV-030"): "a 5A of 20 digits is no card number, and another than that of 57",
}
for _key in ("CK-005", "CK-008"):
    for _data in ("ODA-022", "ODA-030", "ODA-032"):
        ALLOWED[_key, _data] = "no key and wrong data: no rule says what is looked at first"
for _later in (*range(45, 51), *range(63, 68)):
    ALLOWED[f"ODA-0{_later}", "ODA-032"] = (
        "an unneeded remainder is refused before the checks that follow in its certificate"
    )
ALLOWED["CK-021", "ODA-032"] = ALLOWED["ODA-049", "ODA-032"]
_ISSUER = [f"ODA-0{number}" for number in (31, 32, *range(40, 51), 80, 84)]
_ISSUER += [f"SM-0{number}" for number in (22, *range(40, 48))]
_ISSUER += ["CK-003", "CK-004", "CK-005", "CK-008", "CK-021"]
for _step in (*_ISSUER, "ODA-022", "ODA-030"):
    ALLOWED[_step, "ODA-065"] = (
        "no PAN, or one of zeros: the kernel asks for it before it looks at the issuer"
    )
for _data in ("ODA-022", "ODA-030"):
    for _step in _ISSUER:
        ALLOWED[_data, _step] = (
            "the kernel works certificate by certificate while records come in, the oracle asks "
            "for every object first: of two faults each names its first"
        )

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
