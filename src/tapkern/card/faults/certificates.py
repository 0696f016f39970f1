"""Faults of what the issuer signs and of the form of what the card signs.

Fields are changed before hash and signature are made, so that these hold and the check of the field
itself decides; only header, hash and trailer are changed afterwards. A fault acts in both algorithm
families where both have the field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tapkern.card import tlv
from tapkern.card.faults.kinds import (
    Case,
    Effect,
    Hex,
    Kind,
    Layer,
    Number,
    Part,
    Values,
    Word,
)
from tapkern.card.faults.tlv import KNOWN, edited, set_value, tagged
from tapkern.card.profile import ApplicationProfile
from tapkern.issuer import layouts, sm2
from tapkern.issuer.certificates import Alteration, Patch
from tapkern.issuer.keys import rsa_key, rsa_names, sm2_key, sm2_names
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

_LAYOUTS: Mapping[Part, Any] = {
    Part.ISSUER: layouts.ISSUER_BODY,
    Part.ICC: layouts.ICC_BODY,
    Part.SIGNATURE: layouts.DYNAMIC_BODY,
    Part.SM_ISSUER: layouts.SM2_ISSUER_BODY,
    Part.SM_ICC: layouts.SM2_ICC_BODY,
    Part.SM_SIGNATURE: layouts.SM2_DYNAMIC_BODY,
}
_FAMILIES = {
    "issuer": (Part.ISSUER, Part.SM_ISSUER),
    "icc": (Part.ICC, Part.SM_ICC),
    "signature": (Part.SIGNATURE, Part.SM_SIGNATURE),
}
"""The same thing in RSA and in SM2."""


def offset(part: Part, name: str) -> int:
    """Where a member of a body begins."""
    at = 0
    for member in _LAYOUTS[part].subcons:
        if member.name == name:
            return at
        at += member.sizeof()
    raise KeyError(name)


class Altered(Effect):
    """Alterations by part, the same for every card."""

    def __init__(self, alterations: Mapping[Part, Alteration]) -> None:
        self._alterations = alterations

    def alteration(self, part: Part) -> Alteration | None:
        return self._alterations.get(part)


class Padding(Effect):
    """The padding of a certificate is not BB, if it has any."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._padded = False

    def profile(self, profile: ApplicationProfile) -> ApplicationProfile:
        keys = profile.keys
        if keys is not None:
            free = {
                Part.ISSUER: keys.ca.size - layouts.ISSUER_OVERHEAD - keys.issuer.size,
                Part.ICC: keys.issuer.size - layouts.ICC_OVERHEAD - keys.icc.size,
            }
            self._padded = free[self._part] > 0
        return profile

    def alteration(self, part: Part) -> Alteration | None:
        if part is not self._part or not self._padded:
            return None
        return Alteration(body=(Patch(-1, b"\x00"),))


class Stranger(Effect):
    """Another key of the same length signs."""

    def __init__(self, parts: tuple[Part, Part]) -> None:
        self._parts = parts
        self._found: dict[Part, Alteration] = {}

    def profile(self, profile: ApplicationProfile) -> ApplicationProfile:
        rsa, sm = self._parts
        role = {"issuer": "ca", "icc": "issuer", "signature": "icc"}[rsa.value]
        if profile.keys is not None:
            self._found[rsa] = _rsa_stranger(getattr(profile.keys, role))
        if profile.sm_keys is not None:
            self._found[sm] = _sm2_stranger(getattr(profile.sm_keys, role))
        return profile

    def alteration(self, part: Part) -> Alteration | None:
        return self._found.get(part)


def _rsa_stranger(key: RsaKey) -> Alteration:
    others = (rsa_key(name) for name in rsa_names())
    for other in others:
        if other.size == key.size and other.n != key.n:
            return Alteration(signer=other)
    return Alteration(block=(Patch(0, bytes(key.size)),))  # as unreadable as any other key's


def _sm2_stranger(key: Sm2Key) -> Alteration:
    others = (sm2_key(name) for name in sm2_names())
    return Alteration(signer=next(other for other in others if other.point != key.point))


class LongIssuerKey(Effect):
    """The issuer's key is longer than the CA key that certifies it."""

    def __init__(self, _: Values) -> None: ...

    def profile(self, profile: ApplicationProfile) -> ApplicationProfile:
        if profile.keys is None:
            return profile
        keys = (rsa_key(name) for name in rsa_names() if name.startswith("issuer"))
        longer = [key for key in keys if key.size > profile.keys.ca.size]
        if not longer:
            return profile
        return dataclasses.replace(
            profile, keys=dataclasses.replace(profile.keys, issuer=longer[0])
        )

    def alteration(self, part: Part) -> Alteration | None:
        return Alteration(longer=True) if part is Part.ISSUER else None


