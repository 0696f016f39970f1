"""Suites `oda-rsa` and `oda-sm2`: certificates, signatures, keys, and what a failure leads to."""

from __future__ import annotations

from collections.abc import Iterator

from tapkern.card.faults.kinds import Layer
from vectors.build import faulty
from vectors.build.base import ca_keys
from vectors.build.grid import Part, put, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "ZSJY": Words("Certificates", "证书校验"),
    "DTQM": Words("Dynamic signature", "动态签名"),
    "MYSJ": Words("Key sizes and places", "密钥长度与位置"),
    "CAGY": Words("CA keys", "CA公钥"),
    "DXZS": Words("Revoked certificates", "吊销证书"),
    "JTSJ": Words("Static data", "静态数据"),
    "SBHG": Words("What a failure leads to", "认证失败的后果"),
    "LJRZ": Words("Authentication for online", "联机授权的脱机认证"),
    "DFXZ": Words("RSA or SM2", "算法选择"),
}
CTQS = [
    Part(f"CTQ {value}", f"CTQ {value}", ids, app={"ctq": value})
    for value, ids in (("0000", "QP-123"), ("2000", "QP-121"), ("1000", "QP-122"))
]
ONLINE_ODA = ["emv_mode", "contact_chip", "signature", "oda_for_online", "fdda_01"]


def suites() -> Iterator[SuiteBuilder]:
    rsa = SuiteBuilder("oda-rsa", "RS", en="Offline data authentication with RSA",
                       zh="RSA脱机数据认证", groups=GROUPS)  # fmt: skip
    yield _filled(rsa, Part(ids="FD-009"), sm=False)
    sm = SuiteBuilder("oda-sm2", "SM", en="Offline data authentication with SM2",
                      zh="SM2脱机数据认证", groups=GROUPS)  # fmt: skip
    yield _filled(sm, Part(card="dual", sm=True, ids="FD-009"), sm=True)


def _filled(made: SuiteBuilder, family: Part, *, sm: bool) -> SuiteBuilder:
    faulty.flags(made)
    certificates = list(faulty.parts(Layer.CERTIFICATE, sm=sm))
    dynamic = list(faulty.parts(Layer.DYNAMIC, sm=sm))
    grid(made, "ZSJY", [family], certificates)
    grid(made, "DTQM", [family], dynamic)
    grid(made, "SBHG", [family], certificates[::6] + dynamic[::4], CTQS[1:])
    _sizes(made, family, sm)
    _ca(made, family, sm)
    _revoked(made, family)
    _static(made, family)
    _online(made, sm)
    if sm:
        _choice(made)
    return made


def _sizes(made: SuiteBuilder, family: Part, sm: bool) -> None:
    """ODA-044, ODA-051, ODA-062, ODA-068, CS-032: remainders, and 9F4B in the answer or a record."""
    if sm:
        for place in ("record", "gpo"):
            for fdda in (0, 1):
                part = Part(f"9F4B in the {place}, fDDA 0{fdda}", f"9F4B在{'记录' if place == 'record' else '应答'}，fDDA 0{fdda}",
                            "SM-070 FD-002", app={"sm": {"signature": place}, "fdda": fdda})  # fmt: skip
                grid(made, "MYSJ", [family], [part])
        return
    for ca, issuer, icc in (
        ("ca-1024", "issuer-896", "icc-768"), ("ca-1152", "issuer-1152", "icc-1024"),
        ("ca-1152", "issuer-1152", "icc-1152"), ("ca-1408", "issuer-1152", "icc-1024"),
        ("ca-1984", "issuer-1408", "icc-1152"), ("ca-1984", "issuer-1408", "icc-512"),
    ):  # fmt: skip
        keys = {"keys": {"ca": ca, "issuer": issuer, "icc": icc}}
        part = Part(f"{ca}, {issuer}, {icc}", f"{ca}，{issuer}，{icc}", "ODA-044 ODA-051 ODA-062 ODA-068 CK-004",
                    app=keys)  # fmt: skip
        fail = Part("forged", "被伪造", "DDA-003", faults=("signed-amount",), flags=("Forged",))
        grid(made, "MYSJ", [part], [Part("", ""), fail])


def _ca(made: SuiteBuilder, family: Part, sm: bool) -> None:
    """CK-001, CK-005, CK-008."""
    index = "E8" if sm else "E2"
    keys = ca_keys()
    mine = [key for key in keys if key["index"] == index]
    others = [key for key in keys if key["index"] != index]
    lists = {
        "key missing": ("缺少公钥", others if not sm else [*others]),
        "no key at all": ("无任何公钥", []),
        "expired yesterday": ("昨日过期", [{**mine[0], "expiry": "20261120"}]),
        "expires today": ("今日到期", [{**mine[0], "expiry": "20261121"}]),
        "expires tomorrow": ("明日到期", [{**mine[0], "expiry": "20261122"}]),
        "of another RID alone": ("仅他方RID", [{**others[0], "rid": "A000000003", "checksum": None,
                                            "without_checksum": True}]),
    }  # fmt: skip
    expiry = [Part("", ""), Part("ck.ignore_expiry on", "ck.ignore_expiry开", "CK-005",
                                 switches={"ck.ignore_expiry": True})]  # fmt: skip
    for en, (zh, found) in lists.items():
        listed = [{k: v for k, v in key.items() if v is not None} for key in found]
        part = Part(f"CA key: {en}", f"CA公钥：{zh}", "CK-001 CK-005 CK-008", config={"ca_key": listed})
        grid(made, "CAGY", [family], [part], expiry)


