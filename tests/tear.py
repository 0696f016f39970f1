"""Every card that leaves at every moment: `make tear`.

A ride is one purchase at an offline capable gate. The card leaves at one command, before or after
it has acted, and then comes one of AFTERWARDS. The books hold what cards debited, what the gate
approved and which records stayed with it. A ride is wrong when more was debited than approvals and
records say, or more approved than debited.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from tapkern import CardLost, Detection, Terminal
from tapkern.card import Card
from tapkern.card.model import Application, names
from tapkern.outcome import Status
from tapkern.terminal import Tap, constant_random
from tapkern.torn import TornRecords
from tests.noting import note
from tests.taps import BARE

AMOUNT = 1250
CONFIGURATION = (
    BARE
    + """[[combination]]
aid = "A000000333"
ttq = ["emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01"]
floor_limit = "200.00"
[combination.switches]
"tt.recovery" = true
"fd.allow_v00" = true
"""
)
OTHER = 'base = "debit"\n[[application]]\npan = "6200000000000009993"\n'
Tear = tuple[int, str]
"""Number of the command in its presentment, from 1, and "before" or "after" the card acted."""


@dataclass(frozen=True)
class Afterwards:
    """What comes after a tear.

    again: which card, "same", "other" or none. after_ms: how long it takes. dies: the program ends
    at the tear, and a new one begins so many seconds later. fails: the call at which the store
    fails. second: a tear of the next presentment too.
    """

    name: str
    again: str = "same"
    after_ms: int = 2_000
    dies: int = 0
    fails: int = 0
    second: Tear | None = None


AFTERWARDS = (
    Afterwards("same"),
    Afterwards("other", again="other"),
    Afterwards("gone", again=""),
    Afterwards("later", after_ms=11_000),
    Afterwards("restart", dies=20),
    Afterwards("restart, later", dies=120),
    Afterwards("restart, other", dies=20, again="other"),
    Afterwards("cannot keep", fails=1),
    Afterwards("cannot drop", fails=2),
)


class Died(BaseException):
    """The program of the gate ended: nothing in it can take that for an error of its reader."""


class FailingRecords(TornRecords):
    """Records of which one call fails."""

    def __init__(self, fails: int = 0) -> None:
        super().__init__()
        self.calls, self.fails = 0, fails

    def __call__(self, record: bytes | None) -> bool:
        self.calls += 1
        return self.calls != self.fails and super().__call__(record)


@dataclass
class Books:
    """What one ride leaves behind."""

    debits: int = 0
    approvals: int = 0
    records: int = 0
    outcomes: list[str] = field(default_factory=list)

    @property
    def doubled(self) -> bool:
        """Two debits or more, and not all of them in an approval or a record."""
        return self.debits > 1 and self.debits > self.approvals + self.records

    @property
    def lost(self) -> bool:
        """A debit that nobody knows of, or an approval without one."""
        unknown = self.debits == 1 and self.approvals + self.records == 0
        return unknown or self.approvals > self.debits or self.approvals > 1


@cache
def gate() -> Terminal:
    """An offline capable gate that recovers."""
    return Terminal.from_toml(CONFIGURATION)


def _state(card: Card) -> list[object]:
    return [one.counters for one in card.applications if isinstance(one, Application)]


class Field:
    """The reader of the gate: presentments after the first are those that afterwards tells."""

    name = "field"

    def __init__(self, card: Card, other: Card, tear: Tear | None, then: Afterwards) -> None:
        self.card, self.other, self.tear, self.then = card, other, tear, then
        self.now, self.presented, self.number, self.debits = 0, 0, 0, 0
        self.lengths: list[int] = []

    def detect(self, timeout_ms: int) -> Detection:
        if self.presented == 1:
            self.now += self.then.after_ms
        if self.presented and not self.then.again:
            return Detection.TIMEOUT
        if self.presented and self.then.again == "other":
            self.card = self.other
        self.presented += 1
        self.number = 0
        self.lengths.append(0)
        self.card.reset()
        return Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        self.number += 1
        self.lengths[-1] += 1
        tear = {1: self.tear, 2: self.then.second}.get(self.presented)
        leaves = tear is not None and tear[0] == self.number
        if leaves and tear is not None and tear[1] == "before":
            raise self._gone()
        before = _state(self.card)
        answer = self.card.transmit(command)
        # Only the last record makes a purchase final; a prepaid card's reservation is none.
        if command[1] == 0xB2 and _state(self.card) != before:
            self.debits += 1
        if leaves:
            raise self._gone()
        return answer

    def _gone(self) -> Exception:
        self.card.reset()
        return Died() if self.then.dies and self.presented == 1 else CardLost("left")

    def field_off(self, hold_ms: int) -> None:
        self.card.reset()

    def close(self) -> None:
        pass


class Ride:
    """One ride from its first tap to the last one that the gate would do."""

    def __init__(self, name: str, tear: Tear | None, then: Afterwards) -> None:
        card = Card.load(name, random=bytes)
        self.field = Field(card, Card.from_toml(OTHER, random=bytes), tear, then)
        self.store = FailingRecords(then.fails)
        self.books = Books()

    def run(self) -> Books:
        """The books of the ride."""
        then = self.field.then
        try:
            end = self._tap("101112")
        except Died:
            self.field.presented = max(self.field.presented, 1)
            time = f"{101112 + then.dies:06d}" if then.dies < 48 else "101312"
            end = self._tap(time, self.store.newest())
        if end.outcome.card_may_have_paid and not end.outcome.approved and then.again:
            # The rider insists; the gate has its record and begins anew.
            end = self._tap("101500")
        self.books.debits = self.field.debits
        self.books.records = len(self.store)
        return self.books

    def _tap(self, time: str, torn: bytes | None = None) -> Tap:
        tap = gate().tap(
            self.field, AMOUNT, date="261121", time=time, sequence=1, torn=torn, store=self.store,
            clock=lambda: self.field.now, random=constant_random(b"\x12\x34\x56\x78"),
        )  # fmt: skip
        if tap.outcome.status is Status.ONLINE_REQUEST:
            tap.complete("00")
        if tap.outcome.approved and tap.tags.get(0x9F27) == b"\x40":
            self.books.approvals += 1
        self.books.outcomes.append(f"{tap.outcome.reason} {tap.outcome.rule}")
        return tap


def situations(cards: Sequence[str]) -> Iterator[tuple[str, Tear, Afterwards]]:
    """Every card, command and moment with every afterwards; behind a debit a second tear too."""
    for name in cards:
        plain = Ride(name, None, AFTERWARDS[0])
        plain.run()
        last = plain.field.lengths[0]
        for number in range(1, last + 1):
            for when in ("before", "after"):
                for then in AFTERWARDS:
                    yield name, (number, when), then
        for when in ("before", "after"):
            for number in range(1, last + 8):
                for second in ("before", "after"):
                    then = Afterwards("torn again", second=(number, second))
                    yield name, (last, when), then


def tear(cards: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """Runs them all: the counts of the last line, and what was wrong."""
    counts: Counter[str] = Counter()
    wrong = []
    for name, at, then in situations(cards):
        books = Ride(name, at, then).run()
        counts["situations"] += 1
        counts["double debits"] += books.doubled
        counts["lost"] += books.lost
        counts["undecided"] += books.records > 0
        counts[f"{then.name}: {' / '.join(books.outcomes)}"] += 1
        if books.doubled or books.lost:
            wrong.append(f"{name}, torn {at[1]} command {at[0]}, {then}: {books}")
    return counts, wrong


def main() -> int:
    """Prints how rides ended, what was wrong, and the line that counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cards", nargs="*", default=names(), help="ready cards (all)")
    parser.add_argument("--ends", action="store_true", help="how often rides ended how")
    args = parser.parse_args()
    counts, wrong = tear(args.cards)
    for line in wrong:
        print(line)
    total = ("situations", "double debits", "lost", "undecided")
    if args.ends:
        for end, count in counts.most_common():
            if end not in total:
                print(f"{count:6} {end}")
    worst = counts["double debits"] + counts["lost"]
    if args.cards == names():
        note("tear", f"{counts['situations']} situations, {counts['undecided']} undecided", worst)
    print(", ".join(f"{what} {counts[what]}" for what in total))
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
