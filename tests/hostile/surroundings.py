"""What stands around the contexts of the machine: cards, stores, the clock, and what is looked at.

It holds no rules; tests/hostile/machine.py has those.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from typing import Any

from hypothesis import currently_in_test_context, note
from hypothesis.stateful import RuleBasedStateMachine

import tapkern
from tapkern import CardLost, CardTimeout
from tapkern._numbers import Event, StepKind
from tapkern.card import Card
from tapkern.lab.field import change
from tapkern.outcome import read_outcome
from tests.hostile import alter, judge, stats
from tests.hostile.seat import Seat
from tests.hostile.seen import READ, Deal
from tests.hostile.shadow import Kept

LONGEST = 700  # steps that one rule makes at most
SEEN: Counter[str] = Counter()
"""What the examples have reached, for the statistics of a run."""


def tell(line: str) -> None:
    """A call in words: beside a finding, or at once when its program runs alone."""
    (note if currently_in_test_context() else print)(line)


class Place:
    """What stands around one context: a card in the field, a store, the answers of earlier taps."""

    def __init__(self, seat: Seat, card: Card) -> None:
        self.seat, self.card = seat, card
        self.store: list[bytes] = []
        self.answers: list[bytes] = []
        self.number = bytes(8)


class Surroundings(RuleBasedStateMachine):
    """Three contexts side by side; what is done is done to the one that is in front."""

    asks_oracle = True

    def __init__(self) -> None:
        super().__init__()
        self.memo = tapkern._kernel.Memo()
        self.ledger: dict[bytes, Kept] = {}
        self.places: list[Place] = []
        self.front = 0
        self.now = 1000
        self.draw = random.Random(0)
        self.fresh = True
        self.reached: set[str] = set()

    def random8(self) -> bytes:
        """Fresh, or one for the whole of a tap, which the oracle can follow further."""
        return self.draw.randbytes(8) if self.fresh else self.place.number

    @property
    def place(self) -> Place:
        return self.places[self.front]

    @property
    def seat(self) -> Seat:
        return self.place.seat

    def at(self, *kinds: StepKind) -> bool:
        return bool(self.places) and self.seat.kind in kinds

    def idle(self) -> bool:
        return bool(self.places) and not self.seat.running

    def running(self) -> bool:
        return bool(self.places) and self.seat.running

    def online(self) -> bool:
        return self.at(StepKind.OUTCOME) and self.seat.state.name == "OUTCOME_ONLINE"

    def bring(self, event: Event, data: bytes | None = None) -> None:
        """One event for the context in front, and what follows from it around it."""
        place, seat = self.place, self.seat
        kind, step = seat.kind, seat.kernel.data
        if kind == StepKind.STORE and event == Event.DONE:
            if step:
                place.store.append(step)
            elif place.store:
                place.store.pop()
        if kind == StepKind.TRANSMIT and data is not None:
            place.answers.append(data)
        self.now += 1
        SEEN["steps"] += 1
        seat.resume(event, data, self.now, self.random8())
        if kind == StepKind.STORE and event == Event.DONE and step:
            assert seat.shadow is not None and seat.shadow.kept is not None
            self.ledger[step] = seat.shadow.kept
        self.others_have_not_moved()
        if seat.kind == StepKind.OUTCOME:
            self.ended()

    def ended(self) -> None:
        """An outcome: alone, a context says the same; the second kernel says the same."""
        self.seat.replayed()
        self.reached |= stats.situations(self.seat)
        if not self.asks_oracle:
            return
        wrong, reached = judge.compare(self.seat, self.seat.before_host)
        self.reached |= reached
        if wrong:
            self.seat.fail("; ".join(wrong))
        if self.online():
            self.seat.before_host = read_outcome(self.seat.kernel, 2, ())

    def answer(self, command: bytes) -> tuple[Event, bytes | None]:
        """What the card in the field does."""
        try:
            return Event.ANSWER, self.place.card.transmit(command)
        except CardTimeout:
            return Event.TIMEOUT, None
        except CardLost:
            return Event.LOST, None

    def honest(self) -> None:
        """What a good surrounding does at this step."""
        kind, seat = self.seat.kind, self.seat
        if kind == StepKind.DETECT:
            self.place.card.reset()
            self.bring(Event.CARD)
        elif kind == StepKind.TRANSMIT:
            self.bring(*self.answer(seat.kernel.data))
        elif kind == StepKind.LOOKUP:
            self.bring(Event.NOT_FOUND)
        else:
            self.bring(Event.DONE)

    def lie(self, mutations: list[dict[str, Any]]) -> None:
        """The card's answer, changed."""
        command = self.seat.kernel.data
        event, data = self.answer(command)
        for mutation in mutations if data is not None else ():
            data = change(alter.fitting(mutation, command), data, self.place.answers)
        self.bring(event, data)

    def all_but_one(self, at: int, mutation: dict[str, Any] | None) -> None:
        """To the outcome; the card lies once, at this command."""
        for _ in range(LONGEST):
            if not self.seat.running:
                return
            if self.seat.kind == StepKind.TRANSMIT:
                at -= 1
                if at == -1 and mutation is not None:
                    self.lie([mutation])
                    continue
            self.honest()

    def to_the_last_record(self) -> bool:
        """Goes on to the last record of an approval, if there is one."""
        for _ in range(60):
            if not self.seat.running or self.at_last_record():
                break
            self.honest()
        return self.seat.running and self.at_last_record()

    def at_last_record(self) -> bool:
        seat = self.seat
        if seat.kind != StepKind.TRANSMIT or seat.shadow is None:
            return False
        return seat.kernel.data[1] == READ and seat.shadow.paid

    def change_terminal(self, terminal: str | None) -> None:
        if terminal is not None and terminal != self.seat.terminal:
            old = self.seat
            self.place.seat = Seat(terminal, self.memo, tell, old.label)

    def number(self) -> int:
        return self.draw.randrange(1, 10**8)

    def start(self, deal: Deal, torn: bytes | None = None) -> None:
        self.now += 1
        kept = None if torn is None else self.ledger.get(torn)
        self.place.number = self.draw.randbytes(8)
        self.seat.begin(deal, self.now, self.random8(), torn, kept)
        if self.seat.kind == StepKind.OUTCOME:
            self.ended()

    def others_have_not_moved(self) -> None:
        """What other contexts wait with is what they were told last."""
        for place in self.places:
            calls, kernel = place.seat.calls, place.seat.kernel
            if calls and (kernel.kind, kernel.data) != calls[-1].gave[:2]:
                place.seat.fail("has moved while another context was called")

    def teardown(self) -> None:
        """What has not ended is replayed too."""
        for place in self.places:
            place.seat.replayed()
        SEEN.update(self.reached)
        SEEN["examples"] += 1


def twin(old: Seat, memo: Any, label: str) -> Seat:
    """A context that was brought to the same point by the same calls."""
    made = Seat(old.terminal, memo, tell, label)
    made.kernel = old.replayed(memo)
    made.calls = list(old.calls)
    made.shadow = copy.deepcopy(old.shadow)
    made.traced, made.state = old.traced, old.state
    return made
