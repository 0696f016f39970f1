"""A transit gate on simulated cards: good, denied, forged and expired riders, then a crowd in a
hurry whose cards leave at random commands. No hardware: python examples/gate.py [RIDES]
"""

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tapkern import CardLost, Detection, Terminal
from tapkern.card import Card
from tapkern.torn import TornRecords
from tapkern.transit import FareStore, Gate, LocalDenyList, Passage, rider_identity

FARE = "2.00"
KEY = bytes(32)  # of this gate only, 16 bytes or more; a real one comes from its SAM
PURSE = """
base = "debit"
[[application]]
[application.purse]
balance = 100000000
limit = 100000000
"""


class Field:
    """A reader; the card leaves at command `leave`, before or after it has acted, and comes back or
    not. card_s: the time that went by in the card."""

    name = "simulated field"

    def __init__(self, card: Card, leave: int = 0, acted: bool = False, back: bool = True) -> None:
        self.card, self.leave, self.acted, self.back = card, leave, acted, back
        self.card_s = 0.0

    def detect(self, timeout_ms: int) -> Detection:
        self.card.reset()
        gone = self.leave < 0 and not self.back
        return Detection.TIMEOUT if gone else Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        torn = self.leave == 1
        self.leave = -1 if torn else self.leave - (self.leave > 1)
        began = time.perf_counter()
        answer = self.card.transmit(command) if self.acted or not torn else b""
        self.card_s += time.perf_counter() - began
        if torn:
            raise CardLost("the card left")
        return answer

    def field_off(self, hold_ms: int) -> None:
        self.card.reset()

    def close(self) -> None:
        pass


def gate_in(folder: Path) -> Gate:
    """A gate whose files are in a folder."""
    now = [0]

    def clock() -> int:  # a passenger every ten seconds
        now[0] += 10_000
        return now[0]

    return Gate(
        Terminal.from_toml(Path(__file__).with_name("gate.toml")),
        KEY,
        FareStore(folder / "rides.db", KEY),
        LocalDenyList(folder / "denied.txt", KEY),
        torn=TornRecords(folder / "torn.bin", most=100_000),
        clock=clock,
    )


def told(name: str, passage: Passage) -> None:
    """What the gate did. The rider is a hash; the card number is never shown (TK-034)."""
    record = passage.record
    rider = rider_identity(KEY, record.pan, record.psn, record.par)[:13] if record else "-"
    print(f"{name:10} {'OPEN  ' if passage.opens else 'closed'} {passage.text():42} rider {rider}")


def crowd(gate: Gate, cards: list[Card], rides: int, seed: int = 1) -> Counter[str]:
    """Riders whose cards leave at random; how the taps ended, and the terminal's own time."""
    chance, ends, own_ms = random.Random(seed), Counter[str](), []
    for _ in range(rides):
        leave, acted, back = chance.randint(1, 12), chance.random() < 0.5, chance.random() < 0.7
        field = Field(chance.choice(cards), leave, acted, back)
        began = time.perf_counter()
        passage = gate.tap(field, FARE)
        own_ms.append(1000 * (time.perf_counter() - began - field.card_s))
        ends["open" if passage.opens else passage.reason] += 1
    slow = sorted(own_ms)[int(0.99 * len(own_ms))]
    print(f"terminal's own time: median {statistics.median(own_ms):.1f} ms, 99 % {slow:.1f} ms")
    return ends


def main(folder: Path, rides: int) -> None:
    gate = gate_in(folder)
    for name in ("transit", "debit", "credit", "expired", "forged"):
        told(name, gate.tap(Field(Card.load(name)), FARE))
    (number, ride), *_ = gate.store.waiting()  # to the host, later; it declines this one
    print("to the host:", ride.masked, ride.atc, ride.field55.hex().upper()[:40] + "...")
    gate.charged(number, "51")
    told("transit", gate.tap(Field(Card.load("transit")), FARE))  # on the list of the gate now
    with tempfile.TemporaryDirectory() as elsewhere:
        cards = [Card.load("transit"), Card.from_toml(PURSE)]
        print(rides, "hurried riders:", dict(crowd(gate_in(Path(elsewhere)), cards, rides)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
