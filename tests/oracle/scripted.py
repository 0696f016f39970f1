"""A hand-made card for the tests of the second terminal: every answer is set byte by byte.

It holds the RSA chain of the published vectors (TV-001) and signs fDDA itself, so that one thing at
a time can be changed and the signature still be good.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.oracle import tlv, vectors
from tests.oracle.terminal import Cancelled, Configuration, Lost, Result, Transaction, tap

AID = "A000000333010101"
NUMBER = bytes.fromhex("2B29EBE400112233")
PDOL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
TRACK = "6200000000000123455D491222000000000F"
Commands = tuple[bytes, ...]


def objects(*pairs: tuple[str, str]) -> bytes:
    """Tags with hex values, coded one after the other."""
    return b"".join(tlv.encode(tag, bytes.fromhex(value)) for tag, value in pairs)


def template(tag: str, content: bytes) -> bytes:
    return tlv.encode(tag, content)


def entry(name: str = AID, *more: tuple[str, str]) -> bytes:
    """A directory entry of the PPSE."""
    return template("61", objects(("4F", name), *more))


def directory(*entries: bytes) -> bytes:
    """The FCI of the PPSE."""
    inside = template("A5", template("BF0C", b"".join(entries)))
    return template("6F", objects(("84", b"2PAY.SYS.DDF01".hex())) + inside)


def application(pdol: str | None = PDOL, issuer: bytes = b"", name: str = AID) -> bytes:
    """The FCI of an application; issuer is the content of BF0C."""
    inner = objects(("50", b"DEBIT".hex()), *((("9F38", pdol),) if pdol is not None else ()))
    inner += template("BF0C", issuer) if issuer else b""
    return template("6F", objects(("84", name)) + template("A5", inner))


@dataclasses.dataclass
class Script:
    """What the card answers. None leaves an element out; gpo and record are put at the end.

    answers: another answer to the command of this number (from 1), status word included; lost: the
    commands that get none; cancelled: the one at which the operator cancels. told: values by the
    tag of GET DATA, or a whole answer where it ends in a space and a status word. fci: FCI by the
    name in SELECT, where absent 6A82.
    """

    cid: str | None = "40"
    iad: str | None = "07010103900000010A010000008766A1B2C3D4"
    aip: str | None = "7C00"
    atc: str | None = "0011"
    cryptogram: str | None = "89ABCDEF01234567"
    afl: str | None = "08010401"
    ctq: str | None = "0000"
    track: str | None = TRACK
    gpo: bytes = b""
    pan: str | None = "6200000000000123455F"
    expiry: str | None = "491231"
    effective: str = "200301"
    version: str = "0030"
    psn: str = "01"
    record: bytes = b""
    last: bytes = b""
    related: str | None = None
    sign: bool = True
    ppse: bytes = dataclasses.field(default_factory=lambda: directory(entry()))
    fci: dict[str, bytes] = dataclasses.field(default_factory=lambda: {AID: application()})
    answers: dict[int, bytes] = dataclasses.field(default_factory=dict)
    lost: tuple[int, ...] = ()
    cancelled: int = 0
    told: dict[str, str] = dataclasses.field(default_factory=dict)
    count: int = 0
    records: dict[tuple[int, int], bytes] = dataclasses.field(default_factory=dict)

    def transmit(self, command: bytes) -> bytes:
        self.count += 1
        if self.count in self.lost:
            raise Lost
        if self.count == self.cancelled:
            raise Cancelled
        if self.count in self.answers:
            return self.answers[self.count]
        return self._answer(command)

    def _answer(self, command: bytes) -> bytes:
        if command[1] == 0xA4:
            name = command[5:-1].hex().upper()
            data = self.ppse if name.startswith("3250") else self.fci.get(name)
            return b"\x6a\x82" if data is None else data + b"\x90\x00"
        if command[1] == 0xA8:
            return self._gpo(command[5:-1]) + b"\x90\x00"
        if command[1] == 0xCA:
            return self._told(command[2:4].hex().upper())
        data = self.records.get((command[3] >> 3, command[2]))
        return b"\x6a\x83" if data is None else data + b"\x90\x00"

    def _told(self, tag: str) -> bytes:
        value = self.told.get(tag)
        if value is None:
            return b"\x6a\x88"
        return bytes.fromhex(value) if " " in value else objects((tag, value)) + b"\x90\x00"

    @property
    def card_related(self) -> str:
        """9F69: version 01, a number of the card, its CTQ."""
        return self.related if self.related is not None else f"0111223344{self.ctq or '0000'}00"

    def _static(self) -> bytes:
        pairs = [("5A", self.pan), ("5F24", self.expiry), ("5F25", self.effective)]
        pairs += [("5F28", "0156"), ("9F07", "FF00"), ("9F08", self.version), ("5F34", self.psn)]
        return objects(*((tag, value) for tag, value in pairs if value))

    def _gpo(self, data: bytes) -> bytes:
        v = vectors.rsa()
        static = self._static() + self.record
        rest, exponent = bytes.fromhex(v["icc"]["remainder_9F48"]), b"\x03"
        covered = rest + exponent + static + bytes.fromhex(self.aip or "")
        certificate = vectors.sign_again("issuer", v["icc"]["cert_recovered"], {}, covered)
        issuer = [("8F", "F1"), ("9F32", "03"), ("92", v["issuer"]["remainder_92"])]
        own = [("9F47", "03"), ("9F48", rest.hex()), ("9F4A", "82"), ("9F46", certificate)]
        self.records = {
            (1, 1): template("70", static),
            (1, 2): template("70", objects(*issuer, ("90", v["issuer"]["cert_90"]))),
            (1, 3): template("70", objects(*own)),
            (1, 4): template("70", self._last(data)),
        } | {key: value for key, value in self.records.items() if key[0] != 1}
        pairs = [("82", self.aip), ("94", self.afl), ("9F36", self.atc), ("57", self.track)]
        pairs += [("9F10", self.iad), ("9F26", self.cryptogram), ("9F6C", self.ctq)]
        pairs += [("9F27", self.cid)]
        kept = [(tag, value) for tag, value in pairs if value is not None]
        return template("77", objects(*kept) + self.gpo)

    def _last(self, data: bytes) -> bytes:
        """9F69, 9F74, and 9F4B over what the terminal sent by the usual PDOL."""
        related = self.card_related
        sent = data[data.index(0x83) + 2 :]
        tail = sent[-4:] + sent[4:10] + sent[23:25] + bytes.fromhex(related)
        tail = tail if related[:2] == "01" else sent[-4:]
        block = vectors.rsa()["fdda_v01"]["recovered"]
        signed = vectors.sign_again("icc", block, {}, tail if self.sign else b"other")
        found = objects(("9F69", related), ("9F74", b"ECC001".hex()), ("9F4B", signed))
        return found + self.last


def document(
    terminal: dict[str, Any] | None = None,
    switches: dict[str, Any] | None = None,
    **combination: Any,
) -> dict[str, Any]:
    """A terminal with the CA key of the vectors; None removes a key of the combination."""
    ca = vectors.rsa()["ca"]
    key = {"rid": ca["rid"], "index": ca["index"], "modulus": ca["modulus"], "exponent": "03"}
    table = {
        "aid": AID,
        "ttq": "36004080",
        "version": "0030",
        "floor_limit": 20000,
        "transaction_limit": 500000,
        "cvm_limit": 30000,
        "switches": switches or {},
        **combination,
    }
    return {
        "terminal": {"country": 156, "currency": "CNY", "capabilities": "E0F8C8"}
        | (terminal or {}),
        "combination": [{name: value for name, value in table.items() if value is not None}],
        "ca_key": [key | {"checksum": ca["sha1_checksum"]}],
    }


def run(
    script: Script | None = None,
    config: dict[str, Any] | None = None,
    *again: Script | None,
    lookup: Any = None,
    store: Any = lambda record: True,
    start: str = "A",
    purpose: str = "payment",
    **transaction: Any,
) -> Result:
    """One tap: the first card, then one card (or None: no card) for each further presentment."""
    cards = [script or Script(), *again]

    def present() -> Any:
        card = cards.pop(0) if len(cards) > 1 else cards[0]
        return None if card is None else card.transmit

    facts = {"amount": 1250, "date": "261121", "time": "101112", "unpredictable": NUMBER}
    return tap(
        Configuration.from_document(config or document()),
        Transaction(**(facts | transaction)),
        present,
        lookup=lookup,
        store=store,
        start=start,
        purpose=purpose,
    )


def short(result: Result) -> tuple[str, str, str]:
    return result.status, result.reason, result.rule


def ttq(result: Result) -> str:
    """9F66 as it was sent in the first GPO command with the usual PDOL."""
    return next(c[7:11].hex().upper() for c in result.commands if c[1] == 0xA8)


def selected(result: Result) -> list[str]:
    """The names of the SELECT commands behind that of the PPSE."""
    return [c[5:-1].hex().upper() for c in result.commands if c[1] == 0xA4][1:]
