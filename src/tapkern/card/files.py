"""Personalisation: a profile into the bytes of the card's files.

SFI 1 holds the static record (authenticated), that of a payment token, the RSA certificates, a
place for 9F4B when the key is too long for the GPO answer (CS-032), and last the record whose
reading makes a purchase final (CS-030). SFI 2 holds what the SM branch has for itself (CS-040): the
SM2 certificates, its 9F4B. The contactless debit/credit path reads the same records without
9F4B.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from tapkern.card import layouts, tlv
from tapkern.card.faults import Misbehaviour, Part
from tapkern.card.profile import ApplicationProfile, ForeignApplication, Keys, Token
from tapkern.errors import UsageError
from tapkern.issuer.certificates import (
    icc_certificate,
    issuer_certificate,
    sign_dynamic,
    sm2_icc_certificate,
    sm2_issuer_certificate,
    sm2_sign_dynamic,
    transaction_hash,
)
from tapkern.issuer.keys import MasterKeys
from tapkern.issuer.layouts import SM2_DYNAMIC_OVERHEAD
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key, sm3
from tapkern.issuer.suites import SM4, TRIPLE_DES, Suite

PPSE = b"2PAY.SYS.DDF01"
SFI = 1
SM_SFI = 2
TOKEN_PLACE = (SFI, 2)
SM_SUPPORTED = b"\x01"
"""DF69 of a terminal that wants the SM branch."""
DYNAMIC_DATA = 3
"""Length of the dynamic data that a purchase signs: the length of the ATC and the ATC."""
RECORD_ROOM = 252
"""Most bytes inside template 70, so that a record fits one short answer."""
ANSWER_ROOM = 256
CACHED = 256
"""How many files of a kind are kept: cards of known keys are made over and over."""
GPO_KEY_LIMIT = 128
"""CS-032: a signature of up to 1024 bits travels in the GPO answer."""


Place = tuple[int, int]
"""SFI and number of a record."""

STATIC = (SFI, 1)


@dataclass(frozen=True, slots=True)
class Branch:
    """What an application has in one algorithm family (CS-040)."""

    suite: Suite
    afl: bytes
    """For a purchase (qPBOC)."""
    issuer_places: tuple[Place, ...]
    """Records of the issuer certificate."""
    signature_record: Place | None
    """Where 9F4B is read, None when it is in the GPO answer."""
    signature_size: int
    sign: Callable[[bytes, bytes, bytes], bytes] = field(repr=False)
    """9F4B from the ICC dynamic number, the tail and what CDA puts behind the number."""
    digest: Callable[[bytes], bytes]
    """The hash of the family: SHA-1 or SM3."""
    udk_ac: bytes = field(repr=False)
    udk_mac: bytes = field(repr=False)
    udk_enc: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApplicationFiles:
    """The bytes of one application, and its algorithm families, triple DES and RSA first."""

    fci: bytes
    track2: bytes = field(repr=False)
    shared: tuple[Place, ...]
    """Records of every AFL: the static one, which the terminal authenticates, and the token."""
    records: Mapping[Place, bytes] = field(repr=False)
    """Fixed records, with template 70."""
    last_record: Place | None
    """Where a purchase becomes final, None when no tap brings a signature."""
    pdol: Mapping[int, slice]
    """Where the terminal's data are in the PDOL data."""
    pdol_length: int
    token_afl: bytes
    """What an ARQC without signature lets read: the record of the token, or nothing."""
    branches: tuple[Branch, ...]

    def branch(self, support: bytes) -> Branch:
        """CS-040: the family for a value of DF69; a card that has one family has no choice."""
        return self.branches[-1 if support == SM_SUPPORTED else 0]


def ppse_fci(applications: Iterable[ForeignApplication]) -> bytes:
    """The directory that lists the applications in their order."""
    return _directory(tuple((a.aid, a.label, a.priority, a.kernel) for a in applications))


@lru_cache(maxsize=CACHED)
def _directory(listed: tuple[tuple[bytes, str, int | None, bytes | None], ...]) -> bytes:
    names = ("aid", "label", "priority", "kernel")
    entries = [dict(zip(names, entry, strict=True)) for entry in listed]
    fci: bytes = layouts.PPSE_FCI.build({"name": PPSE, "entries": entries})
    if len(fci) > ANSWER_ROOM:
        raise UsageError("the PPSE is longer than one answer", "card", "list fewer applications")
    return fci


def foreign_fci(application: ForeignApplication) -> bytes:
    """FCI of an application that does nothing."""
    return _fci(application.aid, application.label, application.priority)


