"""Corners of several groups: exact bounds, lengths of certificates, what a list may ask for at most."""

from __future__ import annotations

from typing import Any

from vectors.build.literal.authentication import FORGED, V00, failed
from vectors.build.literal.row import (
    DEBIT,
    GPO,
    PPSE,
    READ,
    Check,
    Row,
    apdu,
    apdus,
    approved,
    either,
    ended,
    its,
    leave,
    never,
    no_apdu,
    online,
    other_interface,
    put,
    status,
)

EC = "9F66049F02069F03069F1A0295055F2A029A039C019F37049F7A01"
"""The usual PDOL with 9F7A behind it: 34 bytes, hex 22."""


def _offers(number: int, value: str, amount: int, en: str, zh: str, **more: Any) -> Row:
    """9F7A is 01 or 00 in the GPO data (QP-044, EC-001)."""
    kind = "01" if more.get("tx") else "00"
    data = f"36004080 {amount:012d} 000000000000 0156 0000000000 0156 261121 {kind} ???????? {value}"
    return Row(
        f"LM-XEJC-{number}", en, zh, "EC-001 QP-044",
        (*approved(), apdu(3, f"80A8000024 8322 {data} 00")),
        amount=amount, app={"pdol": EC}, **more,
    )  # fmt: skip


CASH = (
    _offers(9201, "01", 1250, "Electronic cash is offered below its limit", "低于电子现金限额：支持"),
    _offers(9202, "01", 1249, "Electronic cash limit, one below", "电子现金限额低1分", combo={"ec_limit": 1250}),
    _offers(9203, "00", 1250, "Electronic cash limit, equal: not offered", "等于电子现金限额：不支持", combo={"ec_limit": 1250}),
    _offers(9204, "00", 1251, "Electronic cash limit, one above", "电子现金限额超1分", combo={"ec_limit": 1250}),
    _offers(9205, "01", 1249, "No electronic cash limit: below the terminal floor limit", "无电子现金限额：低于9F1B", combo={"ec_limit": None, "terminal_floor_limit": 1250}),
    _offers(9206, "00", 1250, "No electronic cash limit: the terminal floor limit itself", "无电子现金限额：等于9F1B", combo={"ec_limit": None, "terminal_floor_limit": 1250}),
    _offers(9207, "00", 1250, "Neither limit: no electronic cash", "两限额均无：不支持", combo={"ec_limit": None}),
    _offers(9208, "00", 1250, "Electronic cash is for purchases", "取现不支持电子现金", combo={"types": ["01"]}, tx={"type": 1}),
)  # fmt: skip


