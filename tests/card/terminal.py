"""A terminal for tests, by hand: commands in bytes, answers taken apart, signatures recovered.

It shares no code with the card: its TLV reader and its RSA are its own few lines. SM2 signatures
are checked with `issuer.sm2`, which tests/issuer compares with published vectors and OpenSSL.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from tapkern.card import Card
from tapkern.issuer import sm2
from tapkern.issuer.authority import CaKey, ca_keys

DEBIT = "A000000333010101"
CREDIT = "A000000333010102"
PPSE = "325041592E5359532E4444463031"
ONLINE = "36000080"
ONLINE_REQUIRED = "36800080"
OFFLINE = "2A000080"
UN = "A1B2C3D4"


def select(name: str, p2: int = 0) -> bytes:
    return bytes.fromhex(f"00A404{p2:02X}{len(name) // 2:02X}{name}00")


def gpo(
    ttq: str = ONLINE, amount: int = 1250, currency: str = "0156", un: str = UN, df69: str = ""
) -> bytes:
    """GPO for the usual PDOL of the ready cards; cards with an SM branch ask for DF69 as well."""
    data = f"{ttq}{amount:012}0000000000000156{'00' * 5}{currency}26060100{un}{df69}"
    size = len(data) // 2
    return bytes.fromhex(f"80A80000{size + 2:02X}83{size:02X}{data}00")


def read(record: int, sfi: int = 1) -> bytes:
    return bytes([0x00, 0xB2, record, sfi << 3 | 4, 0x00])


def get_data(tag: str) -> bytes:
    return bytes.fromhex(f"80CA{tag}00")


def send(card: Card, command: bytes) -> bytes:
    """The data of an answer that must be 9000."""
    answer = card.transmit(command)
    assert answer[-2:] == b"\x90\x00", f"{command.hex()} -> {answer.hex()}"
    return answer[:-2]


def status(card: Card, command: bytes) -> str:
    """The status word of an answer that must have no data, or 6283 with some."""
    answer = card.transmit(command)
    assert len(answer) == 2 or answer[-2:] == b"\x62\x83"
    return answer[-2:].hex().upper()


def objects(data: bytes) -> dict[str, bytes]:
    """All primitive objects of a template, at any depth, by tag; a repetition is an error."""
    found: dict[str, bytes] = {}
    while data:
        size = 2 if data[0] & 0x1F == 0x1F else 1
        tag, rest = data[:size], data[size:]
        if rest[0] == 0x81:
            assert rest[1] >= 0x80, "length is not minimal"
            length, rest = rest[1], rest[2:]
        else:
            assert rest[0] < 0x80
            length, rest = rest[0], rest[1:]
        assert length <= len(rest)
        value, data = rest[:length], rest[length:]
        inner = objects(value) if tag[0] & 0x20 else {tag.hex().upper(): value}
        assert not inner.keys() & found.keys()
        found |= inner
    return found


def balance(card: Card) -> int:
    """9F79 by GET DATA."""
    data = send(card, get_data("9F79"))
    assert data[:3] == bytes.fromhex("9F7906")
    return int(data[3:].hex())


def start(card: Card, aid: str = DEBIT) -> None:
    """PPSE and application."""
    send(card, select(PPSE))
    send(card, select(aid))


@dataclass
class Tap:
    """What a whole tap brought."""

    gpo: dict[str, bytes]
    data: dict[str, bytes] = field(default_factory=dict)
    static: bytes = b""
    amount: bytes = b""
    currency: bytes = b""
    un: bytes = b""

    @property
    def kind(self) -> str:
        return {0x00: "AAC", 0x10: "TC", 0x20: "ARQC"}[self.gpo["9F10"][4] & 0x30]


def run(card: Card, aid: str = DEBIT, **values: object) -> Tap:
    """A tap: PPSE, SELECT, GPO, all records of the AFL."""
    start(card, aid)
    command = gpo(**values)  # type: ignore[arg-type]
    answer = send(card, command)
    assert answer[0] == 0x77
    tap = Tap(objects(answer))
    tap.data |= tap.gpo
    tap.amount, tap.currency, tap.un = command[11:17], command[30:32], command[36:40]
    afl = tap.gpo.get("94", b"")
    for sfi, first, last, oda in (afl[i : i + 4] for i in range(0, len(afl), 4)):
        for number in range(first, last + 1):
            record = send(card, read(number, sfi >> 3))
            assert record[0] == 0x70 and len(record) <= 255
            found = objects(record)
            assert found.keys() & tap.data.keys() <= {"5F34"}
            tap.data |= found
            if number - first < oda:
                tap.static += record[3:] if record[1] == 0x81 else record[2:]
    return tap


class NotAuthentic(AssertionError):
    """A certificate or signature does not hold."""


def need(condition: bool, what: str) -> None:
    if not condition:
        raise NotAuthentic(what)


def recover(modulus: bytes, exponent: bytes, signature: bytes) -> bytes:
    need(len(signature) == len(modulus), "length")
    number = pow(
        int.from_bytes(signature, "big"),
        int.from_bytes(exponent, "big"),
        int.from_bytes(modulus, "big"),
    )
    block = number.to_bytes(len(modulus), "big")
    need(block[:1] == b"\x6a" and block[-1:] == b"\xbc", "header or trailer")
    return block


def check_hash(block: bytes, outside: bytes) -> None:
    digest = hashlib.sha1(block[1:-21] + outside).digest()
    need(digest == block[-21:-1], "hash")


def authenticate(tap: Tap, keys: list[CaKey] | None = None) -> bytes:
    """Verify the chain down to 9F4B; gives the ICC dynamic number."""
    data = tap.data
    found = [key for key in keys or ca_keys() if key.index == data["8F"][0]]
    need(len(found) == 1, "CA key")
    (ca,) = found
    if ca.algorithm == "sm2":
        return authenticate_sm2(tap, ca)
    issuer = recover(ca.modulus, ca.exponent, data["90"])
    remainder = data.get("92", b"")
    need(issuer[1] == 0x02 and issuer[11:13] == b"\x01\x01", "issuer format")
    check_hash(issuer, remainder + data["9F32"])
    need(data["5A"].hex().startswith(issuer[2:6].hex().rstrip("f")), "issuer identifier")
    issuer_n = issuer[15 : 15 + min(issuer[13], len(issuer) - 36)] + remainder
    need(len(issuer_n) == issuer[13] and len(data["9F32"]) == issuer[14], "issuer key length")

    icc = recover(issuer_n, data["9F32"], data["9F46"])
    remainder = data.get("9F48", b"")
    need(icc[1] == 0x04 and icc[17:19] == b"\x01\x01", "ICC format")
    need(data["9F4A"] == b"\x82", "static data tag list")
    check_hash(icc, remainder + data["9F47"] + tap.static + data["82"])
    need(icc[2:12].hex().rstrip("f") == data["5A"].hex().rstrip("f"), "PAN")
    icc_n = icc[21 : 21 + min(icc[19], len(icc) - 42)] + remainder
    need(len(icc_n) == icc[19] and len(data["9F47"]) == icc[20], "ICC key length")

    dynamic = recover(icc_n, data["9F47"], data["9F4B"])
    need(dynamic[1:3] == b"\x05\x01", "dynamic format")
    tail = tap.un
    if "9F69" in data:
        tail += tap.amount + tap.currency + data["9F69"]
    check_hash(dynamic, tail)
    need(dynamic[3] == 3 and dynamic[4] == 2, "dynamic number")
    return dynamic[5:7]


def sm2_key(certificate: bytes, head: int, signer: bytes, outside: bytes = b"") -> bytes:
    """The point in an SM2 certificate whose fields before the point's length are `head` bytes."""
    need(len(certificate) == head + 129, "certificate length")
    need(certificate[head - 3] == 0x04, "algorithm")
    need(certificate[head - 1 : head + 1] == b"\x11\x40", "curve or key length")
    body, signature = certificate[:-64], certificate[-64:]
    need(sm2.verify(signer, body + outside, signature), "certificate signature")
    return body[-64:]


def authenticate_sm2(tap: Tap, ca: CaKey) -> bytes:
    """The same for the SM branch."""
    data = tap.data
    need(data["90"][:1] == b"\x12", "issuer format")
    need(data["5A"].hex().startswith(data["90"][1:5].hex().rstrip("f")), "issuer identifier")
    issuer = sm2_key(data["90"], 13, ca.point)

    need(data["9F46"][:1] == b"\x14", "ICC format")
    need(data["9F46"][1:11].hex().rstrip("f") == data["5A"].hex().rstrip("f"), "PAN")
    need(data["9F4A"] == b"\x82", "static data tag list")
    icc = sm2_key(data["9F46"], 19, issuer, tap.static + data["82"])

    dynamic = data["9F4B"]
    need(dynamic[:3] == b"\x15\x03\x02", "dynamic format")
    need(len(dynamic) == 69, "dynamic length")
    tail = tap.un
    if "9F69" in data:
        tail += tap.amount + tap.currency + data["9F69"]
    need(sm2.verify(icc, dynamic[:5] + tail, dynamic[5:]), "dynamic signature")
    return dynamic[3:5]
