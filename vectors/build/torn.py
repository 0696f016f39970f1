"""Suite `torn`: cards that leave at any moment of a payment, and what comes after (TT-001 to TT-020)."""

from __future__ import annotations

from vectors.build.base import TTQ
from vectors.build.documents import Document
from vectors.build.grid import Part, leaves, put, status, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "LCSJ": Words("The moment it leaves", "离场时刻"),
    "SKHF": Words("Recovery with the same card", "同卡恢复"),
    "HKCX": Words("Another card comes", "他卡出示"),
    "YEBD": Words("What the card tells", "恢复时卡片所告"),
    "JLBD": Words("Records that changed", "恢复时记录不同"),
    "HFSJ": Words("Time", "恢复时限"),
    "CCGZ": Words("The store", "存储"),
    "CQHF": Words("After a restart", "重启后恢复"),
    "ZCLC": Words("It leaves again", "再次离场"),
}
RECOVERS = Part(switches={"tt.recovery": True}, around={"store": "kept"})
LEFT = (
    Part("card has paid", "已扣款", "TT-005 TT-010", mutations=(leaves("last"),)),
    Part("card has not paid", "未扣款", "TT-005 TT-010", mutations=(leaves("last", before=True),)),
)
LAST = Part("leaves at the last record", "最后记录时离场", mutations=(leaves("last"),))
AGAIN: Document = {"recovers": True, "transaction": {"sequence": 8, "unpredictable": "90807060A1B2C3D4"}}
CARDS = (
    Part("", ""), Part("two algorithms", "双算法卡", card="dual", sm=True), Part("pure electronic cash", "纯电子现金", card="pure-ec"),
    Part("9F4B in a record", "9F4B在记录中", card="multi"), Part("two currencies", "双币卡", card="dual-currency"),
)  # fmt: skip


def suite() -> SuiteBuilder:
    made = SuiteBuilder("torn", "TT", en="Torn taps", zh="闪卡恢复", groups=GROUPS)
    made.flag("DoubleDebit", "A wrong decision here debits a card twice, or approves what nobody paid.",
              "此处误判会重复扣款或无款批准。")  # fmt: skip
    for group in (_moments, _same, _others, _told, _records, _times, _stores, _restarts, _twice):
        group(made)
    return made


def _moments(made: SuiteBuilder) -> None:
    """TT-001 to TT-007 without recovery, and TT-017."""
    ways = [
        Part("no recovery", "不恢复", "TT-018", switches={"tt.recovery": False}),
        Part("doubtful taps recorded", "登记可疑交易", "TT-017", switches={"tt.recovery": False, "tt.upload_doubtful": True},
             around={"store": "kept"}),
    ]  # fmt: skip
    for nth in range(1, 9):
        for before, mute in ((True, False), (False, False), (False, True)):
            word = "stays and says nothing" if mute else "leaves before it acts" if before else "leaves after it acts"
            zh = "无应答" if mute else "执行前离场" if before else "执行后离场"
            ids = "TT-001" if nth < 3 else "TT-002" if nth == 3 else "TT-004" if nth < 7 else "TT-005 TT-018"
            part = Part(f"command {nth}: {word}", f"第{nth}条命令：{zh}", ids, mutations=(leaves("any", nth=nth, before=before, mute=mute),),
                        term={"passes": nth % 2})  # fmt: skip
            grid(made, "LCSJ", [part], ways[nth % 2 : nth % 2 + 1])
    failed = Part("everything read, signature forged", "读完而签名被伪造", "TT-006", faults=("sdad-bit",))
    grid(made, "LCSJ", [failed], [*ways, RECOVERS])


