"""Random valid authentication data sets with own signing, every method and both families.

A Plan holds the facts of one set; `build` lays out and signs it. A mutation (mutator.py) may hook
into the plan: `before` edits the content of an object before its hash or signature is made, `after`
edits the finished block or object (RSA: before the private operation), `last` the JSON object.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Callable
from typing import Any

from tests.oracle import keys, sm2, tlv
from tests.oracle.keys import RsaKey, Sm2Key
from tests.oracle.sm3 import sm3

METHODS = ("chain", "sda", "dda", "fdda", "fdda", "cda")
RIDS = ("A000000333", "A000000333", "A000000632", "A000000003")
Edit = Callable[[bytearray], None]
DataEdit = Callable[[dict[str, Any]], None]


@dataclasses.dataclass
class Plan:
    """The facts of one set. Dates of certificates are MMYY in BCD, date is YYMMDD."""

    rng: random.Random
    family: str
    method: str
    rid: str
    ca: RsaKey | Sm2Key
    issuer: RsaKey | Sm2Key
    icc: RsaKey | Sm2Key
    index: str
    pan: str
    issuer_digits: int
    date: str
    issuer_expiry: str
    icc_expiry: str
    issuer_serial: bytes
    icc_serial: bytes
    records: list[bytes]
    aip: bytes
    sda_tags: bool
    version: int
    dynamic_number: bytes
    extra: bytes
    terminal: dict[str, bytes]
    card: dict[str, bytes]
    options: dict[str, bool]
    answer: list[tuple[str, bytes]]
    cid: bytes
    revoked: list[str]
    expiry: str | None
    icc_modulus: bytes | None = None
    before: dict[str, Edit] = dataclasses.field(default_factory=dict)
    after: dict[str, Edit] = dataclasses.field(default_factory=dict)
    last: list[DataEdit] = dataclasses.field(default_factory=list)
    leading_zero: bool = False

    @property
    def static(self) -> bytes:
        """What 9F46 and 93 cover."""
        return b"".join(self.records) + (self.aip if self.sda_tags else b"")

    @property
    def tail(self) -> bytes:
        """What the terminal adds to the signed dynamic data."""
        sent = self.terminal
        if self.method == "dda":
            return sent["ddol_data"]
        if self.method == "fdda" and self.version == 1:
            return sent["9F37"] + sent["9F02"] + sent["5F2A"] + self.card["9F69"]
        return sent["9F37"]

    def edit(self, stage: dict[str, Edit], tag: str, content: bytearray) -> bytearray:
        """Runs the hook of this object."""
        if tag in stage:
            stage[tag](content)
        return content


# ---------------------------------------------------------------- random facts


def _date(rng: random.Random) -> tuple[str, str, str]:
    """A date and two MMYY not before its month; the same month and a new century are frequent."""
    usual = rng.randrange(2015, 2049)
    year = rng.choice((1999, 2000, rng.randrange(1950, 2049), *[usual] * 6))
    month = rng.randrange(1, 13)
    expiries = []
    for _ in range(2):
        months = 12 * year + month - 1 + rng.choice((0, 1, rng.randrange(12, 240)))
        months = min(months, 12 * 2049 + 11)
        expiries.append(f"{months % 12 + 1:02}{months // 12 % 100:02}")
    return f"{year % 100:02}{month:02}{rng.randrange(1, 29):02}", expiries[0], expiries[1]


def _key_expiry(rng: random.Random, date: str) -> str | None:
    year = int(date[:2]) + (2000 if int(date[:2]) < 50 else 1900)
    later = f"{year + rng.randrange(1, 30)}1231"
    return rng.choice((None, None, later, f"{year}{date[2:]}"))


def _records(rng: random.Random, pan: str) -> list[bytes]:
    """Contents of one to four records, seldom none."""
    if rng.random() < 0.03:
        return []
    digits = pan if len(pan) % 2 == 0 else pan + "F"
    first = tlv.encode("5A", bytes.fromhex(digits)) + tlv.encode("5F24", b"\x49\x12\x31")
    others = [
        tlv.encode(rng.choice(("8C", "8D", "8E", "5F28", "9F07", "9F0D")), rng.randbytes(n))
        for n in (rng.choice((0, 1, 2, 30, 100, 200)) for _ in range(rng.randrange(4)))
    ]
    records = [first, *others]
    rng.shuffle(records)
    return records


def _rsa_keys(rng: random.Random) -> tuple[RsaKey, RsaKey, RsaKey]:
    """Any three keys; one time in four the limits at which a remainder begins to be needed."""
    pool = keys.rsa_keys()
    if rng.random() < 0.25:
        ca = rng.choice([key for key in pool if key.size in (128, 112, 142)])
        near = [key for key in pool if abs(key.size - (ca.size - 36)) <= 1] or list(pool)
        issuer = rng.choice(near)
        near = [key for key in pool if abs(key.size - (issuer.size - 42)) <= 1] or list(pool)
        return ca, issuer, rng.choice(near)
    return rng.choice(pool), rng.choice(pool), rng.choice(pool)


def _transaction(rng: random.Random) -> dict[str, bytes]:
    return {
        "9F37": rng.randbytes(4),
        "9F02": bytes.fromhex(f"{rng.randrange(10**7):012}"),
        "5F2A": rng.choice((b"\x01\x56", b"\x08\x40")),
        "9F66": bytes.fromhex(rng.choice(("36000080", "36000000", "26800080", "28000000"))),
    }


def _fdda(plan: Plan) -> None:
    """Version 00 or 01 with a card, qualifiers and switches that allow it."""
    rng, card, options = plan.rng, plan.card, plan.options
    if plan.version == 0:
        options["fd.allow_v00"] = True
        card["9F08"] = rng.choice((b"\x00\x20", b"\x00\x30", b""))
        if card["9F08"] == b"\x00\x30":
            plan.terminal["9F66"] = plan.terminal["9F66"][:3] + b"\x00"
        if rng.random() < 0.3:
            card["9F69"] = b"\x00" + rng.randbytes(rng.randrange(7, 16))
    else:
        card["9F08"] = rng.choice((b"\x00\x30", b"\x00\x30", b"\x00\x31"))
        if rng.random() < 0.1:
            card["9F08"], options["fd.v01_needs_0030"] = b"\x00\x20", False
        qualifiers = rng.choice((b"\x00\x00", b"\x02\x00", b"\x00\x80", rng.randbytes(2)))
        reserve = rng.choice((b"", bytes(8), rng.randbytes(rng.randrange(9))))
        card["9F69"] = b"\x01" + rng.randbytes(4) + qualifiers + b"\x00" + reserve
        card["9F6C"] = qualifiers
        chance = rng.random()
        if chance < 0.1 and qualifiers == b"\x00\x00":
            del card["9F6C"]
        elif chance < 0.2:
            card["9F6C"], options["fd.check_ctq"] = rng.randbytes(2), False
        elif chance < 0.3:  # extended transaction: byte 8 is the DF61 of the FCI
            plan.terminal["DF60"], card["DF61"] = b"\x01", b"\x02"
            card["9F69"] = card["9F69"][:7] + b"\x02" + card["9F69"][8:]
    if rng.random() < 0.2:
        options["fda.idn_strict"] = True
    if rng.random() < 0.3:
        card["9F36"] = plan.dynamic_number = rng.randbytes(2)
        options["fd.check_atc"] = rng.random() < 0.7
    if rng.random() < 0.5:
        card["9F38"] = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704DF6901")
    card["9F6C"] = card.get("9F6C", b"")
    plan.card = {tag: value for tag, value in card.items() if value}


def _cda(plan: Plan) -> None:
    rng, sent = plan.rng, plan.terminal
    sent["cdol1_data"] = rng.randbytes(rng.randrange(4, 40)) + sent["9F37"]
    if rng.random() < 0.6:
        sent["pdol_data"] = rng.randbytes(rng.randrange(1, 34))
    if rng.random() < 0.4:
        sent["cdol2_data"] = rng.randbytes(rng.randrange(4, 40))
    plan.cid = rng.choice((b"\x40", b"\x80"))
    plan.answer = [("9F27", plan.cid), ("9F36", rng.randbytes(2))]
    plan.answer.append(("9F10", bytes.fromhex("07010103A00000010A01") + rng.randbytes(9)))
    if rng.random() < 0.3:
        plan.answer.append(("9F5D", b""))
    rng.shuffle(plan.answer)
    room = 0 if isinstance(plan.icc, Sm2Key) else plan.icc.size - 25 - 31 - len(plan.dynamic_number)
    plan.extra = rng.randbytes(rng.randrange(min(room, 6) + 1)) if rng.random() < 0.3 else b""


def draw(
    rng: random.Random, family: str | None = None, method: str | None = None, number: str = ""
) -> Plan:
    """The facts of a random valid set; a quarter of the sets is SM2. number: of the card."""
    family = family or rng.choice(("rsa", "rsa", "rsa", "sm2"))
    method = method or rng.choice(METHODS)
    three = _rsa_keys(rng) if family == "rsa" else tuple(rng.sample(keys.sm2_keys(), 3))
    date, issuer_expiry, icc_expiry = _date(rng)
    pan = "".join(rng.choices("0123456789", k=rng.randrange(13, 20)))
    pan = number or pan
    plan = Plan(
        rng=rng,
        family=family,
        method=method,
        rid=rng.choice(RIDS),
        ca=three[0],
        issuer=three[1],
        icc=three[2],
        index=f"{rng.randrange(256):02X}",
        pan=pan,
        issuer_digits=rng.randrange(3, 9),
        date=date,
        issuer_expiry=issuer_expiry,
        icc_expiry=icc_expiry,
        issuer_serial=rng.randbytes(3),
        icc_serial=rng.randbytes(3),
        records=_records(rng, pan),
        aip=b"\x7c\x00"
        if method == "fdda"
        else rng.choice((b"\x7c\x00", b"\x7d\x00", b"\x40\x00")),
        sda_tags=rng.random() < 0.6,
        version=rng.choice((0, 1, 1)),
        dynamic_number=rng.randbytes(rng.choice((2, 2, 2, 4, 8))),
        extra=b"",
        terminal=_transaction(rng) if method in ("fdda", "cda") else {},
        card={},
        options={},
        answer=[],
        cid=b"",
        revoked=[],
        expiry=_key_expiry(rng, date),
    )
    if method == "dda":
        plan.terminal["ddol_data"] = rng.randbytes(rng.choice((4, 4, 6, 30)))
    if method == "fdda":
        _fdda(plan)
    if method == "cda":
        _cda(plan)
    _revoked(plan)
    if method == "chain" and family == "rsa" and rng.random() < 0.2:
        plan.icc_modulus = bytes(rng.randrange(1, 4)) + rng.randbytes(rng.randrange(64, 130))
    plan.leading_zero = family == "rsa" and plan.ca.name == "rsa-512-3" and rng.random() < 0.3
    return plan


def _revoked(plan: Plan) -> None:
    """Revoked certificates that are nearly this one: other serial number, index or RID."""
    rng, serial = plan.rng, plan.issuer_serial.hex().upper()
    other = f"{(int(plan.index, 16) + 1) % 256:02X}"
    near = [
        plan.rid + plan.index + rng.randbytes(3).hex().upper(),
        plan.rid + other + serial,
        "A000000004" + plan.index + serial,
    ]
    plan.revoked = rng.sample(near, rng.randrange(4)) if rng.random() < 0.4 else []
    plan.revoked = [entry for entry in plan.revoked if entry != plan.rid + plan.index + serial]


# ---------------------------------------------------------------- laying out and signing


def _identifier(plan: Plan) -> bytes:
    return bytes.fromhex(plan.pan[: plan.issuer_digits].ljust(8, "F"))


def _pan_field(plan: Plan) -> bytes:
    return bytes.fromhex(plan.pan.ljust(20, "F"))


def _rsa_object(plan: Plan, tag: str, key: RsaKey, body: bytes, covered: bytes) -> bytes:
    """Header, body filled with BB, hash over body and covered, trailer; then the signature."""
    content = bytearray(body.ljust(key.size - 22, b"\xbb"))
    plan.edit(plan.before, tag, content)
    code = hashlib.sha1(bytes(content) + covered).digest()
    block = bytearray(b"\x6a" + content + code + b"\xbc")
    return key.sign(bytes(plan.edit(plan.after, tag, block)))


def _rsa_part(modulus: bytes, room: int) -> tuple[bytes, bytes]:
    """The part inside a certificate and the remainder."""
    return modulus[:room], modulus[room:]


def _rsa_certificates(plan: Plan, card: dict[str, bytes]) -> None:
    """90, 92, 9F32 and, unless the method is SDA, 9F46, 9F48, 9F47."""
    ca, issuer, icc = plan.ca, plan.issuer, plan.icc
    assert isinstance(ca, RsaKey) and isinstance(issuer, RsaKey) and isinstance(icc, RsaKey)
    left, rest = _rsa_part(issuer.modulus, ca.size - 36)
    card["9F32"] = issuer.exponent
    if rest:
        card["92"] = rest
    card.update({tag: plan.card[tag] for tag in ("92", "9F32") if tag in plan.card})
    covered = card.get("92", b"") + card["9F32"]
    while True:
        head = b"\x02" + _identifier(plan) + bytes.fromhex(plan.issuer_expiry)
        sizes = bytes([1, 1, issuer.size, len(issuer.exponent)])
        body = head + plan.issuer_serial + sizes + left
        card["90"] = _rsa_object(plan, "90", ca, body, covered)
        if not plan.leading_zero or card["90"][0] == 0:
            break
        plan.issuer_serial = plan.rng.randbytes(3)
    if plan.method == "sda":
        return
    modulus = plan.icc_modulus or icc.modulus
    left, rest = _rsa_part(modulus, issuer.size - 42)
    card["9F47"] = icc.exponent
    if rest:
        card["9F48"] = rest
    card.update({tag: plan.card[tag] for tag in ("9F47", "9F48") if tag in plan.card})
    covered = card.get("9F48", b"") + card["9F47"] + plan.static
    head = b"\x04" + _pan_field(plan) + bytes.fromhex(plan.icc_expiry) + plan.icc_serial
    body = head + bytes([1, 1, len(modulus), len(icc.exponent)]) + left
    card["9F46"] = _rsa_object(plan, "9F46", issuer, body, covered)


def _sm_object(plan: Plan, tag: str, key: Sm2Key, body: bytes, covered: bytes) -> bytes:
    """The plain bytes with r || s over them and covered."""
    content = bytes(plan.edit(plan.before, tag, bytearray(body)))
    signature = None
    while signature is None:
        signature = sm2.sign(key.d, content + covered, plan.rng.randrange(1, sm2.N))
    return bytes(plan.edit(plan.after, tag, bytearray(content + signature)))


def _sm_certificates(plan: Plan, card: dict[str, bytes]) -> None:
    ca, issuer, icc = plan.ca, plan.issuer, plan.icc
    assert isinstance(ca, Sm2Key) and isinstance(issuer, Sm2Key) and isinstance(icc, Sm2Key)
    kind = bytes.fromhex("04001140")
    head = b"\x12" + _identifier(plan) + bytes.fromhex(plan.issuer_expiry) + plan.issuer_serial
    card["90"] = _sm_object(plan, "90", ca, head + kind + issuer.point, b"")
    if plan.method != "sda":
        head = b"\x14" + _pan_field(plan) + bytes.fromhex(plan.icc_expiry) + plan.icc_serial
        card["9F46"] = _sm_object(plan, "9F46", issuer, head + kind + icc.point, plan.static)
    if plan.rng.random() < 0.2:  # not used by this family
        card["9F32"], card["9F47"], card["92"] = b"\x03", b"\x03", plan.rng.randbytes(20)


def _dynamic(plan: Plan) -> bytes:
    """The ICC dynamic data; for CDA with CID, AC and the hash of the transaction data."""
    data = bytes([len(plan.dynamic_number)]) + plan.dynamic_number
    if plan.method == "cda":
        sent = plan.terminal
        covered = b"".join(sent.get(n, b"") for n in ("pdol_data", "cdol1_data", "cdol2_data"))
        covered += b"".join(tlv.encode(tag, value) for tag, value in plan.answer)
        code = sm3(covered) if plan.family == "sm2" else hashlib.sha1(covered).digest()
        data += plan.cid + plan.rng.randbytes(8) + code
    content = bytearray(data + plan.extra)
    return bytes(plan.edit(plan.before, "dynamic", content))


def _signatures(plan: Plan, card: dict[str, bytes]) -> None:
    """93 for SDA, 9F4B for DDA, fDDA and CDA."""
    code = plan.rng.randbytes(2)
    issuer, icc = plan.issuer, plan.icc
    if plan.method == "sda":
        if isinstance(issuer, RsaKey):
            card["93"] = _rsa_object(plan, "93", issuer, b"\x03\x01" + code, plan.static)
        else:
            card["93"] = _sm_object(plan, "93", issuer, b"\x13" + code, plan.static)
    elif plan.method != "chain":
        data = _dynamic(plan)
        if isinstance(icc, RsaKey):
            body = b"\x05\x01" + bytes([len(data)]) + data
            card["9F4B"] = _rsa_object(plan, "9F4B", icc, body, plan.tail)
        else:
            body = b"\x15" + bytes([len(data)]) + data
            card["9F4B"] = _sm_object(plan, "9F4B", icc, body, plan.tail)


def _ca_entry(plan: Plan) -> dict[str, str]:
    entry = {"index": plan.index}
    if isinstance(plan.ca, RsaKey):
        entry["algorithm"] = "rsa"
        entry["modulus"] = plan.ca.modulus.hex().upper()
        entry["exponent"] = plan.ca.exponent.hex().upper()
    else:
        entry.update(algorithm="sm2", point=plan.ca.point.hex().upper())
    if plan.expiry is not None:
        entry["expiry"] = plan.expiry
    return entry


def _pan_element(plan: Plan, card: dict[str, bytes]) -> None:
    even = plan.pan if len(plan.pan) % 2 == 0 else plan.pan + "F"
    if plan.rng.random() < 0.85:
        card["5A"] = bytes.fromhex(even)
    else:
        track = f"{plan.pan}D4912201000".ljust(38, "0")[:37]
        card["57"] = bytes.fromhex(track if len(track) % 2 == 0 else track + "F")


def build(plan: Plan) -> dict[str, Any]:
    """The JSON object of this plan, signed, with the hooks of a mutation applied."""
    card: dict[str, bytes] = {"8F": bytes.fromhex(plan.index)}
    _pan_element(plan, card)
    if plan.family == "rsa":
        _rsa_certificates(plan, card)
    else:
        _sm_certificates(plan, card)
    _signatures(plan, card)
    if plan.sda_tags:
        card["9F4A"] = b"\x82"
    if plan.sda_tags or plan.method == "fdda" or plan.rng.random() < 0.5:
        card["82"] = plan.aip
    card.update(plan.card)
    data: dict[str, Any] = {
        "method": plan.method,
        "rid": plan.rid,
        "ca_key": _ca_entry(plan),
        "card": {tag: value.hex().upper() for tag, value in card.items()},
        "static_data": b"".join(plan.records).hex().upper(),
        "terminal": {name: value.hex().upper() for name, value in plan.terminal.items()},
        "date": plan.date,
    }
    if plan.method == "cda":
        answer = [tlv.encode(tag, value) for tag, value in plan.answer]
        if plan.rng.random() < 0.3:  # the response as it came, 9F4B among the others
            signature = tlv.encode("9F4B", card["9F4B"])
            answer.insert(plan.rng.randrange(len(answer) + 1), signature)
        data["terminal"]["response_tlvs"] = b"".join(answer).hex().upper()
    if plan.revoked:
        data["revoked"] = plan.revoked
    if plan.options:
        data["options"] = plan.options
    for edit in plan.last:
        edit(data)
    return data
