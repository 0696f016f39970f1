"""A folder whose system calls are counted and fail on demand; what a loss of power leaves of it.

The calls are those that Python makes through `os` (files.py, local.py, journal.py); SQLite's are
not, see kills.py.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALLS = ("open", "write", "fsync", "fchmod", "ftruncate", "replace", "unlink", "close")


class Died(BaseException):
    """The process was killed: no call has an effect any more, not even those that clean up."""


@dataclass(frozen=True)
class Fault:
    """What the call with this number (from 1) and perhaps all later ones do.

    error: errno, 0 for none. short: a write takes half of its bytes first. dies: the process ends,
    before or after the call has acted.
    """

    name: str
    error: int = 0
    stays: bool = False
    short: bool = False
    dies: str = ""


FAULTS = (
    Fault("disk full", errno.ENOSPC),
    Fault("disk stays full", errno.ENOSPC, stays=True),
    Fault("disk full in the middle", errno.ENOSPC, short=True),
    Fault("short write", short=True),
    Fault("input/output error", errno.EIO),
    Fault("broken disk", errno.EIO, stays=True),
    Fault("read-only", errno.EROFS, stays=True),
    Fault("no permission", errno.EACCES),
    Fault("file vanished", errno.ENOENT),
    Fault("no handles", errno.EMFILE),
    Fault("quota", errno.EDQUOT, stays=True),
    Fault("killed before", dies="before"),
    Fault("killed after", dies="after"),
)
NEVER_FAILS = ("close", "unlink")
"""Calls of which an error would tell nothing new: they only fail when the process dies."""


@dataclass
class Worlds:
    """What may be on disk after a loss of power now: names that were synchronised, or all names,
    each with the bytes that were synchronised."""

    least: dict[str, bytes]
    most: dict[str, bytes]


@dataclass
class Disk:
    """Watches a folder; fault strikes at call number `at`."""

    folder: Path
    at: int = 0
    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[], None] = lambda: None
    on_call: Callable[[], None] = lambda: None
    dead: bool = False
    _handles: dict[int, Path] = field(default_factory=dict)
    _synced: dict[int, bytes] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.folder.iterdir():
            self._synced[path.stat().st_ino] = path.read_bytes()
        self._names = self._now()

    def _now(self) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in self.folder.iterdir()}

    def worlds(self) -> Worlds:
        """What a loss of power would leave now, at least and at most."""
        least = {name: self._synced.get(node, b"") for name, node in self._names.items()}
        most = {name: self._synced.get(node, b"") for name, node in self._now().items()}
        return Worlds(least, most)

    @contextmanager
    def watched(self) -> Iterator[Disk]:
        """While this lasts, the functions of `os` go through here."""
        plain = {name: getattr(os, name) for name in CALLS}
        for name in CALLS:
            setattr(os, name, self._wrapped(name, plain[name]))
        try:
            yield self
        finally:
            for name in CALLS:
                setattr(os, name, plain[name])
            for handle in self._handles:
                with_none(plain["close"], handle)

    def _wrapped(self, name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if not self._concerns(name, args):
                return plain(*args, **more)
            return self._call(name, plain, args, more)

        return call

    def _concerns(self, name: str, args: tuple[Any, ...]) -> bool:
        first = args[0]
        if isinstance(first, int):
            return first in self._handles
        return Path(os.fsdecode(first)).is_relative_to(self.folder)

    def _call(
        self, name: str, plain: Callable[..., Any], args: tuple[Any, ...], more: dict[str, Any]
    ) -> Any:
        if self.dead:
            raise Died
        self.calls.append(name)
        self.before_call()
        number, fault = len(self.calls), self.fault
        strikes = fault is not None and (
            number == self.at or (fault.stays and number > self.at and name not in NEVER_FAILS)
        )
        if not strikes or fault is None:
            return self._act(name, plain, args, more)
        if fault.dies:
            self.dead = True
            if fault.dies == "after":
                self._act(name, plain, args, more)
            raise Died
        if fault.short and name == "write":
            half = len(args[1]) // 2
            written = plain(args[0], args[1][:half]) if half else 0
            if not fault.error:
                return written or self._act(name, plain, args, more)
        if fault.error and name not in NEVER_FAILS:
            raise OSError(fault.error, os.strerror(fault.error), str(self.folder))
        return self._act(name, plain, args, more)

    def _act(
        self, name: str, plain: Callable[..., Any], args: tuple[Any, ...], more: dict[str, Any]
    ) -> Any:
        result = plain(*args, **more)
        if name == "open":
            self._handles[result] = Path(os.fsdecode(args[0]))
            node = os.fstat(result).st_ino
            if os.fstat(result).st_size == 0:
                self._synced[node] = b""
        elif name == "close":
            self._handles.pop(args[0], None)
        elif name == "fsync":
            path = self._handles[args[0]]
            if path == self.folder:
                self._names = self._now()
            else:
                self._synced[os.fstat(args[0]).st_ino] = _content(args[0])
        self.on_call()
        return result


def with_none(call: Callable[..., Any], *args: Any) -> None:
    """Calls, whatever comes of it."""
    try:
        call(*args)
    except OSError:
        return


def _content(handle: int) -> bytes:
    return os.pread(handle, os.fstat(handle).st_size, 0)


def restored(world: dict[str, bytes], folder: Path) -> Path:
    """A folder with these files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in world.items():
        (folder / name).write_bytes(data)
    return folder
