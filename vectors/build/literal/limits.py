"""XEJC 限额检查: what the amount makes of the TTQ (20-entry-point.md section 3, 30 section 4).

Terminal "retail": TTQ 36004080, floor limit 200.00, CVM limit 300.00, transaction limit 5000.00.
B2 of the TTQ sent: 80 online cryptogram required, 40 CVM required. Card "rich" has 1000.00, its own
CVM limit is 300.00, and it keeps 10.00 at terminals that can go online.
"""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    CREDIT,
    GPO,
    READ,
    Check,
    Row,
    apdu,
    apdus,
    approved,
    bits,
    declined,
    field55,
    gpo,
    its,
    never,
    no_apdu,
    online,
    other_interface,
    record,
    ui,
)

NOT_ALLOWED = (
    *other_interface("EP-024"),
    apdus(),
    ui("insert_or_swipe"),
)
"""Every combination is out: another interface, and the field stays off (EP-024, QP-026)."""


def _sent(ttq: str, amount: int) -> tuple[Check, ...]:
    return (apdu(3, gpo(ttq, amount)), record("9F66", ttq), field55("9F02", f"{amount:012d}"))


def _row(number: int, en: str, zh: str, ids: str, expect: tuple[Check, ...], **more: Any) -> Row:
    return Row(f"LM-XEJC-{number}", en, zh, ids, expect, **{"card": "rich", **more})


FLOOR = (
    _row(
        9001,
        "One below the floor limit: offline",
        "低于脱机最低限额1分：脱机",
        "EP-015 EP-011 QP-025",
        (*approved(), *_sent("36004080", 19999), bits("9F66", B2b8=0, B2b7=0)),
        amount=19999,
    ),
    _row(
        9002,
        "The floor limit itself: still offline",
        "等于脱机最低限额：仍脱机",
        "EP-015 QP-025",
        (*approved(), *_sent("36004080", 20000)),
        amount=20000,
    ),
    _row(
        9003,
        "One above the floor limit: online cryptogram required",
        "超出脱机最低限额1分：要求联机密文",
        "EP-015 EP-019 QP-025",
        (*online(), *_sent("36804080", 20001), bits("9F66", B2b8=1, B2b7=0)),
        amount=20001,
    ),
    _row(
        9004,
        "Floor limit counts from itself on: one below",
        "按大于等于比较：低1分",
        "EP-016",
        (*approved(), *_sent("36004080", 19999)),
        amount=19999,
        switches={"ep.floor_cmp_ge": True},
    ),
    _row(
        9005,
        "Floor limit counts from itself on: the limit",
        "按大于等于比较：等于限额",
        "EP-016 EP-019",
        (*online(), *_sent("36804080", 20000)),
        amount=20000,
        switches={"ep.floor_cmp_ge": True},
    ),
    _row(
        9006,
        "Terminal floor limit where there is no contactless one: below",
        "无非接限额时用9F1B：低1分",
        "EP-016",
        (*approved(), *_sent("36004080", 14999)),
        amount=14999,
        combo={"floor_limit": None, "terminal_floor_limit": 15000},
    ),
    _row(
        9007,
        "Terminal floor limit where there is no contactless one: the limit",
        "无非接限额时用9F1B：等于",
        "EP-016",
        (*approved(), *_sent("36004080", 15000)),
        amount=15000,
        combo={"floor_limit": None, "terminal_floor_limit": 15000},
    ),
    _row(
        9008,
        "Terminal floor limit where there is no contactless one: above",
        "无非接限额时用9F1B：超1分",
        "EP-016 EP-019",
        (*online(), *_sent("36804080", 15001)),
        amount=15001,
        combo={"floor_limit": None, "terminal_floor_limit": 15000},
    ),
    _row(
        9009,
        "Contactless floor limit before the lower terminal floor limit",
        "非接限额优先于较低的9F1B",
        "EP-015 EP-016",
        (*approved(), *_sent("36004080", 15000)),
        amount=15000,
        combo={"terminal_floor_limit": 10000},
    ),
    _row(
        9010,
        "Contactless floor limit before the higher terminal floor limit",
        "非接限额优先于较高的9F1B",
        "EP-015 EP-016",
        (*online(), *_sent("36804080", 15000)),
        amount=15000,
        combo={"floor_limit": 10000, "terminal_floor_limit": 20000},
    ),
    _row(
        9011,
        "No floor limit at all: every amount goes online",
        "两限额均无：任何金额均联机",
        "EP-017",
        (*online(), *_sent("36804080", 1)),
        amount=1,
        combo={"floor_limit": None},
    ),
    _row(
        9012,
        "A floor limit of 0 is a limit",
        "限额为0不等于无限额",
        "EP-015 QP-011",
        (*online(), *_sent("36804080", 1)),
        amount=1,
        combo={"floor_limit": 0},
    ),
    _row(
        9013,
        "Another currency is compared without conversion",
        "其他货币不换算直接比较",
        "EP-025 CS-013 CS-014",
        (*online(cvm="online_pin"), apdu(3, gpo("36804080", 20001, currency="0840"))),
        amount=20001,
        tx={"currency": 840},
    ),
    _row(
        9014,
        "DF19 and DF20 given in each other's place: below the floor limit",
        "DF19与DF20互换：低于最低限额",
        "QP-012",
        (*approved(), *_sent("36004080", 15000)),
        amount=15000,
        combo={"floor_limit": 500000, "transaction_limit": 20000},
        switches={"param.swap_df19_df20": True},
    ),
    _row(
        9015,
        "DF19 and DF20 given in each other's place: above the floor limit",
        "DF19与DF20互换：高于最低限额",
        "QP-012",
        (*online(), *_sent("36804080", 20001)),
        amount=20001,
        combo={"floor_limit": 500000, "transaction_limit": 20000},
        switches={"param.swap_df19_df20": True},
    ),
)