class Personalised(Effect):
    """An object of the static record, changed, added or left out before it is signed."""

    def __init__(self, values: Values) -> None:
        self._tag: int = values["tag"]
        self._value: bytes = values["value"]

    def static(self, content: bytes) -> bytes:
        objects = dict(tlv.decode(content))
        objects[self._tag] = self._value
        return b"".join(tlv.encode(tag, value) for tag, value in objects.items() if value)


def field(
    name: str,
    meaning: str,
    default: str,
    rules: tuple[str, str],
    members: tuple[str, str],
    **more: Any,
) -> Kind:
    """A kind that replaces a member of a body; empty names: that family has no such member."""
    role = name.split("-")[0]
    places = {
        part: offset(part, member)
        for part, member in zip(_FAMILIES[role], members, strict=True)
        if member
    }
    data = bytes.fromhex(default)
    return Kind(
        name=name,
        layer=Layer.CERTIFICATE,
        meaning=meaning,
        rule=rules[0],
        sm_rule=rules[1],
        make=lambda values: Altered(
            {part: Alteration(body=(Patch(at, values["value"]),)) for part, at in places.items()}
        ),
        parameters=(
            Hex(name="value", meaning="its value", default=data, least=len(data), most=len(data)),
        ),
        **more,
    )


def _with(value: str, rule: str, sm_rule: str = "", harmless: str = "") -> Case:
    return Case(
        rule=rule, sm_rule=sm_rule, values={"value": bytes.fromhex(value)}, harmless=harmless
    )


def _kind(
    name: str,
    meaning: str,
    rules: tuple[str, str],
    find: dict[Part, Alteration],
    harmless: str = "",
) -> Kind:
    return Kind(
        name=name,
        layer=Layer.CERTIFICATE,
        meaning=meaning,
        rule=rules[0],
        sm_rule=rules[1],
        make=lambda _: Altered(find),
        harmless=harmless,
    )


def _block(role: str, what: str, rules: tuple[str, str, str], sm_rule: str) -> tuple[Kind, ...]:
    """Header, hash and trailer of an RSA block; an SM2 signature has r and s instead."""
    rsa, sm = _FAMILIES[role]
    header, digest, trailer = rules
    return (
        Kind(
            name=f"{role}-header",
            layer=Layer.CERTIFICATE,
            meaning=f"the recovered {what} begins with another byte than 6A",
            rule=header,
            make=lambda values: Altered(
                {rsa: Alteration(block=(Patch(0, bytes([values["byte"]])),))}
            ),
            parameters=(Number(name="byte", meaning="the header", default=0x4A, most=0x7F),),
        ),
        _kind(
            f"{role}-hash",
            f"one bit of the hash, or of the SM2 signature, of the {what} is wrong",
            (digest, sm_rule),
            {
                rsa: Alteration(block=(Patch(-2, b"\x01", flip=True),)),
                sm: Alteration(block=(Patch(-1, b"\x01", flip=True),)),
            },
        ),
        Kind(
            name=f"{role}-trailer",
            layer=Layer.CERTIFICATE,
            meaning=f"the recovered {what} ends with another byte than BC",
            rule=trailer,
            make=lambda values: Altered({rsa: Alteration(block=(Patch(-1, values["value"]),))}),
            parameters=(
                Hex(name="value", meaning="the trailer", default=b"\xcc", least=1, most=1),
            ),
        ),
        Kind(
            name=f"{role}-signer",
            layer=Layer.CERTIFICATE,
            meaning=f"another key than the right one has signed the {what}",
            rule=trailer,
            sm_rule=sm_rule,
            make=lambda _: Stranger((rsa, sm)),
        ),
        Kind(
            name=f"{role}-scalar",
            layer=Layer.CERTIFICATE,
            meaning=f"r or s of the SM2 signature of the {what} is out of range",
            rule=sm_rule,
            sm_rule=sm_rule,
            make=lambda values: Altered({sm: Alteration(block=(_scalar(values),))}),
            parameters=(
                Word(name="which", meaning="the one", default="r", words=("r", "s")),
                Word(name="to", meaning="its value", default="0", words=("0", "n", "ones")),
            ),
        ),
    )


def _scalar(values: Values) -> Patch:
    number = {"0": 0, "n": sm2.N, "ones": 2**256 - 1}[values["to"]]
    return Patch(0 if values["which"] == "r" else sm2.SIZE, number.to_bytes(sm2.SIZE, "big"))


def _point(role: str, rule: str) -> Kind:
    part = _FAMILIES[role][1]
    last = offset(part, "point") + sm2.POINT_SIZE - 1
    find = {part: Alteration(body=(Patch(last, b"\x01", flip=True),))}
    return _kind(
        f"{role}-point", "the certified SM2 key is no point of the curve", (rule, rule), find
    )


