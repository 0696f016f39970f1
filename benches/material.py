"""Recorded taps, and the files that the C program reads.

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
from tapkern.terminal import constant_random

KEYS = ("ca-1984", "issuer-1408", "icc-1152")
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
