"""Suite `limits`: every limit of terminal and card with amounts one below, equal and one above."""

from __future__ import annotations

import datetime

from vectors.build.base import TTQ, whole
from vectors.build.grid import Part, put
from vectors.build.grid import leaves as leave
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "ZDXE": Words("Limits of the terminal", "终端限额"),
    "ZDXL": Words("Limits of 0, absent limits", "零限额与未设限额"),
    "XELX": Words("Exponents and large amounts", "货币指数与大额"),
    "DZXJ": Words("Electronic cash offered", "电子现金支持指示"),
    "KPXE": Words("Limits of the card", "卡片限额"),
    "RQJX": Words("Dates", "日期界限"),
    "CDJX": Words("Lengths", "长度界限"),
    "CSJX": Words("Counters and passes", "次数界限"),
}
AROUND = ((-1, "one below", "低一分"), (0, "equal to", "等于"), (1, "one above", "高一分"))
PROFILES = tuple(Part(one, one, one={"profile": one}) for one in ("jrt0025-2013", "uics-2018", "c7"))
WITH_9F7A = "9F66049F02069F03069F1A0295055F2A029A039C019F7A019F3704"


def suite() -> SuiteBuilder:
    made = SuiteBuilder("limits", "LM", en="Limits", zh="限额与界限", groups=GROUPS)
    for group in (_terminal, _zero, _exponents, _cash, _card, _dates, _lengths, _counts):
        group(made)
    return made


def _around(what: str, zh: str, ids: str, limit: int, **changes: object) -> list[Part]:
    """Amounts around a limit."""
    return [
        Part(f"amount {en} the {what}", f"金额{zh_by}{zh}", ids, amount=limit + by, **changes)  # type: ignore[arg-type]
        for by, en, zh_by in AROUND
    ]


def _terminal(made: SuiteBuilder) -> None:
    """EP-014 to EP-019, QP-011 to QP-013, QP-023 to QP-025."""
    limits = {
        "transaction_limit": ("transaction limit", "交易限额", "EP-014 QP-023"),
        "floor_limit": ("floor limit", "非接触最低限额", "EP-015 EP-019 QP-025"),
        "cvm_limit": ("CVM limit", "验证限额", "EP-018 EP-022 QP-024"),
    }
    for name, (en, zh, ids) in limits.items():
        around = _around(en, zh, ids, 10000, one={name: 10000})
        grid(made, "ZDXE", PROFILES, around)
        grid(made, "ZDXE", PROFILES[1:2], around, [Part("credit", "贷记卡", card="credit")])
    by_9f1b = {"floor_limit": None, "terminal_floor_limit": 10000}
    grid(made, "ZDXE", PROFILES, _around("9F1B", "9F1B", "EP-016 FMT-004", 10000, one=by_9f1b))
    both = {"floor_limit": 10000, "terminal_floor_limit": 5000}
    grid(made, "ZDXE", PROFILES[1:2], _around("9F1B beside a floor limit", "9F1B（另有最低限额）",
                                            "EP-015 EP-016", 5000, one=both))  # fmt: skip
    ge = Part("ep.floor_cmp_ge", "ep.floor_cmp_ge", "EP-016", switches={"ep.floor_cmp_ge": True})
    grid(made, "ZDXE", PROFILES[1:], [ge], _around("floor limit", "最低限额", "EP-016", 10000, one={"floor_limit": 10000}))
    grid(made, "ZDXE", PROFILES[1:2], [ge], _around("9F1B", "9F1B", "EP-016", 10000, one=by_9f1b))
    swap = Part("DF19 and DF20 swapped", "DF19与DF20互换", "QP-012", switches={"param.swap_df19_df20": True})
    for name, limit in (("floor_limit", 10000), ("transaction_limit", 5000)):
        swapped = {"floor_limit": 10000, "transaction_limit": 5000}
        grid(made, "ZDXE", PROFILES[1:2], [swap], _around(f"{name} as configured", f"配置的{name}", "QP-012", limit, one=swapped))


def _zero(made: SuiteBuilder) -> None:
    """QP-011: absent is not 0."""
    names = ("transaction_limit", "floor_limit", "cvm_limit")
    for name in names:
        for value in (0, None, 1):
            words = "absent" if value is None else str(value)
            part = Part(f"{name} {words}", f"{name}为{'未设' if value is None else value}", "QP-011",
                        one={name: value})  # fmt: skip
            amounts = [Part(f"amount {one}", f"金额{one}", amount=one) for one in (1, 20001)]
            grid(made, "ZDXL", [part], amounts)
    none = Part("no floor limit at all", "无任何最低限额", "EP-017 QP-011", one={"floor_limit": None})
    grid(made, "ZDXL", PROFILES, [none], [Part("selection ep", "选择方式ep", switches={"ep.selection": "ep"}),
                                         Part("selection p12", "选择方式p12", switches={"ep.selection": "p12"})])  # fmt: skip
    zero = Part("9F1B 0", "9F1B为0", "EP-016 EP-017", one={"floor_limit": None, "terminal_floor_limit": 0})
    grid(made, "ZDXL", PROFILES, [zero])


