"""DQSJ 读数据, FXGL 风险管理: records, expiry, exception file (30 sections 7 and 8)."""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    GPO,
    NO_CONTACT,
    PPSE,
    READ,
    STAY,
    Check,
    Row,
    apdu,
    apdus,
    approved,
    declined,
    drop,
    either,
    ended,
    insert,
    its,
    leave,
    never,
    no_apdu,
    online,
    other_interface,
    put,
    record,
    status,
)


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"QP-DQSJ-{number}", en, zh, ids, expect, **more)


READING = (
    _row(9001, "The records are read as the AFL says", "按AFL读记录", "QP-070 QP-072 CMD-031", (*approved(), apdu(4, "00B2 ???? 00"))),
    *(
        _row(9002 + number, f"READ RECORD answers {word}", f"读记录应答{word}", "QP-074 APDU-011",
             (*ended("QP-074"), its("reason", "record_refused")), mutations=(status("record", word),))
        for number, word in enumerate(("6A83", "6A82", "6985", "6283", "6700", "9001"))
    ),
    _row(9008, "READ RECORD 6283 with good data", "读记录6283但数据完好", "QP-074", ended("QP-074"), mutations=(status("record", "6283", keep=True),)),
    _row(9009, "The last record is refused", "最后一条记录被拒绝", "QP-074", (*ended("QP-074"), never("outcome", "approved")), mutations=(status("last", "6A83"),)),
    _row(9010, "Domestic profile: a refused record ends the tap, perhaps at another interface", "国内方式：读记录失败则结束，可提示其他界面", "QP-074 OUT-013",
         (either("outcome", "end_application", "try_another_interface"), its("rule", "QP-074"), its("cvm", "n_a")), terminal="p12", mutations=(status("record", "6A83"),)),
    _row(9011, "A record in template 71", "记录模板为71", "QP-075 OUT-013", other_interface("QP-075"), mutations=({"kind": "template", "at": "record", "value": "71"},)),
    _row(9012, "A byte behind the record", "记录后多一字节", "QP-075 TLV-016", other_interface(), mutations=({"kind": "tail", "at": "record", "value": "00"},)),
    _row(9013, "The record's last byte is missing", "记录缺最后一字节", "QP-075 TLV-009", other_interface(), mutations=({"kind": "cut", "at": "record", "count": 1},)),
    _row(9014, "A record of 9000 without data", "记录仅9000无数据", "QP-075", other_interface("QP-075"), faults=("empty:command=record",)),
    _row(9015, "A record in template 71, no contact reader", "记录模板为71且无接触界面", "QP-075 OUT-013", ended("QP-075"), combo=NO_CONTACT,
         mutations=({"kind": "template", "at": "record", "value": "71"},)),
    _row(9016, "A record in template 71, contact not to be tried", "记录模板为71且不转接触", "QP-075 OUT-013", ended("QP-075"), switches=STAY,
         mutations=({"kind": "template", "at": "record", "value": "71"},)),
    _row(9017, "The AFL names a record that is not there", "AFL指向不存在的记录", "QP-074", ended("QP-074"), faults=("afl-absent",)),
    _row(9018, "Padding 00 in the last record", "末记录含00填充", "TLV-011 TLV-013", approved(), mutations=({"kind": "pad", "at": "last", "home": 0, "pick": 0, "value": "0000"},)),
    _row(9019, "An unknown object in the last record", "末记录含未知数据元", "TLV-017", approved(), mutations=(insert("last", "DF7E", "01"),)),
    _row(9020, "A malformed cardholder name is dropped", "持卡人姓名格式错误被丢弃", "TLV-028", approved(), mutations=(insert("last", "5F20", "41"),)),
    _row(9021, "PAN sequence number differs in a record: the first one stays", "记录中5F34不同：保留先者", "TLV-022 QP-083", (*approved(), record("5F34", "01")),
         mutations=(insert("last", "5F34", "09"),)),
    _row(9022, "ATC again in a record", "记录中又有9F36", "TLV-021 TLV-032", other_interface(), mutations=(insert("last", "9F36", "0001"),)),
    _row(9023, "AIP again in a record", "记录中又有82", "TLV-021 TLV-032", other_interface(), mutations=(insert("last", "82", "7C00"),)),
    _row(9024, "Cryptogram type in a record is ignored where GPO had none", "GPO无9F27时记录中的9F27被忽略", "TLV-032", approved(), mutations=(insert("last", "9F27", "80"),)),
    _row(9025, "DF61 in a record is ignored", "记录中DF61被忽略", "TLV-032", approved(), mutations=(insert("last", "DF61", "40"),)),
    _row(9026, "An amount in a record is ignored", "记录中9F02被忽略", "TLV-025", (*approved(), record("9F02", "000000001250")), mutations=(insert("last", "9F02", "000000000001"),)),
    _row(9027, "PAN twice in its record", "5A重复", "TLV-021", other_interface(), faults=("duplicate:tag=5A",)),
    _row(9028, "PAN missing: that of track 2", "缺5A：用57中的PAN", "QP-084 ODA-065", approved(), faults=("personalised:tag=5A,value=",)),
    _row(9029, "PAN with a hexadecimal digit", "5A含十六进制位", "TLV-030", other_interface(), faults=("personalised:tag=5A,value=62000000000000010A6F",)),
    _row(9030, "Different numbers in 5A and 57", "5A与57号码不同", "QP-085", other_interface("QP-085"), faults=("pan-mismatch",)),
    _row(9031, "Different numbers in 5A and 57, not checked", "5A与57号码不同但不检查", "QP-085", approved(), faults=("pan-mismatch",), switches={"qp.check_pan_57": False}),
    _row(9032, "Approval code is 9F74", "批准码取9F74", "QP-141 QP-080", (*approved(), its("approval_code", "ECC001"))),
    _row(9033, "No 9F74: approved with an empty approval code", "缺9F74：批准但无批准码", "QP-141", (*approved(), either("approval_code", "", None)), mutations=(drop("last", "9F74"),)),
    _row(9034, "ARQC with AFL: records are read", "ARQC带AFL：读记录", "QP-071", (its("outcome", "online_request"), apdu(4, "00B2*")), card="phone"),
    _row(9035, "ARQC with AFL: records are not read where the switch is off", "ARQC带AFL：开关关闭则不读", "QP-071", (its("outcome", "online_request"), no_apdu(READ)),
         card="phone", switches={"qp.read_afl_on_arqc": False}),
    _row(9036, "ARQC with AFL, the card leaves while it is read: goes on without records", "ARQC读记录时卡片离开：不读而继续", "QP-173 TT-003",
         (its("outcome", "online_request"), apdus(PPSE, "00A4*", GPO, READ)), card="phone", mutations=(leave("record", always=True),)),
    _row(9037, "ARQC with AFL, a record is refused", "ARQC读记录被拒绝", "QP-074", ended("QP-074"), card="phone", mutations=(status("record", "6A83"),)),
)  # fmt: skip


