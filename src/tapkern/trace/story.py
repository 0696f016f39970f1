"""The story of a torn tap: the transcripts that belong together, their decisions, sums and end.

Transcripts belong together when they hold the same torn record: the one in which STORE kept it
and those that were begun with it. A redacted transcript holds the record without the card number,
and is told from every other one by what the terminal sent, the ATC and the cryptogram. Nothing is
judged here: the verdict is what the outcomes and the steps of the transcripts say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tapkern import _kernel
from tapkern._numbers import StepKind
from tapkern.data import story as words
from tapkern.data.codes import Text
from tapkern.data.mask import mask_pan
from tapkern.data.money import MAX_AMOUNT, format_amount
from tapkern.errors import TlvError
from tapkern.trace.chapter import Chapter, Ending, Record, Seen, chapter, ending_of
from tapkern.trace.transcript import Transcript

_RECOVERY_RULES = ("TT-005", "TT-016", None)  # ends at which no card said anything
_PROOF = ("TT-012", "TT-013", "TT-014", "TT-020")


class Verdict(StrEnum):
    """What became of the money. DOUBTFUL: the card may have paid, and its data did not pass.
    OPEN: the card did not come back, and no recovery is known."""

    PAID_ONCE = "paid_once"
    NOT_PAID = "not_paid"
    UNDECIDED = "undecided"
    DOUBTFUL = "doubtful"
    OPEN = "open"

    @property
    def settled(self) -> bool:
        """Nothing is left to do for it."""
        return self in (Verdict.PAID_ONCE, Verdict.NOT_PAID)


@dataclass(frozen=True, slots=True)
class Sums:
    """The money of one torn record, minor units; None where the card did not tell.

    after: what the card said it would be once it has paid; before: that and the amount. record:
    what became of the record, "kept", "given" (to a recovery that left it), "dropped_paid",
    "dropped_unpaid", "not_dropped" or "none". torn: the card was lost while it read this one.
    """

    atc: int | None
    amount: int
    before: int | None
    after: int | None
    seen: tuple[Seen, ...]
    record: str
    torn: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Another tap of the same card. began_with, ended_with: balances, minor units, if told.
    certain: by the whole card number; else only the masked one is the same."""

    path: str
    line: int
    date: str
    time: str
    amount: int
    atc: int | None
    status: str
    reason: str
    rule: str | None
    began_with: int | None
    ended_with: int | None
    certain: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A torn tap from its beginning to what is known of its end. pan is masked.

    rules: those that decided. balance: the last one that an outcome told, minor units. others:
    further taps of this card in the same files.
    """

    pan: str | None
    psn: int | None
    amount: int
    currency: int
    exponent: int
    date: str
    time: str
    verdict: Verdict
    rules: tuple[str, ...]
    meaning: Text
    sums: tuple[Sums, ...]
    balance: int | None
    chapters: tuple[Chapter, ...]
    others: tuple[Other, ...]

    @property
    def has_first(self) -> bool:
        """The torn tap itself is among the transcripts, not only its recovery."""
        return any(not one.recovers for one in self.chapters)

    @property
    def doubtful_record(self) -> bool:
        """A record of it is still with the terminal."""
        return any(one.record in ("kept", "not_dropped", "given") for one in self.sums)


def stories(transcripts: Iterable[Transcript]) -> tuple[Story, ...]:
    """Every torn tap in these transcripts, in the order of their time."""
    taps = _once(transcripts)
    groups = _groups([one for one in map(chapter, taps) if one.torn])
    cards = [(one, _card(one)) for one in taps]
    found = [_story(sorted(group, key=_when), cards) for group in groups]
    return tuple(sorted(found, key=lambda story: (story.date, story.time, story.chapters[0].path)))


def _when(one: Chapter) -> tuple[bool, str, str, int]:
    return one.recovers, one.date, one.time, one.transcript.began_ms


def _once(transcripts: Iterable[Transcript]) -> list[Transcript]:
    """Without a second copy of a tap; of a whole and a redacted one the whole one stays."""
    found: dict[object, Transcript] = {}
    for one in sorted(transcripts, key=lambda one: one.redacted):
        end = one.outcomes[-1] if one.outcomes else {}
        steps = tuple((step.command, step.event, step.received_ms) for step in one.steps)
        names = tuple(record.name for record in chapter(one).records)
        transaction = one.transaction
        key = (
            transaction.date, transaction.time, transaction.sequence, transaction.amount,
            one.began_ms, one.began_random, one.config_digest, steps, names, end.get("pan"),
        )  # fmt: skip
        found.setdefault(key, one)
    return list(found.values())


def _groups(chapters: Sequence[Chapter]) -> list[list[Chapter]]:
    """Those that share a torn record."""
    groups: list[tuple[set[bytes], list[Chapter]]] = []
    for one in chapters:
        names = {record.name for record in one.records if record.name is not None}
        linked = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        members = [member for group in linked for member in group[1]]
        groups.append((names.union(*(group[0] for group in linked)), [*members, one]))
    return [group for _, group in groups]


# --- the card ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Card:
    """pan: the whole number, None in a redacted transcript."""

    pan: str | None = field(repr=False)
    psn: int | None
    masked: str | None

    def is_card(self, other: _Card) -> bool:
        """The same number and sequence number."""
        return self.pan is not None and (self.pan, self.psn) == (other.pan, other.psn)

    def may_be(self, other: _Card) -> bool:
        """The same as far as can be told."""
        both = self.pan is not None and other.pan is not None
        apart = None not in (self.psn, other.psn) and self.psn != other.psn
        alike = self.masked is not None and self.masked == other.masked
        return alike and not both and not apart


def _card(transcript: Transcript, records: Iterable[Record] = ()) -> _Card:
    """The card of a tap: that of its outcome, or of its record when the outcome names none."""
    told = transcript.outcomes[-1].get("pan") if transcript.outcomes else None
    masked = None if told is None else str(told)
    if masked is not None and "*" not in masked:
        masked = mask_pan(masked)
    for record in records:
        if record.kept is not None and (record.kept.pan is not None or masked is None):
            return _Card(record.kept.pan, record.kept.psn, record.kept.masked)
    for step in reversed(transcript.steps):
        if step.kind is not StepKind.TRANSMIT or step.answer is None:
            continue
        try:
            message = _kernel.Message(step.answer[:-2])
        except TlvError:
            continue
        pan = _pan(message)
        if pan is not None and masked in (None, mask_pan(pan)):
            psn = _psn(transcript)
            return _Card(pan, psn, mask_pan(pan))
    return _Card(None, _psn(transcript), masked)


def _pan(message: _kernel.Message) -> str | None:
    number, track = message.get(0x5A), message.get(0x57)
    if number is not None:
        digits = number.hex().rstrip("f")
    else:
        digits = (track or b"").hex().partition("d")[0]
    return digits if digits.isdecimal() and digits.strip("0") else None


def _told(transcript: Transcript, tag: int) -> bytes | None:
    """The last value of a tag that the card gave."""
    for step in reversed(transcript.steps):
        if step.kind is StepKind.TRANSMIT and step.answer is not None:
            try:
                value = _kernel.Message(step.answer[:-2]).get(tag)
            except TlvError:
                continue
            if value is not None:
                return value
    return None


def _psn(transcript: Transcript) -> int | None:
    value = _told(transcript, 0x5F34)
    digits = "" if value is None else value.hex()
    return int(digits) if len(digits) == 2 and digits.isdecimal() else None


def _atc(transcript: Transcript) -> int | None:
    value = _told(transcript, 0x9F36)
    return None if value is None or len(value) != 2 else int.from_bytes(value, "big")


def _others(
    group: Sequence[Chapter], card: _Card, cards: Iterable[tuple[Transcript, _Card]]
) -> tuple[Other, ...]:
    own = [one.transcript for one in group]
    found = []
    for transcript, its in cards:
        if any(transcript is one for one in own):
            continue
        certain = card.is_card(its)
        if certain or card.may_be(its):
            found.append(_other(transcript, certain))
    return tuple(sorted(found, key=lambda one: (one.date, one.time, one.path, one.line)))


def _other(transcript: Transcript, certain: bool) -> Other:
    end = ending_of(transcript)
    transaction = transcript.transaction
    before = after = None
    if end is not None and end.balance is not None:
        if end.balance_is_before:
            before = end.balance
        elif end.approved:
            before, after = end.balance + transaction.amount, end.balance
    return Other(
        path=transcript.path,
        line=transcript.line,
        date=transaction.date,
        time=transaction.time,
        amount=transaction.amount,
        atc=_atc(transcript),
        status="" if end is None else end.status,
        reason="" if end is None else end.reason,
        rule=None if end is None else end.rule,
        began_with=None if before is None or before > MAX_AMOUNT else before,
        ended_with=after,
        certain=certain,
    )


# --- the end -------------------------------------------------------------------------------------


def _story(group: Sequence[Chapter], cards: Sequence[tuple[Transcript, _Card]]) -> Story:
    first = group[0]
    transaction = first.transcript.transaction
    found = [_card(one.transcript, one.records) for one in group]
    found.sort(key=lambda one: (one.pan is None, one.masked is None))
    card = found[0]
    kept = next((one.kept for one in first.records if one.kept is not None), None)
    from_record = first.recovers and kept is not None
    sums = _sums(group)
    amount = kept.amount if from_record and kept else transaction.amount
    verdict, rules, meaning = _verdict(group, format_amount(amount, transaction.exponent))
    balances = [one.ending.balance for one in group if one.ending is not None]
    return Story(
        pan=card.masked,
        psn=card.psn,
        amount=amount,
        currency=transaction.currency,
        exponent=transaction.exponent,
        date=kept.date if from_record and kept else transaction.date,
        time=kept.time if from_record and kept else transaction.time,
        verdict=verdict,
        rules=rules,
        meaning=meaning,
        sums=sums,
        balance=next((one for one in reversed(balances) if one is not None), None),
        chapters=tuple(group),
        others=_others(group, card, cards),
    )


def _sums(group: Sequence[Chapter]) -> tuple[Sums, ...]:
    """One for each record, in order, with what every chapter saw and did of it."""
    found: dict[bytes | int, list[Record]] = {}
    for one in group:
        for record in one.records:
            found.setdefault(id(record) if record.name is None else record.name, []).append(record)
    sums = [_of_record(records, group[0]) for records in found.values()]
    if sums:
        return tuple(sums)
    transcript = group[0].transcript
    return (Sums(_atc(transcript), transcript.transaction.amount, None, None, (), "none", True),)


def _of_record(records: Sequence[Record], first: Chapter) -> Sums:
    kept = next((one.kept for one in records if one.kept is not None), None)
    dropped = next((one.state for one in records if one.state.startswith("dropped")), None)
    return Sums(
        atc=None if kept is None else kept.atc,
        amount=first.transcript.transaction.amount if kept is None else kept.amount,
        before=None if kept is None else kept.before,
        after=None if kept is None else kept.after,
        seen=tuple(seen for one in records for seen in one.seen),
        record=dropped or records[-1].state,
        torn=any(one.torn for one in records),
    )


def _verdict(group: Sequence[Chapter], amount: str) -> tuple[Verdict, tuple[str, ...], Text]:
    """The chapter that settled it, or else the last one, and what that says."""
    settled = [one for one in group if one.ending is not None and one.ending.approved]
    settled = settled or [one for one in group if _unpaid(one) and not _may_have_paid(one)]
    last = settled[-1] if settled else group[-1]
    ending = last.ending
    if ending is None:
        return Verdict.OPEN, (), words.say("meaning", "cut", amount=amount)
    verdict, meaning = _judged(last, ending, any(one.recovers for one in group))
    named = [one.rule for one in last.decisions if one.held and one.rule in _proof(meaning)]
    named += [rule for rule in (ending.rule, ending.oda_rule) if rule]
    return verdict, tuple(dict.fromkeys(named)), words.say("meaning", meaning, amount=amount)


def _proof(meaning: str) -> tuple[str, ...]:
    if meaning == "recovered":
        return _PROOF
    return ("TT-015",) if meaning in ("anew", "not_paid", "not_paid_online", "not_dropped") else ()


def _unpaid(one: Chapter) -> bool:
    """The card said that a torn tap took nothing, and its record was dropped (TT-015)."""
    return any(record.state == "dropped_unpaid" for record in one.records)


def _may_have_paid(one: Chapter) -> bool:
    return one.ending is None or one.ending.may_have_paid


def _judged(last: Chapter, ending: Ending, recovery: bool) -> tuple[Verdict, str]:
    """The verdict, and the key of what it means."""
    if ending.approved:
        return Verdict.PAID_ONCE, "recovered" if ending.reason == "recovered" else "anew"
    if ending.reason == "store_failed":
        key = "not_dropped" if ending.rule == "TT-015" else "nothing_asked"
        return Verdict.NOT_PAID, key
    if not ending.may_have_paid:
        online = ending.status == "online_request"
        return Verdict.NOT_PAID, "not_paid_online" if online else "not_paid"
    if ending.rule is not None and not ending.rule.startswith("TT-"):
        return Verdict.DOUBTFUL, "doubtful"
    if ending.rule in _RECOVERY_RULES and not recovery:
        return Verdict.OPEN, "open"
    return Verdict.UNDECIDED, "undecided"
