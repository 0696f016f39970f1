"""The decision after the card is read: 30 sections 8 to 11."""

from __future__ import annotations

from tests.oracle.terminal import cvm, gpo, oda, restrictions
from tests.oracle.terminal.outcome import End
from tests.oracle.terminal.session import Session


def decide(session: Session, lookup: restrictions.Lookup | None) -> End:
    """The outcome, in the order of QP-127."""
    if session.kind == "ARQC":
        _online_data(session)  # QP-171
    # Section 8 is for a TC, and for an ARQC whose records were read.
    checked = session.kind == "TC" or session.read
    pending = checked and restrictions.check(session, lookup)
    session.cvm = cvm.determine(session)
    if pending:
        return _online(session, "expired_online", "QP-174")
    return _tc(session) if session.kind == "TC" else _arqc(session)


def _tc(session: Session) -> End:
    """FD-001, QP-120 ... QP-123."""
    if oda.perform(session):
        if session.cvm == "online_pin":
            return _online(session, "pin_needs_online", "QP-110")
        if session.ttq(2, 8) and session.combination.word("qp.tc_despite_online") == "online":
            return _online(session, "tc_sent_online", "QP-170")
        return End("approved", "approved_offline", "QP-120")
    if session.ctq_bit(1, 6) and not session.ttq(1, 4):
        return _online(session, "authentication_failed_online", "QP-121")
    if session.ctq_bit(1, 5) and session.ttq(1, 5):
        return End("try_another_interface", "authentication_failed_contact", "QP-122")
    return End("declined", "authentication_failed", "QP-123")


def _arqc(session: Session) -> End:
    """QP-124 ... QP-126, QP-172."""
    if not session.online_oda:
        return _online(session, "card_asked_online", "QP-124")
    if gpo.reads(session) and oda.perform(session):
        return _online(session, "online_authenticated", "QP-125")
    if session.combination.word("qp.online_oda_fail") == "decline":
        return End("declined", "authentication_failed", "QP-126")
    return _online(session, "online_unauthenticated", "QP-126")


def _online(session: Session, reason: str, rule: str) -> End:
    """TTQ-004: an offline-only terminal never asks online."""
    if session.ttq(1, 4):
        return End("declined", "offline_only", "TTQ-004")
    _online_data(session)
    return End("online_request", reason, rule)


def _online_data(session: Session) -> None:
    """QP-128: 57, or PAN and expiry."""
    if "57" not in session.card and not {"5A", "5F24"} <= session.card.keys():
        raise session.terminate("missing_data", "QP-128")


def may_defer(session: Session, rule: str) -> bool:
    """QP-125, QP-130; TK-035: one PAN in 5A and 57. No configuration allows version 00 too.

    76 section 5: the card counts (ATC above 0); nobody is there to ask for an online PIN.
    """
    same = "5A" in session.card and session.track_pan in (None, session.pan)
    counts = any(session.card["9F36"]) if "9F36" in session.card else False
    good = same and counts and session.cvm != "online_pin"
    return rule == "QP-125" and session.on("qp.deferred_auth") and good
