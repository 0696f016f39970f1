"""Keys, certificates and signatures for vectors_oda.h; make_vectors.py writes it.

Keys of 1984 to 640 bits are made from their names, so they are the same at every run; the first
chain is that of tests/data/oda-vectors.json. All are synthetic and belong to nobody. Certificates
are laid out and signed here with Python's integers, by digest file 50, not with the kernel.
"""

import hashlib
import random
from typing import NamedTuple

from vector_header import F4, THREE, header, text

PAN = bytes.fromhex("6200000000000123455F")
ATC = bytes.fromhex("0011")
UN = bytes.fromhex("A1B2C3D4")
AMOUNT = bytes.fromhex("000000001234")
CURRENCY = bytes.fromhex("0156")
CARD_DATA = bytes.fromhex("0111223344000000")
AIP = bytes.fromhex("7C00")


# ---- keys and certificates ----


class Key(NamedTuple):
    modulus: int
    size: int
    exponent: bytes
    private: int

    def sign(self, block: bytes) -> bytes:
        """The signature from which block is recovered."""
        if len(block) != self.size:
            raise ValueError(f"block of {len(block)} bytes for a key of {self.size}")
        return pow(int.from_bytes(block, "big"), self.private, self.modulus).to_bytes(
            self.size, "big"
        )

    @property
    def n(self) -> bytes:
        return self.modulus.to_bytes(self.size, "big")


SMALL_PRIMES = [p for p in range(3, 2000) if all(p % q for q in range(2, int(p**0.5) + 1))]


def prime(name: str, bits: int) -> int:
    """A probable prime that follows from its name, for use with both exponents."""
    candidate = random.Random(name).getrandbits(bits) | 3 << bits - 2 | 1
    while True:
        candidate += 2
        if any(candidate % p == 0 for p in SMALL_PRIMES):
            continue
        if (
            candidate % 3 != 1
            and candidate % 65537 != 1
            and all(pow(base, candidate - 1, candidate) == 1 for base in (2, 7, 61))
        ):
            return candidate


def make_key(name: str, size: int, exponent: bytes) -> Key:
    p, q = prime(name + " p", 4 * size), prime(name + " q", 4 * size)
    private = pow(int.from_bytes(exponent, "big"), -1, (p - 1) * (q - 1))
    return Key(p * q, size, exponent, private)


def stored_key(entry: dict[str, str]) -> Key:
    modulus = bytes.fromhex(entry["modulus"])
    return Key(
        int.from_bytes(modulus, "big"),
        len(modulus),
        bytes.fromhex(entry["exponent"]),
        int(entry["d"], 16),
    )


def seal(body: bytes, size: int, tail: bytes, first: int, trailer: int, spoil: bool) -> bytes:
    """first, body padded with BB, hash over body and tail, trailer: size bytes."""
    body += b"\xbb" * (size - 22 - len(body))
    digest = bytearray(hashlib.sha1(body + tail).digest())
    if spoil:
        digest[7] ^= 0x10
    return bytes([first]) + body + bytes(digest) + bytes([trailer])


