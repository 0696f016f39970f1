"""The terminal of tests/oracle as a second judge: the same answers, then the same commands and end.

It is asked at the outcome of every tap that it can follow: no step was UNSUPPORTED but a search or
a store, and one unpredictable number served the whole tap.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tapkern._numbers import Event, StepKind
from tapkern.outcome import read_outcome
from tests.differential import compare as differences
from tests.differential import sides
from tests.hostile import scenes
from tests.hostile.alter import flipped
from tests.hostile.seen import GPO
from tests.oracle import terminal as second

PURPOSES = ("payment", "balance", "card-info")
LONGEST_ANSWER = 258
RECORDS: dict[bytes, bytes] = {}
"""Records of the oracle by those of the kernel."""


class Differs(Exception):
    """The oracle asks for something else than the kernel did."""


class Player:
    """Gives the oracle, step by step, what the kernel was given."""

    def __init__(self, seat: Any) -> None:
        self.now = dict(seat.calls[0].arguments)["now_ms"]
        self.events: list[tuple[int, bytes, int, bytes | None, int]] = []
        kind, step = seat.calls[0].gave[:2]
        for call in seat.calls[1:]:
            told = dict(call.arguments)
            if kind not in (StepKind.SHOW, StepKind.FIELD_OFF):
                self.events.append((kind, step, told["event"], told["data"], told["now_ms"]))
            kind, step = call.gave[:2]
        self.records: list[tuple[bytes, bytes]] = []

    def take(self, kind: StepKind, step: bytes | None = None) -> tuple[int, bytes | None, bytes]:
        """The event of the next step, which has to be of this kind."""
        if not self.events:
            raise Differs(f"asks for {kind.name} where the kernel has ended")
        has, data, event, answer, self.now = self.events.pop(0)
        if has != kind or (step is not None and step != data):
            asked = "" if step is None else step.hex().upper()
            raise Differs(
                f"asks for {kind.name} {asked}, the kernel for {StepKind(has).name} "
                f"{data.hex().upper()}"
            )
        return event, answer, data

    def present(self) -> Any:
        event = Event.COLLISION
        while event == Event.COLLISION:
            event, _, _ = self.take(StepKind.DETECT)
        if event == Event.CANCEL:
            raise second.Cancelled
        return self.transmit if event == Event.CARD else None

    def transmit(self, command: bytes) -> bytes:
        event, answer, _ = self.take(StepKind.TRANSMIT, command)
        if event == Event.CANCEL:
            raise second.Cancelled
        if event != Event.ANSWER or answer is None or not 2 <= len(answer) <= LONGEST_ANSWER:
            raise second.Lost
        return answer

    def lookup(self, pan: str, psn: str | None) -> bool | None:
        event, _, _ = self.take(StepKind.LOOKUP)
        return {Event.FOUND: True, Event.NOT_FOUND: False}.get(Event(event))

    def store(self, record: bytes | None) -> bool:
        event, _, data = self.take(StepKind.STORE)
        if bool(data) != bool(record):
            raise Differs("keeps a record where the kernel drops one, or the other way")
        if record:
            self.records.append((data, record))
        return event == Event.DONE


def _followed(seat: Any) -> bytes | None:
    """The unpredictable number of a tap that the oracle can follow."""
    numbers, kind, step = set(), seat.calls[0].gave[0], seat.calls[0].gave[1]
    for call in seat.calls[1:]:
        told = dict(call.arguments)
        local = kind in (StepKind.LOOKUP, StepKind.STORE)
        if told["event"] == Event.UNSUPPORTED and not local:
            return None
        if told["event"] == Event.HOST and not (told["data"] or b"0").isalnum():
            return None  # no response code: the oracle takes text
        kind, step = call.gave[:2]
        if kind == StepKind.TRANSMIT and step[1] == GPO:
            numbers.add(told["random8"])
    if len(numbers) > 1:
        return None
    return numbers.pop() if numbers else bytes(8)


def _torn(seat: Any) -> tuple[bool, bytes | None]:
    """Whether the oracle has the record that this tap brings, and that record."""
    torn = dict(seat.calls[0].arguments)["torn"]
    if torn is None:
        return True, None
    if torn in RECORDS:
        return True, RECORDS[torn]
    changed = [kept for kept in RECORDS.values() if seat.shadow.kept is None]
    return bool(changed), flipped(changed[0], 300) if changed else None


def compare(seat: Any, before_host: Any) -> tuple[list[str], set[str]]:
    """What differs, and what was reached. Remembers the oracle's records for a later re-tap."""
    number, (known, torn) = _followed(seat), _torn(seat)
    if number is None or not known:
        return [], set()
    shadow, player = seat.shadow, Player(seat)
    deal = shadow.deal
    transaction = second.Transaction(
        deal.amount, deal.other, deal.type, deal.currency, deal.exponent, deal.date, deal.time,
        deal.sequence, number,
    )  # fmt: skip
    try:
        result = second.tap(
            scenes.configuration(seat.terminal), transaction, player.present,
            lookup=player.lookup, store=player.store, clock=lambda: player.now,
            start="B" if deal.start else "A", torn=torn, purpose=PURPOSES[deal.purpose],
        )  # fmt: skip
        if player.events and player.events[0][0] == StepKind.OUTCOME:
            _, _, _, code, _ = player.events.pop(0)
            result = second.complete(result, code.decode("latin-1") if code else None)
    except Differs as differs:
        return [f"the oracle {differs}"], set()
    RECORDS.update(player.records)
    if player.events:
        return [f"the oracle has ended with {result.status} {result.rule}"], set()
    outcome = read_outcome(seat.kernel, deal.exponent, (), before_host)
    tap = SimpleNamespace(_kernel=seat.kernel, outcome=outcome, transaction=deal)
    items = differences._results("", sides._of_kernel(tap), sides._of_oracle(result))
    wrong = [f"{x.name}: the kernel {x.kernel}, the oracle {x.oracle}" for x in items]
    return wrong, {"judged by the oracle"}