TRANSACTION = (
    _row(
        9020,
        "One below the transaction limit",
        "低于交易限额1分",
        "EP-014 QP-023",
        (*online(cvm="online_pin"), *_sent("36C04080", 499999)),
        amount=499999,
    ),
    _row(
        9021,
        "The transaction limit itself: no contactless",
        "等于交易限额：不做非接",
        "EP-014 EP-024 QP-023",
        NOT_ALLOWED,
        amount=500000,
    ),
    _row(
        9022,
        "One above the transaction limit",
        "超出交易限额1分",
        "EP-014 EP-024 QP-023",
        NOT_ALLOWED,
        amount=500001,
    ),
    _row(
        9023,
        "No transaction limit: no upper end",
        "无交易限额：金额无上限",
        "EP-014 QP-011",
        (*online(cvm="online_pin"), *_sent("36C04080", 99999999)),
        amount=99999999,
        combo={"transaction_limit": None},
    ),
    _row(
        9024,
        "A transaction limit of 0 lets nothing through",
        "交易限额为0：一律不做",
        "EP-014 QP-011",
        NOT_ALLOWED,
        amount=1,
        combo={"transaction_limit": 0},
    ),
    _row(
        9025,
        "Only the debit combination is over its limit, and the card has no other",
        "仅借记组合超限而卡片无其他应用",
        "EP-050 EP-060",
        (its("outcome", "end_application"), its("rule", "EP-060"), no_apdu(GPO)),
        config={
            "combination": [
                {"aid": "A000000333010101", "ttq": "36004080", "transaction_limit": 1000},
                {"aid": "A000000333010102", "ttq": "36004080", "floor_limit": 20000},
            ]
        },
    ),
)

