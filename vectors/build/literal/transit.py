"""JTCX 交通出行: ODA for online authorisation at a gate (30 section 16, 76 section 5).

Terminal "gate": TTQ 21800080 for a card whose DF61 has b7, 20000080 for every other one; floor and
transaction limit 50.00. Card "transit" has DF61 = 40 and signs an ARQC; card "debit" has none.
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    READ,
    Check,
    Row,
    after,
    apdu,
    approved,
    apdus,
    bits,
    declined,
    drop,
    gpo,
    its,
    leave,
    never,
    no_apdu,
    other_interface,
    put,
    record,
)

BF0C = "6F.A5.BF0C"
DEFER = {"qp.deferred_auth": True}


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(
        f"TR-JTCX-{number}",
        en,
        zh,
        ids,
        expect,
        **{"terminal": "gate", "card": "transit", "amount": 200, **more},
    )


def _new(ttq: str, amount: int = 200) -> Check:
    """GPO for the card's PDOL: DF60, DF69, 9F66, 9F02 and more (TR-005, QP-044)."""
    return apdu(3, f"80A80000 ?? 83 ?? 00 00 {ttq} {amount:012d} *")


AUTHENTIC = (
    its("outcome", "online_request"),
    its("rule", "QP-125"),
    its("oda", "successful"),
    its("cvm", "no_cvm"),
    never("outcome", "approved"),
)
"""ARQC of an authenticated card: an online request, whatever the gate does with it (QP-125)."""

UNPROVEN = (
    its("outcome", "online_request"),
    its("rule", "QP-126"),
    its("oda", "failed"),
    its("may_defer", False),
)

