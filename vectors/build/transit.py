"""Suite `transit`: gates that choose the TTQ after SELECT and may authorise later (TR-001 to TR-008)."""

from __future__ import annotations

import datetime

from vectors.build.base import TTQ
from vectors.build.documents import Document
from vectors.build.grid import Part, leaves, put, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "XKXZ": Words("TTQ by card", "按卡选择TTQ"),
    "YHSQ": Words("Authorised later", "延迟授权"),
    "RZSB": Words("Gate and failed authentication", "认证失败与闸机"),
    "WZJE": Words("Fare not known", "进站金额未知"),
    "LXCC": Words("Rides one after the other", "连续乘车"),
    "ZJMD": Words("Deny list", "拒绝名单"),
    "ZJLC": Words("The card leaves", "卡片离场"),
}
NEW = ["emv_mode", "oda_for_online", "fdda_01"]
OLD = ["emv_mode", "fdda_01"]
PLAIN = [name for name in TTQ if name != "cdcvm"]
GATE = Part(one={"ttq": ["emv_mode", "contact_chip", "fdda_01"], "ttq_oda": [*NEW, "online_cryptogram_required"], "ttq_old": OLD},
            ids="TR-004 TR-005")  # fmt: skip
CARD = Part("transit card", "交通卡", "TR-001 TR-002", card="transit")
CARDS = (
    CARD, Part("debit card", "借记卡", "TR-004"), Part("credit card", "贷记卡", "TR-004", card="credit"),
    Part("card with DF61 = 10", "DF61=10的卡", "TR-001", app={"df61": "10"}),
    Part("card with DF61 = C0", "DF61=C0的卡", "TR-001", card="transit", app={"df61": "C0"}),
)  # fmt: skip
HOSTS = [Part(en, zh, "QP-129 QP-130", host=host) for host, en, zh in (
    ("silent", "host not reached", "主机不可达"), ("approves", "host approves", "主机批准"), ("declines", "host declines", "主机拒绝"))]  # fmt: skip
DEFERRED = [
    Part("deferred", "延迟授权", "QP-125 QP-130", switches={"qp.deferred_auth": True}),
    Part("not deferred", "不延迟", "QP-130", switches={"qp.deferred_auth": False}),
]


def suite() -> SuiteBuilder:
    made = SuiteBuilder("transit", "TR", en="Transit", zh="交通出行", groups=GROUPS)
    made.flag("OpenGate", "A wrong decision here opens a gate for a card that was not authenticated.",
              "此处误判会为未认证卡开闸。")  # fmt: skip
    for group in (_chosen, _later, _failed, _unknown_fare, _rides, _denied, _leaves):
        group(made)
    return made


def _chosen(made: SuiteBuilder) -> None:
    """TR-001, TR-002, TR-004, TR-005."""
    grid(made, "XKXZ", [GATE], CARDS)
    ttqs = [
        Part("only a TTQ for new cards", "仅新卡TTQ", "TR-004", one={"ttq": PLAIN, "ttq_oda": [*NEW, "online_cryptogram_required"]}),
        Part("only a TTQ for old cards", "仅旧卡TTQ", "TR-004", one={"ttq": PLAIN, "ttq_old": OLD}),
        Part("new cards without B2b8", "新卡TTQ无B2b8", "TR-002", one={"ttq": PLAIN, "ttq_oda": NEW}),
        Part("old cards offline-only", "旧卡仅脱机", "TR-004", one={"ttq": PLAIN, "ttq_old": [*OLD, "offline_only"]}),
        Part("old cards with B2b8", "旧卡要求联机", "TR-005", one={"ttq": PLAIN, "ttq_old": [*OLD, "online_cryptogram_required"]}),
        Part("old cards by debit/credit", "旧卡走借贷记", "TR-004 QP-160", one={"ttq": PLAIN, "ttq_old": ["contactless_dc", "emv_mode", "fdda_01"]}),
        Part("one TTQ with ODA for online", "单一TTQ含联机ODA", "QP-172", one={"ttq": [*TTQ, "oda_for_online"]}),
    ]  # fmt: skip
    grid(made, "XKXZ", ttqs, CARDS[:3])
    for name, limit, ids in (("floor_limit", 1000, "EP-015"), ("cvm_limit", 1000, "EP-018")):
        for by in (-1, 0, 1):
            over = Part(f"amount {by:+} at the {name}", f"金额相对{name}{by:+}", f"TR-005 {ids}", amount=limit + by, one={name: limit})
            grid(made, "XKXZ", [GATE], [over], CARDS[:2])
    kinds = {"": "empty", "40": "40", "41": "41", "BF": "BF", "00": "00", "4000": "2 bytes", "80": "80"}
    for value, en in kinds.items():
        part = Part(f"DF61 {en}", f"DF61为{value or '空'}", "TR-001 TLV-032", mutations=(put("select", "DF61", value, path="6F.A5.BF0C"),))
        grid(made, "XKXZ", [GATE], [part], CARDS[:2])
    record = Part("DF61 in a record", "DF61在记录中", "TLV-032", mutations=(put("record", "DF61", "40"),))
    gpo = Part("DF61 in the answer to GPO", "DF61在GPO应答中", "TLV-032", mutations=(put("gpo", "DF61", "40"),))
    grid(made, "XKXZ", [GATE], [record, gpo], CARDS[:2])


def _later(made: SuiteBuilder) -> None:
    """QP-125, QP-126, QP-130."""
    grid(made, "YHSQ", [GATE], CARDS, DEFERRED, HOSTS[:1])
    grid(made, "YHSQ", [GATE], CARDS[:2], DEFERRED, HOSTS[1:])
    for profile in ("uics-2018", "c7"):
        grid(made, "YHSQ", [GATE], [CARD], [Part(profile, profile, one={"profile": profile})], DEFERRED, HOSTS[:1])
    sm = Part("SM2", "SM2", sm=True, app={"sm": {}})
    grid(made, "YHSQ", [GATE], [CARD], [sm], DEFERRED, HOSTS[:2])


