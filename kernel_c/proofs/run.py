"""Bounded proofs: runs the harnesses of proofs.toml through CBMC and prints what was proved.

    run.py [--quick] [--only PREFIX] [--jobs N]    the harnesses, at their full bounds
    run.py --planted [--only PREFIX]               each with its planted defect: it has to find it

A harness proves when every property of CBMC holds, every place marked reach(...) can be reached,
and CBMC came to its end. Exit code 1: a property failed, a harness was idle or did not finish, or
there is no checker (with --quick the last is no failure, and the line says that nothing was
proved).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KERNEL = HERE.parent
ROOT = KERNEL.parent
UNPACKED = ROOT / "build" / "cbmc" / "bin"
TOOLS = ("cbmc", "goto-cc", "goto-instrument")
INCLUDE = ["-Iinclude", "-Isrc", "-Iproofs"]
# Beside CBMC's standard checks: bounds, pointers, division by zero, signed overflow, shifts.
CHECKS = [
    "--unwinding-assertions",
    "--pointer-overflow-check",
    "--drop-unused-functions",
    "--slice-formula",
    "--no-malloc-may-fail",
]
LINE = re.compile(r"^\[(?P<id>[^\]]+)\] (?:line (?P<line>\d+) )?(?P<text>.*): (?P<status>[A-Z]+)$")


@dataclass(frozen=True)
class Verdict:
    """What CBMC said about one harness: properties proved, what is wrong, seconds."""

    proved: int
    wrong: list[str]
    seconds: float


def find_tools() -> dict[str, str] | None:
    """Paths of the checker's programs: those of tools/setup.sh cbmc, else those on PATH."""
    for place in (UNPACKED, None):
        found = {tool: shutil.which(tool, path=place and str(place)) for tool in TOOLS}
        if all(found.values()):
            return {tool: str(path) for tool, path in found.items()}
    return None


def call(command: list[str], cwd: Path, limit: float) -> str | None:
    """Output of a command, or None when the time was up; then nothing of it is left running."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(timeout=max(limit, 0.1))[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None


def verdict(output: str, seconds: float) -> Verdict:
    """Reads CBMC's list of properties."""
    proved, reached, wrong = 0, 0, []
    for row in filter(None, map(LINE.match, output.splitlines())):
        place = f"{row['id']}{' line ' + row['line'] if row['line'] else ''}: {row['text']}"
        if row["text"].startswith("reach: "):
            reached += 1
            if row["status"] == "SUCCESS":
                wrong.append(f"{place}: no input comes here")
        elif row["status"] == "SUCCESS":
            proved += 1
        else:
            wrong.append(place)
    if "** Results:" not in output or proved == 0 or reached == 0:
        told = [line for line in output.splitlines() if "rror" in line] or output.splitlines()[-1:]
        wrong.append(f"no result: {' '.join(told)[:300]}")
    return Verdict(proved, wrong, seconds)


def run(entry: dict[str, Any], bound: str, kernel: Path, tools: dict[str, str]) -> Verdict:
    """One harness on the sources under `kernel`, at its bound "full" or "quick"."""
    values = dict(entry.get(bound) or entry["full"])
    unwind = values.pop("unwind")
    limit = float(os.environ.get("PROOF_LIMIT", entry.get("limit", 420)))
    defines = [f"-D{name}={value}" for name, value in values.items()] + entry.get("defines", [])
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        binary = f"{folder}/harness.gb"
        steps = [
            [
                *(tools["goto-cc"], "-std=c11", *INCLUDE, *defines),
                *(f"proofs/{entry['file']}", "--function", f"proof_{entry['name']}", "-o", binary),
            ]
        ]
        if replace := entry.get("replace"):
            pairs = [part for pair in replace for part in ("--replace-calls", pair)]
            steps.append([tools["goto-instrument"], *pairs, binary, f"{folder}/replaced.gb"])
            binary = f"{folder}/replaced.gb"
        unwinds = [part for loop in entry.get("unwindset", []) for part in ("--unwindset", loop)]
        steps.append(
            [
                *(tools["cbmc"], binary, *CHECKS, *entry.get("checks", ["--conversion-check"])),
                *("--unwind", str(unwind), *unwinds),
            ]
        )
        told = ""
        for step in steps:
            output = call(step, kernel, limit - (time.monotonic() - began))
            if output is None:
                return Verdict(0, [f"not finished in {limit:.0f} s"], time.monotonic() - began)
            told += output
    return verdict(told, time.monotonic() - began)


