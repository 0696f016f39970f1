"""Taps of a faulty card beside the same card without its fault, at a terminal that can tell.

`python -m tests.card.fault_taps` measures all cases of the catalogue and prints what each one does;
docs/faults.md holds the same as tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from tapkern import Outcome, Terminal
from tapkern.card import Card, Fault
from tapkern.card.faults import KINDS
from tapkern.card.faults.kinds import Case, Kind
from tapkern.params.capk import resolve
from tapkern.readers.simulated import SimulatedReader
from tapkern.terminal import constant_random
from tests.taps import DEMO, FIXED, UN


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a fault shows: a card (name or text), a terminal, an amount, so many taps."""

    card: str = "debit"
    amount: str = "12.50"
    taps: int = 1
    terminal: Path = DEMO
    more: str = ""


REVOKED = """
[[revoked]]
rid = "A000000333"
index = "%s"
serial = "BADBAD"
"""
SM2 = Setting(card="dual", terminal=resolve("tapkern:params/configs/demo-sm2.toml", Path()))
PADDED = """base = "debit"
[[application]]
[application.keys]
ca = "ca-1984"
issuer = "issuer-1408"
icc = "icc-1024"
"""
RICH = """base = "debit"
[[application]]
[application.purse]
balance = 100000
"""
TWICE = Setting(taps=2)

SETTINGS = {
    "issuer-serial": Setting(more=REVOKED % "E2"),
    "issuer-padding": Setting(card=PADDED),
    "icc-padding": Setting(card=PADDED),
    "tc-despite-online": Setting(card=RICH, amount="250.00"),
    "replayed-signature": TWICE,
    "replayed-tap": TWICE,
    "replayed-cryptogram": TWICE,
    "atc-stuck": TWICE,
}
"""The kinds that need more than a purchase of 12.50 with the debit card at the demo terminal."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a tap looked like from outside."""

    outcome: Outcome
    commands: tuple[bytes, ...] = field(repr=False)
    marks: frozenset[tuple[str, int]] = field(repr=False)
    """Rules that the kernel tried, with their truth."""

    @property
    def rule(self) -> str | None:
        """The rule that stopped it: of the authentication if that failed, else of the outcome."""
        return self.outcome.oda_rule or self.outcome.rule

    @property
    def result(self) -> tuple[object, ...]:
        """What a terminal does and why."""
        it = self.outcome
        return (it.status, it.reason, it.rule, it.cvm, it.oda, it.oda_rule)

    @property
    def effect(self) -> str:
        """The end of the tap in a few words."""
        return f"{self.outcome.status.value}, {self.outcome.reason}, {self.rule}"


class Watched:
    """A card that writes down what it is asked."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.commands: list[bytes] = []

    def reset(self) -> None:
        self._card.reset()

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self._card.transmit(command)


@cache
def image(path: Path, more: str) -> bytes:
    """A sealed configuration: that of a file, and more lines."""
    return Terminal.from_toml(path.read_text(encoding="utf-8") + more).image


@cache
def run(setting: Setting, faults: tuple[Fault, ...] = ()) -> Seen:
    """The last tap of a card with these faults; equal arguments give equal taps."""
    make = Card.from_toml if "\n" in setting.card else Card.load
    card = make(
        setting.card,
        faults=faults,
        random=lambda count: bytes(range(1, count + 1)),
        sleep=lambda _: None,
    )
    watched = Watched(card)
    for number in range(setting.taps):
        watched.commands.clear()
        terminal = Terminal(image(setting.terminal, setting.more), trace=8192)
        fixed = {**FIXED, "random": constant_random(bytes([number]) + UN[1:])}
        tap = terminal.tap(SimulatedReader(watched), setting.amount, **fixed)
    marks = frozenset((event.rule, event.truth) for event in tap.rules())
    return Seen(tap.outcome, tuple(watched.commands), marks)


def settings(kind: Kind, case: Case) -> dict[str, Setting]:
    """Where a case is tried, by the rule that it attacks there: RSA, and SM2 where it has one."""
    own = SETTINGS.get(kind.name, Setting())
    found = {} if case.rule.startswith("SM-") else {case.rule: own}
    if case.sm_rule:
        more = own.more and REVOKED % "E8"
        found[case.sm_rule] = replace(SM2, taps=own.taps, more=more)
    return found


def cases() -> Iterator[tuple[Fault, Case]]:
    """Every entry of the catalogue with its default values, and with those of each case."""
    for kind in KINDS.values():
        for values in ({}, *(case.values for case in kind.cases)):
            fault = Fault(kind.name, **values)
            yield fault, fault.case


def named(rule: str, good: Seen, bad: Seen) -> bool:
    """Whether the kernel names a rule as what stopped the tap, or decided it otherwise."""
    ends = (bad.outcome.rule, bad.outcome.oda_rule)
    return rule in ends or rule in {mark for mark, _ in bad.marks - good.marks}


def main() -> None:
    """Prints what every case does."""
    for fault, case in cases():
        for rule, setting in settings(fault.kind, case).items():
            good, bad = run(setting), run(setting, (fault,))
            mark = " " if named(rule, good, bad) else "!"
            mark += "!" if bool(case.harmless) != (good.result == bad.result) else " "
            print(f"{mark} {fault!s:44} {rule:9} {bad.effect}, {len(bad.commands)}")


if __name__ == "__main__":
    main()
