"""What the cases work on besides TLV: signed key chains and recorded taps, and files of all of it.

Everything is made here from the test keys of the package, with a fixed date and fixed "random"
numbers, so that it is the same bytes in every run. A file is a list of byte strings, each behind
four bytes of big-endian length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benches import BenchError
from tapkern import Detection, Status, Terminal, Transaction
from tapkern._numbers import DataList
from tapkern.card import Card
from tapkern.issuer.certificates import (
    fdda_tail,
    icc_certificate,
    issuer_certificate,
    sign_dynamic,
)
from tapkern.issuer.keys import rsa_key
from tapkern.issuer.rsa import RsaKey
from tapkern.terminal import constant_random

KEYS = ("ca-1984", "issuer-1408", "icc-1152")
RID = bytes.fromhex("A000000333")
DATE = "261121"
NUMBER = bytes.fromhex("2B29EBE4")  # 9F37
PAN = "6200000000000001016"
NOW_MS = 1000
STATUS = {Status.APPROVED: 0x10, Status.ONLINE_REQUEST: 0x30}  # enum tapk_status

TERMINAL = """
[terminal]
country = 156
currency = "CNY"
exponent = 2
type = "22"
capabilities = ["contact_chip", "enciphered_online_pin", "signature", "no_cvm", "sda", "dda"]
serial = "BENCH001"
terminal_id = "BENCH001"
merchant_category = 5411
merchant_id = "TAPKERN BENCH"
merchant_name = "tapkern bench"

[[combination]]
aid = "A000000333010101"
kernel = 7
profile = "uics-2018"
version = "0030"
partial_match = true
ttq = ["emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01"]
floor_limit = "200.00"
transaction_limit = "5000.00"
cvm_limit = "1000.00"
ec_limit = "1000.00"

[[ca_key]]
file = "tapkern:params/capk/test.toml"
"""

CARD = f"""
title = "Debit card with long keys"

[[application]]
aid = "A000000333010101"
label = "UnionPay Debit"
priority = 1
pan = "{PAN}"
expiry = 2049-12-31
effective = 2020-01-01
version = "0030"
aip = "7C00"
ctq = "0000"
cap = "9900F000"
cvm_limit = 100000
cvn = 1
idd = 1
fdda = 1

[application.purse]
balance = 20000
limit = 100000
single = 50000
reset = 1000
authorisation_code = "ECC001"

[application.keys]
ca = "{KEYS[0]}"
issuer = "{KEYS[1]}"
icc = "{KEYS[2]}"
master = "test"
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """An fDDA version 01 data set, and the three public operations in it."""

    elements: tuple[bytes, ...]  # in the order of enum part in c/oda.c
    operations: tuple[tuple[bytes, bytes, bytes], ...]  # signature, modulus, exponent


@dataclass(frozen=True, slots=True)
class Recording:
    """A tap: what the terminal asked, what the card answered, and how it ended."""

    terminal: Terminal
    transaction: Transaction
    exchanges: tuple[tuple[bytes, bytes], ...]
    status: Status
    list: DataList
    field55: bytes

    @property
    def answers(self) -> dict[bytes, bytes]:
        """The card as a dictionary."""
        return dict(self.exchanges)