def size(entry: dict[str, Any], bound: str) -> str:
    """The bound in words."""
    return str(entry["bound"]).format(**(entry.get(bound) or entry["full"]))


def prove(
    entries: list[dict[str, Any]], bound: str, jobs: int, tools: dict[str, str], whole: bool
) -> int:
    """Runs the harnesses and prints the table; the number of findings. A whole run is noted."""
    print(f"{'harness':18} {'properties':>10} {'seconds':>8}  for all inputs: functions")
    proved = findings = 0
    with ThreadPoolExecutor(jobs) as pool:
        work = [(entry, pool.submit(run, entry, bound, KERNEL, tools)) for entry in entries]
        for entry, future in work:
            result = future.result()
            print(
                f"{entry['name']:18} {result.proved if not result.wrong else 'FAILED':>10} "
                f"{result.seconds:8.1f}  {size(entry, bound)}: {entry['functions']}",
                flush=True,
            )
            for line in result.wrong[:12]:
                print(f"    {line}")
            if result.wrong:
                findings += 1
            else:
                proved += result.proved
    print(f"proofs: {len(entries)} harnesses, {proved} properties proved, {findings} findings")
    if whole:
        note("proofs", f"{len(entries)} harnesses, {proved} properties", findings)
    return findings


def planted(entry: dict[str, Any], tools: dict[str, str]) -> tuple[list[str], float]:
    """Plants each defect of a harness in a copy; what was not found, and seconds."""
    missed = []
    seconds = 0.0
    for plant in entry["plant"]:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "kernel_c"
            shutil.copytree(KERNEL, copy, ignore=shutil.ignore_patterns("build*", "*.a", "tests"))
            target = copy / plant["file"]
            text = target.read_text("utf-8")
            if text.count(plant["text"]) != 1:
                missed.append(f"{plant['file']}: this text is there {text.count(plant['text'])} x:")
                missed.append(f"    {plant['text']}")
                continue
            target.write_text(text.replace(plant["text"], plant["replacement"]), "utf-8")
            result = run(entry, plant.get("bound", "quick"), copy, tools)
            seconds += result.seconds
            broken = [
                line for line in result.wrong if not line.startswith(("not fin", "no result"))
            ]
            if not broken:
                missed.append(f"not found: {plant['text']} -> {plant['replacement']}")
                missed += result.wrong
    return missed, seconds


def plant_all(entries: list[dict[str, Any]], jobs: int, tools: dict[str, str]) -> int:
    """Every harness on its planted defects; the number of harnesses that missed one."""
    failed = count = 0
    with ThreadPoolExecutor(jobs) as pool:
        work = [(entry, pool.submit(planted, entry, tools)) for entry in entries]
        for entry, future in work:
            missed, seconds = future.result()
            count += len(entry["plant"])
            print(f"{entry['name']:18} {'MISSED' if missed else 'found':>10} {seconds:8.1f}")
            for line in missed:
                print(f"    {line}")
            failed += bool(missed)
    print(
        f"proofs-planted: {len(entries)} harnesses, {count} defects, {failed} harnesses missed one"
    )
    return failed


def note(name: str, text: str, findings: int) -> None:
    """Tells tools/evidence.py; a run is not worth less when that fails."""
    tool = ROOT / "tools" / "evidence.py"
    command = [sys.executable, str(tool), "note", name, "--size", text, "--findings", str(findings)]
    subprocess.run(command, capture_output=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a part, at smaller bounds")
    parser.add_argument("--planted", action="store_true", help="harnesses find their defects")
    parser.add_argument("--only", default="", help="harnesses whose name begins so")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with (HERE / "proofs.toml").open("rb") as file:
        entries = tomllib.load(file)["harness"]
    chosen = [entry for entry in entries if entry["name"].startswith(options.only)]
    if not chosen:
        print(f"proofs: no harness begins with {options.only}: see kernel_c/proofs/proofs.toml")
        return 2
    tools = find_tools()
    if tools is None:
        print("proofs: no cbmc (apt install cbmc where the distribution has it, or make proofs)")
        print(f"proofs: {len(chosen)} harnesses, 0 properties proved, 0 findings")
        return 0 if options.quick and not options.planted else 1
    if options.planted:
        return 1 if plant_all(chosen, options.jobs, tools) else 0
    if options.quick and not options.only:
        chosen = [entry for entry in chosen if "quick" in entry and not entry.get("slow")]
    bound = "quick" if options.quick else "full"
    whole = not options.quick and not options.only
    return 1 if prove(chosen, bound, options.jobs, tools, whole) else 0


if __name__ == "__main__":
    sys.exit(main())
