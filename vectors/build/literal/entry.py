"""YYXZ 应用选择: directory, candidates, final selection (20-entry-point.md, sections 4, 5 and 9)."""

from __future__ import annotations

from typing import Any

from vectors.build.literal.row import (
    CREDIT,
    DEBIT,
    GPO,
    PPSE,
    READ,
    Check,
    Document,
    Row,
    apdu,
    apdus,
    approved,
    drop,
    either,
    ended,
    gpo,
    insert,
    its,
    leave,
    never,
    no_apdu,
    online,
    other_interface,
    presented_again,
    put,
    record,
    status,
)

LONG = "A00000033301010101"
"""An ADF name longer than the terminal's AID."""

ENTRY = "6F.A5.BF0C.61"


def _pad(byte: str) -> Document:
    """Padding at the beginning of BF0C: home 0 is 6F, 1 A5, 2 BF0C."""
    return {"kind": "pad", "at": "ppse", "home": 2, "pick": 0, "value": byte}


NOTHING = (*ended("EP-060"), apdus(PPSE))
"""No candidate: the directory was all that was asked for (EP-060)."""

NOT_SELECTED = (*ended("EP-060"), apdus(PPSE, DEBIT))
"""The only candidate was removed after its SELECT."""

DIRECTORY = (
    Row(
        "EP-YYXZ-9001",
        "One application: directory, SELECT, GPO",
        "单应用：目录、选择、GPO",
        "EP-042 EP-061 EP-064 EP-069 EP-070",
        (
            *approved(),
            apdu(1, PPSE),
            apdu(2, DEBIT),
            apdu(3, gpo("36004080")),
            record("9F66", "36004080"),
        ),
    ),
    *(
        Row(
            f"EP-YYXZ-{9002 + number}",
            f"Directory answers {word}: no candidates",
            f"目录应答{word}：无候选应用",
            "EP-043 EP-060",
            NOTHING,
            mutations=(status("ppse", word),),
        )
        for number, word in enumerate(("6A82", "6283", "6A81", "6985", "6D00", "6E00", "6F00"))
    ),
    Row(
        "EP-YYXZ-9010",
        "Directory answers 6283 with its FCI",
        "目录返回FCI但状态字6283",
        "EP-043 EP-060",
        NOTHING,
        mutations=(status("ppse", "6283", keep=True),),
    ),
    Row(
        "EP-YYXZ-9011",
        "Directory: 9000 without data",
        "目录：9000但无数据",
        "EP-044 EP-060",
        NOTHING,
        faults=("empty:command=ppse",),
    ),
    Row(
        "EP-YYXZ-9012",
        "Directory without its name",
        "目录缺84",
        "EP-045 EP-060",
        NOTHING,
        mutations=(drop("ppse", "84"),),
    ),
    Row(
        "EP-YYXZ-9013",
        "Directory with the name of the contact directory",
        "目录名为接触目录PSE",
        "EP-045 EP-060",
        NOTHING,
        mutations=(put("ppse", "84", "315041592E5359532E4444463031"),),
    ),
    Row(
        "EP-YYXZ-9014",
        "Directory without A5",
        "目录缺A5",
        "EP-045 EP-060",
        NOTHING,
        mutations=(drop("ppse", "A5"),),
    ),
    Row(
        "EP-YYXZ-9015",
        "Directory without BF0C",
        "目录缺BF0C",
        "EP-045 EP-060",
        NOTHING,
        faults=("ppse-no-bf0c",),
    ),
    Row(
        "EP-YYXZ-9016",
        "BF0C without an entry",
        "BF0C内无目录项",
        "EP-045 EP-060",
        NOTHING,
        mutations=(drop("ppse", "61"),),
    ),
    Row(
        "EP-YYXZ-9017",
        "A byte behind the directory's template",
        "目录模板后多一字节",
        "EP-044 TLV-016",
        NOTHING,
        mutations=({"kind": "tail", "at": "ppse", "value": "00"},),
    ),
    Row(
        "EP-YYXZ-9018",
        "The last byte of the directory is missing",
        "目录缺最后一字节",
        "EP-044 TLV-009",
        NOTHING,
        mutations=({"kind": "cut", "at": "ppse", "count": 1},),
    ),
    Row(
        "EP-YYXZ-9019",
        "Another template than 6F",
        "目录模板不是6F",
        "EP-044 EP-060",
        NOTHING,
        mutations=({"kind": "template", "at": "ppse", "value": "70"},),
    ),
    Row(
        "EP-YYXZ-9020",
        "Padding 00 inside BF0C",
        "BF0C内含00填充",
        "TLV-011 TLV-013",
        (*approved(), apdu(2, DEBIT)),
        mutations=(_pad("0000"),),
    ),
    Row(
        "EP-YYXZ-9021",
        "Padding FF inside BF0C is skipped",
        "BF0C内FF填充被跳过",
        "TLV-014",
        (*approved(), apdu(2, DEBIT)),
        mutations=(_pad("FF"),),
    ),
    Row(
        "EP-YYXZ-9022",
        "The template's length in one byte more than needed",
        "目录长度用非最短编码",
        "TLV-007",
        (*approved(), apdu(2, DEBIT)),
        mutations=({"kind": "long form", "at": "ppse"},),
    ),
    Row(
        "EP-YYXZ-9023",
        "An unknown object in the entry",
        "目录项含未知数据元",
        "TLV-017",
        (*approved(), apdu(2, DEBIT)),
        mutations=(insert("ppse", "DF7F", "0102", path=ENTRY),),
    ),
)