def _failed(made: SuiteBuilder) -> None:
    """QP-126, QP-172, FD-001, FD-008: no gate opens without a proof."""
    wrong = [
        Part("forged signature", "签名被伪造", "QP-126", faults=("sdad-bit",), flags=("OpenGate",)),
        Part("signed for another amount", "签名金额不同", "QP-126 FD-007", faults=("signed-amount",), flags=("OpenGate",)),
        Part("certificate of another card", "他卡证书", "QP-126 ODA-065", faults=("icc-pan",), flags=("OpenGate",)),
        Part("no AFL", "无AFL", "QP-172", mutations=(without("gpo", "94"),), flags=("OpenGate",)),
        Part("empty AFL", "AFL为空", "QP-172", mutations=(put("gpo", "94", ""),), flags=("OpenGate",)),
        Part("no 9F4B", "无9F4B", "FD-008", mutations=(without("gpo", "9F4B"), without("last", "9F4B")), flags=("OpenGate",)),
        Part("AIP without DDA", "AIP无DDA", "FD-001", mutations=(put("gpo", "82", "5C00"),), flags=("OpenGate",)),
        Part("9F69 of version 00", "9F69版本00", "FD-002 FD-006", faults=("card-data-version:00",), flags=("OpenGate",)),
        Part("CDCVM claimed", "自称已设备验证", "QP-101", mutations=(put("gpo", "9F6C", "0080"),), flags=("OpenGate",)),
        Part("expired card", "过期卡", "QP-091", app={"expiry": datetime.date(2026, 11, 20)}),
        Part("expired card that asks to go online", "过期卡要求联机", "QP-091 QP-174",
             app={"expiry": datetime.date(2026, 11, 20), "ctq": "0800"}),
    ]  # fmt: skip
    policy = [Part(f"qp.online_oda_fail {one}", f"qp.online_oda_fail {one}", "QP-126", switches={"qp.online_oda_fail": one})
              for one in ("online", "decline")]  # fmt: skip
    grid(made, "RZSB", [GATE], [CARD], wrong, policy, DEFERRED[:1], HOSTS[:1])
    grid(made, "RZSB", [GATE], [CARD], wrong[:4], policy, DEFERRED[1:], HOSTS[1:2])


def _unknown_fare(made: SuiteBuilder) -> None:
    """TR-008."""
    for amount in (0, 1):
        for allowed in (True, False):
            part = Part(f"amount {amount}, zero {'allowed' if allowed else 'not allowed'}",
                        f"金额{amount}，零金额{'允许' if allowed else '不允许'}", "TR-008 EP-013 EP-021", amount=amount,
                        one={"zero_amount": allowed})  # fmt: skip
            grid(made, "WZJE", [GATE], [part], CARDS[:3], DEFERRED[:1], HOSTS[:1])


def _rides(made: SuiteBuilder) -> None:
    """TLV-024, QP-150, FMT-006: the state of the card goes from ride to ride."""
    three: tuple[Document, ...] = ({}, {"transaction": {"sequence": 8, "time": "101500", "unpredictable": "00112233445566AA"}},
             {"transaction": {"sequence": 9, "time": "102000", "unpredictable": "8899AABBCCDDEEFF"}})  # fmt: skip
    rides = Part("three rides", "连续三次", "TLV-024 FMT-006 OUT-006", taps=three)
    poor = Part("until the purse is empty", "直至余额不足", "QP-150", purse={"balance": 4000, "reset": 0}, amount=1500)
    grid(made, "LXCC", [GATE], [rides], CARDS[:3], DEFERRED[:1], HOSTS[:1])
    grid(made, "LXCC", [GATE], [rides], CARDS[:2], [poor])
    fares = tuple({"transaction": {"amount": amount, "sequence": 7 + at}} for at, amount in enumerate((200, 300, 400)))
    grid(made, "LXCC", [GATE], [Part("three fares", "三种票价", "TLV-024", taps=fares)], CARDS[:2])


def _denied(made: SuiteBuilder) -> None:
    """QP-095 at a gate: the deny list is asked before it opens."""
    pan = {"transit": "6200000000000001149", "debit": "6200000000000001016"}
    for name, card in (("transit", CARDS[0]), ("debit", CARDS[1])):
        for listed, en, zh in (([pan[name]], "listed", "在名单中"), ([], "not listed", "不在名单中")):
            part = Part(en, zh, "QP-095 QP-096", term={"exception_lookup": True}, around={"listed": listed}, flags=("OpenGate",))
            grid(made, "ZJMD", [GATE], [card], [part], DEFERRED[:1], HOSTS[:1])
        gone = Part("list not there", "名单不可用", "QP-095", term={"exception_lookup": True}, flags=("OpenGate",))
        grid(made, "ZJMD", [GATE], [card], [gone], DEFERRED[:1])


def _leaves(made: SuiteBuilder) -> None:
    """QP-173, TT-004, TT-005: a rider in a hurry."""
    for nth in range(3, 10):
        for before in (True, False):
            word, zh = ("before", "前") if before else ("after", "后")
            part = Part(f"leaves {word} command {nth}", f"第{nth}条命令{zh}离场", "QP-173 TT-002", mutations=(leaves("any", nth=nth, before=before),),
                        term={"passes": 1}, around={"store": "kept"})  # fmt: skip
            grid(made, "ZJLC", [GATE], [CARD, CARDS[1]][nth % 2 :][:1], [part], DEFERRED[:1])
