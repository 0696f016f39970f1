"""Taps whose parts have to fit together to reach a rule at all; chance alone seldom makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.differential.cards import Facts
from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import Scene, day, near
from tests.differential.terminals import COMPUTED, swap


@dataclass
class Parts:
    """The documents of a tap before they become a case; themes change them."""

    card: Document
    terminal: Document
    tap: Document
    mutations: list[Document]

    @property
    def application(self) -> Document:
        """The first application of ours."""
        return next(one for one in self.card["application"] if not one.get("foreign"))

    @property
    def combination(self) -> Document:
        """The combination that was made for the card: of its AID, else the first one."""
        found: list[Document] = self.terminal["combination"]
        return next((one for one in found if one["aid"] == self.application["aid"]), found[0])

    def ttq(self, *names: str) -> None:
        """The terminal has these bits."""
        bits = self.combination.setdefault("ttq", ["emv_mode"])
        bits += [name for name in names if name not in bits]

    def switch(self, name: str, value: bool | str) -> None:
        """The combination has this value of a switch."""
        self.combination.setdefault("switches", {})[name] = value

    @property
    def of_the_type(self) -> list[Document]:
        """The combinations for the type of the transaction."""
        kind = f"{self.tap.get('type', 0):02X}"
        return [one for one in self.terminal["combination"] if kind in one.get("types", ["00"])]

    def everywhere(self, tag: str) -> None:
        """No answer has this object."""
        self.mutations.append({"kind": "drop", "at": "all", "always": True, "tag": tag})


def listed_without_number(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """The exception file has the card; the card does not tell its sequence number (QP-095)."""
    entry: Document = {"pan": facts.pan}
    if draw.chance(75):
        entry["psn"] = int(draw.pick([facts.psn, "07"]))
    parts.terminal["exception"] = [entry]
    if draw.chance(75):
        parts.everywhere("5F34")
    if draw.chance(30):
        parts.switch("qp.exception_needs_psn", True)


def signed_request(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """A request that is authenticated before it goes online (QP-125, QP-126, QP-130)."""
    parts.application["df61"] = "40"
    parts.application["aip"] = "7C00"
    parts.ttq("oda_for_online", "fdda_01")
    parts.combination["floor_limit"] = 0
    parts.tap["host"] = draw.pick(["", "", "00", "51"])
    parts.switch("qp.deferred_auth", draw.chance(60))
    if draw.chance(25):
        parts.switch("qp.online_oda_fail", "decline")
    if draw.chance(30):
        wrong = draw.pick(["sdad-bit", "icc-hash", "signed-amount", "replayed-signature"])
        parts.card["faults"] = [wrong]
    if draw.chance(30):
        _leaves(draw, parts)


def track_in_a_record(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """57 comes in a record or nowhere (QP-128, QP-171, QP-173)."""
    parts.mutations.append({"kind": "drop", "at": "gpo", "always": True, "tag": "57"})
    track = facts.pan + "D4912220"
    track += "F" * (len(track) % 2)
    if draw.chance(60):
        parts.mutations.append(
            {"kind": "set", "at": "record", "always": True, "tag": "57", "value": track}
        )
    if draw.chance(60):
        afl = {"kind": "set", "at": "gpo", "always": True, "tag": "94", "value": "08010100"}
        parts.mutations.append(afl)
    if draw.chance(60):
        _leaves(draw, parts)
    if draw.chance(20):
        parts.everywhere("5A")
    if draw.chance(70):
        parts.combination["floor_limit"] = 0
        parts.application.pop("kernel", None)


def expired(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """The days around the expiry, and what the CTQ says about it (QP-090, QP-091, QP-174)."""
    parts.application["expiry"] = day(scene.date, draw.pick([-1, -1, 0, 1]))
    parts.application["ctq"] = draw.pick(["0800", "0800", "0000", "0880"])
    if draw.chance(30):
        parts.combination["cvm_limit"] = scene.amount


def device_verified(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """The device of the holder has verified him (QP-101, QP-102)."""
    parts.card["phone"] = {"cdcvm": "done"}
    parts.ttq("cdcvm")
    if draw.chance(60):
        parts.combination["cvm_limit"] = scene.amount
    if draw.chance(30):
        values = ["0102030405008000", "0102030405000000", "0002030405008000", "0102030405008001"]
        value = draw.pick(values)
        at = draw.pick(["record", "last", "gpo"])
        parts.mutations.append(
            {"kind": "set", "at": at, "always": True, "tag": "9F69", "value": value}
        )
    if draw.chance(20):
        parts.everywhere("9F69")


def doubtful(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """A record is kept before the last answer, which may get lost (TT-005, TT-017)."""
    parts.switch("tt.upload_doubtful", True)
    parts.switch("tt.recovery", draw.chance(40))
    if draw.chance(85):
        parts.tap["store"] = draw.pick(["kept", "kept", "kept", "failed"])
    if draw.chance(50):
        kind, before = draw.pick(["leave", "leave", "mute"]), draw.chance(50)
        parts.mutations.append({"kind": kind, "at": "last", "before": before})


def pin_and_approval(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """A TC with a CTQ that wants something else than an approval (QP-105 to QP-110, QP-170)."""
    ctq = draw.pick(["8000", "4000", "C000", "8080", "4080"])
    parts.mutations.append(
        {"kind": "set", "at": "gpo", "always": True, "tag": "9F6C", "value": ctq}
    )
    parts.switch("fd.check_ctq", draw.chance(40))
    if draw.chance(40):
        parts.mutations.append(
            {"kind": "set", "at": "gpo", "always": True, "tag": "9F10", "value": "07010103900000"}
        )
        parts.switch("qp.tc_despite_online", draw.pick(["online", "accept", "decline"]))


STEPS = {
    "t0-61": (("plain", "plain", "exact", "longer"), ("twice", "data", "parts")),
    "t0-6c": (("plain", "plain", "more", "longer"), ("always", "data", "short")),
}
"""The two faults: ways that a terminal can follow, and ways that it cannot."""


def answered_in_steps(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """61xx and 6Cxx with a terminal that follows them, mostly (APDU-003)."""
    everywhere = draw.chance(80)
    for one in parts.terminal["combination"]:
        on = everywhere or draw.chance(50)
        one.setdefault("switches", {})["apdu.follow_61_6c"] = on
    commands = ("ppse", "select", "gpo", "record", "last-record")
    broken = draw.pick(commands) if draw.chance(35) else ""
    found = []
    for command in commands:
        if command == broken or draw.chance(45):
            name = draw.pick(list(STEPS))
            way = draw.pick(STEPS[name][command == broken])
            found.append(f"{name}:command={command},way={way}")
    if draw.chance(10):
        found.append(draw.fault())
    parts.card["faults"] = found
    if draw.chance(30):
        _on_the_way(draw, parts)


def _on_the_way(draw: Draw, parts: Parts) -> None:
    """Something happens at a GET RESPONSE, or a status word comes where none was."""
    at = draw.pick(["response", "response", "ppse", "select", "gpo", "record", "last"])
    made: Document = draw.pick([
        {"kind": "leave", "before": draw.chance(50)},
        {"kind": "mute", "before": draw.chance(50)},
        {"kind": "status", "value": draw.pick(["6110", "6C10", "6100", "6C00", "6985", "6986"])},
        {"kind": "status", "value": draw.pick(["6110", "6C10", "6CFF"]), "keep": True},
        {"kind": "cut", "count": draw.pick([1, 300])},
    ])  # fmt: skip
    found: Document = {**made, "at": at}
    if at == "response":
        found["nth"] = draw.pick([1, 1, 1, 2, 3])
    if draw.chance(40):
        found["always"] = True
    parts.mutations.append(found)


def fixed_amount(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """Start B by the reader: the combinations are made for the amount, or nearly (EP-004)."""
    parts.tap["start"] = draw.weighted({"B": 90, "A": 10})
    near_miss = draw.chance(45)
    missed = draw.number(0, 9)
    for one in parts.of_the_type:
        _made_for(draw, scene.amount, one)
        if near_miss and (missed < 7 or draw.chance(50)):
            _nearly(draw, scene.amount, one)
    if draw.chance(6):
        parts.tap["type"] = draw.pick([0x00, 0x01, 0x20])


def _made_for(draw: Draw, amount: int, one: Document) -> None:
    """Limits and the qualifiers that pre-processing makes of them."""
    below, same, above = near(amount)
    one.setdefault("switches", {})["ep.start_b_fixed"] = True
    for name in ("ep.floor_cmp_ge", "param.swap_df19_df20"):
        one["switches"].pop(name, None)
    for name in ("status_check", "transaction_limit", "terminal_floor_limit", "cvm_limit"):
        one.pop(name, None)
    bits = [name for name in one.get("ttq", ["emv_mode"]) if name not in COMPUTED]
    one["zero_amount"] = True
    one["floor_limit"] = draw.pick([same, same, above])
    if amount == 0:
        bits = [name for name in bits if name != "offline_only"] + [COMPUTED[0]]
    elif draw.chance(40):
        one["floor_limit"] = below
        bits.append(COMPUTED[0])
    if draw.chance(40):
        one["cvm_limit"] = draw.pick([below, same])
        bits.append(COMPUTED[1])
    elif draw.chance(50):
        one["cvm_limit"] = above
    if draw.chance(40):
        one["transaction_limit"] = above
    one["ttq"] = bits
    if draw.chance(15):
        one["switches"]["param.swap_df19_df20"] = True
        swap(one)


def _nearly(draw: Draw, amount: int, one: Document) -> None:
    """One thing more or less, which may be too much."""
    below, same, above = near(amount)
    match draw.pick(["bit", "bit", "limit", "limit", "switch", "switch", "other"]):
        case "bit":
            name = draw.pick(COMPUTED)
            one["ttq"] = sorted({*one["ttq"]} ^ {name})
        case "limit":
            name = draw.pick(["floor_limit", "cvm_limit", "transaction_limit"])
            if draw.chance(30):
                one.pop(name, None)
            else:
                one[name] = draw.pick([below, same, above])
        case "switch":
            fixed = "ep.start_b_fixed"
            name = draw.pick([fixed, fixed, "ep.floor_cmp_ge", "param.swap_df19_df20"])
            one["switches"][name] = name != fixed
        case "other":
            key, value = draw.pick([("status_check", True), ("zero_amount", False)])
            one[key] = value


def _leaves(draw: Draw, parts: Parts) -> None:
    at = draw.pick(["record", "record", "last"])
    left: Document = {"kind": "leave", "at": at, "before": draw.chance(50)}
    if at == "record":
        left["nth"] = draw.pick([1, 1, 1, 2, 3, 4])
    if draw.chance(40):
        left["always"] = True
    parts.mutations.append(left)


THEMES: dict[Callable[[Draw, Scene, Facts, Parts], None], float] = {
    listed_without_number: 1,
    signed_request: 1,
    track_in_a_record: 1,
    expired: 1,
    device_verified: 1,
    doubtful: 1,
    pin_and_approval: 1,
    answered_in_steps: 2.5,
    fixed_amount: 1.5,
}
"""The themes, and how often they come."""


def apply(draw: Draw, scene: Scene, facts: Facts, parts: Parts) -> None:
    """Gives some taps a theme; ready cards stay as they are."""
    if "base" not in parts.card and draw.chance(28):
        draw.weighted(THEMES)(draw, scene, facts, parts)