def _risk(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"QP-FXGL-{number}", en, zh, ids, expect, **more)


LAST_DAY = {"expiry": "2026-11-21", "keys": {"expiry": "1249"}}
"""Valid until 21 November 2026; the certificates longer."""

ASKS = {**LAST_DAY, "ctq": "0800"}
"""The same with CTQ B1b4: go online if expired."""

BEFORE, LAST, NEXT = {"date": "261120"}, {"date": "261121"}, {"date": "261122"}
PAN = "6200000000000001016"

EXPIRY = (
    _risk(9001, "The day before the last day", "到期前一日", "QP-090", approved(), app=LAST_DAY, tx=BEFORE),
    _risk(9002, "The last day is valid", "到期当日有效", "QP-090", approved(), app=LAST_DAY, tx=LAST),
    _risk(9003, "The day after the last day", "到期次日", "QP-090 QP-091", (*declined(), its("reason", "expired")), app=LAST_DAY, tx=NEXT),
    _risk(9004, "Expired, the card asks for online (CTQ B1b4)", "已过期且卡片要求联机", "QP-091 QP-174", (its("outcome", "online_request"), its("cvm", "no_cvm")), app=ASKS, tx=NEXT),
    _risk(9005, "Not expired, CTQ B1b4 changes nothing", "未过期时CTQ B1b4无影响", "QP-091 QP-120", approved(), app=ASKS, tx=LAST),
    _risk(9006, "Expired with CTQ B1b4, offline-only terminal", "过期、B1b4、仅脱机终端", "QP-091", (*declined(), its("reason", "expired")), app=ASKS, tx=NEXT, terminal="kiosk"),
    _risk(9007, "Expired with CTQ B1b4, switch off", "过期、B1b4、开关关闭", "QP-092", (*declined(), its("reason", "expired")), app=ASKS, tx=NEXT, switches={"qp.ctq_b4_expired_online": False}),
    _risk(9008, "Expired with CTQ B1b4, domestic profile of 2013", "过期、B1b4、2013国内方式", "QP-092", (*declined(), its("reason", "expired")), app=ASKS, tx=NEXT, terminal="p12"),
    _risk(9009, "Expired with CTQ B1b4, forged signature: ODA is not used any more", "过期联机时不再用ODA结果", "QP-174", (its("outcome", "online_request"),), app=ASKS, tx=NEXT, faults=("sdad-bit",)),
    _risk(9010, "Expired with CTQ B1b4 and listed: declined", "过期联机但在异常文件：拒绝", "QP-174 QP-095", declined(), app=ASKS, tx=NEXT, config={"exception": [{"pan": PAN}]}),
    _risk(9011, "Expired with CTQ B1b4, verification not possible: declined", "过期联机但CVM不可行：拒绝", "QP-174 QP-107", declined("QP-107"), app=ASKS, tx=NEXT,
          combo={"ttq": "34004080"}, mutations=(put("gpo", "9F6C", "4800"),)),
    _risk(9012, "Expired, online, issuer approves", "过期联机后发卡行批准", "QP-174 QP-129", (its("outcome", "online_request"), {"when": "after_host", "field": "outcome", "is": "approved"}),
          app=ASKS, tx=NEXT, host="00"),
    _risk(9013, "Expired, online, host not reached", "过期联机但不可达", "QP-174 QP-130", (its("outcome", "online_request"), {"when": "after_host", "field": "outcome", "is": "declined"}),
          app=ASKS, tx=NEXT, host=""),
    _risk(9014, "Expired and CTQ absent: declined", "过期且缺CTQ：拒绝", "QP-091", (*declined(), its("reason", "expired")), app=LAST_DAY, tx=NEXT, mutations=(drop("gpo", "9F6C"),)),
    _risk(9015, "No expiry date: declined", "缺5F24：拒绝", "QP-093", declined("QP-093"), faults=("personalised:tag=5F24,value=",)),
    _risk(9016, "No expiry date, not required", "缺5F24但不要求", "QP-093", approved(), faults=("personalised:tag=5F24,value=",), switches={"qp.require_5F24": False}),
    _risk(9017, "Expiry date of month 13", "5F24月份为13", "TLV-029", other_interface("TLV-029"), faults=("personalised:tag=5F24,value=491331",)),
    _risk(9018, "Expiry date of 30 February", "5F24为2月30日", "TLV-029", other_interface("TLV-029"), faults=("personalised:tag=5F24,value=280230",)),
    _risk(9019, "Expiry date of 29 February in a leap year", "5F24为闰年2月29日", "TLV-029", approved(), faults=("personalised:tag=5F24,value=280229",)),
    _risk(9020, "Expiry date of 29 February in no leap year", "5F24为平年2月29日", "TLV-029", other_interface("TLV-029"), faults=("personalised:tag=5F24,value=270229",)),
    _risk(9021, "Expiry date of two bytes", "5F24长2字节", "TLV-029", other_interface("TLV-029"), faults=("personalised:tag=5F24,value=4912",)),
    _risk(9022, "Year 50 is 1950: expired", "年份50为1950：过期", "QP-090", declined(), faults=("personalised:tag=5F24,value=501231",)),
)  # fmt: skip