def _same(made: SuiteBuilder) -> None:
    """TT-010 to TT-015, TT-020."""
    grid(made, "SKHF", [RECOVERS], CARDS, LEFT, [Part("the same card", "同一卡片", "TT-011 TT-012 TT-013 TT-014 TT-015")])
    mute = Part("card stays and says nothing", "卡片不应答", "TT-005", mutations=(leaves("last", mute=True),))
    grid(made, "SKHF", [RECOVERS], [mute])
    forged = Part("and its signature is forged", "且签名被伪造", "TT-020", faults=("signed-amount",), flags=("DoubleDebit",))
    old = Part("fDDA 00", "fDDA 00", "TT-020 FD-006", card="old", switches={"fd.allow_v00": True}, flags=("DoubleDebit",))
    listed = Part("card is listed", "卡片在名单中", "TT-020 QP-095", config={"exception": [{"pan": "6200000000000001016"}]})
    sign = Part("signature needed", "需签名", "TT-020 QP-106", one={"cvm_limit": 1000, "ttq": ["emv_mode", "signature", "fdda_01"]})
    zero = Part("amount 0", "金额0", "TT-020 TR-008", amount=0, faults=("tc-despite-online",),
                switches={"qp.tc_despite_online": "accept"})  # fmt: skip
    grid(made, "SKHF", [RECOVERS], LEFT, [forged, old, listed, sign, zero])
    for profile in ("jrt0025-2013", "c7"):
        grid(made, "SKHF", [RECOVERS], [Part(profile, profile, one={"profile": profile})], LEFT)
    offline = Part("offline-only", "仅脱机", one={"ttq": [*TTQ, "offline_only"]})
    grid(made, "SKHF", [RECOVERS], [offline], LEFT)


def _others(made: SuiteBuilder) -> None:
    """TT-011, TT-012, TT-015: not the card of the record."""
    cards: dict[str, tuple[str, Document]] = {
        "another number": ("卡号不同", {"application": [{"pan": "6200000000000009993"}]}),
        "a sister card": ("同号他序", {"application": [{"psn": "02"}]}),
        "another application": ("其他应用", {"card": "credit"}),
        "the number with another ATC": ("同号而ATC不同", {"application": [{"atc": 5}]}),
        "the number, one tap later, paid": ("同号，多一笔且已付", {"application": [{"atc": 1, "purse": {"balance": 18750}}]}),
        "the number, one tap later, not paid": ("同号，多一笔未付", {"application": [{"atc": 1}]}),
        "the number with another balance": ("同号而余额不同", {"application": [{"atc": 1, "purse": {"balance": 777}}]}),
        "a card of another bank": ("他行卡", {"card": "dual"}),
    }
    for en, (zh, other) in cards.items():
        for who, word, zh_word in (([0, 1, 0], "then the card itself", "随后本卡"), ([0, 1, 1, 1], "and stays", "且不换回")):
            part = Part(f"{en} comes, {word}", f"{zh}，{zh_word}", "TT-012 TT-015", others=(other,),
                        around={"who": who, "waits": [0, 3000, 3000, 3000, 9000]}, flags=("DoubleDebit",))  # fmt: skip
            grid(made, "HKCX", [RECOVERS], LEFT, [part])


def _told(made: SuiteBuilder) -> None:
    """TT-012, TT-013, TT-019, CMD-030, CMD-033, APDU-010: GET DATA."""
    rows = [
        ("ATC refused", "ATC被拒", "TT-012 APDU-010", {"kind": "status", "at": "data", "nth": 1, "value": "6A88"}),
        ("another ATC", "ATC不同", "TT-012 TT-019", {"kind": "set", "at": "data", "nth": 1, "tag": "9F36", "value": "0009"}),
        ("ATC of one byte", "ATC一字节", "TT-012", {"kind": "set", "at": "data", "nth": 1, "tag": "9F36", "value": "01"}),
        ("ATC under another tag", "ATC标签不同", "CMD-030", {"kind": "replay", "at": "data", "nth": 1, "pick": 0}),
        ("byte behind the ATC", "ATC后多一字节", "CMD-030", {"kind": "tail", "at": "data", "nth": 1, "value": "00"}),
        ("balance refused", "余额被拒", "TT-019 APDU-010", {"kind": "status", "at": "data", "nth": 2, "value": "6A88"}),
        ("balance of nobody", "余额不明", "TT-013 TT-019", {"kind": "set", "at": "data", "nth": 2, "tag": "9F5D", "value": "000000012345"}),
        ("balance one more", "余额多一分", "TT-013", {"kind": "set", "at": "data", "nth": 2, "tag": "9F5D", "value": "000000018751"}),
        ("balance as before", "余额如前", "TT-013 TT-015", {"kind": "set", "at": "data", "nth": 2, "tag": "9F5D", "value": "000000020000"}),
        ("balance as after", "余额如后", "TT-013 TT-014", {"kind": "set", "at": "data", "nth": 2, "tag": "9F5D", "value": "000000018750"}),
        ("balance with a letter", "余额含字母", "TT-019", {"kind": "set", "at": "data", "nth": 2, "tag": "9F5D", "value": "00000001875A"}),
        ("balance of 5 bytes", "余额五字节", "TT-019", {"kind": "set", "at": "data", "nth": 2, "tag": "9F5D", "value": "0000018750"}),
        ("currency refused", "货币被拒", "CMD-033 TT-019", {"kind": "status", "at": "data", "nth": 3, "value": "6A88"}),
        ("another currency", "货币不同", "CMD-033 TT-019", {"kind": "set", "at": "data", "nth": 3, "tag": "9F51", "value": "0840"}),
        ("no answer to GET DATA", "GET DATA无应答", "TT-015", leaves("data", mute=True)),
    ]  # fmt: skip
    for en, zh, ids, change in rows:
        part = Part(en, zh, ids, mutations=({**change, "always": True},), around={"waits": [0, 2000, 9000]}, flags=("DoubleDebit",))
        grid(made, "YEBD", [RECOVERS], LEFT, [part])
    for idd, en, zh in ((1, "balance by 9F10", "余额取自9F10"), (5, "spending amount by 9F10", "可用额取自9F10"), (0, "no balance at all", "无余额")):
        gone = Part(en, zh, "TT-013 TT-019 QP-150", app={"idd": idd}, mutations=(without("gpo", "9F5D"),))
        grid(made, "YEBD", [RECOVERS], LEFT, [gone])


