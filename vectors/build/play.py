"""A case played by the second terminal of tests/oracle on the simulated card: what is recorded."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tapkern.card import Card, tlv
from tapkern.card.application import Application
from tapkern.errors import UsageError
from tapkern.lab.field import Cancelled, Field, Gone
from tapkern.lab.toml_text import toml
from tests.oracle import terminal as second
from vectors.build.documents import Document, dated

Step = list[Any]
Result = Mapping[str, Any]

TRANSACTION = ("amount", "other", "type", "currency", "exponent", "date", "time", "sequence")
RESULT = (
    "status", "reason", "rule", "cvm", "oda", "oda_rule", "may_defer", "card_may_have_paid",
    "balance", "approval_code",
)  # fmt: skip
LISTS = ("field55", "data_record")
DETECTED = {"card": "card", "collision": "collision", "none": "timeout", "cancel": "cancel"}
PURPOSES = {"payment": "payment", "balance": "balance", "card_info": "card-info"}
"""What the second terminal calls the purposes of a suite."""


class CannotPlay(Exception):
    """A case whose documents do not make a tap: a fault of the builder."""


@dataclass
class PlayedTap:
    """One tap of a case. result: fields by name, lists as sorted (tag, value) pairs of hex; empty
    when the call was refused (EP-004). after_host: the same once the host has answered."""

    result: dict[str, Any] = field(default_factory=dict)
    after_host: dict[str, Any] | None = None
    commands: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    looked_up: list[list[Any]] = field(default_factory=list)
    refused: bool = False


@dataclass(frozen=True)
class Played:
    """All taps of a case, and the counters of the card afterwards by application name."""

    taps: tuple[PlayedTap, ...]
    card: Mapping[str, Mapping[str, int]]


def play(
    terminal: Document,
    cards: Sequence[Document],
    taps: Sequence[Document],
    *,
    mutations: Sequence[Document] = (),
    surroundings: Mapping[str, Any] | None = None,
    answer: str | None = None,
    scripts: Sequence[Sequence[str] | None] = (),
) -> Played:
    """Plays the taps of a case one after the other with the same card.

    terminal, cards: documents in the form of a suite. taps: {transaction, recovers, damage}.
    answer: of the host, "" for not reached, None when an online request is the end. scripts: for
    each tap the commands to send instead of asking the second terminal (a purpose it does not
    have); such a tap has no result.
    """
    around = surroundings or {}
    try:
        profiles = [Card.from_toml(toml(dated(one))).profile for one in cards]
        configuration = second.Configuration.from_document(dated(terminal))
    except (ValueError, KeyError, UsageError) as error:
        raise CannotPlay(str(error)) from error
    numbers = random.Random(around.get("card_random", 0))
    made = [Card(one, random=numbers.randbytes, sleep=_no_time) for one in profiles]
    lists = [around.get(name, ()) for name in ("detections", "who", "waits")]
    place = Field(made, mutations, *lists)
    player = _Player(configuration, place, around, answer)
    found = []
    for number, tap in enumerate(taps):
        script = scripts[number] if number < len(scripts) else None
        found.append(player.tap(tap) if script is None else player.scripted(script))
    return Played(tuple(found), _counters(made[0]))


def _no_time(seconds: float) -> None:
    """A late answer is not waited for; the clock is the field's."""


def _counters(card: Card) -> dict[str, dict[str, int]]:
    found = {}
    for one in card.applications:
        if isinstance(one, Application):
            counters = one.counters
            kept = {"atc": counters.atc, "balance": counters.balance}
            for name in ("cumulative", "last_online_atc", "second_balance"):
                if value := getattr(counters, name):
                    kept[name] = value
            found[one.aid.hex().upper()] = kept
    return found