NAMES = (
    Row(
        "EP-YYXZ-9030",
        "An entry without an ADF name",
        "目录项缺4F",
        "EP-046 EP-060",
        NOTHING,
        mutations=(drop("ppse", "4F"),),
    ),
    Row(
        "EP-YYXZ-9031",
        "An ADF name of 4 bytes",
        "4F长4字节",
        "EP-046 EP-060",
        NOTHING,
        mutations=(put("ppse", "4F", "A0000003"),),
    ),
    Row(
        "EP-YYXZ-9032",
        "An ADF name of 17 bytes",
        "4F长17字节",
        "EP-046 EP-060",
        NOTHING,
        mutations=(put("ppse", "4F", "A000000333010101" + "01" * 9),),
    ),
    Row(
        "EP-YYXZ-9033",
        "The first of two entries has no ADF name: the second is taken",
        "两项中首项缺4F：取第二项",
        "EP-046 EP-061",
        (*approved(), apdu(2, DEBIT)),
        card="two",
        mutations=(drop("ppse", "4F"),),
    ),
    Row(
        "EP-YYXZ-9034",
        "Another scheme alone",
        "仅有外来应用",
        "EP-050 EP-060",
        NOTHING,
        card="foreign",
    ),
    Row(
        "EP-YYXZ-9035",
        "A longer ADF name matches in part and is selected whole",
        "部分匹配：以卡片全名选择",
        "EP-050 EP-064 EP-071",
        (*approved(), apdu(2, f"00A4040009 {LONG} 00"), record("84", LONG)),
        app={"aid": LONG},
    ),
    Row(
        "EP-YYXZ-9036",
        "A longer ADF name where only the exact one is allowed",
        "仅允许完全匹配时名称过长",
        "EP-050 EP-060",
        NOTHING,
        combo={"partial_match": False},
        app={"aid": LONG},
    ),
    Row(
        "EP-YYXZ-9037",
        "The exact ADF name where only that is allowed",
        "仅允许完全匹配且名称一致",
        "EP-050",
        (*approved(), apdu(2, DEBIT)),
        combo={"partial_match": False},
    ),
    Row(
        "EP-YYXZ-9038",
        "The terminal's AID is longer than the ADF name",
        "终端AID长于卡片名称",
        "EP-050 EP-060",
        NOTHING,
        config={"combination": [{"aid": LONG, "ttq": "36004080", "floor_limit": 20000}]},
    ),
    Row(
        "EP-YYXZ-9039",
        "The terminal has the RID alone as its AID",
        "终端AID仅为RID",
        "EP-050 EP-064",
        (*approved(), apdu(2, DEBIT), apdu(3, gpo("26004080"))),
        config={"combination": [{"aid": "A000000333", "ttq": "26004080", "floor_limit": 20000}]},
    ),
    Row(
        "EP-YYXZ-9040",
        "Two AIDs of the terminal match: the longest one's parameters count",
        "终端两AID匹配：用最长者的参数",
        "EP-057 QP-010",
        (*approved(), apdu(3, gpo("36004080"))),
        config={
            "combination": [
                {"aid": "A000000333", "ttq": "26004080", "floor_limit": 20000},
                {"aid": "A000000333010101", "ttq": "36004080", "floor_limit": 20000},
            ]
        },
    ),
    Row(
        "EP-YYXZ-9041",
        "The same with the longest AID first",
        "同上，最长AID在前",
        "EP-057 QP-010",
        (*approved(), apdu(3, gpo("36004080"))),
        config={
            "combination": [
                {"aid": "A000000333010101", "ttq": "36004080", "floor_limit": 20000},
                {"aid": "A000000333", "ttq": "26004080", "floor_limit": 20000},
            ]
        },
    ),
    Row(
        "EP-YYXZ-9042",
        "Twelve entries of another scheme stand before ours",
        "前面有12个外来目录项",
        "EP-050 EP-061",
        (*approved(), apdu(2, DEBIT)),
        faults=("ppse-many",),
    ),
)