def _padding(role: str, rule: str) -> Kind:
    return Kind(
        name=f"{role}-padding",
        layer=Layer.CERTIFICATE,
        meaning="the padding behind a short key is not BB",
        rule=rule,
        make=lambda _: Padding(_FAMILIES[role][0]),
        harmless="the hash covers the padding, nobody looks at it",
    )


def _static(values: str, tag: int, rule: str, harmless: str = "") -> Case:
    return Case(rule=rule, values={"tag": tag, "value": bytes.fromhex(values)}, harmless=harmless)


NOT_CHECKED = "nobody looks at it: the lengths of 9F32 and 9F47 count"
UNREAD = "a number that cannot be read is not stored; the signature holds"
NO_CHECK = "no check of the card's ATC by default: fd.check_atc"
_VALUE = Hex(
    name="value", meaning="its value; empty: left out", default=b"\x20\x01\x01", least=0, most=20
)

KINDS: tuple[Kind, ...] = (
    field("issuer-format", "the issuer certificate has another format byte", "03",
          ("ODA-043", "SM-041"), ("format", "format")),
    field("issuer-identifier", "the issuer certificate is for other card numbers", "62999999",
          ("ODA-047", "SM-042"), ("identifier", "identifier"),
          cases=(
              _with("62FFFFFF", "ODA-047", "SM-042"), _with("FFFFFFFF", "ODA-047", "SM-042"),
              _with("6F2000FF", "ODA-047", "SM-042"),
              _with("620FFFFF", "ODA-047", "SM-042", "3 digits of the PAN are enough"),
          )),
    field("issuer-expiry", "the issuer certificate has expired", "1220",
          ("ODA-048", "SM-043"), ("expiry", "expiry"),
          cases=(_with("1349", "ODA-048", "SM-043"), _with("0049", "ODA-048", "SM-043"))),
    field("issuer-serial", "the issuer certificate has a serial number that may be revoked",
          "BADBAD", ("ODA-049", "SM-044"), ("serial", "serial")),
    field("issuer-hash-algorithm", "the issuer certificate names another hash algorithm", "02",
          ("ODA-045", ""), ("hash_algorithm", "")),
    field("issuer-key-algorithm", "the issuer certificate names another signature algorithm",
          "02", ("ODA-050", "SM-045"), ("key_algorithm", "signature_algorithm")),
    field("issuer-key-length", "the issuer certificate names another length of the key", "8F",
          ("ODA-031", "SM-045"), ("modulus_length", "length"),
          cases=(_with("00", "ODA-084", "SM-045"), _with("FF", "ODA-084", "SM-045"))),
    field("issuer-exponent-length", "the issuer certificate names another exponent length", "05",
          ("ODA-046", ""), ("exponent_length", ""), harmless=NOT_CHECKED),
    field("issuer-curve", "the SM2 issuer certificate names another curve", "12",
          ("SM-045", "SM-045"), ("", "curve")),
    field("issuer-encipherment", "the SM2 issuer certificate names an encryption algorithm", "04",
          ("SM-045", "SM-045"), ("", "encipherment"), harmless="that byte is not checked"),
    _point("issuer", "SM-046"),
    _padding("issuer", "ODA-051"),
    *_block("issuer", "issuer certificate", ("ODA-042", "ODA-046", "ODA-041"), "SM-047"),
    Kind(
        name="issuer-key-longer",
        layer=Layer.CERTIFICATE,
        meaning="the issuer key is longer than the CA key that certifies it",
        rule="ODA-084",
        make=LongIssuerKey,
        harmless="the remainder in 92 may be as long as it takes; only 248 bytes are the limit",
    ),
    field("icc-format", "the ICC certificate has another format byte", "02",
          ("ODA-061", "SM-051"), ("format", "format")),
    field("icc-pan", "the ICC certificate is for another PAN", "6200000000000009999F",
          ("ODA-065", "SM-052"), ("pan", "pan")),
    field("icc-expiry", "the ICC certificate has expired", "1220",
          ("ODA-066", "SM-053"), ("expiry", "expiry"),
          cases=(_with("1349", "ODA-066", "SM-053"), _with("0049", "ODA-066", "SM-053"))),
    field("icc-serial", "the ICC certificate has another serial number", "BADBAD",
          ("ODA-049", "SM-044"), ("serial", "serial"),
          harmless="only issuer certificates can be revoked"),
    field("icc-hash-algorithm", "the ICC certificate names another hash algorithm", "02",
          ("ODA-063", ""), ("hash_algorithm", "")),
    field("icc-key-algorithm", "the ICC certificate names another signature algorithm", "02",
          ("ODA-067", "SM-054"), ("key_algorithm", "signature_algorithm")),
    field("icc-key-length", "the ICC certificate names another length of the key", "7F",
          ("ODA-031", "SM-054"), ("modulus_length", "length"),
          cases=(_with("00", "ODA-084", "SM-054"), _with("FF", "ODA-084", "SM-054"))),
    field("icc-exponent-length", "the ICC certificate names another exponent length", "05",
          ("ODA-064", ""), ("exponent_length", ""), harmless=NOT_CHECKED),
    field("icc-curve", "the SM2 ICC certificate names another curve", "12",
          ("SM-054", "SM-054"), ("", "curve")),
    field("icc-encipherment", "the SM2 ICC certificate names an encryption algorithm", "04",
          ("SM-054", "SM-054"), ("", "encipherment"), harmless="that byte is not checked"),
    _point("icc", "SM-055"),
    _padding("icc", "ODA-068"),
    *_block("icc", "ICC certificate", ("ODA-061", "ODA-064", "ODA-061"), "SM-056"),
    _kind("icc-static", "the ICC certificate covers other static data than the card shows",
          ("ODA-064", "SM-056"),
          dict.fromkeys((Part.ICC, Part.SM_ICC), Alteration(outside=(Patch(-3, b"\x01", True),)))),
    field("signature-format", "the signed dynamic data have another format byte", "03",
          ("FDA-007", "SM-070"), ("format", "format"),
          cases=(_with("95", "FDA-007", "SM-070"),)),
    field("signature-hash-algorithm", "the signed dynamic data name another hash algorithm", "02",
          ("DDA-002", ""), ("hash_algorithm", "")),
    field("signature-length", "the length of the ICC dynamic data is wrong", "FF",
          ("DDA-005", ""), ("data", ""),
          cases=(
              _with("00", "DDA-004", harmless=UNREAD), _with("02", "DDA-004", harmless=UNREAD),
              _with("20", "DDA-004", harmless="it holds the number and some padding"),
              _with("68", "DDA-005"),
          )),
    field("signature-length-sm", "the length of the ICC dynamic data is wrong (SM2)", "FF",
          ("SM-012", "SM-012"), ("", "data"),
          cases=(_with("00", "SM-012", "SM-012"), _with("02", "SM-012", "SM-012"))),
    *_block("signature", "signed dynamic data", ("DDA-002", "DDA-003", "DDA-002"), "SM-072"),
    _kind("signature-padding", "the padding of the signed dynamic data is not BB",
          ("DDA-006", ""), {Part.SIGNATURE: Alteration(body=(Patch(-1, b"\x00"),))},
          "the hash covers the padding, nobody looks at it"),
    Kind(
        name="ca-index",
        layer=Layer.CERTIFICATE,
        meaning="the card names a CA key that the terminal does not have (8F)",
        rule="CK-008",
        make=lambda values: edited(set_value, "any")({"tag": 0x8F, **values}),
        parameters=(Hex(name="value", meaning="the index", default=b"\x7f", least=1, most=1),),
    ),
    Kind(
        name="tag-list",
        layer=Layer.CERTIFICATE,
        meaning="the static data tag list 9F4A is not 82",
        rule="ODA-022",
        make=lambda values: edited(set_value, "any")({"tag": 0x9F4A, **values}),
        parameters=(
            Hex(name="value", meaning="its value", default=b"\x82\x95", least=0, most=8),
        ),
        cases=(
            _with("5A", "ODA-022"), _with("", "ODA-064", "SM-056"),
            _with("82", "ODA-022", harmless="it is what it should be"),
        ),
    ),
    Kind(
        name="personalised",
        layer=Layer.CERTIFICATE,
        meaning="an object of the static record has this value, and it is signed so",
        rule="QP-090",
        make=Personalised,
        parameters=(
            tagged(0x5F24, tuple(tag for tag in KNOWN if tag == 0x5A or 0x5F24 <= tag < 0x9F09)),
            _VALUE,
        ),
        cases=(
            _static("", 0x5F24, "QP-093"),
            _static("491331", 0x5F24, "TLV-029"),
            _static("0020", 0x9F08, "FD-005"),
            _static("", 0x9F08, "FD-003"),
            _static("", 0x5A, "QP-084", "the PAN comes from 57"),
            _static("6200000000000009999F", 0x5A, "QP-085"),
            _static("491230", 0x5F25, "QP-094", "the effective date is not checked by default"),
            _static("02", 0x5F34, "TLV-022", "the sequence number of the GPO answer counts"),
            _static("9999", 0x9F07, "ODA-064", "the signature is right, usage is not checked"),
        ),
    ),
)  # fmt: skip
