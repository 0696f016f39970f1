"""Random terminal configurations, as documents of docs/configuration.md."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from tapkern.issuer.authority import ca_toml
from tests.differential.cards import AIDS, FOREIGN_AID, MOST, Facts
from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import Scene, day, near

SWITCHES: dict[str, tuple[Any, ...]] = {
    name: (False, True)
    for name in (
        "tlv.skip_ff", "ep.floor_cmp_ge", "ep.k7_ignore_other_kid", "qp.bad_ctq_absent",
        "qp.read_afl_on_arqc", "qp.missing_data_try_contact", "qp.ctq_b4_expired_online",
        "qp.no_ctq_always_signature", "qp.cdcvm", "qp.require_5F24", "qp.check_effective",
        "qp.exception_needs_psn", "qp.check_pan_57", "qp.deferred_auth", "fd.allow_v00",
        "fd.v01_needs_0030", "fd.check_ctq", "fd.check_atc", "fda.idn_strict", "ck.ignore_expiry",
        "tt.upload_doubtful", "tt.recovery", "qp.aip_b2b8_means_dc", "qp.tc_signature_only",
        "apdu.follow_61_6c", "ep.start_b_fixed", "param.swap_df19_df20",
    )
}  # fmt: skip
SWITCHES |= {
    "qp.gpo_sw_policy": ("uics", "p12", "k3style"),
    "qp.cid_source": ("strict", "cid", "iad"),
    "qp.tc_despite_online": ("decline", "online", "accept"),
    "qp.online_oda_fail": ("online", "decline"),
    "ep.selection": ("ep", "p12"),
}
COMPUTED = ("online_cryptogram_required", "cvm_required")
FIXED_BY_C7 = ("fd.allow_v00",)
JRT = "jrt0025-2013"

TTQ_BITS = {
    "mag_stripe": 1,
    "contactless_dc": 3,
    "emv_mode": 97,
    "contact_chip": 62,
    "offline_only": 15,
    "online_pin": 60,
    "signature": 60,
    "oda_for_online": 20,
    "contact_offline_pin": 5,
    "issuer_update": 5,
    "cdcvm": 60,
    "fdda_01": 90,
}
"""Names of the bits of a configured TTQ and how often a terminal has them, in percent."""

TERMINAL_EXTRAS: dict[str, tuple[Any, ...]] = {
    "type": ("22", "26", "21"),
    "additional_capabilities": ("6000F0A001", ["goods", "services"]),
    "serial": ("SERIAL01", "S"),
    "terminal_id": ("TERM0001",),
    "merchant_category": (5999, 5411),
    "merchant_id": ("MERCHANT0000001", "M"),
    "merchant_name": ("Example", "Laden"),
    "acquirer": ("00000000001",),
}
CAPABILITIES = (
    ["contact_chip", "no_cvm", "sda", "dda"],
    ["contact_chip", "enciphered_online_pin", "signature", "no_cvm", "sda", "dda"],
    "E0F8C8",
)


def terminal(draw: Draw, scene: Scene, facts: Facts) -> Document:
    """A terminal that meets this card."""
    found: Document = {
        "terminal": _terminal(draw),
        "combination": _combinations(draw, scene, facts),
        "ca_key": _ca_keys(draw, scene, facts),
    }
    revoked = _revoked(draw, scene, facts)
    if revoked:
        found["revoked"] = revoked
    listed = _exceptions(draw, scene, facts)
    if listed:
        found["exception"] = listed
    return found


def _terminal(draw: Draw) -> Document:
    found: Document = {
        "country": draw.pick([156, 156, 344]),
        "currency": draw.pick(["CNY", 156, 344]),
        "capabilities": draw.pick(CAPABILITIES),
    }
    if draw.chance(20):
        found["exponent"] = draw.pick([0, 2, 3])
    for key, values in TERMINAL_EXTRAS.items():
        if draw.chance(45):
            found[key] = draw.pick(values)
    if draw.chance(50):
        found["passes"] = draw.pick([0, 0, 1, 2, 3])
    if draw.chance(12):
        found["exception_lookup"] = draw.chance(80)
    return found


def _combinations(draw: Draw, scene: Scene, facts: Facts) -> list[Document]:
    main = _combination(draw, scene, _aid_for(draw, scene, facts))
    found = [main]
    if draw.chance(25):
        other = draw.pick([*AIDS, "A0000003330101"])
        found.append(_combination(draw, scene, other))
    if not scene.easy and draw.chance(10):
        found.append(_combination(draw, scene, FOREIGN_AID) | {"kernel": draw.pick([2, 3, 7])})
    if not scene.easy and draw.chance(6):
        found.append({**main, "kernel": draw.pick([3, 8])})
    if not scene.easy and draw.chance(3):
        main["kernel"] = draw.pick([2, "07", 6])
    unique = {(one["aid"], str(one.get("kernel", 7)).lstrip("0")): one for one in found}
    found = list(unique.values())
    return found if draw.chance(70) else found[::-1]


def _aid_for(draw: Draw, scene: Scene, facts: Facts) -> str:
    """The card's application name, the beginning of it, or rarely another one."""
    longest = draw.chance(65)
    name = facts.aid if longest else facts.aid[: draw.pick([10, 14, 16])]
    if not scene.easy and draw.chance(3):
        name = draw.pick(list(AIDS))
    return name


