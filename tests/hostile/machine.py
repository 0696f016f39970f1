"""The rules of the machine: what a hostile surrounding does with three contexts of a terminal.

Every argument is a plain value, so that the program which hypothesis prints runs as it stands.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import tapkern
from tapkern import CardLost, CardTimeout
from tapkern._numbers import Event, StepKind
from tapkern.card import Card
from tapkern.lab.field import change
from tapkern.outcome import read_outcome
from tests.hostile import alter, judge, scenes, stats
from tests.hostile.seat import Seat, states
from tests.hostile.seen import READ, Deal
from tests.hostile.shadow import ONLINE, Kept

SEATS = 3
LONGEST = 700  # steps that one rule makes at most
SEEN: Counter[str] = Counter()
"""What the examples have reached, for the statistics of a run."""

terminals = st.sampled_from(list(scenes.TERMINALS))
cards = st.sampled_from(list(scenes.CARDS))
dates = st.sampled_from(("261121", "261121", "261121", "200101", "500101", "261301"))


class Place:
    """What stands around one context: a card in the field, a store, the answers of earlier taps."""

    def __init__(self, seat: Seat, card: Card) -> None:
        self.seat, self.card = seat, card
        self.store: list[bytes] = []
        self.answers: list[bytes] = []
        self.number = bytes(8)


class Machine(RuleBasedStateMachine):
    """Three contexts side by side; most rules act on the one that is in front."""

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

    @initialize(
        seed=st.integers(0, 2**32), fresh=st.booleans(),
        names=st.tuples(terminals, terminals, terminals),
    )  # fmt: skip
    def opens(self, seed: int, fresh: bool, names: tuple[str, str, str]) -> None:
        """The random numbers of this example and the terminals of its contexts."""
        self.draw, self.fresh = random.Random(seed), fresh
        for number, terminal in enumerate(names):
            seat = Seat(terminal, self.memo, note, f"context {number}")
            self.places.append(Place(seat, scenes.card("debit", seed + number)))

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

    def at_last_record(self) -> bool:
        seat = self.seat
        if seat.kind != StepKind.TRANSMIT or seat.shadow is None:
            return False
        return seat.kernel.data[1] == READ and seat.shadow.paid

    # Transactions

    @precondition(idle)
    @rule(
        terminal=st.one_of(st.none(), terminals), card=cards,
        amount=st.sampled_from(scenes.AMOUNTS), other=st.sampled_from((0, 0, 0, 100)),
        kind=st.sampled_from((0, 0, 0, 0, 1, 0x20)), currency=st.sampled_from((156, 156, 156, 344)),
        date=dates, purpose=st.sampled_from((0, 0, 0, 0, 0, 0, 1, 2)),
    )  # fmt: skip
    def begin(
        self, terminal: str | None, card: str, amount: int, other: int, kind: int, currency: int,
        date: str, purpose: int,
    ) -> None:  # fmt: skip
        """A transaction with a card, at the terminal of before or another one."""
        self.change_terminal(terminal)
        self.place.card = scenes.card(card, self.draw.getrandbits(32))
        deal = Deal(amount, other, kind, currency, date, "101112", self.number(), purpose)
        self.start(deal)

    @precondition(idle)
    @rule(
        terminal=st.sampled_from(("counter", "gate", "domestic", "lists", "doubtful", "counter")),
        card=st.sampled_from(("debit", "transit", "dual", "multi", "old", "another debit")),
        amount=st.sampled_from((1, 1250, 1251, 4999)),
    )
    def good_begin(self, terminal: str, card: str, amount: int) -> None:
        """One that can be approved, if nothing happens to it."""
        self.change_terminal(terminal)
        self.place.card = scenes.card(card, self.draw.getrandbits(32))
        self.start(Deal(amount, 0, 0, 156, "261121", "101112", self.number()))

    @precondition(running)
    @rule(amount=st.sampled_from(scenes.AMOUNTS))
    def begin_in_the_middle(self, amount: int) -> None:
        """The transaction that runs is given up for another one."""
        self.start(Deal(amount, 0, 0, 156, "261121", "101112", self.number()))

    def change_terminal(self, terminal: str | None) -> None:
        if terminal is not None and terminal != self.seat.terminal:
            old = self.seat
            self.place.seat = Seat(terminal, self.memo, note, old.label)

    def number(self) -> int:
        return self.draw.randrange(1, 10**8)

    def start(self, deal: Deal, torn: bytes | None = None) -> None:
        self.now += 1
        kept = None if torn is None else self.ledger.get(torn)
        self.place.number = self.draw.randbytes(8)
        self.seat.begin(deal, self.now, self.random8(), torn, kept)
        if self.seat.kind == StepKind.OUTCOME:
            self.ended()

    @precondition(lambda self: self.idle() and bool(self.place.store))
    @rule(
        who=st.sampled_from(("same", "same", "same", "other", "twin")),
        more=st.sampled_from((0, 0, 0, 0, 0, 1)), bit=st.sampled_from((-1, -1, -1, -1, 0, 999)),
        seconds=st.sampled_from((5, 5, 20, 59, 61, 100)), elsewhere=st.booleans(),
    )  # fmt: skip
    def retap(self, who: str, more: int, bit: int, seconds: int, elsewhere: bool) -> None:
        """A torn tap is brought to its end, by the same card or another, with its record or not."""
        place = self.place
        torn = place.store[-1]
        kept = self.ledger.get(torn)
        assert kept is not None
        if bit >= 0:
            torn = alter.flipped(torn, bit)
        if elsewhere and self.seat.terminal != "counter":
            self.change_terminal("counter")
        if who != "same":
            name = "another debit" if who == "other" else "debit"
            place.card = scenes.card(name, self.draw.getrandbits(32))
        old = kept.deal
        clock = int(old.time[:2]) * 3600 + int(old.time[2:4]) * 60 + int(old.time[4:]) + seconds
        time = f"{clock // 3600:02}{clock // 60 % 60:02}{clock % 60:02}"
        deal = Deal(
            old.amount + more, old.other, old.type, old.currency, old.date, time, self.number()
        )
        self.reached.add("re-tap with a record")
        self.start(deal, torn)

    # What goes well

    @precondition(running)
    @rule(steps=st.integers(1, 14))
    def goes_on(self, steps: int) -> None:
        """A good surrounding for some steps."""
        for _ in range(steps):
            if self.seat.running:
                self.honest()

    @precondition(running)
    @rule()
    def ends(self) -> None:
        """A good surrounding to the outcome."""
        for _ in range(LONGEST):
            if not self.seat.running:
                return
            self.honest()

    @precondition(online)
    @rule(code=st.sampled_from((b"00", b"00", b"51", None, b"", b"0", b"000", b"\x00\x00", b"Y1")))
    def host(self, code: bytes | None) -> None:
        """The host's word, also what is none."""
        if code and len(code) != 2:
            self.seat.misuse(Event.HOST, code, self.now, bytes(8))
            return
        self.bring(Event.HOST, code)
        for _ in range(LONGEST):
            if self.seat.running:
                self.honest()

    @rule(front=st.integers(0, SEATS - 1))
    def turns_to(self, front: int) -> None:
        """Another context goes on."""
        self.front = front

    # What does not

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(mutations=st.lists(alter.mutations(), min_size=1, max_size=3))
    def lies(self, mutations: list[dict[str, Any]]) -> None:
        """The card's answer, changed."""
        event, data = self.answer(self.seat.kernel.data)
        if data is not None and data[-2:]:
            for mutation in mutations:
                data = change(mutation, data, self.place.answers)
            if not 2 <= len(data) <= 258:
                data = data[-258:] if len(data) > 258 else b"\x6f\x00"
        self.bring(event, data)

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(seed=st.integers(0, 2**32), size=st.integers(0, 256), status=st.sampled_from(alter.WORDS))
    def noise(self, seed: int, size: int, status: str) -> None:
        """Random bytes with a status word."""
        self.bring(Event.ANSWER, random.Random(seed).randbytes(size) + bytes.fromhex(status))

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(who=st.integers(0, SEATS - 1), pick=st.integers(0, 40))
    def replays(self, who: int, pick: int) -> None:
        """An answer that was given before, of this tap or another one."""
        before = self.places[who].answers or [b"\x90\x00"]
        self.bring(Event.ANSWER, before[-1 - pick % len(before)])

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(at=st.integers(1, 7), value=st.integers(0, 255))
    def misdirects(self, at: int, value: int) -> None:
        """The card gets another command than the one that was sent."""
        command = bytearray(self.seat.kernel.data)
        command[at % len(command)] = value
        self.bring(*self.answer(bytes(command)))

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(card=cards)
    def swaps(self, card: str) -> None:
        """Another card answers from here on; it has heard nothing of what was said."""
        self.place.card = scenes.card(card, self.draw.getrandbits(32))

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(
        how=st.sampled_from((Event.LOST, Event.LOST, Event.TIMEOUT, Event.CANCEL)),
        acted=st.booleans(),
    )
    def leaves(self, how: Event, acted: bool) -> None:
        """The card leaves before or after it has acted, or the operator cancels."""
        if acted:
            self.answer(self.seat.kernel.data)
        self.place.card.reset()
        self.bring(how)

    @precondition(running)
    @rule(
        how=st.sampled_from((Event.LOST, Event.LOST, Event.TIMEOUT, Event.CANCEL)),
        acted=st.booleans(),
    )
    def tears(self, how: Event, acted: bool) -> None:
        """Goes on to the last record of an approval, where the card leaves."""
        for _ in range(60):
            if not self.seat.running or self.at_last_record():
                break
            self.honest()
        if self.seat.running and self.at_last_record():
            self.reached.add("torn at the last record")
            self.leaves(how=how, acted=acted)

    @precondition(lambda self: self.at(StepKind.DETECT))
    @rule(how=st.sampled_from((Event.COLLISION, Event.TIMEOUT, Event.CANCEL)))
    def nobody_comes(self, how: Event) -> None:
        self.bring(how)

    @precondition(lambda self: self.at(StepKind.DETECT))
    @rule(card=cards)
    def another_comes(self, card: str) -> None:
        self.place.card = scenes.card(card, self.draw.getrandbits(32))
        self.bring(Event.CARD)

    @precondition(lambda self: self.at(StepKind.LOOKUP))
    @rule()
    def is_listed(self) -> None:
        self.bring(Event.FOUND)

    @precondition(lambda self: self.at(StepKind.STORE))
    @rule()
    def cannot_be_kept(self) -> None:
        self.bring(Event.FAILED)

    @precondition(lambda self: self.running() or self.online())
    @rule()
    def unsupported(self) -> None:
        """The caller cannot do what is asked for."""
        self.bring(Event.UNSUPPORTED)

    @rule(event=st.integers(0, 20), data=st.sampled_from((None, b"", b"\x90\x00", b"00")))
    def misuses(self, event: int, data: bytes | None) -> None:
        """An event that the step does not take."""
        seat = self.seat
        fits = {Event[name] for name in seat.state.events} if seat.kind else set()
        if seat.running or self.online():
            fits.add(Event.UNSUPPORTED)
        if event not in fits:
            seat.misuse(event, data, self.now, bytes(8))

    @precondition(lambda self: self.at(StepKind.TRANSMIT))
    @rule(data=st.sampled_from((b"", b"\x90", bytes(259), bytes(1000), None)))
    def misanswers(self, data: bytes | None) -> None:
        """An answer that no R-APDU is: communication error (APDU-004)."""
        self.bring(Event.ANSWER, data)

    @rule(ms=st.sampled_from((4_000, 5_001, 10_001, 70_000)))
    def waits(self, ms: int) -> None:
        self.now += ms

    @rule()
    def wipes(self) -> None:
        """The context in front forgets."""
        self.seat.wipe()

    @precondition(running)
    @rule(to=st.integers(0, SEATS - 1))
    def forks(self, to: int) -> None:
        """A second context at the same point of the same tap; the two then go their own ways."""
        if to == self.front:
            return
        old = self.seat
        self.places[to].seat = _twin(old, self.memo, f"context {to}")
        self.places[to].card = self.place.card

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


def _twin(old: Seat, memo: Any, label: str) -> Seat:
    """A context that was brought to the same point by the same calls."""
    import copy

    made = Seat(old.terminal, memo, note, label)
    made.kernel = old.replayed(memo)
    made.calls = list(old.calls)
    made.shadow = copy.deepcopy(old.shadow)
    made.traced, made.state = old.traced, old.state
    return made


__all__ = ["ONLINE", "SEEN", "Machine", "states"]