def _row(identity: str, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(identity, en, zh, ids, expect, **more)


DOL = "9F66049F0206"
LISTS = (
    _row("QP-HQXX-9201", "252 bytes are asked: the most that fits", "PDOL恰252字节", "DOL-017 QP-042", (apdu(3, "80A80000FF 8381FC 36004080 000000001250 *"), never("outcome", "approved")),
         mutations=(put("select", "9F38", DOL + "DF7FF2"),)),
    _row("QP-HQXX-9202", "253 bytes are asked: the application cannot be used", "PDOL为253字节：应用不可用", "DOL-017", (its("outcome", "end_application"), no_apdu(GPO)),
         mutations=(put("select", "9F38", DOL + "DF7FF3"),)),
    _row("QP-HQXX-9203", "The largest amount that tag 81 can hold", "标签81可表示的最大金额", "FMT-002 FMT-003", (apdu(3, "80A8000010 830E 36C04080 004294967295 FFFFFFFF 00"), never("outcome", "approved")),
         amount=4294967295, combo={"transaction_limit": None}, mutations=(put("select", "9F38", DOL + "8104"),)),
    _row("QP-HQXX-9204", "An amount that tag 81 cannot hold", "标签81不能表示的金额", "FMT-002", (never("outcome", "approved"), never("outcome", "online_request"), no_apdu(GPO)),
         amount=4294967296, combo={"transaction_limit": None}, mutations=(put("select", "9F38", DOL + "8104"),)),
    _row("QP-HQXX-9205", "A length that ends inside the template's last object", "长度之和不足模板长度", "TLV-015 QP-060", (*other_interface(), no_apdu(READ)), faults=("length-short:tag=9F26",)),
    _row("QP-HQXX-9206", "A length that points behind the template", "长度超出模板", "TLV-009 QP-060", (*other_interface(), no_apdu(READ)), faults=("beyond-end:tag=9F26",)),
    _row("QP-HQXX-9207", "An indefinite length", "不定长编码", "TLV-006 QP-060", (*other_interface(), no_apdu(READ)), faults=("length-form:form=80,tag=9F26",)),
    _row("QP-HQXX-9208", "A length in three bytes, no contact reader", "三字节长度编码且无接触界面", "TLV-006 QP-060", (*ended(), no_apdu(READ)), combo={"ttq": "26004080"}, faults=("length-form:form=83,tag=9F26",)),
    _row("QP-HQXX-9209", "A length in one byte more than needed, inside", "模板内非最短长度", "TLV-007", approved(), faults=("length-form:form=81,tag=9F26",)),
    _row("QP-HQXX-9210", "The terminal wants debit/credit alone: no approval by this way", "终端仅支持借贷记：不走本路径", "QP-061 QP-160", (never("outcome", "approved"), no_apdu(READ)), combo={"ttq": "56004080"}),
    _row("QP-HQXX-9211", "The terminal wants both, the card takes debit/credit", "两者均支持而卡片选借贷记", "QP-063 QP-160", (never("outcome", "approved"), no_apdu(READ)), combo={"ttq": "76004080"}),
    _row("QP-HQXX-9212", "A cryptogram of length 0 is missing", "9F26长度0视为缺失", "TLV-020 QP-061", (*other_interface("QP-061"), no_apdu(READ)), mutations=(put("gpo", "9F26", ""),)),
)  # fmt: skip

ENTRY = (
    _row("EP-YYXZ-9201", "A damaged entry is skipped where the next one can be found", "目录项损坏：跳到下一项", "EP-047", (*approved(), apdu(2, DEBIT)), card="two",
         mutations=({"kind": "flip", "at": "ppse", "bit": 26 * 8 + 1},)),
    _row("EP-YYXZ-9202", "Start B is not taken where no fixed amount is configured", "未配置固定金额则不接受Start B", "EP-004", (its("outcome", "refused"), apdus()), tx={"start": "B"}),
    _row("EP-YYXZ-9203", "Start B is not taken for an amount that needs another TTQ", "Start B金额需要别的TTQ：不接受", "EP-004", (its("outcome", "refused"), apdus()), amount=20001,
         tx={"start": "B"}, switches={"ep.start_b_fixed": True}),
    _row("EP-YYXZ-9204", "Start B at the floor limit is taken", "Start B等于限额：接受", "EP-004", (*approved(), apdu(1, PPSE)), amount=18000, combo={"floor_limit": 18000},
         tx={"start": "B"}, switches={"ep.start_b_fixed": True}),
)  # fmt: skip


def _rsa(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"RS-TJRZ-{number}", en, zh, ids, expect, **more)


def _missing(number: int, tag: str, *rules: str) -> Row:
    return _rsa(number, f"{tag} is missing", f"缺{tag}", " ".join(rules), failed(*rules), faults=(f"missing:tag={tag}",))


def _sized(number: int, tag: str, size: int, *rules: str) -> Row:
    return _rsa(number, f"{tag} of {size} bytes", f"{tag}长{size}字节", " ".join(rules), failed(*rules), faults=(f"resize:tag={tag},size={size}",))


RSA = (
    _missing(9201, "8F", "ODA-030"),
    _missing(9202, "90", "ODA-030"),
    _missing(9203, "9F32", "ODA-030"),
    _missing(9204, "9F46", "ODA-030"),
    _missing(9205, "9F47", "ODA-030"),
    _missing(9206, "92", "ODA-044", "ODA-031", "ODA-030"),
    _missing(9207, "9F48", "ODA-062", "ODA-031", "ODA-030"),
    _sized(9208, "90", 143, "ODA-040"),
    _sized(9209, "9F46", 143, "ODA-060"),
    _sized(9210, "92", 35, "ODA-044", "ODA-031"),
    _sized(9211, "9F48", 25, "ODA-062", "ODA-031"),
    _rsa(9212, "9F4B one byte short", "9F4B少1字节", "DDA-001", failed("DDA-001"), mutations=({"kind": "resize", "at": "gpo", "tag": "9F4B", "cut": 1},)),
    _rsa(9213, "9F4B as a number is not below the modulus", "9F4B不小于模", "ODA-080", failed("ODA-080"), mutations=(put("gpo", "9F4B", "FF" * 128),)),
    _rsa(9214, "ICC dynamic data as long as the key allows", "动态数据恰为最大长度", "DDA-005", approved(), faults=("signature-length:value=67",)),
    _rsa(9215, "ICC dynamic data one byte longer than the key allows", "动态数据超1字节", "DDA-005", failed("DDA-005"), faults=("signature-length:value=68",)),
    _rsa(9216, "Issuer key length 0", "发卡行公钥长0", "ODA-084", failed("ODA-084"), faults=("issuer-key-length:value=00",)),
    _rsa(9217, "Issuer key length 255", "发卡行公钥长255", "ODA-084", failed("ODA-084"), faults=("issuer-key-length:value=FF",)),
    _rsa(9218, "Card key length 0", "卡片公钥长0", "ODA-084", failed("ODA-084"), faults=("icc-key-length:value=00",)),
    _rsa(9219, "Issuer identifier of three digits", "发卡行标识3位", "ODA-047", approved(), faults=("issuer-identifier:value=620FFFFF",)),
    _rsa(9220, "Issuer identifier of eight digits", "发卡行标识8位", "ODA-047", approved(), faults=("issuer-identifier:value=62000000",)),
    _rsa(9221, "Version 002F with fDDA 01", "002F却为fDDA 01", "FD-005", failed("FD-005"), faults=("personalised:tag=9F08,value=002F",)),
    _rsa(9222, "Version 002F with fDDA 00, which is allowed", "002F为fDDA 00且允许", "FD-004", approved(), faults=("version-00", "personalised:tag=9F08,value=002F"), switches=V00),
    _rsa(9223, "9F69 of eight bytes is the shortest", "9F69最短8字节", "FD-002", approved()),
    _rsa(9224, "Month 00 in the issuer certificate", "发卡行证书月份00", "ODA-048", failed("ODA-048"), faults=("issuer-expiry:value=0049",)),
    _rsa(9225, "Forged, CTQ B1b6, issuer answers 51", "伪造联机，发卡行51", "QP-121 QP-129", (its("outcome", "online_request"), {"when": "after_host", "field": "outcome", "is": "declined"}),
         faults=FORGED, app={"ctq": "2000"}, host="51"),
)  # fmt: skip


def _sm(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"SM-TJRZ-{number}", en, zh, ids, expect, **{"terminal": "retail-sm", "card": "sm-only", **more})


SM = (
    _sm(9201, "Issuer certificate one byte short", "发卡行证书少1字节", "SM-040", failed("SM-040"), faults=("resize:tag=90,size=141",)),
    _sm(9202, "Card certificate one byte short", "卡片证书少1字节", "SM-050", failed("SM-050"), faults=("resize:tag=9F46,size=147",)),
    _sm(9203, "Issuer identifier of two digits", "发卡行标识2位", "SM-042", failed("SM-042"), faults=("issuer-identifier:value=62FFFFFF",)),
    _sm(9204, "Issuer identifier of three digits", "发卡行标识3位", "SM-042", approved(), faults=("issuer-identifier:value=620FFFFF",)),
    _sm(9205, "Issuer identifier of eight digits", "发卡行标识8位", "SM-042", approved(), faults=("issuer-identifier:value=62000000",)),
    _sm(9206, "The dynamic number has a wrong length, strict", "动态数长度错误且严格", "SM-071 DDA-004", failed("SM-071", "DDA-004"), faults=("signed-atc-length",), switches={"fda.idn_strict": True}),
    _sm(9207, "The dynamic number has a wrong length", "动态数长度错误", "SM-071 DDA-004", approved(), faults=("signed-atc-length",)),
    _sm(9208, "The signed ATC is another one, compared", "签名ATC不同且比较", "FD-010", failed("FD-010"), faults=("signed-atc",), switches={"fd.check_atc": True}),
    _sm(9209, "9F4B is missing", "缺9F4B", "FD-008", failed("FD-008"), faults=("missing:tag=9F4B",)),
    _sm(9210, "8F is missing", "缺8F", "ODA-030", failed("ODA-030"), faults=("missing:tag=8F",)),
    _sm(9211, "Certificates until next month", "证书次月到期", "SM-043 SM-053", approved(), app={"sm": {"expiry": "1226"}}),
    _sm(9212, "AIP without DDA", "AIP无DDA", "FD-001", failed("FD-001"), app={"aip": "5C00"}),
)  # fmt: skip

DOUBT = (its("outcome", "end_application"), its("card_may_have_paid", True))


def _torn(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], *mutations: dict[str, Any], **more: Any) -> Row:
    return Row(
        f"TT-SKHF-{number}", en, zh, ids, expect, switches={"tt.recovery": True}, around={"store": "kept"},
        mutations=(leave("last"), *mutations), **more,
    )  # fmt: skip


