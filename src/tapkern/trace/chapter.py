"""One transcript as a chapter of the story of a torn tap: presentments, decisions, records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tapkern._numbers import Event, StepKind
from tapkern.data.codes import Text
from tapkern.data.money import parse_amount
from tapkern.outcome import Status, reason_words
from tapkern.trace import kept
from tapkern.trace.decisions import BALANCES, Decision, balance_of, data_tag, decisions
from tapkern.trace.kept import Kept
from tapkern.trace.transcript import RecordedStep, Transcript

GONE = (Event.LOST, Event.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Moment:
    """A command, or what became of the record; milliseconds since the tap began.

    command is empty for a record: "kept", "not_kept", "dropped_paid", "dropped_unpaid" or
    "not_dropped". sw: the status word as hexadecimal, None when the card gave no answer. decides:
    the command was the last READ RECORD of a card that was to pay, and it got no answer.
    """

    at_ms: int
    command: bytes
    event: Event
    sw: str | None
    record: str
    torn: bool
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Presentment:
    """A card in the field, from 1; event: CARD, or why none came. turned_away: it was another card
    than that of the torn tap, by what it answered, and the same one was asked for again (TT-015).
    """

    number: int
    at_ms: int
    event: Event
    decisions: tuple[Decision, ...]
    moments: tuple[Moment, ...]
    turned_away: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A balance that a recovery read. reading: "after", "before", "neither", "unreadable"."""

    tag: int
    balance: int | None
    reading: str


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome of a transcript. balance is minor units, None when not told."""

    status: str
    reason: str
    rule: str | None
    oda_rule: str | None
    balance: int | None
    balance_is_before: bool
    may_have_paid: bool
    rules_lost: bool

    @property
    def approved(self) -> bool:
        """Only an approval is one."""
        return self.status == Status.APPROVED

    @property
    def text(self) -> Text:
        """The reason in words."""
        return reason_words(self.reason)


@dataclass(slots=True)
class Record:
    """What became of one torn record. kept: None when it cannot be read.

    state: "given" (to a recovery), "kept", "dropped_paid", "dropped_unpaid", "not_dropped".
    """

    name: bytes | None = field(repr=False)
    kept: Kept | None
    state: str
    torn: bool = False
    seen: list[Seen] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One transcript: where it stands, when it was, what happened. recovers: it was begun with a
    record. opening: decisions before a card came. ending is None when the transcript was cut."""

    path: str
    line: int
    redacted: bool
    date: str
    time: str
    sequence: int
    reader: str
    configuration: str
    recovers: bool
    opening: tuple[Decision, ...]
    presentments: tuple[Presentment, ...]
    ending: Ending | None
    torn: bool
    transcript: Transcript = field(repr=False)
    records: tuple[Record, ...] = field(repr=False)

    @property
    def decisions(self) -> Iterator[Decision]:
        """Every decision that is told, in order."""
        yield from self.opening
        for presentment in self.presentments:
            yield from presentment.decisions
            for moment in presentment.moments:
                yield from moment.decisions


