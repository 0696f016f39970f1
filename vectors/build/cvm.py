"""Suite `cvm`: every row of 30 section 9 with each profile, cryptogram and terminal."""

from __future__ import annotations

from vectors.build.base import whole
from vectors.build.grid import Part, add, put, without
from vectors.build.scenery import grid
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {
    "YZFS": Words("CVM by CTQ and TTQ", "CTQ与TTQ决定的验证方式"),
    "WCTQ": Words("Card without CTQ", "无CTQ的卡片"),
    "SBYZ": Words("Verification on the device", "设备端验证"),
    "ZXMM": Words("Online PIN with an approval", "脱机批准要求联机密码"),
    "XEYZ": Words("Limit decides verification", "限额触发验证"),
    "KPGZ": Words("The card asks for verification", "卡片要求验证"),
}
BITS = {
    "pin": ("online_pin", "PIN", "联机密码"),
    "sign": ("signature", "signature", "签名"),
    "device": ("cdcvm", "CDCVM", "设备验证"),
}
BASE = ["emv_mode", "contact_chip", "fdda_01"]
PROFILES = (
    Part("jrt0025-2013", "jrt0025-2013", one={"profile": "jrt0025-2013"}),
    Part("uics-2018", "uics-2018", one={"profile": "uics-2018"}),
    Part("c7", "c7", one={"profile": "c7"}),
)


def ttq(*names: str) -> Part:
    """A terminal with these ways of verification."""
    found = [BITS[name] for name in names]
    en = "+".join(one[1] for one in found) or "no CVM"
    zh = "+".join(one[2] for one in found) or "无验证能力"
    return Part(f"terminal {en}", f"终端{zh}", one={"ttq": BASE + [one[0] for one in found]})


TERMINALS = (ttq(), ttq("pin"), ttq("sign"), ttq("device"), ttq("pin", "sign", "device"))
TC = Part("TC", "TC")
ARQC = Part("ARQC", "ARQC", card="credit")
NEEDED = (
    Part("", ""),
    Part("CVM required", "要求验证", "EP-018 EP-022", one={"cvm_limit": 1000}),
)
CTQS = {
    "0000": ("no bit", "无位", "QP-108 QP-109"),
    "8000": ("PIN", "密码", "QP-100 QP-105 QP-110"),
    "4000": ("signature", "签名", "QP-106 QP-107"),
    "C000": ("PIN and signature", "密码和签名", "QP-100 QP-105 QP-106"),
    "0080": ("CDCVM", "设备验证", "QP-101 QP-102"),
    "8080": ("PIN and CDCVM", "密码和设备验证", "QP-100 QP-101 QP-105"),
    "4080": ("signature and CDCVM", "签名和设备验证", "QP-101 QP-106"),
    "0740": ("bits nobody looks at", "无关位", "QP-108 CTQ-003"),
}


def ctq(value: str) -> Part:
    """A CTQ in the answer to GPO whatever the card has decided, and in 9F69 beside it."""
    en, zh, ids = CTQS[value]
    changes = (put("gpo", "9F6C", value),)
    return Part(f"CTQ {value}: {en}", f"CTQ {value}：{zh}", ids, mutations=changes)


def suite() -> SuiteBuilder:
    made = SuiteBuilder("cvm", "CV", en="Cardholder verification", zh="持卡人验证", groups=GROUPS)
    _table(made)
    _absent(made)
    _device(made)
    _pin(made)
    _limits(made)
    _card(made)
    return made


def _table(made: SuiteBuilder) -> None:
    uics = PROFILES[1:2]
    grid(made, "YZFS", uics, (ARQC,), [ctq(one) for one in CTQS], TERMINALS)
    some = [ctq(one) for one in ("0000", "8000", "4000", "C000", "4080")]
    grid(made, "YZFS", uics, (TC,), some, TERMINALS)
    grid(made, "YZFS", PROFILES[::2], (ARQC,), some, (TERMINALS[0], TERMINALS[4]))
    grid(made, "YZFS", PROFILES[::2], (TC,), some, (TERMINALS[2], TERMINALS[3]))
    needed = [ctq(one) for one in ("0000", "4000", "0080")]
    grid(made, "YZFS", PROFILES, (ARQC,), needed, (TERMINALS[0], TERMINALS[4]), NEEDED[1:])


def _absent(made: SuiteBuilder) -> None:
    """CTQ-001: absent is not the same as all bits 0; CTQ-002: length 0 is absent."""
    debit = whole("debit")
    del debit["application"][0]["ctq"]
    plain = Part("card without CTQ", "卡片无CTQ", "CTQ-001", card="no-ctq", whole=debit)
    empty = Part(
        "CTQ of length 0", "CTQ长度为0", "CTQ-001 CTQ-002 TLV-020",
        mutations=(put("gpo", "9F6C", ""),),
    )  # fmt: skip
    gone = Part(
        "9F6C taken out", "9F6C被删除", "CTQ-001 FD-012", mutations=(without("gpo", "9F6C"),)
    )
    online = Part("online", "联机", card="credit", mutations=(without("gpo", "9F6C"),))
    ids = Part(ids="QP-103 QP-104")
    grid(made, "WCTQ", PROFILES, (plain,), TERMINALS, NEEDED, (ids,))
    grid(made, "WCTQ", PROFILES[1:2], (empty, gone), TERMINALS[:3], NEEDED, (ids,))
    grid(made, "WCTQ", PROFILES, (online,), TERMINALS, NEEDED, (ids,))
    switch = "qp.no_ctq_always_signature"
    always = [
        Part(f"{switch} {'on' if on else 'off'}", f"{switch}{'开' if on else '关'}", "QP-104",
             switches={switch: on})
        for on in (False, True)
    ]  # fmt: skip
    grid(made, "WCTQ", PROFILES, always, (online,), (ttq("sign"), ttq("pin")))
    for length in ("00", "000000"):
        bad = Part(f"CTQ {length}", f"CTQ为{length}", "CTQ-002 OUT-013",
                   mutations=(put("gpo", "9F6C", length),))  # fmt: skip
        lenient = Part("counted as absent", "视为缺失", switches={"qp.bad_ctq_absent": True})
        strict = Part("ends the tap", "终止", switches={"qp.bad_ctq_absent": False})
        grid(made, "WCTQ", PROFILES[1:], (bad,), (lenient, strict), TERMINALS[::4])


