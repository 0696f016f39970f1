"""The surroundings of a terminal fail: `python -m tests.environment [PART...]`.

Reader, clock, disk, process and configuration, each fault at each moment. The last line counts:
`environment: N kills, M faults injected, F findings`; the exit code is 1 when there is a finding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from tests.environment import clocks, configuration, disks, kills, readers, wires
from tests.environment.ground import Tally
from tests.noting import note

Part = Callable[[argparse.Namespace], Tally]
PARTS: dict[str, Part] = {
    "readers": lambda args: readers.sweep(share=args.share),
    "wires": lambda args: wires.sweep(share=args.share),
    "clocks": lambda args: clocks.sweep(share=args.share),
    "disks": lambda args: disks.sweep(share=args.share),
    "full": lambda args: kills.full(step=512 * args.share),
    "configuration": lambda args: configuration.sweep(share=args.share),
    "kills": lambda args: kills.sweep(args.kills, args.seed),
}


def main() -> int:
    """Runs the parts; prints what was found, how scenarios ended, and the line that counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="parts (all)")
    parser.add_argument("--share", type=int, default=1, help="one fault of so many (1: all)")
    parser.add_argument("--kills", type=int, default=30, help="how often the gate is killed (30)")
    parser.add_argument("--seed", type=int, default=1, help="of the kills (1)")
    parser.add_argument("--ends", action="store_true", help="how scenarios ended")
    args = parser.parse_args()
    total = Tally()
    for name in args.parts or PARTS:
        part = PARTS[name](args)
        for finding in part.findings:
            print(f"{name}: {finding}")
        if args.ends:
            for end, count in part.ends.most_common():
                print(f"{name}: {count:6} {end}")
        total.add(part)
        if args.parts == ["kills"]:
            note("kills", f"{part.kills} kills, seed {args.seed}", len(part.findings))
    if not args.parts:
        note("environment", f"{total.injected} faults", len(total.findings))
    print(
        f"environment: {total.kills} kills, {total.injected} faults injected, "
        f"{len(total.findings)} findings"
    )
    return 1 if total.findings else 0


if __name__ == "__main__":
    sys.exit(main())
