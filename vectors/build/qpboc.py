"""Suites `qpboc-*`: the way from GPO to the outcome, the same questions for each profile."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from vectors.build import checks
from vectors.build.base import combination
from vectors.build.grid import Part, put, status, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "HQXX": Words("GET PROCESSING OPTIONS", "获取处理选项"),
    "ZTZM": Words("Status words of GPO", "获取处理选项状态字"),
    "LJXZ": Words("Path by format and 9F26", "交易路径选择"),
    "MWLX": Words("Type of the cryptogram", "应用密文类型"),
    "QSSJ": Words("Mandatory data", "必备数据"),
    "DQJL": Words("Records", "读记录"),
    "YXQX": Words("Dates", "有效期"),
    "YCMD": Words("Exception file", "异常名单"),
    "JYJG": Words("Result after authentication", "认证后的交易结果"),
    "LJJG": Words("Approval against the demand", "卡片违背联机要求"),
    "ZJYD": Words("Answer of the host", "主机应答"),
    "YEXS": Words("Balance", "余额"),
    "BWSJ": Words("Field 55 and data record", "报文数据"),
}
PROFILES = {
    "jrt0025-2013": ("QJ", "qPBOC by JR/T 0025.12-2013", "按JR/T 0025.12-2013的qPBOC"),
    "uics-2018": ("QP", "qPBOC by UICS and JR/T 0025.12-2018", "按UICS与JR/T 0025.12-2018的qPBOC"),
    "c7": ("QC", "qPBOC by EMVCo C-7", "按EMVCo C-7的qPBOC"),
}
ALL = ["emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01"]
CHIP = (
    Part("", ""),
    Part("no contact reader", "无接触读卡器", "OUT-013 OUT-024 OUT-025",
         one={"ttq": [one for one in ALL if one != "contact_chip"]}),
)  # fmt: skip
CREDIT = Part("credit card", "贷记卡", card="credit")
DEBIT = Part("debit card", "借记卡")
OFFLINE = Part("offline-only terminal", "仅脱机终端", "TTQ-004", one={"ttq": [*ALL, "offline_only"]})
ONLINE = Part("", "")
PAN = "6200000000000001016"


def suites() -> Iterator[SuiteBuilder]:
    """One suite for each profile."""
    for name, (letters, en, zh) in PROFILES.items():
        made = SuiteBuilder(f"qpboc-{name}", letters, en=en, zh=zh, groups=GROUPS)
        profile = Part(one={"profile": name})
        for group in (
            _options, _words, _path, _types, _mandatory, _records, _dates, _exceptions,
            _results, _despite, _hosts, _balances, _data,
        ):  # fmt: skip
            group(made, profile)
        yield made


def _options(made: SuiteBuilder, profile: Part) -> None:
    """QP-040 to QP-044, EP-067, EP-094: what the PDOL asks for."""
    pdols = {
        "9F66049F02069F37045F2A02": ("short PDOL", "短PDOL", "QP-041 QP-042"),
        "9F66049F02069F03069F1A0295055F2A029A039C019F3704": ("usual PDOL", "常用PDOL", "QP-042"),
        "DF6001DF69019F66049F02069F03069F1A0295055F2A029A039C019F21039F4E149F7A019F3704": (
            "PDOL with indicators", "含指示位的PDOL", "QP-044 DOL-005",
        ),
        "9F66049F0206": ("PDOL without 9F37", "PDOL不含9F37", "QP-043 FDA-006"),
        "9F66029F02069F3704": ("9F66 of 2 bytes", "9F66取2字节", "QP-041 DOL-008"),
        "9F66069F02069F3704": ("9F66 of 6 bytes", "9F66取6字节", "QP-041 DOL-011"),
        "9F02069F3704": ("no 9F66", "无9F66", "QP-040 EP-067 EP-094 OUT-028"),
        "": ("empty PDOL", "空PDOL", "QP-040 EP-067"),
        "9F66049F02": ("PDOL cut behind a tag", "PDOL在标签后截断", "DOL-014"),
    }  # fmt: skip
    axis = [
        Part(en, zh, ids, app={"pdol": value})
        if value.startswith("9F6604") and "9F37" in value or value.startswith("DF60")
        else Part(en, zh, ids, mutations=(put("select", "9F38", value, path="6F.A5"),))
        for value, (en, zh, ids) in pdols.items()
    ]
    grid(made, "HQXX", [profile], axis, (DEBIT, CREDIT))
    gone = Part("no PDOL", "无PDOL", "QP-040 EP-067", faults=("no-pdol",))
    grid(made, "HQXX", [profile], [gone], CHIP)
    lengths = [
        Part(
            f"PDOL of {count} bytes",
            f"PDOL共{count}字节",
            "DOL-017 QP-042",
            mutations=(put("select", "9F38", f"9F66049F4E789F4E789F4E{count - 244:02X}"),),
        )
        for count in (251, 252, 253)
    ]
    grid(made, "HQXX", [profile], lengths, CHIP)
    header = [
        Part(
            f"PDOL of {count} bytes",
            f"PDOL共{count}字节",
            "TLV-008 QP-042",
            mutations=(put("select", "9F38", f"9F66049F4E789F4E{count - 124:02X}"),),
        )
        for count in (127, 128)
    ]
    grid(made, "HQXX", [profile], header)
    owned = Part(
        "PDOL asks for the card's label and for what the FCI says of the terminal",
        "PDOL要求卡片标签及FCI中的终端数据",
        "DOL-015 TLV-025",
        mutations=(
            put("select", "9F1A", "0344", path="6F.A5"),
            put("select", "9F38", "9F66049F1A02500A9F3704", path="6F.A5"),
        ),
    )
    grid(made, "HQXX", [profile], [owned])


WORDS = ("6985", "6984", "6986", "6A80", "6283", "6700", "6D00", "9001")


def _words(made: SuiteBuilder, profile: Part) -> None:
    """QP-051 to QP-055 for each policy; OUT-026, OUT-027."""
    policies = [
        Part(f"policy {one}", f"策略{one}", "QP-055", switches={"qp.gpo_sw_policy": one})
        for one in ("uics", "p12", "k3style")
    ]
    ids = {"6985": "QP-052", "6984": "QP-053", "6986": "QP-054 OUT-027"}
    words = [
        Part(f"GPO {one}", f"GPO返回{one}", ids.get(one, "QP-055"),
             mutations=(status("gpo", one, always=True),))
        for one in WORDS
    ]  # fmt: skip
    grid(made, "ZTZM", [profile], words[:4], policies, CHIP)
    grid(made, "ZTZM", [profile], words[4:], policies[:1], CHIP)
    once = Part("GPO 6986 once", "GPO先返回6986一次", "QP-054 OUT-002 OUT-003 OUT-027",
                mutations=(status("gpo", "6986"),))  # fmt: skip
    passes = [
        Part(f"{count} passes", f"自动重试{count}次", "TT-007", term={"passes": count})
        for count in (0, 1, 3)
    ]
    grid(made, "ZTZM", [profile], [once], passes)
    ever = Part("GPO always 6986", "GPO始终返回6986", "QP-054 TT-007",
                mutations=(status("gpo", "6986", always=True),))  # fmt: skip
    grid(made, "ZTZM", [profile], [ever], passes)
    two = Part("a second application follows", "随后有第二应用", "EP-065 OUT-004", card="multi")
    grid(made, "ZTZM", [profile], [words[0]], policies, [two])


def _path(made: SuiteBuilder, profile: Part) -> None:
    """QP-060 to QP-064: format 80, no 9F26, debit/credit."""
    shapes = [
        Part("answer in format 80", "80格式应答", "QP-060 QP-063", faults=("format-80",)),
        Part("answer without 9F26", "应答无9F26", "QP-061 QP-062",
             mutations=(without("gpo", "9F26"),)),
        Part("9F26 of length 0", "9F26长度为0", "QP-061 TLV-020", mutations=(put("gpo", "9F26", ""),)),
        Part("AIP B2b8 = 1", "AIP B2b8=1", "QP-062", mutations=(put("gpo", "82", "7C80"),)),
        Part("template 70", "模板为70", "QP-060",
             mutations=({"kind": "template", "at": "gpo", "value": "70", "always": True},)),
        Part("empty answer", "空应答", "QP-060", faults=("empty",)),
        Part("byte behind the template", "模板后有多余字节", "QP-060 TLV-016",
             mutations=({"kind": "tail", "at": "gpo", "value": "00", "always": True},)),
        Part("length in a longer form", "长度编码更长", "TLV-007",
             mutations=({"kind": "long form", "at": "gpo", "always": True},)),
    ]  # fmt: skip
    ways = [
        Part("qPBOC alone", "仅qPBOC", "QP-061", one={"ttq": ALL}),
        Part("both ways", "两种路径", "QP-062", one={"ttq": [*ALL, "contactless_dc"]}),
        Part("debit/credit alone", "仅借贷记", "QP-061 QP-160",
             one={"ttq": ["contactless_dc", *ALL[1:]]}),
        Part("qPBOC, no contact reader", "仅qPBOC，无接触读卡器", "OUT-013",
             one={"ttq": [one for one in ALL if one != "contact_chip"]}),
    ]  # fmt: skip
    grid(made, "LJXZ", [profile], shapes, ways)
    means = [
        Part("qp.aip_b2b8_means_dc on", "qp.aip_b2b8_means_dc开", "QP-062",
             switches={"qp.aip_b2b8_means_dc": True})
    ]  # fmt: skip
    grid(made, "LJXZ", [profile], shapes[3:4], ways, means)


KINDS = {"00": "AAC", "40": "TC", "80": "ARQC", "C0": "RFU"}


def _types(made: SuiteBuilder, profile: Part) -> None:
    """QP-005 to QP-007, QP-069: 9F27 against 9F10."""
    sources = [
        Part(f"source {one}", f"来源{one}", "QP-006", switches={"qp.cid_source": one})
        for one in ("strict", "cid", "iad")
    ]
    for value, name in KINDS.items():
        cid = Part(f"9F27 = {value} ({name})", f"9F27={value}（{name}）", "QP-005 QP-006 QP-007",
                   mutations=(put("gpo", "9F27", value),))  # fmt: skip
        grid(made, "MWLX", [profile], (DEBIT, CREDIT), [cid], sources)
    for number, name in enumerate(("AAC", "TC", "ARQC", "RFU")):
        cvr = Part(f"9F10 says {name}", f"9F10表示{name}", "QP-005 QP-007 QP-069",
                   faults=(f"cvr-type:{number}",))  # fmt: skip
        grid(made, "MWLX", [profile], (DEBIT, CREDIT), [cvr], sources[:1])
    low = Part("balance too low", "余额不足", "QP-069", purse={"balance": 100})
    grid(made, "MWLX", [profile], [low], (ONLINE, OFFLINE), CHIP)
    bits = Part("9F27 with other bits", "9F27含其他位", "QP-005", mutations=(put("gpo", "9F27", "48"),))
    wide = Part("9F27 of 2 bytes", "9F27长2字节", "QP-067", mutations=(put("gpo", "9F27", "4000"),))
    grid(made, "MWLX", [profile], (DEBIT, CREDIT), [bits, wide])


def _mandatory(made: SuiteBuilder, profile: Part) -> None:
    """QP-064 to QP-068, QP-127, QP-128, QP-171."""
    contact = [
        Part(f"qp.missing_data_try_contact {word}", f"qp.missing_data_try_contact{zh}", "QP-067",
             switches={"qp.missing_data_try_contact": on})
        for word, zh, on in (("on", "开", True), ("off", "关", False))
    ]  # fmt: skip
    rows = [
        ("82", None, "QP-064"), ("82", "7C", "QP-064"), ("9F36", None, "QP-067"),
        ("9F36", "01", "QP-067"), ("9F10", None, "QP-068"), ("9F10", "07010103A000", "QP-067"),
        ("9F26", "01020304050607", "QP-067"), ("57", None, "QP-067 QP-128 QP-171"),
        ("94", None, "QP-067"), ("94", "080101", "QP-065"),
    ]  # fmt: skip
    for tag, value, ids in rows:
        if value is None:
            part = Part(f"{tag} missing", f"缺少{tag}", ids, mutations=(without("gpo", tag),))
        else:
            part = Part(f"{tag} of {len(value) // 2} bytes", f"{tag}长{len(value) // 2}字节", ids,
                        mutations=(put("gpo", tag, value),))  # fmt: skip
        grid(made, "QSSJ", [profile], [part], (DEBIT, CREDIT), contact)
    grid(made, "QSSJ", [profile], [
        Part("9F36 missing", "缺少9F36", "QP-067 OUT-013", mutations=(without("gpo", "9F36"),)),
        Part("AAC without 57", "AAC且无57", "QP-069 QP-127", faults=("cvr-type:0",),
             mutations=(without("gpo", "57"),)),
    ], CHIP)  # fmt: skip


def _records(made: SuiteBuilder, profile: Part) -> None:
    """QP-070 to QP-076, QP-083 to QP-085."""
    shapes = [
        Part("record in template 77", "记录模板为77", "QP-075",
             mutations=({"kind": "template", "at": "record", "value": "77", "always": True},)),
        Part("record without template", "记录无模板", "QP-075", faults=("no-template",)),
        Part("record with a byte behind", "记录后有多余字节", "QP-075 TLV-016",
             mutations=({"kind": "tail", "at": "record", "value": "00", "always": True},)),
        Part("record 6A83", "记录返回6A83", "QP-074 APDU-011",
             mutations=(status("record", "6A83", always=True),)),
        Part("last record 6985", "最后记录返回6985", "QP-074 APDU-011",
             mutations=(status("last", "6985", always=True),)),
        Part("empty record", "空记录", "QP-075 TLV-016", faults=("empty:command=record",)),
        Part("padding in a record", "记录内有填充", "TLV-011 TLV-013",
             mutations=({"kind": "pad", "at": "record", "value": "0000", "always": True},)),
    ]  # fmt: skip
    grid(made, "DQJL", [profile], shapes, CHIP)
    numbers = [
        Part("another PAN in 57", "57中卡号不同", "QP-085", faults=("pan-mismatch",)),
        Part("another 5A", "5A不同", "QP-084 QP-085",
             mutations=(put("record", "5A", "6200000000000001017F"),)),
        Part("no 5A", "无5A", "QP-084", mutations=(without("record", "5A"),)),
        Part("no 57", "无57", "QP-084", mutations=(without("gpo", "57"),)),
        Part("another 5F34 in a record", "记录中5F34不同", "QP-083 TLV-022",
             mutations=(put("record", "5F34", "09"),)),
        Part("no 5F34 in a record", "记录中无5F34", "QP-083", mutations=(without("record", "5F34"),)),
    ]  # fmt: skip
    check = [
        Part(f"qp.check_pan_57 {word}", f"qp.check_pan_57{zh}", "QP-085",
             switches={"qp.check_pan_57": on})
        for word, zh, on in (("on", "开", True), ("off", "关", False))
    ]  # fmt: skip
    grid(made, "DQJL", [profile], numbers, check)
    on_arqc = [
        Part(f"qp.read_afl_on_arqc {word}", f"qp.read_afl_on_arqc{zh}", "QP-071 QP-171",
             switches={"qp.read_afl_on_arqc": on})
        for word, zh, on in (("on", "开", True), ("off", "关", False))
    ]  # fmt: skip
    phone = Part("ARQC with an AFL", "ARQC带AFL", "QP-071", card="phone")
    some = [Part("", ""), Part("no 57 in the answer", "应答无57", "QP-128 QP-171",
                               mutations=(without("gpo", "57"),))]  # fmt: skip
    refused = Part("its record 6A83", "其记录返回6A83", "QP-074",
                   mutations=(status("record", "6A83", always=True),))  # fmt: skip
    grid(made, "DQJL", [profile], [phone], on_arqc, some)
    grid(made, "DQJL", [profile], [phone], on_arqc, [refused])
    entries = {
        "08010100": "one record", "08010400": "four records", "10010100": "SFI 2",
        "F0010100": "SFI 30", "F8010100": "SFI 31", "00010100": "SFI 0", "09010100": "low bits",
        "08000100": "from record 0", "08020100": "backwards", "08010102": "too many signed",
        "080101": "3 bytes",
    }  # fmt: skip
    for value, en in entries.items():
        afl = Part(f"AFL {value}: {en}", f"AFL {value}", "QP-065 QP-070",
                   mutations=(put("gpo", "94", value),))  # fmt: skip
        grid(made, "DQJL", [profile], [afl], [DEBIT])


def _dates(made: SuiteBuilder, profile: Part) -> None:
    """QP-090 to QP-094, QP-174, QP-176."""
    today = datetime.date(2026, 11, 21)
    asks = [
        Part("", "", app={"ctq": "0000"}),
        Part("CTQ B1b4", "CTQ B1b4", "QP-091 QP-092", app={"ctq": "0800"}),
    ]
    for by, en, zh in ((-1, "expired yesterday", "昨日过期"), (0, "expires today", "今日到期"),
                       (1, "expires tomorrow", "明日到期")):  # fmt: skip
        part = Part(en, zh, "QP-090 QP-091 QP-092",
                    app={"expiry": today + datetime.timedelta(days=by)})  # fmt: skip
        grid(made, "YXQX", [profile], [part], asks, (ONLINE, OFFLINE))
        grid(made, "YXQX", [profile], [part], [Part("ARQC", "ARQC", card="phone")], asks)
    listed = Part("listed besides", "且在名单中", "QP-096 QP-174",
                  config={"exception": [{"pan": PAN}]})  # fmt: skip
    expired = Part("expired", "已过期", "QP-090", app={"expiry": datetime.date(2026, 10, 31)})
    sign = Part("wants a signature nobody takes", "要求签名而终端不支持", "QP-107 QP-174",
                mutations=(put("gpo", "9F6C", "4800"),),
                one={"ttq": ["emv_mode", "contact_chip", "fdda_01"]})  # fmt: skip
    grid(made, "YXQX", [profile], [expired], asks, [listed, sign])
    for on, word, zh in ((True, "on", "开"), (False, "off", "关")):
        need = Part(f"qp.require_5F24 {word}", f"qp.require_5F24{zh}", "QP-093",
                    switches={"qp.require_5F24": on})  # fmt: skip
        gone = Part("no 5F24", "无5F24", "QP-093", mutations=(without("record", "5F24"),))
        effective = Part(f"qp.check_effective {word}", f"qp.check_effective{zh}", "QP-094",
                         switches={"qp.check_effective": on})  # fmt: skip
        days = [
            Part(f"effective {en}", f"{zh_day}生效", "QP-094",
                 app={"effective": today + datetime.timedelta(days=by)})
            for by, en, zh_day in ((-1, "since yesterday", "昨日"), (0, "today", "今日"),
                                   (1, "tomorrow", "明日"))
        ]  # fmt: skip
        grid(made, "YXQX", [profile], [gone], [need])
        grid(made, "YXQX", [profile], days, [effective])
    for value in ("261301", "260230", "000000", "240229", "250229"):
        clock = Part(f"the terminal's date is {value}", f"终端日期为{value}", "QP-176",
                     tx={"date": value})  # fmt: skip
        grid(made, "YXQX", [profile], [clock], [DEBIT])


def _exceptions(made: SuiteBuilder, profile: Part) -> None:
    """QP-095, QP-096: with and without sequence numbers, in the file and by the program."""
    other = PAN[:-1] + "7"
    files = {
        "this card": ("此卡", [{"pan": PAN}]),
        "this card and number": ("此卡及序号", [{"pan": PAN, "psn": "01"}]),
        "this card, another number": ("此卡其他序号", [{"pan": PAN, "psn": "02"}]),
        "a neighbour": ("邻近卡号", [{"pan": other}]),
        "a longer number": ("更长卡号", [{"pan": PAN[:-1]}]),
    }
    listed = [
        Part(f"file has {en}", f"名单含{zh}", "QP-095", config={"exception": entries})
        for en, (zh, entries) in files.items()
    ]
    number = [Part("", ""), Part("card tells no 5F34", "卡片无5F34", "QP-095",
                                 mutations=(without("gpo", "5F34"), without("record", "5F34")))]  # fmt: skip
    needs = [
        Part(f"qp.exception_needs_psn {word}", f"qp.exception_needs_psn{zh}", "QP-095",
             switches={"qp.exception_needs_psn": on})
        for word, zh, on in (("off", "关", False), ("on", "开", True))
    ]  # fmt: skip
    grid(made, "YCMD", [profile], listed, number, needs)
    asked = [
        Part("program lists it", "程序名单含此卡", "QP-095", term={"exception_lookup": True},
             around={"listed": [PAN]}),
        Part("program does not list it", "程序名单不含此卡", "QP-095",
             term={"exception_lookup": True}, around={"listed": []}),
        Part("program cannot tell", "程序无法查询", "QP-095", term={"exception_lookup": True}),
    ]  # fmt: skip
    grid(made, "YCMD", [profile], asked, number, [DEBIT])
    phone = Part("ARQC", "ARQC", card="phone", config={"exception": [{"pan": "6200000000000001123"}]})
    grid(made, "YCMD", [profile], [phone], number)


def _results(made: SuiteBuilder, profile: Part) -> None:
    """QP-120 to QP-124: what a failed authentication leads to."""
    forged = [
        Part("", ""),
        Part("forged signature", "签名被伪造", "QP-121 QP-122 QP-123 TT-006 OUT-010 OUT-014",
             faults=("sdad-bit",), flags=("ForgedSignature",)),
    ]  # fmt: skip
    made.flag("ForgedSignature", "A signature of the card is wrong: the tap is never approved.",
              "卡片签名有误：交易绝不批准。")  # fmt: skip
    wants = [
        Part(f"CTQ {value}", f"CTQ {value}", ids, app={"ctq": value})
        for value, ids in (("0000", "QP-123"), ("2000", "QP-121"), ("1000", "QP-122"), ("3000", "QP-121 QP-122"))
    ]  # fmt: skip
    terminals = [
        *CHIP, OFFLINE,
        Part("offline-only, no contact reader", "仅脱机且无接触读卡器", "TTQ-004",
             one={"ttq": ["emv_mode", "offline_only", "fdda_01"]}),
    ]  # fmt: skip
    grid(made, "JYJG", [profile], forged[1:], wants, terminals)
    grid(made, "JYJG", [profile], forged[:1], wants[:1], terminals)
    nothing = [
        Part("card without DDA", "卡片不支持DDA", "FD-001", mutations=(put("gpo", "82", "5C00"),)),
        Part("no 9F4B", "无9F4B", "FD-008", mutations=(without("gpo", "9F4B"),)),
        Part("another 9F69 version", "9F69版本不同", "FD-002", faults=("card-data-version",)),
        Part("9F69 gone", "9F69缺失", "FD-002 FD-006", mutations=(without("last", "9F69"),)),
        Part("signed for another amount", "签名金额不同", "FD-007 FD-009", faults=("signed-amount",),
             flags=("ForgedSignature",)),
        Part("another CTQ signed", "签名CTQ不同", "FD-011", faults=("card-data-ctq",)),
        Part("application version 0020", "应用版本0020", "FD-005",
             mutations=(put("record", "9F08", "0020"),)),
        Part("application version missing", "无应用版本", "FD-003 FD-005",
             mutations=(without("record", "9F08"),)),
        Part("another ATC signed", "签名ATC不同", "FD-010", faults=("signed-atc",)),
    ]  # fmt: skip
    grid(made, "JYJG", [profile], nothing, wants[:2])
    old = Part("fDDA 00", "fDDA 00", "FD-004 FD-006", card="old")
    allow = [
        Part(f"fd.allow_v00 {word}", f"fd.allow_v00{zh}", "FD-006", switches={"fd.allow_v00": on})
        for word, zh, on in (("off", "关", False), ("on", "开", True))
    ][: 1 if made.name == "qpboc-c7" else 2]  # fmt: skip
    no_01 = Part("terminal without fDDA 01", "终端不支持fDDA 01", "FD-004 FD-013",
                 one={"ttq": [one for one in ALL if one != "fdda_01"]})  # fmt: skip
    grid(made, "JYJG", [profile], [old], allow, (ONLINE, no_01))
    downgrade = Part("version 00 of a card of 0030", "0030卡片以00版签名", "FD-004", faults=("version-00",))
    grid(made, "JYJG", [profile], [downgrade], allow, (ONLINE, no_01))
    grid(made, "JYJG", [profile], [DEBIT], [no_01])
    for name, switch in (("FD-005", "fd.v01_needs_0030"), ("FD-011", "fd.check_ctq")):
        off = Part(f"{switch} off", f"{switch}关", name, switches={switch: False})
        grid(made, "JYJG", [profile], nothing[5:8], [off])
    atc = Part("fd.check_atc on", "fd.check_atc开", "FD-010", switches={"fd.check_atc": True})
    grid(made, "JYJG", [profile], [DEBIT, nothing[8]], [atc])
    arqc = [CREDIT, Part("phone", "手机", card="phone"), Part("prepaid card", "预付卡", card="prepaid")]
    grid(made, "JYJG", [profile], arqc, (ONLINE, OFFLINE), [Part(ids="QP-124 TTQ-004")])


def _despite(made: SuiteBuilder, profile: Part) -> None:
    """QP-170, QP-110: a TC although an online cryptogram was demanded."""
    for policy in ("decline", "online", "accept"):
        at = Part(f"TC against B2b8, policy {policy}", f"违背B2b8的TC，策略{policy}", "QP-170",
                  faults=("tc-despite-online",), one={"floor_limit": 1000},
                  switches={"qp.tc_despite_online": policy})  # fmt: skip
        both = (
            Part("", ""),
            Part("forged", "签名伪造", "QP-127", mutations=({"kind": "bit", "at": "gpo", "tag": "9F4B",
                                                     "bit": 9, "always": True},)),
            Part("CTQ PIN", "CTQ要求密码", "QP-110", mutations=(put("gpo", "9F6C", "8000"),)),
        )  # fmt: skip
        grid(made, "LJJG", [profile], [at], both, (ONLINE, OFFLINE))


def _hosts(made: SuiteBuilder, profile: Part) -> None:
    """QP-129, QP-130."""
    for host, en, zh in (("approves", "host approves", "主机批准"), ("declines", "host declines", "主机拒绝"),
                         ("refuses", "host answers 05", "主机应答05"), ("silent", "host not reached", "主机不可达")):  # fmt: skip
        answer = Part(en, zh, "QP-129" if host != "silent" else "QP-130", host=host)
        expired = Part("expired card", "过期卡", "QP-091 QP-174", app={
            "expiry": datetime.date(2026, 10, 31), "ctq": "0800"})  # fmt: skip
        failed = Part("TC with a forged signature", "签名伪造的TC", "QP-121", faults=("sdad-bit",),
                      app={"ctq": "2000"})  # fmt: skip
        grid(made, "ZJYD", [profile], [answer], [CREDIT, failed, expired,
             Part("prepaid card", "预付卡", "TT-002", card="prepaid")])  # fmt: skip


def _balances(made: SuiteBuilder, profile: Part) -> None:
    """QP-008, QP-150: 9F5D, then 9F10."""
    aosa = [
        Part("", ""),
        Part("no 9F5D", "无9F5D", "QP-150", mutations=(without("gpo", "9F5D"),)),
        Part("9F5D of 5 bytes", "9F5D长5字节", "QP-150 TLV-034",
             mutations=(put("gpo", "9F5D", "0000012345"),)),
        Part("9F5D with a letter", "9F5D含字母", "QP-150", mutations=(put("gpo", "9F5D", "00000001234A"),)),
    ]  # fmt: skip
    for idd in (0, 1, 2, 3, 5):
        part = Part(f"IDD {idd}", f"IDD {idd}", "QP-008 QP-150 QP-152", app={"idd": idd})
        grid(made, "YEXS", [profile], [part], aosa[: 2 if idd in (2, 5) else 4])
    for value, en, zh in (
        ("0701010390000001060100000012", "IDD too short", "IDD过短"),
        ("07010103900000010A010000012345AABBCCDD", "IDD 01", "IDD 01"),
        ("0701010390000001FF010000012345AABBCCDD", "IDD length too large", "IDD长度过大"),
        ("07010103900000010A01000001234AAABBCCDD", "IDD with a letter", "IDD含字母"),
    ):
        issuer = Part(f"9F10: {en}", f"9F10：{zh}", "QP-008", mutations=(put("gpo", "9F10", value),))
        grid(made, "YEXS", [profile], [issuer], aosa[:2])


def _data(made: SuiteBuilder, profile: Part) -> None:
    """QP-113, QP-140, QP-141 and 30 section 12: the data record is checked too."""
    cards = [
        DEBIT, CREDIT, Part("phone with a token", "带令牌的手机", card="phone"),
        Part("old card", "旧卡", card="old"),
        Part("pure electronic cash", "纯电子现金", card="pure-ec"),
        Part("two currencies", "双币卡", card="dual-currency"),
        Part("product number", "产品标识", "QP-140", app={"product": "00112233445566778899AABBCCDDEEFF"}),
        Part("9F27 given", "卡片给出9F27", "QP-005", app={"cid_in_gpo": True}),
        Part("no 9F74", "无9F74", "QP-141", mutations=(without("last", "9F74"),)),
        Part("9F74 cut", "9F74过短", "QP-141 TLV-034", mutations=(put("last", "9F74", "4543"),)),
        Part("balance too low", "余额不足", "OUT-022", purse={"balance": 10}),
    ]  # fmt: skip
    record = Part(ids="QP-001 QP-002 QP-003 QP-004 QP-051 QP-081 QP-140 DOL-016 OUT-005", record=True)
    bare = Part("bare terminal", "最少参数终端", one={"version": None, "receipt": False},
                term={name: None for name in ("type", "serial", "terminal_id", "merchant_category",
                                              "merchant_id", "merchant_name", "acquirer",
                                              "additional_capabilities")})  # fmt: skip
    other = Part("other amounts and type", "其他金额与类型", "QP-140 FMT-003", one={"types": ["00", "09"]},
                 tx={"type": 9, "other": 500})  # fmt: skip
    grid(made, "BWSJ", [profile], cards, [record])
    grid(made, "BWSJ", [profile], cards[:2], [record], [bare, other])
    _messages(made)



def _messages(made: SuiteBuilder) -> None:
    """OUT-001, OUT-012: the second terminal shows nothing, so the messages are literals."""
    profile = made.name.removeprefix("qpboc-")
    made.case(
        "BWSJ",
        "messages of an approval, in their order",
        "脱机批准的提示及次序",
        ["OUT-001", "OUT-012", "OUT-020"],
        terminal=made.terminal(
            "messages",
            {
                "combination": [
                    combination(profile=profile, cvm_limit=None, status_check=True, zero_amount=False)
                ],
                "exception": [{"pan": "6200000000000009999"}],
            },
            "cn-retail-sm",
        ),
        card="dual",
        more=[checks.shows("present_card", "card_read_ok", "approved")],
    )