def _exponents(made: SuiteBuilder) -> None:
    """EP-025, FMT-002, FMT-003, QP-013."""
    for exponent in (0, 1, 2, 3, 9):
        tx = Part(f"exponent {exponent}", f"指数{exponent}", "EP-025 QP-013", tx={"exponent": exponent})
        grid(made, "XELX", [tx], _around("CVM limit", "验证限额", "EP-018", 10000, one={"cvm_limit": 10000})[1:])
    binary = "9F66049F02068104" + "9F37045F2A02"
    free = {"floor_limit": None, "transaction_limit": None, "cvm_limit": None}
    for amount in (2**32 - 1, 2**32, 10**12 - 1):
        large = Part(f"amount {amount}", f"金额{amount}", "FMT-002 FMT-003", amount=amount, one=free)
        pdols = [Part("PDOL asks for 81", "PDOL要求81", "FMT-002", app={"pdol": binary}), Part("", "")]
        grid(made, "XELX", [large], pdols)
    other = "9F66049F02069F03069F04049F37045F2A02"
    for amount in (0, 2**32 - 1, 2**32):
        part = Part(f"other amount {amount}", f"其他金额{amount}", "FMT-002 FMT-003", tx={"other": amount},
                    app={"pdol": other})  # fmt: skip
        grid(made, "XELX", [part], [Part("", "")])
    for currency in (156, 344, 840):
        money = Part(f"currency {currency}", f"货币{currency}", "FMT-005", tx={"currency": currency})
        cards = [Part("", ""), Part("dual-currency card", "双币卡", card="dual-currency")]
        grid(made, "XELX", [money], cards)


def _cash(made: SuiteBuilder) -> None:
    """EC-001, QP-044: 9F7A is 1 below the limit of electronic cash."""
    asks = Part("", "", app={"pdol": WITH_9F7A})
    grid(made, "DZXJ", [asks], _around("electronic cash limit", "电子现金限额", "EC-001 QP-044", 5000, one={"ec_limit": 5000}))
    by_9f1b = {"ec_limit": None, "terminal_floor_limit": 5000}
    grid(made, "DZXJ", [asks], _around("9F1B without 9F7B", "9F1B（无9F7B）", "EC-001", 5000, one=by_9f1b))
    none = Part("neither 9F7B nor 9F1B", "无9F7B与9F1B", "EC-001", one={"ec_limit": None})
    cash = Part("cash withdrawal", "取现", "EC-001", tx={"type": 1}, one={"types": ["00", "01"]})
    grid(made, "DZXJ", [asks], [none, cash], PROFILES)


def _card(made: SuiteBuilder) -> None:
    """What the card decides at its own limits: the terminal follows it."""
    online = [Part("", ""), Part("offline-only", "仅脱机", one={"ttq": [*TTQ, "offline_only"]})]
    grid(made, "KPXE", _around("balance", "余额", "QP-124 QP-069", 3000, purse={"balance": 3000, "reset": 0}), online)
    grid(made, "KPXE", _around("balance less the reset threshold", "余额减重置阈值", "QP-124 QP-069", 2000,
                              purse={"balance": 3000, "reset": 1000}), online)  # fmt: skip
    grid(made, "KPXE", _around("single transaction limit", "单笔限额", "QP-124 QP-069", 3000, purse={"single": 3000}), online)
    grid(made, "KPXE", _around("card's CVM limit", "卡片验证限额", "QP-100", 3000, app={"cvm_limit": 3000}), online)
    spent = whole("debit")
    grid(made, "KPXE", _around("cumulative limit", "累计限额", "QP-124", 3000, card="ctta", whole=spent,
                              app={"cap": "4900F000", "risk": {"cumulative_limit": 3000}}), online)  # fmt: skip
    prepaid = Part("prepaid card", "预付卡", "TT-002 QP-124", card="prepaid")
    grid(made, "KPXE", [prepaid], [Part(f"amount {one}", f"金额{one}", amount=one) for one in (0, 1, 19999, 20000, 20001)])
    two = [{}, {"transaction": {"sequence": 8}}, {"transaction": {"sequence": 9}}]
    for amount in (9000, 9500, 10000):
        thrice = Part(f"three purchases of {amount}", f"连续三笔{amount}", "QP-150 TLV-024 FMT-006", amount=amount,
                      taps=tuple(two))  # fmt: skip
        grid(made, "KPXE", [thrice], online)


