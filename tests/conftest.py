"""What all tests share.

TAPKERN_SEEN=FILE adds the decisions that the taps showed to that file. TAPKERN_FORCE=RULE:FORCE
runs the tests with a kernel in which this one decision is forced (numbers of rule and of force).
TAPKERN_KERNEL=FOLDER runs them with the extension that lies there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("TAPKERN_FORCE"):
    from tests.forced import Forcing, load_forced

    _kernel = load_forced()
    _kernel.Kernel = Forcing(_kernel.Kernel, *map(int, os.environ["TAPKERN_FORCE"].split(":")))
elif os.environ.get("TAPKERN_KERNEL"):
    from tests.forced import load_forced

    load_forced(Path(os.environ["TAPKERN_KERNEL"]))


@pytest.fixture(autouse=True, scope="session")
def seen() -> Iterator[None]:
    """Watches every tap of a terminal when TAPKERN_SEEN names a file."""
    path = os.environ.get("TAPKERN_SEEN")
    if not path:
        yield
        return
    from tapkern import terminal
    from tests.differential.seen import lines, observe

    found: Counter[str] = Counter()
    drive, complete = terminal.drive, terminal.Tap.complete

    def watched_drive(tap: terminal.Tap, *args: Any, **more: Any) -> None:
        drive(tap, *args, **more)
        observe(found, tap)

    def watched_complete(tap: terminal.Tap, answer: Any) -> Any:
        outcome = complete(tap, answer)
        observe(found, tap)
        return outcome

    patch = pytest.MonkeyPatch()
    patch.setattr(terminal, "drive", watched_drive)
    patch.setattr(terminal.Tap, "complete", watched_complete)
    yield
    patch.undo()
    with open(path, "a", encoding="utf-8") as file:
        file.write(lines(found))