FIRST_CREDIT = (*online(), apdu(2, CREDIT))
"""The credit card has no money of its own: no check is supported, so ARQC (CS-024)."""

PRIORITIES = (
    Row(
        "EP-YYXZ-9050",
        "Priority 1 before priority 2, whatever the order",
        "优先级1先于2，与顺序无关",
        "EP-062",
        (*approved(), apdu(2, DEBIT)),
        card="two",
    ),
    Row(
        "EP-YYXZ-9051",
        "Equal priorities: the first of the directory",
        "优先级相同：取目录中靠前者",
        "EP-062",
        FIRST_CREDIT,
        card="two-equal",
    ),
    Row(
        "EP-YYXZ-9052",
        "Priority 0 is behind priority 15",
        "优先级0低于15",
        "EP-062",
        (*approved(), apdu(2, DEBIT)),
        card="two-lowest",
        mutations=(put("ppse", "87", "00"),),
    ),
    Row(
        "EP-YYXZ-9053",
        "No priority is behind priority 15",
        "无优先级低于15",
        "EP-062",
        (*approved(), apdu(2, DEBIT)),
        card="two-unnamed",
    ),
    Row(
        "EP-YYXZ-9054",
        "No priorities at all: the first of the directory",
        "均无优先级：取目录首项",
        "EP-062",
        FIRST_CREDIT,
        card="two-without",
    ),
    Row(
        "EP-YYXZ-9055",
        "The confirmation bit of 87 is ignored",
        "忽略87的确认位",
        "EP-062",
        FIRST_CREDIT,
        card="two",
        mutations=(put("ppse", "87", "81"),),
    ),
    Row(
        "EP-YYXZ-9056",
        "Only the low nibble of 87 is the priority",
        "优先级仅取87低半字节",
        "EP-062",
        FIRST_CREDIT,
        card="two-equal",
        mutations=(put("ppse", "87", "F2"),),
    ),
    Row(
        "EP-YYXZ-9057",
        "87 of two bytes counts as absent",
        "87长2字节视为不存在",
        "EP-048 EP-062",
        (*approved(), apdu(2, DEBIT)),
        card="two-equal",
        mutations=(put("ppse", "87", "0101"),),
    ),
    Row(
        "EP-YYXZ-9058",
        "The first combination's amount is over its limit: the other application",
        "首选应用金额超限：选另一应用",
        "EP-014 EP-050 EP-061",
        FIRST_CREDIT,
        card="two",
        config={
            "combination": [
                {
                    "aid": "A000000333010101",
                    "ttq": "36004080",
                    "floor_limit": 20000,
                    "transaction_limit": 1250,
                },
                {"aid": "A000000333010102", "ttq": "36004080", "floor_limit": 20000},
            ]
        },
    ),
)