class Chain(NamedTuple):
    """A CA key, an issuer key, a card key and what is personalised with them."""

    name: str
    ca: Key
    issuer: Key
    icc: Key
    records: tuple[bytes, ...]
    with_aip: bool
    card_data: bytes
    number: bytes
    identifier: bytes

    @property
    def issuer_rest(self) -> bytes:
        return self.issuer.n[self.ca.size - 36 :]

    @property
    def icc_rest(self) -> bytes:
        return self.icc.n[self.issuer.size - 42 :]

    def issuer_cert(
        self,
        *,
        first: int = 0x6A,
        form: int = 2,
        identifier: bytes | None = None,
        expiry: str = "1249",
        serial: str = "000001",
        hash_id: int = 1,
        key_id: int = 1,
        size: int | None = None,
        trailer: int = 0xBC,
        spoil: bool = False,
    ) -> bytes:
        """90, right unless told otherwise."""
        body = (
            bytes([form])
            + (self.identifier if identifier is None else identifier)
            + bytes.fromhex(expiry + serial)
            + bytes(
                [
                    hash_id,
                    key_id,
                    self.issuer.size if size is None else size,
                    len(self.issuer.exponent),
                ]
            )
            + self.issuer.n[: self.ca.size - 36]
        )
        return self.ca.sign(
            seal(body, self.ca.size, self.issuer_rest + self.issuer.exponent, first, trailer, spoil)
        )

    def icc_cert(
        self,
        *,
        first: int = 0x6A,
        form: int = 4,
        pan: bytes = PAN,
        expiry: str = "1249",
        serial: str = "000002",
        hash_id: int = 1,
        key_id: int = 1,
        size: int | None = None,
        trailer: int = 0xBC,
        spoil: bool = False,
    ) -> bytes:
        """9F46, right unless told otherwise."""
        body = (
            bytes([form])
            + pan
            + bytes.fromhex(expiry + serial)
            + bytes(
                [hash_id, key_id, self.icc.size if size is None else size, len(self.icc.exponent)]
            )
            + self.icc.n[: self.issuer.size - 42]
        )
        tail = self.icc_rest + self.icc.exponent + b"".join(self.records)
        if self.with_aip:
            tail += AIP
        return self.issuer.sign(seal(body, self.issuer.size, tail, first, trailer, spoil))

    def signature(
        self,
        tail: bytes,
        *,
        first: int = 0x6A,
        form: int = 5,
        hash_id: int = 1,
        data: bytes | None = None,
        room: int | None = None,
        trailer: int = 0xBC,
        spoil: bool = False,
    ) -> bytes:
        """9F4B, right unless told otherwise. data: the ICC dynamic data; room: its length byte."""
        if data is None:
            data = bytes([len(self.number)]) + self.number
        body = bytes([form, hash_id, len(data) if room is None else room]) + data
        return self.icc.sign(seal(body, self.icc.size, tail, first, trailer, spoil))

    def tail(self, card_data: bytes | None = None) -> bytes:
        """What version 01 adds to the hash (FD-007)."""
        return UN + AMOUNT + CURRENCY + (self.card_data if card_data is None else card_data)


class Case(NamedTuple):
    """The first chain with up to two values replaced, version 01, date 2024-06-07."""

    name: str
    rule: str  # "0": successful
    tag: str
    value: bytes
    tag2: str = ""
    value2: bytes = b""


def overflowed(key: Key, signatures: list[bytes]) -> bytes:
    """The first of some signatures that stays in its size with the modulus added."""
    for value in signatures:
        more = int.from_bytes(value, "big") + key.modulus
        if more < 1 << 8 * key.size:
            return more.to_bytes(key.size, "big")
    raise ValueError("no signature is small enough")


