"""Reads a card file (TOML) into a `CardProfile`.

A card has one or more `[[application]]`; `base = "debit"` starts from a ready card and changes what
the file names. Most keys have a default that suits a plain card. `[application.sm]` gives it the SM
branch beside RSA, or alone with `only = true`. A mistake is a UsageError with file and key. What
the simulated card cannot do is refused here, never half done.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from tapkern.card.bits import CAP_SIMULATED, Cap, Ctq
from tapkern.card.faults import Fault
from tapkern.card.fields import Fields
from tapkern.card.profile import (
    TERMINAL_DATA,
    ApplicationProfile,
    CardProfile,
    ForeignApplication,
    Keys,
    Purse,
)
from tapkern.card.tlv import decode_dol
from tapkern.errors import UsageError
from tapkern.issuer.authority import INDEXES, SM2_INDEXES
from tapkern.issuer.keys import master_keys, rsa_key, sm2_key
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

PDOL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
"""The usual list of a card with cryptogram version 01."""
SM_PDOL = PDOL + "DF6901"
"""The same of a card with an SM branch."""


def parse(text: str, name: str, find_base: Callable[[str], str]) -> CardProfile:
    """Read a card file. `find_base` gives the text of a ready card by name.

    Raises UsageError about anything that is not a card.
    """
    where = f"card {name}" if name else "card"
    fields = Fields(_tables(text, where, find_base), where)
    applications = tuple(_application(entry) for entry in fields.tables("application"))
    if not applications:
        raise UsageError("the card has no [[application]]", where, "describe at least one")
    if len({application.aid for application in applications}) < len(applications):
        raise UsageError("two applications have the same aid", where)
    profile = CardProfile(
        name=name,
        title=fields.text("title", name or "card", longest=100),
        applications=applications,
        blocked=fields.flag("blocked", False),
        faults=frozenset(_fault(fields, item) for item in fields.names("faults")),
    )
    fields.finish()
    return profile


def _tables(text: str, where: str, find_base: Callable[[str], str]) -> dict[str, Any]:
    """The tables of a file, laid over those of its base; a base has no base."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not valid TOML: {error}", where) from None
    base = tables.pop("base", None)
    if base is None:
        return tables
    if not isinstance(base, str):
        raise UsageError("base must be the name of a ready card in quotes", where)
    below = tomllib.loads(find_base(base))
    if "base" in below:
        raise UsageError(f"base {base} has a base of its own", where, "start from that one")
    return {**below, **{key: _merge(below.get(key), value) for key, value in tables.items()}}