def _combination(draw: Draw, scene: Scene, aid: str) -> Document:
    profile = draw.weighted({"uics-2018": 46, "c7": 32, "jrt0025-2013": 17, "": 5})
    found: Document = {"aid": aid}
    if draw.chance(85):
        found["kernel"] = 7
    if profile:
        found["profile"] = profile
    if scene.easy or not draw.chance(1.5):
        found["ttq"] = _ttq(draw, scene)
    if draw.chance(80):
        found["version"] = draw.pick(["0030", "0030", "0020"])
    if draw.chance(40):
        found["partial_match"] = scene.easy or draw.chance(75)
    found |= _limits(draw, scene)
    found |= _choices(draw, scene)
    switches = _switches(draw, scene, profile)
    if switches:
        found["switches"] = switches
    if switches.get("param.swap_df19_df20") and draw.chance(70):
        swap(found)
    return found


def swap(combination: Document) -> None:
    """The two limits that param.swap_df19_df20 takes for each other change places."""
    pair = ("floor_limit", "transaction_limit")
    values = [combination.pop(name, None) for name in pair]
    combination |= {
        name: value for name, value in zip(pair, reversed(values), strict=True) if value is not None
    }


def sealable(terminal: Document) -> None:
    """Takes back settings that contradict each other, which a configuration refuses."""
    for found in terminal["combination"]:
        ttq, switches = found.get("ttq", []), found.get("switches", {})
        if found.get("profile") == JRT and "oda_for_online" in ttq:
            ttq.remove("oda_for_online")
        if not switches.get("ep.start_b_fixed"):
            ttq[:] = [name for name in ttq if name not in COMPUTED]
        new = found.get("ttq_oda", ttq)
        online = "oda_for_online" in new and "offline_only" not in new
        if not online or switches.get("fd.allow_v00", False):
            switches.pop("qp.deferred_auth", None)


def _ttq(draw: Draw, scene: Scene) -> list[str]:
    bits = [name for name, percent in TTQ_BITS.items() if draw.chance(percent)]
    plan = scene.part(draw)
    wanted = {"offline": ["emv_mode", "fdda_01"], "online": ["emv_mode"]}.get(plan, [])
    unwanted = {"offline": ["contactless_dc"], "online": ["contactless_dc", "offline_only"]}
    return [
        name
        for name in TTQ_BITS
        if name in wanted or (name in bits and name not in unwanted.get(plan, []))
    ]


