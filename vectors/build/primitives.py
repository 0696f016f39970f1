"""Primitive suites: TLV, DOL, RSA recovery, SM2 and SM3, by the plain Python of tests/oracle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle import rsa_chain, sm2, tlv, vectors
from tests.oracle.dataset import Fail
from tests.oracle.sm3 import sm3
from tests.oracle.terminal import tags
from tests.oracle.terminal.dol import fitted
from vectors.build.documents import Document
from vectors.build.suite import REFERENCE, SEED, VERIFIED, VERSION, Words

PROVENANCE = (
    "vectors.build.primitives with tests/oracle; known answers: tests/data (published examples of "
    "GB/T 32905 and GB/T 32918, the synthetic chain of the digest's test vectors)"
)


class PrimitiveBuilder:
    """A suite of one operation."""

    def __init__(
        self, operation: str, letters: str, *, en: str, zh: str, groups: Mapping[str, Words]
    ) -> None:
        self.operation, self.letters, self.title = operation, letters, Words(en, zh)
        self.groups, self.cases = dict(groups), list[Document]()
        self._numbers: dict[str, int] = {}

    @property
    def name(self) -> str:
        return self.operation.replace("_", "-")

    def case(
        self, group: str, en: str, zh: str, ids: str, given: Document, output: Document | None,
        source: str = "oracle", flags: tuple[str, ...] = (), valid: bool = True,
    ) -> None:  # fmt: skip
        """A case; valid False, or output None: the input is invalid."""
        number = self._numbers[group] = self._numbers.get(group, 0) + 1
        found: Document = {
            "id": f"{self.letters}-{group}-{number:04}",
            "title": {"en": en, "zh": zh},
            "requirements": ids.split(),
            "flags": list(flags),
            "source": source,
            "verified_by": VERIFIED,
            "input": given,
            "result": "valid" if valid and output is not None else "invalid",
            "output": output or {},
        }
        self.cases.append(
            {key: value for key, value in found.items() if value not in ([], {}) or key == "input"}
        )

    def document(self) -> Document:
        return {
            "format": "tapkern-primitives/1",
            "suite": self.name,
            "version": VERSION,
            "title": self.title._asdict(),
            "licence": "Apache-2.0",
            "reference": REFERENCE,
            "made_by": PROVENANCE,
            "seed": SEED,
            "operation": self.operation,
            "flags": {},
            "groups": {name: words._asdict() for name, words in self.groups.items()},
            "cases": self.cases,
        }


def suites() -> Iterator[PrimitiveBuilder]:
    """All five."""
    yield _tlv()
    yield _dol()
    yield _rsa()
    yield _sm2()
    yield _sm3()


# TLV


def _tree(data: bytes, depth: int = 0) -> list[list[Any]]:
    """Every object with its depth; raises Malformed."""
    found: list[list[Any]] = []
    for tag, value, _ in tlv.objects(data, skip_ff=False):
        found.append([depth, tag, value.hex().upper()])
        if tags.constructed(tag):
            found += _tree(value, depth + 1)
    return found


def _tlv() -> PrimitiveBuilder:
    made = PrimitiveBuilder(
        "tlv", "TV", en="BER-TLV", zh="BER-TLV编码",
        groups={"BQBM": Words("Tags", "标签"), "CDBM": Words("Lengths", "长度"),
                "MBQT": Words("Templates", "模板"), "TCZJ": Words("Padding", "填充字节"),
                "YXKP": Words("Answers of cards", "卡片应答"), "JDSJ": Words("Cut answers", "截断应答")},
    )  # fmt: skip

    def add(group: str, en: str, zh: str, ids: str, data: str) -> None:
        raw = bytes.fromhex(data)
        try:
            output = {"objects": _tree(raw)}
        except tlv.Malformed:
            output = None
        made.case(group, en, zh, ids, {"data": data}, output)

    for data, en, zh, ids in (
        ("9A03260101", "tag of one byte", "一字节标签", "TLV-001"),
        ("9F360200FF", "tag of two bytes", "两字节标签", "TLV-001"),
        ("DF812901AA", "tag of three bytes", "三字节标签", "TLV-002"),
        ("DF8181817F01AA", "tag of five bytes", "五字节标签", "TLV-002"),
        ("9F", "tag without its second byte", "标签缺第二字节", "TLV-005"),
        ("DF81", "tag without its third byte", "标签缺第三字节", "TLV-005"),
        ("9F0101AA0101BB", "9F01 and 01", "9F01与01", "TLV-003"),
        ("1F0100", "tag with an unusual second byte", "第二字节特殊的标签", "TLV-003"),
        ("8200", "tag with length 0", "长度为零", "TLV-020"),
        ("82", "tag without a length", "缺长度", "TLV-005"),
        ("5F", "two-byte tag of one byte", "两字节标签仅一字节", "TLV-005"),
        ("", "no data", "无数据", "TLV-001"),
    ):
        add("BQBM", en, zh, ids, data)
    for size in (0, 1, 0x7E, 0x7F, 0x80, 0xFE, 0xFF, 0x100, 0x101):
        body = "AA" * size
        forms = [f"{size:02X}"] if size < 0x80 else []
        forms += [f"81{size:02X}"] if size < 0x100 else []
        forms += [f"82{size:04X}", f"83{size:06X}", f"84{size:08X}"]
        for form in forms:
            kind = form[:2] if form[:2] in ("81", "82", "83", "84") and len(form) > 2 else "short"
            ids = "TLV-006" if kind in ("83", "84") else "TLV-006 TLV-007"
            add("CDBM", f"{size} bytes, length {kind}", f"{size}字节，长度形式{kind}", ids, f"DF20{form}{body}")
    for data, en, zh, ids in (
        ("DF2080AA0000", "indefinite length", "不定长", "TLV-006"),
        ("DF20FFAA", "length FF", "长度FF", "TLV-006"),
        ("DF2081", "81 without its byte", "81缺长度字节", "TLV-006"),
        ("DF208201", "82 without its second byte", "82缺第二字节", "TLV-006"),
        ("DF2002AA", "one byte too few", "少一字节", "TLV-009"),
        ("DF2001AABB", "one byte too many", "多一字节", "TLV-005 TLV-015"),
    ):
        add("CDBM", en, zh, ids, data)
    for data, en, zh, ids in (
        ("7000", "empty template", "空模板", "TLV-004"),
        ("7005DF2002AABB", "template with one object", "含一个对象的模板", "TLV-015"),
        ("7006DF2002AABB", "template longer than its object", "模板长于对象", "TLV-009"),
        ("7004DF2002AABB", "template shorter than its object", "模板短于对象", "TLV-009 TLV-015"),
        ("6F08A506BF0C03DF6100", "three templates", "三层模板", "TLV-004 TLV-020"),
        ("70037001AA", "template with a template that does not fit", "内层模板超长", "TLV-009"),
        ("7703820100", "primitive inside 77", "77内基本对象", "TLV-015"),
        ("8003DF2000", "80 is primitive", "80为基本对象", "TLV-004"),
        ("E303DF2000", "E3 is constructed", "E3为结构对象", "TLV-004"),
        ("70059F36020001", "9F36 in a record", "记录内9F36", "TLV-015"),
        ("700582027C00820100", "objects behind a template", "模板后有对象", "TLV-016"),
    ):
        add("MBQT", en, zh, ids, data)
    for data, en, zh in (
        ("0000", "padding alone", "仅填充"), ("00820100", "padding before", "前填充"),
        ("82010000", "padding behind", "后填充"), ("820100000000820101", "padding between", "中间填充"),
        ("7006000082010000", "padding inside a template", "模板内填充"),
        ("70030000", "padding that does not fill", "填充不足"),
    ):  # fmt: skip
        add("TCZJ", en, zh, "TLV-011 TLV-012 TLV-013", data)
    answers = {
        "FCI of the directory": ("目录FCI", "6F34840E325041592E5359532E4444463031A522BF0C1F611D4F08A000000333010101500E556E696F6E50617920446562697487"
                                 "0101"),
        "answer to GPO": ("GPO应答", "774F82027C009F3602000157116200000000000001016D491222000000009F101307010103A00000010A0100000"
                          "2000057842F259F26081D03DAB28F0286F65F3401019F6C0280009F5D06000000020000"),
        "last record": ("最后记录", "70149F690801CD072CD80000009F7406454343303031"),
        "real answer to GPO": ("真实GPO应答", "774F82027C009F36020ADC"),
    }  # fmt: skip
    for en, (zh, data) in answers.items():
        add("YXKP", en, zh, "TLV-015 TLV-016", data)
        for cut in (1, 2, 3, 10):
            add("JDSJ", f"{en} without its last {cut} bytes", f"{zh}缺末{cut}字节", "TLV-009", data[: -2 * cut])
    return made


# DOL

VALUES = {
    "9F02": "000000001250", "9F03": "000000000000", "9F1A": "0156", "95": "0000000000", "5F2A": "0156", "9A": "261121",
    "9C": "00", "9F37": "2B29EBE4", "9F66": "36004080", "9F21": "101112", "9F4E": "74617020", "5A": "6200000000000001016F",
    "9F35": "22", "9F33": "E0F8C8",
}  # fmt: skip


def _dol() -> PrimitiveBuilder:
    made = PrimitiveBuilder(
        "dol", "DL", en="Data object lists", zh="数据对象列表",
        groups={"CDTZ": Words("Lengths", "长度调整"), "WZBQ": Words("Tags without value", "无值标签"),
                "LBGS": Words("Form of the list", "列表格式"), "CYLB": Words("Usual lists", "常用列表")},
    )  # fmt: skip

    def add(group: str, en: str, zh: str, ids: str, dol: str, values: Mapping[str, str] = VALUES) -> None:
        try:
            output: Document | None = {"data": _filled(dol, values)}
        except tlv.Malformed:
            output = None
        made.case(group, en, zh, ids, {"dol": dol, "values": dict(values)}, output)

    def one(tag: str) -> dict[str, str]:
        return {tag: VALUES[tag]}

    for tag, form in (("9F02", "n"), ("5F2A", "n"), ("9A", "n"), ("9C", "n"), ("9F37", "b"), ("9F66", "b"), ("9F4E", "ans"), ("5A", "cn"),
                      ("95", "b"), ("9F33", "b")):  # fmt: skip
        size = len(VALUES[tag]) // 2
        for length in sorted({0, 1, size - 1, size, size + 1, size + 4, 255}):
            ids = "DOL-006" if length == size else "DOL-012" if not length else (
                "DOL-007" if form == "n" else "DOL-008") if length < size else {"n": "DOL-009", "cn": "DOL-010"}.get(form, "DOL-011")  # fmt: skip
            add("CDTZ", f"{tag} ({form}) of {size} bytes asked with {length}", f"{tag}（{form}）{size}字节，要求{length}字节", ids,
                f"{tag}{length:02X}", one(tag))  # fmt: skip
    for dol, en, zh, ids in (
        ("DF7F04", "unknown tag", "未知标签", "DOL-004"), ("7004", "constructed tag", "结构标签", "DOL-003"),
        ("9F4104", "known tag without a value", "已知而无值", "DOL-005"), ("DF812902", "tag of three bytes", "三字节标签", "DOL-004"),
        ("BF0C02", "constructed tag of two bytes", "两字节结构标签", "DOL-003"), ("9F6900", "length 0", "长度零", "DOL-012"),
    ):  # fmt: skip
        add("WZBQ", en, zh, ids, dol)
    for dol, en, zh, ids in (
        ("", "empty list", "空列表", "DOL-001"), ("9F", "ends in a tag", "在标签内结束", "DOL-014"),
        ("9F02", "ends without a length", "缺长度", "DOL-014"), ("9F0206DF", "second entry cut", "第二项截断", "DOL-014"),
        ("9F02069F0206", "the same tag twice", "标签重复", "DOL-013"), ("9F020600", "one byte behind", "末尾多一字节", "DOL-014"),
        ("DF8181817F01", "tag of five bytes", "五字节标签", "DOL-014"), ("9F3780", "length 80 is a count", "长度80为计数", "DOL-001"),
        ("9F37FF", "length FF is a count", "长度FF为计数", "DOL-001"),
    ):  # fmt: skip
        add("LBGS", en, zh, ids, dol)
    for dol, en, zh in (
        ("9F66049F02069F03069F1A0295055F2A029A039C019F3704", "usual PDOL", "常用PDOL"),
        ("9F66049F02069F37045F2A02", "short PDOL", "短PDOL"),
        ("DF6001DF69019F66049F02069F03069F1A0295055F2A029A039C019F21039F4E149F7A019F3704", "PDOL with indicators", "含指示位PDOL"),
        ("9F3704", "DDOL", "DDOL"),
        ("9F02069F03069F1A0295055F2A029A039C019F3704", "CDOL1", "CDOL1"),
    ):  # fmt: skip
        add("CYLB", en, zh, "DOL-002", dol)
    return made


def _filled(dol: str, values: Mapping[str, str]) -> str:
    """DOL-002 to DOL-014."""
    found = b""
    for tag, length in tlv.dol(bytes.fromhex(dol)):
        value = None if tags.constructed(tag) else values.get(tag)
        row = tags.table().get(tag)
        form = row.format if row else "b"
        found += bytes(length) if value is None else fitted(bytes.fromhex(value), length, form)
    return found.hex().upper()


# RSA


def _rsa() -> PrimitiveBuilder:
    made = PrimitiveBuilder(
        "rsa_recover", "RR", en="RSA recovery", zh="RSA恢复",
        groups={"ZSHF": Words("Known certificates and signatures", "已知证书与签名"),
                "BJZZ": Words("Values at the bounds", "边界值"), "CDZS": Words("Lengths and exponents", "长度与指数")},
    )  # fmt: skip

    def add(group: str, en: str, zh: str, ids: str, modulus: str, exponent: str, signature: str,
            source: str = "oracle") -> None:  # fmt: skip
        key = rsa_chain.PublicKey(bytes.fromhex(modulus), bytes.fromhex(exponent))
        raw = bytes.fromhex(signature)
        output: Document | None = None
        if len(raw) == key.size:
            try:
                output = {"recovered": rsa_chain.recover(key, raw).hex().upper()}
            except Fail:
                output = None
        given = {"modulus": modulus, "exponent": exponent, "signature": signature}
        made.case(group, en, zh, ids, given, output, source)

    known = vectors.rsa()
    ca, issuer, icc = known["ca"], known["issuer"], known["icc"]
    signed = {
        "issuer certificate": ("发卡行证书", ca, issuer["cert_90"]), "card certificate": ("IC卡证书", issuer, icc["cert_9F46"]),
        "signed static data": ("静态签名", issuer, known["sda"]["ssad_93"]), "fDDA 00": ("fDDA 00签名", icc, known["fdda_v00"]["sdad_9F4B"]),
        "fDDA 01": ("fDDA 01签名", icc, known["fdda_v01"]["sdad_9F4B"]), "DDA": ("DDA签名", icc, known["dda"]["sdad_9F4B"]),
        "CDA": ("CDA签名", icc, known["cda"]["sdad_9F4B"]),
    }  # fmt: skip
    for en, (zh, key, signature) in signed.items():
        modulus = key["modulus"]
        add("ZSHF", en, zh, "ODA-081", modulus, "03", signature, "digest")
        flipped = f"{int(signature[:2], 16) ^ 1:02X}{signature[2:]}"
        add("ZSHF", f"{en}, one bit wrong", f"{zh}，一位错误", "ODA-081", modulus, "03", flipped)
        add("CDZS", f"{en}, one byte short", f"{zh}，少一字节", "ODA-040 ODA-081", modulus, "03", signature[:-2])
        add("CDZS", f"{en}, one byte more", f"{zh}，多一字节", "ODA-040 ODA-081", modulus, "03", "00" + signature)
        add("CDZS", f"{en}, exponent 65537", f"{zh}，指数65537", "CK-003", modulus, "010001", signature)
    for name, key in (("CA key", ca), ("issuer key", issuer), ("card key", icc)):
        modulus, size = key["modulus"], len(key["modulus"]) // 2
        n = int(modulus, 16)
        for en, value in (("0", 0), ("1", 1), ("2", 2), ("modulus - 1", n - 1), ("modulus", n), ("modulus + 1", n + 1)):
            text = value.to_bytes(size, "big").hex().upper()
            for exponent in ("03", "010001"):
                add("BJZZ", f"value {en} under the {name}, exponent {exponent}", f"值{en}，{name}，指数{exponent}", "ODA-080",
                    modulus, exponent, text)  # fmt: skip
    return made


# SM2


def _sm2() -> PrimitiveBuilder:
    made = PrimitiveBuilder(
        "sm2_verify", "SV", en="SM2 signatures", zh="SM2签名验证",
        groups={"YZQM": Words("Signatures", "签名"), "RSBJ": Words("r and s at their bounds", "r与s边界"),
                "GYDZ": Words("Points", "公钥点"), "XXCD": Words("Messages", "消息长度"), "YHBS": Words("Identities", "用户标识")},
    )  # fmt: skip

    def add(group: str, en: str, zh: str, ids: str, point: bytes, message: bytes, signature: bytes, source: str = "oracle") -> None:
        whole = len(point) == 64 and sm2.on_curve(sm2.point_of(point))
        good = whole and sm2.verify(sm2.point_of(point), message, signature)
        given = {"point": point.hex().upper(), "message": message.hex().upper(), "signature": signature.hex().upper()}
        made.case(group, en, zh, ids, given, {} if good else None, source)

    example = vectors.sm()["sm2"]
    d = int(example["d"], 16)
    point, message, signature = (bytes.fromhex(example[name]) for name in ("point", "message", "signature"))
    ids = "SM-072"
    add("YZQM", "the published example", "公开示例", ids, point, message, signature, "digest")
    add("YZQM", "another message", "消息不同", ids, point, message + b"\0", signature)
    for bit in (0, 1, 255, 256, 257, 511):
        changed = bytearray(signature)
        changed[bit // 8] ^= 0x80 >> bit % 8
        add("YZQM", f"bit {bit} of the signature wrong", f"签名第{bit}位错误", ids, point, message, bytes(changed))
    add("YZQM", "r and s exchanged", "r与s互换", ids, point, message, signature[32:] + signature[:32])
    add("YZQM", "another key", "他钥", ids, sm2.bytes_of(sm2.G), message, signature)
    add("YZQM", "signature of 63 bytes", "签名63字节", ids, point, message, signature[:63])
    add("YZQM", "signature of 65 bytes", "签名65字节", ids, point, message, signature + b"\0")
    r, s = signature[:32], signature[32:]
    n = sm2.N
    for en, value in (("0", 0), ("1", 1), ("n - 1", n - 1), ("n", n), ("n + 1", n + 1), ("2^256 - 1", 2**256 - 1)):
        whole = value.to_bytes(32, "big")
        add("RSBJ", f"r = {en}", f"r={en}", "SM-047 SM-072", point, message, whole + s)
        add("RSBJ", f"s = {en}", f"s={en}", "SM-047 SM-072", point, message, r + whole)
        add("RSBJ", f"r = s = {en}", f"r=s={en}", "SM-047 SM-072", point, message, whole + whole)
    minus = (n - int.from_bytes(r, "big")).to_bytes(32, "big")
    add("RSBJ", "r + s = n", "r+s=n", "SM-072", point, message, r + minus)
    add("RSBJ", "both 0", "均为零", "SM-047", point, message, bytes(64))
    x, y = sm2.point_of(point)
    for en, zh, other in (
        ("point off the curve", "点不在曲线上", sm2.bytes_of((x, y ^ 1))), ("x and y exchanged", "x与y互换", sm2.bytes_of((y, x))),
        ("0, 0", "零点", bytes(64)), ("the point of -y", "负点", sm2.bytes_of((x, sm2.P - y))),
        ("x + p", "x加p", (x + sm2.P if x + sm2.P < 2**256 else sm2.P).to_bytes(32, "big") + y.to_bytes(32, "big")),
        ("x = p", "x等于p", sm2.P.to_bytes(32, "big") + point[32:]), ("y = p", "y等于p", point[:32] + sm2.P.to_bytes(32, "big")),
        ("63 bytes", "63字节", point[:63]), ("65 bytes with 04", "04加64字节", b"\x04" + point),
    ):
        add("GYDZ", en, zh, "SM-046 SM-055", other, message, signature)
    for size in (0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 119, 120, 128, 255, 256, 1000):
        text = bytes(at * 7 & 0xFF for at in range(size))
        made_by = sm2.sign(d, text, 0x1234567 + size)
        assert made_by is not None
        own = sm2.multiply(d, sm2.G)
        assert own is not None
        add("XXCD", f"message of {size} bytes", f"消息{size}字节", ids, sm2.bytes_of(own), text, made_by)
        add("XXCD", f"message of {size} bytes, one more verified", f"消息{size}字节，验证时多一字节", ids, sm2.bytes_of(own),
            text + b"\x80", made_by)  # fmt: skip
    root = vectors.sm()["unionpay_root"]
    record = bytes.fromhex(root["service_id"] + root["expiry_mmyy"] + "041100")
    add("YZQM", "published root key, fields in another order", "公开根公钥，字段次序不同", "SM-022", bytes.fromhex(root["point"]), record,
        bytes.fromhex(root["self_signature"]))  # fmt: skip
    return made


# SM3


def _sm3() -> PrimitiveBuilder:
    made = PrimitiveBuilder(
        "sm3", "SH", en="SM3", zh="SM3杂凑",
        groups={"GKSL": Words("Published examples", "公开示例"), "FZBJ": Words("Around the blocks", "分组边界"),
                "TSXX": Words("Patterns", "特殊消息")},
    )  # fmt: skip
    for text, digest in vectors.sm()["sm3"].items():
        assert sm3(bytes.fromhex(text)).hex() == digest.lower()
        made.case("GKSL", f"example of {len(text) // 2} bytes", f"{len(text) // 2}字节示例", "SM-072",
                  {"message": text.upper()}, {"digest": digest.upper()}, "digest")  # fmt: skip
    sizes = sorted({0, 1, 2, 3, *range(52, 70), *range(115, 133), 183, 184, 191, 192, 193, 247, 248, 255, 256, 257, 511, 512, 513})
    for size in sizes:
        message = hashlib.shake_128(size.to_bytes(2, "big")).digest(size)
        made.case("FZBJ", f"{size} bytes", f"{size}字节", "SM-072", {"message": message.hex().upper()},
                  {"digest": sm3(message).hex().upper()})  # fmt: skip
    for byte in (0x00, 0x80, 0xFF):
        for size in (55, 56, 64):
            message = bytes([byte]) * size
            made.case("TSXX", f"{size} bytes of {byte:02X}", f"{size}个{byte:02X}", "SM-072", {"message": message.hex().upper()},
                      {"digest": sm3(message).hex().upper()})  # fmt: skip
    return made