def _revoked(made: SuiteBuilder, family: Part) -> None:
    """CK-020, CK-021, ODA-049."""
    for index, serial, en, zh in (
        ("E2", "000001", "this certificate", "此证书"), ("E8", "000001", "this number under E8", "E8下此序号"),
        ("E2", "000002", "another number", "其他序号"), ("E1", "000001", "this number under E1", "E1下此序号"),
    ):  # fmt: skip
        part = Part(f"revoked: {en}", f"吊销：{zh}", "CK-020 CK-021 ODA-049",
                    config={"revoked": [{"rid": "A000000333", "index": index, "serial": serial}]})  # fmt: skip
        grid(made, "DXZS", [family], [part])


def _static(made: SuiteBuilder, family: Part) -> None:
    """ODA-020 to ODA-022, ODA-030, ODA-032, ODA-064: what is signed and what is missing."""
    for tag in ("8F", "90", "9F46", "9F4A", "9F32", "9F47", "9F48", "92"):
        gone = tuple(without("record", tag, nth=nth) for nth in (1, 2, 3, 4))
        grid(made, "JTSJ", [family], [Part(f"{tag} missing", f"缺少{tag}", "ODA-030 ODA-022", mutations=gone)])
    for tag, value in (("5F24", "491230"), ("5F28", "0344"), ("9F07", "0000"), ("5F25", "200102")):
        changed = Part(f"{tag} changed", f"{tag}被篡改", "ODA-064", mutations=(put("record", tag, value),), flags=("Forged",))
        grid(made, "JTSJ", [family], [changed])
    if made.letters == "RS":
        roomy = {"keys": {"ca": "ca-1984", "issuer": "issuer-1408", "icc": "icc-768"}}
        for tag in ("92", "9F48"):
            extra = Part(
                f"{tag} where none is needed",
                f"多余的{tag}",
                "ODA-032",
                app=roomy,
                mutations=tuple(put("record", tag, "AABBCCDD", nth=nth) for nth in (2, 3)),
            )
            grid(made, "JTSJ", [family], [extra])
    if "SM" in made.letters:
        for tag, ids, nth in (("90", "SM-040", 2), ("9F46", "SM-050", 3)):
            for length in (1, 141, 200):
                part = Part(
                    f"{tag} of {length} bytes",
                    f"{tag}长{length}字节",
                    ids,
                    mutations=(put("record", tag, "12" * length, nth=nth),),
                )
                grid(made, "JTSJ", [family], [part])
    log = Part(
        "a signed record in SFI 11 without template 70",
        "SFI 11中参与签名的记录无70模板",
        "ODA-021 QP-075",
        mutations=(
            put("gpo", "94", "08010401" + "58010101"),
            {"kind": "answer", "at": "record", "nth": 5, "value": "AABBCC9000", "always": True},
        ),
    )
    grid(made, "JTSJ", [family], [log])
    for count in (0, 1, 2, 3):
        part = Part(f"{count} records signed by the AFL", f"AFL中{count}条记录参与签名", "ODA-020 QP-076", faults=(f"afl-oda:count={count}",))
        grid(made, "JTSJ", [family], [part])


def _online(made: SuiteBuilder, sm: bool) -> None:
    """QP-125, QP-126, QP-172: an ARQC with a signature."""
    card = Part(card="transit", one={"ttq": ONLINE_ODA}, sm=sm)
    both = {"sm": {"signature": "record"}} if sm else {}
    wrong = [
        Part("", ""),
        Part("forged signature", "签名被伪造", faults=("sdad-bit",), flags=("Forged",)),
        Part("wrong issuer certificate", "发卡行证书错误", faults=("issuer-hash",), flags=("Forged",)),
        Part("no 9F4B", "无9F4B", "FD-008", mutations=tuple(
            without(at, "9F4B", **more) for at, more in (("gpo", {}), ("record", {"nth": 3}), ("record", {"nth": 4}), ("last", {})))),
    ]  # fmt: skip
    policy = [
        Part(f"qp.online_oda_fail {one}", f"qp.online_oda_fail {one}", "QP-126", switches={"qp.online_oda_fail": one})
        for one in ("online", "decline")
    ]
    amounts = [Part("", "", app=both, one={"floor_limit": 100}, ids="QP-125 QP-172")]
    grid(made, "LJRZ", [card], amounts, wrong, policy, [Part("host not reached", "主机不可达", host="silent")])


def _choice(made: SuiteBuilder) -> None:
    """ODA-070, SM-001, QP-044: DF69, and cards with one family."""
    cards = [
        Part("card with both", "双算法卡", card="dual"),
        Part("card with SM2 alone", "仅SM2卡", card="sm-only"),
        Part("card with RSA alone", "仅RSA卡", card="debit"),
    ]
    keys = ca_keys()
    terminals = [
        Part("terminal with RSA and SM2", "终端支持RSA与SM2", "ODA-070 SM-001 QP-044", sm=True),
        Part("terminal with RSA alone", "终端仅支持RSA", "ODA-070 QP-044"),
        Part("terminal with SM2 alone", "终端仅支持SM2", "ODA-070", config={
            "ca_key": [key for key in keys if key.get("algorithm") == "sm2"]}),
        Part("SM2 key expired", "SM2公钥过期", "ODA-070 CK-005", config={
            "ca_key": [{**key, "expiry": "20250101"} if key.get("algorithm") == "sm2" else key for key in keys]}),
    ]  # fmt: skip
    profiles = [Part(one, one, one={"profile": one}) for one in ("jrt0025-2013", "uics-2018", "c7")]
    grid(made, "DFXZ", cards, terminals, profiles)
