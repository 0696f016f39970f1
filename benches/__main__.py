"""`python -m benches`: measure, print one table, write benches/latest.json."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from benches import BenchError, chains, corpus, material, native, report
from benches.native import BUILD, Native
from benches.peers import Peer, peers
from benches.python_cases import (
    PythonCase,
    machine_case,
    pow_case,
    sm2_case,
    terminal_case,
    tlv_cases,
)
from benches.rounds import Case, interleave, timed
from benches.sm2_peer import NAME as GMSSL
from benches.sm2_peer import Sm2Peer, sm2_peer

LATEST = Path(__file__).parent / "latest.json"
PYTHON_BIG = 512  # messages of the big corpus that the Python cases take


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
    made = {"e3": chains.rsa(3), "f4": chains.rsa(65537), "sm2": chains.sm2()}
    folder = _write({"small": small, "big": big}, taps, made)
    found = peers([*small, *big[:PYTHON_BIG]])
    libraries = native.versions()
    gmssl = sm2_peer(made["sm2"].operations)
    python = _python_cases(small, big[:PYTHON_BIG], found, taps, made)
    if gmssl.checks:
        python["py.gmssl.chain"] = sm2_case(gmssl, 1)
        python["py.gmssl.verify"] = sm2_case(gmssl, len(gmssl.checks))
    with Native(native.build(libraries), folder) as program:
        cases = {name: Case(case.ops, timed(case.run)) for name, case in python.items()}
        for name, ops in program.cases.items():
            cases[f"c.{name}"] = Case(ops, partial(program.measure, name))
        needed = {name: case for name, case in cases.items() if name in report.NEEDED}
        figures = interleave(needed, rounds, slice_ms)
        counts, problem = _counts(program)
        calls, heap_problem = _allocations(libraries, folder, set(program.cases))
    known = {name: _known(peer, name) for name, peer in found.items()}
    known[GMSSL] = _known(gmssl, GMSSL)
    known |= _libraries(libraries, "c.openssl.sm2" in cases)
    return [
        *report.duel_rows(figures, known),
        *report.instruction_rows(counts, problem),
        *report.heap_rows(calls, heap_problem),
    ]


def _write(
    corpora: dict[str, list[bytes]],
    taps: dict[str, material.Recording],
    made: dict[str, chains.Chain],
) -> Path:
    """Writes the files of the C program; gives their folder."""
    folder = BUILD / "material"
    folder.mkdir(parents=True, exist_ok=True)
    for name, messages in corpora.items():
        material.write(folder / name, messages)
    for name, recording in taps.items():
        material.write(folder / f"tap-{name}", material.tap_items(recording))
    for name, chain in made.items():
        material.write(folder / f"chain-{name}", chain.elements)
        material.write(folder / f"operations-{name}", chains.operation_items(chain))
    return folder


def _known(peer: Peer | Sm2Peer, name: str) -> str:
    return f"{name}: {peer.problem}" if peer.problem else peer.label


def _libraries(versions: dict[str, str], has_sm2: bool) -> dict[str, str]:
    """What to call the C libraries, or what is missing of them."""
    known = {
        library.name: f"{library.name} {versions[library.name]}"
        if versions[library.name]
        else f"{library.name}: missing, apt install {library.package}"
        for library in native.LIBRARIES
    }
    openssl = known["OpenSSL"]
    without = versions["OpenSSL"] and not has_sm2
    return known | {report.OPENSSL_SM2: f"{openssl} has no SM2" if without else openssl}


def _python_cases(
    small: list[bytes],
    big: list[bytes],
    found: dict[str, Peer],
    taps: dict[str, material.Recording],
    made: dict[str, chains.Chain],
) -> dict[str, PythonCase]:
    cases = {f"small.{name}": case for name, case in tlv_cases(small, found).items()}
    cases |= {f"big.{name}": case for name, case in tlv_cases(big, found).items()}
    cases |= {f"py.tap.{name}": machine_case(recording) for name, recording in taps.items()}
    cases |= {f"py.terminal.{name}": terminal_case(recording) for name, recording in taps.items()}
    for name in ("e3", "f4"):
        operations = made[name].operations
        cases[f"py.pow.{name}"] = pow_case(operations)
        cases[f"py.pow.1984.{name}"] = pow_case(operations[:1])
    return cases


def _counts(program: Native) -> tuple[dict[str, float], str]:
    """Instruction counts, or why there are none."""
    try:
        return program.instructions([case for case, _ in report.BUDGETS.values()]), ""
    except BenchError as error:
        return {}, str(error).splitlines()[0]


def _allocations(
    libraries: dict[str, str], folder: Path, there: set[str]
) -> tuple[dict[str, int], str]:
    """Calls of the allocator, or why they are not counted."""
    wanted = [case for cases in report.HEAP.values() for case in cases]
    wanted += sorted(there & set(report.HEAP_PEERS.values()))
    try:
        return native.allocations(native.build(libraries, heap=True), folder, wanted), ""
    except BenchError as error:
        return {}, f"allocations: {str(error).splitlines()[-1]}"


if __name__ == "__main__":
    sys.exit(main())
