"""Expiry, effective date, exception file: 30 section 8."""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle.terminal.outcome import End
from tests.oracle.terminal.session import Session, day

Lookup = Callable[[str, str | None], bool | None]


def check(session: Session, lookup: Lookup | None) -> bool:
    """Raises End when declined; true is the pending demand of QP-174 to go online."""
    pending = _expired(session)
    _effective(session)
    _listed(session, lookup)
    return pending


def _expired(session: Session) -> bool:
    """QP-090 ... QP-093."""
    field = session.card.get("5F24")
    if field is None:
        if session.kind == "TC" and session.on("qp.require_5F24"):
            raise End("declined", "missing_data", "QP-093")
        return False
    expiry, today = day(field.hex()), day(session.transaction.date)
    if expiry is None or today is None or expiry >= today:
        return False
    may = session.on("qp.ctq_b4_expired_online") and session.ctq_bit(1, 4)
    if may and not session.ttq(1, 4):
        return True  # QP-091
    rule = "QP-091" if session.on("qp.ctq_b4_expired_online") else "QP-092"
    raise End("declined", "expired", rule)


def _effective(session: Session) -> None:
    """QP-094."""
    field = session.card.get("5F25")
    if field is None or not session.on("qp.check_effective"):
        return
    begin, today = day(field.hex()), day(session.transaction.date)
    if begin is not None and today is not None and begin > today:
        raise End("declined", "not_yet_effective", "QP-094")


def _listed(session: Session, lookup: Lookup | None) -> None:
    """QP-095, QP-096 with qp.exception_needs_psn; a program that cannot answer declines."""
    pan, field = session.pan, session.card.get("5F34")
    psn = field.hex() if field else None
    if pan is None or (psn is None and session.on("qp.exception_needs_psn")):
        return
    for entry in session.configuration.exceptions:
        if entry.pan == pan and (psn is None or entry.psn is None or entry.psn == psn):
            raise End("declined", "exception_file", "QP-095")
    if session.configuration.lookup:
        found = None if lookup is None else lookup(pan, psn)
        if found is None:
            raise End("declined", "unsupported", "QP-095")
        if found:
            raise End("declined", "exception_file", "QP-095")