def chain(exponent: int) -> Chain:
    """The chain of KEYS (1984, 1408 and 1152 bits), all with this exponent."""
    pool = [rsa_key(name) for name in KEYS]
    ca, issuer, icc = (RsaKey.from_primes(k.name, k.p, k.q, exponent) for k in pool)
    aip, atc = bytes.fromhex("7C00"), bytes.fromhex("0011")
    pdol = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")
    ttq, amount, currency = bytes.fromhex("36000080"), bytes.fromhex("000000001250"), b"\x01\x56"
    card_data = bytes.fromhex("01" + "A1B2C3D4" + "0000" + "00")  # 9F69: version, number, CTQ
    records = (
        bytes.fromhex("5A0A" + PAN + "F" + "5F24034912315F25032001015F280201569F0702FF00"),
        bytes.fromhex("5F340101" + "9F08020030" + "9F4A0182"),
    )
    expiry = bytes.fromhex("1249")
    first = issuer_certificate(ca, issuer, PAN[:6], expiry, b"\x00\x00\x01")
    static = b"".join(records) + aip
    second = icc_certificate(issuer, icc, PAN, expiry, b"\x00\x00\x02", static)
    tail = fdda_tail(NUMBER, amount, currency, card_data)
    signature = sign_dynamic(icc, atc, tail)
    elements = (
        ca.modulus, ca.exponent, b"\xe4",
        first.certificate, first.remainder, first.exponent,
        second.certificate, second.exponent, second.remainder,
        b"\x82", signature, card_data, b"\x00\x30", b"\x00\x00", aip, atc,
        bytes.fromhex(PAN + "F"), pdol, *records,
        RID, bytes.fromhex(DATE), NUMBER, amount, currency, ttq,
        issuer.modulus, icc.modulus,
    )  # fmt: skip
    return Chain(
        elements,
        (
            (first.certificate, ca.modulus, ca.exponent),
            (second.certificate, issuer.modulus, issuer.exponent),
            (signature, icc.modulus, icc.exponent),
        ),
    )


class _Recorder:
    """A reader over a simulated card that notes every exchange."""

    name = "recorder"

    def __init__(self) -> None:
        self.card = Card.from_toml(CARD, "bench", random=lambda n: bytes(range(1, n + 1)))
        self.exchanges: list[tuple[bytes, bytes]] = []

    def detect(self, timeout_ms: int) -> Detection:
        self.card.reset()
        return Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        answer = self.card.transmit(command)
        self.exchanges.append((command, answer))
        return answer

    def field_off(self, hold_ms: int) -> None:
        self.card.reset()

    def close(self) -> None:
        pass


def record(amount: str, status: Status, data_list: DataList) -> Recording:
    """One tap of the bench card, which has to end with this status."""
    terminal = Terminal.from_toml(TERMINAL, name="bench")
    transaction = terminal.transaction(amount, date=DATE, time="101112", sequence=7)
    reader = _Recorder()
    tap = terminal.tap(
        reader, transaction=transaction, clock=lambda: NOW_MS, random=constant_random(NUMBER)
    )
    if tap.outcome.status is not status:
        raise BenchError(f"the tap to record ended {tap.outcome.status}, {tap.outcome.rule}")
    return Recording(
        terminal, transaction, tuple(reader.exchanges), status, data_list, tap.outcome.field55
    )


def online() -> Recording:
    """Three commands and an online request: the amount is above what the purse gives."""
    return record("600.00", Status.ONLINE_REQUEST, DataList.ONLINE)


def fdda() -> Recording:
    """Eight commands and an offline approval with a cold chain of KEYS, e = 3."""
    return record("12.50", Status.APPROVED, DataList.OFFLINE)


def write(path: Path, items: Iterable[bytes]) -> None:
    """A file of byte strings."""
    path.write_bytes(b"".join(len(item).to_bytes(4, "big") + item for item in items))


def chain_items(made: Chain) -> list[bytes]:
    """The file of c/oda.c."""
    return list(made.elements)


def tap_items(recording: Recording) -> list[bytes]:
    """The file of c/tap.c: image, transaction, random, expectations, then the exchanges."""
    t = recording.transaction
    status = STATUS[recording.status]
    numbers = b"".join(
        (
            t.amount.to_bytes(8, "big"),
            bytes.fromhex(f"{t.currency:04d}{t.date}{t.time}{t.sequence:08d}"),
            bytes((t.exponent, t.type, status, recording.list)),
        )
    )
    flat = [piece for exchange in recording.exchanges for piece in exchange]
    return [recording.terminal.image, numbers, NUMBER + bytes(4), recording.field55, *flat]
