"""MWLX 密文类型: 9F27 against the CVR in 9F10, and what the terminal asked (30 sections 2.5, 6, 11).

9F10 byte 5 b6b5: 80 AAC (00), 90 TC (01), A0 ARQC (10), B0 RFU (11). Card "debit" answers TC at
12.50, card "credit" ARQC; neither sends 9F27.
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    READ,
    Check,
    Row,
    approved,
    declined,
    drop,
    field55,
    insert,
    its,
    never,
    no_apdu,
    online,
    other_interface,
    put,
)

AAC, TC, ARQC, RFU = ("07010103800000", "07010103900000", "07010103A00000", "07010103B00000")
REFUSED = (*declined("QP-069"), no_apdu(READ), never("outcome", "online_request"))
"""An AAC: declined at once, no record is read (QP-069)."""

UNKNOWN = (*declined("QP-007"), no_apdu(READ))


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"QP-MWLX-{number}", en, zh, ids, expect, **more)


def _strict(
    number: int,
    card: str,
    cid: str,
    iad: str,
    en: str,
    zh: str,
    expect: tuple[Check, ...],
    ids: str = "QP-006",
    **more: Any,
) -> Row:
    mutations = [put("gpo", "9F10", iad)] if iad else []
    mutations += [insert("gpo", "9F27", cid)] if cid else []
    return _row(number, en, zh, ids, expect, card=card, mutations=tuple(mutations), **more)


CID, IAD = {"qp.cid_source": "cid"}, {"qp.cid_source": "iad"}

TYPES = (
    _strict(9001, "debit", "", "", "No 9F27, 9F10 says TC", "无9F27，9F10为TC", (*approved(), field55("9F27", "40")), "QP-005"),
    _strict(9002, "credit", "", "", "No 9F27, 9F10 says ARQC", "无9F27，9F10为ARQC", (*online(), field55("9F27", "80")), "QP-005 QP-124"),
    _strict(9003, "debit", "", AAC, "No 9F27, 9F10 says AAC", "无9F27，9F10为AAC", REFUSED, "QP-005 QP-069"),
    _strict(9004, "debit", "", RFU, "No 9F27, 9F10 says RFU", "无9F27，9F10为RFU", UNKNOWN, "QP-005 QP-007"),
    _strict(9005, "debit", "40", "", "Both say TC", "两者均为TC", (*approved(), field55("9F27", "40")), "QP-005"),
    _strict(9006, "credit", "80", "", "Both say ARQC", "两者均为ARQC", (*online(), field55("9F27", "80")), "QP-005"),
    _strict(9007, "credit", "40", "", "9F27 TC, 9F10 ARQC: ARQC", "9F27为TC、9F10为ARQC：按ARQC", (*online(), no_apdu(READ))),
    _strict(9008, "credit", "00", "", "9F27 AAC, 9F10 ARQC: AAC", "9F27为AAC、9F10为ARQC：按AAC", REFUSED),
    _strict(9009, "credit", "C0", "", "9F27 RFU, 9F10 ARQC: declined", "9F27为RFU、9F10为ARQC：拒绝", UNKNOWN, "QP-006 QP-007"),
    _strict(9010, "credit", "80", RFU, "9F27 ARQC, 9F10 RFU: declined", "9F27为ARQC、9F10为RFU：拒绝", UNKNOWN, "QP-006 QP-007"),
    _strict(9011, "debit", "80", "", "9F27 ARQC, 9F10 TC: never an approval", "9F27为ARQC、9F10为TC：不得脱机批准", (its("outcome", "online_request"),)),
    _strict(9012, "debit", "00", "", "9F27 AAC, 9F10 TC: AAC", "9F27为AAC、9F10为TC：按AAC", REFUSED),
    _strict(9013, "debit", "C0", "", "9F27 RFU, 9F10 TC: declined", "9F27为RFU、9F10为TC：拒绝", UNKNOWN, "QP-006 QP-007"),
    _strict(9014, "debit", "40", AAC, "9F27 TC, 9F10 AAC: AAC", "9F27为TC、9F10为AAC：按AAC", REFUSED),
    _strict(9015, "debit", "40", ARQC, "9F27 TC, 9F10 ARQC: never an approval", "9F27为TC、9F10为ARQC：不得脱机批准", (its("outcome", "online_request"),)),
    _strict(9016, "credit", "80", AAC, "9F27 ARQC, 9F10 AAC: AAC", "9F27为ARQC、9F10为AAC：按AAC", REFUSED),
    _strict(9017, "debit", "4F", "", "Only b8b7 of 9F27 are the type", "类型仅取9F27的b8b7", approved(), "QP-005"),
    _strict(9020, "debit", "80", "", "9F27 alone: ARQC against TC", "仅看9F27：ARQC", (its("outcome", "online_request"),), switches=CID),
    _strict(9021, "debit", "00", "", "9F27 alone: AAC against TC", "仅看9F27：AAC", REFUSED, switches=CID),
    _strict(9022, "debit", "40", ARQC, "9F27 alone: TC against ARQC", "仅看9F27：TC", approved(), switches=CID),
    _strict(9023, "debit", "40", AAC, "9F27 alone: TC against AAC", "仅看9F27：TC优先于AAC", approved(), switches=CID),
    _strict(9024, "credit", "00", "", "9F27 alone: AAC against ARQC", "仅看9F27：AAC", REFUSED, switches=CID),
    _strict(9025, "debit", "", AAC, "9F27 alone, but absent: 9F10 counts", "仅看9F27但缺失：用9F10", REFUSED, "QP-005 QP-006", switches=CID),
    _strict(9026, "debit", "00", "", "9F10 alone: TC against AAC", "仅看9F10：TC", approved(), switches=IAD),
    _strict(9027, "debit", "80", "", "9F10 alone: TC against ARQC", "仅看9F10：TC优先于ARQC", approved(), switches=IAD),
    _strict(9028, "credit", "40", "", "9F10 alone: ARQC against TC", "仅看9F10：ARQC", (*online(), no_apdu(READ)), switches=IAD),
    _strict(9029, "debit", "40", AAC, "9F10 alone: AAC against TC", "仅看9F10：AAC", REFUSED, switches=IAD),
)  # fmt: skip

ORDER = (
    _row(9040, "A genuine AAC: too little money at an offline-only terminal", "真实AAC：仅脱机终端余额不足", "QP-069 CS-020 OUT-022",
         (*REFUSED, its("card_may_have_paid", False)), card="low-balance", terminal="kiosk"),
    _row(9041, "AAC before missing data: no ATC", "AAC优先于缺数据：缺9F36", "QP-069 QP-127", REFUSED,
         mutations=(put("gpo", "9F10", AAC), drop("gpo", "9F36"))),
    _row(9042, "AAC before missing data: no AFL, no track 2", "AAC优先于缺数据：缺94和57", "QP-069 QP-127", REFUSED,
         mutations=(put("gpo", "9F10", AAC), drop("gpo", "94"), drop("gpo", "57"))),
    _row(9043, "Bad coding before AAC", "编码错误优先于AAC", "QP-127 QP-060", (*other_interface(), no_apdu(READ)),
         mutations=(put("gpo", "9F10", AAC), {"kind": "tail", "at": "gpo", "value": "00"})),
    _row(9044, "A duplicate before AAC", "重复数据优先于AAC", "QP-127 QP-066", (*other_interface(), no_apdu(READ)),
         mutations=(put("gpo", "9F10", AAC), insert("gpo", "82", "7C00"))),
    _row(9045, "Missing data before TC against the demand for online", "缺数据优先于QP-170", "QP-127 QP-067", (*other_interface("QP-067"), no_apdu(READ)),
         card="rich", amount=20001, faults=("tc-despite-online",), mutations=(drop("gpo", "9F36"),)),
    _row(9046, "ARQC of a card that wants to decide: offline-only terminal declines", "仅脱机终端收到ARQC：拒绝", "QP-124 TTQ-004",
         (*declined(), never("outcome", "online_request")), terminal="kiosk", mutations=(put("gpo", "9F10", ARQC),)),
    _row(9047, "A new card at an offline-only terminal", "新卡遇仅脱机终端", "QP-069 CS-010", REFUSED, card="new-card", terminal="kiosk"),
    _row(9048, "A new card at an online terminal", "新卡遇可联机终端", "QP-124 CS-015", online(), card="new-card"),
)  # fmt: skip

DESPITE = (
    _row(9060, "TC although online was demanded: declined before any record", "要求联机却给TC：读记录前拒绝", "QP-170 TTQ-001",
         (*declined("QP-170"), no_apdu(READ), its("card_may_have_paid", False)), card="rich", amount=20001, faults=("tc-despite-online",)),
    _row(9061, "The same at the floor limit: nothing was demanded", "同卡等于限额：未要求联机", "QP-170 QP-120", approved(),
         card="rich", amount=20000, faults=("tc-despite-online",)),
    _row(9062, "TC although online was demanded, policy online", "要求联机却给TC，策略为联机", "QP-170",
         (its("outcome", "online_request"), its("cvm", "no_cvm"), its("oda", "successful"), field55("9F27", "40")),
         card="rich", amount=20001, faults=("tc-despite-online",), switches={"qp.tc_despite_online": "online"}),
    _row(9063, "Policy online at an offline-only terminal: declined", "策略为联机但终端仅脱机：拒绝", "QP-170",
         declined(), terminal="kiosk", card="rich", amount=10001, switches={"qp.tc_despite_online": "online"}),
    _row(9064, "TC although online was demanded, policy accept", "要求联机却给TC，策略为接受", "QP-170", approved(),
         card="rich", amount=20001, faults=("tc-despite-online",), switches={"qp.tc_despite_online": "accept"}),
    _row(9065, "No floor limits: a TC is against the demand for online", "无限额：TC违反联机要求", "EP-017 QP-170",
         (*declined("QP-170"), no_apdu(READ)), combo={"floor_limit": None}, faults=("tc-despite-online",)),
    _row(9066, "Amount 0: a TC is against the demand for online", "金额0：TC违反联机要求", "EP-021 QP-170",
         (*declined("QP-170"), no_apdu(READ)), amount=0, faults=("tc-despite-online",)),
    _row(9067, "Policy online and a forged signature: no approval", "策略为联机且签名伪造：不批准", "QP-170 QP-123",
         declined("QP-123"), card="rich", amount=20001, faults=("tc-despite-online", "sdad-bit"),
         switches={"qp.tc_despite_online": "online"}),
)  # fmt: skip

HOST = (
    _row(9080, "The issuer approves", "发卡行批准", "QP-129", (*online(), {"when": "after_host", "field": "outcome", "is": "approved"}), card="credit", host="00"),
    _row(9081, "The issuer declines with 05", "发卡行以05拒绝", "QP-129", (*online(), {"when": "after_host", "field": "outcome", "is": "declined"}), card="credit", host="05"),
    _row(9082, "The issuer declines with 51", "发卡行以51拒绝", "QP-129", (*online(), {"when": "after_host", "field": "outcome", "is": "declined"}), card="credit", host="51"),
    _row(9083, "The issuer is not reached: declined", "无法联机：拒绝", "QP-130",
         (*online(), {"when": "after_host", "field": "outcome", "is": "declined"}, {"when": "after_host", "field": "rule", "is": "QP-130"}), card="credit", host=""),
    _row(9084, "A TC sent online by policy, issuer approves", "按策略联机的TC，发卡行批准", "QP-170 QP-129",
         (its("outcome", "online_request"), {"when": "after_host", "field": "outcome", "is": "approved"}),
         card="rich", amount=20001, faults=("tc-despite-online",), switches={"qp.tc_despite_online": "online"}, host="00"),
    _row(9085, "A TC sent online by policy, host not reached", "按策略联机的TC，无法联机", "QP-170 QP-130",
         (its("outcome", "online_request"), {"when": "after_host", "field": "outcome", "is": "declined"}),
         card="rich", amount=20001, faults=("tc-despite-online",), switches={"qp.tc_despite_online": "online"}, host=""),
)  # fmt: skip

ROWS = (*TYPES, *ORDER, *DESPITE, *HOST)
