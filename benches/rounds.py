"""Interleaved measurement: every round runs every case once, in alternating direction.

A case is a function from passes to nanoseconds of CPU time. Passes are chosen so that a case takes
a few milliseconds a round.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Measure = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Case:
    """measure(passes) runs passes of `ops` operations."""

    ops: int
    measure: Measure


def timed(run: Callable[[int], None]) -> Measure:
    """CPU time of a Python loop, without the collector of cycles, as timeit does it."""

    def measure(passes: int) -> float:
        gc.collect()
        gc.disable()
        try:
            start = time.process_time_ns()
            run(passes)
            return float(time.process_time_ns() - start)
        finally:
            gc.enable()

    return measure


def interleave(cases: dict[str, Case], rounds: int, slice_ms: float) -> dict[str, list[float]]:
    """Nanoseconds an operation, round by round, of every case."""
    passes = {name: _passes(case.measure, slice_ms * 1e6) for name, case in cases.items()}
    found: dict[str, list[float]] = {name: [] for name in cases}
    order = list(cases)
    for _ in range(rounds):
        for name in order:
            case = cases[name]
            total = case.measure(passes[name])
            found[name].append(total / (passes[name] * case.ops))
        order.reverse()
    return found


def _passes(measure: Measure, wanted_ns: float) -> int:
    """How many passes take about so long; the search warms caches and branch predictors up."""
    passes = 1
    while (took := measure(passes)) < wanted_ns / 4:
        passes *= 2
    return max(1, round(passes * wanted_ns / took))


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Median of the ratios of each round: what disturbs a round disturbs both sides of it."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))
