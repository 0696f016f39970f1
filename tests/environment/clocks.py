"""Clocks that stand still, jump and go back, and calendars that are set while a gate runs."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any
from unittest import mock

from tapkern import CardLost, Detection, Terminal
from tapkern.card import Card
from tapkern.terminal import Tap
from tapkern.torn import TornRecords
from tests.environment.ground import (
    RECOVERS,
    Clock,
    Field,
    Tally,
    gate,
    paid_offline,
    ride,
)

HOUR = 3_600_000
CARDS = ("debit", "transit", "credit")
WINDOW_MS, WINDOW_S = 10_000, 60  # retap_time and torn_time where nothing else is configured


class Jumps:
    """A clock that jumps by so much at one look; still: it does not run."""

    def __init__(self, at: int, by: int, still: bool = False) -> None:
        self.looks, self.at, self.by = 0, at, by
        self.now, self.step = 100 * HOUR, 0 if still else 10

    def __call__(self) -> int:
        self.looks += 1
        self.now += self.step
        if self.looks == self.at:
            self.now += self.by
        return self.now


JUMPS = (-99 * HOUR, -60_000, -1, 0, 1, 9_000, WINDOW_MS + 1_000, HOUR, 1_000 * HOUR)


def sweep(share: int = 1) -> Tally:
    """Jumps of the clock at each look of a tap, with a card that stays and one that leaves; then
    calendars; share: one scenario of so many."""
    tally = Tally()
    for scenario in islice(_scenarios(tally), None, None, share):
        scenario()
    return tally


def _scenarios(tally: Tally) -> Iterator[Callable[[], None]]:
    for name in CARDS:
        for leaves in (False, True):
            looks = Jumps(0, 0)
            ride(_field(name, leaves), clock=looks, store=TornRecords())
            for at in range(1, looks.looks + 1):
                for by in JUMPS:
                    for still in (False, True):
                        yield partial(_jump, tally, name, leaves, Jumps(at, by, still))
    for days, seconds in _ages():
        yield partial(calendar, tally, days, seconds)
    yield partial(_expiries, tally)
    yield partial(_no_card, tally)


def _field(name: str, leaves: bool) -> Field:
    """A card; leaves: it goes away once, after it has acted on its last command."""
    field = Field(Card.load(name, random=bytes))
    if leaves:
        last = Field(Card.load(name, random=bytes))
        ride(last, store=TornRecords())
        field.after = _gone_at(field, len(last.calls))
    return field


def _gone_at(field: Field, number: int) -> Callable[[str, int, Any], Any]:
    def after(call: str, seen: int, answer: Any) -> Any:
        if seen == number and call == "transmit":
            raise CardLost("left")
        return answer

    return after


def _jump(tally: Tally, name: str, leaves: bool, clock: Jumps) -> None:
    """The books agree whatever the clock does, and the tap ends."""
    tally.injected += 1
    where = f"{name}{' that leaves' if leaves else ''}: {clock.by} ms at look {clock.at}"
    field, records = _field(name, leaves), TornRecords()
    with tally.watched(where), _driver_clock(clock):
        tap = ride(field, clock=clock, store=records)
        approvals = int(paid_offline(tap))
        told = approvals + len(records)
        tally.check(approvals <= field.debits <= told, f"{where}: {field.debits} debits")
        tally.check(field.debits <= 1, f"{where}: debited twice")
        plain = not leaves and ride(_field(name, False)).outcome.status
        # A presentment is over when its time is, however it went by.
        good = not plain or tap.outcome.status is plain or tap.outcome.reason == "no_card"
        tally.check(good, f"{where}: {tap.outcome.reason}")
        tally.ends[tap.outcome.reason] += 1


def _driver_clock(clock: Jumps) -> Any:
    """The driver's clock, in seconds, is the same."""
    return mock.patch("tapkern.driver.time", mock.Mock(monotonic=lambda: clock() / 1000))


