"""Taking card data from a GPO answer or a record: file 10 sections 1.3 to 1.5."""

from __future__ import annotations

from tests.oracle import tlv
from tests.oracle.terminal import tags
from tests.oracle.terminal.session import Session, day

FCI_ONLY = frozenset({"84", "50", "9F12", "DF61"})  # TLV-023, TLV-032
GPO_ONLY = frozenset({"82", "94", "9F26", "9F27", "9F36", "9F10"})  # TLV-032
STOPS = ("57", "5A", "5F34", "8F", "9F08")  # TLV-034
# Wrong lengths have a rule of their own: QP-064 ... QP-067, CTQ-002, TLV-029, FD-002, ODA-030 ff.
JUDGED = GPO_ONLY | {"9F6C", "9F69", "5F24", "5F25"} | {"90", "92", "9F32", "9F4A"}
JUDGED |= {"9F46", "9F47", "9F48", "9F4B"}


def take(session: Session, objects: list[tuple[str, bytes, bytes]], gpo: bool) -> str | None:
    """Keeps the known objects, one after the other; raises End for a duplicate (TLV-021).

    Gives the rule of the first value that ends the tap; such a value is not kept.
    """
    wrong: str | None = None
    for tag, value, _ in objects:
        # TLV-017 unknown and constructed objects, TLV-020 empty ones, TLV-025 terminal data.
        if not value or tags.owned(tag) or not tags.known(tag):
            continue
        if not gpo and tag in GPO_ONLY and tag not in session.in_gpo:
            continue  # TLV-032
        if tag not in JUDGED and tag not in STOPS and not tags.fits(tag, value):
            continue  # TLV-028, TLV-034: as if absent, which is no occurrence (TLV-020)
        rule = _wrong(tag, value)
        if tag == "5F34" and not gpo and rule is None and session.record_psn is None:
            session.record_psn = value  # TT-012
        if tag in session.seen and tag != "5F34":  # TLV-022: the first 5F34 stays
            raise session.terminate("duplicate_data", "TLV-021")
        if rule is None and tag not in session.seen:
            session.seen.add(tag)
            if tag not in FCI_ONLY:
                session.card[tag] = value
        wrong = wrong or rule
    if gpo:
        session.in_gpo = frozenset(session.seen)
    return wrong


def agree(session: Session) -> None:
    """CTQ-002, QP-085: ends the tap as soon as it is known (QP-127)."""
    value = session.card.get("9F6C")
    if value is not None and len(value) != 2 and not session.on("qp.bad_ctq_absent"):
        raise session.terminate("bad_data", "CTQ-002")
    differ = session.track_pan not in (None, session.pan)
    if differ and session.on("qp.check_pan_57"):
        raise session.terminate("bad_data", "QP-085")


def _wrong(tag: str, value: bytes) -> str | None:
    """The rule by which a value ends the tap."""
    if tag in STOPS and not tags.fits(tag, value):
        return "TLV-034"
    if tag in ("5F24", "5F25") and day(value.hex()) is None:
        return "TLV-029"
    if (tag == "5A" and not _pan_form(value)) or (tag == "57" and not _track_form(value)):
        return "TLV-030"
    return None


def _pan_form(value: bytes) -> bool:
    """TLV-030: digits, then only F."""
    return value.hex().upper().rstrip("F").isdecimal()


def _track_form(value: bytes) -> bool:
    """TLV-030: digits, and one D not later than digit 20."""
    text = value.hex().upper()
    number = text.partition("D")[0]
    return text.count("D") == 1 and len(number) < 20 and number.isdecimal()


def template(session: Session, data: bytes, tag: str, rule: str) -> list[tuple[str, bytes, bytes]]:
    """The objects of an answer that has to be one template; raises End."""
    try:
        return tlv.objects(tlv.only(data, tag), session.on("tlv.skip_ff"))
    except tlv.Malformed:
        raise session.terminate("bad_data", rule) from None