HOLDER = (
    _row(
        9030,
        "One below the CVM limit",
        "低于CVM限额1分",
        "EP-018 QP-024 QP-108",
        (*online(), *_sent("36804080", 29999)),
        amount=29999,
    ),
    _row(
        9031,
        "The CVM limit itself: the holder is verified",
        "等于CVM限额：须验证持卡人",
        "EP-018 EP-022 QP-024 QP-100",
        (*online(cvm="online_pin"), *_sent("36C04080", 30000), bits("9F66", B2b8=1, B2b7=1)),
        amount=30000,
    ),
    _row(
        9032,
        "One above the CVM limit",
        "超出CVM限额1分",
        "EP-018 EP-022 QP-100",
        (*online(cvm="online_pin"), *_sent("36C04080", 30001)),
        amount=30001,
    ),
    _row(
        9033,
        "No CVM limit: the card's own limit is not exceeded at 300.00",
        "无CVM限额：300.00未超卡片CVM限额",
        "EP-018 CS-012 QP-108",
        (*online(), *_sent("36804080", 30000)),
        amount=30000,
        combo={"cvm_limit": None},
    ),
    _row(
        9034,
        "No CVM limit: the card's own limit is exceeded at 300.01",
        "无CVM限额：300.01超卡片CVM限额",
        "EP-018 CS-012 CS-013 QP-100",
        (*online(cvm="online_pin"), *_sent("36804080", 30001)),
        amount=30001,
        combo={"cvm_limit": None},
    ),
    _row(
        9035,
        "A CVM limit of 0: every amount, without online cryptogram required",
        "CVM限额为0：任何金额须验证，但不要求联机密文",
        "EP-018 EP-022 QP-011 CS-013",
        (*online(cvm="online_pin"), *_sent("36404080", 1)),
        amount=1,
        combo={"cvm_limit": 0},
    ),
    _row(
        9036,
        "A terminal without PIN: signature, and the card still approves",
        "终端无PIN：签名，卡片仍脱机批准",
        "EP-018 CS-013 QP-106 OUT-021 QP-154",
        (
            *approved(cvm="signature"),
            *_sent("32404080", 10000),
            its("receipt", True),
            record("9F6C", "4000"),
        ),
        amount=10000,
        combo={"ttq": "32004080", "cvm_limit": 10000},
    ),
    _row(
        9037,
        "The same one minor unit below: no verification",
        "同上低1分：无需验证",
        "EP-018 QP-108",
        (*approved(), *_sent("32004080", 9999)),
        amount=9999,
        combo={"ttq": "32004080", "cvm_limit": 10000},
    ),
)

CHECK = (
    _row(
        9040,
        "Status check: one unit of currency goes online",
        "状态检查：1元须联机",
        "EP-012 EP-020 QP-020",
        (*online(), *_sent("36804080", 100)),
        amount=100,
        combo={"status_check": True},
    ),
    _row(
        9041,
        "Status check: 0.99 does not",
        "状态检查：0.99元不联机",
        "EP-012",
        (*approved(), *_sent("36004080", 99)),
        amount=99,
        combo={"status_check": True},
    ),
    _row(
        9042,
        "Status check: 1.01 does not",
        "状态检查：1.01元不联机",
        "EP-012",
        (*approved(), *_sent("36004080", 101)),
        amount=101,
        combo={"status_check": True},
    ),
    _row(
        9043,
        "No status check by default",
        "默认不做状态检查",
        "EP-012 QP-020",
        (*approved(), *_sent("36004080", 100)),
        amount=100,
    ),
    _row(
        9044,
        "Status check with exponent 0: the amount 1",
        "指数为0时状态检查金额为1",
        "EP-012",
        (*online(), *_sent("36804080", 1)),
        amount=1,
        combo={"status_check": True},
        tx={"exponent": 0},
    ),
    _row(
        9045,
        "Status check with exponent 0: 100 is not one unit",
        "指数为0时金额100不是1单位",
        "EP-012",
        (*approved(), *_sent("36004080", 100)),
        amount=100,
        combo={"status_check": True},
        tx={"exponent": 0},
    ),
)

