"""All files of the suites: their content, and writing it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from vectors.build.documents import Document, text
from vectors.build import authenticate, primitives
from vectors.build.registry import suites
from vectors.build.kept import is_kept
from vectors.build.suite import Job, SuiteBuilder, written_case

CHUNK = 25
"""Cases that a process takes at a time."""


def built(workers: int = 0) -> dict[str, Document]:
    """The content of every file, by its path under vectors/."""
    made = list(suites())
    for suite in made:
        suite.cases = [case for case in suite.cases if is_kept(case.id)]
    files = content(made, workers)
    for primitive in (*primitives.suites(), authenticate.suite()):
        files[f"primitives/{primitive.name}.json"] = primitive.document()
    return files


def content(made: Sequence[SuiteBuilder], workers: int = 0) -> dict[str, Document]:
    """The content of the files of suites, all of their cases played."""
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