NEW = (
    _row(9001, "New card: ODA for online asked, ARQC with records", "新卡：请求联机ODA，ARQC带记录", "TR-001 TR-002 TR-003 QP-125", (*AUTHENTIC, _new("21800080"), apdu(4, "00B2????00"), bits("9F66", B1b1=1, B1b6=1, B2b8=1))),
    _row(9002, "Deferred authorisation is off by default", "默认不允许延迟授权", "QP-130", (*AUTHENTIC, its("may_defer", False))),
    _row(9003, "Deferred authorisation switched on", "打开延迟授权", "QP-125 QP-130", (*AUTHENTIC, its("may_defer", True)), switches=DEFER),
    _row(9004, "Forged: real time only", "伪造：只能实时联机", "QP-126", UNPROVEN, faults=("sdad-bit",)),
    _row(9005, "Forged, deferred authorisation on: forbidden all the same", "伪造且打开延迟授权：仍禁止", "QP-126 QP-130", UNPROVEN, faults=("sdad-bit",), switches=DEFER),
    _row(9006, "Forged, a gate that declines", "伪造、闸机策略为拒绝", "QP-126", (*declined("QP-126"), its("oda", "failed")), faults=("sdad-bit",), switches={"qp.online_oda_fail": "decline"}),
    _row(9007, "No AFL: no authentication was possible", "无AFL：未能认证", "QP-172 QP-126", (its("outcome", "online_request"), its("rule", "QP-126"), its("may_defer", False), no_apdu(READ)), mutations=(drop("gpo", "94"),), switches=DEFER),
    _row(9008, "No AFL, a gate that declines", "无AFL、策略为拒绝", "QP-172 QP-126", (*declined("QP-126"), no_apdu(READ)), mutations=(drop("gpo", "94"),), switches={"qp.online_oda_fail": "decline"}),
    _row(9009, "An AFL of length 0 is none", "AFL长度0视为无", "QP-172 TLV-020", (its("outcome", "online_request"), its("rule", "QP-126"), no_apdu(READ)), mutations=(put("gpo", "94", ""),)),
    _row(9010, "No signature: not authenticated", "缺9F4B：未认证", "FD-008 QP-126", (*UNPROVEN, its("oda_rule", "FD-008")), mutations=(drop("gpo", "9F4B"), drop("record", "9F4B"), drop("record", "9F4B", nth=2), drop("record", "9F4B", nth=3), drop("record", "9F4B", nth=4))),
    _row(9011, "Another amount is signed", "签名用了别的金额", "FD-007 QP-126", UNPROVEN, faults=("signed-amount",)),
    _row(9012, "Offline-only gate: never online", "仅脱机闸机：不得联机", "QP-125 TTQ-004", (*declined(), never("outcome", "online_request")), combo={"ttq_oda": "29800080", "ttq": "28000080", "ttq_old": "28000080"}),
    _row(9013, "A gate whose only TTQ asks for ODA for online", "仅一个TTQ即请求联机ODA", "TR-002 TR-005", (*AUTHENTIC, _new("21800080")), combo={"ttq": "21000080", "ttq_oda": None, "ttq_old": None, "floor_limit": 0}),
    _row(9014, "Expired at the gate", "闸机处过期", "TR-003 QP-091", declined(), app={"expiry": "2026-11-20", "keys": {"expiry": "1249"}}),
    _row(9015, "The last day at the gate", "闸机处到期当日", "TR-003 QP-090", AUTHENTIC, app={"expiry": "2026-11-21", "keys": {"expiry": "1249"}}),
    _row(9016, "Listed at the gate", "闸机处在黑名单", "TR-003 QP-095", declined("QP-095"), config={"exception": [{"pan": "6200000000000001149"}]}),
    _row(9017, "TC where an ARQC was asked", "请求ARQC却给TC", "QP-170 TR-002", (*declined("QP-170"), no_apdu(READ)), faults=("tc-despite-online",)),
    _row(9018, "AAC at the gate", "闸机处AAC", "QP-069", (*declined("QP-069"), no_apdu(READ)), faults=("cvr-type:type=0",)),
    _row(9019, "The card leaves while its records are read: Try Again, new GPO", "读记录时离开：重试并发新GPO", "QP-173 TT-002", (*AUTHENTIC, apdu(3, "80A8*"), apdu(4, READ)), mutations=(leave("record"),)),
    _row(9020, "The card leaves every time: never online without its records", "每次离开：不得无记录联机", "QP-173 TT-007", (its("outcome", "try_again"), never("outcome", "online_request")), mutations=(leave("record", always=True),)),
    _row(9021, "The last record is lost: an ARQC commits nothing, Try Again", "末记录丢失：ARQC未提交，重试", "QP-173", AUTHENTIC, mutations=(leave("last"),)),
    _row(9022, "CA key missing", "缺CA公钥", "CK-008 QP-126", (*UNPROVEN, its("oda_rule", "CK-008")), faults=("ca-index",)),
    _row(9023, "SM2 family at a gate with SM keys", "国密闸机", "SM-002 QP-125", (*AUTHENTIC,), card="sm-gate", config={"ca_key": [{"file": "tapkern:params/capk/test.toml"}, {"file": "tapkern:params/capk/test-sm2.toml"}]}),
)  # fmt: skip

