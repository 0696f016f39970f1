"""Cases of the vector suites a second on one core: `python -m benches.replay [SUITE-FOLDER]`.

The same cases two ways in one process: as `tapkern replay` runs them (card, kernel, every check),
and the kernel alone on the recorded answers. CPU time; every pass is judged, so that what is fast
is right as well.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

from tapkern._numbers import Event, StepKind
from tapkern.lab.engine import SubjectSpec, run_chunk
from tapkern.lab.results import Verdict
from tapkern.lab.subjects import begun, sealed
from tapkern.lab.suite import Case, load

EVERY = 10
"""Every tenth case is run."""
ROUNDS = 7


def plain(case: Case) -> bool:
    """One tap that a card answers to its end, with nothing besides."""
    if len(case.recorded) != 1 or case.mutations or case.host is not None:
        return False
    (steps,) = case.recorded
    kinds = {step[0] for step in steps}
    said = {step[2] for step in steps if step[0] == "transmit"}
    return kinds == {"detect", "transmit"} and not said & {"lost", "timeout", "cancel"}


def alone(cases: Sequence[Case]) -> None:
    """The kernel on recorded answers: no card, and no check but that it takes the same way."""
    for case in cases:
        (steps,) = case.recorded
        answers = {step[1]: bytes.fromhex(step[2]) for step in steps if step[0] == "transmit"}
        tap = begun(sealed(case)[0], case.taps[0].transaction, lambda: 1000, None)
        assert tap is not None
        while not tap.finished:
            if tap.kind == StepKind.TRANSMIT:
                tap.resume(Event.ANSWER, answers[tap.data.hex().upper()])
            else:
                tap.resume(Event.CARD if tap.kind == StepKind.DETECT else Event.DONE)
        _ = tap.outcome


def whole(cases: Sequence[Case]) -> None:
    """As `tapkern replay` does it. Errors: AssertionError when a case does not pass."""
    assert {one.verdict for one in run_chunk(SubjectSpec(), cases)} == {Verdict.PASS}


def milliseconds(run: Callable[[Sequence[Case]], None], cases: Sequence[Case]) -> float:
    """One case, CPU time of a pass over all."""
    began = time.process_time()
    run(cases)
    return 1e3 * (time.process_time() - began) / len(cases)


def main(words: Sequence[str]) -> int:
    """Prints what a case costs; words: files and folders of suites."""
    found = [one for suite in load(words or ["vectors/suites"]) for one in suite.cases]
    cases = [one for one in found if isinstance(one, Case) and plain(one)][::EVERY]
    whole(cases)  # the first pass seals the configurations and makes the keys
    rounds = [(milliseconds(whole, cases), milliseconds(alone, cases)) for _ in range(ROUNDS)]
    mine, kernel = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"cases {len(cases)}: {mine:.2f} ms a case, {1000 / mine:.0f} cases a second on one core")
    print(f"the kernel alone on the recorded answers {kernel:.2f} ms, ratio {ratio:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