def _kernel(
    number: int, value: str, zh: str, what: str, checks: tuple[Check, ...], ids: str, **more: Any
) -> Row:
    return Row(
        f"EP-YYXZ-{number}",
        f"9F2A {value or 'empty'}: {what}",
        f"9F2A为{value or '空'}：{zh}",
        ids,
        checks,
        mutations=(insert("ppse", "9F2A", value, path=ENTRY),),
        **more,
    )


KERNELS = (
    _kernel(9060, "07", "内核7", "kernel 7", (*approved(), apdu(2, DEBIT)), "EP-052 EP-055"),
    _kernel(9061, "", "按RID取默认内核", "the default of the RID", approved(), "EP-051"),
    _kernel(9062, "00", "任一内核", "any kernel fits", approved(), "EP-052 EP-055"),
    _kernel(9063, "03", "其他内核，跳过", "another kernel, skipped", NOTHING, "EP-054 EP-055"),
    _kernel(9064, "47", "RFU值，跳过", "the RFU form, skipped", NOTHING, "EP-052 EP-055"),
    _kernel(9065, "87", "国内格式过短", "domestic form too short", NOTHING, "EP-053"),
    _kernel(9066, "8701", "国内格式过短", "domestic form too short", NOTHING, "EP-053"),
    _kernel(
        9067, "870156", "其他内核，跳过", "a domestic kernel, skipped", NOTHING, "EP-053 EP-055"
    ),
    _kernel(9068, "800156", "专有，跳过", "short id 0 is proprietary", NOTHING, "EP-053"),
    _kernel(9069, "C70156", "其他内核，跳过", "a proprietary form, skipped", NOTHING, "EP-053"),
    _kernel(9070, "070156", "首字节为内核号", "byte 1 is the kernel", approved(), "EP-052 EP-055"),
    _kernel(
        9071,
        "03",
        "开关打开时用默认内核",
        "replaced by the default where the switch is on",
        approved(),
        "EP-054",
        switches={"ep.k7_ignore_other_kid": True},
    ),
)

