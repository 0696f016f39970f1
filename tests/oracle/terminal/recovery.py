"""A torn tap brought to its end with the same card: 30 section 14, TT-010 to TT-020."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json

from tests.oracle import tlv
from tests.oracle.terminal import dol, gpo, record, records, selection
from tests.oracle.terminal.configuration import Configuration
from tests.oracle.terminal.outcome import End
from tests.oracle.terminal.preprocess import Usable
from tests.oracle.terminal.session import Candidate, Link, Session, Transaction, day

MOST_PRESENTMENTS = 20
SENT = ("DF60", "DF69", "9F7A")


class Again(Exception):
    """Not the card, or it is gone again: the same one is asked for (TT-015)."""


class NotPaid(Exception):
    """TT-015: the balance is the one before. left: the candidates of this presentment."""

    def __init__(self, left: list[Candidate]) -> None:
        super().__init__()
        self.left = left


def undecided(rule: str) -> End:
    """TT-018, TT-019: no approval, and the record stays."""
    return End("end_application", "card_may_have_paid", rule)


@dataclasses.dataclass(frozen=True)
class Kept:
    """TT-010: what is kept of a tap. The AFL, the ATC and the balance are in the answer to GPO."""

    name: bytes
    answer: bytes
    pan: str | None
    psn: bytes | None
    ttq: bytes
    sent: dict[str, bytes]
    transaction: Transaction

    @classmethod
    def of(cls, session: Session) -> Kept:
        values = dol.terminal_values(session)
        return cls(
            name=session.candidate.name,
            answer=session.answer,
            pan=session.pan,
            psn=_psn(session),
            ttq=session.candidate.ttq,
            sent={tag: values[tag] for tag in SENT},
            transaction=session.transaction,
        )

    def encoded(self) -> bytes:
        """The record of a store, with a check sum (70 XA-041)."""
        text = json.dumps(dataclasses.asdict(self), default=bytes.hex).encode()
        return hashlib.sha256(text).digest() + text

    @classmethod
    def decoded(cls, data: bytes) -> Kept:
        """TT-019: raises End for what no store has kept like this."""
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            raise undecided("TT-019")
        found = json.loads(data[32:])
        transaction = found.pop("transaction")
        number = bytes.fromhex(transaction.pop("unpredictable"))
        return cls(
            name=bytes.fromhex(found["name"]),
            answer=bytes.fromhex(found["answer"]),
            pan=found["pan"],
            psn=None if found["psn"] is None else bytes.fromhex(found["psn"]),
            ttq=bytes.fromhex(found["ttq"]),
            sent={tag: bytes.fromhex(value) for tag, value in found["sent"].items()},
            transaction=Transaction(**transaction, unpredictable=number),
        )


def usable_for(kept: Kept, transaction: Transaction, configuration: Configuration) -> None:
    """TT-016: the same purchase, not later than FF803C; raises End for another one."""
    before = kept.transaction
    for name in ("amount", "other", "currency", "type"):
        if getattr(before, name) != getattr(transaction, name):
            raise undecided("TT-016")
    first, now = _moment(before), _moment(transaction)
    if first is None or now is None:
        raise undecided("TT-016")
    if not 0 <= (now - first).total_seconds() <= configuration.torn:
        raise undecided("TT-016")


def _moment(transaction: Transaction) -> datetime.datetime | None:
    date, text = day(transaction.date), transaction.time
    if date is None:
        return None
    try:
        clock = datetime.time(int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
    return datetime.datetime.combine(date, clock)


def resume(
    kept: Kept, configuration: Configuration, current: Transaction, link: Link, usable: Usable
) -> Session:
    """The tap with its last record read, ready to be judged (TT-020).

    Raises Again, Lost (the same), NotPaid, or End.
    """
    left, session = _selected(kept, configuration, current, link, usable)
    try:
        gpo.judge(session, kept.answer)
    except End:
        raise undecided("TT-011") from None
    if session.kind != "TC" or not session.afl:
        raise undecided("TT-011")
    for at in range(len(session.afl) - 1):
        try:
            records.read_one(session, at)
        except End as end:
            raise _not_it(end) from None
    _same_card(kept, session)
    if kept.transaction.amount:  # TT-020
        _committed(kept, session, left)
    try:
        records.read_one(session, len(session.afl) - 1)
    except End as end:
        raise end if end.reason == "too_many_commands" else undecided("TT-014") from None
    if session.card.get("9F69", b"\x00")[:1] != b"\x01":
        # TT-020, FD-006: version 00 signs nothing of the last record, so its copy proves nothing.
        raise undecided("TT-020")
    session.read = True
    return session


def _not_it(end: End) -> Exception:
    """TT-015: what another card says decides nothing; a limit of the tap does."""
    return end if end.reason == "too_many_commands" else Again()


def _selected(
    kept: Kept, configuration: Configuration, current: Transaction, link: Link, usable: Usable
) -> tuple[list[Candidate], Session]:
    """TT-011: the same application, no other one."""
    try:
        left = selection.candidates(link, usable)
        same = [one for one in left if one.name == kept.name and one.combination.is_k7]
        if not same:
            raise Again
        candidate = min(same, key=lambda one: one.priority)
        found = selection.application(link, candidate)
    except End as end:
        raise _not_it(end) from None
    if found is None:
        raise Again
    # TT-020, QP-004: the bytes that were sent in GPO.
    candidate = dataclasses.replace(candidate, ttq=kept.ttq)
    before = dataclasses.replace(kept.transaction, exponent=current.exponent)
    session = Session(configuration, before, link, candidate, *found[:2])
    session.sent = kept.sent
    session.paid = session.stored = True
    return left, session


def _same_card(kept: Kept, session: Session) -> None:
    """TT-012."""
    pan = None
    if "5A" in session.card:
        pan = None if "5A" in session.in_gpo else session.pan
    elif "57" not in session.in_gpo:
        pan = session.track_pan
    if pan is None:
        raise undecided("TT-012")
    if pan != kept.pan or _psn(session) != kept.psn:
        raise Again
    if _get_data(session, "9F36") != session.card["9F36"]:
        raise undecided("TT-012")


def _psn(session: Session) -> bytes | None:
    """TT-012: what the records say, where they do, not a copy in the answer to GPO (TLV-022)."""
    return session.record_psn or session.card.get("5F34")


def _committed(kept: Kept, session: Session, left: list[Candidate]) -> None:
    """TT-013."""
    expected = record.balance_with_source(session)
    if expected is None:
        raise undecided("TT-019")
    after, tag = expected
    value = _get_data(session, tag)
    if value is None or len(value) != 6 or not value.hex().isdecimal():
        raise undecided("TT-019")
    now = int(value.hex())
    if now == after + kept.transaction.amount:
        # XA-042, CMD-033: without GPO a card tells its first purse, which may not have been asked.
        if _get_data(session, "9F51") != kept.transaction.values()["5F2A"]:
            raise undecided("TT-019")
        raise NotPaid(left)
    if now != after:
        raise undecided("TT-013")


def _get_data(session: Session, tag: str) -> bytes | None:
    """CMD-030: the value, None when the card does not tell it."""
    data, status = session.link.send(b"\x80\xca" + bytes.fromhex(tag) + b"\x00")
    if status != 0x9000:
        return None
    try:
        return tlv.only(data, tag)
    except tlv.Malformed:
        return None
