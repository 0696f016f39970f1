"""Reads a card file (TOML) into a `CardProfile`.

A card has one or more `[[application]]`; `base = "debit"` starts from a ready card and changes what
the file names. Most keys have a default that suits a plain card. `[application.sm]` gives it the SM
branch beside RSA, or alone with `only = true`. `issuer_file` names the key file of an issuer, whose
CA, issuer and master keys all applications then have, instead of those of the pool. `faults` and
`[[fault]]` say what the card does wrong. A mistake is a UsageError with file and key. What the
simulated card cannot do is refused here, never half done.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from tapkern.card.bits import Cap, Ctq
from tapkern.card.cardfile_flow import dol, flow, secrets
from tapkern.card.cardkeys import families, leave_out_issuer
from tapkern.card.faults import Fault
from tapkern.card.fields import Fields
from tapkern.card.industry import check_extended, industry_files
from tapkern.card.profile import (
    RISK,
    TERMINAL_DATA,
    ApplicationProfile,
    CardProfile,
    ForeignApplication,
    LogFile,
    PhoneProfile,
    Purse,
    Risk,
    SecondPurse,
    Token,
)
from tapkern.errors import UsageError
from tapkern.issuer import keyfile
from tapkern.issuer.keyfile import IssuerKeys

PDOL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
"""The usual list of a card with cryptogram version 01."""
SM_PDOL = PDOL + "DF6901"
"""The same of a card with an SM branch."""
LOG_SFI, LOAD_SFI = 11, 12
LOG_FORMAT = "9A039F21039F02069F03069F1A025F2A029F4E149C019F3602"
"""LG-002: date, time, amounts, country, currency, merchant, type, ATC: 45 bytes."""
LOAD_FORMAT = "9A039F21039F3602"
"""LG-005: date, time, ATC, so that a record has 22 bytes."""
LOGGED = {**TERMINAL_DATA, 0x9F36: 2, 0x9F27: 1}
"""What a log record can hold; anything else in its format is zeros."""
LONGEST_RECORD = 240
AMOUNT = 10**12 - 1
EXTENDED_PDOL = "DF6001"
"""What a card with industry files asks for besides."""


def parse(
    text: str, name: str, find_base: Callable[[str], str], folder: Path = Path()
) -> CardProfile:
    """Read a card file. `find_base` gives the text of a ready card by name.

    folder: where an issuer's key file is looked for. Raises UsageError about anything that is not
    a card.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not valid TOML: {error}", _where(name)) from None
    return parse_tables(tables, name, find_base, folder)


def parse_tables(
    tables: Mapping[str, Any], name: str, find_base: Callable[[str], str], folder: Path = Path()
) -> CardProfile:
    """The same of a card file that has been read, or of a document with its keys."""
    where = _where(name)
    fields = Fields(_above_base(dict(tables), where, find_base), where)
    issuer = None
    if fields.has("issuer_file"):
        issuer = keyfile.load(folder / fields.text("issuer_file", longest=1000))
    applications = tuple(_application(entry, issuer) for entry in fields.tables("application"))
    if not applications:
        raise UsageError("the card has no [[application]]", where, "describe at least one")
    if len({application.aid for application in applications}) < len(applications):
        raise UsageError("two applications have the same aid", where)
    profile = CardProfile(
        name=name,
        title=fields.text("title", name or "card", longest=100),
        applications=applications,
        blocked=fields.flag("blocked", False),
        phone=_phone(fields.table("phone")) if fields.has("phone") else None,
        uid=_uid(fields),
        faults=_faults(fields),
    )
    fields.finish()
    return profile


def _where(name: str) -> str:
    return f"card {name}" if name else "card"


def _above_base(
    tables: dict[str, Any], where: str, find_base: Callable[[str], str]
) -> dict[str, Any]:
    """Tables laid over those of their base; a base has no base."""
    base = tables.pop("base", None)
    if base is None:
        return tables
    if not isinstance(base, str):
        raise UsageError("base must be the name of a ready card in quotes", where)
    below = tomllib.loads(find_base(base))
    if "base" in below:
        raise UsageError(f"base {base} has a base of its own", where, "start from that one")
    if "issuer_file" in tables:
        leave_out_issuer(below)
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


