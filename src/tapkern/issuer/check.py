"""Whether a request comes from a card of ours: keys by number, type, cryptogram, balance MAC.

A check names the first thing that is wrong; nothing wrong is the only way to pass.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from tapkern.errors import UsageError
from tapkern.issuer import pins
from tapkern.issuer.cryptogram import cvn01_input, cvn17_input
from tapkern.issuer.keyfile import IssuerKeys
from tapkern.issuer.keys import MasterKeys, master_keys
from tapkern.issuer.reasons import Failure
from tapkern.issuer.request import (
    CVN01_TAGS,
    IssuerData,
    Kind,
    OnlineRequest,
    RequestError,
)
from tapkern.issuer.session import Session
from tapkern.issuer.suites import SM4, SUITES, TRIPLE_DES

LONG, SHORT = (0x01,), (0x11, 0x17)
"""Cryptogram versions by what they are over. 17 is written 11, on some cards 17 (hexadecimal)."""


@dataclass(frozen=True, slots=True)
class Check:
    """What came of a check; `passed` is the one good ending.

    failure: what is wrong first, with its place in `detail`. kind, version, algorithm: as far as
    they could be read. balance: what the card says in 9F10, minor units, None unless its MAC is
    right.
    """

    failure: Failure | None
    detail: str = ""
    kind: Kind | None = None
    version: int | None = None
    algorithm: str | None = None
    atc: int | None = None
    balance: int | None = None
    session: Session | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.failure is None

    def words(self) -> str:
        """For people."""
        if self.failure is not None:
            detail = f" ({self.detail})" if self.detail else ""
            return f"{self.failure.value.replace('_', ' ')}{detail}"
        assert self.kind is not None
        return f"{self.kind.name} right, version {self.version:02X}, {self.algorithm}"

    def to_json(self) -> dict[str, object]:
        """The check as JSON takes it; no keys, no card number."""
        return {
            "passed": self.passed,
            "failure": None if self.failure is None else self.failure.value,
            "detail": self.detail,
            "cryptogram": None if self.kind is None else self.kind.name,
            "version": None if self.version is None else f"{self.version:02X}",
            "algorithm": self.algorithm,
            "atc": self.atc,
            "balance": self.balance,
        }


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer at its desk: master keys by family (identifier in 9F10), nothing else secret."""

    name: str
    masters: Mapping[int, MasterKeys]

    @classmethod
    def of(cls, keys: IssuerKeys) -> Issuer:
        """The issuer of a key file."""
        masters = {}
        if keys.rsa is not None:
            masters[TRIPLE_DES.identifier] = keys.rsa.master
        if keys.sm2 is not None:
            masters[SM4.identifier] = keys.sm2.master
        return cls(keys.name, masters)

    @classmethod
    def ready(cls) -> Issuer:
        """The issuer of the ready cards, with the keys of the pool."""
        masters = {
            TRIPLE_DES.identifier: master_keys("test"),
            SM4.identifier: master_keys("test-sm4"),
        }
        return cls("test", masters)

    def pin_reference(self, pan: str, psn: str, pin: str) -> bytes:
        """What is kept of a PIN, 8 bytes: under a master key, and of no use without it.

        Raises UsageError for what is no PIN.
        """
        key = self.masters[min(self.masters)].enc
        return hmac.digest(key, f"{pan}/{psn}/{pins.check(pin)}".encode(), "sha256")[:8]

    def session(self, request: OnlineRequest) -> Session:
        """The keys of the request's transaction. Raises RequestError when we have none for it."""
        algorithm = request.issuer_data.algorithm
        if algorithm not in self.masters or algorithm not in SUITES:
            raise RequestError(Failure.UNKNOWN_ALGORITHM, f"{algorithm:02X} in 9F10")
        suite, master = SUITES[algorithm], self.masters[algorithm]
        return Session.open(
            suite, master, request.pan, request.psn, request.atc, request.cryptogram
        )

    def check(self, request: OnlineRequest) -> Check:
        """CS-035 and CS-040: the cryptogram of an ARQC or TC and the MAC of what it tells."""
        kind = version = algorithm = atc = None
        try:
            atc, data = request.atc, request.issuer_data
            kind, version = data.kind, data.version
            session = self.session(request)
            algorithm = session.suite.name
            _check_kind(request, kind)
            made = session.cryptogram(_input(request, data))
            if not hmac.compare_digest(made, request.cryptogram):
                raise RequestError(Failure.WRONG_CRYPTOGRAM, "9F26")
            _check_amounts(session, data)
        except RequestError as error:
            return Check(error.failure, error.detail, kind, version, algorithm, atc)
        return Check(None, "", kind, version, algorithm, atc, balance=data.balance, session=session)


def _check_kind(request: OnlineRequest, kind: Kind | None) -> None:
    """The CVR, which the cryptogram covers, says the type; 9F27 may only say the same."""
    if kind not in (Kind.ARQC, Kind.TC):
        raise RequestError(Failure.WRONG_TYPE, "neither ARQC nor TC in 9F10")
    told = request.objects.get(0x9F27)
    if told is not None and told[0] >> 6 != kind.value:
        raise RequestError(Failure.WRONG_TYPE, "9F27 and 9F10 differ")


def _input(request: OnlineRequest, data: IssuerData) -> bytes:
    """CS-035: what the cryptogram is over."""
    if data.version in LONG:
        terminal = b"".join(request.need(tag) for tag in CVN01_TAGS)
        return cvn01_input(terminal, request.need(0x82), request.atc, data.cvr)
    if data.version in SHORT:
        return cvn17_input(request.need(0x9F02), request.need(0x9F37), request.atc, data.cvr)
    raise RequestError(Failure.UNKNOWN_VERSION, f"{data.version:02X} in 9F10")


def _check_amounts(session: Session, data: IssuerData) -> None:
    if not data.identifier:
        return
    if len(data.amounts) not in (5, 10):
        raise RequestError(Failure.MALFORMED, "9F10")
    if not hmac.compare_digest(session.discretionary_mac(data.amounts), data.mac):
        raise RequestError(Failure.WRONG_BALANCE_MAC, "9F10")


def read(request: bytes | OnlineRequest) -> OnlineRequest:
    """A request as it came. Raises RequestError; UsageError for what is neither."""
    if isinstance(request, OnlineRequest):
        return request
    if not isinstance(request, bytes | bytearray | memoryview):
        raise UsageError("a request is bytes (TLV) or an OnlineRequest")
    return OnlineRequest.read(bytes(request))
