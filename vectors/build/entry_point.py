"""Suite `entry-point`: pre-processing, the directory, the choice of an application, Start B."""

from __future__ import annotations

from vectors.build.base import CREDIT, DEBIT, TTQ, combination
from vectors.build.grid import Part, leaves, put, status, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "YXCL": Words("Pre-processing", "预先处理"),
    "DDKP": Words("Waiting for a card", "等待卡片"),
    "MLXZ": Words("The directory", "目录选择"),
    "MLTM": Words("Entries of the directory", "目录条目"),
    "YYXZ": Words("Choice of the application", "应用选择"),
    "KZXX": Words("FCI of the application", "应用文件控制信息"),
    "KZXZ": Words("Extended selection", "扩展选择"),
    "NHBS": Words("Kernel identifiers", "内核标识"),
    "GDJE": Words("Start B with a fixed amount", "固定金额起始B"),
    "ZCXS": Words("Presented again", "再次出示"),
}
WAYS = tuple(
    Part(f"selection {one}", f"选择方式{one}", "EP-091", switches={"ep.selection": one})
    for one in ("ep", "p12")
)
FCI = {"path": "6F.A5"}
SEVERAL = Part("card with three applications", "三应用卡", card="multi")


def suite() -> SuiteBuilder:
    made = SuiteBuilder(
        "entry-point", "EP", en="Entry point", zh="入口点与应用选择", groups=GROUPS
    )
    for group in (
        _before, _waiting, _directory, _entries, _choice, _fci, _extended, _kernels, _fixed, _again,
    ):  # fmt: skip
        group(made)
    return made


def _before(made: SuiteBuilder) -> None:
    """EP-010 to EP-026, QP-020 to QP-025."""
    for exponent in (0, 2, 3):
        unit = 10**exponent
        amounts = [
            Part(f"amount {unit + by} at exponent {exponent}", f"指数{exponent}，金额{unit + by}",
                 "EP-012 EP-020 QP-020", amount=unit + by, tx={"exponent": exponent})
            for by in (-1, 0, 1)
            if unit + by
        ]  # fmt: skip
        checked = [
            Part(f"status check {word}", f"状态检查{zh}", "EP-012", one={"status_check": on})
            for word, zh, on in (("on", "开", True), ("off", "关", False))
        ]
        grid(made, "YXCL", amounts, checked)
    zero = Part("amount 0", "金额为0", "EP-013 EP-021 QP-021 QP-022 TR-008", amount=0)
    allowed = [
        Part(f"zero amount {word}", f"零金额{zh}", "EP-013", one={"zero_amount": on})
        for word, zh, on in (("allowed", "允许", True), ("not allowed", "不允许", False))
    ]
    online = [
        Part("online-capable", "可联机", "EP-021"),
        Part("offline-only", "仅脱机", "EP-021 TTQ-004", one={"ttq": [*TTQ, "offline_only"]}),
    ]
    grid(made, "YXCL", [zero], allowed, online)
    ttqs = [
        Part("no TTQ", "未配置TTQ", "EP-023 EP-026", one={"ttq": None}),
        Part("TTQ without a way", "TTQ无任何路径", "EP-026", one={"ttq": TTQ[1:]}),
        Part("TTQ in hexadecimal", "TTQ按十六进制", "EP-011 TTQ-001 TTQ-002", one={"ttq": "36004080"}),
        Part("every configurable bit", "TTQ全部可配置位", "TTQ-002 TTQ-003", one={"ttq": "F7204080"}),
    ]  # fmt: skip
    others = [
        Part("", ""),
        Part("credit has a good one", "贷记组合可用", "EP-024",
             more=(combination(CREDIT),)),
    ]  # fmt: skip
    cards = [Part("debit card", "借记卡"), Part("credit card", "贷记卡", card="credit")]
    grid(made, "YXCL", ttqs, others, cards)
    for types, en in ((["00"], "purchase alone"), (["00", "20"], "purchase and refund"), (["20"], "refund alone")):
        served = Part(f"types: {en}", f"类型{'+'.join(types)}", "EP-010 QP-027", one={"types": types})
        grid(made, "YXCL", [served], [Part("purchase", "消费"), Part("refund", "退货", tx={"type": 0x20})])
    two = [
        Part("both above their limits", "均超限", "EP-024", one={"transaction_limit": 1000},
             more=(combination(CREDIT, transaction_limit=1000),)),
        Part("debit above, credit below", "借记超限贷记未超", "EP-024", one={"transaction_limit": 1000, "aid": DEBIT},
             more=(combination(CREDIT),)),
        Part("no combination of the card above", "卡片组合未超限", "EP-014 EP-024",
             more=(combination(CREDIT, transaction_limit=1000),)),
    ]  # fmt: skip
    grid(made, "YXCL", two, cards)
    interfaces = [Part("", ""), Part("no contact reader", "无接触读卡器", one={"ttq": [t for t in TTQ if t != "contact_chip"]})]
    over = Part("amount at the transaction limit", "金额等于交易限额", "EP-014 EP-024 QP-023 QP-026",
                one={"transaction_limit": 1250})  # fmt: skip
    grid(made, "YXCL", [over], interfaces)


