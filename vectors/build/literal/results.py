"""JYJG 交易结果: messages, receipt, data for the acquirer, money (20 section 7, 30 sections 12 and 13).

Messages are those of the outcome parameter sets OUT-020 to OUT-028 behind "present card" (EP-030)
and "card read OK" (OUT-011); "processing" (EP-034) is optional and not shown.
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    Check,
    Row,
    approved,
    declined,
    either,
    ended,
    field55,
    insert,
    its,
    leave,
    never,
    online,
    other_interface,
    presented_again,
    put,
    record,
    status,
    ui,
)


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"QP-JYJG-{number}", en, zh, ids, expect, **more)


def _present(where: str, *tags: str) -> tuple[Check, ...]:
    return tuple({"in": where, "tag": tag, "present": True} for tag in tags)


def _absent(where: str, *tags: str) -> tuple[Check, ...]:
    return tuple({"in": where, "tag": tag, "absent": True} for tag in tags)


def money(atc: int, balance: int, aid: str = "A000000333010101") -> Check:
    """What the card has afterwards."""
    return {"card": {aid: {"atc": atc, "balance": balance}}}


FORGED = ("sdad-bit",)

MESSAGES = (
    _row(9001, "Messages of an offline approval", "脱机批准的提示", "OUT-020 OUT-011 OUT-012", (*approved(), ui("present_card", "card_read_ok", "approved"))),
    _row(9002, "Messages of an approval with signature", "签名批准的提示", "OUT-021 OUT-012", (*approved(cvm="signature"), ui("present_card", "card_read_ok", "approved_sign")),
         combo={"ttq": "32004080", "cvm_limit": 1000}),
    _row(9003, "Messages of an AAC", "AAC的提示", "OUT-022 OUT-011 QP-082", (*declined("QP-069"), ui("present_card", "not_authorised")), card="low-balance", terminal="kiosk"),
    _row(9004, "Messages when authentication fails", "脱机认证失败的提示", "OUT-022 OUT-012", (*declined("QP-123"), ui("present_card", "card_read_ok", "not_authorised")), faults=FORGED),
    _row(9005, "Messages of an online request", "联机请求的提示", "OUT-023 QP-082", (*online(), ui("present_card", "card_read_ok", "authorising")), card="credit"),
    _row(9006, "Messages of an online request with PIN", "联机PIN的提示", "OUT-023", (*online(cvm="online_pin"), ui("present_card", "card_read_ok", "enter_pin")), card="credit",
         mutations=(put("gpo", "9F6C", "8000"),)),
    _row(9007, "Messages of an online request with signature", "联机签名的提示", "OUT-023", (*online(cvm="signature"), ui("present_card", "card_read_ok", "authorising")), card="credit",
         mutations=(put("gpo", "9F6C", "4000"),)),
    _row(9008, "Messages of another interface", "改用其他界面的提示", "OUT-024 OUT-012", (*other_interface("QP-052"), ui("present_card", "insert_or_swipe")), mutations=(status("gpo", "6985"),)),
    _row(9009, "Messages without an application", "无应用的提示", "OUT-025 EP-060", (*ended("EP-060"), ui("present_card", "try_another_card")), mutations=(status("ppse", "6A82"),)),
    _row(9010, "Messages of a refused record: nothing was read", "读记录失败的提示", "OUT-025 OUT-012", (*ended("QP-074"), ui("present_card", "try_another_card")), mutations=(status("record", "6A83"),)),
    _row(9011, "Messages of a card that left, no automatic presentment", "卡片离开且不自动重挥的提示", "OUT-026", (*presented_again(), ui("present_card", "present_again")), term={"passes": 0},
         mutations=(leave("gpo"),)),
    _row(9012, "Messages of a card that left and came back", "卡片离开后再挥的提示", "OUT-026 OUT-007 EP-030", (*approved(), ui("present_card", "present_again", "present_again", "card_read_ok", "approved")),
         mutations=(leave("gpo"),)),
    _row(9013, "Messages of a locked phone", "锁屏手机的提示", "OUT-027 OUT-007 EP-030",
         (its("outcome", "online_request"), ui("present_card", "see_phone", "present_again", "card_read_ok", "authorising")), card="phone-confirm"),
    _row(9014, "Messages of two cards in the field", "场内两卡的提示", "EP-032", (*approved(), ui("present_card", "one_card_only", "one_card_only", "card_read_ok", "approved")),
         around={"detections": ["collision", "card"]}),
    _row(9015, "Messages when a forged card is sent to the contact reader", "伪造卡转接触的提示", "OUT-024 OUT-012 QP-122", (*other_interface("QP-122"), ui("present_card", "card_read_ok", "insert_or_swipe")),
         faults=FORGED, app={"ctq": "1000"}),
    _row(9016, "Messages of an amount over the limit", "金额超限的提示", "EP-024", (*other_interface("EP-024"), ui("insert_or_swipe")), amount=500000),
    _row(9017, "Messages of missing data", "缺数据的提示", "OUT-024 OUT-012 QP-067", (*other_interface("QP-067"), ui("present_card", "insert_or_swipe")), mutations=({"kind": "drop", "at": "gpo", "tag": "9F36"},)),
    _row(9018, "Messages of a gate", "闸机的提示", "OUT-023 OUT-011", (its("outcome", "online_request"), ui("present_card", "card_read_ok", "authorising")), card="transit", terminal="gate", amount=200),
)  # fmt: skip

RECEIPT = (
    _row(9030, "Receipt where it is configured", "配置打印收据", "OUT-020", (*approved(), its("receipt", True)), combo={"receipt": True}),
    _row(9031, "No receipt where it is not configured", "未配置收据", "OUT-020", (*approved(), its("receipt", False)), combo={"receipt": False}),
    _row(9032, "A signature always needs a receipt", "签名必有收据", "OUT-021 QP-154", (*approved(cvm="signature"), its("receipt", True)), combo={"ttq": "32004080", "cvm_limit": 1000, "receipt": False}),
    _row(9033, "No receipt of a decline", "拒绝无收据", "OUT-022", (*declined("QP-123"), its("receipt", False)), combo={"receipt": True}, faults=FORGED),
)  # fmt: skip

SENT = (
    field55("95", "0000000000"),
    field55("9A", "261121"),
    field55("9C", "00"),
    field55("9F02", "000000001250"),
    field55("9F03", "000000000000"),
    field55("5F2A", "0156"),
    field55("9F1A", "0156"),
    field55("82", "7C00"),
    field55("9F36", "0001"),
    field55("9F33", "206840"),
    *_present("field55", "9F26", "9F10", "9F37"),
)
"""Mandatory in both columns of section 12. 9F33: contact chip; online PIN, signature, no CVM; DDA."""

DATA = (
    _row(9040, "Field 55 of an offline approval", "脱机批准的55域", "QP-140 QP-141 QP-004", (*approved(), *SENT, field55("9F27", "40"), field55("9F74", "454343303031"), field55("8A", "5931"))),
    _row(9041, "Field 55 of an online request", "联机请求的55域", "QP-140 QP-004", (*online(), *SENT, field55("9F27", "80"), *_absent("field55", "9F74", "8A")), card="credit"),
    _row(9042, "Field 55 when the PDOL asked for little: zeros for TVR and other amount", "PDOL很短时的55域", "QP-003 QP-140", (its("outcome", "approved"), *SENT),
         app={"cvn": 17, "pdol": "9F66049F02069F37045F2A02"}),
    _row(9043, "Field 55 of a card without 9F74", "无9F74卡的55域", "QP-141", (*approved(), *_absent("field55", "9F74")), mutations=({"kind": "drop", "at": "last", "tag": "9F74"},)),
    _row(9044, "Product identification is passed on", "转发产品标识", "QP-140", (*approved(), field55("9F63", "00112233445566778899AABBCCDDEEFF")), app={"product": "00112233445566778899AABBCCDDEEFF"}),
    _row(9045, "Product identification is passed on online", "联机转发产品标识", "QP-140", (*online(), field55("9F63", "00112233445566778899AABBCCDDEEFF")), card="credit", app={"product": "00112233445566778899AABBCCDDEEFF"}),
    _row(9046, "No product identification, none is passed on", "无产品标识则不转发", "QP-140", (*approved(), *_absent("field55", "9F63"))),
    _row(9047, "AID, label and ATC are in the data record", "数据记录含AID、标签、ATC", "QP-140 EP-071", (*approved(), record("84", "A000000333010101"), record("50", "556E696F6E506179204465626974"), record("9F36", "0001"))),
    _row(9048, "Track 2 is in the data record of an online request", "联机数据记录含57", "QP-128 QP-140", (*online(), *_present("data_record", "57")), card="credit"),
    _row(9049, "A declined tap tells Z1", "拒绝交易为Z1", "QP-140", (*declined("QP-123"), either("rule", "QP-123"), record("8A", "5A31")), faults=FORGED),
    _row(9050, "A TC sent online keeps its type", "联机的TC保留类型", "QP-121 QP-140", (its("outcome", "online_request"), field55("9F27", "40"), field55("95", "0000000000")), faults=FORGED, app={"ctq": "2000"}),
    _row(9051, "The card's TVR does not reach field 55", "卡片的95不进55域", "QP-003 TLV-025", (*online(), field55("95", "0000000000")), card="credit", mutations=(insert("gpo", "95", "8000000000"),)),
    _row(9052, "The version of the terminal is that of the configuration", "9F09取自配置", "EP-071", (*approved(), record("9F09", "0030"))),
    _row(9053, "Cash is told as cash", "取现的9C", "QP-004", (*approved(), field55("9C", "01")), combo={"types": ["01"]}, tx={"type": 1}),
)  # fmt: skip

MONEY = (
    _row(9060, "An approval takes the amount once", "批准只扣一次", "CS-021 CS-030 CS-042", (*approved(), money(1, 18750))),
    _row(9061, "A decline by the card takes nothing", "卡片拒绝不扣款", "QP-069 CS-020", (*declined("QP-069"), money(1, 500)), card="low-balance", terminal="kiosk"),
    _row(9062, "A TC against the demand for online takes nothing", "违反联机要求的TC不扣款", "QP-170 CS-030", (*declined("QP-170"), money(1, 100000)), card="rich", amount=20001, faults=("tc-despite-online",)),
    _row(9063, "An online request takes nothing from the purse", "联机请求不扣电子现金", "QP-124", (*online(), money(1, 100000)), card="rich", amount=20001),
    _row(9064, "A card that left at GPO: two ATCs, one payment", "GPO后离开：ATC加2，只扣一次", "TT-002 CS-001 CS-044", (*approved(), money(2, 18750)), mutations=(leave("gpo"),)),
    _row(9065, "A card that left between records: two ATCs, one payment", "记录间离开：ATC加2，只扣一次", "TT-004 CS-042", (*approved(), money(2, 18750)), mutations=(leave("record"),)),
    _row(9066, "Left after the last record, no recovery: paid, and told so", "末记录后离开、无恢复：已扣款须告知", "TT-005 TT-018", (its("outcome", "end_application"), its("card_may_have_paid", True), money(1, 18750)), mutations=(leave("last"),)),
    _row(9067, "Left before the last record, no recovery: not paid, told as doubtful", "末记录前离开、无恢复：未扣款但存疑", "TT-005 TT-018", (its("outcome", "end_application"), its("card_may_have_paid", True), money(1, 20000)),
         mutations=(leave("last", before=True),)),
    _row(9068, "Recovered: one ATC, one payment", "恢复：ATC为1，只扣一次", "TT-011 TT-014", (its("outcome", "approved"), its("reason", "recovered"), money(1, 18750)), mutations=(leave("last"),),
         switches={"tt.recovery": True}, around={"store": "kept"}),
    _row(9069, "Not paid, and then paid: two ATCs, one payment", "未扣款后重做：ATC为2，只扣一次", "TT-015", (its("outcome", "approved"), money(2, 18750)), mutations=(leave("last", before=True),),
         switches={"tt.recovery": True}, around={"store": "kept"}),
    _row(9070, "A forged card has paid all the same: told so", "伪造卡已扣款须告知", "TT-006 QP-123", (*declined("QP-123"), its("card_may_have_paid", True), money(1, 18750)), faults=FORGED),
    _row(9071, "Missing data: not paid", "缺数据：未扣款", "QP-067", (*other_interface("QP-067"), its("card_may_have_paid", False), money(1, 20000)), mutations=({"kind": "drop", "at": "gpo", "tag": "9F36"},)),
    _row(9072, "The amount that is all the card may spend offline", "恰好用到重置阈值", "CS-020", (*approved(), money(1, 1000)), amount=19000),
    _row(9073, "One more than the card may spend offline goes online", "超出重置阈值1分则联机", "CS-020 QP-124", (*online(), money(1, 20000)), amount=19001),
    _row(9074, "Offline-only terminal: all the money", "仅脱机终端：可用全部余额", "CS-020", (*approved(), money(1, 0)), amount=10000, terminal="kiosk", app={"purse": {"balance": 10000}}),
    _row(9075, "Offline-only terminal: one more than the money", "仅脱机终端：超出余额1分", "CS-020 QP-069", (*declined("QP-069"), money(1, 9999)), amount=10000, terminal="kiosk", app={"purse": {"balance": 9999}}),
    _row(9076, "The largest single amount", "等于单笔限额", "CS-020", (*approved(), money(1, 15000)), amount=5000, app={"purse": {"single": 5000}}),
    _row(9077, "One more than the largest single amount", "超出单笔限额1分", "CS-020 QP-124", (*online(), money(1, 20000)), amount=5001, app={"purse": {"single": 5000}}),
)  # fmt: skip

ROWS = (*MESSAGES, *RECEIPT, *DATA, *MONEY)
