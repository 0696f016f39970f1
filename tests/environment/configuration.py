"""Files and buffers that change under a running terminal."""

from __future__ import annotations

import ctypes
import datetime
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tapkern import Terminal, UsageError
from tapkern.card import Card
from tapkern.params.capk import resolve
from tapkern.torn import TornRecords
from tapkern.transit import DenyList, build
from tests.environment.disks import FAST
from tests.environment.ground import RECOVERS, Field, Tally, ride

DAY = datetime.date(2026, 11, 21)
OTHER = RECOVERS.replace('floor_limit = "200.00"', 'floor_limit = "0.01"')
KEYS = "tapkern:params/capk/test.toml"


def _garbage(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def _half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _replaced(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_text(OTHER, "utf-8")
    os.replace(new, path)


CHANGES: dict[str, Callable[[Path], None]] = {
    "removed": Path.unlink,
    "emptied": lambda path: os.truncate(path, 0),
    "cut": _half,
    "garbage": _garbage,
    "replaced": _replaced,
    "unreadable": lambda path: path.chmod(0),
}


def sweep(share: int = 1) -> Tally:
    """Every change of every file at each call of a tap; buffers; deny lists; share: one of so
    many."""
    tally = Tally()
    with TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as root:
        for scenario in islice(_scenarios(tally, Path(root)), None, None, share):
            scenario()
    return tally


def _scenarios(tally: Tally, root: Path) -> Iterator[Callable[[], None]]:
    plain = Field(Card.load("debit", random=bytes))
    ride(plain)
    for file in ("terminal.toml", "keys.toml"):
        for change in CHANGES:
            for at in range(1, len(plain.calls) + 1):
                yield lambda f=file, c=change, a=at: _under_a_tap(tally, root, f, c, a)
    whole = len(RECOVERS.encode())
    for end in range(0, whole, 7):
        yield lambda e=end: _cut(tally, root, e)
    yield lambda: buffer(tally)
    image = Terminal.from_toml(RECOVERS).image
    for at in range(len(image)):
        yield lambda a=at: _memory(tally, image, a)
    for change in CHANGES:
        for at in range(1, 6):
            yield lambda c=change, a=at: _denied(tally, root, c, a)


def _files(root: Path) -> Path:
    """A folder with a configuration and its keys."""
    folder = root / "gate"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "keys.toml").write_bytes(Path(resolve(KEYS, Path())).read_bytes())
    (folder / "terminal.toml").write_text(RECOVERS.replace(KEYS, "keys.toml"), "utf-8")
    return folder


def _under_a_tap(tally: Tally, root: Path, file: str, change: str, at: int) -> None:
    """A running terminal keeps the configuration that it was made with, all of it."""
    tally.injected += 1
    folder = _files(root)
    where = f"{file} {change} at call {at}"
    with tally.watched(where):
        terminal = Terminal.from_toml(folder / "terminal.toml")
        digest = terminal.config_digest
        plain = ride(Field(Card.load("debit", random=bytes)), terminal).outcome.to_json()
        field = Field(Card.load("debit", random=bytes))

        def before(call: str, number: int) -> None:
            if number == at:
                CHANGES[change](folder / file)

        field.before = before
        for _ in range(2):
            outcome = ride(field, terminal, store=TornRecords()).outcome
            tally.check(outcome.approved, f"{where}: {outcome.reason}")
            field.before = lambda call, number: None
        again = ride(Field(Card.load("debit", random=bytes)), terminal).outcome.to_json()
        tally.check(again == plain, f"{where}: another outcome")
        tally.check(terminal.config_digest == digest, f"{where}: another configuration")
        tally.ends["kept"] += 1


def _cut(tally: Tally, root: Path, end: int) -> None:
    """A configuration that is read while somebody writes it: refused, or another one by name."""
    tally.injected += 1
    path = _files(root) / "terminal.toml"
    os.truncate(path, end)
    whole = Terminal.from_toml(RECOVERS).config_digest
    with tally.watched(f"a configuration of {end} bytes"):
        try:
            digest = Terminal.from_toml(path).config_digest
        except UsageError as error:
            tally.check(str(path) in str(error), f"{end} bytes: no file named: {error}")
            tally.ends["cut: refused"] += 1
            return
        tally.check(digest != whole or end > len(RECOVERS) - 80, f"{end} bytes: the same digest")
        tally.ends["cut: another digest"] += 1


def buffer(tally: Tally) -> None:
    """The caller's buffer is the caller's: what is written into it later is no configuration."""
    image = bytearray(Terminal.from_toml(RECOVERS).image)
    terminal = Terminal(image)  # type: ignore[arg-type]
    digest = terminal.config_digest
    for at in range(len(image)):
        image[at] ^= 0xFF
    tally.injected += 1
    with tally.watched("a buffer"):
        good = ride(Field(Card.load("debit", random=bytes)), terminal).outcome.approved
        tally.check(good and terminal.config_digest == digest, "the caller's buffer is used")


def _memory(tally: Tally, image: bytes, at: int) -> None:
    """One byte of the sealed image is changed behind everybody's back: no tap is begun."""
    tally.injected += 1
    terminal = Terminal(bytes(bytearray(image)))
    place = id(terminal.image) + bytes.__basicsize__ - 1 + at
    ctypes.memset(place, image[at] ^ 0x40, 1)
    try:
        tap = ride(Field(Card.load("debit", random=bytes)), terminal)
    except UsageError:
        tally.ends["memory: refused"] += 1
        return
    tally.check(False, f"byte {at} of the image changed: {tap.outcome.reason}")


def _denied(tally: Tally, root: Path, change: str, at: int) -> None:
    """A deny list that changes between lookups never lets a listed card pass."""
    tally.injected += 1
    folder = root / "lists"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    numbers = [f"62000000000{number:08d}" for number in range(1000)]
    (folder / "list.csv").write_text("\n".join(numbers), "ascii")
    path = folder / "deny.bin"
    build(folder / "list.csv", path, version="1", day=DAY)
    where = f"deny list {change} before lookup {at}"
    with tally.watched(where), DenyList(path, today=lambda: DAY) as listed:
        found: list[Any] = []
        for number in range(1, 8):
            if number == at:
                CHANGES[change](path)
            found.append(listed.lookup(numbers[number * 100], 1))
        tally.check(False not in found, f"{where}: {found}")
        # A file that was replaced or removed is still the one that was opened.
        kept = change in ("removed", "replaced", "unreadable")
        tally.check((None in found) != kept, f"{where}: {found}")
        tally.ends[f"deny list {'kept' if kept else 'refuses'}"] += 1
