"""Every marked decision forced, one at a time: `python -m tests.differential.mutants`.

A mutant is a rule of files 10, 20 or 30 or of the logs, and a way to force it: always false, always
true, and for limits one more or one less. It is caught when a random tap ends otherwise than
without it: then the differential run, in which the kernel agrees with the oracle, would fail with
such a kernel; else when a test of single decisions fails. The rest has to stand in EQUIVALENT with
its reason. Needs the kernel of `tools/setup.sh forced`.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from tapkern.lab.forced import FORCES, Forcing
from tests.forced import load_forced

CHAPTERS = (
    "TLV",
    "FMT",
    "DOL",
    "APDU",
    "CMD",
    "EP",
    "OUT",
    "QP",
    "TTQ",
    "CTQ",
    "FD",
    "TT",
    "TR",
    "LG",
)
"""Prefixes of the rules that count; authentication has tests of its own."""
TRIES = 12
"""Taps on which a mutant is tried before it counts as not caught."""
FEW = 40
"""Tests on which a mutant is tried before whole files are run."""
CHUNK = 25
ENDLESS = 10
"""Seconds after which a tap counts as one that does not end."""


T = TypeVar("T")
KERNEL: Any = load_forced()

from tapkern.errors import UsageError  # noqa: E402 - after the kernel they use
from tapkern.lab.mutants import Mutant, could_change, marked, rule_numbers  # noqa: E402
from tapkern.terminal import Tap  # noqa: E402
from tests.differential.generator import case  # noqa: E402
from tests.differential.sides import Refused, kernel, run_sides  # noqa: E402

PLAIN = KERNEL.Kernel

EQUIVALENT: dict[tuple[str, str], str] = {
    ("APDU-004", "false"): "the length beside the mark guards the access",
    ("CMD-030", "true"): "what is not found has no length, and the length is looked at next",
    ("EP-011", "true"): "the length beside the mark guards the access",
    ("EP-057", "less"): "two AIDs of one length that begin a name are one AID, listed once",
    ("EP-060", "false"): "the index beside the mark guards the access",
    ("EP-072", "true"): "the pointer beside the mark guards the access",
    ("EP-063", "true"): "the length beside the mark guards the access",
    ("TR-005", "true"): "the length beside the mark guards the access",
    ("QP-006", "true"): "the less favourable of two equal types is that type",
}
"""Mutants that no test can notice, and why."""


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


@lru_cache(maxsize=1024)
def plainly(seed: int, index: int) -> object:
    """What is told when nothing is forced."""
    return told(seed, index)


def _endless(*_: object) -> None:
    """A forced decision may go on for ever; run_sides takes the exception for an answer."""
    raise TimeoutError("the tap does not end")


signal.signal(signal.SIGALRM, _endless)


def reached(seed: int, indexes: range) -> dict[Mutant, list[int]]:
    """By mutant the taps in which forcing would change the decision."""
    found: dict[Mutant, list[int]] = defaultdict(list)

    def watch(index: int, tap: Tap) -> None:
        for mutant in could_change(tap.rules()):
            found[mutant].append(index)

    for index in indexes:
        try:
            run_sides(case(seed, index), partial(kernel, observe=partial(watch, index)))
        except (UsageError, Refused):
            continue
    return dict(found)


def caught(seed: int, work: tuple[Mutant, int, list[int]]) -> tuple[Mutant, int | None]:
    """The first tap that ends otherwise with the mutant; None when none of them does."""
    mutant, number, indexes = work
    for index in indexes:
        if plainly(seed, index) != told(seed, index, (number, FORCES[mutant.force])):
            return mutant, index
    return mutant, None


def by_taps(seed: int, taps: int, mutants: Iterable[Mutant]) -> dict[Mutant, int]:
    """The mutants that random taps catch, each with the tap."""
    chunks = [range(at, min(at + CHUNK, taps)) for at in range(0, taps, CHUNK)]
    rules, wanted = rule_numbers(), set(mutants)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found: dict[Mutant, list[int]] = defaultdict(list)
        for part in pool.map(partial(reached, seed), chunks):
            for mutant, indexes in part.items():
                found[mutant] += indexes
        work = [
            (mutant, rules[mutant[0]], _spread(indexes, TRIES))
            for mutant, indexes in sorted(found.items())
            if mutant in wanted
        ]
        catchers = dict(pool.map(partial(caught, seed), work))
    return {mutant: index for mutant, index in catchers.items() if index is not None}


def _spread(given: list[T], most: int) -> list[T]:
    """Some of a list, evenly taken."""
    step = max(1, len(given) // most)
    return given[::step][:most]


TESTS = (
    "near_misses_data", "near_misses_entry", "near_misses_flow", "near_misses_checks",
    "entry_point", "decisions", "precedence", "switches", "torn", "terminal", "card_info",
)  # fmt: skip
"""Tests of single decisions."""
LIGHT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""What pytest does without, so that it starts in half the time."""


