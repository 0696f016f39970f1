"""Taps whose card leaves at the last record, and what comes after (TT-005, TT-010 to TT-020)."""

from __future__ import annotations

import copy
import datetime

from tests.differential.cards import AIDS, Facts
from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import Scene
from tests.differential.themes import Parts

SHARE = {True: 85, False: 30}
"""Percent of the taps set for an offline approval that are torn: of easy ones, of others."""


def apply(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """Tears some taps. Drawn after everything else, so that the other taps stay what they are."""
    if scene.plan != "offline" or not draw.chance(SHARE[scene.easy]):
        return
    _recovers(draw, parts)
    if draw.chance(75):
        parts.card.pop("faults", None)
        parts.mutations.clear()
    if draw.chance(6) and "base" not in parts.card:
        _odd_answer(draw, parts)
    if draw.chance(4):
        _nothing_to_pay(parts)
    parts.mutations += _tears(draw)
    if draw.chance(25):
        _other_cards(draw, scene, facts, parts)
    if draw.chance(18):
        parts.mutations.append(_told(draw))
    if draw.chance(10):
        parts.mutations.append(_read(draw))
    if draw.chance(30):
        parts.tap["waits"] = [0, *(draw.pick(WAITS) for _ in range(draw.number(1, 3)))]
    if draw.chance(30):
        _again(draw, parts)


WAITS = (0, 1, 4999, 5000, 5001, 9999, 10000, 10001, 60001)


def _recovers(draw: Draw, parts: Parts) -> None:
    for one in parts.terminal["combination"]:
        switches = one.setdefault("switches", {})
        switches["tt.recovery"] = draw.chance(94)
        if draw.chance(20):
            switches["tt.upload_doubtful"] = draw.chance(70)
    times = parts.terminal["terminal"]
    if draw.chance(15):
        times["retap_time"] = draw.pick([0, 1, 5, 10])
    if draw.chance(15):
        times["torn_time"] = draw.pick([0, 1, 30, 60])
    parts.tap["store"] = draw.weighted({"kept": 98, "failed": 2})
    if draw.chance(15):
        parts.tap["store_fails"] = draw.pick([1, 2, 2, 2, 2, 3, 4, 4])
    if draw.chance(80):
        parts.tap.pop("detections", None)


def _tears(draw: Draw) -> list[Document]:
    """The first at the last record, mostly; some more at any command of the presentments after."""
    first: Document = {"at": "last"}
    if draw.chance(10):
        first = {"at": "any", "nth": draw.number(1, 9)}
    found = [_left(draw, first)]
    presentment = 2
    for _ in range(draw.weighted({0: 50, 1: 25, 2: 14, 3: 7, 6: 3})):
        found.append(_left(draw, {"at": "any", "nth": draw.number(1, 14), "from": presentment}))
        presentment += draw.chance(70)
    if draw.chance(6):
        found.append(_left(draw, {"at": "last", "from": 2}))
    if draw.chance(3):
        at = draw.pick(["ppse", "select", "record", "data", "last"])
        found.append(_left(draw, {"at": at, "from": 2, "always": True}))
    return found


def _left(draw: Draw, where: Document) -> Document:
    return {"kind": draw.pick(["leave", "leave", "mute"]), "before": draw.chance(45), **where}


def _odd_answer(draw: Draw, parts: Parts) -> None:
    """An answer to GPO that tells less of the card, or a balance in another place."""
    tag = draw.pick(["57", "9F5D", "9F5D", "5F34", "9F27"])
    parts.mutations.append({"kind": "drop", "at": "gpo", "always": True, "tag": tag})
    if tag == "9F5D":
        parts.application["idd"] = draw.pick([1, 3, 5, 2])


def _nothing_to_pay(parts: Parts) -> None:
    """TT-020: an amount of 0 and a card that approves it all the same."""
    parts.tap["amount"] = 0
    parts.card["faults"] = ["tc-despite-online"]
    for one in parts.terminal["combination"]:
        one["zero_amount"] = True
        one.setdefault("switches", {})["qp.tc_despite_online"] = "accept"


def _told(draw: Draw) -> Document:
    """Another answer to GET DATA: no object, another count, another balance, wrong coding."""
    made: Document = draw.pick([
        {"kind": "status", "value": draw.pick(["6A88", "6985", "6D00", "9001"])},
        {"kind": "set", "tag": "9F36", "value": draw.pick(["0001", "0002", "FFFF", "01"])},
        {"kind": "set", "tag": draw.pick(["9F5D", "9F79"]), "value": draw.pick(BALANCES)},
        {"kind": "bit", "bit": draw.number(0, 47)},
        {"kind": "cut", "count": 1},
        {"kind": "tail", "value": draw.pick(["00", "FF", "9F36020001"])},
        {"kind": "long form"},
        {"kind": "replay", "pick": draw.number(0, 9)},
    ])  # fmt: skip
    return {**made, "at": "data", "nth": draw.pick([1, 2, 2]), "always": draw.chance(60)}


BALANCES = ("000000000000", "00000000000A", "0000000001", "999999999999", "")


def _read(draw: Draw) -> Document:
    """A record or directory that is another one at a later presentment."""
    made: Document = draw.pick([
        {"kind": "status", "value": draw.pick(["6A83", "6985", "6283"])},
        {"kind": "set", "tag": "5A", "value": "6200000000000001017F"},
        {"kind": "set", "tag": "5F34", "value": draw.pick(["00", "01", "02"])},
        {"kind": "drop", "tag": draw.pick(["5A", "5F34", "57", "5F24", "9F69", "9F38", "4F"])},
        {"kind": "bit", "pick": draw.number(0, 9), "bit": draw.number(0, 63)},
        {"kind": "cut", "count": 1},
        {"kind": "replay", "pick": draw.number(0, 9)},
    ])  # fmt: skip
    found = {**made, "at": draw.pick(["record", "record", "last", "select", "ppse"]), "from": 2}
    if found["at"] == "record":
        found["nth"] = draw.number(1, 4)
    return {**found, "always": draw.chance(50)}


def _other_cards(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """Who else comes: another number, a sister card, the same number in another state, any."""
    others = []
    for _ in range(draw.pick([1, 1, 2])):
        other = copy.deepcopy(parts.card)
        other.pop("faults", None)
        ours = [a for a in other.get("application", ()) if not a.get("foreign")]
        one = ours[0] if ours else {}
        other["application"] = [one]
        kind = draw.pick(["pan", "psn", "aid", "state", "state", "state", "ready"])
        match "ready" if "base" in other else kind:
            case "pan":
                one["pan"] = facts.pan[:-1] + str((int(facts.pan[-1]) + 1) % 10)
            case "psn":
                one["psn"] = draw.pick(["00", "01", "02", "03"])
            case "aid":
                one["aid"] = draw.pick([facts.aid[:14] + "99", facts.aid + "01", *AIDS])
            case "state":
                _moved_on(draw, scene, one)
            case _:
                other = {"base": draw.pick(["debit", "credit", "dual"])}
        others.append(other)
    parts.tap["others"] = others
    parts.tap["who"] = [0, *(draw.number(0, len(others)) for _ in range(draw.number(1, 3)))]


def _moved_on(draw: Draw, scene: Scene, one: Document) -> None:
    """A copy of the card that seems to have done the tap, or another one."""
    one["atc"] = min(one.get("atc", 0) + draw.pick([0, 1, 1, 1, 2]), 0xFFFE)
    if "purse" in one:
        paid = draw.pick([0, scene.amount, scene.amount, 1])
        one["purse"]["balance"] = max(0, one["purse"]["balance"] - paid)


def _again(draw: Draw, parts: Parts) -> None:
    """A second transaction with the kept record, mostly when the first has ended without a card."""
    if draw.chance(75):
        parts.tap["detections"] = ["card", *["card"] * draw.pick([0, 0, 0, 1, 2]), "none"]
    again: Document = {
        "sequence": parts.tap["sequence"] % 99_999_999 + 1,
        "unpredictable": draw.hex(8),
    }
    if draw.chance(10):
        parts.tap |= {"date": "281231", "time": draw.pick(["235959", "235930"])}
    again |= _later(parts.tap, draw.pick([0, 1, 1, 20, 29, 30, 31, 59, 60, 61, -1, 86400]))
    if draw.chance(12):
        key, value = draw.pick([("other", 1), ("type", 1), ("currency", 344), ("amount", 1)])
        again[key] = value + parts.tap.get(key, 0) if key in ("other", "amount") else value
    if draw.chance(12):
        again["damage"] = draw.number(0, 1 << 20)
    parts.tap["again"] = again


def _later(tap: Document, seconds: int) -> Document:
    """Date and time of a tap, so many seconds later; nothing for what is no date."""
    try:
        moment = datetime.datetime.strptime("20" + tap["date"] + tap["time"], "%Y%m%d%H%M%S")
    except ValueError:
        return {}
    moment += datetime.timedelta(seconds=seconds)
    return {"date": moment.strftime("%y%m%d"), "time": moment.strftime("%H%M%S")}