def _merge(below: Any, above: Any) -> Any:
    """`above` laid over `below`: tables by key, lists of tables by position."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _merge(below.get(key), value) for key, value in above.items()}}
    if not (isinstance(below, list) and isinstance(above, list)):
        return above
    if not all(isinstance(item, dict) for item in below + above):
        return above
    shared = [_merge(low, high) for low, high in zip(below, above, strict=False)]
    return shared + below[len(shared) :] + above[len(shared) :]


def _fault(fields: Fields, name: str) -> Fault:
    try:
        return Fault(name)
    except ValueError:
        known = ", ".join(fault.value for fault in Fault)
        raise fields.wrong("faults", f"has no fault {name!r}", f"known: {known}") from None


def _application(fields: Fields) -> ForeignApplication:
    common: dict[str, Any] = {
        "aid": fields.hex("aid", 5, 16),
        "label": fields.text("label"),
        "priority": fields.number("priority", 1, 15) if fields.has("priority") else None,
        "kernel": fields.optional_hex("kernel", 1, 8),
    }
    if fields.flag("foreign", False):
        fields.finish()
        return ForeignApplication(**common)
    expiry = fields.date("expiry")
    profile = ApplicationProfile(
        **common,
        **_holder(fields),
        **_scheme(fields),
        **_state(fields),
        expiry=expiry,
        purse=_purse(fields.table("purse")) if fields.has("purse") else None,
        **_families(fields, expiry),
    )
    fields.finish()
    if profile.cap & Cap.LOW_VALUE and profile.purse is None:
        raise fields.wrong("cap", "asks for the low value check", "add [application.purse]")
    return profile


def _holder(fields: Fields) -> dict[str, Any]:
    """Who the card belongs to: what is embossed, so to say."""
    return {
        "language": fields.text("language", "zh", longest=8),
        "pan": fields.digits("pan", 13, 19),
        "psn": fields.hex("psn", 1, default="01"),
        "effective": fields.date("effective") if fields.has("effective") else None,
        "service_code": fields.digits("service_code", 3, 3, "220"),
        "track2": fields.digits("track2", 0, 10, "0000000"),
        "country": fields.hex("country", 2, default="0156"),
        "currency": fields.hex("currency", 2, default="0156"),
    }


def _scheme(fields: Fields) -> dict[str, Any]:
    """How the application behaves."""
    version = fields.hex("version", 2, default="0030")
    return {
        "version": version,
        "usage": fields.hex("usage", 2, default="FF00"),
        "aip": fields.hex("aip", 2, default="7C00"),
        "ctq": _ctq(fields),
        "cap": _cap(fields),
        "cvm_limit": fields.amount("cvm_limit", 10**12 - 1),
        "pdol": _pdol(fields),
        "key_index": fields.number("key_index", 0, 255, 1),
        "cryptogram_version": _choice(fields, "cvn", (1, 17), 1),
        "discretionary_id": _choice(fields, "idd", (0, 1, 5), 0) or None,
        "fdda": _choice(fields, "fdda", (0, 1), 1 if version >= b"\x00\x30" else 0),
        "cid_in_gpo": fields.flag("cid_in_gpo", False),
        "psn_in_gpo": fields.flag("psn_in_gpo", True),
        "product": fields.optional_hex("product", 16),
        "df61": fields.hex("df61", 1)[0] if fields.has("df61") else None,
        "blocked": fields.flag("blocked", False),
    }


def _state(fields: Fields) -> dict[str, Any]:
    """The counters of a fresh card."""
    return {
        "atc": fields.number("atc", 0, 0xFFFE, 0),
        "last_online_atc": fields.number("last_online_atc", 0, 0xFFFF, 1),
        "pin_tries": fields.number("pin_tries", 0, 15, 3),
    }


def _choice(fields: Fields, key: str, allowed: tuple[int, ...], default: int) -> int:
    value = fields.number(key, 0, 255, default)
    if value not in allowed:
        raise fields.wrong(key, f"must be {' or '.join(map(str, allowed))}")
    return value


def _cap(fields: Fields) -> int:
    cap = int.from_bytes(fields.hex("cap", 4, default="9900F000"), "big")
    for bit in Cap:
        if cap & bit & ~CAP_SIMULATED:
            name = bit.name.lower().replace("_", " ")
            raise fields.wrong("cap", f"asks for {name}", "this card does not simulate that")
    return cap


def _ctq(fields: Fields) -> int | None:
    raw = fields.optional_hex("ctq", 2)
    ctq = None if raw is None else int.from_bytes(raw, "big")
    if ctq and ctq & (Ctq.ONLINE_PIN | Ctq.SIGNATURE):
        raise fields.wrong("ctq", "has a bit that the card sets for itself", "clear B1b8 and B1b7")
    return ctq


def _pdol(fields: Fields) -> bytes:
    pdol = fields.hex("pdol", 0, 252, default=SM_PDOL if fields.has("sm") else PDOL)
    try:
        entries = decode_dol(pdol)
    except ValueError as error:
        raise fields.wrong("pdol", f"is malformed: {error}") from None
    for tag, length in entries:
        if TERMINAL_DATA.get(tag, length) != length:
            raise fields.wrong("pdol", f"must ask for {TERMINAL_DATA[tag]} bytes of {tag:X}")
    return pdol


def _purse(fields: Fields) -> Purse:
    purse = Purse(
        balance=fields.amount("balance"),
        limit=fields.amount("limit", 100_000),
        single=fields.amount("single", 100_000),
        reset=fields.amount("reset", 0),
        authorisation_code=fields.text("authorisation_code", "ECC001", longest=6),
    )
    fields.finish()
    if purse.balance > purse.limit:
        raise fields.wrong("balance", f"is above the limit of {purse.limit}")
    return purse


def _families(fields: Fields, expiry: datetime.date) -> dict[str, Any]:
    """CS-040: the RSA keys, and with [application.sm] SM2 keys, which may be the only ones."""
    sm = fields.table("sm") if fields.has("sm") else None
    only = sm is not None and sm.flag("only", False)
    if only and fields.has("keys"):
        raise fields.wrong("keys", "are of no use with sm.only", "leave out [application.keys]")
    found: dict[str, Any] = {"keys": None, "sm_keys": None, "sm_signature_in_gpo": False}
    if not only:
        found["keys"] = _keys(fields.table("keys"), expiry)
    if sm is not None:
        found["sm_signature_in_gpo"] = _signature_place(sm) == "gpo"
        found["sm_keys"] = _sm_keys(sm, expiry)
    return found


def _signature_place(fields: Fields) -> str:
    place = fields.text("signature", "record")
    if place not in ("record", "gpo"):
        raise fields.wrong("signature", "must be record or gpo")
    return place


def _keys(fields: Fields, expiry: datetime.date) -> Keys[RsaKey]:
    ca = _authority(fields, "ca-1152", INDEXES)
    keys = Keys(
        ca=rsa_key(ca),
        ca_index=INDEXES[ca],
        issuer=rsa_key(fields.text("issuer", "issuer-1152")),
        icc=rsa_key(fields.text("icc", "icc-1024")),
        **_certified(fields, expiry, "test"),
    )
    fields.finish()
    return keys


def _sm_keys(fields: Fields, expiry: datetime.date) -> Keys[Sm2Key]:
    ca = _authority(fields, "ca-sm2", SM2_INDEXES)
    keys = Keys(
        ca=sm2_key(ca),
        ca_index=SM2_INDEXES[ca],
        issuer=sm2_key(fields.text("issuer", "issuer-sm2")),
        icc=sm2_key(fields.text("icc", "icc-sm2")),
        **_certified(fields, expiry, "test-sm4"),
    )
    fields.finish()
    return keys


def _authority(fields: Fields, default: str, indexes: Mapping[str, int]) -> str:
    ca = fields.text("ca", default)
    if ca not in indexes:
        raise fields.wrong("ca", f"{ca!r} is no CA key", f"known: {', '.join(indexes)}")
    return ca


def _certified(fields: Fields, expiry: datetime.date, master: str) -> dict[str, Any]:
    """What the keys of both families have beside the keys themselves."""
    return {
        "master": master_keys(fields.text("master", master)),
        "issuer_serial": fields.hex("issuer_serial", 3, default="000001"),
        "icc_serial": fields.hex("icc_serial", 3, default="000002"),
        "expiry": fields.hex("expiry", 2, default=expiry.strftime("%m%y")),
    }
