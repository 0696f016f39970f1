"""A scripted terminal for the debit/credit flow, and the issuer behind it.

Like `terminal` it shares no code with the card: lists are filled, signatures recovered and 9F10
taken apart by its own few lines. The issuer side is `tapkern.issuer`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.issuer import sm2
from tapkern.issuer.authority import ca_keys
from tapkern.issuer.keys import master_keys
from tapkern.issuer.session import Session
from tapkern.issuer.suites import SM4, TRIPLE_DES
from tests.card.terminal import (
    DEBIT,
    PPSE,
    check_hash,
    get_data,
    need,
    objects,
    read,
    recover,
    select,
    send,
    sm2_key,
    status,
)

AAC, TC, ARQC = 0x00, 0x40, 0x80
CDA = 0x10
KINDS = {AAC: "AAC", TC: "TC", ARQC: "ARQC"}
CRYPTOGRAM = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")
DEBIT_CREDIT = "46000080"


def fill(dol: bytes, values: dict[str, str]) -> bytes:
    """Values in the order of a list; what is not known is zeros."""
    filled = b""
    while dol:
        size = 2 if dol[0] & 0x1F == 0x1F else 1
        tag, length, dol = dol[:size].hex().upper(), dol[size], dol[size + 1 :]
        filled += bytes.fromhex(values.get(tag, "00" * length)).ljust(length, b"\x00")[:length]
    return filled


@dataclass
class Given:
    """An answer to GENERATE AC."""

    cid: int
    atc: int
    ac: bytes
    iad: bytes
    objects: dict[str, bytes] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return KINDS[self.cid & 0xC0]

    @property
    def cvr(self) -> bytes:
        return self.iad[3:7]


class Terminal:
    """One transaction with a card, command by command."""

    def __init__(self, card: Card, amount: int = 1250, df69: str = "00", **values: str) -> None:
        self.card = card
        self.values = {
            "9F66": DEBIT_CREDIT, "9F02": f"{amount:012}", "9F03": "000000000000",
            "9F1A": "0156", "95": "0000000000", "5F2A": "0156", "9A": "260601", "9C": "00",
            "9F37": "A1B2C3D4", "9F21": "120000", "9F4E": b"TEST MERCHANT".hex(), "9F7A": "00",
            "DF69": df69, **{f"{tag}".removeprefix("t"): value for tag, value in values.items()},
        }  # fmt: skip
        self.suite = SM4 if df69 == "01" else TRIPLE_DES
        self.data: dict[str, bytes] = {}
        self.static = b""
        self.sent = b""
        self.first: Given | None = None

    def process(self, aid: str = DEBIT) -> bytes:
        """PPSE, SELECT and GPO; the answer to it with its status word."""
        send(self.card, select(PPSE))
        answer = self.card.transmit(select(aid))
        assert answer[-2:] in (b"\x90\x00", b"\x62\x83")
        self.data = objects(answer[:-2])
        asked = self.sent = fill(self.data["9F38"], self.values)
        body = b"\x83" + bytes([len(asked)]) + asked
        return self.card.transmit(b"\x80\xa8\x00\x00" + bytes([len(body)]) + body + b"\x00")

    def start(self, aid: str = DEBIT) -> Terminal:
        """PPSE, SELECT, GPO and every record of the AFL."""
        answer = self.process(aid)
        assert answer[-2:] == b"\x90\x00"
        answer = answer[:-2]
        assert answer[0] == 0x80 and answer[1] == len(answer) - 2
        self.data["82"], afl = answer[2:4], answer[4:]
        assert afl and len(afl) % 4 == 0
        for sfi, first, last, oda in (afl[i : i + 4] for i in range(0, len(afl), 4)):
            for number in range(first, last + 1):
                record = send(self.card, read(number, sfi >> 3))
                found = objects(record)
                assert not found.keys() & self.data.keys()
                self.data |= found
                if number - first < oda:
                    self.static += record[3:] if record[1] == 0x81 else record[2:]
        return self

    def generate(self, p1: int, code: str = "", **values: str) -> Given:
        """GENERATE AC, the first or the second one, that must be answered."""
        command = self.generate_command(p1, code, **values)
        return self.taken(send(self.card, command), command)

    def generate_command(self, p1: int, code: str = "", **values: str) -> bytes:
        self.values |= {tag.removeprefix("t"): value for tag, value in values.items()}
        self.values["8A"] = code.encode().hex()
        data = fill(self.data["8D" if self.first else "8C"], self.values)
        return bytes([0x80, 0xAE, p1, 0x00, len(data)]) + data + b"\x00"

    def taken(self, answer: bytes, command: bytes) -> Given:
        """The parts of an answer; the cryptogram and the MAC of 9F10 are checked."""
        self.sent += command[5:-1]
        if answer[0] == 0x80:
            body = answer[2:]
            assert answer[1] == len(body)
            atc = int.from_bytes(body[1:3], "big")
            given = Given(body[0], atc, body[3:11], body[11:])
        else:
            found = objects(answer)
            assert list(found) == ["9F27", "9F36", "9F4B", "9F10"]
            atc = int.from_bytes(found["9F36"], "big")
            ac = self.combined(found, answer)
            given = Given(found["9F27"][0], atc, ac, found["9F10"], found)
        self.check_cryptogram(given)
        self.first = self.first or given
        return given

    def check_cryptogram(self, given: Given) -> None:
        """CS-035: recomputed by the issuer; 9F10 names family and version."""
        session = self.session(given.atc, given.ac)
        iad, values = given.iad, self.values
        assert iad[7] == self.suite.identifier and iad[3] == 0x03
        parts = [values[tag] for tag in CRYPTOGRAM]
        atc = given.atc.to_bytes(2, "big")
        data = bytes.fromhex("".join(parts)) + self.data["82"] + atc + iad[3:7]
        if iad[2] == 17:
            data = bytes.fromhex(values["9F02"] + values["9F37"]) + atc + iad[4:5]
        assert session.cryptogram(data) == given.ac
        if len(iad) > 8:
            assert session.discretionary_mac(iad[10:-4]) == iad[-4:]

    # the issuer

    def session(self, atc: int | None = None, ac: bytes | None = None) -> Session:
        """The issuer's keys for this transaction."""
        if ac is None:
            assert self.first is not None
            atc, ac = self.first.atc, self.first.ac
        pan = self.data["5A"].hex().rstrip("f")
        master = master_keys("test-sm4" if self.suite is SM4 else "test")
        assert atc is not None
        return Session.open(self.suite, master, pan, self.data["5F34"].hex(), atc, ac)

    def authenticate(self, code: str = "00", data: bytes | None = None) -> str:
        """EXTERNAL AUTHENTICATE with the issuer's answer, or with other data."""
        data = self.session().issuer_authentication(code) if data is None else data
        return status(self.card, b"\x00\x82\x00\x00" + bytes([len(data)]) + data)

    def script(self, header: str, data: str | bytes = b"") -> str:
        """A script command with the issuer's MAC."""
        data = bytes.fromhex(data) if isinstance(data, str) else data
        return status(self.card, self.session().seal(bytes.fromhex(header), data))

    def online(self, p1: int = TC, code: str = "00") -> Given:
        """ARQC, EXTERNAL AUTHENTICATE and the second GENERATE AC."""
        assert self.generate(ARQC).kind == "ARQC"
        assert self.authenticate(code) == "9000"
        return self.generate(p1, code)

    # authentication

    def keys(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Issuer and ICC key, each modulus (or point) and exponent, by the chain in the records."""
        data = self.data
        (ca,) = [key for key in ca_keys() if key.index == data["8F"][0]]
        signed = self.static + data["82"]
        need(data["9F4A"] == b"\x82", "static data tag list")
        if ca.algorithm == "sm2":
            issuer = sm2_key(data["90"], 13, ca.point)
            return issuer, b"", sm2_key(data["9F46"], 19, issuer, signed), b""
        block = recover(ca.modulus, ca.exponent, data["90"])
        rest = data.get("92", b"")
        check_hash(block, rest + data["9F32"])
        issuer = block[15 : 15 + min(block[13], len(block) - 36)] + rest
        block = recover(issuer, data["9F32"], data["9F46"])
        rest = data.get("9F48", b"")
        check_hash(block, rest + data["9F47"] + signed)
        icc = block[21 : 21 + min(block[19], len(block) - 42)] + rest
        return issuer, data["9F32"], icc, data["9F47"]

    def check_static(self) -> bytes:
        """SDA: tag 93 over the static data; gives 9F45."""
        issuer, exponent, _, _ = self.keys()
        value, signed = self.data["93"], self.static + self.data["82"]
        if not exponent:
            need(value[:1] == b"\x13", "static format")
            need(sm2.verify(issuer, value[:3] + signed, value[3:]), "static signature")
            return value[1:3]
        block = recover(issuer, exponent, value)
        need(block[1:3] == b"\x03\x01", "static format")
        check_hash(block, signed)
        return block[3:5]

    def check_dynamic(self, value: bytes, tail: bytes) -> bytes:
        """A dynamic signature; gives the dynamic data with the length of the number."""
        _, _, icc, exponent = self.keys()
        if not exponent:
            size = 2 + value[1]
            need(value[0] == 0x15 and len(value) == size + 64, "dynamic format")
            need(sm2.verify(icc, value[:size] + tail, value[size:]), "dynamic signature")
            return value[2:size]
        block = recover(icc, exponent, value)
        need(block[1:3] == b"\x05\x01", "dynamic format")
        check_hash(block, tail)
        return block[4 : 4 + block[3]]

    def combined(self, found: dict[str, bytes], answer: bytes) -> bytes:
        """CDA-003 to CDA-006: the cryptogram out of the signature."""
        data = self.check_dynamic(found["9F4B"], bytes.fromhex(self.values["9F37"]))
        number, rest = data[1 : 1 + data[0]], data[1 + data[0] :]
        need(number == found["9F36"], "dynamic number")
        need(rest[:1] == found["9F27"], "CID")
        head = answer[: answer.index(b"\x9f\x4b")]
        shown = head[head.index(b"\x9f\x27") :] + answer[answer.rindex(b"\x9f\x10") :]
        digest = hashlib.sha1 if len(rest) == 29 else (lambda d: hashlib.new("sm3", d))
        need(rest[9:] == digest(self.sent + shown).digest(), "transaction hash")
        return rest[1:9]


def stored(card: Card, tag: str) -> str:
    """The value that GET DATA gives, in hex."""
    answer = send(card, get_data(tag))
    assert answer[:2].hex().upper() == tag and answer[2] == len(answer) - 3
    return answer[3:].hex().upper()


FAMILIES = pytest.mark.parametrize("df69", ["00", "01"], ids=["RSA", "SM"])


def load(*lines: str, **more: Path) -> Card:
    """The card for loads with other lines; a line may open a table."""
    return Card.from_toml('base = "load"\n[[application]]\n' + "\n".join(lines), "changed", **more)


def cvr(given: object) -> str:
    return given.cvr.hex()[2:]  # type: ignore[attr-defined]
