"""Filling of a data object list: file 10 section 3, and the values of QP-044."""

from __future__ import annotations

from tests.oracle.terminal import tags
from tests.oracle.terminal.configuration import digits
from tests.oracle.terminal.session import Session, day


def fitted(value: bytes, length: int, form: str) -> bytes:
    """DOL-006 ... DOL-011."""
    if len(value) > length:
        return value[len(value) - length :] if form == "n" else value[:length]
    missing = length - len(value)
    if form == "n":
        return bytes(missing) + value
    return value + (b"\xff" if form == "cn" else b"\x00") * missing


def filled(session: Session, entries: list[tuple[str, int]]) -> bytes:
    """DOL-002: values in DOL order. A constructed, unknown or absent tag gives 00 bytes."""
    values = terminal_values(session)
    data = b""
    for tag, length in entries:
        if tag in ("81", "9F04") and tag not in values and length:
            # FMT-002, OUT-013: an amount that 81 cannot hold ends the transaction.
            raise session.terminate("amount_not_codable", "FMT-002")
        value = None if tags.constructed(tag) else values.get(tag)  # DOL-003, DOL-004, DOL-005
        row = tags.table().get(tag)
        data += (
            bytes(length) if value is None else fitted(value, length, row.format if row else "b")
        )
    return data


def terminal_values(session: Session) -> dict[str, bytes]:
    """DOL-015: transaction, configuration, then card data that were read already (FCI)."""
    combination = session.combination
    values = dict(session.fci)
    values |= session.configuration.values
    values["9F06"] = session.candidate.name  # EP-071
    if combination.version is not None:
        values["9F09"] = combination.version
    if combination.terminal_floor_limit is not None:
        values["9F1B"] = combination.terminal_floor_limit.to_bytes(4, "big")  # FMT-004
    if combination.ec_limit is not None:
        values["9F7B"] = digits(combination.ec_limit, 6)
    # tags.csv: DF01 to DF21 are parameters of the download and nothing that a card is told.
    values |= session.transaction.values()
    values["9F66"] = session.candidate.ttq
    values["95"] = bytes(5)  # QP-003
    values["DF60"] = b"\x00"
    values["DF69"] = b"\x01" if _sm2_usable(session) else b"\x00"
    values["9F7A"] = b"\x01" if _electronic_cash(session) else b"\x00"
    values |= session.sent  # TT-020
    return values


def _sm2_usable(session: Session) -> bool:
    """ODA-070, SM-001: an SM2 key of this RID that CK-005 lets be used today."""
    today = day(session.transaction.date)
    for (rid, _), key in session.configuration.keys.items():
        if rid == session.rid and key["algorithm"] == "sm2":
            expiry = key.get("expiry")
            if session.on("ck.ignore_expiry") or not expiry or f"{today:%Y%m%d}" <= expiry:
                return True
    return False


def _electronic_cash(session: Session) -> bool:
    """EC-001: a purchase below 9F7B, or below 9F1B without it."""
    combination = session.combination
    limit = combination.ec_limit
    if limit is None:
        limit = combination.terminal_floor_limit
    return (
        session.transaction.type == 0 and limit is not None and session.transaction.amount < limit
    )
