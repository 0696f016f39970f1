"""Random cards, as card files.

A card is written in full, so that leaving out keys makes it shorter, or it is a ready card of the
package with a few keys over it. What a terminal has to know of a card is in its `Facts`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as package_files

from tapkern.card.bits import Cap
from tapkern.card.model import load_profile, names
from tapkern.card.profile import ApplicationProfile
from tapkern.issuer.authority import INDEXES, SM2_INDEXES
from tests.differential.documents import Document
from tests.differential.draw import Draw
from tests.differential.scene import CNY, HKD, Scene, day, near

AIDS = {
    "A000000333010101": 60,
    "A000000333010102": 15,
    "A000000333010103": 5,
    "A000000333010106": 12,
    "A000000333010101A1": 8,
}
MOST = 10**12 - 1
"""The largest amount of n12."""
FOREIGN_AID = "A0000000031010"

KEYS = {
    ("ca-1152", "issuer-1152", "icc-1024"): 24,
    ("ca-1408", "issuer-1024", "icc-1024-f4"): 14,
    ("ca-1024", "issuer-896", "icc-896"): 14,
    ("ca-1984", "issuer-1408", "icc-1152"): 14,
    ("ca-1984", "issuer-1408", "icc-768"): 8,
    ("ca-1408", "issuer-1152", "icc-512"): 8,
    ("vector-ca", "vector-issuer", "vector-icc"): 8,
    ("ca-1984", "issuer-1152", "icc-1024-f4"): 10,
}

FULL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
PDOLS = {
    FULL: 40,
    FULL + "DF6901": 14,
    "DF6001DF69019F66049F02069F03069F1A0295055F2A029A039C019F21039F3704": 12,
    "9F66049F02069F37045F2A02": 12,
    FULL + "9F7A01": 5,
    FULL + "9F35019F33039F4E149F1C089F1E089F1501": 4,
    FULL + "9F02069F3704": 2,
    FULL + "DF8A0203C1029F4104": 3,
    "9F02069F37045F2A02": 2,  # without 9F66
    "9F66049F02069F3704": 3,
    "9F66049F02065F2A02": 3,  # without 9F37
    FULL + "81049F0404": 3,  # amounts in 4 binary bytes
    FULL + "9F1B049F7B06DF1906DF2006DF21069F0106": 2,
    FULL + "9F40059F16149F4E149F06109F09025F360150109F12105F2D08": 3,
    FULL + "9F7C709F7D289F1B06": 2,  # more than 127 bytes
    FULL + "70059F3603570A9F2701000084079F3804820294048A029F3403": 2,
}


@dataclass(frozen=True)
class Facts:
    """What a terminal that knows the card needs: its application, keys and number."""

    aid: str
    pan: str
    psn: str
    ca_indexes: tuple[int, ...]
    serials: tuple[str, ...]


def card(draw: Draw, scene: Scene) -> tuple[Document, Facts]:
    """A card file and its facts."""
    if draw.chance(12):
        return _ready(draw, scene)
    document: Document = {"title": "Random card"}
    main, facts = _application(draw, scene, first=True)
    applications = [main]
    if not scene.easy and draw.chance(15):
        applications.insert(draw.number(0, 1), _foreign(draw))
    if not scene.easy and draw.chance(12):
        second, _ = _application(draw, scene, first=False)
        if second["aid"] != main["aid"]:
            applications.append(second)
    document["application"] = applications
    if not scene.easy and draw.chance(0.5):
        document["blocked"] = True
    document |= _device(draw, scene)
    return document, facts


def _device(draw: Draw, scene: Scene) -> Document:
    """What is around the applications: a phone that verifies its holder, a UID."""
    found: Document = {}
    if draw.chance(3 if scene.easy else 9):
        done = {"cdcvm": "done"}
        asks = {"cdcvm": "needed", "confirm_after": draw.pick([0, 1, 1, 2])}
        found["phone"] = done if scene.easy or draw.chance(60) else asks
    if draw.chance(5):
        found["uid"] = draw.hex(7)
    return found


@cache
def _bases() -> tuple[str, ...]:
    """The ready cards that are described in full, so that a card file can start from them."""
    folder = package_files("tapkern.card").joinpath("cards")
    texts = {name: folder.joinpath(f"{name}.toml").read_text("utf-8") for name in names()}
    return tuple(name for name, text in texts.items() if "base" not in tomllib.loads(text))


@cache
def _facts_of_ready(name: str) -> Facts:
    """The facts of a ready card."""
    ours = [a for a in load_profile(name).applications if isinstance(a, ApplicationProfile)]
    first = min(ours, key=lambda a: (a.priority or 16, ours.index(a)))
    families = [keys for keys in (first.keys, first.sm_keys) if keys is not None]
    return Facts(
        first.aid.hex().upper(),
        first.pan,
        first.psn.hex(),
        tuple(keys.ca_index for keys in families),
        tuple(keys.issuer_serial.hex() for keys in families),
    )


def _ready(draw: Draw, scene: Scene) -> tuple[Document, Facts]:
    """A ready card, with another balance or another CTQ over it."""
    name = draw.pick(_bases())
    facts = _facts_of_ready(name)
    document: Document = {"base": name}
    over: Document = {}
    profile = load_profile(name).applications[0]
    if isinstance(profile, ApplicationProfile):
        if profile.purse is not None and draw.chance(50):
            over["purse"] = {"balance": min(draw.pick(near(scene.amount)), profile.purse.limit)}
        if draw.chance(20):
            over["ctq"] = _ctq(draw)
    if over:
        document["application"] = [over]
    return document, facts


def _foreign(draw: Draw) -> Document:
    found: Document = {"foreign": True, "aid": FOREIGN_AID, "label": "FOREIGN CREDIT"}
    if draw.chance(80):
        found["priority"] = draw.number(1, 4)
    return found


def _application(draw: Draw, scene: Scene, *, first: bool) -> tuple[Document, Facts]:
    found: Document = {"aid": draw.weighted(AIDS), "label": draw.pick(["UnionPay Debit", "PBOC"])}
    if not first or draw.chance(80):
        found["priority"] = draw.number(1, 3) if first else draw.number(1, 15)
    if draw.chance(15):
        kernels = ["07"] if scene.easy else ["07", "07", "03", "00", "47", "870156", "C70156", "C0"]
        found["kernel"] = draw.pick(kernels)
    pan = "62000000000" + "".join(str(draw.number(0, 9)) for _ in range(draw.pick([5, 7, 8, 8])))
    found |= {"pan": pan, "psn": f"{draw.pick([0, 1, 1, 1, 2]):02}"}
    found |= _dates(draw, scene)
    found |= _scheme(draw, scene)
    found |= _state(draw, scene)
    found |= _money(draw, scene, found)
    if draw.chance(8):
        found["token"] = _token(draw)
    families, indexes, serials = _families(draw, scene)
    found |= families
    facts = Facts(found["aid"], pan, found["psn"], indexes, serials)
    return found, facts


def _token(draw: Draw) -> Document:
    parts = {
        "requestor": "12345678901",
        "account": "Q1HJZ28RKA1EBL470G9XYG90R5D3E",
        "last_digits": "1234",
        "in_arqc": True,
    }
    return {name: value for name, value in parts.items() if draw.chance(60)}


def _dates(draw: Draw, scene: Scene) -> Document:
    """Expiry and effective date, around the day of the tap or far from it."""
    days = [900] if scene.easy else [900, 900, 900, 900, 900, 900, 40, 1, 0, -1, -40]
    found: Document = {"expiry": day(scene.date, draw.pick(days))}
    if draw.chance(40):
        before = [-900] if scene.easy else [-900, -900, -1, 0, 1, 900]
        found["effective"] = day(scene.date, draw.pick(before))
    return found


def _scheme(draw: Draw, scene: Scene) -> Document:
    plain = scene.plan != "any"
    version = "0030" if plain or draw.chance(75) else draw.pick(["0020", "0020", "002F", "0031"])
    found: Document = {"version": version}
    found["aip"] = "7C00" if scene.easy or draw.chance(85) else draw.pick(["7D00", "5C00", "7C80"])
    if draw.chance(75):
        found["ctq"] = _ctq(draw)
    found["cap"] = _cap(draw, scene)
    if scene.part(draw) == "offline":
        found["cvm_limit"] = min(scene.amount + draw.pick([0, 1, 10**7]), MOST)
    elif draw.chance(60):
        found["cvm_limit"] = draw.pick([0, 0, *near(scene.amount), 10**7])
    found["pdol"] = FULL if scene.easy else draw.weighted(PDOLS)
    if draw.chance(20):
        found["key_index"] = draw.number(0, 255)
    if draw.chance(30):
        found["cvn"] = 17
    if draw.chance(60):
        found["idd"] = draw.pick([1, 1, 2, 3, 4, 5])
    if draw.chance(22):
        found["df61"] = draw.pick(["40", "40", "C0", "10", "00"])
    if draw.chance(10 if plain else 30):
        found["fdda"] = draw.number(0, 1)
    if draw.chance(30):
        found["cid_in_gpo"] = True
    if draw.chance(25):
        found["psn_in_gpo"] = False
    if draw.chance(20):
        found["product"] = draw.hex(16)
    if draw.chance(15):
        found["service_code"] = draw.pick(["201", "120"])
    if not plain and draw.chance(8):
        found["currency"] = draw.pick([f"{HKD:04}", f"{CNY:04}", "0978"])
    elif scene.currency != CNY and draw.chance(90):
        found["currency"] = f"{scene.currency:04}"
    if not scene.easy and draw.chance(1):
        found["blocked"] = True
    if draw.chance(10):
        found["language"] = draw.pick(["zhen", "en"])
    return found


def _ctq(draw: Draw) -> str:
    """What a card demands when authentication fails or it has expired, and CDCVM."""
    bits = 0
    for bit, percent in ((0x2000, 30), (0x1000, 35), (0x0800, 25), (0x0700, 4), (0x0080, 8)):
        if draw.chance(percent):
            bits |= bit
    return f"{bits:04X}"


CAP_BITS = {
    Cap.LOW_VALUE: 75,
    Cap.LOW_VALUE_AND_CTTA: 12,
    Cap.LOW_VALUE_OR_CTTA: 12,
    Cap.NEW_CARD_CHECK: 50,
    Cap.PIN_TRIES_CHECK: 50,
    Cap.OFFLINE_MISMATCH: 25,
    Cap.CONTACT_FOR_ONLINE: 8,
    Cap.RETURN_AOSA: 70,
    Cap.PREPAID: 7,
    Cap.NO_MISMATCH: 12,
    Cap.DECLINE_NEW_OFFLINE: 30,
    Cap.LOG: 20,
    Cap.PIN_MATCH: 70,
    Cap.PIN_MISMATCH: 50,
    Cap.CVM_MISMATCH: 30,
    Cap.SIGNATURE: 75,
}
"""How often a card of pure chance has a bit of the CAP, in percent."""
CTTA = Cap.LOW_VALUE_AND_CTTA | Cap.LOW_VALUE_OR_CTTA
SPENDING = Cap.LOW_VALUE | CTTA | Cap.PREPAID


def _cap(draw: Draw, scene: Scene) -> str:
    """CAP; an offline plan keeps the low value check, an online one often has none."""
    plan = scene.part(draw)
    if plan == "offline":
        return draw.pick(["9900F000", "8900F000", "8100F000", "99009000", "9800F000", "D110F000"])
    if plan == "online":
        return draw.pick(["1800F000", "1900F000", "9900F000", "1B00F000", "9980F000"])
    return f"{sum(bit for bit, percent in CAP_BITS.items() if draw.chance(percent)):08X}"


def _state(draw: Draw, scene: Scene) -> Document:
    found: Document = {}
    if draw.chance(40):
        found["atc"] = draw.number(0, 999) if scene.easy else draw.pick([0, 17, 0xFFFC, 0xFFFE])
    if not scene.easy and draw.chance(15):
        found["last_online_atc"] = draw.pick([0, 0, 5])
    if not scene.easy and draw.chance(10):
        found["pin_tries"] = draw.pick([0, 1])
    return found


def _money(draw: Draw, scene: Scene, application: Document) -> Document:
    """Purses, limits and logs, as the CAP of the application needs them."""
    cap = int(application["cap"], 16)
    found: Document = {}
    if cap & SPENDING or draw.chance(40):
        found["purse"] = _purse(draw, scene)
        if draw.chance(30):
            found["purse"]["authorisation_code"] = draw.pick(["ECC001", "ECC777", "EC", "123456"])
        if draw.chance(10):
            others = [HKD, CNY, 978]
            others.remove(int(application.get("currency", "0156")))
            limit = draw.pick([*near(scene.amount), MOST])
            purse = _purse(draw, scene)
            found["second"] = {"currency": f"{draw.pick(others):04}", "cvm_limit": limit, **purse}
    risk: Document = {}
    if cap & CTTA or draw.chance(5):
        risk["cumulative_limit"] = draw.pick([*near(scene.amount), MOST])
        if draw.chance(30):
            risk["cumulative_upper"] = draw.pick([*near(scene.amount), MOST])
    if cap & Cap.OFFLINE_MISMATCH:
        risk["foreign_currency_limit"] = draw.pick([0, 1, 3])
    if risk:
        found["risk"] = risk
    for name in ("log", "load_log"):
        if (name == "log" and cap & Cap.LOG) or draw.chance(6):
            found[name] = {"records": draw.pick([1, 10])} if draw.chance(30) else {}
    return found


def _purse(draw: Draw, scene: Scene) -> Document:
    """Electronic cash: enough of it for an offline plan, else balances around the amount."""
    if scene.part(draw) == "offline":
        reset = draw.pick([0, 0, 500])
        balance = min(scene.amount + reset + draw.pick([0, 0, 1, 1000, 100000]), MOST)
        single = draw.pick([scene.amount, MOST])
    else:
        balance = draw.pick([*near(scene.amount), 0, min(scene.amount + 20000, MOST)])
        reset = draw.pick([0, 1, 1000])
        single = draw.pick([*near(scene.amount), MOST, MOST])
    found: Document = {"balance": balance, "limit": MOST, "single": single}
    if reset:
        found["reset"] = reset
    return found


def _families(draw: Draw, scene: Scene) -> tuple[Document, tuple[int, ...], tuple[str, ...]]:
    """Keys: RSA, both families, or SM2 alone."""
    kind = draw.weighted({"rsa": 82, "both": 9, "sm": 9})
    found: Document = {}
    indexes: list[int] = []
    serials: list[str] = []
    certified = _certified(draw, scene)
    if kind != "sm":
        ca, issuer, icc = draw.weighted(KEYS)
        found["keys"] = {"ca": ca, "issuer": issuer, "icc": icc, **certified}
        indexes.append(INDEXES[ca])
        serials.append(certified.get("issuer_serial", "000001"))
    if kind != "rsa":
        found["sm"] = {"signature": draw.pick(["record", "gpo"]), **certified}
        if kind == "sm":
            found["sm"]["only"] = True
        indexes.append(SM2_INDEXES["ca-sm2"])
        serials.append(certified.get("issuer_serial", "000001"))
    return found, tuple(indexes), tuple(serials)


def _certified(draw: Draw, scene: Scene) -> Document:
    found: Document = {}
    if draw.chance(20):
        found["issuer_serial"] = f"0000{draw.number(1, 4):02}"
    if not scene.easy and draw.chance(10):
        months = [day(scene.date, days) for days in (0, -31, 31, 4000)]
        found["expiry"] = draw.pick([*(month.strftime("%m%y") for month in months), "1349", "12A9"])
    elif draw.chance(80):
        found["expiry"] = "1249"  # the same for many cards, so that its certificate is made once
    return found
