"""What all tests share.

TAPKERN_SEEN=FILE adds the decisions that the taps showed to that file. TAPKERN_REACH=FILE adds
lines "RULE FORCE TEST": which forced decisions could change a tap of a test.
TAPKERN_FORCE=RULE:FORCE runs the tests with a kernel in which this one decision is forced (numbers
of rule and of force). TAPKERN_KERNEL=FOLDER runs them with the extension that lies there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("TAPKERN_FORCE"):
    from tapkern.lab.forced import Forcing
    from tests.forced import load_forced

    _kernel = load_forced()
    _kernel.Kernel = Forcing(_kernel.Kernel, *map(int, os.environ["TAPKERN_FORCE"].split(":")))
elif os.environ.get("TAPKERN_KERNEL"):
    from tests.forced import load_forced

    load_forced(Path(os.environ["TAPKERN_KERNEL"]))
if not os.environ.get("TAPKERN_FORCE"):  # forced runs have no property tests, and start quickly
    from hypothesis import settings

    settings.register_profile("no-deadline", deadline=None)  # a busy machine is no failure
    settings.load_profile("no-deadline")
    pytest_plugins = ["tests.secrets.plugin"]


@contextmanager
def watching(see: Callable[[Any], None]) -> Iterator[None]:
    """Shows every tap of a terminal, when it has ended and when the host has answered."""
    from tapkern import terminal

    drive, complete = terminal.drive, terminal.Tap.complete

    def watched_drive(tap: terminal.Tap, *args: Any, **more: Any) -> None:
        drive(tap, *args, **more)
        see(tap)

    def watched_complete(tap: terminal.Tap, answer: Any) -> Any:
        outcome = complete(tap, answer)
        see(tap)
        return outcome

    patch = pytest.MonkeyPatch()
    patch.setattr(terminal, "drive", watched_drive)
    patch.setattr(terminal.Tap, "complete", watched_complete)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def seen() -> Iterator[None]:
    """Watches every tap when TAPKERN_SEEN names a file."""
    path = os.environ.get("TAPKERN_SEEN")
    if not path:
        yield
        return
    from tests.differential.seen import lines, observe

    found: Counter[str] = Counter()
    with watching(partial(observe, found)):
        yield
    with open(path, "a", encoding="utf-8") as file:
        file.write(lines(found))


@pytest.fixture(autouse=True)
def reach(request: pytest.FixtureRequest) -> Iterator[None]:
    """Watches the taps of each test when TAPKERN_REACH names a file."""
    path = os.environ.get("TAPKERN_REACH")
    if not path:
        yield
        return
    from tapkern.lab.mutants import could_change

    found: set[tuple[str, str]] = set()
    with watching(lambda tap: found.update(could_change(tap.rules()))):
        yield
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(f"{rule} {force} {request.node.nodeid}\n" for rule, force in found)