def oda_cases(chain: Chain) -> list[Case]:
    cases: list[Case] = []

    def issuer(name: str, rule: str, **changed: object) -> None:
        cases.append(Case(f"90 {name}", rule, "90", chain.issuer_cert(**changed)))  # type: ignore[arg-type]

    def icc(name: str, rule: str, **changed: object) -> None:
        cases.append(Case(f"9F46 {name}", rule, "9F46", chain.icc_cert(**changed)))  # type: ignore[arg-type]

    def signed(name: str, rule: str, **changed: object) -> None:
        value = chain.signature(chain.tail(), **changed)  # type: ignore[arg-type]
        cases.append(Case(f"9F4B {name}", rule, "9F4B", value))

    issuer("as it is", "0")
    issuer("trailer", "ODA_041", trailer=0xBD)
    issuer("header", "ODA_042", first=0x6B)
    issuer("format", "ODA_043", form=3)
    issuer("63 bytes of modulus", "ODA_084", size=63)
    issuer("249 bytes of modulus", "ODA_084", size=249)
    issuer("no bytes of modulus", "ODA_084", size=0)
    issuer("no remainder needed", "ODA_032", size=chain.ca.size - 36)
    issuer("remainder of another length", "ODA_031", size=chain.issuer.size + 1)
    issuer("hash algorithm", "ODA_045", hash_id=2)
    issuer("hash", "ODA_046", spoil=True)
    for identifier in (
        "6201FFFF",
        "62FFFFFF",
        "6FFFFFFF",
        "FFFFFFFF",
        "62000F0F",
        "62000AFF",
        "62000001",
        "72000000",
    ):
        issuer(f"identifier {identifier}", "ODA_047", identifier=bytes.fromhex(identifier))
    for identifier in ("620FFFFF", "6200000F", "62000000"):
        issuer(f"identifier {identifier}", "0", identifier=bytes.fromhex(identifier))
    nine = bytes.fromhex("6290FFFF")  # right for this PAN, which the card certificate has not
    cases.append(
        Case(
            "90 identifier with a 9",
            "ODA_065",
            "90",
            chain.issuer_cert(identifier=nine),
            "5A",
            bytes.fromhex("6290000000000123455F"),
        )
    )
    for expiry in ("1223", "0524", "1349", "0049", "0A49", "12A9", "120A", "1299", "0650"):
        issuer(f"expiry {expiry}", "ODA_048", expiry=expiry)
        icc(f"expiry {expiry}", "ODA_066", expiry=expiry)
    for expiry in ("0624", "0724", "0924", "0125", "1049"):
        issuer(f"expiry {expiry}", "0", expiry=expiry)
        icc(f"expiry {expiry}", "0", expiry=expiry)
    issuer("serial number in the list", "CK_021", serial="0000F0")
    issuer("key algorithm", "ODA_050", key_id=2)
    many = [chain.issuer_cert(serial=f"{i:06X}") for i in range(1, 60)]
    cases.append(Case("90 plus modulus", "ODA_080", "90", overflowed(chain.ca, many)))
    cases.append(Case("90 = modulus", "ODA_080", "90", chain.ca.n))
    cases.append(Case("90 shorter", "ODA_040", "90", chain.issuer_cert()[:-1]))
    cases.append(Case("90 longer", "ODA_040", "90", chain.issuer_cert() + b"\0"))
    cases.append(Case("92 longer (TV-025)", "ODA_031", "92", chain.issuer_rest + b"\0"))
    cases.append(Case("92 shorter", "ODA_031", "92", chain.issuer_rest[:-1]))
    cases.append(Case("92 missing (TV-024)", "ODA_044", "92", b""))
    cases.append(Case("9F32 other", "ODA_046", "9F32", F4))
    for exponent in ("01", "02", "0003", "000003", "010002", "01000100", "1000"):
        value = bytes.fromhex(exponent)
        cases.append(Case(f"9F32 {exponent}", "ODA_045", "9F32", value))
        cases.append(Case(f"9F47 {exponent}", "ODA_063", "9F47", value))

    icc("as it is", "0")
    icc("trailer", "ODA_061", trailer=0xBD)
    icc("header", "ODA_061", first=0x6B)
    icc("format", "ODA_061", form=2)
    icc("63 bytes of modulus", "ODA_084", size=63)
    icc("249 bytes of modulus", "ODA_084", size=249)
    icc("no bytes of modulus", "ODA_084", size=0)
    icc("no remainder needed", "ODA_032", size=chain.issuer.size - 42)
    icc("remainder of another length", "ODA_031", size=chain.icc.size - 1)
    icc("hash algorithm", "ODA_063", hash_id=0)
    icc("hash", "ODA_064", spoil=True)
    icc("PAN of another card", "ODA_065", pan=bytes.fromhex("6200000000000123463F"))
    icc("PAN longer", "ODA_065", pan=bytes.fromhex("62000000000001234550"))
    icc("key algorithm", "ODA_067", key_id=4)
    many = [chain.icc_cert(serial=f"{i:06X}") for i in range(1, 60)]
    cases.append(Case("9F46 plus modulus", "ODA_080", "9F46", overflowed(chain.issuer, many)))
    cases.append(Case("9F46 shorter", "ODA_060", "9F46", chain.icc_cert()[:-1]))
    cases.append(Case("9F48 longer", "ODA_031", "9F48", chain.icc_rest + b"\0"))
    cases.append(Case("9F48 missing", "ODA_062", "9F48", b""))
    cases.append(Case("9F47 other", "ODA_064", "9F47", F4))

    signed("as it is", "0")
    signed("trailer", "DDA_002", trailer=0xBB)
    signed("header", "DDA_002", first=0x4A)
    signed("format 95", "FDA_007", form=0x95)
    signed("format 03", "FDA_007", form=3)
    signed("hash algorithm", "DDA_002", hash_id=7)
    signed("hash", "DDA_003", spoil=True)
    signed("dynamic data too long", "DDA_005", room=chain.icc.size - 24)
    signed("dynamic data as long as can be", "0", room=chain.icc.size - 25)
    many = [chain.signature(chain.tail(), data=bytes([3, 0, i, 1])) for i in range(60)]
    cases.append(Case("9F4B plus modulus", "ODA_080", "9F4B", overflowed(chain.icc, many)))
    cases.append(Case("9F4B shorter", "DDA_001", "9F4B", chain.signature(chain.tail())[1:]))
    cases.append(Case("9F4B missing", "FD_008", "9F4B", b""))
    cases.append(Case("9F4B of version 00", "DDA_003", "9F4B", chain.signature(UN)))
    cases.append(
        Case(
            "9F4B of another amount (TV-021)",
            "DDA_003",
            "9F4B",
            chain.signature(UN + bytes.fromhex("000000001235") + CURRENCY + chain.card_data),
        )
    )
    cases.append(
        Case(
            "9F4B without amount",
            "DDA_003",
            "9F4B",
            chain.signature(UN + CURRENCY + chain.card_data),
        )
    )
    ctq = bytes.fromhex("0111223344800000")
    cases.append(
        Case(
            "CTQ signed, not given (TV-066)",
            "FD_012",
            "9F69",
            ctq,
            "9F4B",
            chain.signature(chain.tail(ctq)),
        )
    )
    return cases


