"""Taps that ask a card without a payment: balance, or everything with the logs (QP-151, LG-)."""

from __future__ import annotations

from tapkern.card.bits import Cap
from tests.differential.cards import MOST, Facts
from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import CNY, HKD, Scene
from tests.differential.themes import Parts

ALONE, BEHIND = 6, 5
"""Percent of the taps that only ask, and of those that ask behind a payment."""
PURPOSES = {"card-info": 80, "balance": 20}
TOLD = {
    "9F79": ("000000012345", "00000000012A", "0000012345", "", "00000000012345"),
    "9F5D": ("000000000100", "00000000010A", "01", ""),
    "9F51": ("0156", "0344", "0840", "1156", "015A", "56", ""),
    "DF71": ("0156", "0344", "0840", "1344", "0A44", "44", ""),
    "DF79": ("000000003000", "0000000030A0", "30"),
    "DF77": ("000000003000", "FF"),
    "9F77": ("999999999999", "99999999999F", "9F"),
    "9F78": ("000000000000", ""),
    "9F6D": ("000000001000", "00000000100A"),
    "9F36": ("0007", "07", "FFFF", "000007"),
    "9F13": ("0001", "", "01"),
    "9F4F": (
        "9A039C01", "9A03", "9A", "9F", "9A0300", "", "9F02065F2A029F3602", "5A0A9C01", "BF0C02",
        "9A039F8080800101", "9A039A03", "9C00", "9A039C00", "9F4E149F02069F0306DF8A0102",
    ),
    "DF4F": ("9A039F21039F3602", "9A03", "9F3602", "9A", "", "9F36029F3602"),
}  # fmt: skip
"""Values of objects, by the tag that GET DATA asks for."""
ORDER = (
    "9F79", "9F77", "9F78", "9F6D", "9F5D", "9F51", "DF79", "DF77", "DF78", "DF76", "DF71", "9F36",
    "9F13", "9F4F", "DF4F",
)  # fmt: skip
ENTRIES = (
    "0B0A", "0B01", "0B00", "0A0A", "0C0A", "1E03", "1F03", "1D02", "0B1E", "0B1F", "0BFF", "0B",
    "0B0A00", "", "0003", "FF03",
)  # fmt: skip
WORDS = ("6A83", "6A82", "6985", "9001", "6283", "6A88", "9000")
LOADS = (
    "9F79000000000100000000005000", "DF79000000000200000000007000", "DF79000000000000000000009000",
    "9F77000000000100000000005000",
    "9F7900000000010A000000005000", "9F79", "9F790000000001000000000050",
)  # fmt: skip