class _Player:
    """The second terminal in its surroundings; what is kept goes from tap to tap."""

    def __init__(
        self,
        configuration: second.Configuration,
        place: Field,
        around: Mapping[str, Any],
        answer: str | None,
    ) -> None:
        self._configuration, self._place, self._answer = configuration, place, answer
        self._listed = around.get("listed")
        self._store_says = around.get("store")
        self._fails = around.get("store_fails", 0)
        self._calls = 0
        self._record: bytes | None = None
        self._tap = PlayedTap()

    def tap(self, spec: Document) -> PlayedTap:
        """One transaction."""
        self._tap = PlayedTap()
        transaction = spec["transaction"]
        torn = self._torn(spec)
        self._place.begin()
        try:
            result = second.tap(
                self._configuration,
                second.Transaction(
                    **{key: transaction[key] for key in TRANSACTION if key in transaction},
                    unpredictable=bytes.fromhex(transaction["unpredictable"]),
                ),
                self._present,
                lookup=None if self._listed is None else self._find,
                store=None if self._store_says is None else self._keep,
                clock=lambda: self._place.now,
                start=transaction.get("start", "A"),
                torn=torn,
                purpose=PURPOSES[transaction.get("purpose", "payment")],
            )
        except second.CallRefused:
            self._tap.refused = True
            return self._tap
        self._tap.result = told(vars(result))
        if result.status == "online_request" and self._answer is not None:
            self._tap.steps.append(["host", self._answer])
            self._tap.after_host = told(vars(second.complete(result, self._answer or None)))
        return self._tap

    def scripted(self, commands: Sequence[str]) -> PlayedTap:
        """Commands as they are given, in one presentment."""
        self._tap = PlayedTap()
        self._place.begin()
        transmit = self._present()
        for command in commands if transmit is not None else ():
            try:
                assert transmit is not None
                transmit(bytes.fromhex(command))
            except (second.Lost, second.Cancelled):
                break
        return self._tap

    def _torn(self, spec: Document) -> bytes | None:
        if not spec.get("recovers"):
            return None
        if self._record is None:
            raise CannotPlay("a tap is to be recovered of which no store has kept a record")
        if "damage" not in spec:
            return self._record
        changed = bytearray(self._record)
        bit = spec["damage"] % (8 * len(changed))
        changed[bit // 8] ^= 0x80 >> bit % 8
        return bytes(changed)

    def _present(self) -> Callable[[bytes], bytes] | None:
        while True:
            found = self._place.detect()
            self._tap.steps.append(["detect", DETECTED[found], self._place.now])
            if found == "cancel":
                raise second.Cancelled
            if found != "collision":
                return self._transmit if found == "card" else None

    def _transmit(self, command: bytes) -> bytes:
        sent = command.hex().upper()
        self._tap.commands.append(sent)
        try:
            answer = self._place.transmit(command)
        except Cancelled:
            self._tap.steps.append(["transmit", sent, "cancel", self._place.now])
            raise second.Cancelled from None
        except Gone as gone:
            how = "timeout" if gone.mute else "lost"
            self._tap.steps.append(["transmit", sent, how, self._place.now])
            raise second.Lost from None
        self._tap.steps.append(["transmit", sent, answer.hex().upper(), self._place.now])
        return answer

    def _find(self, pan: str, sequence: str | None) -> bool:
        number = None if sequence is None else int(sequence)
        found = pan in (self._listed or ())
        self._tap.looked_up.append([pan, number])
        self._tap.steps.append(["lookup", pan, number, "found" if found else "not_found"])
        return found

    def _keep(self, record: bytes | None) -> bool:
        word = "drop" if record is None else "keep"
        self._calls += 1
        done = self._store_says == "kept" and self._calls != self._fails
        self._tap.stored.append(word)
        self._tap.steps.append(["store", word, "done" if done else "failed"])
        if done:
            self._record = record
        return done


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """A result of the second terminal: words and numbers, lists as sorted pairs of hex."""
    found = {name: values[name] for name in RESULT}
    for name in LISTS:
        found[name] = sorted(_pairs(values[name]))
    return found


def _pairs(data: bytes) -> Iterator[list[str]]:
    for tag, value in tlv.decode(data):
        yield [f"{tag:X}", value.hex().upper()]
