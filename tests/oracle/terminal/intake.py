"""Taking card data from a GPO answer or a record: file 10 sections 1.3 to 1.5."""

from __future__ import annotations

from tests.oracle import tlv
from tests.oracle.terminal import tags
from tests.oracle.terminal.session import Session, day

FCI_ONLY = frozenset({"84", "50", "9F12", "DF61"})  # TLV-023, TLV-032
GPO_ONLY = frozenset({"82", "94", "9F26", "9F27", "9F36", "9F10"})  # TLV-032
STOPS = ("57", "5A", "5F34", "8F", "9F08")  # TLV-034
# Wrong lengths have a rule of their own: QP-064 ... QP-067, CTQ-002, TLV-029, FD-002, ODA-030 ff.
JUDGED = GPO_ONLY | {"9F6C", "9F69", "5F24", "5F25"} | {"90", "92", "93", "9F32", "9F4A"}
JUDGED |= {"9F46", "9F47", "9F48", "9F4B"}


def take(session: Session, objects: list[tuple[str, bytes, bytes]], gpo: bool) -> set[str]:
    """Stores the known objects and gives their tags; raises End for a duplicate (TLV-021)."""
    new: set[str] = set()
    for tag, value, _ in objects:
        # TLV-017 unknown and constructed objects, TLV-020 empty ones, TLV-025 terminal data.
        if not value or tags.owned(tag) or not tags.known(tag):
            continue
        if not gpo and tag in GPO_ONLY and tag not in session.in_gpo:
            continue  # TLV-032
        if tag in session.seen:
            if tag == "5F34" and tags.fits(tag, value):
                continue  # TLV-022: the first value stays
            if tag == "5F34":
                raise session.terminate("bad_data", "TLV-034")
            raise session.terminate("duplicate_data", "TLV-021")
        session.seen.add(tag)
        if tag in FCI_ONLY:
            continue
        session.card[tag] = value
        new.add(tag)
    if gpo:
        session.in_gpo = frozenset(session.seen)
    return new


def examine(session: Session, new: set[str]) -> None:
    """Forms of what came: raises End, or drops a malformed optional object (TLV-028, TLV-034)."""
    for tag in sorted(new):
        value = session.card[tag]
        if tag in STOPS and not tags.fits(tag, value):
            raise session.terminate("bad_data", "TLV-034")
        if tag in ("5F24", "5F25") and day(value.hex()) is None:
            raise session.terminate("bad_data", "TLV-029")
        if tag == "9F6C" and len(value) != 2 and not session.on("qp.bad_ctq_absent"):
            raise session.terminate("bad_data", "CTQ-002")
        if tag not in JUDGED and not tags.fits(tag, value):
            del session.card[tag]
    if "5A" in new and not _pan_form(session.card["5A"]):
        raise session.terminate("bad_data", "TLV-030")
    if "57" in new and not _track_form(session.card["57"]):
        raise session.terminate("bad_data", "TLV-030")
    differ = session.track_pan not in (None, session.pan)
    if differ and session.on("qp.check_pan_57"):
        raise session.terminate("bad_data", "QP-085")


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
