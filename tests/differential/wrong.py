"""Random mutations: what is drawn from, by the answer it changes."""

from __future__ import annotations

from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import Scene, day

STATUS_WORDS = (
    "6283", "6300", "6700", "6981", "6984", "6985", "6986", "6A81", "6A82", "6A83", "6A88", "6D00",
    "6E00", "9001", "6100", "6C10", "0000",
)  # fmt: skip

TERMINAL_OWNED = {
    "9F02": "000000000001",
    "9F03": "000000000099",
    "9F37": "00000000",
    "95": "FFFFFFFFFF",
    "9A": "200101",
    "9C": "20",
    "5F2A": "0344",
    "9F1A": "0344",
    "9F66": "20000000",
    "9F33": "000000",
    "9F35": "11",
    "9F40": "0000000000",
    "9F1E": "4141414141414141",
    "9F21": "000000",
    "9F41": "00000001",
    "8A": "3030",
    "9F34": "000000",
    "9F09": "0020",
    "9F06": "A000000333010199",
}
"""Objects that a card must not be able to change, with a value that would show."""

FOREIGN = {"DF7F": "01", "C1": "0102", "9F7C": "0A0B0C", "BF30": "9F7C0101", "DF8101": ""}
"""Objects that nobody knows."""

OBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "gpo": {
        "82": ("7C00", "5C00", "7C80", "3C00", "7C", "7C0000", ""),
        "94": (
            "08010100", "0801010008", "080101", "0001010008010201", "F8010100", "08000100",
            "08020100",
            "08010102", "0801FF00", "08010500080105001001050018010500", "58010100", "08010201",
            "0801030008010300", "1001050008010101", "58010101", "08010200080303", "", "09010100",
        ),
        "9F36": ("0001", "01", "000102", "", "FFFF"),
        "9F26": ("0102030405060708", "01020304050607", ""),
        "9F10": (
            "07010103A00000", "07010103900000", "07010103800000", "07010103B00000", "070101039000",
            "0701010390000001", "07010103900000010A010000012345AABBCCDD", "0701010390000001FF01",
            "07010103900000010A030000012345AABBCCDD", "0701010390000001", "",
            "07010103A00000010A050000099999AABBCCDD", "0701170390000001", "06010103900000",
            "07010103900000010F03000001234500000067890A0B0C0D",
            "07010103900000010A02000001234500000000", "07010103A00000010A010000ABCDEF00000000",
        ),
        "9F27": ("00", "40", "80", "C0", "4000", "", "41", "60"),
        "9F6C": (
            "0000", "8000", "4000", "2000", "1000", "3000", "0800", "0080", "8080", "C000", "00",
            "000000", "", "4080", "0040", "2080", "0880", "3800",
        ),
        "9F5D": ("000000012345", "0000012345", "00000001234A", "", "999999999999"),
        "57": (
            "6200000000000001016D4912220", "6200000000000001016F", "62000000000000011D49122200", "",
        ),
        "5A": ("6200000000000001017F", "62", ""),
        "5F34": ("01", "02", "0102", "", "0A"),
        "9F63": ("00112233445566778899AABBCCDDEEFF", "00", ""),
        "9F4B": ("00", "", "AA" * 64),
        "9F69": ("0102030405000000", "0002030405000000", "01020304050080"),
        "9F4C": ("0002",),
    },
    "record": {
        "5A": ("6200000000000001017F", "6200000000000001016F", "FF", "", "62000000000000010A6F"),
        "5F24": ("491231", "200101", "2401", "24AA01", "241332", ""),
        "5F25": ("200101", "491231", "200231", "20", ""),
        "5F34": ("01", "09", "", "0101"),
        "5F28": ("0344", "01"),
        "9F07": ("0000",),
        "9F08": ("0020", "0030", "002F", "0031", "30", "", "003000"),
        "57": ("62000000000000010160D4912220", "6200000000000001017D4912220F"),
        "8F": ("E1", "E2", "FF", "E1E2", ""),
        "9F4A": ("82", "", "8295", "5A"),
        "90": ("00", ""),
        "92": ("00", ""),
        "9F32": ("03", "010001", "05", ""),
        "9F46": ("00", ""),
        "9F47": ("03", "010001", ""),
        "9F48": ("00", ""),
        "93": ("00",),
        "9F4B": ("00", ""),
        "9F69": (
            "0102030405000000", "0102030405008000", "0002030405000000", "0202030405000000", "",
            "01020304050000", "0102030405000000AA", "01020304050000000000000000000000AA",
        ),
        "9F74": ("454343303031", "", "4543", "00FF00FF00FF", "45434330303132"),
        "9F6C": ("0000", "2000"),
        "82": ("7C00", "5C00"),
        "9F36": ("0001",),
        "9F27": ("40",),
        "5F20": ("20" * 30, "41"),
        "9F1F": ("3030",),
        "8C": ("9F02",),
        "5F30": ("0201", "02"),
    },
    "select": {
        "84": ("A000000333010101", "A0000003", ""),
        "50": ("50424F43", "", "41" * 17),
        "87": ("01", "", "0102"),
        "9F38": (
            "9F6604", "", "9F6604" "9F0206" "9F3704", "9F6603" "9F0206", "9F66", "9F0206",
            "9F6605" "9F0207" "9F3704", "9F6604" "9F0205", "9F6604" "9F37039F0206", "9F3800",
            "9F66049F02065F2A029F3708", "9F66049F02065F2A039F3704", "9F66049F02069F37045F2A01",
            "9F66049F0206BF0C039F37049505", "9F66049F02065F2A029F370481049F0304", "9F6680",
            "9F66049F02065F2A029F37049F06109F1D089F4005DF6001DF6901",
            "9F66029F02035F2A019A029C029F37089F1A039F3301", "9F66049F0206810381059F04009F0403",
            "9F66049F4E789F4E789F4E04", "9F66049F4E789F4E789F4E05", "9F6604FF0102DF8F2001DF8F0104",
            "9F66049F1C04500250189F150395059B02", "9F66009F0206", "009F6604", "9F6604009F0206",
        ),
        "5F2D": ("7A68656E", "FF", ""),
        "9F11": ("01",),
        "9F12": ("50424F43", "41" * 17),
        "9F4D": ("0B0A",),
    },
    "ppse": {
        "84": ("325041592E5359532E4444463031", "315041592E5359532E4444463031", ""),
        "4F": ("A000000333010101", "A0000003", "A000000333010102", "", "A0" * 17),
        "50": ("41" * 17, ""),
        "87": ("01", "0F", "00", "0101", "81", ""),
        "9F2A": ("07", "03", "00", "47", "80", "870156", "800000", "C70156", "", "070000"),
        "9F29": ("01", "0102030405060708090A", ""),
    },
}  # fmt: skip
"""Values worth trying, by answer and tag."""