def _limits(draw: Draw, scene: Scene) -> Document:
    """Limits around the amount; an offline plan stays under all of them."""
    below, same, above = near(scene.amount)
    large = min(scene.amount + 100000, MOST)
    found: Document = {}
    plan = scene.part(draw)
    if plan == "offline":
        found["floor_limit"] = draw.pick([same, above, large])
        if draw.chance(50):
            found["transaction_limit"] = draw.pick([above, large])
        if draw.chance(50):
            found["cvm_limit"] = large
    else:
        around = [below, same, above, large]
        if draw.chance(65):
            found["floor_limit"] = draw.pick([*around, 0] if plan == "any" else [below, 0])
        if draw.chance(25):
            found["transaction_limit"] = draw.pick([below, same, above, large, large, large])
        if draw.chance(60):
            found["cvm_limit"] = draw.pick(around)
    if draw.chance(25):
        found["terminal_floor_limit"] = min(draw.pick([0, below, same, above, large]), 0xFFFFFFFF)
    if draw.chance(40):
        found["ec_limit"] = draw.pick([0, below, same, above, large])
    return found


def _choices(draw: Draw, scene: Scene) -> Document:
    found: Document = {}
    if draw.chance(30):
        usual = [["00", "01"], ["00"], ["00", "01", "09", "20", "30"]]
        found["types"] = draw.pick(usual if scene.easy else [*usual * 3, ["20"]])
    if draw.chance(10 if scene.plan == "offline" else 25):
        found["status_check"] = scene.plan != "offline" and draw.chance(70)
    if draw.chance(30):
        found["zero_amount"] = draw.chance(60)
    if draw.chance(25):
        found["extended_selection"] = draw.chance(75)
    if draw.chance(45):
        found["receipt"] = draw.chance(70)
    return found


def _switches(draw: Draw, scene: Scene, profile: str) -> Document:
    if draw.chance(35):
        return {}
    percent = 4 if scene.easy else 14
    found = {name: draw.pick(v) for name, v in SWITCHES.items() if draw.chance(percent)}
    if profile == "c7":
        for name in FIXED_BY_C7:
            found.pop(name, None)
    elif draw.chance(20):
        found["fd.allow_v00"] = True
    return found


@cache
def _authority() -> tuple[Document, ...]:
    """All test CA keys as entries of a configuration."""
    return tuple(tomllib.loads(ca_toml())["ca_key"])


def _ca_keys(draw: Draw, scene: Scene, facts: Facts) -> list[Document]:
    """The card's keys and perhaps others; sometimes one of the card's is missing or expired."""
    mine = [f"{index:02X}" for index in facts.ca_indexes]
    missing = not scene.easy and draw.chance(6)
    found = []
    for key in _authority():
        entry = dict(key)
        if entry["index"] in mine:
            if missing or (entry.get("algorithm") == "sm2" and draw.chance(12)):
                continue
        elif not draw.chance(8):
            continue
        if draw.chance(8):
            entry["expiry"] = _expiry(draw, scene)
        if draw.chance(5):
            _trusted(entry)
        found.append(entry)
    return found


def _expiry(draw: Draw, scene: Scene) -> str:
    days = [400] if scene.easy else [400, 1, 0, -1, -400]
    return day(scene.date, draw.pick(days)).strftime("%Y%m%d")


def _trusted(entry: Document) -> None:
    """The key is taken without its check sum or self-signature."""
    if entry.get("algorithm") == "sm2":
        for name in ("service", "month", "self_signature"):
            entry.pop(name)
        entry["trust"] = True
    else:
        del entry["checksum"]
        entry["without_checksum"] = True


def _revoked(draw: Draw, scene: Scene, facts: Facts) -> list[Document]:
    found = []
    if not scene.easy and draw.chance(6):
        found.append((f"{draw.pick(facts.ca_indexes):02X}", draw.pick(facts.serials)))
    if draw.chance(12):
        found.append((f"{draw.pick(facts.ca_indexes):02X}", "0000FE"))
    return [{"rid": "A000000333", "index": i, "serial": s.upper()} for i, s in dict(found).items()]


def _exceptions(draw: Draw, scene: Scene, facts: Facts) -> list[Document]:
    found: list[Document] = []
    if not scene.easy and draw.chance(7):
        entry: Document = {"pan": facts.pan}
        if draw.chance(60):
            entry["psn"] = int(draw.pick([facts.psn, facts.psn, "07"]))
        found.append(entry)
    if draw.chance(10):
        found.append({"pan": facts.pan[:-1] + str((int(facts.pan[-1]) + 1) % 10)})
    return found