def _waiting(made: SuiteBuilder) -> None:
    """EP-030 to EP-032, EP-035."""
    rows = [
        Part("no card", "无卡", "EP-031", around={"detections": ["none"]}),
        Part("two cards, then one", "先两张卡后一张", "EP-032", around={"detections": ["collision", "card"]}),
        Part("three collisions", "三次冲突", "EP-032",
             around={"detections": ["collision", "collision", "collision", "card"]}),
        Part("collision, then no card", "冲突后无卡", "EP-031 EP-032",
             around={"detections": ["collision", "none"]}),
    ]  # fmt: skip
    grid(made, "DDKP", rows, WAYS)
    for at, ids in (("ppse", "EP-035 EP-090 TT-001"), ("select", "EP-035 TT-001"), ("gpo", "QP-046 TT-002")):
        for count in (0, 1, 3):
            gone = Part(f"card leaves at {at}", f"卡片在{at}离开", ids, term={"passes": count},
                        mutations=(leaves(at, always=count != 1),))  # fmt: skip
            after = Part(f"{count} passes", f"重试{count}次", "OUT-003 OUT-006 TT-007")
            grid(made, "DDKP", [gone], [after], WAYS[:1])
        once = Part(f"leaves at {at}, comes back, no card", f"在{at}离开后无卡", ids,
                    mutations=(leaves(at),), around={"detections": ["card", "none"]})  # fmt: skip
        grid(made, "DDKP", [once], WAYS)


def _directory(made: SuiteBuilder) -> None:
    """EP-042 to EP-045, EP-091, EP-095, EP-096."""
    words = [
        Part(f"PPSE {one}", f"PPSE返回{one}", "EP-043 EP-091" + (" EP-096" if one == "6A81" else " EP-095"),
             mutations=(status("ppse", one, always=True),))
        for one in ("6A82", "6A81", "6283", "6985", "9001")
    ]  # fmt: skip
    kept = Part("PPSE 6283 with its FCI", "PPSE返回6283并带FCI", "EP-043",
                mutations=(status("ppse", "6283", keep=True, always=True),))  # fmt: skip
    shapes = [
        Part("another name", "名称不同", "EP-045", faults=("ppse-name",)),
        Part("no name", "无名称", "EP-045", mutations=(without("ppse", "84"),)),
        Part("no BF0C", "无BF0C", "EP-045", faults=("ppse-no-bf0c",)),
        Part("no A5", "无A5", "EP-045", mutations=(without("ppse", "A5"),)),
        Part("no entry", "无条目", "EP-045", mutations=(without("ppse", "61"),)),
        Part("template 77", "模板为77", "EP-044",
             mutations=({"kind": "template", "at": "ppse", "value": "77", "always": True},)),
        Part("a byte behind", "末尾多余字节", "EP-044 TLV-016",
             mutations=({"kind": "tail", "at": "ppse", "value": "00", "always": True},)),
        Part("a byte short", "缺一字节", "EP-044 TLV-009",
             mutations=({"kind": "cut", "at": "ppse", "count": 1, "always": True},)),
        Part("padding inside", "内部有填充", "TLV-011 TLV-013", faults=("padding:command=ppse",)),
        Part("padding FF inside", "内部有FF填充", "TLV-014", faults=("padding:command=ppse,byte=FF",)),
        Part("unknown object", "未知对象", "TLV-017",
             mutations=({"kind": "insert", "at": "ppse", "tag": "DF7F", "value": "01", "always": True},)),
        Part("length in a longer form", "长度编码更长", "TLV-007",
             mutations=({"kind": "long form", "at": "ppse", "always": True},)),
        Part("no data", "无数据", "EP-044", faults=("empty:command=ppse",)),
    ]  # fmt: skip
    grid(made, "MLXZ", [*words, kept, *shapes], WAYS)
    blocked = Part("blocked card", "卡片锁定", "EP-096", card="blocked-card")
    grid(made, "MLXZ", [blocked], WAYS)


