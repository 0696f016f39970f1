"""The machine of hostile cards: python -m tests.hostile [--profile night --hours H]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tapkern._numbers import Event
from tests.hostile import profiles
from tests.hostile.machine import Machine
from tests.noting import note


def rerun(path: Path) -> None:
    """Runs the program of a finding: its lines that begin with "state"."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}: save a finding there, as it was printed")
    program = "\n".join(line for line in lines if line.startswith("state"))
    exec(compile(program, str(path), "exec"), {"Machine": Machine, "Event": Event})


def main() -> int:
    """Statistics, findings, and one line that counts them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--profile", choices=sorted(profiles.EXAMPLES), default=profiles.profile())
    parser.add_argument("--hours", type=float, default=8.0, help="how long night runs (8)")
    parser.add_argument("--minutes", type=float, help="the same in minutes")
    parser.add_argument("--seed", type=int, help="where the random numbers begin")
    parser.add_argument("--rerun", type=Path, metavar="FILE", help="a finding, saved as it stands")
    options = parser.parse_args()
    if options.rerun:
        rerun(options.rerun)
        print("machine: the finding does not come again")
        return 0
    hours = options.hours if options.minutes is None else options.minutes / 60
    done = profiles.run(options.profile, hours, options.seed)
    if options.profile == "ci":
        print("\n".join(done.findings))
    print("\n".join(profiles.shares()))
    for one in done.missing:
        print(f"never reached: {one}")
    note("machine", done.size, len(done.findings))
    print(done.line)
    return 1 if done.findings or done.missing else 0


if __name__ == "__main__":
    sys.exit(main())