def personalise(profile: ApplicationProfile, faults: Misbehaviour) -> ApplicationFiles:
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
    static = faults.static(static)
    contents = {STATIC: static}
    if profile.token:
        contents[TOKEN_PLACE] = _token_record(profile.token)
    shared = tuple(contents)
    plans = []
    if profile.keys:
        issuer, icc = _rsa_records(profile, profile.keys, static, faults)
        own = numbered(SFI, len(shared) + 1, [*issuer, *icc])
        contents |= own
        plans.append(_rsa_plan(profile, profile.keys, tuple(own), len(issuer), faults))
    last = _last_place(profile, contents, plans)
    if profile.sm_keys:
        issuer, icc = _sm_records(profile, profile.sm_keys, static, faults)
        own = numbered(SM_SFI, 1, [*issuer, *icc])
        contents |= own
        plans.append(_sm_plan(profile, profile.sm_keys, tuple(own), len(issuer), faults))
    pdol, pdol_length = _pdol(profile.pdol)
    return ApplicationFiles(
        fci=application_fci(profile),
        track2=_track2(profile),
        shared=shared,
        records={place: tlv.encode(0x70, content) for place, content in contents.items()},
        last_record=last,
        pdol=pdol,
        pdol_length=pdol_length,
        token_afl=build_afl([TOKEN_PLACE]) if profile.token and profile.token.in_arqc else b"",
        branches=tuple(_branch(profile, plan, shared, last) for plan in plans),
    )


def build_last_record(
    profile: ApplicationProfile, card_authentication: bytes | None, approved: bool = True
) -> bytes:
    """The record that ends a tap: 9F69 with fDDA version 01, and 9F74 unless it is an ARQC."""
    code = profile.purse.authorisation_code if profile.purse and approved else None
    content = layouts.LAST_RECORD.build(
        {"card_authentication": card_authentication, "authorisation_code": code}
    )
    return tlv.encode(0x70, content)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A family before the place of the last record is known."""

    suite: Suite
    master: MasterKeys
    places: tuple[Place, ...]
    """The records of the certificates in the order of reading, those of the issuer first."""
    issuers: int
    """How many of them are the issuer's."""
    signature: Place | None
    signature_size: int
    sign: Callable[[bytes, bytes, bytes], bytes]
    digest: Callable[[bytes], bytes]


def numbered(sfi: int, first: int, contents: Iterable[bytes]) -> dict[Place, bytes]:
    """Records of one file by their places, from number `first` on."""
    return {(sfi, number): content for number, content in enumerate(contents, first)}


def _rsa_plan(
    profile: ApplicationProfile,
    keys: Keys[RsaKey],
    places: tuple[Place, ...],
    issuers: int,
    faults: Misbehaviour,
) -> _Plan:
    """CS-032: the signature of a long key has a record, behind the certificates."""
    in_record = profile.signs and keys.icc.size > GPO_KEY_LIMIT
    return _Plan(
        suite=TRIPLE_DES,
        master=keys.master,
        places=places,
        issuers=issuers,
        signature=_next(places) if in_record else None,
        signature_size=keys.icc.size,
        sign=partial(sign_dynamic, keys.icc, altered=faults.alterations(Part.SIGNATURE)),
        digest=transaction_hash,
    )


def _sm_plan(
    profile: ApplicationProfile,
    keys: Keys[Sm2Key],
    places: tuple[Place, ...],
    issuers: int,
    faults: Misbehaviour,
) -> _Plan:
    """CS-040: the signature is where the profile wants it."""
    in_record = profile.signs and not profile.sm_signature_in_gpo
    return _Plan(
        suite=SM4,
        master=keys.master,
        places=places,
        issuers=issuers,
        signature=_next(places) if in_record else None,
        signature_size=SM2_DYNAMIC_OVERHEAD + DYNAMIC_DATA,
        sign=partial(sm2_sign_dynamic, keys.icc, altered=faults.alterations(Part.SM_SIGNATURE)),
        digest=sm3,
    )


def _next(places: Sequence[Place]) -> Place:
    """The place behind the last one in its file."""
    sfi, number = places[-1]
    return sfi, number + 1


def _last_place(
    profile: ApplicationProfile, contents: Mapping[Place, bytes], plans: Sequence[_Plan]
) -> Place | None:
    """The record behind everything in SFI 1; both families end a tap with a signature there."""
    if not profile.signs:
        return None
    taken = [*contents, *(plan.signature for plan in plans if plan.signature)]
    return _next(taken)


def _branch(
    profile: ApplicationProfile, plan: _Plan, shared: tuple[Place, ...], last: Place | None
) -> Branch:
    ends = [] if last is None else [last]
    signature = [] if plan.signature is None else [plan.signature]
    return Branch(
        suite=plan.suite,
        afl=build_afl([*shared, *plan.places, *signature, *ends]),
        issuer_places=plan.places[: plan.issuers],
        signature_record=plan.signature,
        signature_size=plan.signature_size,
        sign=plan.sign,
        digest=plan.digest,
        udk_ac=plan.suite.derive_udk(plan.master.ac, profile.pan, profile.psn.hex()),
        udk_mac=plan.suite.derive_udk(plan.master.mac, profile.pan, profile.psn.hex()),
        udk_enc=plan.suite.derive_udk(plan.master.enc, profile.pan, profile.psn.hex()),
    )


def application_fci(profile: ApplicationProfile) -> bytes:
    """FCI with BF0C: where the logs are (LG-001, LG-005) and DF61 (TR-001)."""
    issuer = {
        "log": profile.log and profile.log.entry,
        "load_log": profile.load_log and profile.load_log.entry,
        "indicator": profile.df61,
    }
    told = tuple((name, value) for name, value in issuer.items() if value is not None)
    common = (profile.aid, profile.label, profile.priority)
    return _fci(*common, profile.pdol or None, profile.language, told)