def _entries(made: SuiteBuilder) -> None:
    """EP-046 to EP-050, EP-056, EP-058."""
    names = {
        "": ("empty", "EP-046 TLV-020"), "A0000003": ("4 bytes", "EP-046"),
        "A000000333": ("5 bytes", "EP-046 EP-050"), "A0" * 16: ("16 bytes", "EP-046"),
        "A0" * 17: ("17 bytes", "EP-046"),
    }  # fmt: skip
    rows = [
        Part(f"4F {en}", f"4F：{len(value) // 2}字节", ids, mutations=(put("ppse", "4F", value),))
        for value, (en, ids) in names.items()
    ]
    rows += [
        Part("no 4F", "无4F", "EP-046", mutations=(without("ppse", "4F"),)),
        Part("entry ends inside an object", "条目在对象内结束", "EP-047", faults=("ppse-malformed",)),
        Part("87 of 2 bytes", "87长2字节", "EP-048", mutations=(put("ppse", "87", "0101"),)),
        Part("50 of 17 bytes", "50长17字节", "EP-048", mutations=(put("ppse", "50", "41" * 17),)),
        Part("priority 0", "优先级0", "EP-062", faults=("ppse-priority:00",)),
        Part("priority with confirmation", "优先级带确认位", "EP-062", faults=("ppse-priority:81",)),
        Part("entry listed twice", "条目重复", "EP-062 TLV-018", faults=("ppse-twice",)),
        Part("12 foreign entries before", "前有12个他方条目", "EP-050", faults=("ppse-many",)),
    ]  # fmt: skip
    grid(made, "MLTM", rows, WAYS)
    grid(made, "MLTM", rows[:6], [SEVERAL], WAYS[:1])


def _choice(made: SuiteBuilder) -> None:
    """EP-050, EP-057, EP-060 to EP-065, EP-092, EP-093, QP-010, OUT-004."""
    matches = [
        Part("RID alone", "仅RID", "EP-050", one={"aid": "A000000333"}),
        Part("beginning of the name", "名称前段", "EP-050", one={"aid": DEBIT[:14]}),
        Part("whole name", "完整名称", "EP-050", one={"aid": DEBIT}),
        Part("whole name, exact", "完整名称精确匹配", "EP-050", one={"aid": DEBIT, "partial_match": False}),
        Part("beginning, exact", "前段精确匹配", "EP-050", one={"aid": DEBIT[:14], "partial_match": False}),
        Part("longer than the card's", "比卡片名称长", "EP-050", one={"aid": DEBIT + "01"}),
        Part("another application", "另一应用", "EP-050 EP-060", one={"aid": CREDIT}),
        Part("two that fit, the longest counts", "两者均匹配取最长", "EP-057 QP-010",
             one={"aid": "A000000333", "cvm_limit": 100},
             more=(combination(DEBIT, cvm_limit=None),)),
    ]  # fmt: skip
    grid(made, "YYXZ", matches, WAYS)
    applications = [
        {"aid": CREDIT, "label": "CREDIT", "pan": "6200000000000002014", "expiry": "2049-12-31",
         "ctq": "0000", "cap": "1800F000"},
    ]  # fmt: skip
    for first, second in ((1, 2), (2, 1), (1, 1), (15, 1), (None, 1), (1, None), (None, None)):
        one = {} if first is None else {"priority": first}
        two = {} if second is None else {"priority": second}
        names = [str(value or "none") for value in (first, second)]
        base = {"aid": DEBIT, "label": "DEBIT", "pan": "6200000000000001016",
                "expiry": "2049-12-31", "ctq": "0000", "cap": "1800F000"}  # fmt: skip
        both = Part(f"priorities {names[0]} and {names[1]}", f"优先级{names[0]}与{names[1]}",
                    "EP-061 EP-062 EP-092", card="two-applications",
                    whole={"application": [{**base, **one}, {**applications[0], **two}]})  # fmt: skip
        then = [
            Part("", ""),
            Part("the first refuses SELECT", "首个应用选择被拒", "EP-041 EP-056 EP-065 EP-093 OUT-004",
                 mutations=(status("select", "6A82"),)),
            Part("both refuse", "两者均被拒", "EP-060 EP-065",
                 mutations=(status("select", "6283", keep=True, always=True),
                            status("select", "6283", nth=2, keep=True, always=True))),
        ]  # fmt: skip
        grid(made, "YYXZ", [both], then[: 3 if first == 1 else 1], WAYS)
    blocked = Part("blocked application", "应用锁定", "EP-065", card="blocked")
    grid(made, "YYXZ", [blocked, SEVERAL], WAYS)


