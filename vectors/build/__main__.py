"""`python -m vectors.build` writes the suites, `--check` builds them again and compares.

Exit code 1 when a file differs. The bytes depend on this repository alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from vectors.build.documents import Document, text
from vectors.build.registry import suites
from vectors.build.suite import Job, SuiteBuilder, written_case

ROOT = Path(__file__).resolve().parents[1]
CHUNK = 25


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


def built(workers: int = 0) -> dict[str, Document]:
    """The content of every file, by its path under vectors/."""
    made = list(suites())
    jobs = [job for suite in made for job in suite.jobs()]
    cases = _played(jobs, workers or os.cpu_count() or 1)
    files = {}
    for suite in made:
        files[f"suites/{suite.name}.json"] = suite.document([cases[c.id] for c in suite.cases])
    return files


def _played(jobs: Sequence[Job], workers: int) -> dict[str, Document]:
    """Every case by its id; the result does not depend on the number of processes."""
    chunks = [jobs[at : at + CHUNK] for at in range(0, len(jobs), CHUNK)]
    if workers == 1 or len(chunks) < 2:
        found = [_chunk(chunk) for chunk in chunks]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(_chunk, chunks))
    cases = {case["id"]: case for chunk in found for case in chunk}
    if len(cases) != len(jobs):
        raise ValueError("two cases have one id")
    return cases


def _chunk(jobs: Sequence[Job]) -> list[Document]:
    return [written_case(job) for job in jobs]


def written(files: Mapping[str, Document], folder: Path) -> list[Path]:
    """Writes the files below a folder."""
    found = []
    for name, document in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(document), encoding="utf-8", newline="\n")
        found.append(path)
    return found


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