def _phone(fields: Fields) -> PhoneProfile:
    done = fields.word("cdcvm", ("done", "needed"), "done") == "done"
    phone = PhoneProfile(
        cdcvm_done=done,
        confirm_after=0 if done else fields.number("confirm_after", 0, 255, 1),
    )
    fields.finish()
    return phone


def _uid(fields: Fields) -> bytes | None:
    uid = fields.optional_hex("uid", 4, 10)
    if uid is not None and len(uid) not in (4, 7, 10):
        raise fields.wrong("uid", "must be 4, 7 or 10 bytes")
    return uid


def _faults(fields: Fields) -> tuple[Fault, ...]:
    """`faults`, a list of names, then the `[[fault]]` tables, which have parameters."""
    try:
        named = [Fault.parse(item) for item in fields.names("faults")]
        tabled = [
            Fault(table.text("name", longest=40), **table.rest())
            for table in fields.tables("fault")
        ]
    except UsageError as error:
        raise UsageError(error.what, f"{fields.where}, {error.where}", error.hint) from None
    return (*named, *tabled)


def _application(fields: Fields, issuer: IssuerKeys | None) -> ForeignApplication:
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
        second=_second(fields.table("second")) if fields.has("second") else None,
        risk=_risk(fields.table("risk")),
        flow=flow(fields.table("flow")),
        log=_log(fields.table("log"), LOG_SFI, LOG_FORMAT) if fields.has("log") else None,
        token=_token(fields.table("token")) if fields.has("token") else None,
        load_log=_log(fields.table("load_log"), LOAD_SFI, LOAD_FORMAT)
        if fields.has("load_log")
        else None,
        industry=industry_files(fields),
        **families(fields, expiry, issuer),
    )
    fields.finish()
    for check in _NEEDED:
        _need(fields, profile, *check)
    if profile.second and (not profile.purse or profile.second.currency == profile.currency):
        raise fields.wrong("second", "is beside [application.purse], in another currency")
    if profile.log and profile.load_log and profile.log.sfi == profile.load_log.sfi:
        raise fields.wrong("load_log", "has the sfi of the log")
    check_extended(fields, profile)
    return profile


_NEEDED = (
    (Cap.LOW_VALUE, "purse", "[application.purse]"),
    (Cap.LOW_VALUE_AND_CTTA, "purse", "[application.purse]"),
    (Cap.LOW_VALUE_OR_CTTA, "purse", "[application.purse]"),
    (Cap.LOW_VALUE_AND_CTTA, "risk.cumulative_limit", "cumulative_limit to [application.risk]"),
    (Cap.LOW_VALUE_OR_CTTA, "risk.cumulative_limit", "cumulative_limit to [application.risk]"),
    (Cap.OFFLINE_MISMATCH, "risk.foreign_currency_limit",
     "foreign_currency_limit to [application.risk]"),
    (Cap.PREPAID, "purse", "[application.purse]"),
    (Cap.LOG, "log", "[application.log]"),
)  # fmt: skip
"""What a bit of the CAP cannot do without: the bit, a member of the profile, and its key."""


def _need(fields: Fields, profile: ApplicationProfile, bit: Cap, member: str, key: str) -> None:
    if profile.cap & bit and attrgetter(member)(profile) is None:
        name = bit.name.lower().replace("_", " ")
        raise fields.wrong("cap", f"asks for {name}", f"add {key}")


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
        "cvm_limit": fields.amount("cvm_limit", AMOUNT),
        "pdol": _pdol(fields),
        "key_index": fields.number("key_index", 0, 255, 1),
        "cryptogram_version": _choice(fields, "cvn", (1, 17), 1),
        "discretionary_id": _choice(fields, "idd", (0, 1, 2, 3, 4, 5), 0) or None,
        "fdda": _choice(fields, "fdda", (0, 1), 1 if version >= b"\x00\x30" else 0),
        "cid_in_gpo": fields.flag("cid_in_gpo", False),
        "psn_in_gpo": fields.flag("psn_in_gpo", True),
        "product": fields.optional_hex("product", 16),
        "df61": fields.hex("df61", 1)[0] if fields.has("df61") else None,
        "blocked": fields.flag("blocked", False),
    }