# Signatures whose ICC dynamic number is special: name and dynamic data; version 01.
NUMBERS = {
    "number_of_8": bytes.fromhex("080102030405060708"),
    "number_of_3": bytes.fromhex("03001122"),
    "number_of_1": bytes.fromhex("0111"),
    "number_of_9": bytes.fromhex("09010203040506070809"),
    "number_cut": bytes.fromhex("0200"),
    "number_none": b"",
    "number_other": bytes.fromhex("020012"),
}


def chains(oracle: dict[str, dict[str, str]]) -> list[Chain]:
    record = bytes.fromhex(str(oracle["static_data"]))[:-2]
    other = bytes.fromhex("5F3401019F0702FF00000000")
    made = [
        Chain(
            "TV-001, TV-010, TV-011",
            stored_key(oracle["ca"]),
            stored_key(oracle["issuer"]),
            stored_key(oracle["icc"]),
            (record,),
            True,
            CARD_DATA,
            ATC,
            bytes.fromhex("620000FF"),
        )
    ]
    for exponents in ((THREE, THREE, THREE), (F4, F4, F4), (F4, THREE, F4)):
        name = "1984/1408/1152, " + " ".join(e.hex() for e in exponents)
        made.append(
            Chain(
                name,
                make_key("ca", 248, exponents[0]),
                make_key("issuer", 176, exponents[1]),
                make_key("icc", 144, exponents[2]),
                (record,),
                True,
                CARD_DATA,
                ATC,
                bytes.fromhex("62000000"),
            )
        )
    made.append(
        Chain(
            "1984/1024/640, no remainders, no 9F4A",
            make_key("ca", 248, THREE),
            make_key("small issuer", 128, F4),
            make_key("small icc", 80, THREE),
            (record, other),
            False,
            CARD_DATA + b"\x07" * 8,
            bytes.fromhex("0102030405060708"),
            bytes.fromhex("620FFFFF"),
        )
    )
    return made


