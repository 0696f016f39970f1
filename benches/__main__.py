"""`python -m benches`: measure, print one table, write benches/latest.json."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from benches import BenchError, corpus, material, native, report
from benches.native import BUILD, Native
from benches.peers import Peer, peers
from benches.python_cases import (
    PythonCase,
    machine_case,
    pow_case,
    terminal_case,
    tlv_cases,
)
from benches.rounds import Case, interleave, timed

LATEST = Path(__file__).parent / "latest.json"
PYTHON_BIG = 512  # messages of the big corpus that the Python cases take
GMP_MISSING = "libgmp: missing, apt install libgmp-dev"


def main() -> int:
    """Runs everything; 1 when something that it cannot do without is missing."""
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="rounds of every case (default 21)")
    parser.add_argument("--quick", action="store_true", help="one short round: does it run at all?")
    parser.add_argument("--output", type=Path, default=LATEST, help="default: benches/latest.json")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds must be at least 1")
    try:
        rows = measure(1 if args.quick else args.rounds, 0.1 if args.quick else 5.0, args.quick)
    except BenchError as error:
        print(f"benches: {error}", file=sys.stderr)
        return 1
    report.show(rows)
    text = json.dumps([row.as_json() for row in rows], indent=1, ensure_ascii=False)
    try:
        args.output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        print(f"benches: cannot write {args.output}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def measure(rounds: int, slice_ms: float, quick: bool) -> list[report.Row]:
    """Makes the material, builds, measures, counts. quick: a short big corpus."""
    small, big = corpus.small(), corpus.big(PYTHON_BIG if quick else corpus.BIG)
    taps = {"online": material.online(), "fdda": material.fdda()}
    chains = {"e3": material.chain(3), "f4": material.chain(65537)}
    folder = BUILD / "material"
    folder.mkdir(parents=True, exist_ok=True)
    for name, messages in (("small", small), ("big", big)):
        material.write(folder / name, messages)
    for name, recording in taps.items():
        material.write(folder / f"tap-{name}", material.tap_items(recording))
    for name, chain in chains.items():
        material.write(folder / f"chain-{name}", material.chain_items(chain))

    found = peers([*small, *big[:PYTHON_BIG]])
    python = _python_cases(small, big[:PYTHON_BIG], found, taps, chains)
    gmp = native.has_gmp()
    with Native(native.build(gmp=gmp), folder) as program:
        cases = {name: Case(case.ops, timed(case.run)) for name, case in python.items()}
        for name, ops in program.cases.items():
            cases[f"c.{name}"] = Case(ops, partial(program.measure, name))
        needed = {name: case for name, case in cases.items() if name in report.NEEDED}
        figures = interleave(needed, rounds, slice_ms)
        counts, problem = _counts(program)
    known = {name: _known(peer, name) for name, peer in found.items()}
    if not gmp:
        known["libgmp"] = GMP_MISSING
    return report.duel_rows(figures, known) + report.instruction_rows(counts, problem)


def _known(peer: Peer, name: str) -> str:
    return f"{name}: {peer.problem}" if peer.problem else peer.label


def _python_cases(
    small: list[bytes],
    big: list[bytes],
    found: dict[str, Peer],
    taps: dict[str, material.Recording],
    chains: dict[str, material.Chain],
) -> dict[str, PythonCase]:
    cases = {f"small.{name}": case for name, case in tlv_cases(small, found).items()}
    cases |= {f"big.{name}": case for name, case in tlv_cases(big, found).items()}
    cases |= {f"py.tap.{name}": machine_case(recording) for name, recording in taps.items()}
    cases |= {f"py.terminal.{name}": terminal_case(recording) for name, recording in taps.items()}
    cases |= {f"py.pow.{name}": pow_case(chain) for name, chain in chains.items()}
    return cases


def _counts(program: Native) -> tuple[dict[str, float], str]:
    """Instruction counts, or why there are none."""
    try:
        return program.instructions([case for case, _ in report.BUDGETS.values()]), ""
    except BenchError as error:
        return {}, str(error).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