TORN = (
    _torn(9201, "The application is gone when the card comes back", "再挥时应用无法选择", "TT-011 TT-019", (never("outcome", "approved"), its("card_may_have_paid", True)),
          status("select", "6A82", always=True, **{"from": 2})),
    _torn(9202, "The directory is gone when the card comes back", "再挥时目录无法选择", "TT-011 TT-019", (never("outcome", "approved"), its("card_may_have_paid", True)),
          status("ppse", "6A82", always=True, **{"from": 2})),
    _torn(9203, "Another number in the records when the card comes back", "再挥时记录中卡号不同", "TT-012 TT-015", (never("outcome", "approved"),), put("record", "57", "6200000000000009993D49122200", always=True, nth=3, **{"from": 2})),
    _torn(9204, "A record is refused when the card comes back", "再挥时读记录被拒绝", "TT-012 TT-019", (never("outcome", "approved"), its("card_may_have_paid", True)), status("record", "6A83", always=True, **{"from": 2})),
    _torn(9205, "The balance is another one: neither before nor after", "余额既非交易前也非交易后", "TT-013 TT-019", DOUBT, {"kind": "flip", "at": "data", "nth": 2, "bit": 62, "always": True}),
    _torn(9206, "It leaves once more at the last record, and comes back", "恢复时再次离开后再回来", "TT-014 TT-016", (either("outcome", "approved", "end_application"), never("card_may_have_paid", None)),
          leave("record", nth=4, since=2)),
)  # fmt: skip

ROWS = (*CASH, *LISTS, *ENTRY, *RSA, *SM, *TORN)
