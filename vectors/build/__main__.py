"""`python -m vectors.build` writes the suites, `--check` builds them again and compares.

Exit code 1 when a file differs. The bytes depend on this repository alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vectors.build.files import built, written

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vectors.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="build again, compare, write nothing")
    parser.add_argument("--out", type=Path, default=ROOT, help="folder to write to (vectors)")
    parser.add_argument("--workers", type=int, default=0, help="processes (one a core)")
    options = parser.parse_args(arguments)
    files = built(options.workers)
    if options.check:
        with tempfile.TemporaryDirectory() as folder:
            return _compared(options.out, written(files, Path(folder)), Path(folder))
    for path in written(files, options.out):
        print(f"{path}: {path.stat().st_size} bytes")
    return 0


def _compared(root: Path, made: Sequence[Path], folder: Path) -> int:
    """Names the files that differ from those that were made, or that nothing makes."""
    wanted = {path.relative_to(folder) for path in made}
    there = {
        path.relative_to(root) for name in ("suites", "primitives") for path in root.glob(f"{name}/*.json")
    }
    wrong = sorted(
        name
        for name in wanted | there
        if name not in wanted
        or name not in there
        or (folder / name).read_bytes() != (root / name).read_bytes()
    )
    for name in wrong:
        print(f"{name} is not what the builders make: make vectors")
    print(f"{len(wanted)} files built again, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
