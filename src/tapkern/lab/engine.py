"""Many cases: in this process, over processes, or on a cluster; one function does them everywhere.

    for results in run(SubjectSpec(), entries, processes=4): ...

Which process has run a case does not change its result.
"""

from __future__ import annotations

import atexit
import dataclasses
import os
import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from multiprocessing import get_context, parent_process
from typing import Any

from tapkern.errors import UsageError
from tapkern.lab import primitives
from tapkern.lab.checks import TELLS, judge, verdict
from tapkern.lab.protocol import ProcessSubject
from tapkern.lab.results import CaseResult, Verdict
from tapkern.lab.stand import Subject, Trouble, observe
from tapkern.lab.subjects import OurKernel
from tapkern.lab.suite import Case, Entry, Primitive

CHUNK = 20
"""Cases that a process takes at a time: 100 ms and more."""

Results = tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True)
class SubjectSpec:
    """Which kernel is under test: ours, or the program of a command line. timeout: seconds for
    each of its lines."""

    command: str = ""
    timeout: float = 10.0

    @property
    def words(self) -> list[str]:
        """The program and its arguments. Errors: ValueError for an open quotation mark."""
        return shlex.split(self.command)

    def make(self) -> Subject:
        """The kernel, not yet started."""
        return ProcessSubject(self.words, self.timeout) if self.command else OurKernel()


@cache
def _subject(spec: SubjectSpec) -> Subject:
    """The kernel of a worker, for all of its chunks."""
    made = spec.make()
    atexit.register(made.close)
    return made


def run_chunk(spec: SubjectSpec, entries: Sequence[Entry]) -> Results:
    """Some cases, one after the other, in this process."""
    return tuple(_one(_subject(spec), entry, ours=not spec.command) for entry in entries)


def _one(subject: Subject, entry: Entry, ours: bool) -> CaseResult:
    began = time.perf_counter()
    if isinstance(entry, Case):
        result = _case(subject, entry)
    elif isinstance(entry, Primitive) and ours:
        found, reason, checks = primitives.run(entry)
        result = blank(entry, found, reason, checks=checks)
    else:
        reason = "the protocol of kernels under test has no single operations"
        result = blank(entry, Verdict.NOT_APPLICABLE, reason)
    return dataclasses.replace(result, seconds=time.perf_counter() - began)


def _case(subject: Subject, case: Case) -> CaseResult:
    observed = observe(subject, case)
    try:
        tells = subject.hello().tells
    except Trouble:
        tells = TELLS
    checks = judge(case, observed, tells)
    found, reason = verdict(observed, checks)
    return blank(
        case,
        found,
        reason,
        checks=checks if observed.taps else (),
        exchanges=tuple(tap.exchanges for tap in observed.taps),
        rules=observed.rules,
        configuration=observed.configuration,
    )


def blank(entry: Entry, found: Verdict, reason: str, **more: Any) -> CaseResult:
    """A result with what a case says of itself."""
    if isinstance(entry, Case):
        names = {"terminal": entry.terminal, "card": entry.cards[0].name, "host": entry.host_name}
        more = {**names, **more}
    return CaseResult(
        id=entry.id,
        suite=entry.suite,
        title=entry.title,
        group=entry.group,
        requirements=entry.requirements,
        verdict=found,
        reason=reason,
        **more,
    )


def run(spec: SubjectSpec, entries: Sequence[Entry], processes: int = 0) -> Iterator[Results]:
    """The results of the cases, chunk by chunk as they come.

    processes: 0 for one a core; 1 stays in this one. A process that dies takes down no more than
    the case it died of.
    """
    chunks = chunked(entries)
    processes = min(processes or os.cpu_count() or 1, len(chunks))
    if processes <= 1:
        for chunk in chunks:
            yield run_chunk(spec, chunk)
        return
    left = list(chunks)
    while left:
        for results, chunk in _pooled(spec, left, processes):
            left = [one for one in left if one is not chunk]
            yield results
        # A process has ended on one of the first that are left: who knows on which.
        doubtful, left = left[: processes + 1], left[processes + 1 :]
        for chunk in doubtful:
            yield from _doubtful(spec, chunk)


def _doubtful(spec: SubjectSpec, chunk: Sequence[Entry]) -> Iterator[Results]:
    """A chunk that may end its process: alone, then case by case."""
    for results, _ in _pooled(spec, [chunk], 1):
        yield results
        return
    for entry in chunk:
        found = [results for results, _ in _pooled(spec, [[entry]], 1)]
        died = (blank(entry, Verdict.INCONCLUSIVE, "the process that ran the case died"),)
        yield found[0] if found else died


def chunked(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """The cases in parts that are worth sending, without what nobody needs to run them."""
    light = [
        dataclasses.replace(one, recorded=()) if isinstance(one, Case) else one for one in entries
    ]
    return [light[at : at + CHUNK] for at in range(0, len(light), CHUNK)]


def _pooled(
    spec: SubjectSpec, chunks: Sequence[Sequence[Entry]], processes: int
) -> Iterator[tuple[Results, Sequence[Entry]]]:
    """Chunks as they are done, until all are or a process has died."""
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=worker)
    try:
        doing: dict[Future[Results], Sequence[Entry]] = {
            pool.submit(run_chunk, spec, chunk): chunk for chunk in chunks
        }
        while doing:
            for future in wait(doing, return_when=FIRST_COMPLETED).done:
                chunk = doing.pop(future)
                try:
                    yield future.result(), chunk
                except BrokenProcessPool:
                    continue
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def worker() -> None:
    """Set up a process: an interrupt is for its parent, and it does not outlive that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_on_cluster(spec: SubjectSpec, entries: Sequence[Entry], address: str) -> Iterator[Results]:
    """The same on the workers of a Dask scheduler, which have this package installed.

    Errors: ModuleNotFoundError without the extra `cluster`; UsageError when nobody answers there.
    """
    dask = import_module("distributed")  # untyped, and only there with the extra
    try:
        client = dask.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise UsageError(f"no scheduler answers: {error}", f"--cluster {address}") from None
    with client:
        doing = [client.submit(run_chunk, spec, chunk, pure=False) for chunk in chunked(entries)]
        for future in dask.as_completed(doing):
            yield future.result()


Progress = Callable[[int, int, float], None]
"""Cases done, all of them, seconds left."""


def timed(results: Iterator[Results], total: int, progress: Progress) -> Iterator[Results]:
    """The same results; says how far they are. Seconds left follow from the cases so far."""
    began, done = time.monotonic(), 0
    for some in results:
        done += len(some)
        passed = time.monotonic() - began
        progress(done, total, passed / done * (total - done))
        yield some
