"""The step machine against its model: kernel_c/states.def, read here and walked at random.

The model is the table that also makes the picture and the guide. What a walk brings is drawn:
events that fit the state and events that do not, answers of a card, changed ones and noise.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern import KernelError, Terminal
from tapkern._numbers import Event, Purpose, StepKind, TraceKind
from tapkern.card import Card
from tapkern.card.tlv import decode, encode
from tapkern.terminal import Tap
from tests.taps import FIXED, HEAD, UN
from tests.test_docs import draw_states, read

CONFIGURATION = (
    HEAD
    + """
[[combination]]
aid = "A000000333"
ttq = ["emv_mode", "contact_chip", "online_pin", "signature", "fdda_01"]
floor_limit = "200.00"
transaction_limit = "300.00"
[combination.switches]
"tt.upload_doubtful" = {kept}
"tt.recovery" = {kept}
"qp.gpo_sw_policy" = "k3style"
"apdu.follow_61_6c" = true
"""
)
CARDS = ("debit", "credit", "multi", "phone-confirm", "pure-ec", "blocked")
UNPROVED = 'base = "debit"\nfaults = ["sdad-bit"]\n[[application]]\nctq = "2000"\n'
"""A card whose offline approval goes online, as it cannot be authenticated."""
MOST_STEPS = 1500
"""More than the longest tap: passes, candidates and 128 commands for each."""

NO_RULE = ("no_card", "cancelled", "unsupported", "too_many_commands", "balance_read")
STATUS_WORDS = ("6986", "6985", "6984", "6A82", "6110", "6C10")
State = Any  # of tools/draw_states.py


@cache
def model() -> dict[int, State]:
    """The states of states.def by number."""
    return {state.number: state for state in draw_states().parse(read("kernel_c/states.def"))}


@cache
def terminal(kept: bool, lookup: bool) -> Terminal:
    """A terminal in which every step of kernel 7 can come up."""
    more = f"passes = 2\nexception_lookup = {str(lookup).lower()}"
    text = CONFIGURATION.format(terminal=more, kept=str(kept).lower())
    return Terminal.from_toml(text, trace=20000)


def one_record(answer: bytes) -> bytes:
    """A GPO answer whose AFL is one record alone; any other answer as it is."""
    if answer[:1] != b"\x77":
        return answer
    ((_, inside),) = decode(answer[:-2])
    parts = [(tag, b"\x10\x01\x01\x00" if tag == 0x94 else value) for tag, value in decode(inside)]
    return encode(0x77, b"".join(encode(tag, value) for tag, value in parts)) + answer[-2:]


class Walk:
    """One tap, every step of it held against the model; edges counts the ways it went."""

    def __init__(self, seed: int, edges: Counter[tuple[str, str]] | None = None) -> None:
        self.draw = random.Random(seed)
        self.edges: Counter[tuple[str, str]] = Counter() if edges is None else edges
        self.honest = self.draw.choice((0.5, 0.9, 0.98, 1.0))
        name = self.draw.choice((*CARDS, ""))
        amount = self.draw.choice((0, 1, 1250, 1250, 20001, 30000))
        kept, lookup = self.draw.random() < 0.5, self.draw.random() < 0.5
        purposes = (Purpose.PAYMENT, Purpose.BALANCE, Purpose.CARD_INFO)
        (purpose,) = self.draw.choices(purposes, (6, 1, 1))
        self.torn = self.draw.random() < 0.3
        if self.torn:  # a purchase that goes well, but for a card that leaves
            self.honest, name, amount, kept, purpose = 0.99, "debit", 1250, True, Purpose.PAYMENT
        made = Card.load if name else Card.from_toml
        self.card = made(name or UNPROVED, random=self.draw.randbytes)
        found = terminal(kept, lookup)
        times = {name: FIXED[name] for name in ("date", "time", "sequence")}
        transaction = found.transaction(amount, purpose=purpose, **times)
        self.tap = found.begin(transaction, clock=lambda: 0, random=lambda: UN + UN)
        self.seen = 0
        self.state = model()[0]
        self.follow()

    def follow(self) -> None:
        """Where the kernel went from the state, by its trace: a follower, with its step."""
        kernel = self.tap._kernel
        states = [r for r, kind, _, _ in kernel.trace(self.seen) if kind == TraceKind.STEP]
        self.seen = kernel.trace_count
        assert len(states) == 1, "each call makes one step"
        now = model()[states[0]]
        assert now.name in self.state.followers, f"{self.state.name} -> {now.name}"
        assert StepKind(self.tap.kind).name == now.step
        self.edges[self.state.name, now.name] += 1
        self.state = now

    def answer(self) -> bytes:
        """The card's answer, or what a reader or a liar may bring in its place."""
        own = self.card.transmit(self.tap.data)
        refusal = bytes.fromhex(self.draw.choice(STATUS_WORDS))
        if self.state.name == "GPO" and self.draw.random() < 0.3:
            return self.draw.choice((refusal, one_record(own)))
        if self.draw.random() < self.honest:
            return own
        at = self.draw.randrange(len(own))
        return self.draw.choice(
            (
                b"",
                b"\x90",
                own[:at] + own[-2:],
                own[:at] + bytes((own[at] ^ 1 << self.draw.randrange(8),)) + own[at + 1 :],
                refusal,
                self.draw.randbytes(self.draw.randrange(2, 258)),
            )
        )

    def refuses(self, event: Event) -> None:
        """An event that does not fit is misuse, and nothing has happened."""
        kernel = self.tap._kernel
        before = kernel.kind, kernel.data, kernel.ui, kernel.trace_count
        with pytest.raises(KernelError):
            self.tap.resume(event, b"\x90\x00" if event == Event.ANSWER else None)
        assert (kernel.kind, kernel.data, kernel.ui, kernel.trace_count) == before

    def step(self) -> bool:
        """One step further; False at the outcome, once no host is to be heard."""
        fitting = {Event[name] for name in self.state.events}
        if self.state.name != "OUTCOME":
            fitting.add(Event.UNSUPPORTED)
        wrong = [event for event in Event if event not in fitting]
        self.refuses(self.draw.choice(wrong))
        if not fitting:
            return False
        usual = {"TRANSMIT": Event.ANSWER, "DETECT": Event.CARD}.get(self.state.step)
        event = self.draw.choice(sorted(fitting))
        if self.state.name == "RECORD" and self.draw.random() < 0.1:
            usual = Event.LOST
        if self.state.name == "RECOVER" and self.draw.random() < 0.1:
            usual = Event.CANCEL
        if self.torn and Event.DONE in fitting and self.draw.random() < 0.9:
            usual = Event.DONE
        if usual and self.draw.random() < self.honest:
            event = usual
        elif event == Event.UNSUPPORTED and self.draw.random() < 0.9:
            event = self.draw.choice(sorted(fitting - {event}))
        data = None
        if event == Event.ANSWER:
            data = self.answer()
        elif event == Event.HOST:
            data = self.draw.choice((b"00", b"51", None))
        elif event == Event.LOST and self.draw.random() < 0.5:
            self.card.transmit(self.tap.data)
        if event in (Event.LOST, Event.TIMEOUT) or self.state.step == "FIELD_OFF":
            self.card.reset()
        self.tap.resume(event, data)
        self.follow()
        return True

    def run(self) -> Tap:
        """To the end of the tap."""
        for _ in range(MOST_STEPS):
            if not self.step():
                return self.tap
        raise AssertionError("the tap does not end")


@settings(deadline=None)
@given(st.integers(0, 2**64))
def test_every_walk_keeps_to_the_model(seed: int) -> None:
    """states.def: steps, events and followers; a tap that ends, and ends with an outcome."""
    outcome = Walk(seed).run().outcome
    assert outcome.reason and (outcome.rule or outcome.reason in NO_RULE)


def test_the_model_holds_no_way_that_is_never_gone() -> None:
    """Every follower is reached, but for the state that other kernels use (test_kernels.c)."""
    edges: Counter[tuple[str, str]] = Counter()
    for seed in range(2500):
        Walk(seed, edges).run()
    ways = {(state.name, after) for state in model().values() for after in state.followers}
    assert {way for way in ways if "KERNEL" not in way} == set(edges)
