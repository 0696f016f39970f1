"""Where a test run's outputs are taken: captured text, child processes, logs, errors, reprs.

Each source is a patch that passes everything on as it is and shows it to the watch.
"""

from __future__ import annotations

import functools
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo
from _pytest.capture import MultiCapture

from tests.secrets.watch import Watch

PACKAGE = "tapkern"
EACH = 10  # instances of every class whose repr is asked for, in every file of tests


def text(data: str | bytes) -> str:
    """Captured text; bytes as they are."""
    return data if isinstance(data, str) else bytes(data).decode("utf-8", "replace")


def patch_capture(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """What is written to standard streams, by this process and by children that share them."""
    read = MultiCapture.readouterr

    def readouterr(self: Any) -> Any:
        result = read(self)
        for name, data in zip(("stdout", "stderr"), result, strict=True):
            if data:
                watch.see("output", text(data), name)
        return result

    patch.setattr(MultiCapture, "readouterr", readouterr)


class _Spy:
    """A pipe from a child process that shows what is read."""

    def __init__(self, pipe: Any, watch: Watch) -> None:
        self._pipe, self._watch = pipe, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipe, name)

    def _seen(self, data: Any) -> Any:
        if data:
            self._watch.see("output", text(data), "child process")
        return data

    def read(self, *size: int) -> Any:
        return self._seen(self._pipe.read(*size))

    def readline(self, *size: int) -> Any:
        return self._seen(self._pipe.readline(*size))

    def __iter__(self) -> Any:
        return map(self._seen, self._pipe)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()


def patch_children(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """What is read from child processes."""
    begin, communicate = subprocess.Popen.__init__, subprocess.Popen.communicate

    def __init__(self: Any, *args: Any, **more: Any) -> None:
        begin(self, *args, **more)
        for name in ("stdout", "stderr"):
            if getattr(self, name) is not None:
                setattr(self, name, _Spy(getattr(self, name), watch))

    def communicated(self: Any, *args: Any, **more: Any) -> Any:
        for name in ("stdout", "stderr"):  # read as a whole, below the spy
            if isinstance(getattr(self, name), _Spy):
                setattr(self, name, getattr(self, name)._pipe)
        result = communicate(self, *args, **more)
        for name, data in zip(("stdout", "stderr"), result, strict=True):
            if data:
                watch.see("output", text(data), f"{name} of a child process")
        return result

    patch.setattr(subprocess.Popen, "__init__", __init__)
    patch.setattr(subprocess.Popen, "communicate", communicated)


class _Log(logging.Handler):
    """Every log record."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(0)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.see("log", record.getMessage(), record.name)


def patch_logs(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """Log records, and warnings."""
    root = logging.getLogger()
    patch.setattr(root, "handlers", [*root.handlers, _Log(watch)])
    warn = warnings.warn

    def warned(message: Any, *args: Any, **more: Any) -> None:
        watch.see("warning", str(message), "warnings")
        warn(message, *args, **{**more, "stacklevel": more.get("stacklevel", 1) + 1})

    patch.setattr(warnings, "warn", warned)


def patch_errors(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """Errors of tapkern as they are made, and every exception that a test expects."""
    from tapkern.errors import TapkernError

    begin, fill = TapkernError.__init__, ExceptionInfo.fill_unfilled

    @functools.wraps(begin)
    def __init__(self: TapkernError, *args: Any, **more: Any) -> None:
        begin(self, *args, **more)
        watch.see("error", f"{TapkernError.__str__(self)}\n{self!r}", type(self).__name__)

    def filled(self: Any, info: Any) -> None:
        fill(self, info)
        error: BaseException | None = info[1]
        while error is not None:
            with suppress(Exception):  # some cannot be printed
                watch.see("error", f"{error}\n{error!r}", type(error).__name__)
            error = error.__cause__ or error.__context__

    patch.setattr(TapkernError, "__init__", __init__)
    patch.setattr(ExceptionInfo, "fill_unfilled", filled)


def patch_all(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    """Every source but the reprs."""
    patch_capture(patch, watch)
    patch_children(patch, watch)
    patch_logs(patch, watch)
    patch_errors(patch, watch)


class Reprs:
    """`repr` of the classes of the package, whoever calls it; of the first instances of each class
    in each file of tests it is asked for. A class that is not a dataclass may change after it was
    made: its instances are asked when the test ends."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._classes: dict[type, Callable[..., None]] = {}
        self._modules = 0
        self._waiting: list[object] = []
        self._restore: list[tuple[type, str, Any]] = []

    def renew(self) -> None:
        """A file of tests begins."""
        self.find_classes()
        for cls in self._classes:
            self._count(cls)

    def find_classes(self) -> None:
        """Classes of modules that were imported since."""
        if len(sys.modules) == self._modules:
            return
        self._modules = len(sys.modules)
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == PACKAGE and module is not None:
                for cls in list(vars(module).values()):
                    if isinstance(cls, type) and cls.__module__ == name:
                        self._take(cls)

    def _take(self, cls: type) -> None:
        if cls in self._classes or issubclass(cls, Enum | BaseException):
            return
        if "__repr__" not in vars(cls) or "__init__" not in vars(cls):
            return
        shown = cls.__repr__
        try:
            cls.__repr__ = self._wrapped(cls, shown)  # type: ignore[method-assign]
        except TypeError:  # a class of the extension
            return
        self._restore.append((cls, "__repr__", shown))
        self._classes[cls] = cls.__init__
        self._restore.append((cls, "__init__", cls.__init__))
        self._count(cls)

    def _wrapped(self, cls: type, shown: Any) -> Any:
        @functools.wraps(shown)
        def __repr__(self: object) -> str:
            found: str = shown(self)
            watch.see("repr", found, cls.__qualname__)
            return found

        watch = self._watch
        return __repr__

    def _count(self, cls: type) -> None:
        """Asks the next instances of a class, then lets it be as it was."""
        begin, left = self._classes[cls], EACH
        later = not is_dataclass(cls)

        @functools.wraps(begin)
        def __init__(instance: object, *args: Any, **more: Any) -> None:
            nonlocal left
            begin(instance, *args, **more)
            left -= 1
            if left <= 0:
                cls.__init__ = begin  # type: ignore[misc]
            if later:
                self._waiting.append(instance)
            elif type(instance) is cls:
                repr(instance)

        cls.__init__ = __init__  # type: ignore[misc]

    def test_ends(self) -> None:
        """The instances that were made in it and may have changed."""
        self.find_classes()
        waiting, self._waiting = self._waiting, []
        for instance in waiting:
            repr(instance)

    def undo(self) -> None:
        """Every class as it was."""
        for cls, name, value in reversed(self._restore):
            setattr(cls, name, value)