def _fci(made: SuiteBuilder) -> None:
    """EP-067, EP-068, EP-094, TLV-023."""
    rows = [
        Part("no 84", "无84", "EP-067", mutations=(without("select", "84"),)),
        Part("another 84", "84不同", "EP-067", faults=("fci-name",)),
        Part("no PDOL", "无PDOL", "EP-067 EP-094 QP-040", faults=("no-pdol",)),
        Part("PDOL without 9F66", "PDOL无9F66", "EP-067 EP-094 QP-040", faults=("pdol-without-ttq",)),
        Part("PDOL that ends in a tag", "PDOL在标签内结束", "DOL-014", faults=("pdol-cut",)),
        Part("PDOL without a length", "PDOL缺长度", "DOL-014", faults=("pdol-no-length",)),
        Part("PDOL too long", "PDOL过长", "DOL-017", faults=("pdol-long",)),
        Part("PDOL of unknown tags", "PDOL含未知标签", "DOL-004", faults=("pdol-unknown",)),
        Part("template 70", "模板为70", "EP-068",
             mutations=({"kind": "template", "at": "select", "value": "70", "always": True},)),
        Part("a byte behind", "末尾多余字节", "EP-068 TLV-016",
             mutations=({"kind": "tail", "at": "select", "value": "FF", "always": True},)),
        Part("a byte short", "缺一字节", "EP-068",
             mutations=({"kind": "cut", "at": "select", "count": 1, "always": True},)),
        Part("no A5", "无A5", "EP-068", mutations=(without("select", "A5"),)),
        Part("padding FF", "FF填充", "TLV-014", faults=("padding:command=select,byte=FF",)),
        Part("objects of the directory once more", "目录对象再次出现", "TLV-023",
             mutations=(put("select", "50", "41424344", **FCI), put("select", "87", "02", **FCI))),
        Part("language of 3 letters", "语言3字母", "TLV-034", mutations=(put("select", "5F2D", "7A6865", **FCI),)),
        Part("unknown template", "未知模板", "TLV-017 TLV-033",
             mutations=({"kind": "insert", "at": "select", "tag": "BF30", "value": "9F38FF", "always": True},)),
    ]  # fmt: skip
    grid(made, "KZXX", rows, WAYS)
    grid(made, "KZXX", rows[:5], [SEVERAL], WAYS)
    off = Part("tlv.skip_ff off", "tlv.skip_ff关", "TLV-014", switches={"tlv.skip_ff": False})
    grid(made, "KZXX", [rows[12]], [off], WAYS)


def _extended(made: SuiteBuilder) -> None:
    """EP-063."""
    on = [
        Part("extended selection on", "扩展选择开", "EP-063", one={"extended_selection": True}),
        Part("extended selection off", "扩展选择关", "EP-063", one={"extended_selection": False}),
    ]
    for value in ("", "01", "0102030405060708", "010203040506070809"):
        part = Part(f"9F29 of {len(value) // 2} bytes", f"9F29长{len(value) // 2}字节", "EP-063",
                    mutations=(put("ppse", "9F29", value, path="6F.A5.BF0C.61"),))  # fmt: skip
        grid(made, "KZXZ", [part], on)
        grid(made, "KZXZ", [part], on[:1], [SEVERAL])


def _kernels(made: SuiteBuilder) -> None:
    """EP-051 to EP-055, EP-072."""
    values = {
        "": ("empty", "EP-051 TLV-020"), "07": ("kernel 7", "EP-052"), "03": ("kernel 3", "EP-054 EP-055"),
        "00": ("any", "EP-055"), "47": ("RFU bits", "EP-052"), "80": ("domestic, short", "EP-053"),
        "870156": ("domestic 7", "EP-053 EP-055"), "800156": ("domestic, short id 0", "EP-053"),
        "C70156": ("proprietary 7", "EP-053"), "070000": ("kernel 7 in 3 bytes", "EP-052"),
        "070000000000000000": ("9 bytes", "EP-048"),
    }  # fmt: skip
    kernels = [
        Part("", ""),
        Part("ep.k7_ignore_other_kid on", "ep.k7_ignore_other_kid开", "EP-054",
             switches={"ep.k7_ignore_other_kid": True}),
        Part("combination of kernel 3 too", "另有内核3组合", "EP-055 EP-072",
             more=(combination(DEBIT, kernel=3),)),
    ]  # fmt: skip
    for value, (en, ids) in values.items():
        part = Part(f"9F2A {value or '(empty)'}: {en}", f"9F2A为{value or '空'}", ids,
                    mutations=(put("ppse", "9F2A", value, path="6F.A5.BF0C.61"),))  # fmt: skip
        grid(made, "NHBS", [part], kernels)
    foreign = Part("foreign scheme alone", "仅他方应用", "EP-051 EP-072", card="foreign-alone", whole={
        "application": [{"foreign": True, "aid": "A0000000041010", "label": "FOREIGN"}]},
        more=(combination("A000000004", kernel=2, profile=None, ttq=None, version=None),))  # fmt: skip
    first = Part("foreign scheme first", "他方应用优先", "EP-072", card="multi",
                 more=(combination("A000000004", kernel=2, profile=None, ttq=None, version=None),))  # fmt: skip
    grid(made, "NHBS", [foreign, first], WAYS)