def _state(fields: Fields) -> dict[str, Any]:
    """The counters of a fresh card."""
    pin_tries = fields.number("pin_tries", 0, 15, 3)
    return {
        "atc": fields.number("atc", 0, 0xFFFE, 0),
        "last_online_atc": fields.number("last_online_atc", 0, 0xFFFF, 1),
        "pin_tries": pin_tries,
        **secrets(fields, pin_tries),
    }


def _choice(fields: Fields, key: str, allowed: tuple[int, ...], default: int) -> int:
    value = fields.number(key, 0, 255, default)
    if value not in allowed:
        raise fields.wrong(key, f"must be {' or '.join(map(str, allowed))}")
    return value


def _cap(fields: Fields) -> int:
    return int.from_bytes(fields.hex("cap", 4, default="9900F000"), "big")


def _ctq(fields: Fields) -> int | None:
    raw = fields.optional_hex("ctq", 2)
    ctq = None if raw is None else int.from_bytes(raw, "big")
    if ctq and ctq & (Ctq.ONLINE_PIN | Ctq.SIGNATURE):
        raise fields.wrong("ctq", "has a bit that the card sets for itself", "clear B1b8 and B1b7")
    return ctq


def _pdol(fields: Fields) -> bytes:
    usual = SM_PDOL if fields.has("sm") else PDOL
    if fields.has("file"):
        usual += EXTENDED_PDOL
    pdol = fields.hex("pdol", 0, 252, default=usual)
    dol(fields, "pdol", pdol, TERMINAL_DATA)
    return pdol


def _purse(fields: Fields, first: bool = True) -> Purse:
    purse = Purse(
        balance=fields.amount("balance"),
        limit=fields.amount("limit", 100_000),
        single=fields.amount("single", 100_000),
        reset=fields.amount("reset", 0),
        authorisation_code=fields.text("authorisation_code", "ECC001", longest=6) if first else "",
        offset_limit=fields.amount("offset_limit", 0) if first else 0,
        offset_used=fields.amount("offset_used", 0) if first else 0,
    )
    fields.finish()
    if purse.balance > purse.limit:
        raise fields.wrong("balance", f"is above the limit of {purse.limit}")
    return purse


def _second(fields: Fields) -> SecondPurse:
    """The electronic cash in a second currency: a purse with currency and CVM limit."""
    return SecondPurse(
        currency=fields.hex("currency", 2),
        cvm_limit=fields.amount("cvm_limit", AMOUNT),
        purse=_purse(fields, first=False),
    )


def _risk(fields: Fields) -> Risk:
    found: dict[str, Any] = {}
    for name, (_, kind, length) in RISK.items():
        if not fields.has(name):
            continue
        if kind == "hex":
            found[name] = fields.hex(name, length)
        elif kind == "amount":
            found[name] = fields.amount(name)
        else:
            found[name] = fields.number(name, 0, 256**length - 1)
    fields.finish()
    return Risk(**found)


def _token(fields: Fields) -> Token:
    account = fields.text("account", longest=29) if fields.has("account") else None
    if account is not None and not re.fullmatch("[0-9A-Z]{29}", account):
        raise fields.wrong("account", "must be 29 upper case letters and digits")
    token = Token(
        requestor=fields.digits("requestor", 11, 11) if fields.has("requestor") else None,
        account=account,
        last_digits=fields.digits("last_digits", 4, 4) if fields.has("last_digits") else None,
        in_arqc=fields.flag("in_arqc", False),
    )
    fields.finish()
    return token


def _log(fields: Fields, sfi: int, default: str) -> LogFile:
    log = LogFile(
        sfi=fields.number("sfi", 11, 30, sfi),
        records=fields.number("records", 1, 255, 10),
        format=fields.hex("format", 1, 252, default=default),
    )
    fields.finish()
    size = sum(length for _, length in dol(fields, "format", log.format, LOGGED))
    if size > LONGEST_RECORD:
        raise fields.wrong("format", f"gives records of {size} bytes", "ask for less")
    return log
