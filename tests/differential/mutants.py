"""Every marked decision forced, one at a time: `python -m tests.differential.mutants`.

A mutant is a rule and a way to force it: always false, always true, and for limits one more or one
less. It is caught when a tap ends otherwise than without it: then the differential run, in which
the kernel agrees with the oracle, would fail with such a kernel. Needs the kernel of
`tools/setup.sh forced`.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.forced import Forcing, load_forced

FORCES = {"false": 1, "true": 2, "less": 3, "more": 4}
CHAPTERS = ("TLV", "FMT", "DOL", "APDU", "CMD", "EP", "OUT", "QP", "TTQ", "CTQ", "FD", "TT", "TR")
"""Prefixes of the rules that count; authentication has tests of its own."""
TRIES = 12
"""Taps on which a mutant is tried before it counts as not caught."""
CHUNK = 25
ENDLESS = 10
"""Seconds after which a tap counts as one that does not end."""


KERNEL: Any = load_forced()

from tapkern._numbers import Space, TraceKind  # noqa: E402 - after the kernel they use
from tapkern.errors import UsageError  # noqa: E402
from tapkern.terminal import Tap  # noqa: E402
from tests.differential.generator import case  # noqa: E402
from tests.differential.sides import Refused, kernel, run_sides  # noqa: E402

PLAIN = KERNEL.Kernel
Mutant = tuple[str, str]
"""Rule id and force."""


EQUIVALENT: dict[Mutant, str] = {
    ("EP-011", "true"): "the length beside the mark guards the access",
    ("EP-060", "false"): "the index beside the mark guards the access",
    ("QP-006", "true"): "the less favourable of two equal types is that type",
}
"""Mutants that no test can notice, and why."""


def numbers() -> dict[str, int]:
    """Rule numbers by id."""
    return {KERNEL.name(Space.RULE, n): n for n in range(1, 2000) if KERNEL.name(Space.RULE, n)}


def told(seed: int, index: int, mutant: tuple[int, int] | None = None) -> object:
    """What the kernel told and sent and what became of the card; None when it cannot be run."""
    KERNEL.Kernel = PLAIN if mutant is None else Forcing(PLAIN, *mutant)
    signal.alarm(ENDLESS)
    try:
        (side,) = run_sides(case(seed, index), kernel)
        return side.told, side.field.commands, side.card
    except (UsageError, Refused):
        return None
    finally:
        signal.alarm(0)
        KERNEL.Kernel = PLAIN


def _endless(*_: object) -> None:
    """A forced decision may go on for ever; run_sides takes the exception for an answer."""
    raise TimeoutError("the tap does not end")


signal.signal(signal.SIGALRM, _endless)


def reached(seed: int, indexes: range) -> dict[Mutant, list[int]]:
    """By mutant the taps in which forcing would change the decision."""
    found: dict[Mutant, list[int]] = defaultdict(list)

    def watch(index: int, tap: Tap) -> None:
        seen: set[Mutant] = set()
        events = tap.rules()
        for event, bound in zip(events, [*events[1:], None], strict=True):
            if event.kind not in (TraceKind.RULE, TraceKind.LIMIT):
                continue
            seen.add((event.rule, "false" if event.truth else "true"))
            if event.kind is TraceKind.LIMIT and bound is not None:
                if event.value == bound.value:
                    seen.add((event.rule, "less"))
                if event.value + 1 == bound.value:
                    seen.add((event.rule, "more"))
        for mutant in seen:
            if mutant[0].split("-")[0] in CHAPTERS:
                found[mutant].append(index)

    for index in indexes:
        try:
            run_sides(case(seed, index), partial(kernel, observe=partial(watch, index)))
        except (UsageError, Refused):
            continue
    return dict(found)


def caught(seed: int, work: tuple[Mutant, int, list[int]]) -> tuple[Mutant, int | None]:
    """The first tap that ends otherwise with the mutant; None when none of them does."""
    (rule, force), number, indexes = work
    for index in indexes:
        if told(seed, index) != told(seed, index, (number, FORCES[force])):
            return (rule, force), index
    return (rule, force), None


def run(seed: int, taps: int) -> Iterator[tuple[Mutant, int, int | None]]:
    """Every mutant that the taps reach: how many reach it, and the tap that catches it."""
    chunks = [range(at, min(at + CHUNK, taps)) for at in range(0, taps, CHUNK)]
    rules = numbers()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found: dict[Mutant, list[int]] = defaultdict(list)
        for part in pool.map(partial(reached, seed), chunks):
            for mutant, indexes in part.items():
                found[mutant] += indexes
        work = [
            (mutant, rules[mutant[0]], _spread(indexes))
            for mutant, indexes in sorted(found.items())
        ]
        for mutant, index in pool.map(partial(caught, seed), work):
            yield mutant, len(found[mutant]), index


def _spread(indexes: list[int]) -> list[int]:
    """Some of the taps, evenly taken."""
    step = max(1, len(indexes) // TRIES)
    return indexes[::step][:TRIES]


TESTS = (
    "test_entry_point", "test_decisions", "test_precedence", "test_switches", "test_terminal",
)  # fmt: skip
"""Tests of single decisions: what random taps do not notice they have to."""


def noticed(rule: int, force: str) -> bool:
    """Whether a test of single decisions fails with the mutant."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", *(f"tests/{name}.py" for name in TESTS)],
        env={**os.environ, "TAPKERN_FORCE": f"{rule}:{FORCES[force]}"},
        capture_output=True,
        check=False,
    )
    return done.returncode == 1


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--taps", type=int, default=2000, help="how many taps (2000)")
    parser.add_argument("--seed", type=int, default=1, help="another run of taps (1)")
    parser.add_argument("--out", type=Path, help="a line for each mutant: id, force, taps, catcher")
    args = parser.parse_args(None if arguments is None else list(arguments))
    lines, alive = [], []
    rules = numbers()
    for (rule, force), count, index in run(args.seed, args.taps):
        caught_by = f"tap {index}"
        if index is None:
            caught_by = (
                "tests" if noticed(rules[rule], force) else EQUIVALENT.get((rule, force), "")
            )
        lines.append(f"{rule} {force} {count} {caught_by}")
        if not caught_by:
            alive.append(f"{rule} forced {force}: nothing notices ({count} taps reach it)")
    if args.out:
        args.out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for line in alive:
        print(line)
    print(f"mutants {len(lines)}, not caught {len(alive)}")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
