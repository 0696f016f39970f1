"""Suite `malformed-data`: objects that are wrong in form, in every answer."""

from __future__ import annotations

from tapkern.card.faults.kinds import Layer
from tests.differential.wrong import FOREIGN, OBJECTS, TERMINAL_OWNED
from vectors.build import faulty
from vectors.build.documents import Document
from vectors.build.grid import Part, put, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "KPCW": Words("Faults of cards", "卡片故障"),
    "YDCW": Words("Values in the answer to GPO", "应答数据取值"),
    "JLCW": Words("Values in records", "记录数据取值"),
    "MLCW": Words("Values in the directory", "目录数据取值"),
    "XZCW": Words("Values in the FCI", "FCI数据取值"),
    "CFSJ": Words("Objects that come twice", "重复对象"),
    "ZDSJ": Words("Objects of the terminal", "终端所有对象"),
    "WZSJ": Words("Unknown objects", "未知对象"),
    "BMXS": Words("Coding", "编码形式"),
}
IDS = {
    "82": "QP-064 TLV-032", "94": "QP-065 TLV-032", "9F36": "QP-067 TLV-032", "9F26": "QP-067 TLV-032",
    "9F10": "QP-067 QP-008 TLV-032", "9F27": "QP-005 QP-067 TLV-032", "9F6C": "CTQ-002", "57": "TLV-030 QP-085",
    "5A": "TLV-030 QP-085", "5F24": "TLV-029 QP-090", "5F25": "TLV-029", "4F": "EP-046", "9F2A": "EP-053",
    "84": "EP-045", "87": "EP-048", "50": "EP-048", "9F38": "DOL-014 QP-040", "9F69": "FD-002",
    "9F29": "EP-063", "5F34": "TLV-022 TLV-034", "8F": "TLV-034 CK-008", "9F08": "TLV-034 FD-003",
    "5F20": "TLV-028", "9F4D": "TLV-028",
}  # fmt: skip
ANSWERS = {
    "gpo": ("YDCW", "answer to GPO", "GPO应答", "TLV-027"),
    "record": ("JLCW", "record", "记录", "TLV-034"),
    "ppse": ("MLCW", "directory", "目录", "EP-048"),
    "select": ("XZCW", "FCI", "FCI", "EP-068"),
}
PATHS = {"ppse": "6F.A5.BF0C.61", "select": "6F.A5"}


def suite() -> SuiteBuilder:
    made = SuiteBuilder("malformed-data", "TL", en="Malformed data", zh="异常数据", groups=GROUPS)
    faulty.flags(made)
    made.flag("TerminalOwned", "The card sends an object that belongs to the terminal: it is ignored.",
              "卡片发送属于终端的对象：应忽略。")  # fmt: skip
    made.flag("DuplicateTag", "An object comes twice: the tap ends, it is not chosen between them.",
              "对象重复出现：交易终止，不在其中选择。")  # fmt: skip
    grid(made, "KPCW", list(faulty.parts(Layer.TLV)))
    for at, objects in OBJECTS.items():
        _values(made, at, objects)
    _duplicates(made)
    _owned(made)
    _coding(made)
    return made


def _values(made: SuiteBuilder, at: str, objects: dict[str, tuple[str, ...]]) -> None:
    group, en, zh, usual = ANSWERS[at]
    path = {"path": PATHS[at]} if at in PATHS else {}
    for tag, values in objects.items():
        for value in values:
            whole = value + "0" * (len(value) % 2)
            short = whole if len(whole) <= 24 else f"{whole[:20]}… ({len(whole) // 2} bytes)"
            zh_short = whole if len(whole) <= 24 else f"{whole[:20]}…（{len(whole) // 2}字节）"
            change = put(at, tag, whole, **path)
            part = Part(f"{tag} = {short or 'empty'} in the {en}", f"{zh}中{tag}={zh_short or '空'}",
                        IDS.get(tag, usual), mutations=(change,))  # fmt: skip
            grid(made, group, [part])


def _duplicates(made: SuiteBuilder) -> None:
    """TLV-018, TLV-021, TLV-022, TLV-032."""
    twice = ("82", "9F36", "9F26", "9F10", "9F6C", "57", "5F34", "9F5D")
    for tag in twice:
        copy = {"kind": "copy", "at": "gpo", "tag": tag, "always": True}
        flags = () if tag == "5F34" else ("DuplicateTag",)
        ids = "TLV-022" if tag == "5F34" else "TLV-021 QP-066"
        grid(made, "CFSJ", [Part(f"{tag} twice in the answer to GPO", f"GPO应答中{tag}重复", ids,
                                 mutations=(copy,), flags=flags)], [Part("", ""), Part("credit", "贷记卡", card="credit")])  # fmt: skip
    for tag, value in (("9F36", "0001"), ("57", "6200000000000001016D49122200000000"), ("9F6C", "0000"),
                       ("5F34", "01"), ("5F34", "02"), ("9F27", "40"), ("82", "7C00"), ("DF7F", "01")):  # fmt: skip
        later = {"kind": "insert", "at": "record", "tag": tag, "value": value, "always": True}
        grid(made, "CFSJ", [Part(f"{tag} = {value[:12]} in a record too", f"{tag}在记录中再次出现（{value[:12]}）",
                                 "TLV-021 TLV-022 TLV-032", mutations=(later,))])  # fmt: skip
    for tag in ("5A", "5F24", "9F08", "8F", "9F4A"):
        copies = tuple({"kind": "copy", "at": "record", "tag": tag, "nth": nth, "always": True} for nth in (1, 2, 3))
        grid(made, "CFSJ", [Part(f"{tag} twice in a record", f"记录中{tag}重复", "TLV-021", mutations=copies,
                                 flags=("DuplicateTag",))])  # fmt: skip
    empty = {"kind": "insert", "at": "gpo", "tag": "9F36", "value": "", "always": True}
    grid(made, "CFSJ", [Part("9F36 once more with length 0", "9F36再次出现且长度为0", "TLV-020", mutations=(empty,))])


