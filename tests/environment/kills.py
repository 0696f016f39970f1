"""A gate that is killed at any moment, again and again: its books and the card's money agree.

A child process is the gate: a card with its state in a file, torn records, rides, a list, and the
transcript of each passage. It is killed (SIGKILL) at a system call of its own, or by the clock, in
the middle of whatever it does. Then the back office looks: every debit of the card is a ride or a
torn record of the same ATC, no ride is there twice, every opening has its ride, every file can be
read. The next child goes on with the same files.

Which child is killed how follows from the seed; where the clock strikes depends on the machine.
"""

from __future__ import annotations

import itertools
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tapkern import CardLost, Terminal
from tapkern.card import Card
from tapkern.data.files import remove_leftovers
from tapkern.terminal import constant_random
from tapkern.torn import TornRecords
from tapkern.trace import Recorder, read_transcript
from tapkern.trace.kept import read as read_record
from tapkern.transit import FareStore, Gate, GateRules, LocalDenyList
from tests.environment.disk import Disk
from tests.environment.disks import FAST, KEY
from tests.environment.ground import AMOUNT, Clock, Field, Tally

ROOT = Path(__file__).resolve().parents[2]
MONEY = 100_000_000
PURSE = f"""
base = "debit"
[[application]]
[application.purse]
balance = {MONEY}
limit = {MONEY}
"""
ROUND = 400
"""Kills after which a gate with new files begins: the walk through the rides grows with them."""


@cache
def terminal() -> Terminal:
    """The gate of the example."""
    return Terminal.from_toml(ROOT / "examples" / "gate.toml")


@dataclass(frozen=True)
class Plan:
    """How a child ends. call: at its system call with this number, before or after it has acted;
    after_s: by the clock; most: at this size a file takes no more, and the child ends by itself.
    leaves: the command after which the card leaves once, 0 for none."""

    call: int = 0
    acted: bool = False
    after_s: float = 0.0
    most: int = 0
    leaves: int = 0
    taps: int = 1_000


@dataclass
class Office:
    """What was taken out of the gate, and what was seen there before."""

    told: set[int] = field(default_factory=set)
    seen: set[bytes] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)


def plans(count: int, seed: int) -> Iterator[Plan]:
    """As many ways to die, by turns at a system call and by the clock."""
    draw = random.Random(seed)
    for number in range(count):
        leaves = draw.randrange(1, 12) if draw.random() < 0.3 else 0
        if number % 2:
            yield Plan(call=draw.randrange(1, 90), acted=draw.random() < 0.5, leaves=leaves)
        else:
            yield Plan(after_s=draw.uniform(0.0, 0.12), leaves=leaves)


# ---- the gate, in a process of its own ----


def shift(folder: Path, plan: Plan, opened: Callable[[int], None]) -> None:
    """Passengers until the process ends. The record of an earlier shift is brought to its end."""
    records = TornRecords(folder / "torn.bin")
    remove_leftovers(folder / "tap.jsonl")
    store = FareStore(folder / "rides.db", KEY, most=10**6)
    listed = LocalDenyList(folder / "denied.txt", KEY)
    gate = Gate(terminal(), KEY, store, listed, torn=records, rules=GateRules(again_s=0))
    purse = Field(purse_of(folder))
    if plan.leaves:
        purse.after = _leaving(purse, plan.leaves)
    torn = records.newest()
    for number in range(plan.taps):
        recorder = Recorder(configuration="gate", reader="field")
        purse.calls.clear()
        passage = gate.tap(
            purse, AMOUNT, torn=torn, date="261121", time="101112", sequence=number + 1,
            clock=Clock(), random=constant_random(os.urandom(4)), on_step=recorder,
        )  # fmt: skip
        torn = None
        if passage.opens and passage.record is not None:
            opened(passage.record.atc)
        if passage.tap is not None:
            recorder.save(folder / "tap.jsonl")
        if number % 3 == 0:
            listed.add(f"62000000000{number:08d}")
    store.close()


def purse_of(folder: Path) -> Card:
    """The card with the money."""
    return Card.from_toml(PURSE, state=folder / "card.json")


def _leaving(reader: Field, nth: int) -> Callable[[str, int, object], object]:
    left = False

    def after(call: str, number: int, answer: object) -> object:
        nonlocal left
        if not left and number >= nth and call == "transmit":
            left = True
            raise CardLost("left")
        return answer

    return after


