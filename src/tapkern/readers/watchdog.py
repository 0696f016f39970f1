"""One thread for calls that may never return, so that the program around them always goes on.

PC/SC gives no time-out: a mute card holds the call for ever. A Watchdog runs such calls one after
the other in a daemon thread and waits a bounded time for each. A call that outlives its time is
left behind together with its thread; nothing else in tapkern starts a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Stuck(Exception):
    """The call did not return in time; its Watchdog must be retired."""


class _Call(Generic[Result]):
    """One call and the place where its end is put down."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self.function = function
        self.ended: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def run(self) -> None:
        try:
            self.ended.put((self.function(), None))
        except BaseException as error:  # handed to the caller, who waits for it
            self.ended.put((None, error))


class Watchdog:
    """Runs calls in its own daemon thread."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def call(self, function: Callable[[], Result], seconds: float) -> Result:
        """The result, or the exception, of function; Stuck when it takes longer than seconds."""
        call = _Call(function)
        self._jobs.put(call.run)
        try:
            result, error = call.ended.get(timeout=seconds)
        except Empty:
            raise Stuck from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # a call ends with a result or an error

    def retire(self, last: Callable[[], object]) -> None:
        """Runs last when the present call returns, if it ever does, and then ends."""
        self._jobs.put(_Call(last).run)
        self._jobs.put(None)

    def ended(self, seconds: float) -> bool:
        """Waits for the end of a retired watchdog; False when its call still runs."""
        self._thread.join(seconds)
        return not self._thread.is_alive()
