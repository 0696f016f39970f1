"""The stand of a case: what is around a kernel under test, and what it is seen to do there.

The cards behind their mutations, the list of cards, the store, the host. A kernel under test asks,
the stand answers and takes notes; whoever the kernel is, the notes are the same. Nothing here knows
a kernel.
"""

from __future__ import annotations

import datetime
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from tapkern.card import Card
from tapkern.card.application import Application
from tapkern.card.model import document_profile
from tapkern.card.profile import CardProfile
from tapkern.errors import CardTimeout, UsageError
from tapkern.lab.field import Cancelled, CardLike, Endless, Field, Gone
from tapkern.lab.results import Exchange, Identity
from tapkern.lab.suite import CardSpec, Case, TapSpec

MOST_STEPS = 4000
"""Steps of one tap; the longest one of a kernel that ends has some hundreds."""
REFUSED: Mapping[str, object] = {"outcome": "refused"}
"""What a call is that a kernel does not take (EP-004)."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DETECTED = {"card": "card", "collision": "collision", "none": "timeout", "cancel": "cancel"}


class Broken(Exception):
    """The kernel under test broke the protocol: the case has failed."""


class Trouble(Exception):
    """The case could not be carried out: it is inconclusive."""


@dataclass(frozen=True, slots=True)
class TapObserved:
    """A tap from outside. outcome: by the words of an outcome; {} when there was none.

    shown, shown_after: names of messages until the outcome, and after the host's answer.
    """

    outcome: Mapping[str, object] = field(default_factory=dict, repr=False)
    after_host: Mapping[str, object] | None = field(default=None, repr=False)
    exchanges: tuple[Exchange, ...] = ()
    shown: tuple[str, ...] = ()
    shown_after: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    looked_up: tuple[tuple[str, int | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Observed:
    """A case from outside. card: counters of the simulated cards afterwards, None when a card was a
    transcript. broken, trouble: why the case has failed or is inconclusive whatever the checks say.
    """

    taps: tuple[TapObserved, ...]
    card: Mapping[str, Mapping[str, object]] | None = field(default=None, repr=False)
    rules: tuple[tuple[str, int], ...] = ()
    configuration: str = ""
    broken: str = ""
    trouble: str = ""


class Around(Protocol):
    """What a kernel may ask of its surroundings: a stand, or the runner at the end of a wire."""

    @property
    def now(self) -> int:
        """Milliseconds of a monotonic clock."""
        ...

    def detect(self) -> str:
        """How a wait for a card ends: "card", "collision", "timeout", "cancel"."""
        ...

    def transmit(self, command: bytes) -> tuple[str, bytes | None]:
        """ "answer" with the answer; "lost", "timeout", "cancel" without."""
        ...

    def field_off(self) -> None:
        """The next detection resets the card."""
        ...

    def show(self, name: str) -> None:
        """A message is shown."""
        ...

    def lookup(self, pan: str, sequence: int | None) -> str:
        """Whether a card is listed: "found", "not_found", "unsupported"."""
        ...

    def store(self, record: bytes | None) -> str:
        """Keeps a record of a torn tap, or drops it: "done", "failed", "unsupported"."""
        ...


class Subject(Protocol):
    """A kernel under test, for one tap after the other. Errors of its calls: Broken, Trouble."""

    def hello(self) -> Identity:
        """Who it is. Errors: Trouble when it does not start."""
        ...

    def begin(
        self, case: Case, spec: TapSpec, stand: Stand, torn: bytes | None
    ) -> Mapping[str, object]:
        """A tap to its outcome, REFUSED when the call is not taken."""
        ...

    def host(self, answer: str, stand: Stand) -> Mapping[str, object]:
        """The outcome after the host's answer to the online request that begin gave."""
        ...

    def seen(self) -> tuple[tuple[str, int], ...]:
        """Marked decisions since the last call, of a kernel that has marks."""
        ...

    def configuration(self, case: Case) -> str:
        """The digest of the case's terminal configuration."""
        ...

    def close(self) -> None:
        """Lets go of it; the next call starts it again."""
        ...