def _fixed(made: SuiteBuilder) -> None:
    """EP-001 to EP-004."""
    start = Part("Start B", "起始B", "EP-002 EP-003 EP-004", tx={"start": "B"})
    fixed = {"ep.start_b_fixed": True}
    rows = [
        Part("switch off", "开关关", "EP-004"),
        Part("amount below all limits", "金额低于各限额", "EP-004", switches=fixed),
        Part("one unit below the transaction limit", "低于交易限额一分", "EP-004 EP-014", switches=fixed,
             amount=499999, one={"floor_limit": 500000, "cvm_limit": None}),
        Part("at the transaction limit", "等于交易限额", "EP-004 EP-014", switches=fixed, amount=500000,
             one={"floor_limit": 500000, "cvm_limit": None}),
        Part("above the floor limit without B2b8", "超最低限额而无B2b8", "EP-004", switches=fixed, amount=20001),
        Part("above the floor limit with B2b8", "超最低限额且有B2b8", "EP-002 EP-004", switches=fixed,
             amount=20001, one={"ttq": [*TTQ, "online_cryptogram_required"]}),
        Part("B2b8 without need", "无需B2b8而已设置", "EP-004", switches=fixed,
             one={"ttq": [*TTQ, "online_cryptogram_required"]}),
        Part("at the CVM limit with B2b7", "等于验证限额且有B2b7", "EP-002 EP-004", switches=fixed,
             amount=15000, one={"cvm_limit": 15000, "ttq": [*TTQ, "cvm_required"]}),
        Part("at the CVM limit without B2b7", "等于验证限额而无B2b7", "EP-004", switches=fixed,
             amount=15000, one={"cvm_limit": 15000}),
        Part("amount 0 with B2b8", "金额0且有B2b8", "EP-004 EP-021", switches=fixed, amount=0,
             one={"ttq": [*TTQ, "online_cryptogram_required"]}),
        Part("amount 0, not allowed", "金额0不允许", "EP-004 EP-013", switches=fixed, amount=0,
             one={"zero_amount": False}),
        Part("status check", "状态检查", "EP-004 EP-012", switches=fixed, amount=100, one={"status_check": True}),
    ]  # fmt: skip
    again = [
        Part("", ""),
        Part("card leaves once", "卡片离开一次", "EP-001 OUT-003", mutations=(leaves("gpo"),)),
    ]
    grid(made, "GDJE", [start], rows, again)


def _again(made: SuiteBuilder) -> None:
    """OUT-003, OUT-006, OUT-007, EP-058, TLV-024, FMT-006: nothing of the failed pass is left."""
    rows = [
        Part("another card comes back", "换卡", "OUT-006 TLV-024", mutations=(leaves("gpo", before=True),),
             around={"who": [0, 1]}, others=({"card": "credit"},)),
        Part("leaves at the second record", "在第二条记录离开", "OUT-006 TT-004",
             mutations=(leaves("record", nth=2, before=True),)),
        Part("another card after a record", "读一条记录后换卡", "OUT-006 TLV-024",
             mutations=(leaves("record", before=True),), around={"who": [0, 1]}, others=({"card": "credit"},)),
        Part("directory differs when it is back", "再次出示时目录不同", "EP-058",
             mutations=(leaves("gpo"), {"kind": "set", "at": "ppse", "tag": "4F", "value": "A000000004",
                                        "from": 2, "always": True})),
        Part("see phone, then another phone", "提示看手机后换手机", "OUT-007 OUT-027", card="phone-confirm",
             around={"who": [0, 1]}, others=({"card": "phone"},)),
    ]  # fmt: skip
    passes = [Part(f"{one} passes", f"重试{one}次", "TT-007", term={"passes": one}) for one in (0, 1, 3)]
    grid(made, "ZCXS", rows, passes, [Part(ids="FMT-006")])
