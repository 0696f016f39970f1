"""How long the machine runs: ci (minutes, the same every time) and night (hours, by chance)."""

from __future__ import annotations

import os
import random
import re
import sys
import time
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.hostile import stats
from tests.hostile.machine import SEEN, Machine

VARIABLE = "TAPKERN_HOSTILE"
STEPS = 40
"""Rules of one example; each makes one step of the kernel, or many."""
EXAMPLES = {"ci": 120, "night": 100}
"""Examples of one round; night makes rounds until its time is over."""


@dataclass
class Run:
    """What a run has done: a text for each finding, and what was never reached."""

    findings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def size(self) -> str:
        return f"{SEEN['examples']} examples, {SEEN['steps']} steps"

    @property
    def line(self) -> str:
        return f"machine: {self.size}, {len(self.findings)} findings"


def profile() -> str:
    """The profile that the environment names."""
    name = os.environ.get(VARIABLE, "ci")
    if name not in EXAMPLES:
        sys.exit(f"{VARIABLE}={name}: ci and night are the profiles")
    return name


def _settings(examples: int, derandomize: bool, shrinks: bool) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None,
        derandomize=derandomize, suppress_health_check=list(HealthCheck), print_blob=False,
        phases=(Phase.generate, Phase.shrink)[: 1 + shrinks], report_multiple_bugs=False,
    )  # fmt: skip


def once(examples: int, number: int | None, *, shadow_alone: bool = False) -> str | None:
    """One round; the shrunk finding in words, None when there was none.

    shadow_alone: the oracle is not asked, and a finding is not made shorter.
    """
    made = type("Machine", (Machine,), {"asks_oracle": not shadow_alone})
    if number is not None:
        made = seed(number)(made)
    try:
        run_state_machine_as_test(
            made, settings=_settings(examples, number is None, not shadow_alone)
        )
    except Exception as error:
        return _words(error)
    return None


def _words(error: Exception) -> str:
    """What is wrong, then the program of the example with the calls that it made."""
    lines = [f"{type(error).__name__}: {error}"]
    for text in getattr(error, "__notes__", ()):
        lines += re.sub(r"^You can reproduce.*", "", text, flags=re.M).splitlines()
    return "\n".join(lines)


def run(name: str, hours: float = 0.0, number: int | None = None) -> Run:
    """All rounds of a profile."""
    done = Run()
    SEEN.clear()
    if name == "ci":
        found = once(EXAMPLES["ci"], number)
        done.findings += [found] if found else []
    else:
        number = random.SystemRandom().randrange(2**32) if number is None else number
        print(f"machine: seed {number}", flush=True)
        until = time.monotonic() + 3600 * hours
        while time.monotonic() < until:
            found = once(EXAMPLES["night"], number)
            if found:
                done.findings.append(f"seed {number}\n{found}")
                print(done.findings[-1], flush=True)
            number += 1
    done.missing = [one for one in stats.WANTED if not SEEN[one]]
    return done


def shares() -> list[str]:
    """How much of the examples reached what."""
    total = SEEN["examples"] or 1
    names = sorted(set(SEEN) - {"examples", "steps"}, key=lambda one: -SEEN[one])
    return [f"{100 * SEEN[one] / total:5.1f} %  {one}" for one in names]
