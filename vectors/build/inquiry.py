"""Suite `inquiry`: balances, card information and logs, without a payment (QP-151, QP-152, LG-)."""

from __future__ import annotations

from vectors.build.grid import Part, put, status
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "YECX": Words("Balance inquiry", "余额查询"),
    "KPXX": Words("Card information", "卡片信息"),
    "RZDQ": Words("Logs", "交易日志"),
    "SJYC": Words("What the card tells wrongly", "查询数据异常"),
}
BALANCE = Part("balance", "查询余额", "QP-151 QP-152", tx={"purpose": "balance"})
INFO = Part("card information", "读取卡片信息", "LG-007 QP-152 TR-006", tx={"purpose": "card_info"})
CARDS = tuple(
    Part(f"{name} card", f"{name}卡", card=name)
    for name in ("debit", "credit", "pure-ec", "dual-currency", "load", "transit", "blocked", "multi",
                 "phone", "prepaid")
)  # fmt: skip


def suite() -> SuiteBuilder:
    made = SuiteBuilder("inquiry", "IQ", en="Inquiries", zh="查询", groups=GROUPS)
    currencies = [Part(f"currency {one}", f"货币{one}", tx={"currency": one}) for one in (156, 840)]
    grid(made, "YECX", [BALANCE], CARDS, currencies[:1])
    grid(made, "YECX", [BALANCE], CARDS[3:4], currencies)
    grid(made, "KPXX", [INFO], CARDS)
    grid(made, "KPXX", [INFO], CARDS[3:4], currencies)
    spent = Part("behind two payments", "两笔消费之后", "LG-001 LG-003", taps=(
        {"transaction": {"purpose": "payment"}}, {"transaction": {"purpose": "payment", "sequence": 8}},
        {"transaction": {"purpose": "card_info", "sequence": 9}}))  # fmt: skip
    grid(made, "RZDQ", [spent], [CARDS[2], CARDS[4], CARDS[5], CARDS[0]])
    for value, en, zh in (("0B0A", "ten records", "十条"), ("0B01", "one record", "一条"), ("0B00", "none", "零条"),
                          ("0A0A", "SFI 10", "SFI 10"), ("1F0A", "SFI 31", "SFI 31"), ("0B", "one byte", "一字节")):  # fmt: skip
        entry = Part(f"log entry {value}: {en}", f"日志入口{value}：{zh}", "LG-001 LG-003 TLV-028",
                     mutations=(put("select", "9F4D", value, path="6F.A5.BF0C"),))  # fmt: skip
        grid(made, "RZDQ", [INFO], [entry], [CARDS[2]])
    for value in ("0C0A", "0C01", "0D0A"):
        entry = Part(f"load log entry {value}", f"圈存日志入口{value}", "LG-005",
                     mutations=(put("select", "DF4D", value, path="6F.A5.BF0C"),))  # fmt: skip
        grid(made, "RZDQ", [INFO], [entry], [CARDS[4]])
    blocked = Part("application blocked, FCI given", "应用锁定但给出FCI", "LG-004", mutations=(
        {"kind": "status", "at": "select", "value": "6283", "keep": True, "always": True},))  # fmt: skip
    grid(made, "RZDQ", [INFO], [blocked], [CARDS[2], CARDS[0]])
    for nth in range(1, 12):
        gone = Part(f"GET DATA {nth} refused", f"第{nth}次取数据被拒", "APDU-010 CMD-007",
                    mutations=(status("data", "6A88", nth=nth, always=True),))  # fmt: skip
        grid(made, "SJYC", [INFO], [gone], [CARDS[4]])
    for tag, value in (("9F79", "00000000012A"), ("9F79", "0000012345"), ("9F5D", "000000000100"), ("9F51", "0344"),
                       ("9F36", "07"), ("9F4F", "9A03"), ("9F4F", "9A"), ("9F4F", "9F02065F2A029F3602")):  # fmt: skip
        wrong = Part(f"{tag} = {value}", f"{tag}={value}", "CMD-030 TLV-028 LG-003", mutations=tuple(
            put("data", tag, value, nth=nth) for nth in ((1,) if tag == "9F79" else (5,) if tag == "9F5D" else (6,) if tag == "9F51" else (7, 8, 9, 10, 11, 12, 13, 14))))  # fmt: skip
        grid(made, "SJYC", [INFO, BALANCE], [wrong], [CARDS[2]])
    for tail in ("00", "9F36020001"):
        more = Part(f"bytes {tail} behind an object", f"对象后有{tail}", "CMD-030",
                    mutations=({"kind": "tail", "at": "data", "nth": 1, "value": tail, "always": True},))  # fmt: skip
        grid(made, "SJYC", [INFO, BALANCE], [more], [CARDS[2]])
    return made
