"""TJRZ 脱机认证: fDDA with RSA and SM2 (30 sections 10 and 11, 50, 60).

A TC was committed with its last record: whenever its authentication fails the card may have paid
(TT-006).
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    NO_CONTACT,
    Check,
    Row,
    after,
    apdu,
    approved,
    declined,
    drop,
    either,
    field55,
    its,
    never,
    other_interface,
    put,
)


def failed(*oda: str, rule: str = "QP-123") -> tuple[Check, ...]:
    """Declined because authentication failed by one of these rules."""
    return (
        *declined(rule),
        its("oda", "failed"),
        *((its("oda_rule", oda[0]) if len(oda) == 1 else either("oda_rule", *oda),) if oda else ()),
        its("card_may_have_paid", True),
        never("outcome", "approved"),
    )


ONLINE = (
    its("outcome", "online_request"),
    its("rule", "QP-121"),
    its("cvm", "no_cvm"),
    its("oda", "failed"),
    field55("9F27", "40"),
)
"""The issuer decides about a TC whose authentication failed."""

CONTACT = (*other_interface("QP-122"), its("oda", "failed"), its("card_may_have_paid", True))

FORGED = ("sdad-bit",)
V00 = {"fd.allow_v00": True}


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"RS-TJRZ-{number}", en, zh, ids, expect, **more)


RESULT = (
    _row(9001, "A genuine card", "真卡", "QP-120 FD-001 FDA-001", approved()),
    _row(9002, "One bit of the signature is wrong", "签名错一位", "QP-123 DDA-002 DDA-003 TT-006", failed("DDA-002", "DDA-003"), faults=FORGED),
    _row(9003, "Forged, CTQ B1b6: the issuer is asked", "伪造、CTQ B1b6：联机", "QP-121", ONLINE, faults=FORGED, app={"ctq": "2000"}),
    _row(9004, "Forged, CTQ B1b6, offline-only terminal", "伪造、B1b6、仅脱机终端", "QP-121 QP-123", failed(), faults=FORGED, app={"ctq": "2000"}, terminal="kiosk"),
    _row(9005, "Forged, CTQ B1b5, contact reader: another interface", "伪造、B1b5、有接触界面", "QP-122", CONTACT, faults=FORGED, app={"ctq": "1000"}),
    _row(9006, "Forged, CTQ B1b5, no contact reader", "伪造、B1b5、无接触界面", "QP-122 QP-123", failed(), faults=FORGED, app={"ctq": "1000"}, combo=NO_CONTACT),
    _row(9007, "Forged, CTQ B1b6 and B1b5: online comes first", "伪造、B1b6和B1b5：先联机", "QP-121 QP-122", ONLINE, faults=FORGED, app={"ctq": "3000"}),
    _row(9008, "Forged, CTQ B1b6 and B1b5, offline-only with contact reader", "伪造、B1b6和B1b5、仅脱机有接触", "QP-122", CONTACT, faults=FORGED, app={"ctq": "3000"},
         terminal="kiosk", combo={"ttq": "38000080"}),
    _row(9009, "Forged, CTQ B1b5, offline-only without contact reader", "伪造、B1b5、仅脱机无接触", "QP-123", failed(), faults=FORGED, app={"ctq": "1000"}, terminal="kiosk"),
    _row(9010, "Forged, CTQ absent", "伪造、无CTQ", "QP-123", failed(), faults=FORGED, mutations=(drop("gpo", "9F6C"),)),
    _row(9011, "CTQ bits mean nothing for a genuine card", "真卡：CTQ位无影响", "QP-120", approved(), app={"ctq": "3000"}),
    _row(9012, "Forged, online, issuer approves", "伪造联机，发卡行批准", "QP-121 QP-129", (*ONLINE, after("outcome", "approved")), faults=FORGED, app={"ctq": "2000"}, host="00"),
    _row(9013, "Forged, online, issuer declines", "伪造联机，发卡行拒绝", "QP-121 QP-129", (*ONLINE, after("outcome", "declined")), faults=FORGED, app={"ctq": "2000"}, host="05"),
    _row(9014, "Forged, online, host not reached", "伪造联机，不可达", "QP-121 QP-130", (*ONLINE, after("outcome", "declined"), after("rule", "QP-130")), faults=FORGED, app={"ctq": "2000"}, host=""),
    _row(9015, "9F4B in a record", "9F4B在记录中", "CS-032 FD-008 QP-120", approved(), card="multi"),
)  # fmt: skip

VERSION = (
    _row(9020, "AIP without DDA", "AIP无DDA", "FD-001", failed("FD-001"), app={"aip": "5C00"}),
    _row(9021, "9F69 absent: version 00 although 01 was offered", "缺9F69：已请求01却为00", "FD-002 FD-004", failed("FD-004"), mutations=(drop("last", "9F69"),)),
    _row(9022, "9F69 of seven bytes", "9F69长7字节", "FD-002", failed("FD-002"), mutations=(put("last", "9F69", "01010203040000"),)),
    _row(9023, "9F69 of 17 bytes", "9F69长17字节", "FD-002", failed("FD-002"), mutations=(put("last", "9F69", "01" + "00" * 16),)),
    _row(9024, "9F69 of version 02", "9F69版本02", "FD-002", failed("FD-002"), faults=("card-data-version:value=02",)),
    _row(9025, "9F69 of version 00 although 01 was offered", "已请求01而9F69为00", "FD-004", failed("FD-004"), faults=("card-data-version:value=00",)),
    _row(9026, "A card of version 0030 signs version 00 although 01 was offered, 00 allowed", "0030卡退回00且允许00", "FD-004", failed("FD-004"), faults=("version-00",), switches=V00),
    _row(9027, "fDDA 01 not offered, 00 not allowed", "未请求01且不允许00", "FD-006", failed("FD-006"), combo={"ttq": "36004000"}),
    _row(9028, "fDDA 01 not offered, 00 allowed", "未请求01且允许00", "FD-004 FD-006 FD-007", approved(), combo={"ttq": "36004000"}, switches=V00),
    _row(9029, "A card of version 0020, 00 not allowed", "0020旧卡且不允许00", "FD-003 FD-006", failed("FD-006"), card="old"),
    _row(9030, "A card of version 0020, 00 allowed", "0020旧卡且允许00", "FD-004 FD-006", approved(), card="old", switches=V00),
    _row(9031, "A card of version 0020, profile c7", "0020旧卡，c7方式", "FD-006", failed("FD-006"), card="old", combo={"profile": "c7"}),
    _row(9032, "Version 0020 with fDDA 01", "0020却为fDDA 01", "FD-005", failed("FD-005"), faults=("personalised:tag=9F08,value=0020",)),
    _row(9033, "Version 0020 with fDDA 01, not looked at", "0020却为fDDA 01但不检查", "FD-005", approved(), faults=("personalised:tag=9F08,value=0020",), switches={"fd.v01_needs_0030": False}),
    _row(9034, "Version 0031 is not below 0030", "0031不低于0030", "FD-005", approved(), faults=("personalised:tag=9F08,value=0031",)),
    _row(9035, "No version counts as 0020", "缺9F08视为0020", "FD-003 FD-005", failed("FD-005"), faults=("personalised:tag=9F08,value=",)),
    _row(9036, "No version, fDDA 01, not looked at", "缺9F08但不检查", "FD-003 FD-005", approved(), faults=("personalised:tag=9F08,value=",), switches={"fd.v01_needs_0030": False}),
)  # fmt: skip

SIGNATURE = (
    _row(9040, "No signature at all", "缺9F4B", "FD-008", failed("FD-008"), mutations=(drop("gpo", "9F4B"),)),
    _row(9041, "Another random number is signed", "签名用了别的9F37", "FD-007 DDA-003", failed("DDA-003"), faults=("signed-number",)),
    _row(9042, "Another amount is signed", "签名用了别的金额", "FD-007 DDA-003", failed("DDA-003"), faults=("signed-amount",)),
    _row(9043, "Another currency is signed", "签名用了别的货币", "FD-007 DDA-003", failed("DDA-003"), faults=("signed-currency",)),
    _row(9044, "Another 9F69 is signed", "签名用了别的9F69", "FD-007 DDA-003", failed(), faults=("signed-card-data",)),
    _row(9045, "Another amount is signed by version 00: not covered", "版本00不覆盖金额", "FD-006 FD-007", approved(), card="old", faults=("signed-amount",), switches=V00),
    _row(9046, "Another random number is signed by version 00", "版本00签名用了别的9F37", "FD-007 DDA-003", failed("DDA-003"), card="old", faults=("signed-number",), switches=V00),
    _row(9047, "The signed ATC is another one, not compared", "签名ATC不同但不比较", "FD-010", approved(), faults=("signed-atc",)),
    _row(9048, "The signed ATC is another one, compared", "签名ATC不同且比较", "FD-010", failed("FD-010"), faults=("signed-atc",), switches={"fd.check_atc": True}),
    _row(9049, "The signed ATC is the right one, compared", "签名ATC一致且比较", "FD-010", approved(), switches={"fd.check_atc": True}),
    _row(9050, "The dynamic number has a wrong length", "动态数长度错误", "DDA-004", approved(), faults=("signed-atc-length",)),
    _row(9051, "The dynamic number has a wrong length, strict", "动态数长度错误且严格", "DDA-004", failed("DDA-004"), faults=("signed-atc-length",), switches={"fda.idn_strict": True}),
    _row(9052, "The CTQ of GPO is not the signed one", "GPO的CTQ与签名不符", "FD-011", failed("FD-011"), mutations=(put("gpo", "9F6C", "0040"),)),
    _row(9053, "The CTQ of GPO is not the signed one, not compared", "GPO的CTQ与签名不符但不比较", "FD-011", approved(), mutations=(put("gpo", "9F6C", "0040"),), switches={"fd.check_ctq": False}),
    _row(9054, "A CTQ taken out of GPO although one is signed", "GPO去掉CTQ而签名有", "FD-012", failed("FD-012"), app={"ctq": "2000"}, mutations=(drop("gpo", "9F6C"),)),
    _row(9055, "A CTQ taken out of GPO, zeros are signed", "GPO去掉CTQ而签名为零", "FD-012", approved(), mutations=(drop("gpo", "9F6C"),)),
    _row(9056, "The bit that asks for online was added on the air", "空中加上联机位", "FD-011 QP-121", (its("outcome", "online_request"), its("oda", "failed")), mutations=(put("gpo", "9F6C", "2000"),)),
    _row(9057, "PDOL without the random number", "PDOL无9F37", "FDA-006", failed("FDA-006"), faults=("pdol-no-number",)),
    _row(9058, "PDOL with three bytes of the random number", "PDOL中9F37长3", "FDA-006", failed("FDA-006"), faults=("pdol-short-number",)),
    _row(9059, "PDOL without the amount", "PDOL无9F02", "FDA-006", failed("FDA-006"), faults=("pdol-no-amount",)),
)  # fmt: skip

CHAIN = tuple(
    _row(number, en, zh, ids, failed(*ids.split()), faults=(fault,))
    for number, fault, en, zh, ids in (
        (9070, "ca-index", "No CA key of that index", "无该索引的CA公钥", "CK-008"),
        (9071, "issuer-format", "Issuer certificate of another format", "发卡行证书格式错", "ODA-043"),
        (9072, "issuer-header", "Issuer certificate with another header", "发卡行证书头错", "ODA-042"),
        (9073, "issuer-trailer", "Issuer certificate with another trailer", "发卡行证书尾错", "ODA-041"),
        (9074, "issuer-hash", "Issuer certificate with a wrong hash", "发卡行证书杂凑错", "ODA-046"),
        (9075, "issuer-hash-algorithm", "Issuer certificate of another hash algorithm", "发卡行证书杂凑算法错", "ODA-045"),
        (9076, "issuer-identifier", "Issuer certificate of another issuer", "发卡行标识不符", "ODA-047"),
        (9077, "issuer-identifier:value=62FFFFFF", "Issuer identifier of two digits", "发卡行标识仅2位", "ODA-047"),
        (9078, "issuer-key-algorithm", "Issuer key of another algorithm", "发卡行公钥算法错", "ODA-050"),
        (9079, "icc-format", "Card certificate of another format", "卡片证书格式错", "ODA-061"),
        (9080, "icc-header", "Card certificate with another header", "卡片证书头错", "ODA-061"),
        (9081, "icc-trailer", "Card certificate with another trailer", "卡片证书尾错", "ODA-061"),
        (9082, "icc-hash", "Card certificate with a wrong hash", "卡片证书杂凑错", "ODA-064"),
        (9083, "icc-hash-algorithm", "Card certificate of another hash algorithm", "卡片证书杂凑算法错", "ODA-063"),
        (9084, "icc-pan", "Card certificate of another number", "卡片证书PAN不符", "ODA-065"),
        (9085, "icc-key-algorithm", "Card key of another algorithm", "卡片公钥算法错", "ODA-067"),
        (9086, "icc-static", "Other static data were signed", "静态数据不符", "ODA-064"),
        (9087, "signature-header", "Signature with another header", "签名头错", "DDA-002"),
        (9088, "signature-trailer", "Signature with another trailer", "签名尾错", "DDA-002"),
        (9089, "signature-format:value=95", "Signature of format 95", "签名格式95", "FDA-007"),
        (9090, "signature-hash-algorithm", "Signature of another hash algorithm", "签名杂凑算法错", "DDA-002"),
        (9091, "signature-hash", "Signature with a wrong hash", "签名杂凑错", "DDA-003"),
        (9092, "tag-list", "Static data tag list with more than 82", "9F4A不止82", "ODA-022"),
        (9093, "tag-list:value=5A", "Static data tag list of another tag", "9F4A为其他标签", "ODA-022"),
    )
)  # fmt: skip

THIS_MONTH, LAST_MONTH, NEXT_MONTH = "1126", "1026", "1226"
BAD = {"rid": "A000000333", "index": "E2", "serial": "0BAD01"}

KEYS = (
    _row(9100, "Certificates until last month", "证书上月到期", "ODA-048", failed("ODA-048"), app={"keys": {"expiry": LAST_MONTH}}),
    _row(9101, "Certificates until this month", "证书本月到期", "ODA-048 ODA-066", approved(), app={"keys": {"expiry": THIS_MONTH}}),
    _row(9102, "Certificates until this month, last day of the month", "证书本月到期，月末日", "ODA-048 ODA-066", approved(), app={"keys": {"expiry": THIS_MONTH}}, tx={"date": "261130"}),
    _row(9103, "Certificates until this month, the next day", "证书本月到期，次月首日", "ODA-048", failed("ODA-048"), app={"keys": {"expiry": THIS_MONTH}}, tx={"date": "261201"}),
    _row(9104, "Certificates until next month", "证书次月到期", "ODA-048", approved(), app={"keys": {"expiry": NEXT_MONTH}}),
    _row(9105, "Only the card certificate is past its month", "仅卡片证书过期", "ODA-066", failed("ODA-066"), faults=("icc-expiry:value=1026",)),
    _row(9106, "Month 13 in the card certificate", "卡片证书月份13", "ODA-066", failed("ODA-066"), faults=("icc-expiry:value=1349",)),
    _row(9107, "The issuer certificate is called back", "发卡行证书被吊销", "CK-021 ODA-049", failed("ODA-049", "CK-021"), card="revoked", config={"revoked": [BAD]}),
    _row(9108, "Nothing is called back", "未列吊销", "CK-021", approved(), card="revoked"),
    _row(9109, "Another serial number is called back", "吊销的是别的序列号", "CK-020", approved(), card="revoked", config={"revoked": [BAD | {"serial": "0BAD02"}]}),
    _row(9110, "The same serial number under another CA key is called back", "吊销的是别的CA索引", "CK-020", approved(), card="revoked", config={"revoked": [BAD | {"index": "E1"}]}),
    _row(9111, "The same serial number of another scheme is called back", "吊销的是别的RID", "CK-020", approved(), card="revoked", config={"revoked": [BAD | {"rid": "A000000003"}]}),
    _row(9112, "The CA key was valid until yesterday", "CA公钥昨日到期", "CK-005", failed("CK-005", "CK-008"), ca="ca-1152@20261120"),
    _row(9113, "The CA key is valid until today", "CA公钥今日到期", "CK-005", approved(), ca="ca-1152@20261121"),
    _row(9114, "The CA key was valid until yesterday, not looked at", "CA公钥昨日到期但不检查", "CK-005", approved(), ca="ca-1152@20261120", switches={"ck.ignore_expiry": True}),
    _row(9115, "Only another CA key is there", "只有别的CA公钥", "CK-008", failed("CK-008"), ca="ca-1408@20491231"),
    _row(9116, "Called back, CTQ B1b6: the issuer is asked", "吊销且B1b6：联机", "CK-021 QP-121", ONLINE, card="revoked", app={"ctq": "2000"}, config={"revoked": [BAD]}),
    _row(9117, "No CA key, CTQ B1b5: another interface", "无CA公钥且B1b5：改用其他界面", "CK-008 QP-122", CONTACT, faults=("ca-index",), app={"ctq": "1000"}),
)  # fmt: skip


def _sm(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(
        f"SM-TJRZ-{number}",
        en,
        zh,
        ids,
        expect,
        **{"terminal": "retail-sm", "card": "dual", **more},
    )


ASK_69 = "9F66049F02069F03069F1A0295055F2A029A039C019F3704DF6901"
"""The usual PDOL with DF69 behind it: 34 bytes, hex 22."""


def _with_69(value: str) -> Check:
    """GPO with DF69 of this value at the end."""
    return apdu(
        3,
        f"80A8000024 8322 36004080 000000001250 000000000000 0156 0000000000 0156 261121 00 ???????? {value} 00",
    )


SM = (
    _sm(9001, "Both families, SM keys loaded: DF69 is 01", "双算法卡、有国密公钥：DF69为01", "SM-001 QP-044 ODA-070", (*approved(), _with_69("01")), app={"pdol": ASK_69}),
    _sm(9002, "Both families, no SM keys: DF69 is 00", "双算法卡、无国密公钥：DF69为00", "SM-001 QP-044 ODA-070", (*approved(), _with_69("00")), app={"pdol": ASK_69}, terminal="retail"),
    _sm(9003, "SM2 alone", "仅国密卡", "SM-002 QP-120", approved(), card="sm-only"),
    _sm(9004, "SM2 alone, no SM keys: authentication fails", "仅国密卡、无国密公钥：认证失败", "SM-003 CK-008", failed("CK-008"), card="sm-only", terminal="retail"),
    _sm(9005, "RSA alone at a terminal with SM keys", "仅RSA卡、有国密公钥", "SM-002 QP-120", approved(), card="debit"),
    _sm(9006, "9F4B in the GPO answer", "9F4B在GPO应答中", "CS-040 SM-012", approved(), app={"sm": {"signature": "gpo"}}),
    _sm(9007, "Forged", "伪造签名", "SM-072", failed("SM-072", "SM-070"), faults=FORGED),
    _sm(9008, "Forged, CTQ B1b6: the issuer is asked", "伪造、B1b6：联机", "QP-121", ONLINE, faults=FORGED, app={"ctq": "2000"}),
    _sm(9009, "Forged, CTQ B1b5: another interface", "伪造、B1b5：改用其他界面", "QP-122", CONTACT, faults=FORGED, app={"ctq": "1000"}),
    _sm(9010, "SM2 alone, no SM keys, CTQ B1b6: the issuer is asked", "仅国密卡、无公钥、B1b6：联机", "SM-003 QP-121", ONLINE, card="sm-only", terminal="retail", app={"ctq": "2000"}),
    _sm(9011, "Another random number is signed", "签名用了别的9F37", "SM-072", failed("SM-072"), faults=("signed-number",)),
    _sm(9012, "Another amount is signed", "签名用了别的金额", "SM-072 FD-007", failed("SM-072"), faults=("signed-amount",)),
    _sm(9013, "Another currency is signed", "签名用了别的货币", "SM-072 FD-007", failed("SM-072"), faults=("signed-currency",)),
    _sm(9014, "9F69 absent: version 00 although 01 was offered", "缺9F69：已请求01却为00", "FD-004", failed("FD-004"), mutations=(drop("last", "9F69"),)),
    _sm(9015, "9F69 of version 02", "9F69版本02", "FD-002", failed("FD-002"), faults=("card-data-version:value=02",)),
    _sm(9016, "fDDA 01 not offered, 00 not allowed", "未请求01且不允许00", "FD-006", failed("FD-006"), combo={"ttq": "36004000"}),
    _sm(9017, "fDDA 01 not offered, 00 allowed", "未请求01且允许00", "FD-006 SM-072", approved(), combo={"ttq": "36004000"}, switches=V00),
    _sm(9018, "The CTQ of GPO is not the signed one", "GPO的CTQ与签名不符", "FD-011", failed("FD-011"), mutations=(put("gpo", "9F6C", "0040"),)),
    _sm(9019, "Certificates until last month", "证书上月到期", "SM-043", failed("SM-043"), app={"sm": {"expiry": LAST_MONTH}}),
    _sm(9020, "Certificates until this month", "证书本月到期", "SM-043 SM-053", approved(), app={"sm": {"expiry": THIS_MONTH}}),
    _sm(9021, "The encryption algorithm of the issuer certificate is not checked", "发卡行证书加密算法不检查", "SM-045", approved(), faults=("issuer-encipherment",)),
    _sm(9022, "The encryption algorithm of the card certificate is not checked", "卡片证书加密算法不检查", "SM-054", approved(), faults=("icc-encipherment",)),
    _sm(9023, "The CA key was valid until yesterday", "CA公钥昨日到期", "CK-005", failed("CK-005", "CK-008"), ca="ca-sm2@20261120", card="sm-only"),
    _sm(9024, "The CA key is valid until today", "CA公钥今日到期", "CK-005", approved(), ca="ca-sm2@20261121", card="sm-only"),
    *(
        _sm(number, en, zh, ids, failed(*ids.split()), faults=(fault,))
        for number, fault, en, zh, ids in (
            (9030, "ca-index", "No CA key of that index", "无该索引的CA公钥", "CK-008"),
            (9031, "issuer-format", "Issuer certificate of another format", "发卡行证书格式错", "SM-041"),
            (9032, "issuer-identifier", "Issuer certificate of another issuer", "发卡行标识不符", "SM-042"),
            (9033, "issuer-curve", "Issuer key of another curve", "发卡行曲线参数错", "SM-045"),
            (9034, "issuer-key-algorithm", "Issuer key of another algorithm", "发卡行算法错", "SM-045"),
            (9035, "issuer-point", "Issuer key is no point of the curve", "发卡行公钥不在曲线上", "SM-046"),
            (9036, "issuer-hash", "Issuer certificate with a wrong signature", "发卡行证书签名错", "SM-047"),
            (9037, "issuer-scalar", "Issuer certificate with r = 0", "发卡行证书签名r为0", "SM-047"),
            (9038, "issuer-scalar:which=s,to=0", "Issuer certificate with s = 0", "发卡行证书签名s为0", "SM-047"),
            (9039, "icc-format", "Card certificate of another format", "卡片证书格式错", "SM-051"),
            (9040, "icc-pan", "Card certificate of another number", "卡片证书PAN不符", "SM-052"),
            (9041, "icc-expiry:value=1026", "Only the card certificate is past its month", "仅卡片证书过期", "SM-053"),
            (9042, "icc-curve", "Card key of another curve", "卡片曲线参数错", "SM-054"),
            (9043, "icc-key-algorithm", "Card key of another algorithm", "卡片算法错", "SM-054"),
            (9044, "icc-point", "Card key is no point of the curve", "卡片公钥不在曲线上", "SM-055"),
            (9045, "icc-hash", "Card certificate with a wrong signature", "卡片证书签名错", "SM-056"),
            (9046, "icc-static", "Other static data were signed", "静态数据不符", "SM-056"),
            (9047, "signature-format", "Signature of another format", "签名格式错", "SM-070"),
            (9048, "signature-length-sm", "Length inside the signature is wrong", "签名内长度错", "SM-070 SM-012"),
            (9049, "signature-hash", "Signature with a wrong bit", "签名错一位", "SM-072"),
            (9050, "signature-scalar", "Signature with r = 0", "签名r为0", "SM-072"),
            (9051, "tag-list", "Static data tag list with more than 82", "9F4A不止82", "ODA-022"),
        )
    ),
)  # fmt: skip

ROWS = (*RESULT, *VERSION, *SIGNATURE, *CHAIN, *KEYS, *SM)
