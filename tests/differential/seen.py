"""Which decisions of the kernel random taps show both ways: `python -m tests.differential.seen`.

Writes lines `ID BITS` for the requirement matrix, and `bit NAME BITS` for the bits of card and
terminal data that decide something: 1 seen false, 2 seen true. Lines `limit ID BITS` tell how near
a >= b was seen: 1 for a = b - 1, 2 for a = b, 4 for a = b + 1.
"""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tapkern._numbers import TraceKind
from tapkern.errors import UsageError
from tapkern.terminal import Tap
from tests.differential.generator import case
from tests.differential.sides import Refused, kernel, run_sides

BITS = {"TTQ": 0x9F66, "CTQ": 0x9F6C, "AIP": 0x82, "DF61": 0xDF61}
"""Data elements whose bits count from the first byte."""
NEAR = {-1: 1, 0: 2, 1: 4}
LARGEST = 0xFFFFFFFF
"""What the trace writes for this value and every larger one."""
CHUNK = 50


def observe(seen: Counter[str], tap: Tap) -> None:
    """Adds what a tap has shown; the values of a counter are used as bit sets."""
    events = tap.rules()
    for event, bound in zip(events, [*events[1:], None], strict=True):
        if event.kind in (TraceKind.RULE, TraceKind.LIMIT):
            seen[event.rule] |= 2 if event.truth else 1
        if event.kind is TraceKind.LIMIT and bound is not None and bound.value < LARGEST:
            seen[f"limit {event.rule}"] |= NEAR.get(event.value - bound.value, 0)
    for name, tag in BITS.items():
        _bits(seen, name, tap.tags.get(tag) or b"")
    cid, issuer_data = tap.tags.get(0x9F27), tap.tags.get(0x9F10)
    if cid:
        seen["bit CID b8"] |= 2 if cid[0] & 0x80 else 1
        seen["bit CID b7"] |= 2 if cid[0] & 0x40 else 1
    if issuer_data and len(issuer_data) >= 5:
        seen["bit CVR B2b6"] |= 2 if issuer_data[4] & 0x20 else 1
        seen["bit CVR B2b5"] |= 2 if issuer_data[4] & 0x10 else 1


def _bits(seen: Counter[str], name: str, value: bytes) -> None:
    for number, byte in enumerate(value, 1):
        for bit in range(8, 0, -1):
            seen[f"bit {name} B{number}b{bit}"] |= 2 if byte >> (bit - 1) & 1 else 1


def chunk(seed: int, indexes: range) -> Counter[str]:
    """What some taps of a seed show."""
    seen: Counter[str] = Counter()
    for index in indexes:
        try:
            run_sides(case(seed, index), partial(kernel, observe=partial(observe, seen)))
        except (UsageError, Refused):
            continue
    return seen


def lines(seen: Counter[str]) -> str:
    """The text of a file for the matrix."""
    return "".join(f"{name} {value}\n" for name, value in sorted(seen.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--taps", type=int, default=2000, help="how many taps (2000)")
    parser.add_argument("--seed", type=int, default=1, help="another run of taps (1)")
    args = parser.parse_args()
    seen: Counter[str] = Counter()
    chunks = [range(at, min(at + CHUNK, args.taps)) for at in range(0, args.taps, CHUNK)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for part in pool.map(partial(chunk, args.seed), chunks):
            for name, value in part.items():
                seen[name] |= value
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(lines(seen), encoding="utf-8")


if __name__ == "__main__":
    main()