FINAL = (
    Row(
        "EP-YYXZ-9080",
        "The preferred application answers 6A82: the other one is selected",
        "首选应用选择返回6A82：选另一应用",
        "EP-065",
        (
            its("outcome", "online_request"),
            apdus(PPSE, DEBIT, CREDIT, GPO),
        ),
        card="two",
        mutations=(status("select", "6A82"),),
    ),
    Row(
        "EP-YYXZ-9081",
        "Final SELECT 6283 (blocked application)",
        "最终选择返回6283（应用锁定）",
        "EP-065 EP-060",
        NOT_SELECTED,
        card="blocked",
    ),
    Row(
        "EP-YYXZ-9082",
        "Final SELECT 6283 with the FCI behind it",
        "最终选择6283但带FCI",
        "EP-065 EP-060",
        NOT_SELECTED,
        mutations=(status("select", "6283", keep=True),),
    ),
    *(
        Row(
            f"EP-YYXZ-{9083 + number}",
            f"Final SELECT {word}: no application is left",
            f"最终选择{word}：无应用可用",
            "EP-065 EP-060",
            NOT_SELECTED,
            mutations=(status("select", word),),
        )
        for number, word in enumerate(("6A82", "6A81", "6985", "9001"))
    ),
    Row(
        "EP-YYXZ-9087",
        "Both applications refuse",
        "两应用均拒绝",
        "EP-065 EP-060",
        (*ended("EP-060"), apdus(PPSE, DEBIT, CREDIT)),
        card="two",
        mutations=(status("select", "6A82"), status("select", "6A82", nth=2)),
    ),
    Row(
        "EP-YYXZ-9088",
        "FCI without 84",
        "FCI缺84",
        "EP-067 EP-060",
        NOT_SELECTED,
        mutations=(drop("select", "84"),),
    ),
    Row(
        "EP-YYXZ-9089",
        "FCI without PDOL",
        "FCI缺PDOL",
        "EP-067 QP-040",
        NOT_SELECTED,
        faults=("no-pdol",),
    ),
    Row(
        "EP-YYXZ-9090",
        "PDOL without 9F66",
        "PDOL不含9F66",
        "EP-067 QP-040",
        NOT_SELECTED,
        faults=("pdol-without-ttq",),
    ),
    Row(
        "EP-YYXZ-9091",
        "PDOL ends inside a tag",
        "PDOL在标签中截断",
        "DOL-014",
        (*ended("EP-060"), no_apdu(GPO)),
        faults=("pdol-cut",),
    ),
    Row(
        "EP-YYXZ-9092",
        "PDOL ends without a length",
        "PDOL缺最后长度",
        "DOL-014",
        (*ended("EP-060"), no_apdu(GPO)),
        faults=("pdol-no-length",),
    ),
    Row(
        "EP-YYXZ-9093",
        "The preferred application has no PDOL: the other one",
        "首选应用缺PDOL：选另一应用",
        "EP-067",
        (its("outcome", "online_request"), apdus(PPSE, DEBIT, CREDIT, GPO)),
        card="two",
        mutations=(drop("select", "9F38"),),
    ),
    Row(
        "EP-YYXZ-9094",
        "A byte behind the FCI",
        "FCI后多一字节",
        "EP-068 TLV-016",
        NOT_SELECTED,
        mutations=({"kind": "tail", "at": "select", "value": "00"},),
    ),
    Row(
        "EP-YYXZ-9095",
        "FCI: 9000 without data",
        "FCI：9000但无数据",
        "EP-068",
        NOT_SELECTED,
        faults=("empty:command=select",),
    ),
    Row(
        "EP-YYXZ-9096",
        "9F29 is appended where the flag says so",
        "标志打开时名称后附9F29",
        "EP-063",
        (
            either("outcome", "approved", "end_application"),
            apdu(2, "00A4040009 A00000033301010101 00"),
        ),
        combo={"extended_selection": True},
        mutations=(insert("ppse", "9F29", "01", path=ENTRY),),
    ),
    Row(
        "EP-YYXZ-9097",
        "9F29 without the flag changes nothing",
        "标志关闭时忽略9F29",
        "EP-063",
        (*approved(), apdu(2, DEBIT)),
        mutations=(insert("ppse", "9F29", "01", path=ENTRY),),
    ),
    Row(
        "EP-YYXZ-9098",
        "ADF name and 9F29 of 17 bytes together: removed without SELECT",
        "名称与9F29共17字节：不选择即移除",
        "EP-063 EP-060",
        NOTHING,
        combo={"extended_selection": True},
        mutations=(insert("ppse", "9F29", "01" * 9, path=ENTRY),),
    ),
    Row(
        "EP-YYXZ-9099",
        "ADF name and 9F29 of 16 bytes together",
        "名称与9F29共16字节",
        "EP-063",
        (
            either("outcome", "approved", "end_application"),
            apdu(2, f"00A4040010 A000000333010101 {'01' * 8} 00"),
        ),
        combo={"extended_selection": True},
        mutations=(insert("ppse", "9F29", "01" * 8, path=ENTRY),),
    ),
)

