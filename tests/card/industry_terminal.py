"""What a gate adds to the terminal for tests: industry records, their MACs, whole extended taps.

The MACs are computed block by block with single DES, apart from the card's own code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, modes

from tapkern.card import Card
from tapkern.issuer.cryptogram import TripleDES
from tests.card.terminal import DEBIT, UN, objects, read, send, start

OPEN_KEY = "404142434445464748494A4B4C4D4E4F"
KEY = "505152535455565758595A5B5C5D5E5F"
QPBOC = "36000080"


def des(key: bytes, block: bytes, back: bool = False) -> bytes:
    cipher = Cipher(TripleDES(key * 3), modes.ECB())
    return (cipher.decryptor() if back else cipher.encryptor()).update(block)


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def retail(key: str, iv: bytes, message: bytes) -> bytes:
    """ISO 9797-1 algorithm 3, padding method 2: the left 4 bytes."""
    left, right = bytes.fromhex(key)[:8], bytes.fromhex(key)[8:]
    message += b"\x80"
    message += bytes(-len(message) % 8)
    chain = iv
    for at in range(0, len(message), 8):
        chain = des(left, xor(chain, message[at : at + 8]))
    return des(left, des(right, chain, back=True))[:4]


def gpo(df60: int, amount: int, ttq: str = QPBOC, currency: str = "0156", un: str = UN) -> bytes:
    """GPO for the PDOL of a card with industry files."""
    data = f"{ttq}{amount:012}0000000000000156{'00' * 5}{currency}26060100{un}{df60:02X}"
    size = len(data) // 2
    return bytes.fromhex(f"80A80000{size + 2:02X}83{size:02X}{data}00")


def read_record(sfi: int, name: str, number: str = "", following: int = 0) -> bytes:
    """READ CAPP DATA."""
    data = name + number
    return bytes.fromhex(f"80B400{sfi << 3 | following:02X}{len(data) // 2:02X}{data}00")


def secured(header: str, key: str, atc: int, data: bytes) -> bytes:
    """A command with its MAC; `header` is CLA INS P1 P2."""
    command = bytes.fromhex(header) + bytes([len(data) + 4]) + data
    return command + retail(key, atc.to_bytes(8, "big"), command)


def update(
    sfi: int, content: bytes, atc: int, key: str = KEY, following: int = 0, le: str = "00"
) -> bytes:
    """UPDATE CAPP DATA CACHE."""
    header = f"84DE00{sfi << 3 | following:02X}"
    return secured(header, key, atc, content) + bytes.fromhex(le)


def append(sfi: int, content: bytes, atc: int, key: str = KEY, open_key: str = OPEN_KEY) -> bytes:
    """APPEND RECORD."""
    cipher = Cipher(TripleDES(bytes.fromhex(open_key + open_key[:16])), modes.ECB())
    data = cipher.encryptor().update(bytes.fromhex(key)) + content
    return secured(f"04E200{sfi << 3:02X}", open_key, atc, data)


def prove(atc: int) -> bytes:
    """GET TRANS PROVE."""
    return bytes.fromhex(f"805A000002{atc:04X}00")


def amount(card: Card, tag: str) -> int:
    """An n12 object by GET DATA."""
    data = send(card, bytes.fromhex(f"80CA{tag}00"))
    return int(data[-6:].hex())


def record_of(card: Card, sfi: int, name: str) -> bytes:
    """The content of the first record of this name."""
    return send(card, read_record(sfi, name))


def changed(content: bytes, at: int, data: str) -> bytes:
    """The content with other bytes at an offset."""
    new = bytes.fromhex(data)
    return content[:at] + new + content[at + len(new) :]


@dataclass
class Gate:
    """An extended tap, step by step; `steps` is how many commands have been answered."""

    card: Card
    sfi: int
    name: str
    number: str = ""
    key: str = KEY
    gpo: dict[str, bytes] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)

    @property
    def atc(self) -> int:
        return int.from_bytes(self.gpo["9F36"], "big")

    def select(self) -> bytes:
        """PPSE, application, READ CAPP DATA; the content."""
        start(self.card, DEBIT)
        content = send(self.card, read_record(self.sfi, self.name, self.number))
        if self.number:
            number = bytes.fromhex(self.number)
            assert content[-4:] == retail(self.key, number, content[:-4])
            content = content[:-4]
        return content

    def process(self, df60: int, amount: int, ttq: str = QPBOC) -> None:
        """GPO."""
        answer = send(self.card, gpo(df60, amount, ttq))
        assert answer[0] == 0x77
        self.gpo = objects(answer)
        self.data |= self.gpo

    def update(self, content: bytes) -> None:
        """UPDATE CAPP DATA CACHE of the record that was read."""
        command = update(self.sfi, content, self.atc, self.key)
        answer = send(self.card, command)
        if self.number:
            mac = command[-5:-1]
            assert answer == retail(self.key, bytes(4) + mac, b"\x90\x00")
        else:
            assert answer == b""

    @property
    def places(self) -> list[tuple[int, int]]:
        """SFI and number of all records of the AFL."""
        afl = self.gpo["94"]
        return [
            (afl[i] >> 3, number)
            for i in range(0, len(afl), 4)
            for number in range(afl[i + 1], afl[i + 2] + 1)
        ]

    def read(self) -> None:
        """All records of the AFL; the last one commits."""
        for sfi, number in self.places:
            self.data |= objects(send(self.card, read(number, sfi)))

    def run(self, df60: int, amount: int, *changes: tuple[int, str]) -> bytes:
        """A whole tap; gives the record's new content."""
        content = self.select()
        self.process(df60, amount)
        for at, data in changes:
            content = changed(content, at, data)
        self.update(content)
        self.read()
        return content


METRO, LOG = 0x15, 0x1E
PARK = 0x16
LOG_KEY = "808182838485868788898A8B8C8D8E8F"
NUMBER = "1122334455667788"
STATE, TIME = 14, 67
TRIP = bytes.fromhex("01") + bytes(16) + (0).to_bytes(4, "big")


def metro(card: Card, number: str = "") -> Gate:
    return Gate(card, METRO, "2701", number)


def park(card: Card, name: str = "2707", key: str = KEY) -> Gate:
    return Gate(card, PARK, name, key=key)
