"""How a program ends that was told to, or that nobody listens to any more."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """SIGTERM, taken like Ctrl-C."""


def let_go_of_stdout() -> None:
    """What is still to be printed goes nowhere, and nothing fails at the end of the program."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM raises Terminated, so that the field goes off and what is known is kept."""

    def end(number: int, frame: object) -> NoReturn:
        raise Terminated

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
