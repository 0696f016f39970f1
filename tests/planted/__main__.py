"""Break the kernel on purpose: `python -m tests.planted [--only TEXT] [--means TEXT]`.

Every defect of defects.toml is put into a copy of the repository below build/planted, where the
means that it names have to find it. First each means runs on a copy without a defect and has to
find nothing; what they said is in build/planted/logs. Ends with one line; exit 1 when a means
found what is not there, or not what is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.noting import note
from tests.planted.plan import ROOT, Defect, Means, Plan, load

PLACE = ROOT / "build" / "planted"
LOGS = PLACE / "logs"
RECORDED = PLACE / "recorded.jsonl"
CHECKER = ROOT / "build" / "cbmc"
LIMIT = 900
"""Seconds after which a command counts as one that found something: a hang."""


@dataclass(frozen=True)
class Found:
    """What one means said about one copy."""

    defect: str
    means: str
    found: bool
    said: str


def copy_of(name: str) -> Path:
    """A copy of the tracked files, and of what Cython made of the binding, so that it stays."""
    place = PLACE / name
    shutil.rmtree(place, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for file in filter(None, listed.split("\0")):
        if (ROOT / file).is_file():
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, place / file)
    if CHECKER.is_dir():
        (place / "build").mkdir(exist_ok=True)
        (place / "build" / CHECKER.name).symlink_to(CHECKER)
    return place


def run(command: str, place: Path, log: Path) -> tuple[int, str]:
    """Runs a command in a copy, with the copy's package; its exit code and its last line."""
    environment = {**os.environ, "PYTHONPATH": str(place / "src")}
    environment.pop("MAKEFLAGS", None)
    try:
        done = subprocess.run(
            command,
            cwd=place,
            shell=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no end after {LIMIT} s"
    text = (done.stdout + done.stderr).decode(errors="replace")
    log.write_text(text, "utf-8")
    lines = [line for line in text.splitlines() if line.strip()]
    return done.returncode, lines[-1][:160] if lines else ""


def look(means: Means, name: str, place: Path) -> Found:
    """What this means says about the copy of a defect, or of none."""
    command = means.command.format(python=sys.executable, recorded=RECORDED)
    code, said = run(command, place, LOGS / f"{name}-{means.name}.log")
    return Found(name, means.name, code != 0, said)


def build(place: Path, module: bool) -> None:
    """Builds the kernel, and the extension where wanted: no compiler may find a defect."""
    commands = ["make -s -C kernel_c", "make -s -C kernel_c CC=clang BUILD=build/planted"]
    if module:
        commands.append(f"{sys.executable} setup.py build_ext --inplace")
    for command in commands:
        code, said = run(command, place, LOGS / f"{place.name}-build.log")
        if code != 0:
            sys.exit(f"{place.name}: {command}: exit {code}: {said}")


def try_copy(plan: Plan, name: str, names: tuple[str, ...], defect: Defect | None) -> list[Found]:
    """Makes a copy, plants the defect, and lets the named means look at it."""
    place = copy_of(name)
    if defect is not None:
        defect.plant(place)
    wanted = [plan.means[means] for means in names]
    build(place, any(means.module for means in wanted))
    results = [look(means, name, place) for means in wanted]
    for result in results:
        told = "found" if result.found else "nothing"
        print(f"{name:32} {result.means:20} {told:8} {result.said}", flush=True)
    shutil.rmtree(place)
    return results


def wrong(results: list[Found], healthy: str) -> list[Found]:
    """Found where nothing is, or not found where something is."""
    return [result for result in results if result.found == (result.defect == healthy)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.planted")
    parser.add_argument("--only", default="", metavar="TEXT", help="defects whose name holds this")
    parser.add_argument("--means", default="", metavar="TEXT", help="means whose name holds this")
    parser.add_argument("-n", type=int, default=2, metavar="COPIES", help="copies at a time")
    options = parser.parse_args()
    plan = load()
    jobs: list[tuple[str, tuple[str, ...], Defect | None]] = []
    for defect in plan.defects:
        names = tuple(name for name in defect.found_by if options.means in name)
        if options.only in defect.name and names:
            jobs.append((defect.name, names, defect))
    if not jobs:
        print("planted: no defect and means of these names", file=sys.stderr)
        return 2
    used = tuple(name for name in plan.means if any(name in job[1] for job in jobs))
    jobs.insert(0, ("healthy", used, None))
    LOGS.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "tapkern", "suite", "export", "vectors/", "-o", str(RECORDED)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with ThreadPoolExecutor(options.n) as pool:
        results = [
            found for each in pool.map(lambda job: try_copy(plan, *job), jobs) for found in each
        ]
    bad = wrong(results, "healthy")
    for result in bad:
        said = "finds what is not there" if result.found else "does not find it"
        print(f"{result.defect}: {result.means} {said}")
    planted = len(jobs) - 1
    looks = sum(result.defect != "healthy" for result in results)
    if not options.only and not options.means:
        note("planted", f"{planted} defects, {looks} looks by {len(used)} means", len(bad))
    print(f"planted: {planted} defects, {looks} looks by {len(used)} means, {len(bad)} findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
