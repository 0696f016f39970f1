"""Cardholder verification: 30 section 9."""

from __future__ import annotations

from tests.oracle.terminal.outcome import End
from tests.oracle.terminal.session import Session

RESULTS = {  # QP-113: 9F34
    "no_cvm": "3F0000",
    "signature": "1E0000",
    "online_pin": "020000",
    "cdcvm": "3F0000",
}


def determine(session: Session) -> str:
    """The CVM; raises End when none is possible. Rows in the order of the table."""
    method, rule = _with_ctq(session) if session.ctq is not None else _without_ctq(session)
    if not method:
        raise End("declined", "cvm_not_possible", rule)
    return method


def _with_ctq(session: Session) -> tuple[str, str]:
    if not (session.kind == "TC" and session.on("qp.tc_signature_only")):  # QP-111
        if session.ctq_bit(1, 8) and session.ttq(1, 3):
            return "online_pin", "QP-100"
        if session.on("qp.cdcvm") and session.ttq(3, 7) and session.ctq_bit(2, 8):
            return _device(session)
        if session.ctq_bit(1, 8):
            return "", "QP-105"
    if session.ctq_bit(1, 7):
        return ("signature", "QP-106") if session.ttq(1, 2) else ("", "QP-107")
    return ("", "QP-109") if session.ttq(2, 7) else ("no_cvm", "QP-108")


def _device(session: Session) -> tuple[str, str]:
    """QP-101, QP-102."""
    data = session.card.get("9F69")
    if data is None:
        return ("cdcvm" if session.kind == "ARQC" else "", "QP-102")
    same = data[5:7] == session.ctq and (session.kind == "ARQC" or data[0] == 0x01)
    return ("cdcvm" if same else "", "QP-101")


def _without_ctq(session: Session) -> tuple[str, str]:
    if session.ttq(2, 7):
        if session.ttq(1, 2):
            return "signature", "QP-103"
        return ("online_pin" if session.ttq(1, 3) else "", "QP-103")
    if session.on("qp.no_ctq_always_signature") and session.ttq(1, 2):
        return "signature", "QP-104"
    return "no_cvm", "QP-104"
