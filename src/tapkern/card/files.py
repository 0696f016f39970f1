"""Personalisation: a profile into the bytes of the card's files.

SFI 1 holds everything: the static record (authenticated), the certificates, a place for 9F4B when
the key is too long for the GPO answer (CS-032), and last the record whose reading makes a purchase
final (CS-030). The contactless debit/credit path reads the same records without 9F4B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tapkern.card import layouts, tlv
from tapkern.card.profile import ApplicationProfile, ForeignApplication
from tapkern.errors import UsageError
from tapkern.issuer.certificates import icc_certificate, issuer_certificate
from tapkern.issuer.cryptogram import derive_udk

PPSE = b"2PAY.SYS.DDF01"
SFI = 1
RECORD_ROOM = 252
"""Most bytes inside template 70, so that a record fits one short answer."""
ANSWER_ROOM = 256
GPO_KEY_LIMIT = 128
"""CS-032: a signature of up to 1024 bits travels in the GPO answer."""


@dataclass(frozen=True, slots=True)
class ApplicationFiles:
    """The bytes of one application, and the keys it works with."""

    fci: bytes
    track2: bytes = field(repr=False)
    afl: bytes
    """For a purchase (qPBOC)."""
    afl_full: bytes
    """For contactless debit/credit."""
    records: Mapping[int, bytes] = field(repr=False)
    """Fixed records of SFI 1 by number, with template 70."""
    signature_record: int | None
    """Where 9F4B is read, None when it is in the GPO answer."""
    last_record: int | None
    """Where a purchase becomes final, None when there is no purse to spend from."""
    pdol: Mapping[int, slice]
    """Where the terminal's data are in the PDOL data."""
    pdol_length: int
    udk_ac: bytes = field(repr=False)
    udk_mac: bytes = field(repr=False)


def ppse_fci(applications: Iterable[ForeignApplication]) -> bytes:
    """The directory that lists the applications in their order."""
    entries = [
        {"aid": a.aid, "label": a.label, "priority": a.priority, "kernel": a.kernel}
        for a in applications
    ]
    fci: bytes = layouts.PPSE_FCI.build({"name": PPSE, "entries": entries})
    if len(fci) > ANSWER_ROOM:
        raise UsageError("the PPSE is longer than one answer", "card", "list fewer applications")
    return fci


def foreign_fci(application: ForeignApplication) -> bytes:
    """FCI of an application that does nothing."""
    return _fci(application, pdol=None, language=None)


def personalise(profile: ApplicationProfile) -> ApplicationFiles:
    """Make all files of an application. Raises UsageError when something does not fit."""
    static = layouts.STATIC_RECORD.build(
        {
            "pan": profile.pan,
            "expiry": _bcd_date(profile.expiry.strftime("%y%m%d")),
            "effective": profile.effective and _bcd_date(profile.effective.strftime("%y%m%d")),
            "country": profile.country,
            "usage": profile.usage,
            "version": profile.version,
            "psn": profile.psn,
        }
    )
    contents = [static, *_issuer_records(profile), *_icc_records(profile, static)]
    places = _places(profile, len(contents))
    pdol, pdol_length = _pdol(profile.pdol)
    return ApplicationFiles(
        fci=_fci(profile, pdol=profile.pdol or None, language=profile.language),
        track2=_track2(profile),
        afl=places.afl,
        afl_full=places.afl_full,
        records={number: tlv.encode(0x70, content) for number, content in enumerate(contents, 1)},
        signature_record=places.signature,
        last_record=places.last,
        pdol=pdol,
        pdol_length=pdol_length,
        udk_ac=derive_udk(profile.keys.master.ac, profile.pan, profile.psn.hex()),
        udk_mac=derive_udk(profile.keys.master.mac, profile.pan, profile.psn.hex()),
    )


def build_last_record(profile: ApplicationProfile, card_authentication: bytes | None) -> bytes:
    """The record that ends a purchase: 9F74, before it 9F69 with fDDA version 01."""
    code = profile.purse.authorisation_code if profile.purse else None
    content = layouts.LAST_RECORD.build(
        {"card_authentication": card_authentication, "authorisation_code": code}
    )
    return tlv.encode(0x70, content)


@dataclass(frozen=True, slots=True)
class _Places:
    """Numbers of the records that are made during a tap, and the locators with them."""

    signature: int | None
    last: int | None
    afl: bytes
    afl_full: bytes


def _places(profile: ApplicationProfile, fixed: int) -> _Places:
    """Lay out what comes behind the `fixed` records."""
    plain = _afl((1, fixed, 1))
    if profile.purse is None:
        return _Places(None, None, plain, plain)
    if profile.keys.icc.size <= GPO_KEY_LIMIT:  # CS-032
        afl = _afl((1, fixed + 1, 1))
        return _Places(None, fixed + 1, afl, afl)
    afl = _afl((1, fixed + 2, 1))
    return _Places(fixed + 1, fixed + 2, afl, _afl((1, fixed, 1), (fixed + 2, fixed + 2, 0)))


def _fci(application: ForeignApplication, pdol: bytes | None, language: str | None) -> bytes:
    fci: bytes = layouts.FCI.build(
        {
            "aid": application.aid,
            "proprietary": {
                "label": application.label,
                "priority": application.priority,
                "pdol": pdol,
                "language": language,
                "issuer": None,
            },
        }
    )
    if len(fci) > ANSWER_ROOM:
        raise UsageError("the FCI is longer than one answer", "card", "shorten the PDOL")
    return fci


def _issuer_records(profile: ApplicationProfile) -> list[bytes]:
    keys = profile.keys
    issued = issuer_certificate(
        keys.ca, keys.issuer, profile.pan[:6], keys.expiry, keys.issuer_serial
    )
    return _pack(
        layouts.ISSUER_KEY,
        {
            "index": keys.ca_index,
            "exponent": issued.exponent,
            "remainder": issued.remainder,
            "certificate": issued.certificate,
        },
    )


def _icc_records(profile: ApplicationProfile, static: bytes) -> list[bytes]:
    keys = profile.keys
    issued = icc_certificate(
        keys.issuer, keys.icc, profile.pan, keys.expiry, keys.icc_serial, static + profile.aip
    )
    return _pack(
        layouts.ICC_KEY,
        {
            "exponent": issued.exponent,
            "remainder": issued.remainder,
            "tag_list": b"\x82",
            "certificate": issued.certificate,
        },
    )


def _pack(objects: Mapping[str, layouts.Layout], values: Mapping[str, object]) -> list[bytes]:
    """Objects into as few records as hold them, order kept; an empty remainder is left out."""
    records = [b""]
    for name, layout in objects.items():
        if values[name] == b"":
            continue
        item = layout.build(values[name])
        if len(records[-1]) + len(item) <= RECORD_ROOM:
            records[-1] += item
        else:
            records.append(item)
    return records


def _afl(*entries: tuple[int, int, int]) -> bytes:
    afl: bytes = layouts.AFL.build(
        [{"sfi": SFI, "first": first, "last": last, "oda": oda} for first, last, oda in entries]
    )
    return afl


def _pdol(pdol: bytes) -> tuple[dict[int, slice], int]:
    places = {}
    at = 0
    for tag, length in tlv.decode_dol(pdol):
        places[tag] = slice(at, at + length)
        at += length
    return places, at


def _track2(profile: ApplicationProfile) -> bytes:
    rest = profile.expiry.strftime("%y%m") + profile.service_code + profile.track2
    track2: bytes = layouts.TRACK2.build({"pan": profile.pan, "rest": rest})
    return track2


def _bcd_date(digits: str) -> bytes:
    return bytes.fromhex(digits)
