"""CXKR 持卡人验证: the table of 30-qpboc-flow.md section 9, row by row.

B1 of the TTQ: 36 online PIN and signature, 34 PIN alone, 32 signature alone, 30 neither; B3 40:
CDCVM. CTQ: 8000 online PIN, 4000 signature, 0080 CDCVM performed. An ARQC carries no signature, so
its CTQ may be changed on the air.
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    Check,
    Row,
    approved,
    declined,
    drop,
    insert,
    its,
    never,
    online,
    other_interface,
    put,
    record,
)


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"CV-CXKR-{number}", en, zh, ids, expect, **more)


NAMES = {
    "no_cvm": ("no verification", "无需验证", "3F0000"),
    "signature": ("signature", "签名", "1E0000"),
    "online_pin": ("online PIN", "联机PIN", "020000"),
    "cdcvm": ("verified on the device", "设备验证", "3F0000"),
}
"""CVM with its coding in 9F34 (QP-113)."""


def _asked(
    number: int, ttq: str, ctq: str | None, limit: int | None, result: str, ids: str, **more: Any
) -> Row:
    """One cell for an ARQC: result is a CVM, or the rule that declines.

    limit 0: every amount demands verification (TTQ B2b7); None: none does.
    """
    change = drop("gpo", "9F6C") if ctq is None else put("gpo", "9F6C", ctq)
    if result in NAMES:
        words, chinese, code = NAMES[result]
        expect = (*online(cvm=result), record("9F34", code))
    else:
        words, chinese = "declined", "拒绝"
        expect = (*declined(result), never("outcome", "online_request"))
    demand = "B2b7 = 1" if limit == 0 else "B2b7 = 0"
    return _row(
        number,
        f"ARQC, TTQ {ttq}, {demand}, CTQ {ctq or 'absent'}: {words}",
        f"ARQC，TTQ {ttq}，{demand}，CTQ {ctq or '缺失'}：{chinese}",
        ids,
        expect,
        card="credit",
        combo={"ttq": ttq, "cvm_limit": limit},
        mutations=(change,),
        **more,
    )


TABLE = (
    _asked(9001, "36004080", None, None, "no_cvm", "QP-104 CTQ-001"),
    _asked(9002, "36004080", None, 0, "signature", "QP-103 CTQ-001"),
    _asked(9003, "32004080", None, 0, "signature", "QP-103"),
    _asked(9004, "34004080", None, 0, "online_pin", "QP-103"),
    _asked(9005, "30004080", None, None, "no_cvm", "QP-104"),
    _asked(9006, "36004080", "0000", None, "no_cvm", "QP-108 CTQ-001"),
    _asked(9007, "36004080", "0000", 0, "QP-109", "QP-109 CTQ-001"),
    _asked(9008, "34004080", "0000", 0, "QP-109", "QP-109"),
    _asked(9009, "30004080", "0000", None, "no_cvm", "QP-108"),
    _asked(9010, "36004080", "8000", None, "online_pin", "QP-100"),
    _asked(9011, "36004080", "8000", 0, "online_pin", "QP-100"),
    _asked(9012, "34004080", "8000", None, "online_pin", "QP-100"),
    _asked(9013, "32004080", "8000", None, "QP-105", "QP-105"),
    _asked(9014, "30004080", "8000", None, "QP-105", "QP-105"),
    _asked(9015, "36004080", "4000", None, "signature", "QP-106"),
    _asked(9016, "32004080", "4000", None, "signature", "QP-106"),
    _asked(9017, "32004080", "4000", 0, "signature", "QP-106"),
    _asked(9018, "34004080", "4000", None, "QP-107", "QP-107"),
    _asked(9019, "30004080", "4000", None, "QP-107", "QP-107"),
    _asked(9020, "36004080", "C000", None, "online_pin", "QP-100 QP-106"),
    _asked(9021, "34004080", "C000", None, "online_pin", "QP-100"),
    _asked(9022, "32004080", "C000", None, "QP-105", "QP-105 QP-106"),
    _asked(9023, "36004080", "0080", None, "cdcvm", "QP-102"),
    _asked(9024, "36004080", "0080", 0, "cdcvm", "QP-102"),
    _asked(9025, "30004080", "0080", None, "cdcvm", "QP-102"),
    _asked(9026, "36000080", "0080", None, "no_cvm", "QP-101 QP-102 QP-108"),
    _asked(9027, "36000080", "0080", 0, "QP-109", "QP-101 QP-102 QP-109"),
    _asked(9028, "36004080", "0080", None, "no_cvm", "QP-102 QP-108", switches={"qp.cdcvm": False}),
    _asked(9029, "36004080", "8080", None, "online_pin", "QP-100 QP-102"),
    _asked(9030, "32004080", "8080", None, "cdcvm", "QP-102 QP-105"),
    _asked(9031, "32000080", "8080", None, "QP-105", "QP-102 QP-105"),
    _asked(9032, "36004080", "4080", None, "cdcvm", "QP-102 QP-106"),
    _asked(9033, "36000080", "4080", None, "signature", "QP-106"),
    _asked(9034, "34000080", "4080", None, "QP-107", "QP-107"),
    _asked(9035, "36004080", "0700", None, "no_cvm", "CTQ-003 QP-108"),
    _asked(9036, "36004080", "0040", None, "no_cvm", "QP-108"),
    _asked(9037, "36004080", "3800", None, "no_cvm", "QP-108"),
    _asked(9038, "36004080", None, None, "signature", "QP-104", switches={"qp.no_ctq_always_signature": True}),
    _asked(9039, "34004080", None, None, "no_cvm", "QP-104", switches={"qp.no_ctq_always_signature": True}),
    _asked(9040, "36004080", "0000", None, "no_cvm", "QP-104 QP-108", switches={"qp.no_ctq_always_signature": True}),
)  # fmt: skip

STOP = (*other_interface("CTQ-002"), never("outcome", "online_request"))

LENGTH = (
    _row(9050, "CTQ of one byte", "CTQ长1字节", "CTQ-002", STOP, card="credit", mutations=(put("gpo", "9F6C", "80"),)),
    _row(9051, "CTQ of three bytes", "CTQ长3字节", "CTQ-002", STOP, card="credit", mutations=(put("gpo", "9F6C", "800000"),)),
    _row(9052, "CTQ of length 0 is absent", "CTQ长度0视为缺失", "CTQ-002 QP-104", online(), card="credit", mutations=(put("gpo", "9F6C", ""),)),
    _row(9053, "CTQ of length 0 is absent where verification is demanded", "要求验证时CTQ长度0", "CTQ-002 QP-103", online(cvm="signature"), card="credit",
         combo={"cvm_limit": 0}, mutations=(put("gpo", "9F6C", ""),)),
    _row(9054, "CTQ of one byte counts as absent where the switch is on", "开关打开时CTQ长1字节视为缺失", "CTQ-002 QP-104", online(), card="credit",
         switches={"qp.bad_ctq_absent": True}, mutations=(put("gpo", "9F6C", "80"),)),
    _row(9055, "Domestic profile: no CTQ, signature at any amount", "国内方式：无CTQ则签名", "QP-104", online(cvm="signature"), card="credit", terminal="p12", mutations=(drop("gpo", "9F6C"),)),
    _row(9056, "Domestic profile: the CDCVM bit is no verification", "国内方式：CDCVM位不作数", "QP-101 QP-108", online(), card="credit", terminal="p12", mutations=(put("gpo", "9F6C", "0080"),)),
)  # fmt: skip

WITH_69 = (
    _row(9060, "ARQC, CDCVM, 9F69 with the same CTQ", "ARQC、CDCVM、9F69中CTQ一致", "QP-101", (its("outcome", "online_request"), its("cvm", "cdcvm")), card="phone",
         mutations=(put("gpo", "9F6C", "0080"), insert("record", "9F69", "0101020304008000"))),
    _row(9061, "ARQC, CDCVM, 9F69 with another CTQ", "ARQC、CDCVM、9F69中CTQ不同", "QP-101", declined("QP-101"), card="phone",
         mutations=(put("gpo", "9F6C", "0080"), insert("record", "9F69", "0101020304000000"))),
    _row(9062, "ARQC, CDCVM, 9F69 of version 00: only a TC needs version 01", "ARQC、CDCVM、9F69版本00", "QP-101", (its("outcome", "online_request"), its("cvm", "cdcvm")), card="phone",
         mutations=(put("gpo", "9F6C", "0080"), insert("record", "9F69", "0001020304008000"))),
    _row(9063, "ARQC, another CTQ in 9F69, CDCVM not supported: not looked at", "ARQC、9F69中CTQ不同但终端不支持CDCVM", "QP-101 QP-108", (its("outcome", "online_request"), its("cvm", "no_cvm")),
         card="phone", combo={"ttq": "36000080"}, mutations=(put("gpo", "9F6C", "0080"), insert("record", "9F69", "0101020304000000"))),
)  # fmt: skip

PHONE = {"phone": {"cdcvm": "done"}}

OFFLINE = (
    _row(9070, "TC, verified on the device", "TC、设备验证", "QP-101 QP-120", (*approved(cvm="cdcvm"), record("9F34", "3F0000"), record("9F6C", "0080")), face=PHONE),
    _row(9071, "TC, CDCVM in GPO but not in the signed 9F69", "TC、CDCVM未被签名覆盖", "QP-101", (*declined("QP-101"), its("card_may_have_paid", True)), mutations=(put("gpo", "9F6C", "0080"),)),
    _row(9072, "TC, CDCVM, 9F69 missing", "TC、CDCVM、缺9F69", "QP-102", declined("QP-102"), face=PHONE, mutations=(drop("last", "9F69"),)),
    _row(9073, "TC, CDCVM, 9F69 of version 00", "TC、CDCVM、9F69版本00", "QP-101", declined("QP-101"), face=PHONE, faults=("card-data-version:value=00",)),
    _row(9074, "TC, CDCVM performed, not supported by the terminal", "TC、CDCVM但终端不支持", "QP-101 QP-108", approved(), face=PHONE, combo={"ttq": "36000080"}),
    _row(9075, "TC, signature demanded by the amount", "TC、金额要求签名", "QP-106 CS-013 OUT-021", (*approved(cvm="signature"), its("receipt", True), record("9F34", "1E0000")),
         combo={"ttq": "32004080", "cvm_limit": 1250}),
    _row(9076, "TC, one below the amount that demands it", "TC、低于要求签名的金额1分", "QP-108", approved(), combo={"ttq": "32004080", "cvm_limit": 1251}),
    _row(9077, "TC with online PIN: never approved, goes online", "TC要求联机PIN：转联机", "QP-110 QP-100", (its("outcome", "online_request"), its("cvm", "online_pin")),
         switches={"fd.check_ctq": False}, mutations=(put("gpo", "9F6C", "8000"),)),
    _row(9078, "TC with online PIN at an offline-only terminal: declined", "TC要求联机PIN、仅脱机终端：拒绝", "QP-110", declined(), terminal="kiosk",
         combo={"ttq": "2C000080"}, switches={"fd.check_ctq": False}, mutations=(put("gpo", "9F6C", "8000"),)),
    _row(9079, "TC with online PIN, terminal without PIN", "TC要求联机PIN、终端无PIN", "QP-105", declined("QP-105"), combo={"ttq": "32004080"}, mutations=(put("gpo", "9F6C", "8000"),)),
    _row(9080, "TC with signature, terminal without signature", "TC要求签名、终端不支持", "QP-107", declined("QP-107"), combo={"ttq": "34004080"}, mutations=(put("gpo", "9F6C", "4000"),)),
    _row(9081, "TC with online PIN, domestic profile: the PIN bit is not looked at", "国内方式TC：不看联机PIN位", "QP-111", approved(), terminal="p12", mutations=(put("gpo", "9F6C", "8000"),)),
    _row(9082, "TC with signature, domestic profile", "国内方式TC：签名位", "QP-111 QP-106", approved(cvm="signature"), terminal="p12", mutations=(put("gpo", "9F6C", "4000"),)),
    _row(9083, "TC with signature and PIN bits, domestic profile: signature", "国内方式TC：签名与PIN位同在", "QP-111 QP-106", approved(cvm="signature"), terminal="p12", mutations=(put("gpo", "9F6C", "C000"),)),
    _row(9084, "TC without CTQ: no verification below the limit", "TC无CTQ：限额以下无需验证", "QP-104 FD-012", approved(), mutations=(drop("gpo", "9F6C"),)),
    _row(9085, "TC, the CTQ with the signature bit taken away: the signed 9F69 betrays it", "TC的CTQ被去掉：9F69不符", "FD-012 QP-123", (*declined("QP-123"), its("oda_rule", "FD-012")),
         combo={"ttq": "32004080", "cvm_limit": 1250}, mutations=(drop("gpo", "9F6C"),)),
    _row(9086, "No verification, coded in 9F34", "无需验证的9F34编码", "QP-113", (*approved(), record("9F34", "3F0000"))),
    _row(9087, "Verification not possible comes before a forged signature", "CVM不可行优先于ODA", "QP-127 QP-107", declined("QP-107"), combo={"ttq": "34004080"},
         faults=("sdad-bit",), mutations=(put("gpo", "9F6C", "4000"),)),
)  # fmt: skip

ROWS = (*TABLE, *LENGTH, *WITH_69, *OFFLINE)