P12 = (
    *(
        Row(
            f"EP-YYXZ-{9110 + number}",
            f"Domestic selection: directory {word}, another interface",
            f"国内方式：目录{word}，改用其他界面",
            "EP-091",
            (*other_interface("EP-091"), apdus(PPSE)),
            terminal="p12",
            mutations=(status("ppse", word),),
        )
        for number, word in enumerate(("6A82", "6283"))
    ),
    Row(
        "EP-YYXZ-9112",
        "Domestic selection: a blocked card (6A81) is never approved",
        "国内方式：卡片锁定（6A81）",
        "EP-096",
        (
            either("outcome", "end_application", "try_another_interface"),
            its("rule", "EP-096"),
            apdus(PPSE),
        ),
        terminal="p12",
        card="blocked-card",
    ),
    Row(
        "EP-YYXZ-9113",
        "Domestic selection: no common application",
        "国内方式：无共同应用",
        "EP-091",
        (*other_interface("EP-091"), apdus(PPSE)),
        terminal="p12",
        card="foreign",
    ),
    Row(
        "EP-YYXZ-9114",
        "Domestic selection: final SELECT fails, no second candidate",
        "国内方式：最终选择失败，不试第二个",
        "EP-093",
        (*other_interface("EP-093"), apdus(PPSE, DEBIT)),
        terminal="p12",
        card="two",
        mutations=(status("select", "6A82"),),
    ),
    Row(
        "EP-YYXZ-9115",
        "Domestic selection: no PDOL",
        "国内方式：缺PDOL",
        "EP-094",
        (*other_interface("EP-094"), apdus(PPSE, DEBIT)),
        terminal="p12",
        faults=("no-pdol",),
    ),
    Row(
        "EP-YYXZ-9116",
        "Domestic selection: PDOL without 9F66",
        "国内方式：PDOL不含9F66",
        "EP-094",
        (*other_interface("EP-094"), apdus(PPSE, DEBIT)),
        terminal="p12",
        faults=("pdol-without-ttq",),
    ),
    Row(
        "EP-YYXZ-9117",
        "Domestic selection: one entry without 4F makes the directory invalid",
        "国内方式：一项缺4F则目录无效",
        "EP-046",
        (
            its("outcome", "try_another_interface"),
            either("rule", "EP-046", "EP-091"),
            apdus(PPSE),
        ),
        terminal="p12",
        card="two",
        mutations=(drop("ppse", "4F"),),
    ),
    Row(
        "EP-YYXZ-9118",
        "Domestic selection: another kernel in 9F2A does not matter",
        "国内方式：忽略其他内核标识",
        "EP-054",
        (*approved(), apdu(2, DEBIT), apdu(3, gpo("36000080"))),
        terminal="p12",
        mutations=(insert("ppse", "9F2A", "03", path=ENTRY),),
    ),
    Row(
        "EP-YYXZ-9119",
        "Domestic selection: no floor limit at all, no contactless",
        "国内方式：无任何最低限额则不做非接",
        "EP-017",
        (never("outcome", "approved"), never("outcome", "online_request"), apdus()),
        terminal="p12",
        combo={"floor_limit": None},
    ),
    Row(
        "EP-YYXZ-9120",
        "Domestic selection: the application of the highest priority",
        "国内方式：自动选最高优先级",
        "EP-092",
        (*approved(), apdu(2, DEBIT)),
        terminal="p12",
        card="two",
    ),
)

LOST = (
    Row(
        "EP-YYXZ-9130",
        "The card leaves at the directory once",
        "选目录时卡片离开一次",
        "EP-035 TT-001",
        (*approved(), apdu(1, PPSE), apdu(2, PPSE), apdu(3, DEBIT)),
        mutations=(leave("ppse", before=True),),
    ),
    Row(
        "EP-YYXZ-9131",
        "The card leaves at SELECT once: the directory is read anew",
        "选应用时离开一次：重新读目录",
        "EP-035 EP-058 TT-001",
        (*approved(), apdu(2, DEBIT), apdu(3, PPSE), apdu(4, DEBIT), apdu(5, gpo("36004080"))),
        mutations=(leave("select"),),
    ),
    Row(
        "EP-YYXZ-9132",
        "The card leaves at the directory every time",
        "每次选目录时均离开",
        "EP-035 TT-007",
        (*presented_again(), no_apdu("00A4040008*"), no_apdu(GPO)),
        mutations=(leave("ppse", always=True),),
    ),
    Row(
        "EP-YYXZ-9133",
        "Two cards in the field, then one",
        "场内先有两卡，后余一卡",
        "EP-032",
        (*approved(), apdu(1, PPSE)),
        around={"detections": ["collision", "card"]},
    ),
    Row(
        "EP-YYXZ-9134",
        "No automatic presentment is left: Try Again",
        "不允许自动重挥：请重试",
        "EP-035 TT-007",
        (*presented_again(), apdus(PPSE, DEBIT), no_apdu(READ)),
        term={"passes": 0},
        mutations=(leave("select"),),
    ),
)

ROWS = (*DIRECTORY, *NAMES, *PRIORITIES, *KERNELS, *FINAL, *P12, *LOST)
