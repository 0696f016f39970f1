"""A run: taps by number, spread over processes, and what came out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context

from tapkern.errors import UsageError
from tests.differential.compare import Difference, compare
from tests.differential.documents import Case
from tests.differential.generator import case
from tests.differential.sides import Refused, Side, Terminals, kernel, run_sides

CHUNK = 40
"""Taps that a process takes at a time."""

CHOSEN = ("ttq_oda", "ttq_old")
"""Qualifiers that a terminal chooses after SELECT."""


@dataclass
class Tally:
    """What a number of taps came to: counts by table, fingerprints, differences."""

    taps: int = 0
    tables: dict[str, Counter[str]] = field(default_factory=dict)
    fingerprints: set[bytes] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def count(self, table: str, *words: object) -> None:
        """One more of each word in a table."""
        self.tables.setdefault(table, Counter()).update(str(word) for word in words)

    def number(self, table: str, word: str) -> int:
        """How often a word was counted."""
        return self.tables.get(table, Counter())[word]

    def add(self, other: Tally) -> None:
        """The taps of another tally come behind these."""
        self.taps += other.taps
        for name, counter in other.tables.items():
            self.tables.setdefault(name, Counter()).update(counter)
        self.fingerprints |= other.fingerprints
        self.differences += other.differences
        self.refused += other.refused


def both(one: Case, second: Terminals) -> tuple[Side, Side]:
    """Kernel and second side on a case, each with its own card. Raises UsageError, Refused."""
    first, other = run_sides(one, kernel, second)
    return first, other


def run_chunk(seed: int, second: Terminals, indexes: range) -> Tally:
    """Some taps of a run, in this process."""
    tally = Tally()
    for index in indexes:
        one = case(seed, index)
        tally.taps += 1
        tally.fingerprints.add(one.fingerprint)
        try:
            sides = both(one, second)
        except (UsageError, Refused) as error:
            tally.refused.append((index, str(error)))
            continue
        items = compare(*sides)
        if items:
            tally.differences.append(Difference(seed, index, items))
        _count(tally, one, sides[0])
    return tally


def _count(tally: Tally, one: Case, side: Side) -> None:
    """Into the tables, as the kernel's side saw the tap."""
    outcome = side.told.outcome
    for table in ("status", "reason", "rule", "cvm", "oda", "oda_rule"):
        if table in outcome and outcome[table] is not None:
            tally.count(table, outcome[table])
    if "start" in one.tap:
        tally.count("start", f"{one.tap['start']}{' refused' * side.told.refused}")
    tally.count("torn", "torn" if side.field.torn else "not torn")
    if side.told.after_host is not None:
        tally.count("after host", side.told.after_host["status"])
    tally.count("mutations", *(sorted(set(side.field.hits)) or ["none"]))
    if "keep" in side.told.stored and (side.field.presented > 1 or side.told.again):
        tally.count("recovery", f"{outcome['reason']} {outcome['rule']}")
    tally.count("purpose", one.tap.get("purpose", "payment"))
    if "purpose" in one.tap.get("again", {}):
        tally.count("purpose", f"{one.tap['again']['purpose']} afterwards")
    chosen = {name for each in one.terminal["combination"] for name in each if name in CHOSEN}
    tally.count("chosen", " ".join(sorted(chosen)) or "none")
    if side.told.again is not None:
        tally.count("again", f"{side.told.again['reason']} {side.told.again['rule']}")
    names = {text.partition(":")[0] for text in one.card.get("faults", ())}
    tally.count("faults", *(sorted(names) or ["none"]))
    tally.count("family", family(side.field.gpo))
    tally.count("profile", one.terminal["combination"][0].get("profile", "uics-2018"))
    tally.count("commands", min(len(side.field.commands), 20))


def family(gpo: bytes | None) -> str:
    """The algorithm family of a tap: 9F10 byte 8 of the GPO answer tells it."""
    at = -1 if gpo is None else gpo.find(b"\x9f\x10")
    if gpo is None or at < 0 or len(gpo) < at + 11:
        return "no answer to GPO"
    return {1: "RSA", 4: "SM2"}.get(gpo[at + 10], "neither")


def run(
    seed: int,
    taps: int,
    second: Terminals,
    workers: int = 0,
    progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Taps 0 to taps - 1 of a seed. workers: processes, 0 for one a core; 1 stays in this one.

    The result does not depend on the number of processes. second has to be importable by name.
    progress: called now and then with what there is so far.
    """
    total = Tally()
    for tally in _tallies(seed, taps, second, workers or os.cpu_count() or 1):
        total.add(tally)
        if progress is not None:
            progress(total)
    return total


def _tallies(seed: int, taps: int, second: Terminals, workers: int) -> Iterator[Tally]:
    chunks = [range(first, min(first + CHUNK, taps)) for first in range(0, taps, CHUNK)]
    work: Callable[[range], Tally] = partial(run_chunk, seed, second)
    if workers == 1 or len(chunks) == 1:
        yield from map(work, chunks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, chunks)
