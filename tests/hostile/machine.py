"""The rules of the machine: what a hostile surrounding does with three contexts of a terminal.

Every argument is a plain value, so that the program which hypothesis prints runs as it stands.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tapkern._numbers import Event, StepKind
from tests.hostile import alter, scenes
from tests.hostile.seat import Seat
from tests.hostile.seen import GPO, READ, Deal
from tests.hostile.surroundings import LONGEST, SEEN, Place, Surroundings, tell, twin

__all__ = ["SEEN", "Machine"]

SEATS = 3
terminals = st.sampled_from(list(scenes.TERMINALS))
cards = st.sampled_from(list(scenes.CARDS))
GOOD_TERMINALS = ("counter", "gate", "domestic", "lists", "doubtful", "counter", "keeps nothing",
                  "sends it online", "offline only")  # fmt: skip
GOOD_CARDS = ("debit", "transit", "dual", "multi", "old", "another debit", "sm only", "debit")
LIARS = ("approves whatever is asked", "signed for another amount", "signed for another number",
         "signed for another currency", "signed other card data", "replays its signature",
         "replays its tap", "version 00", "issuer hash", "static data", "expired",
         "expired, asks online", "number of another card", "revoked",
         "debit, online when unproved", "issuer signed by nobody")  # fmt: skip
GOOD_AMOUNTS = (1, 1250, 1251, 4999, 20_001)
changes = alter.mutations()
nearly = st.one_of(st.none(), changes, changes)
dates = st.sampled_from(("261121", "261121", "261121", "200101", "500101", "261301"))
nearly_good_taps = st.tuples(
    st.sampled_from(GOOD_TERMINALS),
    st.one_of(st.sampled_from(GOOD_CARDS), st.sampled_from(LIARS)),
    st.sampled_from(GOOD_AMOUNTS),
    st.integers(0, 9),
    nearly,
    st.sampled_from((b"00", b"51", None)),
)


def idle(machine: Surroundings) -> bool:
    return machine.idle()


def running(machine: Surroundings) -> bool:
    return machine.running()


def online(machine: Surroundings) -> bool:
    return machine.online()


class Machine(Surroundings):
    """Most rules act on the context that is in front."""

    @initialize(
        seed=st.integers(0, 2**32), fresh=st.booleans(),
        names=st.tuples(terminals, terminals, terminals),
    )  # fmt: skip
    def opens(self, seed: int, fresh: bool, names: tuple[str, str, str]) -> None:
        """The random numbers of this example and the terminals of its contexts."""
        self.draw, self.fresh = random.Random(seed), fresh
        for number, terminal in enumerate(names):
            seat = Seat(terminal, self.memo, tell, f"context {number}")
            self.places.append(Place(seat, scenes.card("debit", seed + number)))

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
        terminal=st.sampled_from(GOOD_TERMINALS),
        card=st.sampled_from(GOOD_CARDS),
        amount=st.sampled_from(GOOD_AMOUNTS),
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

    # Whole taps with one thing wrong

    @rule(taps=st.lists(nearly_good_taps, min_size=1, max_size=4))
    def nearly_good(
        self, taps: list[tuple[str, str, int, int, dict[str, Any] | None, bytes | None]]
    ) -> None:
        """Taps that could be approved, but for the card or one answer."""
        for terminal, card, amount, at, mutation, code in taps:
            self.good_begin(terminal=terminal, card=card, amount=amount)
            self.all_but_one(at, mutation)
            if self.online():
                self.host(code=code)

    @rule(
        terminal=st.sampled_from(("counter", "lists", "several")),
        card=st.sampled_from(("debit", "dual", "multi", "another debit")),
        amount=st.sampled_from(GOOD_AMOUNTS), acted=st.booleans(), restarts=st.booleans(),
        at=st.integers(0, 14), mutation=nearly,
        again=st.sampled_from(("same", "same", "same", "other", "twin")), bit=st.integers(-3, 4095),
    )  # fmt: skip
    def nearly_recovered(
        self, terminal: str, card: str, amount: int, acted: bool, restarts: bool, at: int,
        mutation: dict[str, Any] | None, again: str, bit: int,
    ) -> None:  # fmt: skip
        """A torn tap that could be recovered, but for one answer, another card or the record."""
        self.good_begin(terminal=terminal, card=card, amount=amount)
        if not self.to_the_last_record():
            return
        self.reached.add("torn at the last record")
        self.leaves(how=Event.LOST, acted=acted)
        if again != "same":
            name = "another debit" if again == "other" else card
            self.place.card = scenes.card(name, self.draw.getrandbits(32))
        if restarts and self.place.store:
            old = self.seat.shadow.deal if self.seat.shadow else None
            assert old is not None
            self.reached.add("re-tap with a record")
            torn = self.place.store[-1]
            torn = torn if bit < 0 or mutation is not None else alter.flipped(torn, bit)
            self.start(dataclasses.replace(old, time="101130", sequence=self.number()), torn)
        self.all_but_one(at, mutation)

    @precondition(idle)
    @rule(
        terminal=st.sampled_from(GOOD_TERMINALS), entries=st.integers(1, 16),
        last=st.sampled_from((9, 60, 127, 255)), record=st.sampled_from(alter.RECORDS),
    )  # fmt: skip
    def endless(self, terminal: str, entries: int, last: int, record: str) -> None:
        """A card with more records than anybody wants to read."""
        self.good_begin(terminal=terminal, card="debit", amount=1250)
        locator = bytes((0x08, 1, last, 0)) * entries
        mutation = {"kind": "set", "tag": "94", "value": locator.hex()}
        for _ in range(LONGEST):
            if not self.seat.running:
                return
            command = self.seat.kernel.data if self.seat.kind == StepKind.TRANSMIT else b"    "
            if command[1] == GPO:
                self.lie([mutation])
            elif command[1] == READ:
                self.bring(Event.ANSWER, bytes.fromhex(record) + b"\x90\x00")
            else:
                self.honest()

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
    @rule(mutations=st.lists(changes, min_size=1, max_size=3))
    def lies(self, mutations: list[dict[str, Any]]) -> None:
        """The card's answer, changed."""
        self.lie(mutations)

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
        if self.to_the_last_record():
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
        self.places[to].seat = twin(old, self.memo, f"context {to}")
        self.places[to].card = self.place.card