EFFECTIVE = (
    _risk(9030, "Effective from tomorrow, not checked", "明日生效但不检查", "QP-094", approved(), app={"effective": "2026-11-22"}),
    _risk(9031, "Effective from tomorrow, checked", "明日生效且检查：拒绝", "QP-094", declined("QP-094"), app={"effective": "2026-11-22"}, switches={"qp.check_effective": True}),
    _risk(9032, "Effective from today, checked", "今日生效且检查", "QP-094", approved(), app={"effective": "2026-11-21"}, switches={"qp.check_effective": True}),
    _risk(9033, "Effective date of 31 April", "5F25为4月31日", "TLV-029", other_interface("TLV-029"), faults=("personalised:tag=5F25,value=200431",)),
)  # fmt: skip

ENTRY = {"pan": PAN}
LOOKUP = {"exception_lookup": True}

LISTED = (
    _risk(9040, "The number is listed", "卡号在异常文件中", "QP-095", declined("QP-095"), config={"exception": [ENTRY]}),
    _risk(9041, "Number and sequence number are listed", "卡号与序列号均符合", "QP-095", declined("QP-095"), config={"exception": [{**ENTRY, "psn": 1}]}),
    _risk(9042, "Listed with another sequence number", "序列号不同", "QP-095", approved(), config={"exception": [{**ENTRY, "psn": 2}]}),
    _risk(9043, "Another number is listed", "异常文件为其他卡号", "QP-095", approved(), config={"exception": [{"pan": "6200000000000001024"}]}),
    _risk(9044, "No sequence number on the card: the number alone decides", "卡片无5F34：仅比卡号", "QP-095", declined("QP-095"), config={"exception": [{**ENTRY, "psn": 1}]},
          app={"psn_in_gpo": False}, faults=("personalised:tag=5F34,value=",)),
    _risk(9045, "No sequence number on the card: not searched where the switch is on", "卡片无5F34：开关打开则不查", "QP-095", approved(), config={"exception": [{**ENTRY, "psn": 1}]},
          app={"psn_in_gpo": False}, faults=("personalised:tag=5F34,value=",), switches={"qp.exception_needs_psn": True}),
    _risk(9046, "With sequence number the switch changes nothing", "有5F34时开关无影响", "QP-095", declined("QP-095"), config={"exception": [{**ENTRY, "psn": 1}]},
          switches={"qp.exception_needs_psn": True}),
    _risk(9047, "Listed before a forged signature", "异常文件优先于ODA", "QP-096", declined("QP-095"), config={"exception": [ENTRY]}, faults=("sdad-bit",)),
    _risk(9048, "Listed before a verification that is not possible", "异常文件优先于CVM", "QP-096", declined("QP-095"), config={"exception": [ENTRY]},
          combo={"ttq": "34004080"}, mutations=(put("gpo", "9F6C", "4000"),)),
    _risk(9049, "Expiry before the exception file", "过期优先于异常文件", "QP-096", (*declined(), its("reason", "expired")), config={"exception": [ENTRY]}, app=LAST_DAY, tx=NEXT),
    _risk(9050, "The program finds the card", "外部查询命中", "QP-095", (*declined("QP-095"), {"looked_up": [[PAN, 1]]}), term=LOOKUP, around={"listed": [PAN]}),
    _risk(9051, "The program does not find the card", "外部查询未命中", "QP-095", (*approved(), {"looked_up": [[PAN, 1]]}), term=LOOKUP, around={"listed": []}),
    _risk(9052, "The program cannot be asked: declined", "外部查询不可用：拒绝", "QP-095 TK-042", declined(), term=LOOKUP),
    _risk(9053, "The number of a card without 5A is that of track 2", "缺5A时用57的卡号查", "QP-084 QP-095", declined("QP-095"), config={"exception": [ENTRY]}, faults=("personalised:tag=5A,value=",)),
)  # fmt: skip

ROWS = (*READING, *EXPIRY, *EFFECTIVE, *LISTED)
