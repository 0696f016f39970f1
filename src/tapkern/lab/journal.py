"""The journal of a replay: a line for every finished case, so that a killed run can go on.

The first line says which suites and which kernel the others belong to. A line is written in one
piece; a run that is killed leaves at most one broken line, the last, which is not counted.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tapkern.data.files import write_all
from tapkern.errors import UsageError
from tapkern.lab.results import CaseResult, Identity, Verdict
from tapkern.lab.suite import Suite

FORMAT = "tapkern-journal/1"
Header = Mapping[str, Any]


def header(identity: Identity, suites: Sequence[Suite]) -> Header:
    """What the lines of a journal belong to."""
    return {
        "format": FORMAT,
        "kernel": identity.to_json(),
        "suites": {suite.name: suite.digest for suite in suites},
    }


def default_path(paths: Sequence[str]) -> Path:
    """The journal of these files and folders where none is named: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    names = "\n".join(sorted(str(Path(path).resolve()) for path in paths))
    return Path(cache) / "tapkern" / f"replay-{sha256(names.encode()).hexdigest()[:16]}.jsonl"


class Journal:
    """A journal that is being written; another run that wants the same file is refused."""

    def __init__(self, path: Path, head: Header, resume: bool = False) -> None:
        """Opens a journal: anew, or to go on where it ends (`done` has its results).

        Errors: UsageError (it belongs to something else, or is in use), OSError.
        """
        self.path = path
        self.done: dict[str, CaseResult] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock()
            if resume:
                self._go_on(head)
            else:
                os.ftruncate(self._file, 0)
            if not os.lseek(self._file, 0, os.SEEK_END):
                self._write(head)
        except BaseException:
            os.close(self._file)
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "wait for it, or name another with --journal"
            raise UsageError("another run writes this journal", str(self.path), hint) from None

    def _go_on(self, head: Header) -> None:
        lines, end = whole_lines(self.path)
        os.ftruncate(self._file, end)
        if lines:
            _same(lines[0], head, self.path)
            self.done = _results(lines[1:], self.path)

    def add(self, results: Iterable[CaseResult]) -> None:
        """Writes results down, each in a line. Errors: UsageError when the disk takes no more."""
        try:
            for one in results:
                self._write(one.to_json())
        except OSError as error:
            hint = "make room, then go on with --resume"
            what = f"the journal cannot be written: {error.strerror}"
            raise UsageError(what, str(self.path), hint) from None

    def _write(self, line: Mapping[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        write_all(self._file, f"{text}\n".encode())

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)


def whole_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The lines of a journal up to the first broken one, and where they end. Errors: UsageError."""
    found: list[dict[str, Any]] = []
    end = 0
    for raw in path.read_bytes().splitlines(keepends=True):
        try:
            line = json.loads(raw) if raw.endswith(b"\n") else None
        except ValueError:
            line = None
        if not isinstance(line, dict):
            break
        found.append(line)
        end += len(raw)
    if found and found[0].get("format") != FORMAT:
        raise UsageError("this is no journal of a replay", str(path), "name another file")
    return found, end


def _same(found: Header, wanted: Header, path: Path) -> None:
    """Errors: UsageError, the journal belongs to another kernel or other suites."""
    for key, what in (("kernel", "another kernel"), ("suites", "other suites")):
        if found.get(key) != wanted[key]:
            hint = "run without --resume, from the beginning"
            raise UsageError(f"the journal belongs to {what}", str(path), hint)


def _results(lines: Iterable[Mapping[str, Any]], path: Path) -> dict[str, CaseResult]:
    try:
        results = [CaseResult.of(line) for line in lines]
    except (KeyError, TypeError, ValueError):
        raise UsageError("the journal is damaged", str(path), "run without --resume") from None
    return {one.id: one for one in results}


def failed_before(path: Path) -> frozenset[str]:
    """The cases that a run has left failed or inconclusive; none without a journal."""
    if not path.is_file():
        return frozenset()
    lines, _ = whole_lines(path)
    bad = (Verdict.FAIL, Verdict.INCONCLUSIVE)
    return frozenset(str(line.get("id")) for line in lines[1:] if line.get("verdict") in bad)