def _dates(made: SuiteBuilder) -> None:
    """QP-090, QP-094, TLV-029, the century of 00-index section 4."""
    for today in ("240229", "261121", "491231", "500101"):
        year = int(today[:2])
        first = datetime.date((2000 if year < 50 else 1900) + year, int(today[2:4]), int(today[4:]))
        for by, en, zh in ((-1, "yesterday", "昨日"), (0, "today", "今日"), (1, "tomorrow", "明日")):
            day = (first + datetime.timedelta(days=by)).strftime("%y%m%d")
            part = Part(f"{today}: expires {en}", f"{today}：{zh}到期", "QP-090", tx={"date": today},
                        mutations=(put("record", "5F24", day),))  # fmt: skip
            begins = Part(f"{today}: effective from {en}", f"{today}：{zh}生效", "QP-094", tx={"date": today},
                          mutations=(put("record", "5F25", day),), switches={"qp.check_effective": True})  # fmt: skip
            grid(made, "RQJX", [part, begins])
    for value in ("261301", "260001", "260230", "261131", "26AA01", "2611"):
        for tag in ("5F24", "5F25"):
            bad = Part(f"{tag} is {value}", f"{tag}为{value}", "TLV-029", mutations=(put("record", tag, value),))
            grid(made, "RQJX", [bad])


def _lengths(made: SuiteBuilder) -> None:
    """TLV-010, APDU-001, FD-002, QP-067, EP-046: one byte less, as it is, one more."""
    rows = {
        "9F36": ("gpo", (1, 2, 3), "QP-067"), "9F26": ("gpo", (7, 8, 9), "QP-067"),
        "9F10": ("gpo", (6, 7, 8, 32, 33), "QP-067 TLV-034"), "82": ("gpo", (1, 2, 3), "QP-064"),
        "9F27": ("gpo", (1, 2), "QP-067"), "9F6C": ("gpo", (1, 2, 3), "CTQ-002"),
        "57": ("gpo", (19, 20), "TLV-034"), "9F63": ("gpo", (15, 16, 17), "TLV-034"),
        "9F69": ("last", (7, 8, 16, 17), "FD-002"), "9F74": ("last", (5, 6, 7), "TLV-034"),
        "5F34": ("record", (1, 2), "TLV-034"), "9F08": ("record", (1, 2, 3), "TLV-034"),
        "5A": ("record", (10, 11), "TLV-034 TLV-030"), "5F20": ("record", (2, 26, 27), "TLV-028"),
    }  # fmt: skip
    starts = {
        "9F10": "07010103900000010A010000018750B269779D", "82": "7C00", "9F27": "40", "9F6C": "0000",
        "57": "6200000000000001016D491222000000000F", "9F69": "0102030405000000", "9F08": "0030",
        "5A": "6200000000000001016F", "5F34": "01", "9F36": "0001",
    }  # fmt: skip
    for tag, (at, lengths, ids) in rows.items():
        for length in lengths:
            filler = "FF" if tag in ("57", "5A") else "00"
            value = (starts.get(tag, "") + filler * 40)[: 2 * length]
            part = Part(f"{tag} of {length} bytes", f"{tag}长{length}字节", ids, mutations=(put(at, tag, value),))
            grid(made, "CDJX", [part])


def _counts(made: SuiteBuilder) -> None:
    """TT-007, QP-070, ODA-082: passes, commands of a tap, bytes that are stored."""
    for passes in (0, 1, 2, 3, 9):
        for count in (passes, passes + 1):
            gone = tuple(leave("gpo", before=True, since=one + 1) for one in range(count))
            part = Part(f"{passes} passes, the card leaves {count} times", f"重试{passes}次，离开{count}次", "TT-007",
                        term={"passes": passes}, mutations=gone)  # fmt: skip
            grid(made, "CSJX", [part])
    for count in (1, 30, 100, 120, 130):
        many = Part(f"{count} records more", f"另有{count}条记录", "QP-070 ODA-082", faults=(f"afl-many:count={count},size=2",))
        grid(made, "CSJX", [many])
    for size in (100, 250):
        long = Part(f"16 records of {size} bytes", f"16条{size}字节记录", "ODA-082", faults=(f"afl-many:count=16,size={size}",))
        grid(made, "CSJX", [long])
    worn = Part("last value of the ATC", "ATC用尽", "QP-052", card="worn-out")
    grid(made, "CSJX", [worn])
