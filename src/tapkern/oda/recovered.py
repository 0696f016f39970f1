"""What the steps recovered, field by field: for people who look, never for a decision.

The blocks are those of tapk_oda_report: recovered RSA data, or the SM2 objects themselves. A layout
gives the place of each field (file order of the specifications), a table says which rule shows
which of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tapkern._numbers import KeyAlgorithm, OdaMethod
from tapkern.data.dates import parse_mmyy
from tapkern.data.mask import mask_pan
from tapkern.oda.form import DataSet
from tapkern.params.weakness import key_weaknesses


class Part(StrEnum):
    """Where in the chain a rule stands."""

    CONDITIONS = "conditions"
    CA_KEY = "ca_key"
    ISSUER = "issuer_certificate"
    CARD = "card_certificate"
    SIGNATURE = "signature"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class Mark:
    """A decision of the kernel. left and right: the sides of a limit left >= right, else None."""

    rule: str
    truth: bool
    part: Part
    left: int | None
    right: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """A data set and what the kernel recovered from it. version: of fDDA."""

    data: DataSet
    signature: bytes
    algorithm: int
    issuer: bytes
    icc: bytes
    signed: bytes
    version: int
    unmask: bool

    @property
    def is_rsa(self) -> bool:
        return self.algorithm != KeyAlgorithm.SM2

    def block(self, part: Part) -> bytes:
        """The block that a part of the chain is about."""
        if part is Part.ISSUER:
            return self.issuer
        if part is Part.CARD:
            return self.icc
        return self.signed if part in (Part.SIGNATURE, Part.AGREEMENT) else b""

    def digits(self, pan: bytes) -> str:
        """A PAN in cn as digits, masked unless the caller asked otherwise."""
        text = pan.hex().upper()
        return text.rstrip("F") if self.unmask else mask_pan(text).rstrip("F")


# --- layouts -------------------------------------------------------------------------------------

_Layout = Mapping[str, tuple[int, int | None]]
_FRAME: _Layout = {"header": (0, 1), "format": (1, 2), "hash": (-21, -1), "trailer": (-1, None)}

_RSA: Mapping[Part, _Layout] = {
    Part.ISSUER: {
        **_FRAME, "issuer_identifier": (2, 6), "expiry": (6, 8), "serial": (8, 11),
        "hash_algorithm": (11, 12), "key_algorithm": (12, 13), "key_length": (13, 14),
    },
    Part.CARD: {
        **_FRAME, "pan": (2, 12), "expiry": (12, 14), "serial": (14, 17),
        "hash_algorithm": (17, 18), "key_algorithm": (18, 19), "key_length": (19, 20),
    },
    Part.SIGNATURE: {**_FRAME, "hash_algorithm": (2, 3)},
}  # fmt: skip
_SM2: Mapping[Part, _Layout] = {
    Part.ISSUER: {
        "format": (0, 1), "issuer_identifier": (1, 5), "expiry": (5, 7), "serial": (7, 10),
        "key_algorithm": (10, 11), "curve": (12, 13), "key_length": (13, 14), "point": (14, 78),
        "signature": (78, 142),
    },
    Part.CARD: {
        "format": (0, 1), "pan": (1, 11), "expiry": (11, 13), "serial": (13, 16),
        "key_algorithm": (16, 17), "curve": (18, 19), "key_length": (19, 20), "point": (20, 84),
        "signature": (84, 148),
    },
    Part.SIGNATURE: {"format": (0, 1), "signature": (-64, None)},
}  # fmt: skip

# The fields of a layout that a rule shows.
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "ODA-041": ("trailer",), "ODA-042": ("header",), "ODA-043": ("format",),
    "ODA-061": ("trailer", "header", "format"), "ODA-084": ("key_length",),
    "ODA-045": ("hash_algorithm",), "ODA-063": ("hash_algorithm",),
    "ODA-046": ("hash",), "ODA-064": ("hash",), "SDA-002": ("hash",), "DDA-003": ("hash",),
    "ODA-047": ("issuer_identifier",), "SM-042": ("issuer_identifier",),
    "ODA-065": ("pan",), "SM-052": ("pan",),
    "ODA-048": ("expiry",), "ODA-066": ("expiry",), "SM-043": ("expiry",), "SM-053": ("expiry",),
    "ODA-049": ("serial",), "SM-044": ("serial",), "CK-021": ("serial",),
    "ODA-050": ("key_algorithm",), "ODA-067": ("key_algorithm", "serial"),
    "SDA-001": ("trailer", "header", "format", "hash_algorithm"),
    "DDA-002": ("trailer", "header", "hash_algorithm"), "FDA-007": ("format",),
    "SM-041": ("format",), "SM-051": ("format",), "SM-060": ("format",), "SM-070": ("format",),
    "SM-045": ("key_algorithm", "curve", "key_length"),
    "SM-054": ("key_algorithm", "curve", "key_length"),
    "SM-046": ("point",), "SM-055": ("point",),
    "SM-047": ("signature",), "SM-056": ("serial", "signature"),
    "SM-061": ("signature",), "SM-072": ("signature",),
}  # fmt: skip

# What covers the PAN lets it be guessed from its masked digits, so it is masked with them.
_COVERS_PAN = frozenset({"ODA-064", "SDA-002", "SM-056", "SM-061"})
_LEADING = 6  # digits of a masked PAN that are shown


def _hex(value: bytes) -> str:
    return value.hex().upper()


def _month(value: bytes) -> str:
    """MMYY as 2030-12; what is no month stays as it is."""
    try:
        year, month = parse_mmyy(value)
    except ValueError:
        return _hex(value)
    return f"{year}-{month:02}"


def _shown(rule: str, name: str, value: bytes, facts: Facts) -> str:
    if rule in _COVERS_PAN and name in ("hash", "signature") and not facts.unmask:
        return "*" * (2 * len(value))
    if name == "pan":
        return facts.digits(value)
    if name == "expiry":
        return _month(value)
    if name == "key_length":
        return f"{value[0]} bytes"
    if name == "issuer_identifier":
        digits = _hex(value).rstrip("F")
        hidden = 0 if facts.unmask else max(0, len(digits) - _LEADING)
        return digits[: len(digits) - hidden] + "*" * hidden
    return _hex(value)


_SHORT = 768  # bits; keys of issuers and cards are shorter than those of a CA


# --- more than a slice ---------------------------------------------------------------------------


def _ca_key(facts: Facts, _: Mark) -> dict[str, str]:
    rid, index, algorithm, expiry, key, exponent = facts.data.key
    found = {"rid": _hex(rid), "index": f"{index:02X}", "algorithm": KeyAlgorithm(algorithm).name}
    if algorithm == KeyAlgorithm.RSA:
        found |= {"key_length": f"{len(key)} bytes", "exponent": _hex(exponent)}
    if expiry:
        found["expiry"] = expiry.hex()
    return found


def _ca_key_wanted(facts: Facts, mark: Mark) -> dict[str, str]:
    wanted = {"rid": _hex(facts.data.rid), "index": _hex(facts.data.card.get(0x8F, b""))}
    return _ca_key(facts, mark) if mark.truth else wanted


def _date(facts: Facts, _: Mark) -> dict[str, str]:
    return {"date": facts.data.date.hex()}


def _expired_key(facts: Facts, _: Mark) -> dict[str, str]:
    return {"expiry": facts.data.key[3].hex(), "date": facts.data.date.hex()}


def _modulus(facts: Facts, mark: Mark) -> dict[str, str]:
    """The whole key, recovered part and remainder, and what is publicly known to be weak in it."""
    issuer = mark.part is Part.ISSUER
    block = facts.block(mark.part)
    at, rest = (15, 0x92) if issuer else (21, 0x9F48)
    exponent = facts.data.card.get(0x9F32 if issuer else 0x9F47, b"")
    whole = block[at : min(at + block[at - 2], len(block) - 21)] + facts.data.card.get(rest, b"")
    found = {"modulus": _hex(whole), "exponent": _hex(exponent)}
    weak = key_weaknesses(int.from_bytes(whole, "big"), short=_SHORT)
    return {**found, "weakness": "; ".join(weak)} if weak else found


def _card_values(**tags: int) -> Callable[[Facts, Mark], dict[str, str]]:
    """Values of the card by name."""

    def show(facts: Facts, _: Mark) -> dict[str, str]:
        card = facts.data.card
        return {name: _hex(card[tag]) for name, tag in tags.items() if tag in card}

    return show


def _size(name: str, *tags: int) -> Callable[[Facts, Mark], dict[str, str]]:
    """How long a value of the card is; the first tag for the issuer, the second for the card."""

    def show(facts: Facts, mark: Mark) -> dict[str, str]:
        tag = tags[min(mark.part is Part.CARD, len(tags) - 1)]
        return {name: f"{len(facts.data.card.get(tag, b''))} bytes"}

    return show


def _known_pan(facts: Facts, mark: Mark) -> dict[str, str]:
    """ODA-065 asks for a PAN before the chain begins."""
    if mark.part is not Part.CA_KEY:
        return {}
    return {"pan": facts.digits(facts.data.pan)} if facts.data.pan else {}


def _static(facts: Facts, _: Mark) -> dict[str, str]:
    return {"static_data": f"{len(facts.data.static_data)} bytes"}


def _dac(facts: Facts, _: Mark) -> dict[str, str]:
    at = 3 if facts.is_rsa else 1
    return {"dac": _hex(facts.signed[at : at + 2])}


def _tail(facts: Facts, _: Mark) -> dict[str, str]:
    """What the terminal sent and the signature covers."""
    terminal, data = facts.data.terminal, facts.data
    if data.method is OdaMethod.DDA:
        return {"terminal_data": _hex(data.lists["ddol_data"])}
    tail = terminal.get(0x9F37, b"")
    if data.method is OdaMethod.FDDA and facts.version:
        tail += terminal.get(0x9F02, b"") + terminal.get(0x5F2A, b"") + data.card.get(0x9F69, b"")
    return {"terminal_data": _hex(tail)}


def _dynamic(facts: Facts) -> bytes:
    """The ICC dynamic data of the signature."""
    signed = facts.signed
    start = 4 if facts.is_rsa else 2
    return signed[start : start + signed[start - 1]] if len(signed) >= start else b""


def _number(facts: Facts, mark: Mark) -> dict[str, str]:
    data = _dynamic(facts)
    if not mark.truth or not data:
        return {"dynamic_data": _hex(data)}
    return {"icc_dynamic_number": _hex(data[1 : 1 + data[0]])}


def _cda(facts: Facts, mark: Mark) -> dict[str, str]:
    data = _dynamic(facts)
    if not mark.truth or not data:
        return {"dynamic_data": _hex(data)}
    rest = data[1 + data[0] :]
    size = 20 if facts.is_rsa else 32
    return {
        "cid": _hex(rest[:1]),
        "cryptogram": _hex(rest[1:9]),
        "transaction_hash": _hex(rest[9 : 9 + size]),
    }


def _length(facts: Facts, _: Mark) -> dict[str, str]:
    return {"dynamic_data": f"{facts.signed[3]} bytes"} if len(facts.signed) > 3 else {}


def _key_length(facts: Facts, _: Mark) -> dict[str, str]:
    return {"key_length": f"{len(facts.data.key[4])} bytes"}


def _version(facts: Facts, _: Mark) -> dict[str, str]:
    return {"version": f"{facts.version:02X}"}


def _atc(facts: Facts, mark: Mark) -> dict[str, str]:
    data = _dynamic(facts)
    number = data[1 : 1 + data[0]] if data else b""
    return {"icc_dynamic_number": _hex(number), "atc": _hex(facts.data.card.get(0x9F36, b""))}


def _signed_ctq(facts: Facts, _: Mark) -> dict[str, str]:
    card = facts.data.card
    found = {"card_authentication_data": _hex(card.get(0x9F69, b""))}
    return {**found, "ctq": _hex(card[0x9F6C])} if 0x9F6C in card else found


_MORE: Mapping[str, Callable[[Facts, Mark], dict[str, str]]] = {
    "CK-008": _ca_key_wanted, "CK-005": _expired_key, "CK-021": _card_values(ca_index=0x8F),
    "ODA-040": _size("certificate", 0x90), "SM-040": _size("certificate", 0x90),
    "ODA-060": _size("certificate", 0, 0x9F46), "SM-050": _size("certificate", 0, 0x9F46),
    "ODA-044": _size("remainder", 0x92), "ODA-062": _size("remainder", 0, 0x9F48),
    "ODA-031": _size("remainder", 0x92, 0x9F48), "ODA-032": _size("remainder", 0x92, 0x9F48),
    "ODA-045": _card_values(exponent=0x9F32), "ODA-063": _card_values(exponent=0x9F47),
    "ODA-048": _date, "ODA-066": _date, "SM-043": _date, "SM-053": _date,
    "ODA-050": _modulus, "ODA-067": _modulus, "ODA-065": _known_pan, "ODA-082": _static,
    "ODA-022": _card_values(tag_list=0x9F4A, aip=0x82),
    "SDA-002": _dac, "SM-061": _dac, "DDA-003": _tail, "SM-072": _tail,
    "DDA-004": _number, "SM-071": _number, "CDA-003": _cda,
    "FD-001": _card_values(aip=0x82), "FD-002": _card_values(card_authentication_data=0x9F69),
    "FD-003": _card_values(application_version=0x9F08), "FD-006": _version, "FD-007": _version,
    "FD-004": _card_values(application_version=0x9F08),
    "FD-005": _card_values(application_version=0x9F08),
    "TLV-034": _card_values(application_version=0x9F08), "DDA-005": _length,
    "CK-004": _key_length, "SM-022": _key_length,
    "FD-010": _atc, "FD-011": _signed_ctq, "FD-012": _signed_ctq,
    "FDA-006": _card_values(pdol=0x9F38),
}  # fmt: skip


def fields(mark: Mark, facts: Facts) -> dict[str, str]:
    """The fields of one rule, in reading order; empty when nothing was recovered for it."""
    found: dict[str, str] = {}
    block = facts.block(mark.part)
    layout = (_RSA if facts.is_rsa else _SM2).get(mark.part, {})
    for name in _SHOWN.get(mark.rule, ()):
        start, end = layout.get(name, (0, 0))
        value = block[start:end]
        if value:
            found[name] = _shown(mark.rule, name, value, facts)
    more = _MORE.get(mark.rule)
    if more is not None:
        found |= more(facts, mark)
    elif mark.left is not None and mark.right is not None and not found:
        found = {"value": str(mark.left), "at_least": str(mark.right)}
    return found
