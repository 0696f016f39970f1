"""A program at the other end of two pipes, which may hang, die or talk rubbish."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tapkern.lab.stand import Broken, Trouble

LONGEST_LINE = 1 << 20
"""Bytes of a line; an outcome with its lists has some thousands."""


class Pipe:
    """A running program. timeout: seconds for a line there and back. Errors of its calls: Trouble
    (it could not be started, died, ran out of time), Broken (what it says is not a JSON object).
    """

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._timeout = timeout
        self._rest = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
            )
        except (OSError, ValueError, IndexError) as error:
            self._errors.close()
            raise Trouble(f"it cannot be started: {error}") from None
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        for one in (self._in, self._out):
            os.set_blocking(one, False)

    def ask(self, line: Mapping[str, object]) -> Mapping[str, Any]:
        """Sends a line and gives the next line of the program."""
        deadline = time.monotonic() + self._timeout
        if self._rest:
            raise Broken("it speaks without being asked")
        self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n", deadline)
        said = self._read(deadline)
        try:
            found = json.loads(said)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            text = said[:80].decode("utf-8", "replace")
            raise Broken(f"the kernel says what is no JSON object: {text!r}")
        return found

    def _write(self, data: bytes, deadline: float) -> None:
        while data:
            self._wait([], [self._in], deadline)
            try:
                data = data[os.write(self._in, data) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Trouble(self._died()) from None

    def _read(self, deadline: float) -> bytes:
        found = self._rest
        while b"\n" not in found:
            if len(found) > LONGEST_LINE:
                raise Broken(f"a line of more than {LONGEST_LINE} bytes")
            self._wait([self._out], [], deadline)
            try:
                more = os.read(self._out, 1 << 16)
            except BlockingIOError:
                continue
            if not more:
                raise Trouble(self._died())
            found += more
        line, _, self._rest = found.partition(b"\n")
        return line

    def _wait(self, reading: list[int], writing: list[int], deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not any(select.select(reading, writing, [], left)):
            raise Trouble(f"the kernel did not answer within {self._timeout:g} s")

    def _died(self) -> str:
        """How the program ended, with the last it said on its standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.poll()
        how = "closed its streams" if code is None else f"ended with {_status(code)}"
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 2000))
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"the kernel {how}" + (f": {last[:200]}" if last else "")

    def close(self) -> None:
        """Ends the program, whatever it is doing, with all that it has started."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        self._process.wait()
        self._errors.close()


def _status(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