def pytest(tests: Iterable[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs tests up to the first that fails."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", *LIGHT, *tests],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def reaching(name: str) -> dict[Mutant, list[str]]:
    """By mutant the tests of a file whose taps it could change."""
    found: dict[Mutant, list[str]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        path = Path(folder, "reach")
        done = pytest([f"tests/test_{name}.py"], TAPKERN_REACH=str(path))
        if done.returncode != 0:
            raise RuntimeError(f"the tests fail without a mutant: {done.stdout}{done.stderr}")
        for line in path.read_text(encoding="utf-8").splitlines():
            rule, force, test = line.split(" ", 2)
            found[Mutant(rule, force)].append(test)
    return found


def noticed(rule: int, mutant: Mutant, tests: list[str]) -> str:
    """The first of the tests that fails with the mutant; "" when none does."""
    force = f"{rule}:{FORCES[mutant[1]]}"
    few = _spread(tests, FEW)
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    if not tests:  # a decision that refuses the tap leaves nothing to watch
        files = dict.fromkeys(f"tests/test_{name}.py" for name in TESTS)
    done = pytest(few or files, TAPKERN_FORCE=force)
    if done.returncode == 0 and 0 < len(few) < len(tests):
        done = pytest(files, TAPKERN_FORCE=force)
    if done.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode != 1 or failed is None:
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout}{done.stderr}")
    return failed[1]


def by_tests(mutants: Iterable[Mutant]) -> dict[Mutant, str]:
    """The mutants that a test catches, each with the test; one pytest for each core."""
    rules, mutants = rule_numbers(), list(mutants)
    tests: dict[Mutant, list[str]] = defaultdict(list)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(reaching, TESTS):
            for mutant, names in part.items():
                tests[mutant] += names
        found = pool.map(lambda one: noticed(rules[one[0]], one, tests[one]), mutants)
        return {mutant: test for mutant, test in zip(mutants, found, strict=True) if test}


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--taps", type=int, default=300, help="how many random taps (300)")
    parser.add_argument("--seed", type=int, default=1, help="another run of taps (1)")
    parser.add_argument("--only", default="", help="rules that begin so, for example QP-1")
    parser.add_argument(
        "--out", type=Path, help="a line for each mutant: id, force, what caught it"
    )
    args = parser.parse_args(None if arguments is None else list(arguments))
    mutants = [
        mutant
        for mutant in marked()
        if mutant.rule.partition("-")[0] in CHAPTERS and mutant.rule.startswith(args.only)
    ]
    catchers = {m: f"tap {tap}" for m, tap in by_taps(args.seed, args.taps, mutants).items()}
    taps = len(catchers)
    catchers |= by_tests(m for m in mutants if m not in catchers)
    tests = len(catchers) - taps
    alive = [m for m in mutants if m not in catchers and m not in EQUIVALENT]
    wrong = [m for m in EQUIVALENT if m in catchers or (not args.only and m not in mutants)]
    if args.out:
        args.out.write_text(
            "".join(f"{m[0]} {m[1]} {catchers.get(m) or EQUIVALENT.get(m)}\n" for m in mutants),
            encoding="utf-8",
        )
    for rule, force in alive:
        print(f"{rule} forced {force}: nothing notices")
    for rule, force in wrong:
        print(f"{rule} forced {force}: is listed as equivalent, but is caught or is no mutant")
    print(
        f"mutants {len(mutants)}, caught {taps} by taps and {tests} by tests, "
        f"equivalent {len(mutants) - taps - tests - len(alive)}, survivors {len(alive)}"
    )
    return 1 if alive or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
