"""What an issuer orders: a card, its applications and their keys, as frozen checked values.

`cardfile` reads them from TOML; `files` turns them into bytes.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tapkern.card.faults import Fault
from tapkern.issuer.keys import MasterKeys
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

K = TypeVar("K", RsaKey, Sm2Key)

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
    0xDF60: 1,
    0xDF69: 1,
}
"""What a card may ask of the terminal in its PDOL and work with; lengths in bytes."""


@dataclass(frozen=True, slots=True)
class Purse:
    """Electronic cash; amounts in minor units: 9F79, 9F77, 9F78, 9F6D. 9F74 is the code."""

    balance: int
    limit: int
    single: int
    reset: int
    authorisation_code: str


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
    """A UnionPay application. PAN and track 2 stay out of `repr`.

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
    atc: int
    last_online_atc: int
    pin_tries: int
    blocked: bool
    keys: Keys[RsaKey] | None
    sm_keys: Keys[Sm2Key] | None
    sm_signature_in_gpo: bool


@dataclass(frozen=True, slots=True)
class CardProfile:
    """A card: its applications in the order of the PPSE, and what it does wrong."""

    name: str
    title: str
    applications: tuple[ForeignApplication, ...]
    blocked: bool
    faults: frozenset[Fault]
