"""What an issuer orders: a card, its applications and their keys, as frozen checked values.

`cardfile` reads them from TOML; `files` turns them into bytes.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from tapkern.card.appfiles import IndustryFile
from tapkern.card.bits import Cap
from tapkern.issuer.keys import MasterKeys
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

if TYPE_CHECKING:
    from tapkern.card.faults import Fault

K = TypeVar("K", RsaKey, Sm2Key)

VERSION_30 = b"\x00\x30"
ONLINE_ODA = 0x40
"""DF61 b7: the card supports ODA for online authorisation."""

TERMINAL_DATA = {
    0x9F66: 4,
    0x9F02: 6,
    0x9F03: 6,
    0x9F1A: 2,
    0x95: 5,
    0x5F2A: 2,
    0x9A: 3,
    0x9C: 1,
    0x9F37: 4,
    0x9F21: 3,
    0x9F4E: 20,
    0x9F7A: 1,
    0xDF60: 1,
    0xDF69: 1,
}
"""What a card may ask of the terminal in its PDOL and work with; lengths in bytes."""


@dataclass(frozen=True, slots=True)
class Purse:
    """Electronic cash; amounts in minor units: 9F79, 9F77, 9F78, 9F6D. 9F74 is the code.

    offset_limit, offset_used: DF62 and DF63 of an extended application.
    """

    balance: int
    limit: int
    single: int
    reset: int
    authorisation_code: str
    offset_limit: int = 0
    offset_used: int = 0


@dataclass(frozen=True, slots=True)
class SecondPurse:
    """Electronic cash in a second currency: DF71, DF72, and DF79, DF77, DF78, DF76 as a purse."""

    currency: bytes
    cvm_limit: int
    purse: Purse


@dataclass(frozen=True, slots=True)
class Risk:
    """What the issuer lets the card do without him; None is an object that the card has not.

    Amounts in minor units, limits of counters 0 to 255: see `RISK` for the tags.
    """

    default_action: bytes | None = None
    foreign_currency_limit: int | None = None
    cumulative_limit: int | None = None
    issuer_authentication: int | None = None
    lower_limit: int | None = None
    upper_limit: int | None = None
    cumulative_upper: int | None = None
    foreign_country_limit: int | None = None
    conversion_factor: bytes | None = None
    cumulative_dual: int | None = None


RISK = {
    "default_action": (0x9F52, "hex", 2),
    "foreign_currency_limit": (0x9F53, "number", 1),
    "cumulative_limit": (0x9F54, "amount", 6),
    "issuer_authentication": (0x9F56, "number", 1),
    "lower_limit": (0x9F58, "number", 1),
    "upper_limit": (0x9F59, "number", 1),
    "cumulative_upper": (0x9F5C, "amount", 6),
    "foreign_country_limit": (0x9F72, "number", 1),
    "conversion_factor": (0x9F73, "hex", 4),
    "cumulative_dual": (0x9F75, "amount", 6),
}
"""Members of `Risk`: tag, kind of value and length in bytes."""


@dataclass(frozen=True, slots=True)
class Token:
    """TK-001: what tells a terminal that the PAN is a token; None is an object that is absent.

    requestor: 9F19, 11 digits. account: 9F24 (PAR), 29 upper case letters and digits. last_digits:
    9F25, 4 digits of the real PAN. in_arqc: the AFL of an ARQC names their record.
    """

    requestor: str | None
    account: str | None
    last_digits: str | None
    in_arqc: bool


@dataclass(frozen=True, slots=True)
class PhoneProfile:
    """A device that verifies its holder itself.

    cdcvm_done: it has, before every tap. confirm_after: else the holder confirms behind so many
    refused presentments, with 0 never by himself.
    """

    cdcvm_done: bool
    confirm_after: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What the debit/credit path has in its records: lists, rules and limits for the terminal.

    cdol1, cdol2, ddol: 8C, 8D, 9F49 (empty: none). cvm_list: 8E. iac_...: 9F0D, 9F0E, 9F0F.
    exponent: 9F44. lower, upper: 9F14, 9F23, None when the card has none.
    """

    cdol1: bytes
    cdol2: bytes
    ddol: bytes
    cvm_list: bytes
    iac_default: bytes
    iac_denial: bytes
    iac_online: bytes
    exponent: int
    lower: int | None
    upper: int | None


@dataclass(frozen=True, slots=True)
class LogFile:
    """A cyclic log: its SFI (11 to 30), how many records it keeps, and the list of their fields."""

    sfi: int
    records: int
    format: bytes

    @property
    def entry(self) -> bytes:
        """LG-001: 9F4D or DF4D, 2 bytes."""
        return bytes([self.sfi, self.records])


@dataclass(frozen=True, slots=True)
class Keys(Generic[K]):
    """The keys behind an application in one algorithm family and what its certificates say.

    Serials are 3 bytes, expiry is MMYY in 2 BCD bytes.
    """

    ca: K
    ca_index: int
    issuer: K
    icc: K
    master: MasterKeys
    issuer_serial: bytes
    icc_serial: bytes
    expiry: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignApplication:
    """An application of another scheme: it is listed and can be selected, and that is all."""

    aid: bytes
    label: str
    priority: int | None
    kernel: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProfile(ForeignApplication):
    """A UnionPay application. PAN, track 2 and PIN stay out of `repr`.

    keys, sm_keys: RSA with triple DES, and SM2 with SM4; at least one of them (CS-040).
    """

    language: str | None
    pan: str = field(repr=False)
    psn: bytes
    expiry: datetime.date
    effective: datetime.date | None
    service_code: str
    track2: str = field(repr=False)
    country: bytes
    currency: bytes
    version: bytes
    usage: bytes
    aip: bytes
    ctq: int | None
    cap: int
    cvm_limit: int
    pdol: bytes
    key_index: int
    cryptogram_version: int
    discretionary_id: int | None
    fdda: int
    cid_in_gpo: bool
    psn_in_gpo: bool
    product: bytes | None
    df61: int | None
    purse: Purse | None
    second: SecondPurse | None
    risk: Risk
    log: LogFile | None
    load_log: LogFile | None
    token: Token | None
    industry: tuple[IndustryFile, ...]
    atc: int
    last_online_atc: int
    pin_tries: int
    pin: str = field(repr=False)
    pin_limit: int
    mac_tries: int
    flow: Flow
    blocked: bool
    keys: Keys[RsaKey] | None
    sm_keys: Keys[Sm2Key] | None
    sm_signature_in_gpo: bool

    @property
    def fdda_01(self) -> bool:
        """CS-033: whether the card signs with fDDA version 01 when the terminal knows it."""
        return bool(self.fdda) and self.version >= VERSION_30

    @property
    def online_oda(self) -> bool:
        """TR-001: whether an ARQC can be authenticated (DF61 b7)."""
        return bool((self.df61 or 0) & ONLINE_ODA)

    @property
    def signs(self) -> bool:
        """Whether a tap can bring a signature: there is something to spend, or online ODA."""
        foreign = self.cap & Cap.OFFLINE_MISMATCH
        return self.purse is not None or bool(foreign) or self.online_oda


@dataclass(frozen=True, slots=True)
class CardProfile:
    """A card: its applications in the order of the PPSE, and what it does wrong.

    uid: 4, 7 or 10 bytes; None is one of its own, a new random one at every tap of a phone.
    """

    name: str
    title: str
    applications: tuple[ForeignApplication, ...]
    blocked: bool
    phone: PhoneProfile | None
    uid: bytes | None
    faults: tuple[Fault, ...]