PATHS = {"ppse": ("6F.A5.BF0C.61", "6F.A5.BF0C", "6F"), "select": ("6F.A5", "6F.A5.BF0C", "6F")}
DF61 = ("40", "41", "80", "C0", "00", "0000", "")


def mutations(draw: Draw, scene: Scene) -> tuple[Document, ...]:
    """What goes wrong in a tap: mostly nothing, else one to three mutations."""
    if draw.chance(66 if scene.easy else 58):
        return ()
    count = draw.weighted({1: 70, 2: 22, 3: 8})
    return tuple(_mutation(draw, scene) for _ in range(count))


def _mutation(draw: Draw, scene: Scene) -> Document:
    at = draw.weighted({"gpo": 42, "record": 27, "last": 11, "select": 8, "ppse": 6, "any": 6})
    make = draw.weighted(
        {
            _value: 36, _leave: 27, _object: 12, _owned: 6, _foreign: 4, _bytes: 9, _status: 7,
            _replay: 1, _date: 3, _indicator: 4,
        }
    )  # fmt: skip
    found: Document = {"kind": "", "at": at, **make(draw, scene, at)}
    if found["at"] == "record":
        found["nth"] = draw.pick([1, 1, 2, 3, 4])
    elif found["at"] == "any":
        found["nth"] = draw.number(1, 9)
    if draw.chance(45):
        found["always"] = True
    return found