def _owned(made: SuiteBuilder) -> None:
    """TLV-025, TLV-026, TLV-017, TLV-031, TLV-033."""
    for tag, value in TERMINAL_OWNED.items():
        for at, en, zh in (("gpo", "answer to GPO", "GPO应答"), ("record", "record", "记录")):
            given = {"kind": "insert", "at": at, "tag": tag, "value": value, "always": True}
            grid(made, "ZDSJ", [Part(f"{tag} of the terminal in the {en}", f"{zh}中出现终端的{tag}", "TLV-025 QP-066",
                                     mutations=(given,), flags=("TerminalOwned",))])  # fmt: skip
    for tag, value in FOREIGN.items():
        for at, en, zh in (("gpo", "answer to GPO", "GPO应答"), ("record", "record", "记录"), ("select", "FCI", "FCI")):
            given = {"kind": "insert", "at": at, "tag": tag, "value": value, "always": True}
            grid(made, "WZSJ", [Part(f"unknown {tag} in the {en}", f"{zh}中有未知{tag}", "TLV-017 TLV-031 TLV-033",
                                     mutations=(given,))])  # fmt: skip


def _coding(made: SuiteBuilder) -> None:
    """TLV-001 to TLV-016."""
    shapes: dict[str, tuple[str, str, Document]] = {
        "a tag of 4 bytes": ("4字节标签", "TLV-002", {"kind": "pad", "value": "DF81817F01AA"}),
        "a tag of 5 bytes": ("5字节标签", "TLV-002", {"kind": "pad", "value": "DF8181817F01AA"}),
        "a tag that does not end": ("标签未结束", "TLV-001 TLV-005", {"kind": "pad", "value": "9F", "pick": 99}),
        "a length of form 80": ("80形式长度", "TLV-006", {"kind": "pad", "value": "DF7F80AA"}),
        "a length of form 83": ("83形式长度", "TLV-006", {"kind": "pad", "value": "DF7F83000001AA"}),
        "a length of form 81 below 80": ("81形式短长度", "TLV-007", {"kind": "pad", "value": "DF7F8101AA"}),
        "a length of form 82 below 80": ("82形式短长度", "TLV-007", {"kind": "pad", "value": "DF7F820001AA"}),
        "a length behind the end": ("长度超出末尾", "TLV-009", {"kind": "pad", "value": "DF7F7FAA", "pick": 99}),
        "padding 00": ("填充00", "TLV-011 TLV-012 TLV-013", {"kind": "pad", "value": "000000"}),
        "padding FF": ("填充FF", "TLV-014", {"kind": "pad", "value": "FFFF"}),
        "an unknown template with wrong content": ("未知模板内容错误", "TLV-033", {"kind": "insert", "tag": "BF7F", "value": "9F"}),
        "an object 9F01 and an object 01": ("9F01与01", "TLV-003", {"kind": "pad", "value": "9F0101AA0101BB"}),
        "a primitive object that looks constructed": ("形似结构的基本对象", "TLV-004", {"kind": "insert", "tag": "DF20", "value": "82FF"}),
        "a byte missing": ("缺一字节", "TLV-009 TLV-015", {"kind": "cut", "count": 1}),
        "a byte too many": ("多一字节", "TLV-016", {"kind": "tail", "value": "9F"}),
    }  # fmt: skip
    off = Part("tlv.skip_ff off", "tlv.skip_ff关", "TLV-014", switches={"tlv.skip_ff": False})
    for en, (zh, ids, change) in shapes.items():
        for at, where, zh_at in (("ppse", "directory", "目录"), ("select", "FCI", "FCI"), ("gpo", "answer to GPO", "GPO应答"),
                                 ("record", "record", "记录"), ("last", "last record", "最后记录")):  # fmt: skip
            made_at = {**change, "at": at, "always": True}
            part = Part(f"{en} in the {where}", f"{zh_at}中{zh}", ids, mutations=(made_at,))
            grid(made, "BMXS", [part], [Part("", ""), off] if "FF" in en else [Part("", "")])
    for tag in ("82", "9F36", "9F10"):
        grid(made, "BMXS", [Part(f"{tag} taken out of the answer", f"应答缺{tag}", "QP-067", mutations=(without("gpo", tag),))])
