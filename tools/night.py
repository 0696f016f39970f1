"""Everything that looks for a card that breaks the kernel, for hours: `make night HOURS=8`.

Runs the `night` command of each means of tools/evidence.toml, one after the other. {minutes} in a
command is the means' share of the time. A finding does not stop the others. Each command's whole
output is kept in build/night/; the last line sums up, and the exit code is 1 with a finding.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from evidence import means

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "night"
COUNTED = re.compile(r"(\d[\d,]*) (?:runs|properties|examples|taps|kills|faults|mutants|looks)\b")
"""What last lines count; together the runs of a night."""


def last_line(path: Path) -> str:
    lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def runs_in(line: str) -> int:
    """The runs, properties and so on that a last line counts."""
    return sum(int(number.replace(",", "")) for number in COUNTED.findall(line))


def run(name: str, command: str) -> tuple[bool, int]:
    """Runs one command and prints how it ended: whether it found nothing, and how much it ran."""
    log = LOGS / f"{name}.log"
    began = time.monotonic()
    with log.open("wb") as file:
        code = subprocess.run(
            command, cwd=ROOT, shell=True, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        ).returncode
    minutes = (time.monotonic() - began) / 60
    said = last_line(log)
    print(f"{name:14} {minutes:6.1f} min  exit {code}  {said}", flush=True)
    return code == 0, runs_in(said)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make night")
    parser.add_argument("--hours", type=float, default=8.0, help="for all together, about")
    parser.add_argument("--only", default="", metavar="NAME", help="means whose name holds this")
    options = parser.parse_args()
    chosen = {
        name: entry for name, entry in means().items() if "night" in entry and options.only in name
    }
    if not chosen:
        print(f"night: no means is called {options.only}", file=sys.stderr)
        return 2
    shares = sum(float(entry.get("share", 0)) for entry in chosen.values()) or 1.0
    LOGS.mkdir(parents=True, exist_ok=True)
    found = total = 0
    for name, entry in chosen.items():
        minutes = options.hours * 60 * float(entry.get("share", 0)) / shares
        good, runs = run(name, entry["night"].format(minutes=max(1, round(minutes))))
        found += not good
        total += runs
    print(f"night: {len(chosen)} targets, {total} runs or properties, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