@lru_cache(maxsize=CACHED)
def _fci(
    aid: bytes,
    label: str,
    priority: int | None,
    pdol: bytes | None = None,
    language: str | None = None,
    issuer: tuple[tuple[str, Any], ...] = (),
) -> bytes:
    told = {**dict.fromkeys(("log", "load_log", "indicator")), **dict(issuer)}
    fci: bytes = layouts.FCI.build(
        {
            "aid": aid,
            "proprietary": {
                "label": label,
                "priority": priority,
                "pdol": pdol,
                "language": language,
                "issuer": told if issuer else None,
            },
        }
    )
    if len(fci) > ANSWER_ROOM:
        raise UsageError("the FCI is longer than one answer", "card", "shorten the PDOL")
    return fci


def _rsa_records(
    profile: ApplicationProfile, keys: Keys[RsaKey], static: bytes, faults: Misbehaviour
) -> tuple[list[bytes], list[bytes]]:
    """The certificates and what belongs to them: records of the issuer, records of the card."""
    issuer = issuer_certificate(
        keys.ca,
        keys.issuer,
        profile.pan[:6],
        keys.expiry,
        keys.issuer_serial,
        altered=faults.alterations(Part.ISSUER),
    )
    icc = icc_certificate(
        keys.issuer,
        keys.icc,
        profile.pan,
        keys.expiry,
        keys.icc_serial,
        static + profile.aip,
        altered=faults.alterations(Part.ICC),
    )
    return _certificate_records(
        {
            "index": keys.ca_index,
            "exponent": issuer.exponent,
            "remainder": issuer.remainder,
            "certificate": issuer.certificate,
        },
        {
            "exponent": icc.exponent,
            "remainder": icc.remainder,
            "tag_list": b"\x82",
            "certificate": icc.certificate,
        },
    )


def _sm_records(
    profile: ApplicationProfile, keys: Keys[Sm2Key], static: bytes, faults: Misbehaviour
) -> tuple[list[bytes], list[bytes]]:
    """The same for SM2, which has neither exponents nor remainders."""
    issuer = sm2_issuer_certificate(
        keys.ca,
        keys.issuer,
        profile.pan[:6],
        keys.expiry,
        keys.issuer_serial,
        altered=faults.alterations(Part.SM_ISSUER),
    )
    icc = sm2_icc_certificate(
        keys.issuer,
        keys.icc,
        profile.pan,
        keys.expiry,
        keys.icc_serial,
        static + profile.aip,
        altered=faults.alterations(Part.SM_ICC),
    )
    nothing = {"exponent": b"", "remainder": b""}
    return _certificate_records(
        {**nothing, "index": keys.ca_index, "certificate": issuer},
        {**nothing, "tag_list": b"\x82", "certificate": icc},
    )


def _certificate_records(
    issuer: Mapping[str, object], icc: Mapping[str, object]
) -> tuple[list[bytes], list[bytes]]:
    return pack(layouts.ISSUER_KEY, issuer), pack(layouts.ICC_KEY, icc)


def pack(objects: Mapping[str, layouts.Layout], values: Mapping[str, object]) -> list[bytes]:
    """Objects into as few records as hold them, order kept; what is empty is left out."""
    return list(_packed(tuple(objects.items()), tuple(values[name] for name in objects)))


@lru_cache(maxsize=CACHED)
def _packed(
    objects: tuple[tuple[str, layouts.Layout], ...], values: tuple[object, ...]
) -> tuple[bytes, ...]:
    records = [b""]
    for (_, layout), value in zip(objects, values, strict=True):
        if value == b"":
            continue
        item = layout.build(value)
        if len(records[-1]) + len(item) <= RECORD_ROOM:
            records[-1] += item
        else:
            records.append(item)
    return tuple(records)


def _token_record(token: Token) -> bytes:
    """TK-001: 9F19 has a leading zero in front of its 11 digits."""
    content: bytes = layouts.TOKEN_RECORD.build(
        {
            "requestor": token.requestor and "0" + token.requestor,
            "account": token.account,
            "last_digits": token.last_digits,
        }
    )
    return content


def build_afl(
    places: Iterable[Place], authenticated: Collection[Place] = frozenset({STATIC})
) -> bytes:
    """Locators of records in the order of reading; `authenticated` ones begin their range."""
    return _afl(tuple(places), frozenset(authenticated))


@lru_cache(maxsize=CACHED)
def _afl(places: tuple[Place, ...], authenticated: frozenset[Place]) -> bytes:
    entries: list[dict[str, int]] = []
    for sfi, number in places:
        if entries and (entries[-1]["sfi"], entries[-1]["last"]) == (sfi, number - 1):
            entries[-1]["last"] = number
        else:
            entries.append({"sfi": sfi, "first": number, "last": number, "oda": 0})
        entries[-1]["oda"] += (sfi, number) in authenticated
    afl: bytes = layouts.AFL.build(entries)
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