def oda_header(oracle: dict[str, dict[str, str]]) -> tuple[str, str]:
    made = chains(oracle)
    first = made[0]
    if (
        first.issuer_cert() != bytes.fromhex(oracle["issuer"]["cert_90"])
        or first.icc_cert() != bytes.fromhex(oracle["icc"]["cert_9F46"])
        or first.signature(UN) != bytes.fromhex(oracle["fdda_v00"]["sdad_9F4B"])
        or first.signature(first.tail()) != bytes.fromhex(oracle["fdda_v01"]["sdad_9F4B"])
    ):
        raise SystemExit("the first chain differs from the oracle")
    body = [
        f"#define VECTOR_PAN {text(PAN)}",
        f"#define VECTOR_UN {text(UN)}",
        f"#define VECTOR_AMOUNT {text(AMOUNT)}",
        f"#define VECTOR_CURRENCY {text(CURRENCY)}",
        f"#define VECTOR_ATC {text(ATC)}",
        f"#define VECTOR_AIP {text(AIP)}",
        f'#define VECTOR_CA_SUM "{oracle["ca"]["sha1_checksum"]}"',
        "",
        "struct chain_vector {",
        "    const char *name, *ca_modulus, *ca_exponent, *issuer_cert, *issuer_rest, *issuer_exp;",
        "    const char *icc_cert, *icc_rest, *icc_exp, *sda_tags, *card_data;",
        "    const char *signature_v00, *signature_v01, *number, *record[2];",
        "};",
        "",
        "static const struct chain_vector chain_vectors[] = {",
    ]
    for chain in made:
        records = [text(r) for r in chain.records] + ['""'] * (2 - len(chain.records))
        sda_tags = b"\x82" if chain.with_aip else b""
        body += [
            f'    {{"{chain.name}",',
            f"     {text(chain.ca.n)}, {text(chain.ca.exponent)},",
            f"     {text(chain.issuer_cert())},",
            f"     {text(chain.issuer_rest)}, {text(chain.issuer.exponent)},",
            f"     {text(chain.icc_cert())},",
            f"     {text(chain.icc_rest)}, {text(chain.icc.exponent)},",
            f"     {text(sda_tags)}, {text(chain.card_data)},",
            f"     {text(chain.signature(UN))},",
            f"     {text(chain.signature(chain.tail()))},",
            f"     {text(chain.number)}, {{{', '.join(records)}}}}},",
        ]
    body += [
        "};",
        "",
        "/* The first chain, version 01, date 2024-06-07, with one or two values replaced. */",
        "struct oda_vector {",
        "    const char *name;",
        "    int rule; /* 0: successful */",
        "    unsigned tag;",
        "    const char *value;",
        "    unsigned tag2;",
        "    const char *value2;",
        "};",
        "",
        "static const struct oda_vector oda_vectors[] = {",
    ]
    for case in oda_cases(first):
        rule = "0" if case.rule == "0" else f"TAPK_RULE_{case.rule}"
        tag2 = f"0x{case.tag2}" if case.tag2 else "0"
        body.append(f'    {{"{case.name}", {rule}, 0x{case.tag},')
        body.append(f"     {text(case.value)}, {tag2}, {text(case.value2)}}},")
    body += ["};", "", "/* 9F4B of the first chain, version 01, by its ICC dynamic data. */"]
    for name, data in NUMBERS.items():
        value = first.signature(first.tail(), data=data)
        body.append(f"#define VECTOR_{name.upper()} {text(value)}")
    body += ["", "/* Other signed values of the first chain. */"]
    ctq, capp = bytes.fromhex("0111223344200000"), bytes.fromhex("0111223344000005")
    tail16 = CARD_DATA + bytes(8)
    older = bytes.fromhex("0011223344800000")
    for name, value in (
        ("CTQ_DATA", ctq),
        ("CTQ_SIGNATURE", first.signature(first.tail(ctq))),
        ("CAPP_DATA", capp),
        ("CAPP_SIGNATURE", first.signature(first.tail(capp))),
        ("LONG_DATA", tail16),
        ("LONG_SIGNATURE", first.signature(first.tail(tail16))),
        ("OLD_DATA", older),
        ("EMPTY_TAIL_SIGNATURE", first.signature(b"")),
        ("EMPTY_NUMBER_SIGNATURE_V00", first.signature(UN, data=b"")),
    ):
        body.append(f"#define VECTOR_{name} {text(value)}")
    return header("vectors_oda.h", "synthetic keys, PAN and signatures.", body)
