"""READ RECORD and what is authenticated of it: 30 sections 7 and 14, 50 section 2."""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle import tlv
from tests.oracle.terminal import gpo, intake
from tests.oracle.terminal.outcome import End, Lost, Torn
from tests.oracle.terminal.session import Session


def read(session: Session, keep: Callable[[], bool]) -> None:
    """Reads the records of the AFL; keep is asked before the last one of a TC (TT-010, TT-017)."""
    if not gpo.reads(session):
        return
    last = len(session.afl) - 1
    for at in range(len(session.afl)):
        if session.kind == "TC" and at == last:  # QP-080
            wanted = session.on("tt.upload_doubtful") or session.on("tt.recovery")
            session.stored = wanted and keep()
            if wanted and not session.stored:
                raise End("end_application", "store_failed", "TT-017")
        try:
            read_one(session, at)
        except Lost:
            _lost(session, at == last)
            return  # QP-173: goes on as an ARQC without AFL
    session.read = True


def read_one(session: Session, at: int) -> None:
    """Record number `at` of the AFL, taken; raises Lost, or End when it cannot be used."""
    file, number, authenticated = session.afl[at]
    commits = session.names_tc and at == len(session.afl) - 1
    _take(session, file, _record(session, file, number, commits), authenticated)


def _record(session: Session, file: int, number: int, commits: bool) -> bytes:
    """QP-072, CMD-031, QP-074. commits: the card may have given a TC, and this is its last record;
    it commits also when 9F27 and 9F10 disagree and the other type counts (QP-006)."""
    command = bytes([0x00, 0xB2, number, file << 3 | 4, 0x00])
    session.link.need_room()
    session.paid = session.paid or commits  # from here on nobody but the card knows
    data, status = session.link.send(command)
    if status != 0x9000:
        raise End("end_application", "record_refused", "QP-074")
    return data


def _lost(session: Session, last: bool) -> None:
    """QP-073, QP-173, TT-004, TT-005. Returns when the tap goes on without records."""
    if session.kind == "TC" and last:
        if session.on("tt.recovery") and session.pan is not None:
            raise Torn
        # TT-018, TT-019: without recovery it stays undecided, and a new GPO might pay twice.
        raise End("end_application", "card_may_have_paid", "TT-005")
    if session.kind == "TC":
        raise End("try_again", "card_lost", "TT-004")
    if session.online_oda or "57" not in session.in_gpo:
        if session.paid:
            # TT-005, TT-018: one of 9F27 and 9F10 told a TC, and a new GPO might pay twice.
            raise End("end_application", "card_may_have_paid", "TT-005")
        raise End("try_again", "card_lost", "QP-173")


def _take(session: Session, file: int, data: bytes, authenticated: bool) -> None:
    """QP-075, QP-076, ODA-020, ODA-021."""
    if file <= 10 or authenticated:
        session.link.store(data)
    if file <= 10:
        objects = intake.template(session, data, "70", "QP-075")
        if authenticated:
            session.static += tlv.only(data, "70")
        wrong = intake.take(session, objects, gpo=False)
        if wrong is not None:
            raise session.terminate("bad_data", wrong)
        intake.agree(session)
    elif authenticated:
        session.static += data
        try:
            tlv.only(data, "70")
        except tlv.Malformed:
            session.static_bad = True