def _no_card(tally: Tally) -> None:
    """Nobody comes, or two cards stay, while the clock stands still: the tap ends all the same."""
    for found in (Detection.TIMEOUT, Detection.COLLISION):
        tally.injected += 1
        field = Field(Card.load("debit", random=bytes))
        # A reader waits for as long as it is told; the second card is taken away in the end.
        field.after = lambda call, number, answer, f=found: (
            f if call == "detect" and number < 200 else answer
        )
        where = f"{found.name} with a clock that stands"
        with tally.watched(where), _driver_clock(Jumps(0, 0, still=True)):
            tap = ride(field, clock=Jumps(0, 0, still=True))
            tally.check(tap.finished, where)
            tally.ends[tap.outcome.reason] += 1


# ---- the calendar ----


def _ages() -> Iterator[tuple[int, int]]:
    """Days and seconds between a torn tap and its recovery, by the clock of the wall."""
    for days in (-400, -31, -1, 0, 1, 2, 31, 400):
        for seconds in (-3_600, -61, -1, 0, 1, WINDOW_S - 1, WINDOW_S, WINDOW_S + 1, 3_600):
            yield days, seconds


def calendar(tally: Tally, days: int, seconds: int) -> None:
    """TT-016: a record is used within its window alone, also over midnight, month and year, and
    never from the future."""
    for then in ("261121101112", "261231235930", "280228235959", "270101000000"):
        tally.injected += 1
        began = datetime.datetime.strptime(then, "%y%m%d%H%M%S")
        now = began + datetime.timedelta(days=days, seconds=seconds)
        where = f"kept {began}, brought to its end {now}"
        with tally.watched(where):
            field, records = _field("debit", True), TornRecords()
            present = field.before
            field.before = _never_again(field)
            first = _at(field, began, records)
            field.before, field.after = present, lambda call, number, answer: answer
            tally.check(len(records) == 1 == field.debits, f"{where}: nothing was torn")
            end = _at(field, now, records, torn=records.newest())
            fresh = 0 <= (now - began).total_seconds() <= WINDOW_S
            tally.check(
                (end.outcome.reason == "recovered") == fresh, f"{where}: {end.outcome.reason}"
            )
            tally.check(field.debits == 1, f"{where}: debited again")
            told = paid_offline(first) + paid_offline(end) + len(records)
            tally.check(told == 1, f"{where}: told {told} times")
        tally.ends["recovered" if fresh else "undecided"] += 1


def _never_again(field: Field) -> Callable[[str, int], None]:
    """The card does not come back in the same tap."""

    def before(call: str, number: int) -> None:
        if call == "detect" and field.calls.count("detect") > 1:
            raise CardLost("gone")

    return before


def _at(field: Field, when: datetime.datetime, records: TornRecords, **more: Any) -> Tap:
    field.calls.clear()
    return ride(
        field, date=when.strftime("%y%m%d"), time=when.strftime("%H%M%S"), store=records,
        clock=Clock(), **more,
    )  # fmt: skip


def _expiries(tally: Tally) -> None:
    """A terminal whose calendar goes to and fro over the end of a card, and of the CA key in its
    cache of recoveries, says each day what a new terminal would say."""
    days = ("261121", "491231", "500101", "191231", "261121", "991231", "261121", "270229")
    running = gate()
    for name in ("debit", "expired", "credit", "transit"):
        for day in days:
            tally.injected += 1
            with tally.watched(f"{name} on {day}"):
                seen = [
                    ride(Field(Card.load(name, random=bytes)), one, date=day).outcome
                    for one in (running, Terminal.from_toml(RECOVERS))
                ]
                same = seen[0].to_json() == seen[1].to_json()
                tally.check(same, f"{name} on {day}: {seen[0].reason}, a new one {seen[1].reason}")
                tally.ends[f"{day} {seen[0].reason}"] += 1
