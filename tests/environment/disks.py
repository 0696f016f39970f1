"""Disks that fail at each system call while something is written, and powers that go out there.

A keeper keeps something in a folder: it runs, and later somebody reads what is left.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tapkern import UsageError
from tapkern.card import Card
from tapkern.lab.journal import Journal, header, whole_lines
from tapkern.lab.results import CaseResult, Identity, Verdict
from tapkern.torn import HeldBack, TornRecords
from tapkern.trace import Recorder, read_transcript
from tapkern.trace.kept import read as read_record
from tapkern.transit import LocalDenyList
from tests.environment.disk import FAULTS, Died, Disk, Fault, Worlds, restored
from tests.environment.ground import AMOUNT, Field, Tally, leftovers, paid_offline, ride

KEY = bytes(range(32))
FAST = Path("/dev/shm")
"""Where thousands of synchronous writes take no time."""
_CASE: dict[str, Any] = {
    "id": "", "suite": "S", "title": {"en": "", "zh": ""}, "group": "G", "requirements": [],
    "verdict": Verdict.PASS.value, "reason": "", "seconds": 0.0, "terminal": "",
    "configuration": "", "card": "", "host": "", "checks": [], "exchanges": [], "rules": [],
}  # fmt: skip


@dataclass
class Run:
    """One run of a keeper: what the world was told before it ended."""

    folder: Path
    told: list[Any] = field(default_factory=list)
    ended: str = "done"
    snapshot: Callable[[], None] = lambda: None


class Keeper:
    """Something that writes. prepare: what is there before; act: writes; left: what is wrong with
    what a reader finds afterwards, given what was told until then."""

    name = ""

    def prepare(self, folder: Path) -> None:
        """Before the disk begins to fail."""

    def act(self, run: Run) -> None:
        raise NotImplementedError

    def left(self, folder: Path, told: list[Any]) -> str:
        raise NotImplementedError


class Torn(Keeper):
    """A paying tap whose torn record is kept in a file (TT-010, TT-017), and dropped once the
    approval is told."""

    name = "torn record"
    held = HeldBack

    def act(self, run: Run) -> None:
        records = TornRecords(run.folder / "torn.bin")
        reader = Field(Card.load("debit", random=bytes))

        def after(call: str, number: int, answer: Any) -> Any:
            if reader.debits:
                kept = [*run.folder.glob("torn.bin")]
                sound = kept and kept[0].stat().st_size
                run.told.append("debit" if sound else "a debit before the record")
                reader.debits = 0
                run.snapshot()
            return answer

        reader.after = after
        store = self.held(records)
        tap = ride(reader, store=store)
        if paid_offline(tap):
            run.told.append("approved")
            store.drop()
        elif "debit" in run.told and not tap.outcome.card_may_have_paid:
            run.told.append("silent")

    def left(self, folder: Path, told: list[Any]) -> str:
        kept = list(TornRecords(folder / "torn.bin"))
        if any(read_record(one) is None for one in kept):
            return "a record that says nothing"
        if "a debit before the record" in told:
            return "the last record was read although nothing was kept"
        if "silent" in told:
            return "the outcome says nothing of a debit"
        if "debit" in told and "approved" not in told and not kept:
            return "a debit that nobody knows of"
        return "approved and not paid" if "approved" in told and "debit" not in told else ""


class State(Keeper):
    """A simulated card that keeps its balance in a file (CS-042)."""

    name = "card state"

    def prepare(self, folder: Path) -> None:
        Card.load("debit", state=folder / "card.json", random=bytes)

    def act(self, run: Run) -> None:
        reader = Field(Card.load("debit", state=run.folder / "card.json", random=bytes))
        store = TornRecords()

        def after(call: str, number: int, answer: Any) -> Any:
            if reader.debits:
                run.told.append("debit")
                reader.debits = 0
                run.snapshot()
            return answer

        reader.after = after
        tap = ride(reader, store=store)
        if paid_offline(tap):
            run.told.append("approved")
        run.told.append(f"records {len(store)}")

    def left(self, folder: Path, told: list[Any]) -> str:
        spent = 20_000 - Card.load("debit", state=folder / "card.json").balance
        if spent not in (0, AMOUNT):
            return f"{spent} spent"
        if "debit" in told and not spent:
            return "the card told of a debit that it has forgotten"
        if "approved" in told and not spent:
            return "approved and not paid"
        if spent and "records 0" in told and "approved" not in told:
            return "a debit that nobody knows of"
        return ""


class Transcript(Keeper):
    """The transcript of a second tap over that of the first."""

    name = "transcript"

    def prepare(self, folder: Path) -> None:
        self._record("first").save(folder / "tap.jsonl")

    def _record(self, name: str) -> Recorder:
        recorder = Recorder(configuration=name, reader="field")
        ride(Field(Card.load("debit", random=bytes)), on_step=recorder, store=TornRecords())
        return recorder

    def act(self, run: Run) -> None:
        self._record("second").save(run.folder / "tap.jsonl")
        run.told.append("saved")

    def left(self, folder: Path, told: list[Any]) -> str:
        name = read_transcript(folder / "tap.jsonl").config_name
        wrong = name != "second" if told else name not in ("first", "second")
        return f"the transcript is that of {name}" if wrong else ""


class Denied(Keeper):
    """Cards that a gate has listed (TR-007)."""

    name = "list of the gate"
    _cards = tuple(f"620000000000000{number:04d}" for number in range(5))

    def prepare(self, folder: Path) -> None:
        LocalDenyList(folder / "denied.txt", KEY).add(self._cards[0])

    def act(self, run: Run) -> None:
        listed = LocalDenyList(run.folder / "denied.txt", KEY)
        for pan in self._cards[1:]:
            try:
                listed.add(pan)
            except OSError:
                run.ended = "OSError"
                continue
            run.told.append(pan)
            run.snapshot()

    def left(self, folder: Path, told: list[Any]) -> str:
        listed = LocalDenyList(folder / "denied.txt", KEY)
        return "" if all(map(listed.lookup, (self._cards[0], *told))) else "a card is forgotten"


class Suites(Keeper):
    """The journal of a replay, and a run that goes on with it."""

    name = "journal"
    _head = header(Identity("k", "1", "d" * 64, frozenset()), [])

    def _results(self) -> list[CaseResult]:
        return [CaseResult.of({**_CASE, "id": f"S-{number}"}) for number in range(4)]

    def act(self, run: Run) -> None:
        journal = Journal(run.folder / "run.jsonl", self._head)
        try:
            for one in self._results():
                journal.add([one])
                run.told.append(one.id)
        finally:
            journal.close()

    def left(self, folder: Path, told: list[Any]) -> str:
        path = folder / "run.jsonl"
        if not path.exists():
            return "lines are lost" if told else ""
        lines, _ = whole_lines(path)
        found = [line["id"] for line in lines[1:]]
        if found[: len(told)] != told:
            return f"{found} of {told}"
        journal = Journal(path, self._head, resume=True)
        try:
            journal.add([one for one in self._results() if one.id not in journal.done])
        finally:
            journal.close()
        again, _ = whole_lines(path)
        return "" if [line["id"] for line in again[1:]] == [f"S-{n}" for n in range(4)] else "gaps"


KEEPERS: tuple[Keeper, ...] = (Torn(), State(), Transcript(), Denied(), Suites())
DURABLE = KEEPERS[:4]
"""Those that promise to outlive a loss of power; a journal only outlives its program."""


def _plans(keeper: Keeper, fresh: Iterator[Path]) -> Iterator[tuple[Keeper, int, Fault]]:
    folder = next(fresh)
    keeper.prepare(folder)
    plain = Disk(folder)
    with plain.watched():
        keeper.act(Run(folder))
    for at in range(1, len(plain.calls) + 1):
        for fault in FAULTS:
            yield keeper, at, fault


def sweep(share: int = 1) -> Tally:
    """Every fault at every system call of every keeper; share: one scenario of so many."""
    tally = Tally()
    with folders() as fresh:
        plans = itertools.chain.from_iterable(_plans(one, fresh) for one in KEEPERS)
        for keeper, at, fault in itertools.islice(plans, None, None, share):
            scenario(tally, keeper, at, fault, next(fresh))
        for keeper in DURABLE:
            power(tally, keeper, next(fresh), next(fresh))
    return tally


@contextmanager
def folders() -> Iterator[Iterator[Path]]:
    """Fresh folders, one after the other."""
    with TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as root:

        def numbered() -> Iterator[Path]:
            for number in itertools.count():
                folder = Path(root) / str(number)
                folder.mkdir()
                yield folder

        yield numbered()


def scenario(tally: Tally, keeper: Keeper, at: int, fault: Fault, folder: Path) -> None:
    """One run with its fault, then a reader when the disk is sound again, then a run more."""
    tally.injected += 1
    where = f"{keeper.name}: {fault.name} at call {at}"
    keeper.prepare(folder)
    disk, run = Disk(folder, at, fault), Run(folder)
    with tally.watched(where):
        with disk.watched():
            try:
                keeper.act(run)
            except Died:
                run.ended = "killed"
            except UsageError as error:
                run.ended = "UsageError"
                named = str(folder) in error.where or str(folder) in error.what
                tally.check(named, f"{where}: no file is named: {error}")
            except OSError:
                run.ended = "OSError"
        wrong = keeper.left(folder, run.told)
        tally.check(not wrong, f"{where}, {disk.calls[-3:]}: {wrong}")
        if run.ended != "killed":
            tally.check(not leftovers(folder), f"{where}: left {leftovers(folder)}")
        keeper.act(Run(folder))
        if isinstance(keeper, Torn | State):
            tally.check(not leftovers(folder), f"{where}: the next run left {leftovers(folder)}")
    tally.ends[f"{keeper.name} {run.ended}"] += 1


def power(tally: Tally, keeper: Keeper, folder: Path, other: Path) -> None:
    """The power goes out after each call, and whenever something was told."""
    keeper.prepare(folder)
    disk, run = Disk(folder), Run(folder)
    seen: list[tuple[Worlds, list[Any]]] = []

    def look() -> None:
        seen.append((disk.worlds(), list(run.told)))

    disk.on_call = run.snapshot = look
    with disk.watched():
        keeper.act(run)
    look()
    for number, (worlds, told) in enumerate(seen):
        for world in (worlds.least, worlds.most):
            tally.injected += 1
            where = f"{keeper.name}: no power after look {number}, told {told}"
            with tally.watched(where):
                wrong = keeper.left(restored(world, other), told)
                tally.check(not wrong, f"{where}: {wrong}")
    tally.ends[f"{keeper.name} without power"] += 2 * len(seen)