def apply(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """Makes some taps ask, alone or behind what they were. Drawn behind everything else."""
    if draw.chance(ALONE):
        parts.tap["purpose"] = draw.weighted(PURPOSES)
        if draw.chance(60):
            parts.card.pop("faults", None)
            parts.mutations.clear()
        parts.mutations += _lies(draw)
        if draw.chance(8):
            parts.tap["start"] = "B"
    elif "again" not in parts.tap and draw.chance(BEHIND):
        parts.tap["again"] = {"purpose": draw.weighted(PURPOSES), "unpredictable": draw.hex(8)}
        if draw.chance(30):
            parts.mutations += [{**one, "from": 2} for one in _lies(draw)]
    else:
        return
    if "base" not in parts.card:
        _rich(draw, parts.application)
    asked = parts.tap if "purpose" in parts.tap else parts.tap["again"]
    if draw.chance(30):
        asked["currency"] = draw.pick([CNY, HKD, 978, 840])
    elif "base" not in parts.card and "second" in parts.application and draw.chance(50):
        asked["currency"] = int(parts.application["second"]["currency"])


def _rich(draw: Draw, one: Document) -> None:
    """Purses and logs, so that there is something to tell."""
    if draw.chance(60):
        for name in ("log", "load_log"):
            if draw.chance(80):
                one[name] = {"records": draw.pick([1, 2, 10, 30])} if draw.chance(50) else {}
        if "log" in one:
            one["cap"] = f"{int(one['cap'], 16) | Cap.LOG:08X}"
    if "purse" in one and "second" not in one and draw.chance(40):
        own = int(one.get("currency", f"{CNY:04}"))
        other = draw.pick([code for code in (HKD, CNY, 978, 840) if code != own])
        one["second"] = {"currency": f"{other:04}", "balance": draw.size(0, 99_999), "limit": MOST}
    if draw.chance(8):
        one["blocked"] = True


def _lies(draw: Draw) -> list[Document]:
    """Other answers to GET DATA, other logs, a card that leaves."""
    found = [_told(draw, draw.pick(list(TOLD))) for _ in range(draw.pick([0, 0, 1, 1, 2, 3]))]
    if draw.chance(25):
        found += [_told(draw, tag) for tag in ("9F51", "DF71", "DF79") if draw.chance(50)]
    if draw.chance(45):
        found += _long_logs(draw) if draw.chance(12) else _logs(draw)
    if draw.chance(15):
        kind, nth = draw.pick(["leave", "leave", "mute", "cancel"]), draw.number(1, 20)
        gone: Document = {"kind": kind, "at": "any", "nth": nth, "before": draw.chance(50)}
        found.append(gone | ({"always": True} if draw.chance(25) else {}))
    return found


def _told(draw: Draw, tag: str) -> Document:
    """Another answer to one GET DATA, by its number of this presentment."""
    value = draw.pick(TOLD[tag])
    named = tag if draw.chance(92) else draw.pick(ORDER)
    status = "9000" if draw.chance(92) else draw.pick(["6281", "9100", "6A88"])
    made: Document = draw.pick([
        {"kind": "answer", "value": f"{named}{len(value) // 2:02X}{value}{status}"},
        {"kind": "answer", "value": f"{named}{len(value) // 2:02X}{value}{status}"},
        {"kind": "set", "tag": tag, "value": value},
        {"kind": "status", "value": draw.pick(WORDS)},
        {"kind": "bit", "pick": 0, "bit": draw.number(0, 63)},
        {"kind": draw.pick(["cut", "cut", "long form"]), "count": 1},
        {"kind": "tail", "value": draw.pick(["00", "FF", "9F36020001"])},
    ])  # fmt: skip
    return {**made, "at": "data", "nth": ORDER.index(tag) + 1, "always": draw.chance(80)}


def _logs(draw: Draw) -> list[Document]:
    """What the FCI says of the logs, and what their records are."""
    found: list[Document] = []
    for tag in ("9F4D", "DF4D"):
        if draw.chance(60):
            value = draw.pick(ENTRIES)
            fci = {"kind": "set", "at": "select", "tag": tag, "value": value, "path": "6F.A5.BF0C"}
            found.append({**fci, "always": True})
    if draw.chance(60):
        found.append({"kind": "answer", "at": "record", "nth": 0, "value": _record(draw)})
        found[-1]["always"] = True
    if draw.chance(60):
        nth, words = draw.number(1, 12), [*WORDS[:-1], draw.hex(4) + "9000", _record(draw)]
        other = {"kind": "answer", "at": "record", "nth": nth, "value": draw.pick(words)}
        found.append({**other, "always": True})
    return found


def _long_logs(draw: Draw) -> list[Document]:
    """More records than there is room for, or nearly."""
    size = draw.number(60, 256)
    found = [
        {"kind": "set", "at": "select", "tag": tag, "value": value, "path": "6F.A5.BF0C"}
        for tag, value in (("9F4D", "0B1E"), ("DF4D", "0C1E"))
    ]
    found.append({"kind": "answer", "at": "record", "nth": 0, "value": "5A" * size + "9000"})
    return [{**one, "always": True} for one in found]


def _record(draw: Draw) -> str:
    """A record of a log: of a length that a format may fit, or of any."""
    kind = draw.pick(["noise", "noise", "load", "load", "long"])
    if kind == "load":
        return draw.pick(LOADS) + draw.hex(draw.pick([8, 8, 8, 3, 2])) + "9000"
    size = draw.number(60, 256) if kind == "long" else draw.pick([0, 1, 3, 4, 6, 8, 10, 45])
    return draw.hex(size) + "9000"