def _child(folder: Path, plan: Plan, pipe: int) -> None:
    """What the forked process does; it never returns."""
    code = 1
    try:
        if plan.most:
            resource.setrlimit(resource.RLIMIT_FSIZE, (plan.most, resource.RLIM_INFINITY))
        with _dying_at(folder, plan):
            shift(folder, plan, lambda atc: os.write(pipe, atc.to_bytes(2, "big")) and None)
        code = 0
    except OSError as error:
        code = 0 if plan.most else 1  # a full disk may end a shift
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


@contextmanager
def _dying_at(folder: Path, plan: Plan) -> Iterator[None]:
    """The system call that kills is armed."""
    if not plan.call:
        yield
        return
    disk = Disk(folder)

    def count() -> None:
        if len(disk.calls) >= plan.call:
            os.kill(os.getpid(), signal.SIGKILL)

    disk.on_call = count if plan.acted else lambda: None
    disk.before_call = (lambda: None) if plan.acted else count
    with disk.watched():
        yield


def end_of(folder: Path, plan: Plan) -> tuple[int, list[int], str]:
    """Runs a child to its end: its wait status, the openings (ATC), what it said of itself."""
    reader, pipe = os.pipe()
    errors = folder / "errors.txt"
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
        _child(folder, plan, pipe)
    os.close(pipe)
    if plan.after_s:
        time.sleep(plan.after_s)
        os.kill(pid, signal.SIGKILL)
    with open(reader, "rb") as told:
        data = told.read()
    _, status = os.waitpid(pid, 0)
    said = errors.read_text("utf-8") if errors.exists() else ""
    return status, [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)], said


# ---- the back office ----


def audit(folder: Path, office: Office) -> str:
    """What is wrong with the books of a gate, "" for nothing. Records seen twice are taken out."""
    torn = TornRecords(folder / "torn.bin")
    kept = {}
    for one in torn:
        found = read_record(one)
        if found is None:
            return "a torn record says nothing"
        kept[one] = found.atc
    with closing(FareStore(folder / "rides.db", KEY)) as store:
        rides = [ride.atc for _, ride in store.waiting()]
    LocalDenyList(folder / "denied.txt", KEY)
    if (folder / "tap.jsonl").exists():
        read_transcript(folder / "tap.jsonl")
    spent = MONEY - purse_of(folder).balance
    debits, odd = divmod(spent, AMOUNT)
    named = {*rides, *kept.values(), *office.told}
    if odd or spent < 0:
        return f"{spent} spent"
    if len(set(rides)) != len(rides):
        return "a ride is there twice"
    if not len(rides) <= debits <= len(named):
        return f"{debits} debits, {len(rides)} rides, {len(named)} named"
    if not office.opened <= set(rides):
        return f"opened without a ride: {sorted(office.opened - set(rides))}"
    for one, atc in kept.items():
        if one in office.seen:
            office.told.add(atc)
            torn.remove(one)
    office.seen = set(kept)
    return ""


def sweep(count: int, seed: int = 1) -> Tally:
    """So many kills; each is followed by an audit, the last one of a gate by a quiet shift."""
    tally = Tally()
    ways = plans(count, seed)
    while some := list(itertools.islice(ways, ROUND)):
        with TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as root:
            _gate(tally, Path(root), some)
    return tally


def _gate(tally: Tally, folder: Path, ways: list[Plan]) -> None:
    office = Office()
    for plan in (*ways, Plan(taps=3)):
        killed = bool(plan.call or plan.after_s)
        tally.kills += killed
        wrong = _shift_and_audit(folder, plan, office)
        tally.ends["kill" if killed else "quiet shift"] += 1
        if wrong:
            tally.findings.append(f"{plan}: {wrong}")
            return  # what follows would only repeat it
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    tally.check(not left, f"files that nobody asked for: {left}")


def _shift_and_audit(folder: Path, plan: Plan, office: Office) -> str:
    status, opened, said = end_of(folder, plan)
    office.opened |= set(opened)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        return f"the gate ended by itself: {said.strip()}"
    try:
        return audit(folder, office)
    except Exception as error:
        return f"after it {type(error).__name__}: {error}"


def full(step: int = 512, most: int = 70_000) -> Tally:
    """A disk on which files may not grow beyond a size, for all sizes in steps; SQLite's too."""
    tally = Tally()
    for size in range(step, most, step):
        with TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as root:
            folder, office = Path(root), Office()
            tally.injected += 1
            for plan in (Plan(taps=2), Plan(most=size, taps=4), Plan(taps=2)):
                wrong = _shift_and_audit(folder, plan, office)
                tally.check(not wrong, f"files of {size} bytes, {plan}: {wrong}")
            tally.ends[f"{len(office.opened)} of 8 opened"] += 1
    return tally