def _device(made: SuiteBuilder) -> None:
    """QP-101, QP-102: 9F69 present or not, the same CTQ in it or another, of a TC and an ARQC."""
    copies = {
        "0102030405008000": ("the same CTQ in 9F69", "9F69中CTQ相同"),
        "0102030405000000": ("another CTQ in 9F69", "9F69中CTQ不同"),
        "0002030405008000": ("9F69 of version 00", "9F69版本为00"),
        "010203040500": ("9F69 too short", "9F69过短"),
    }
    device = Part(
        "CDCVM done", "已完成设备验证", "QP-101 QP-102", mutations=(put("gpo", "9F6C", "0080"),)
    )
    for profile in PROFILES:
        for value, (en, zh) in copies.items():
            for card in (TC, ARQC):
                at = Part(en, zh, "FD-011", mutations=(put("gpo", "9F69", value),))
                add(made, "SBYZ", profile, card, device, at, ttq("device"))
        gone = Part("no 9F69", "无9F69", "QP-102", mutations=(without("record", "9F69"),))
        last = Part(mutations=(without("last", "9F69"),))
        add(made, "SBYZ", profile, TC, device, gone, last, ttq("device"))
        add(made, "SBYZ", profile, ARQC, device, ttq("device"))
        add(made, "SBYZ", profile, ARQC, device, ttq("pin"))
    phone = Part("phone", "手机", "QP-101 QP-102", card="phone")
    waits = Part("phone that is not confirmed", "未确认的手机", "QP-054 OUT-027", card="phone-confirm")
    off = Part("qp.cdcvm off", "qp.cdcvm关", "QP-101", switches={"qp.cdcvm": False})
    all_ways = ttq("pin", "sign", "device")
    for card in (phone, waits):
        grid(made, "SBYZ", PROFILES, (card,), (ttq("device"), ttq("pin"), all_ways), NEEDED)
        grid(made, "SBYZ", PROFILES[1:2], (card,), (off,), (ttq("device"), all_ways))


def _pin(made: SuiteBuilder) -> None:
    """QP-110, QP-111: a TC is never approved with an online PIN."""
    wants = Part(
        "TC wants a PIN", "TC要求联机密码", "QP-110 QP-111",
        mutations=(put("gpo", "9F6C", "8000"),), flags=(),
    )  # fmt: skip
    only = [
        Part(f"qp.tc_signature_only {word}", f"qp.tc_signature_only{zh}", "QP-111",
             switches={"qp.tc_signature_only": on})
        for word, zh, on in (("off", "关", False), ("on", "开", True))
    ]  # fmt: skip
    check = [
        Part("" if on else "fd.check_ctq off", "" if on else "fd.check_ctq关",
             switches={"fd.check_ctq": on})
        for on in (True, False)
    ]  # fmt: skip
    offline = Part("offline-only", "仅脱机", "TTQ-004", one={"ttq": [*BASE, "offline_only", "online_pin"]})
    grid(made, "ZXMM", PROFILES, (wants,), only, check, (ttq("pin"), offline))


def _limits(made: SuiteBuilder) -> None:
    for by, en, zh in ((-1, "one below", "低一分"), (0, "equal to", "等于"), (1, "one above", "高一分")):
        amount = Part(f"amount {en} the CVM limit", f"金额{zh}验证限额", "EP-018 EP-022 QP-112",
                      amount=10000 + by, one={"cvm_limit": 10000})  # fmt: skip
        cards = [Part(card, card, card=card) for card in ("debit", "credit", "phone")]
        grid(made, "XEYZ", PROFILES, cards, (amount,), (ttq("pin", "sign"), ttq("sign"), ttq()))


def _card(made: SuiteBuilder) -> None:
    """CS-012, CS-013: above 9F6B the card asks for what the terminal has."""
    for by, en, zh in ((-1, "below", "低于"), (0, "at", "等于"), (1, "above", "高于")):
        asked = Part(f"one {en} the card's CVM limit" if by else "at the card's CVM limit",
                     f"金额{zh}卡片验证限额", amount=5000 + by, app={"cvm_limit": 5000})  # fmt: skip
        for cap, name, zh_cap in (
            ("9900F000", "PIN and signature", "密码与签名"),
            ("99001000", "signature", "签名"),
            ("99008000", "PIN", "密码"),
        ):
            able = Part(f"card knows {name}", f"卡片支持{zh_cap}", "QP-100 QP-106", app={"cap": cap})
            grid(made, "KPGZ", (asked,), (able,), (ttq("pin"), ttq("sign"), ttq()))