def dated(value: Any) -> Any:
    """A document of JSON with the dates that TOML would have."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return {key: dated(one) for key, one in value.items()}
    if isinstance(value, list):
        return [dated(one) for one in value]
    return value


@lru_cache(maxsize=1000)
def _profile(name: str, text: str) -> CardProfile:
    """Profiles are values, and many cases share one."""
    return document_profile(dated(json.loads(text)), name)


def pattern(text: str) -> re.Pattern[str]:
    """A pattern of APDUs: hexadecimal, `?` is any digit, a trailing `*` any rest."""
    body = text.removesuffix("*").upper().replace("?", "[0-9A-F]")
    return _compiled(body + ("[0-9A-F]*" if text.endswith("*") else ""))


@lru_cache(maxsize=10_000)
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(text)


class TranscriptCard:
    """A card that knows answers only: to a command the first one that fits and was not given yet
    in this presentment, at last the last one that fits again. missing: what it was asked in vain.
    """

    def __init__(self, spec: CardSpec) -> None:
        self.missing = ""
        self._lines = [(pattern(one), bytes.fromhex(answer)) for one, answer in spec.transcript]
        self._given: set[int] = set()

    def reset(self) -> None:
        """Every answer may be given again."""
        self._given.clear()

    def transmit(self, command: bytes) -> bytes:
        """The answer. Errors: CardTimeout when the transcript has none."""
        text = command.hex().upper()
        fitting = [at for at, (one, _) in enumerate(self._lines) if one.fullmatch(text)]
        if not fitting:
            self.missing = self.missing or text
            raise CardTimeout("not in the transcript")
        at = next((one for one in fitting if one not in self._given), fitting[-1])
        self._given.add(at)
        return self._lines[at][1]


class Stand:
    """Answers what a kernel under test asks for in a case. now: ms of its clock.

    Errors of every question: Broken, when there are too many of them.
    """

    def __init__(self, case: Case) -> None:
        around = case.surroundings
        numbers = random.Random(around.get("card_random", 0))
        self.cards = tuple(_card(one, numbers) for one in case.cards)
        lists = [around.get(name, ()) for name in ("detections", "who", "waits")]
        self._field = Field(self.cards, case.mutations, *lists)
        self._listed = around.get("listed")
        self._says = around.get("store")
        self._fails = around.get("store_fails", 0)
        self._calls = 0
        self._record: bytes | None = None
        self._begin()

    def _begin(self) -> None:
        self.exchanges: list[Exchange] = []
        self.shown: list[str] = []
        self.stored: list[str] = []
        self.looked_up: list[tuple[str, int | None]] = []
        self._steps = 0
        self._field.begin()

    @property
    def kept(self) -> bool:
        """Whether the store holds a record of a torn tap."""
        return self._record is not None

    def begin(self, spec: TapSpec) -> bytes | None:
        """The next tap: the record that the kernel gets to recover, None for a new transaction."""
        self._begin()
        if not spec.recovers or self._record is None or spec.damage is None:
            return self._record if spec.recovers else None
        changed = bytearray(self._record)
        bit = spec.damage % (8 * len(changed))
        changed[bit // 8] ^= 0x80 >> bit % 8
        return bytes(changed)

    @property
    def now(self) -> int:
        """Milliseconds of the clock of the stand."""
        return self._field.now

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Broken(f"more than {MOST_STEPS} steps without an outcome")

    def detect(self) -> str:
        """How a wait for a card ends."""
        self._step()
        try:
            return _DETECTED[self._field.detect()]
        except Endless:
            raise Broken("it waits for cards without end") from None

    def transmit(self, command: bytes) -> tuple[str, bytes | None]:
        """What comes of a command."""
        self._step()
        answer: bytes | None = None
        try:
            answer = self._field.transmit(command) if len(command) >= 4 else b"\x67\x00"
            event = "answer"
        except Cancelled:
            event = "cancel"
        except Gone as gone:
            event = "timeout" if gone.mute else "lost"
        if answer is not None and not 2 <= len(answer) <= 258:
            event, answer = "lost", None
        found = None if answer is None else answer.hex().upper()
        self.exchanges.append(Exchange(command.hex().upper(), found, event))
        return event, answer

    def lookup(self, pan: str, sequence: int | None) -> str:
        """Whether a card is listed."""
        self._step()
        if self._listed is None:
            return "unsupported"
        self.looked_up.append((pan, sequence))
        return "found" if pan in self._listed else "not_found"

    def store(self, record: bytes | None) -> str:
        """Keeps a record, or drops it."""
        self._step()
        if self._says is None:
            return "unsupported"
        self.stored.append("drop" if record is None else "keep")
        self._calls += 1
        if self._says != "kept" or self._calls == self._fails:
            return "failed"
        self._record = record
        return "done"

    def field_off(self) -> None:
        """The next detection resets the card."""
        self._step()

    def show(self, name: str) -> None:
        """A message is shown."""
        self._step()
        self.shown.append(name)

    def missing(self) -> str:
        """A command that a static transcript does not hold, "" when there was none."""
        missing = (one.missing for one in self.cards if isinstance(one, TranscriptCard))
        return next(filter(None, missing), "")

    def counters(self) -> dict[str, dict[str, object]] | None:
        """The counters of every application: the first card's by AID, others by "1/AID"."""
        found: dict[str, dict[str, object]] = {}
        for number, card in enumerate(self.cards):
            if not isinstance(card, Card):
                return None
            for one in card.applications:
                if isinstance(one, Application):
                    name = one.aid.hex().upper()
                    found[f"{number}/{name}" if number else name] = _counters(one)
        return found


