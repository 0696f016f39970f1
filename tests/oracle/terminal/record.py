"""What the POS gets: field 55, data record, balance. 30 sections 12 and 13."""

from __future__ import annotations

from tests.oracle import tlv
from tests.oracle.terminal import cvm, dol
from tests.oracle.terminal.session import Session

ONLINE = [
    *("9F26", "9F27", "9F10", "9F37", "9F36", "95", "9A", "9C", "9F02", "5F2A", "82", "9F1A"),
    *("9F03", "9F33", "9F34", "9F35", "9F1E", "84", "9F09", "9F41", "9F63"),
]
UPLOAD = [*ONLINE, "9F74", "8A"]
RECORD = [
    *("9F06", "84", "50", "9F12", "57", "5A", "5F34", "5F24", "5F25", "9F02", "9F03", "5F2A"),
    *("9A", "9F21", "9C", "9F41", "9F37", "9F66", "95", "82", "9F36", "9F26", "9F27", "9F10"),
    *("9F6C", "9F69", "9F5D", "9F63", "9F74", "8A", "9F34", "9F33", "9F35", "9F1A", "9F1E"),
    *("9F1C", "9F09", "9F08", "9F4C", "9F24", "9F19", "9F25", "9F4E"),
]
TYPES = {"AAC": b"\x00", "TC": b"\x40", "ARQC": b"\x80", "RFU": b"\xc0"}


def available(session: Session, response: bytes | None) -> dict[str, bytes]:
    """Every value that a list may name, by tag; response is 8A."""
    values = dict(session.card)
    if session.ctq is None:
        values.pop("9F6C", None)  # CTQ-002
    if "9F27" not in values and session.kind in TYPES:
        values["9F27"] = TYPES[session.kind]  # QP-005
    values |= dol.terminal_values(session)
    if session.cvm in cvm.RESULTS:
        values["9F34"] = bytes.fromhex(cvm.RESULTS[session.cvm])
    if session.number is not None:
        values["9F4C"] = session.number
    if response is not None:
        values["8A"] = response
    return values


def pairs(values: dict[str, bytes], tags: list[str]) -> tuple[tuple[str, bytes], ...]:
    return tuple((tag, values[tag]) for tag in tags if values.get(tag))


def encoded(items: tuple[tuple[str, bytes], ...]) -> bytes:
    return b"".join(tlv.encode(tag, value) for tag, value in items)


def balance(session: Session) -> int | None:
    """QP-150: 9F5D, else the issuer discretionary data of 9F10 (QP-008); None is unknown."""
    found = balance_with_source(session)
    return None if found is None else found[0]


def balance_with_source(session: Session) -> tuple[int, str] | None:
    """The balance, and the tag by which GET DATA tells the same one (30 section 2.5, TT-013)."""
    field = session.good("9F5D") if "9F5D" in session.in_gpo else None
    if field is not None and field.hex().isdecimal():
        return int(field.hex()), "9F5D"
    data = session.good("9F10")
    if data is None or len(data) < 10 or data[0] != 7:
        return None
    length = data[8]
    if length < 6 or len(data) < 9 + length or data[9] not in (1, 3, 5):
        return None
    text = data[10:15].hex()
    return (int(text), "9F5D" if data[9] == 5 else "9F79") if text.isdecimal() else None


def approval_code(session: Session) -> str | None:
    """QP-141."""
    field = session.good("9F74")
    return field.decode("latin-1") if field else None