def _leave(draw: Draw, scene: Scene, at: str) -> Document:
    kind = "leave" if draw.chance(85) else "mute"
    found: Document = {"kind": kind, "before": draw.chance(50)}
    if draw.chance(35):
        found["at"] = "last"
    return found


def _value(draw: Draw, scene: Scene, at: str) -> Document:
    where = {"last": "record", "any": draw.pick(["gpo", "record"])}.get(at, at)
    tag = draw.pick(list(OBJECTS[where]))
    found = {"kind": "set", "tag": tag, "value": draw.pick(OBJECTS[where][tag])}
    if len(found["value"]) % 2:
        found["value"] += "0"
    if where in PATHS:
        found["path"] = draw.pick(PATHS[where])
    return found


def _date(draw: Draw, scene: Scene, at: str) -> Document:
    tag, days = draw.pick(["5F24", "5F25"]), draw.pick([-1, 0, 1])
    value = day(scene.date, days).strftime("%y%m%d")
    return {"kind": "set", "at": "record", "tag": tag, "value": value}


def _indicator(draw: Draw, scene: Scene, at: str) -> Document:
    """DF61 in the FCI: what makes online authentication possible."""
    value = draw.pick(DF61)
    return {"kind": "set", "at": "select", "tag": "DF61", "value": value, "path": "6F.A5.BF0C"}


def _object(draw: Draw, scene: Scene, at: str) -> Document:
    kind = draw.pick(["drop", "drop", "copy", "copy", "move", "resize", "resize", "bit"])
    found: Document = {"kind": kind}
    known = OBJECTS.get({"last": "record"}.get(at, at), {})
    if known and draw.chance(50):
        found["tag"] = draw.pick(list(known))
    else:
        found["pick"] = draw.number(0, 30)
    if kind == "move":
        found["to"] = draw.number(0, 9)
    elif kind == "resize":
        found |= {"value": draw.hex(draw.number(1, 2))} if draw.chance(50) else {"cut": 1}
    elif kind == "bit":
        found["bit"] = draw.number(0, 2000)
    return found


def _owned(draw: Draw, scene: Scene, at: str) -> Document:
    tag = draw.pick(list(TERMINAL_OWNED))
    return {"kind": "insert", "tag": tag, "value": TERMINAL_OWNED[tag], "pick": draw.number(0, 9)}


def _foreign(draw: Draw, scene: Scene, at: str) -> Document:
    tag = draw.pick(list(FOREIGN))
    return {"kind": "insert", "tag": tag, "value": FOREIGN[tag], "pick": draw.number(0, 9)}


def _bytes(draw: Draw, scene: Scene, at: str) -> Document:
    match draw.pick(["cut", "tail", "flip", "flip", "long form", "pad", "pad", "template"]):
        case "cut":
            return {"kind": "cut", "count": draw.pick([1, 1, 2, 5, 20, 300])}
        case "tail":
            value = draw.pick(["00", "FF", "0000", "9F36020001", "77", "A5"])
            return {"kind": "tail", "value": value}
        case "flip":
            return {"kind": "flip", "bit": draw.number(0, 2047)}
        case "long form":
            return {"kind": "long form"}
        case "pad":
            value = draw.pick(["00", "0000", "FF", "00FF", "1F", "9F"])
            home, pick = draw.number(0, 3), draw.number(0, 9)
            return {"kind": "pad", "value": value, "home": home, "pick": pick}
    return {"kind": "template", "value": draw.pick(["80", "77", "70", "6F", "61", "A5"])}


def _status(draw: Draw, scene: Scene, at: str) -> Document:
    found: Document = {"kind": "status", "value": draw.pick(STATUS_WORDS)}
    if draw.chance(30):
        found["keep"] = True
    return found


def _replay(draw: Draw, scene: Scene, at: str) -> Document:
    return {"kind": "replay", "pick": draw.number(0, 9)}