def _card(spec: CardSpec, numbers: random.Random) -> CardLike:
    if spec.personalisation is None:
        return TranscriptCard(spec)
    profile = _profile(spec.name, json.dumps(spec.personalisation))
    return Card(profile, random=numbers.randbytes, sleep=_no_time)


def _no_time(seconds: float) -> None:
    """A late answer is not waited for; the clock is the stand's."""


def _counters(application: Application) -> dict[str, object]:
    counters = application.counters
    found: dict[str, object] = {}
    for name in counters.__dataclass_fields__:
        value = getattr(counters, name)
        if isinstance(value, bytes):
            found[name] = value.hex().upper()
        elif isinstance(value, int):
            found[name] = value
    return found


def observe(subject: Subject, case: Case) -> Observed:
    """Runs a case on a kernel under test; whatever goes wrong is in the result."""
    taps: list[TapObserved] = []
    rules: list[tuple[str, int]] = []
    try:
        stand = Stand(case)
        configuration = subject.configuration(case)
    except (UsageError, Trouble) as error:
        return Observed((), trouble=str(error))
    broken = trouble = ""
    try:
        for spec in case.taps:
            if spec.recovers and not stand.kept:
                break  # the checks on this tap say so
            taps.append(_tap(subject, case, spec, stand))
            rules += subject.seen()
    except Broken as error:
        broken = str(error)
    except Trouble as error:
        trouble = str(error)
    if broken or trouble:
        subject.close()
        rules += subject.seen()
        taps.append(TapObserved(exchanges=tuple(stand.exchanges), shown=tuple(stand.shown)))
    if stand.missing():
        trouble, broken = f"the transcript has no answer to {stand.missing()}", ""
    return Observed(tuple(taps), stand.counters(), tuple(rules), configuration, broken, trouble)


def _tap(subject: Subject, case: Case, spec: TapSpec, stand: Stand) -> TapObserved:
    torn = stand.begin(spec)
    outcome = subject.begin(case, spec, stand, torn)
    shown, after = tuple(stand.shown), None
    if outcome.get("outcome") == "online_request" and case.host is not None:
        after = subject.host(case.host, stand)
    return TapObserved(
        outcome,
        after,
        tuple(stand.exchanges),
        shown,
        tuple(stand.shown[len(shown) :]),
        tuple(stand.stored),
        tuple(stand.looked_up),
    )
