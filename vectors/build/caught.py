"""Suite `decisions`: single decisions that a kernel broken on purpose got past the other suites.

`tapkern replay --mutants` names such decisions; each case here is the one that tells them apart.
"""

from __future__ import annotations

from vectors.build.base import combination
from vectors.build.checks import shows
from vectors.build.documents import Document
from vectors.build.grid import Part, add, leaves, put, status
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "YYXZ": Words("Selection of the application", "应用选择"),
    "HQXX": Words("Answer to GPO", "处理选项应答"),
    "DQSJ": Words("Reading of records", "读数据"),
    "YECX": Words("Balances", "余额查询"),
    "KPXX": Words("Card information", "卡片信息"),
    "TSXX": Words("Messages", "提示信息"),
}
ENTRY = "6F.A5.BF0C.61"
BOTH_PATHS = [
    "emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01", "contactless_dc",
]  # fmt: skip
QPBOC_ANSWER = (
    "773B82027C009F3602000157116200000000000001032D491222000000009F100807010103A0000001"
    "{cryptogram}5F3401019F6C020000"
)
CRYPTOGRAM = "9F260880B563154CEFFA54"


def suite() -> SuiteBuilder:
    made = SuiteBuilder("decisions", "DC", en="Single decisions", zh="单项判断", groups=GROUPS)
    _selection(made)
    _paths(made)
    _records(made)
    broken = Part("all GET DATA answered 6281, with data", "取数据均应答6281并带数据", "APDU-010 QP-151",
                  tx={"purpose": "balance"},
                  mutations=(status("data", "6281", nth=0, keep=True, always=True),))  # fmt: skip
    add(made, "YECX", broken)
    refused = Part("SELECT answered 6A82, with an FCI", "选择应答6A82但给出FCI", "LG-004 EP-065",
                   tx={"purpose": "card_info"},
                   mutations=(status("select", "6A82", keep=True, always=True),))  # fmt: skip
    add(made, "KPXX", refused)
    made.case(
        "TSXX", "A lost card is asked for by the same words again", "卡片丢失后重复同一提示",
        ["EP-030", "EP-035", "OUT-026"], mutations=[leaves("ppse", before=True)],
        more=[shows("present_card", "present_again", "present_again", "card_read_ok", "approved")],
    )  # fmt: skip
    return made


def _selection(made: SuiteBuilder) -> None:
    for kernel, asked, en, zh, ids in (
        ("870156", "870156", "domestic kernel", "国内内核标识", "EP-052 EP-053 EP-055"),
        ("870156", "87015601", "domestic kernel and a byte more", "国内内核标识多一字节", "EP-053"),
        ("870156", "8701", "domestic kernel cut", "国内内核标识截断", "EP-053"),
        ("870156", "07", "international kernel, domestic wanted", "国际标识对国内内核", "EP-052"),
        ("800156", "800156", "domestic kernel without a short identifier", "国内标识短标识为零",
         "EP-053"),
    ):  # fmt: skip
        part = Part(f"{en}: 9F2A {asked}, combination {kernel}", f"{zh}：9F2A为{asked}，组合为{kernel}",
                    ids, one={"kernel": kernel}, mutations=(put("ppse", "9F2A", asked, path=ENTRY),))  # fmt: skip
        add(made, "YYXZ", part)
    short: Document = {"aid": "A0000003330101", "floor_limit": 100}
    long: Document = {"aid": "A000000333010101", "floor_limit": 20000}
    for first, second, en, zh in (
        (short, long, "the longer AID second", "较长AID在后"),
        (long, short, "the longer AID first", "较长AID在先"),
    ):
        part = Part(f"AIDs of 7 and 8 bytes, {en}", f"7字节与8字节AID，{zh}", "EP-057", one=first,
                    more=(combination(**second),))  # fmt: skip
        add(made, "YYXZ", part)
    for home, where in ((0, "6F"), (1, "A5")):
        cut = {"kind": "pad", "at": "ppse", "home": home, "pick": 2 - home, "value": "82",
               "always": True}  # fmt: skip
        part = Part(f"FCI of the directory ends in half an object in {where}",
                    f"目录FCI的{where}以半个对象结束", "EP-044 TLV-015", mutations=(cut,))  # fmt: skip
        add(made, "YYXZ", part)
    inside = Part("BF0C of the application ends in half an object", "应用FCI的BF0C以半个对象结束",
                  "EP-068 TLV-015", one={"transaction_limit": None, "status_check": True},
                  mutations=(
                      put("select", "9F4D", "0B0A", path="6F.A5.BF0C"),
                      {"kind": "pad", "at": "select", "home": 2, "pick": 1, "value": "82",
                       "always": True},
                  ))  # fmt: skip
    add(made, "YYXZ", inside)


def _paths(made: SuiteBuilder) -> None:
    """QP-062: a terminal that has both ways, and an answer that is on the one of qPBOC or not."""
    both = Part("both paths", "双路径", one={"ttq": BOTH_PATHS}, card="credit")
    for en, zh, cryptogram in (("with 9F26", "有9F26", CRYPTOGRAM), ("without 9F26", "无9F26", "")):
        body = QPBOC_ANSWER[4:].format(cryptogram=cryptogram)
        answer = f"77{len(body) // 2:02X}{body}9000"
        part = Part(f"answer {en}", f"应答{zh}", "QP-062 QP-160",
                    mutations=({"kind": "answer", "at": "gpo", "value": answer, "always": True},))  # fmt: skip
        add(made, "HQXX", both, part)
        on = Part("qp.aip_b2b8_means_dc on", "qp.aip_b2b8_means_dc开",
                  switches={"qp.aip_b2b8_means_dc": True})  # fmt: skip
        add(made, "HQXX", both, on, part)


def _records(made: SuiteBuilder) -> None:
    """TLV-032: what belongs into the answer to GPO is not taken from a record; ODA-021."""
    for tag, value in (("9F27", "80"), ("9F27", "00")):
        part = Part(f"{tag} {value} in a record alone", f"仅记录中含{tag} {value}", "TLV-032",
                    mutations=(put("last", tag, value, path="70"),))  # fmt: skip
        add(made, "DQSJ", part)
    for answer, en, zh in (
        ("9F36020001", "no template", "非模板"), ("7003820100", "a template 70", "模板70"),
    ):  # fmt: skip
        part = Part(f"log record under authentication: {en}", f"参与认证的日志记录：{zh}",
                    "ODA-021 QP-075", mutations=(
                        put("gpo", "94", "5801010108010401"),
                        {"kind": "answer", "at": "record", "value": f"{answer}9000", "always": True},
                    ))  # fmt: skip
        add(made, "DQSJ", part)