CHOICE = (
    _row(9030, "Old card: offline from electronic cash", "旧卡：电子现金脱机", "TR-004 TR-005", (*approved(), apdu(3, gpo("20000080", 200))), card="debit"),
    _row(9031, "DF61 hidden: an old card", "去掉DF61：按旧卡", "TR-001 TR-005", (*approved(), _new("20000080")), mutations=(drop("select", "DF61"),)),
    _row(9032, "DF61 with other bits, without b7: an old card", "DF61有其他位但无b7：按旧卡", "TR-001", (its("outcome", "approved"), _new("20000080")), mutations=(put("select", "DF61", "9C", path=BF0C),)),
    _row(9033, "DF61 of C0: b7 counts, whatever b8 is", "DF61为C0：看b7", "TR-001", (*AUTHENTIC, _new("21800080")), mutations=(put("select", "DF61", "C0", path=BF0C),)),
    _row(9034, "DF61 of 00: an old card", "DF61为00：按旧卡", "TR-001", (*approved(), _new("20000080")), mutations=(put("select", "DF61", "00", path=BF0C),)),
    _row(9035, "Old card, fare above the floor limit: B2b8 stays set", "旧卡、超限额：B2b8保留", "TR-005 EP-019", (its("outcome", "online_request"), never("outcome", "approved"), apdu(3, gpo("20800080", 200))), card="debit", combo={"floor_limit": 199}),
    _row(9036, "Old card, fare at the floor limit", "旧卡、等于限额", "TR-005 EP-015", (*approved(), apdu(3, gpo("20000080", 200))), card="debit", combo={"floor_limit": 200}),
    _row(9037, "Old card, CVM demanded by the amount: B2b7 stays set", "旧卡、须验证：B2b7保留", "TR-005 EP-022", (never("outcome", "approved"), apdu(3, gpo("20400080", 200))), card="debit", combo={"cvm_limit": 200}),
    _row(9038, "New card, CVM demanded by the amount: B2b7 stays set", "新卡、须验证：B2b7保留", "TR-005 EP-022", (never("outcome", "approved"), _new("21C00080")), combo={"cvm_limit": 200}),
    _row(9039, "A card without money of its own: no ODA, no deferral", "无电子现金的卡：不可延迟", "TR-004 QP-124", (its("outcome", "online_request"), its("rule", "QP-124"), its("may_defer", False)), card="credit", switches=DEFER),
    _row(9040, "Another TTQ with PIN and signature for new cards", "新卡TTQ含PIN和签名", "TR-002 TR-005", (*AUTHENTIC, _new("27800080")), combo={"ttq_oda": "27800080"}),
    _row(9041, "Unknown fare: amount 0", "未知票价：金额0", "TR-008 EP-021", (*AUTHENTIC, _new("21800080", 0)), amount=0),
    _row(9042, "Unknown fare: amount 0 forbidden", "未知票价：禁止金额0", "TR-008 EP-013 EP-024", (*other_interface("EP-024"), apdus()), amount=0, combo={"zero_amount": False}),
    _row(9043, "Unknown fare: one minor unit", "未知票价：1分", "TR-008", (*AUTHENTIC, _new("21800080", 1)), amount=1),
    _row(9044, "The data record holds the TTQ that was sent", "数据记录中的9F66为所发送者", "QP-004 TR-005", (*AUTHENTIC, record("9F66", "21800080"))),
    _row(9045, "Old card, electronic cash used up: stays closed", "旧卡、余额不足：不开闸", "TR-004", (never("outcome", "approved"),), card="debit", app={"purse": {"balance": 199}}),
)  # fmt: skip

LATER = (
    _row(9060, "Host not reached, deferral on: approved", "不可达、允许延迟：批准", "QP-130", (*AUTHENTIC, after("outcome", "approved"), after("rule", "QP-130")), switches=DEFER, host=""),
    _row(9061, "Host not reached, deferral off: declined", "不可达、不允许延迟：拒绝", "QP-130", (*AUTHENTIC, after("outcome", "declined")), host=""),
    _row(9062, "Host declines, deferral on: declined", "主机拒绝、允许延迟：拒绝", "QP-129 QP-130", (*AUTHENTIC, after("outcome", "declined")), switches=DEFER, host="05"),
    _row(9063, "Host approves", "主机批准", "QP-129", (*AUTHENTIC, after("outcome", "approved")), host="00"),
    _row(9064, "Forged, host not reached, deferral on: declined", "伪造、不可达、允许延迟：拒绝", "QP-126 QP-130", (*UNPROVEN, after("outcome", "declined")), switches=DEFER, host="", faults=("sdad-bit",)),
    _row(9065, "No AFL, host not reached, deferral on: declined", "无AFL、不可达：拒绝", "QP-172 QP-130", (its("outcome", "online_request"), after("outcome", "declined")), switches=DEFER, host="", mutations=(drop("gpo", "94"),)),
    _row(9066, "ARQC without ODA, host not reached, deferral on: declined", "普通ARQC、不可达：拒绝", "QP-130 QP-124", (its("outcome", "online_request"), after("outcome", "declined")), card="credit", switches=DEFER, host=""),
    _row(9067, "Forged, host approves in real time", "伪造、实时联机批准", "QP-126 QP-129", (*UNPROVEN, after("outcome", "approved")), host="00", faults=("sdad-bit",)),
)  # fmt: skip

ROWS = (*NEW, *CHOICE, *LATER)
