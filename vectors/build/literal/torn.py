"""SKHF 闪卡恢复, SJZF 手机支付, YECX 余额查询, ZJCW 指令差错.

Cards that leave (30 section 14), phones (76 section 2), balances (30 section 13), answers that are
no answers (10 section 4).
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    CREDIT,
    DEBIT,
    GPO,
    PPSE,
    READ,
    Check,
    Row,
    apdu,
    apdus,
    approved,
    declined,
    ended,
    gpo,
    its,
    leave,
    never,
    no_apdu,
    other_interface,
    presented_again,
    put,
    status,
)

PAID_ONCE = (its("balance", 18750),)
"""200.00 less 12.50, once."""

DOUBT = (its("outcome", "end_application"), its("cvm", "n_a"), its("card_may_have_paid", True))
"""TT-018, TT-019: no approval, and the record is kept."""

RECOVERED = (its("outcome", "approved"), its("reason", "recovered"), its("balance", 18750))
ON = {"tt.recovery": True}
KEPT = {"store": "kept"}


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"TT-SKHF-{number}", en, zh, ids, expect, **more)


def _torn(
    number: int,
    en: str,
    zh: str,
    ids: str,
    expect: tuple[Check, ...],
    *mutations: dict[str, Any],
    around: dict[str, Any] | None = None,
    before: bool = False,
    **more: Any,
) -> Row:
    """The card leaves at the last record of a terminal that recovers."""
    return _row(
        number,
        en,
        zh,
        ids,
        expect,
        switches=ON,
        around=KEPT | (around or {}),
        mutations=(leave("last", before=before), *mutations),
        **more,
    )


AGAIN = (
    _row(9001, "The card leaves before GPO reaches it: all anew", "GPO到达前离开：全部重来", "TT-002 OUT-003 OUT-006",
         (*approved(), *PAID_ONCE, apdu(3, gpo("36004080")), apdu(4, PPSE), apdu(5, DEBIT), apdu(6, gpo("36004080"))), mutations=(leave("gpo", before=True),)),
    _row(9002, "The card leaves after GPO: a new GPO, paid once", "GPO后离开：新GPO，只扣一次", "TT-002 QP-046", (*approved(), *PAID_ONCE, apdu(4, PPSE), apdu(6, gpo("36004080"))),
         mutations=(leave("gpo"),)),
    _row(9003, "The card leaves after its first record: nothing was committed", "读首条记录后离开：未提交", "TT-004 QP-073 CS-042", (*approved(), *PAID_ONCE, apdu(5, PPSE), apdu(7, gpo("36004080"))),
         mutations=(leave("record"),)),
    _row(9004, "The card leaves at GPO every time", "每次GPO均离开", "TT-007 QP-046 OUT-026", (*presented_again(), no_apdu(READ)), mutations=(leave("gpo", always=True),)),
    _row(9005, "The card leaves at its first record every time", "每次读首条记录均离开", "TT-004 TT-007", (*presented_again(), its("card_may_have_paid", False)), mutations=(leave("record", always=True),)),
    _row(9006, "No automatic presentment: Try Again at once", "不自动重挥：立即重试", "TT-007 OUT-026", (*presented_again(), apdus(PPSE, DEBIT, gpo("36004080"))), term={"passes": 0}, mutations=(leave("gpo"),)),
    _row(9007, "One automatic presentment is enough for one loss", "允许一次重挥，丢失一次", "TT-007", (*approved(), *PAID_ONCE), term={"passes": 1}, mutations=(leave("gpo"),)),
    _row(9008, "One automatic presentment is not enough for two losses", "允许一次重挥，丢失两次", "TT-007", (*presented_again(), no_apdu(READ)), term={"passes": 1},
         mutations=(leave("gpo"), leave("gpo", since=2))),
    _row(9009, "Three losses and the default of three presentments", "默认三次重挥，丢失三次", "TT-007", (*approved(), *PAID_ONCE),
         mutations=(leave("gpo"), leave("gpo", since=2), leave("gpo", since=3))),
    _row(9010, "Four losses and the default of three presentments", "默认三次重挥，丢失四次", "TT-007", presented_again(),
         mutations=(leave("gpo"), leave("gpo", since=2), leave("gpo", since=3), leave("gpo", since=4))),
    _row(9011, "The card is mute at GPO", "GPO无应答", "APDU-004 TT-002", (*approved(), *PAID_ONCE, apdu(4, PPSE)), mutations=({"kind": "mute", "at": "gpo", "before": False},)),
)  # fmt: skip

NO_RECOVERY = (
    _row(9020, "Leaves before the last record is read, no recovery: in doubt", "末记录前离开、无恢复：存疑", "TT-005 TT-018", (*DOUBT, apdu(1, PPSE), apdu(3, gpo("36004080"))), mutations=(leave("last", before=True),)),
    _row(9021, "Leaves after the last record was read, no recovery: in doubt", "末记录后离开、无恢复：存疑", "TT-005 TT-018", DOUBT, mutations=(leave("last"),)),
    _row(9022, "In doubt at an offline-only terminal", "仅脱机终端存疑", "TT-005 TT-018", DOUBT, mutations=(leave("last"),), terminal="kiosk"),
    _row(9023, "The card is mute at its last record", "末记录无应答", "TT-005 APDU-004", DOUBT, mutations=({"kind": "mute", "at": "last", "before": False},)),
    _row(9024, "In doubt with a signature that would be wrong", "签名错误的存疑交易", "TT-005", (*DOUBT, never("outcome", "declined")), mutations=(leave("last"),), faults=("sdad-bit",)),
)  # fmt: skip

NONE = ["card"] + ["none"] * 5

RECOVERY = (
    _torn(9030, "Paid, same card again: brought to its end", "已扣款、同卡重挥：恢复成功", "TT-010 TT-011 TT-014 TT-020", (*RECOVERED, {"stored": ["keep", "drop"]})),
    _torn(9031, "Not paid, same card again: paid now, once", "未扣款、同卡重挥：重新交易", "TT-015", (its("outcome", "approved"), *PAID_ONCE), before=True),
    _torn(9032, "The card does not come back", "卡片不再出现", "TT-016 TT-017 TT-019", (*DOUBT, {"stored": ["keep"]}), around={"detections": NONE}),
    _torn(9033, "The card comes back after 9.999 s", "9.999秒后重挥", "TT-016", RECOVERED, around={"waits": [0, 9999]}),
    _torn(9034, "The card comes back after 10.001 s", "10.001秒后重挥", "TT-016", DOUBT, around={"waits": [0, 10001]}),
    _torn(9035, "The window of another length: inside", "窗口改为3秒：窗口内", "TT-016", RECOVERED, around={"waits": [0, 2999]}, term={"retap_time": 3}),
    _torn(9036, "The window of another length: outside", "窗口改为3秒：窗口外", "TT-016", DOUBT, around={"waits": [0, 3001]}, term={"retap_time": 3}),
    _torn(9037, "Another card comes first, then the right one", "先挥了别的卡，再挥原卡", "TT-012 TT-015", RECOVERED, others=("other",), around={"who": [0, 1, 0]}),
    _torn(9038, "Only another card comes: never approved", "只有别的卡：不批准", "TT-015 TT-016", (*DOUBT, never("outcome", "approved")), others=("other",), around={"who": [0] + [1] * 20}),
    _torn(9039, "The ATC has gone on: used elsewhere", "ATC已变：卡片在别处用过", "TT-012 TT-019", DOUBT, {"kind": "flip", "at": "data", "bit": 35, "always": True}),
    _torn(9040, "The ATC is not readable", "ATC读不到", "TT-012 TT-019", DOUBT, status("data", "6A88", always=True)),
    _torn(9041, "Neither balance can be read", "余额读不到", "TT-013 TT-019", DOUBT, *(status("data", "6A88", nth=number, always=True) for number in (2, 3, 4, 5))),
    _torn(9042, "The copy of the last record is not readable", "末记录副本读不到", "TT-014 TT-019", DOUBT, status("record", "6A83", always=True, **{"from": 2})),
    _torn(9043, "Brought to its end, but the signature is wrong: declined", "恢复后签名错误：拒绝", "TT-020 QP-123", (*declined(), its("card_may_have_paid", True)), faults=("sdad-bit",)),
    _torn(9044, "Brought to its end, but expired: declined", "恢复后发现过期：拒绝", "TT-020 QP-091", declined(), app={"expiry": "2026-11-20", "keys": {"expiry": "1249"}}),
    _torn(9045, "Brought to its end, but listed: declined", "恢复后在异常文件：拒绝", "TT-020 QP-095", declined(), config={"exception": [{"pan": "6200000000000001016"}]}),
    _row(9047, "The store fails: nothing is paid", "存储失败则不读末记录", "TT-017 TT-010", (never("outcome", "approved"), its("card_may_have_paid", False)), switches=ON, around={"store": "failed"}),
    _row(9048, "A tap that is not torn: kept and dropped", "未撕裂：存入后删除", "TT-010", (*approved(), *PAID_ONCE, {"stored": ["keep", "drop"]}), switches=ON, around=KEPT),
    _torn(9049, "Only one GPO although the card came twice: the ATC is 1", "重挥后不再发GPO：ATC为1", "TT-011", (*RECOVERED, {"in": "data_record", "tag": "9F36", "is": "0001"})),
    _torn(9050, "After a restart: the second transaction brings it to its end", "重启后第二次交易完成恢复", "TT-010 TT-014 TT-016",
          (*DOUBT, its("outcome", "approved", 2), its("reason", "recovered", 2), its("balance", 18750, 2)), around={"detections": ["card", "none"]}, again={"time": "101130"}),
    _torn(9051, "An ARQC has nothing to recover", "ARQC无需恢复", "TT-003 TT-005", (its("outcome", "online_request"), {"stored": []}), card="credit"),
)  # fmt: skip


def _phone(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"QP-SJZF-{number}", en, zh, ids, expect, **{"card": "phone", **more})


DEVICE = (its("outcome", "online_request"), its("cvm", "cdcvm"))

PHONES = (
    _phone(9001, "A phone, verified on the device, large amount", "手机设备验证、大额", "QP-102 QP-124", (*DEVICE, apdu(3, "80A80000 ?? 83 ?? 36C04080 000000080000 *")), amount=80000),
    _phone(9002, "A phone, verified on the device, small amount", "手机设备验证、小额", "QP-102", DEVICE),
    _phone(9003, "A locked phone: see phone, then online", "锁屏手机：请看手机，再挥联机", "QP-054 OUT-027 QP-102", (*DEVICE, apdus(PPSE, CREDIT, GPO, PPSE, CREDIT, GPO)), card="phone-confirm"),
    _phone(9004, "A locked phone that is never confirmed", "手机始终未确认", "QP-054 TT-007", (*presented_again("QP-054"), its("reason", "see_phone")), card="phone-confirm", face={"phone": {"cdcvm": "needed", "confirm_after": 0}}),
    _phone(9005, "A locked phone, no automatic presentment", "锁屏手机、不自动重挥", "QP-054 TT-007", (*presented_again("QP-054"), apdus(PPSE, CREDIT, GPO)), card="phone-confirm", term={"passes": 0}),
    _phone(9006, "A locked phone, domestic policy: another interface", "锁屏手机、国内策略：其他界面", "QP-054 QP-052", (*other_interface(), apdus(PPSE, CREDIT, GPO)), card="phone-confirm", switches={"qp.gpo_sw_policy": "p12"}),
    _phone(9007, "The data of the token are kept", "保留标记数据", "TK-001 QP-140", (*DEVICE, {"in": "data_record", "tag": "9F24", "present": True}, {"in": "data_record", "tag": "9F19", "is": "062000000001"})),
    _phone(9008, "A phone shows no balance", "手机不显示余额", "QP-150", (*DEVICE, its("balance", None))),
    _phone(9009, "A phone, issuer approves", "手机联机批准", "QP-129", (*DEVICE, {"when": "after_host", "field": "outcome", "is": "approved"}), host="00"),
    _phone(9010, "A phone, host not reached", "手机联机不可达", "QP-130", (*DEVICE, {"when": "after_host", "field": "outcome", "is": "declined"}), host=""),
)  # fmt: skip


def _balance(
    number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any
) -> Row:
    return Row(f"QP-YECX-{number}", en, zh, ids, expect, **more)


ASK: dict[str, Any] = {"amount": 0, "tx": {"purpose": "balance", "type": 0x31}}
TOLD = (PPSE.replace(" ", ""), DEBIT.replace(" ", ""), "80CA9F7900")
"""The commands of a balance query: no second terminal plays one."""
NO_PAYMENT = (
    no_apdu(GPO),
    no_apdu(READ),
    never("outcome", "approved"),
    never("outcome", "online_request"),
)

BALANCES = (
    _balance(9001, "Balance by GET DATA, no GPO", "GET DATA查余额，不发GPO", "QP-151", (*NO_PAYMENT, its("balance", 20000), apdu(1, PPSE), apdu(2, DEBIT)), script=TOLD, **ASK),
    _balance(9002, "Balance that GET DATA refuses: the other element", "9F79被拒：读9F5D", "QP-151", (*NO_PAYMENT, never("balance", None)), script=(*TOLD, "80CA9F5D00"), **ASK, mutations=(status("data", "6A88"),)),
    _balance(9003, "A card without electronic cash has no balance", "无电子现金则无余额", "QP-151 QP-152", (*NO_PAYMENT, its("balance", None)), script=(TOLD[0], CREDIT.replace(" ", ""), TOLD[2], "80CA9F5D00"), **ASK, card="credit"),
    _balance(9004, "Balance of an answer with another tag is none", "应答标签不符则无余额", "CMD-030", (*NO_PAYMENT, its("balance", None)), script=(*TOLD, "80CA9F5D00"), **ASK,
             mutations=({"kind": "flip", "at": "data", "bit": 15}, status("data", "6A88", nth=2))),
    _balance(9005, "Balance of a blocked application is not asked", "应用锁定则不查", "EP-065", (*NO_PAYMENT, no_apdu("80CA*")), script=TOLD[:2], **ASK, card="blocked"),
    _balance(9006, "After an approval: 9F5D of the GPO answer", "脱机批准后：GPO的9F5D", "QP-150 CS-021", (*approved(), its("balance", 18750))),
    _balance(9007, "After an approval without 9F5D: 9F10", "无9F5D：用9F10", "QP-150 QP-008", (*approved(), its("balance", 18750)), app={"cap": "9800F000"}),
    _balance(9008, "After an approval without 9F5D and 9F10 data: unknown", "两者均无：未知", "QP-150 QP-152", (*approved(), its("balance", None)), app={"cap": "9800F000", "idd": 0}),
    _balance(9009, "9F10 data of id 05", "9F10数据id 05", "QP-150 QP-008", (*approved(), its("balance", 18750)), app={"cap": "9800F000", "idd": 5}),
    _balance(9010, "9F10 data of id 02 are no balance", "9F10数据id 02不是余额", "QP-008", (*approved(), its("balance", None)), app={"cap": "9800F000"},
             mutations=(put("gpo", "9F10", "07010103900000010A020000012345AABBCCDD"),)),
    _balance(9011, "9F10 data longer than 9F10", "9F10长度不一致", "QP-008", (*approved(), its("balance", None)), app={"cap": "9800F000"}, mutations=(put("gpo", "9F10", "07010103900000010F010000012345AABBCCDD"),)),
    _balance(9012, "9F5D comes before 9F10", "9F5D优先于9F10", "QP-150", (*approved(), its("balance", 4321)), mutations=(put("gpo", "9F5D", "000000004321"),)),
    _balance(9013, "Before an online request: the balance before", "联机请求：交易前余额", "QP-150", (its("outcome", "online_request"), its("balance", 100000)), card="rich", amount=20001),
)  # fmt: skip


def _error(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"AP-ZJCW-{number}", en, zh, ids, expect, **more)


FOLLOW = {"apdu.follow_61_6c": True}

ERRORS = (
    _error(9001, "One byte in place of an answer to GPO, once", "GPO应答仅1字节，一次", "APDU-004 QP-046", (*approved(), *PAID_ONCE), faults=("runt:command=gpo,times=1",)),
    _error(9002, "One byte in place of an answer, every time", "GPO应答始终仅1字节", "APDU-004 TT-007", presented_again(), faults=("runt:command=gpo",)),
    _error(9003, "No answer to GPO, once", "GPO无应答一次", "APDU-004 QP-046", (*approved(), *PAID_ONCE), faults=("silent:command=gpo,times=1",)),
    _error(9004, "61xx to GPO, not followed", "GPO返回61xx，不跟进", "APDU-003", (*other_interface(), no_apdu("00C0*")), faults=("t0-61",)),
    _error(9005, "61xx to GPO, followed", "GPO返回61xx，跟进", "APDU-003", (*approved(), apdu(4, "00C00000 ??")), faults=("t0-61",), switches=FOLLOW),
    _error(9006, "6Cxx to GPO, not followed", "GPO返回6Cxx，不跟进", "APDU-003", (*other_interface(), apdus(PPSE, DEBIT, GPO)), faults=("t0-6c",)),
    _error(9007, "6Cxx to GPO, followed", "GPO返回6Cxx，跟进", "APDU-003", (*approved(), apdu(4, "80A80000238321*")), faults=("t0-6c",), switches=FOLLOW),
    _error(9008, "61xx to the directory, not followed", "目录返回61xx，不跟进", "APDU-003 EP-043", (*ended("EP-060"), apdus(PPSE)), faults=("t0-61:command=ppse",)),
    _error(9009, "61xx to a record, not followed", "记录返回61xx，不跟进", "APDU-003 QP-074", (*ended("QP-074"), no_apdu("00C0*")), faults=("t0-61:command=record",)),
    _error(9010, "A lost command is never sent again in the same presentment", "丢失后不在同一次呈现中重发", "APDU-006", (*approved(), apdu(3, gpo("36004080")), apdu(4, PPSE)), mutations=(leave("gpo"),)),
)  # fmt: skip

ROWS = (*AGAIN, *NO_RECOVERY, *RECOVERY, *PHONES, *BALANCES, *ERRORS)