def _records(made: SuiteBuilder) -> None:
    """TT-011, TT-012, TT-014, TT-019: what is read again."""
    rows = [
        ("last record refused", "最后记录被拒", "TT-014 TT-019", status("last", "6A83", always=True, **{"from": 2})),
        ("last record changed", "最后记录被改", "TT-014 TT-020", put("last", "9F69", "0102030405000000", **{"from": 2})),
        ("last record without 9F69", "最后记录无9F69", "TT-014 TT-020", {**without("last", "9F69"), "from": 2}),
        ("another 5A", "5A不同", "TT-012", put("record", "5A", "6200000000000001017F", **{"from": 2})),
        ("no 5A", "无5A", "TT-012", {**without("record", "5A"), "from": 2}),
        ("another 5F34", "5F34不同", "TT-012", put("record", "5F34", "02", **{"from": 2})),
        ("no 5F34", "无5F34", "TT-012", {**without("record", "5F34"), "from": 2}),
        ("a record refused", "记录被拒", "TT-015", status("record", "6A83", always=True, **{"from": 2})),
        ("another date in a record", "记录中日期不同", "TT-020", put("record", "5F24", "491230", **{"from": 2})),
        ("directory without the name", "目录无此应用", "TT-011", put("ppse", "4F", "A000000333010199", **{"from": 2})),
        ("directory refused", "目录被拒", "TT-011", status("ppse", "6A82", always=True, **{"from": 2})),
        ("application refused", "应用选择被拒", "TT-011", status("select", "6A82", always=True, **{"from": 2})),
        ("no PDOL any more", "再次选择无PDOL", "TT-011", {**without("select", "9F38"), "from": 2}),
    ]  # fmt: skip
    for en, zh, ids, change in rows:
        part = Part(en, zh, ids, mutations=(change,), around={"waits": [0, 2000, 9000]}, flags=("DoubleDebit",))
        grid(made, "JLBD", [RECOVERS], LEFT, [part])


def _times(made: SuiteBuilder) -> None:
    """TT-016: T1 in one transaction."""
    for seconds in (0, 1, 10):
        for by in (-1, 0, 1):
            wait = 1000 * seconds + by
            if wait >= 0:
                part = Part(f"T1 of {seconds} s, back after {wait} ms", f"T1为{seconds}秒，{wait}毫秒后返回", "TT-016",
                            term={"retap_time": seconds}, around={"waits": [0, wait]})  # fmt: skip
                grid(made, "HFSJ", [RECOVERS], LEFT, [part])
    never = Part("it never comes back", "不再返回", "TT-016 TT-018", around={"detections": ["card", "none"]})
    grid(made, "HFSJ", [RECOVERS], LEFT, [never])
    collision = Part("two cards come", "两张卡", "TT-016 EP-032", around={"detections": ["card", "collision", "card"]})
    grid(made, "HFSJ", [RECOVERS], LEFT, [collision])


