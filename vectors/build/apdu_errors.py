"""Suite `apdu-errors`: status words, answers in steps, cards that leave or say nothing."""

from __future__ import annotations

from tapkern.card.faults.kinds import Layer
from vectors.build import faulty
from vectors.build.grid import Part, leaves, status
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "ZTZM": Words("Status words", "状态字"),
    "FBYD": Words("61xx and 6Cxx", "61xx与6Cxx分步应答"),
    "KPLC": Words("The card leaves", "卡片离场"),
    "WYDA": Words("The card says nothing", "卡片无应答"),
    "KPGZ": Words("Faults of the field", "通讯故障"),
    "CFYD": Words("Answers of earlier commands", "重放应答"),
}
COMMANDS = {
    "ppse": ("SELECT PPSE", "选择PPSE", "EP-043 CMD-003 EP-042 APDU-002"),
    "select": ("SELECT", "选择应用", "EP-065 CMD-001 EP-064"),
    "gpo": ("GPO", "获取处理选项", "QP-055 CMD-005 QP-045"),
    "record": ("READ RECORD", "读记录", "QP-074 APDU-011 CMD-006 CMD-031 QP-072"),
    "last": ("the last READ RECORD", "读最后记录", "QP-074 QP-080 APDU-011"),
}
WORDS = ("6985", "6A82", "6283", "6300", "6700", "6D00", "6E00", "9001", "6100", "6C10", "0000")
DEBIT, PHONE = Part("", ""), Part("phone", "手机", card="phone")


def suite() -> SuiteBuilder:
    made = SuiteBuilder("apdu-errors", "AP", en="Errors of APDUs", zh="APDU错误", groups=GROUPS)
    faulty.flags(made)
    for group in (_words, _steps, _leaves, _mute, _replays):
        group(made)
    grid(made, "KPGZ", list(faulty.parts(Layer.FIELD)))
    return made


def _words(made: SuiteBuilder) -> None:
    for at, (en, zh, ids) in COMMANDS.items():
        words = [
            Part(f"{en} answers {word}", f"{zh}返回{word}", ids, mutations=(status(at, word, always=True),))
            for word in WORDS
        ]
        grid(made, "ZTZM", words)
        kept = [
            Part(f"{en} answers {word} with its data", f"{zh}返回{word}并带数据", ids,
                 mutations=(status(at, word, keep=True, always=True),))
            for word in ("6283", "9001", "6110")
        ]  # fmt: skip
        grid(made, "ZTZM", kept)


STEPS = {
    "t0-61": ("plain", "twice", "data", "parts", "exact", "longer"),
    "t0-6c": ("plain", "always", "data", "more", "longer", "short"),
}


def _steps(made: SuiteBuilder) -> None:
    """APDU-003, CMD-014."""
    follow = [
        Part(f"followed: {word}", f"跟随：{zh}", "APDU-003 CMD-014", switches={"apdu.follow_61_6c": on})
        for word, zh, on in (("yes", "是", True), ("no", "否", False))
    ]
    for name, ways in STEPS.items():
        for way in ways:
            for command in ("ppse", "select", "gpo", "record", "last-record"):
                at = "last" if command == "last-record" else command
                en, zh, _ = COMMANDS[at]
                part = Part(f"{name} at {en}, {way}", f"{zh}以{name}应答（{way}）", faults=(f"{name}:command={command},way={way}",))
                grid(made, "FBYD", [part], follow[: 2 if way == "plain" else 1])
    every = tuple(f"t0-61:command={one}" for one in ("ppse", "select", "gpo", "record", "last-record"))
    whole = Part("61xx to every command", "所有命令均61xx", faults=every)
    grid(made, "FBYD", [whole], follow)
    lost = [
        Part(f"leaves at GET RESPONSE {nth}", f"在第{nth}次取应答时离场", "APDU-003 APDU-006 TT-004",
             mutations=(leaves("response", nth=nth, before=before),))
        for nth in (1, 3, 5)
        for before in (True, False)
    ]  # fmt: skip
    grid(made, "FBYD", [whole], lost, follow[:1])


def _leaves(made: SuiteBuilder) -> None:
    """APDU-004 to APDU-006, EP-035, QP-046, QP-073, QP-173, TT-001 to TT-005, TT-007."""
    for card in (DEBIT, PHONE, Part("credit card", "贷记卡", card="credit")):
        for nth in range(1, 9 if card is DEBIT else 7):
            for before in (True, False):
                word, zh = ("before", "前") if before else ("after", "后")
                ids = "APDU-005 APDU-006 " + (
                    "EP-035 TT-001" if nth < 3 else "QP-046 TT-002" if nth == 3 else "QP-073 TT-003 TT-004 TT-005"
                )
                if card.card == "credit" and nth > 3:
                    continue
                gone = Part(f"leaves {word} it acts on command {nth}", f"第{nth}条命令执行{zh}离场", ids,
                            mutations=(leaves("any", nth=nth, before=before),))  # fmt: skip
                ever = Part(f"leaves {word} it acts on command {nth}, always", f"始终在第{nth}条命令{zh}离场",
                            ids + " TT-007", mutations=(leaves("any", nth=nth, before=before, always=True),),
                            term={"passes": 1})  # fmt: skip
                grid(made, "KPLC", [card], [gone, ever][: 2 if before else 1], [Part(switches={"tt.recovery": False})])
    arqc = Part("phone", "手机", "QP-173 TT-003", card="phone")
    for on, word, zh in ((True, "on", "开"), (False, "off", "关")):
        switch = Part(f"qp.read_afl_on_arqc {word}", f"qp.read_afl_on_arqc{zh}", "QP-071 QP-173",
                      switches={"qp.read_afl_on_arqc": on, "tt.recovery": False})  # fmt: skip
        left = [
            Part(f"leaves at record {nth}", f"在第{nth}条记录离场", mutations=(leaves("record", nth=nth, always=True),))
            for nth in (1, 2)
        ]
        no57 = [Part("", ""), Part("no 57 in the answer", "应答无57", mutations=(
            {"kind": "drop", "at": "gpo", "tag": "57", "always": True},))]  # fmt: skip
        grid(made, "KPLC", [arqc], [switch], left, no57)


def _mute(made: SuiteBuilder) -> None:
    for at, (en, zh, _) in COMMANDS.items():
        for always in (False, True):
            word, zh_word = ("always", "始终") if always else ("once", "一次")
            part = Part(f"no answer to {en}, {word}", f"{zh}{zh_word}无应答", "APDU-004 APDU-006",
                        mutations=(leaves(at, mute=True, always=always),), switches={"tt.recovery": False})  # fmt: skip
            grid(made, "WYDA", [part])
        for what, fault in (("an answer of one byte", "runt"), ("an answer too long", "oversize"), ("no data", "empty")):
            command = "last-record" if at == "last" else at
            part = Part(f"{what} to {en}", f"{zh}：{dict(runt='一字节应答', oversize='应答过长', empty='无数据')[fault]}",
                        "APDU-004 APDU-001 TLV-010", faults=(f"{fault}:command={command}",),
                        switches={"tt.recovery": False})  # fmt: skip
            grid(made, "WYDA", [part])


def _replays(made: SuiteBuilder) -> None:
    for at, (en, zh, ids) in COMMANDS.items():
        for pick in (0, 1, 2, 3):
            part = Part(f"{en} is answered with answer {pick + 1}", f"{zh}返回第{pick + 1}个应答", ids.split()[0],
                        mutations=({"kind": "replay", "at": at, "pick": pick, "always": True},), flags=("Replay",))  # fmt: skip
            grid(made, "CFYD", [part])