class _Walk:
    """Goes through the steps of a transcript once."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.exponent = transcript.transaction.exponent
        self.opening: list[Decision] = []
        self.presentments: list[tuple[RecordedStep, list[Decision], list[Moment]]] = []
        self.records: list[Record] = []
        self.held: list[Record] = []
        self.turned_away: set[int] = set()
        self.at_stake = False  # the next command is a last READ RECORD, its record is kept
        torn = transcript.transaction.torn
        if torn is not None:
            self.held.append(_record(torn, "given", torn=True))
            self.records.append(self.held[0])

    def go(self) -> None:
        steps = self.transcript.steps
        for at, step in enumerate(steps):
            record = self.held[-1].kept if self.held else None
            found = list(decisions(step, record, self.exponent))
            if step.kind is StepKind.DETECT:
                self._leave()
                self.presentments.append((step, found, []))
            elif step.kind is StepKind.TRANSMIT:
                self._command(step, found)
            elif step.kind is StepKind.STORE:
                goes_on = any(later.kind is StepKind.TRANSMIT for later in steps[at:])
                self._store(step, found, goes_on)
            elif self.presentments:
                self.presentments[-1][1].extend(found)
            else:
                self.opening += found

    def _leave(self) -> None:
        """Another card is waited for: did the one before answer, and nothing say why it went?"""
        if not self.held or not self.presentments or not self.presentments[-1][2]:
            return
        last = self.presentments[-1][2][-1]
        if last.event is Event.ANSWER and all(one.held for one in last.decisions):
            self.turned_away.add(len(self.presentments))

    def _add(self, step: RecordedStep, found: list[Decision], record: str, torn: bool) -> None:
        sw = None if step.answer is None else step.answer[-2:].hex().upper()
        command = step.command
        if not self.presentments:  # a transcript that someone shortened
            self.opening += found
            return
        at_ms = step.sent_ms - self.transcript.began_ms
        moment = Moment(
            at_ms, command, step.event, sw if command else None, record, torn, tuple(found)
        )
        self.presentments[-1][2].append(moment)

    def _command(self, step: RecordedStep, found: list[Decision]) -> None:
        lost = step.event in GONE
        torn = lost and (self.at_stake or any(one.rule == "TT-005" and one.held for one in found))
        if torn and self.at_stake:
            self.held[-1].torn = True
        self.at_stake = False
        tag = data_tag(step.command)
        if self.held and tag in BALANCES and not lost:
            self.held[-1].seen.append(_seen(self.held[-1].kept, tag, balance_of(step)))
        self._add(step, found, "", torn)

    def _store(self, step: RecordedStep, found: list[Decision], goes_on: bool) -> None:
        done = step.event is Event.DONE
        if step.data:
            what = "kept" if done else "not_kept"
            if done:
                self.held.append(_record(step.data, "kept"))
                self.records.append(self.held[-1])
            self.at_stake = done
        else:
            what = ("dropped_unpaid" if goes_on else "dropped_paid") if done else "not_dropped"
            if self.held:
                self.held[-1].state = what
            if done and self.held:
                self.held.pop()
        self._add(step, found, what, torn=False)


def _record(data: bytes, state: str, *, torn: bool = False) -> Record:
    found = kept.read(data)
    if found is not None:
        return Record(found.name, found, state, torn)
    return Record(data if any(data) else None, None, state, torn)


def _seen(record: Kept | None, tag: int, balance: int | None) -> Seen:
    if balance is None:
        return Seen(tag, None, "unreadable")
    after, before = (None, None) if record is None else (record.after, record.before)
    reading = {after: "after"}.get(balance) or {before: "before"}.get(balance, "neither")
    return Seen(tag, balance, reading)


def chapter(transcript: Transcript) -> Chapter:
    """A transcript, told."""
    walk = _Walk(transcript)
    walk.go()
    transaction = transcript.transaction
    presentments = tuple(
        Presentment(
            number,
            step.received_ms - transcript.began_ms,
            step.event,
            tuple(found),
            tuple(moments),
            number in walk.turned_away,
        )
        for number, (step, found, moments) in enumerate(walk.presentments, 1)
    )
    ending = ending_of(transcript)
    torn = any(moment.torn for one in presentments for moment in one.moments)
    return Chapter(
        path=transcript.path,
        line=transcript.line,
        redacted=transcript.redacted,
        date=transaction.date,
        time=transaction.time,
        sequence=transaction.sequence,
        reader=transcript.reader,
        configuration=f"{transcript.config_name or '-'} {transcript.config_digest[:8]}",
        recovers=transaction.torn is not None,
        opening=tuple(walk.opening),
        presentments=presentments,
        ending=ending,
        torn=torn or transaction.torn is not None or (ending is not None and ending.may_have_paid),
        transcript=transcript,
        records=tuple(walk.records),
    )


def ending_of(transcript: Transcript) -> Ending | None:
    """The last outcome of a transcript."""
    if not transcript.outcomes:
        return None
    found = transcript.outcomes[-1]
    balance = found.get("balance")
    return Ending(
        status=str(found["outcome"]),
        reason=str(found["reason"]),
        rule=_word(found.get("rule")),
        oda_rule=_word(found.get("oda_rule")),
        balance=None
        if balance is None
        else parse_amount(str(balance), transcript.transaction.exponent),
        balance_is_before=bool(found.get("balance_is_before")),
        may_have_paid=bool(found.get("card_may_have_paid")),
        rules_lost=bool(found.get("rules_lost")),
    )


def _word(value: object) -> str | None:
    return str(value) if value else None