def _stores(made: SuiteBuilder) -> None:
    """TT-010, TT-015, TT-017, TT-019: what cannot be kept is not recovered."""
    failing = Part("store fails", "存储失败", "TT-010 TT-005", around={"store": "failed"})
    grid(made, "CCGZ", [RECOVERS], [failing], LEFT)
    for call in (1, 2, 3):
        part = Part(f"call {call} of the store fails", f"第{call}次存储失败", "TT-010 TT-015", around={"store_fails": call})
        grid(made, "CCGZ", [RECOVERS], LEFT, [part])
        doubtful = Part("doubtful taps recorded", "登记可疑交易", "TT-017", switches={"tt.upload_doubtful": True})
        grid(made, "CCGZ", [RECOVERS], LEFT, [part], [doubtful])
    whole = Part("nothing goes wrong", "无异常", "TT-010 TT-017")
    grid(made, "CCGZ", [RECOVERS], [whole], CARDS[:3])


def _restarts(made: SuiteBuilder) -> None:
    """TT-016, TT-019, XA-041: a second transaction with what was kept."""
    gone = Part(around={"detections": ["card", "none"]})
    grid(made, "CQHF", [RECOVERS], LEFT, [gone], [Part("recovered after a restart", "重启后恢复", "TT-016 TT-010", taps=({}, AGAIN))])
    for torn, seconds in ((60, -1), (60, 0), (60, 59), (60, 60), (60, 61), (0, 0), (0, 1), (1, 1), (1, 2)):
        at = 36672 + seconds
        time = f"{at // 3600:02}{at % 3600 // 60:02}{at % 60:02}"
        later = Part(f"T2 of {torn} s, {seconds} s later", f"T2为{torn}秒，{seconds}秒后", "TT-016", term={"torn_time": torn},
                     taps=({}, {**AGAIN, "transaction": {"sequence": 8, "time": time}}))  # fmt: skip
        grid(made, "CQHF", [RECOVERS], LEFT[:1], [gone], [later])
    midnight = Part("across midnight", "跨午夜", "TT-016", tx={"date": "261231", "time": "235930"},
                    taps=({}, {**AGAIN, "transaction": {"date": "270101", "time": "000010"}}))  # fmt: skip
    grid(made, "CQHF", [RECOVERS], LEFT, [gone], [midnight])
    for name, value in (("amount", 1251), ("other", 1), ("type", 1), ("currency", 344)):
        other = Part(f"another {name}", f"{name}不同", "TT-016", one={"types": ["00", "01"]},
                     taps=({}, {**AGAIN, "transaction": {name: value}}))  # fmt: skip
        grid(made, "CQHF", [RECOVERS], LEFT, [gone], [other])
    for bit in (0, 7, 300, 1001, 2500):
        damaged = Part(f"bit {bit} of the record is wrong", f"记录第{bit}位错误", "TT-019", taps=({}, {**AGAIN, "damage": bit}))
        grid(made, "CQHF", [RECOVERS], LEFT[:1], [gone], [damaged])
    for who, en, zh in (([0, 1], "another card after a restart", "重启后他卡"), ([0, 1, 0], "another card, then the card itself", "他卡后本卡")):
        part = Part(en, zh, "TT-012 TT-015", taps=({}, AGAIN), others=({"application": [{"pan": "6200000000000009993"}]},),
                    around={"who": who, "detections": ["card", "none", "card", "card", "none"]})  # fmt: skip
        grid(made, "CQHF", [RECOVERS], LEFT, [part])


def _twice(made: SuiteBuilder) -> None:
    """TT-015, TT-016: gone again during the recovery, at each of its commands."""
    for nth in range(1, 10):
        for before in (True, False):
            word, zh = ("before", "前") if before else ("after", "后")
            part = Part(f"leaves again {word} command {nth}", f"恢复时第{nth}条命令{zh}再离场", "TT-015",
                        mutations=(leaves("any", nth=nth, before=before, since=2),))  # fmt: skip
            grid(made, "ZCLC", [RECOVERS], LEFT[nth % 2 :][:1], [part])
    for nth in (1, 4, 7):
        ever = Part(f"leaves at command {nth} again and again", f"反复在第{nth}条命令离场", "TT-015 TT-016",
                    mutations=(leaves("any", nth=nth, always=True, since=2),))  # fmt: skip
        late = [Part("", ""), Part("two seconds each", "每次两秒", around={"waits": [0] + [2000] * 20})]
        grid(made, "ZCLC", [RECOVERS], LEFT, [ever], late)