ZERO = (
    _row(
        9050,
        "Amount 0 goes online where nothing forbids it",
        "金额0默认联机",
        "EP-013 EP-021 QP-021",
        (*online(), *_sent("36804080", 0)),
        amount=0,
    ),
    _row(
        9051,
        "Amount 0 where it is allowed in so many words",
        "明确允许金额0",
        "EP-013 EP-021",
        (*online(), *_sent("36804080", 0)),
        amount=0,
        combo={"zero_amount": True},
    ),
    _row(
        9052,
        "Amount 0 where it is forbidden",
        "禁止金额0",
        "EP-013 EP-024",
        NOT_ALLOWED,
        amount=0,
        combo={"zero_amount": False},
    ),
    _row(
        9053,
        "The smallest amount where 0 is forbidden",
        "禁止金额0时金额1分",
        "EP-013",
        (*approved(), *_sent("36004080", 1)),
        amount=1,
        combo={"zero_amount": False},
    ),
    _row(
        9054,
        "Amount 0 at an offline-only terminal",
        "仅脱机终端金额0",
        "EP-021 EP-024 QP-022",
        NOT_ALLOWED,
        amount=0,
        terminal="kiosk",
    ),
)

OFFLINE = (
    _row(
        9060,
        "Offline-only terminal, the floor limit itself",
        "仅脱机终端，等于最低限额",
        "EP-015 QP-120",
        (*approved(), *_sent("28000080", 10000)),
        terminal="kiosk",
        amount=10000,
    ),
    _row(
        9061,
        "Offline-only terminal, above the floor limit: the card's approval does not count",
        "仅脱机终端超限：卡片TC不算数",
        "EP-019 QP-170 CS-010",
        (*declined("QP-170"), *_sent("28800080", 10001)[:1], no_apdu(READ)),
        terminal="kiosk",
        amount=10001,
    ),
    _row(
        9062,
        "Offline-only terminal, the transaction limit",
        "仅脱机终端，等于交易限额",
        "EP-014 EP-024",
        NOT_ALLOWED,
        terminal="kiosk",
        amount=20000,
    ),
    _row(
        9063,
        "Neither qPBOC nor debit/credit in the TTQ: the combination cannot be used",
        "TTQ既无qPBOC也无借贷记：组合不可用",
        "EP-026 EP-024",
        NOT_ALLOWED,
        combo={"ttq": "16004080"},
    ),
)

KINDS = (
    _row(
        9070,
        "Cash: 9C is sent and the limits of that type count",
        "取现：发送9C并用该类型限额",
        "QP-027 QP-004",
        (*approved(), apdu(3, gpo("36004080", type="01")), field55("9C", "01")),
        combo={"types": ["00", "01"]},
        tx={"type": 1},
    ),
    _row(
        9071,
        "Purchase with cashback: 9F03 is sent, the limits count for 9F02 alone",
        "返现：发送9F03，限额只看9F02",
        "QP-027 EP-015 QP-004",
        (
            *approved(),
            apdu(3, gpo("36004080", 19000, 5000, type="09")),
            field55("9F03", "000000005000"),
        ),
        amount=19000,
        combo={"types": ["00", "09"]},
        tx={"type": 9, "other": 5000},
    ),
    _row(
        9072,
        "The credit application has limits of its own",
        "贷记应用用自己的限额",
        "QP-010 EP-015",
        (*online(), apdu(2, CREDIT), apdu(3, gpo("36004080"))),
        card="credit",
    ),
)

FIXED = (
    _row(
        9080,
        "Start B with a fixed amount: the configured TTQ is sent as it is",
        "Start B固定金额：TTQ原样发送",
        "EP-004 EP-002",
        (*approved(), apdu(3, gpo("36004080"))),
        switches={"ep.start_b_fixed": True},
        tx={"start": "B"},
    ),
    _row(
        9081,
        "Start B with an amount that demands an online cryptogram",
        "Start B固定金额且要求联机密文",
        "EP-004 EP-002",
        (*online(), apdu(3, gpo("36804080")), never("outcome", "approved")),
        combo={"ttq": "36804080", "floor_limit": 1000},
        switches={"ep.start_b_fixed": True},
        tx={"start": "B"},
    ),
)

ROWS = (
    *FLOOR,
    *TRANSACTION,
    *HOLDER,
    *CHECK,
    *ZERO,
    *OFFLINE,
    *KINDS,
    *FIXED,
)
