"""What has to hold before a terminal may say yes: one small function for each rule of the digest.

Each takes what was seen of a presentment and says whether its condition holds. An offline approval
needs all of CARD, MONEY and APPROVAL; an online request CARD and REQUEST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hostile.seen import PPSE, SELECT, UNIONPAY, Seen, day, objects
from tests.oracle import chain, tlv
from tests.oracle.dataset import SWITCHES
from tests.oracle.terminal import tags

Condition = Callable[[Seen], bool]
CARD: list[Condition] = []
MONEY: list[Condition] = []
REQUEST: list[Condition] = []
APPROVAL: list[Condition] = []


def rule(ids: str, *lists: list[Condition]) -> Callable[[Condition], Condition]:
    """Puts a condition on lists; ids are the digest's."""

    def put(condition: Condition) -> Condition:
        condition.ids = ids  # type: ignore[attr-defined]
        for one in lists:
            one.append(condition)
        return condition

    return put


def broken(seen: Seen, conditions: list[Condition]) -> list[str]:
    """The conditions that do not hold: their ids and names."""
    return [f"{c.ids} {c.__name__}" for c in conditions if not c(seen)]  # type: ignore[attr-defined]


# Selection


@rule("EP-042 EP-043", CARD)
def directory_was_read(seen: Seen) -> bool:
    command = seen.exchanges[0][0] if seen.exchanges else b""
    return command == b"\x00\xa4\x04\x00\x0e" + PPSE + b"\x00" and bool(seen.directory)


@rule("EP-046 EP-050 EP-055 EP-063", CARD)
def application_is_accepted(seen: Seen) -> bool:
    aid = seen.combination.aid
    for entry in seen.directory:
        name = entry["4F"]
        extension = entry["9F29"] if seen.combination.extended else b""
        matches = name == aid or (seen.combination.partial and name.startswith(aid))
        if matches and 5 <= len(name) <= 16 and name + extension == seen.selected:
            asked = entry["9F2A"]
            ignores = seen.on("ep.k7_ignore_other_kid")
            if not asked or asked[0] in (0, 7) or (ignores and asked[0] < 0x80):
                return True
    return False


@rule("EP-055 EP-072", CARD)
def kernel_is_seven(seen: Seen) -> bool:
    return seen.combination.is_k7 and seen.combination.aid[:5] == UNIONPAY


@rule("EP-057", CARD)
def longest_name_decides(seen: Seen) -> bool:
    aids = [
        one.aid
        for one in seen.configuration.combinations
        if one.is_k7
        and seen.deal.type in one.types
        and usable(one, seen)
        and (seen.selected == one.aid or (one.partial and seen.selected.startswith(one.aid)))
    ]
    return not aids or len(seen.combination.aid) == max(map(len, aids))


def usable(one: Any, seen: Seen) -> bool:
    """EP-013, EP-014, EP-021, EP-026 of a combination."""
    amount = seen.deal.amount
    if one.ttq is None or not one.ttq[0] & 0x60:
        return False
    if one.p12 and one.floor_limit is None and one.terminal_floor_limit is None:
        return False
    if amount == 0 and (not one.zero_amount or one.ttq[0] & 0x08):
        return False
    return one.transaction_limit is None or amount < one.transaction_limit


@rule("EP-013 EP-014 EP-021 EP-026", CARD)
def amount_is_allowed(seen: Seen) -> bool:
    return seen.deal.type in seen.combination.types and usable(seen.combination, seen)


@rule("QP-176", CARD)
def clock_is_set(seen: Seen) -> bool:
    return day(seen.deal.date) is not None


@rule("EP-064 EP-065 EP-067 EP-068", CARD)
def application_was_selected(seen: Seen) -> bool:
    last = [answer for command, answer in seen.exchanges if command[1] == SELECT][-1]
    entries = [tag for tag, _ in seen.pdol]
    told = last is not None and last[-2:] == b"\x90\x00" and "84" in seen.fci
    return told and "9F66" in entries


# GPO


@rule("QP-045 QP-051 QP-060", CARD)
def options_were_got(seen: Seen) -> bool:
    return bool(seen.sent) and seen.gpo is not None


@rule("EP-015 EP-020 TTQ-001 TR-005 QP-004", CARD)
def qualifiers_are_the_terminals(seen: Seen) -> bool:
    value = seen.sent.get("9F66/4")
    return value == seen.ttq or (value is None and any(k[:4] == "9F66" for k in seen.sent))


@rule("QP-061 QP-062", CARD)
def path_is_this_kernels(seen: Seen) -> bool:
    says_other = len(seen.value("82")) == 2 and seen.value("82")[1] & 0x80
    both = seen.ttq_bit(1, 7) and seen.on("qp.aip_b2b8_means_dc")
    return seen.ttq_bit(1, 6) and not (both and says_other)


@rule("QP-064", CARD)
def interchange_profile(seen: Seen) -> bool:
    return len(seen.value("82")) == 2


@rule("QP-065", CARD)
def locator_is_sound(seen: Seen) -> bool:
    return not seen.value("94") or bool(seen.afl)


@rule("QP-067", CARD)
def cryptogram_is_there(seen: Seen) -> bool:
    lengths = (len(seen.value("9F36")), len(seen.value("9F26")))
    return lengths == (2, 8) and len(seen.value("9F10")) >= 7 and len(seen.value("9F27")) <= 1


@rule("TLV-021 QP-066", CARD)
def nothing_comes_twice(seen: Seen) -> bool:
    names = [tag for tag, value in seen.told if tag != "5F34" and tags.fits(tag, value)]
    return len(names) == len(set(names))


@rule("TLV-029 TLV-030", CARD)
def values_are_possible(seen: Seen) -> bool:
    dates = [seen.card[tag].hex() for tag in ("5F24", "5F25") if tag in seen.card]
    track = seen.card.get("57", b"").hex().upper()
    number = seen.card.get("5A", b"").hex().upper().rstrip("F")
    good = not track or (track.count("D") == 1 and track.partition("D")[0].isdecimal())
    return good and (not number or number.isdecimal()) and all(day(d) for d in dates)


@rule("QP-085", CARD)
def numbers_agree(seen: Seen) -> bool:
    both = "5A" in seen.card and "57" in seen.card
    return not both or not seen.on("qp.check_pan_57") or seen.pan == seen.track_pan


@rule("CTQ-002", CARD)
def qualifiers_of_the_card(seen: Seen) -> bool:
    return len(seen.card.get("9F6C", b"12")) == 2 or seen.on("qp.bad_ctq_absent")


# Records


@rule("QP-070 QP-072 QP-074 CMD-031", MONEY)
def every_record_was_read(seen: Seen) -> bool:
    wanted = [bytes((0, 0xB2, number, file << 3 | 4, 0)) for file, number, _ in seen.afl]
    sent = [command for command, _ in seen.reads]
    return bool(wanted) and sent == wanted and len(seen.records) == len(wanted)


@rule("QP-075", MONEY)
def records_are_templates(seen: Seen) -> bool:
    return all(
        objects(data, "70", seen.skip_ff) is not None for file, _, data in seen.records if file < 11
    )


# Checks


def _expired(seen: Seen) -> bool:
    expiry, today = day(seen.card.get("5F24", b"").hex()), day(seen.deal.date)
    return expiry is not None and today is not None and expiry < today


@rule("QP-090", APPROVAL)
def not_expired(seen: Seen) -> bool:
    return not _expired(seen)


@rule("QP-093", MONEY)
def expiry_is_known(seen: Seen) -> bool:
    return "5F24" in seen.card or not seen.on("qp.require_5F24")


@rule("QP-094", MONEY)
def effective(seen: Seen) -> bool:
    begin, today = day(seen.card.get("5F25", b"").hex()), day(seen.deal.date)
    late = begin is not None and today is not None and begin > today
    return not (late and seen.on("qp.check_effective"))


@rule("QP-095", MONEY)
def not_on_the_list(seen: Seen) -> bool:
    psn = seen.card["5F34"].hex() if "5F34" in seen.card else None
    if not seen.pan or (psn is None and seen.on("qp.exception_needs_psn")):
        return True
    for entry in seen.configuration.exceptions:
        if entry.pan == seen.pan and (None in (psn, entry.psn) or psn == entry.psn):
            return False
    if not seen.configuration.lookup:
        return True
    number = bytes.fromhex(seen.pan.ljust(20, "F"))
    asked = number + (bytes.fromhex(psn) if psn else b"\xff")
    return bool(seen.looked_up) and seen.looked_up[-1] == (asked, False)


def cvm(seen: Seen) -> str:
    """QP-100 to QP-111: no_cvm, signature, online_pin, cdcvm, or "" for none that is possible."""
    pin, signature, needed = seen.ttq_bit(1, 3), seen.ttq_bit(1, 2), seen.ttq_bit(2, 7)
    if seen.ctq is None:
        if needed:
            return "signature" if signature else "online_pin" if pin else ""
        always = seen.on("qp.no_ctq_always_signature") and signature
        return "signature" if always else "no_cvm"
    if not (seen.kind == "TC" and seen.on("qp.tc_signature_only")):
        if seen.ctq_bit(1, 8) and pin:
            return "online_pin"
        if seen.on("qp.cdcvm") and seen.ttq_bit(3, 7) and seen.ctq_bit(2, 8):
            signed = seen.card.get("9F69")
            if signed is None:
                return "cdcvm" if seen.kind == "ARQC" else ""
            same = signed[5:7] == seen.ctq and (seen.kind == "ARQC" or signed[:1] == b"\x01")
            return "cdcvm" if same else ""
        if seen.ctq_bit(1, 8):
            return ""
    if seen.ctq_bit(1, 7):
        return "signature" if signature else ""
    return "" if needed else "no_cvm"


@rule("QP-100 QP-109", CARD)
def holder_can_be_verified(seen: Seen) -> bool:
    return cvm(seen) != ""


# Authentication


def authenticated(seen: Seen) -> bool:
    """FD-001 to FD-013 over what was exchanged: the chain of tests/oracle, and nothing else."""
    static, whole = b"", True
    for file, signed, data in seen.records:
        if signed:
            try:
                inner = tlv.only(data, "70")
            except tlv.Malformed:
                inner, whole = b"", False
            static += inner if file <= 10 else data
    return whole and chain.verify(_data_set(seen, static)).verified


def _data_set(seen: Seen, static: bytes) -> dict[str, Any]:
    index = seen.card.get("8F", b"\x00")
    nobody = {"index": f"{index[0] ^ 0xFF:02X}", "algorithm": "rsa", "modulus": "", "exponent": ""}
    key = seen.configuration.keys.get((seen.selected[:5], index[0]), nobody)
    wanted = ("82", "8F", "90", "92", "9F32", "9F46", "9F47", "9F48", "9F4A", "9F4B", "9F69")
    card = {tag: seen.card[tag].hex() for tag in wanted if tag in seen.card}
    card |= {tag: seen.card[tag].hex() for tag in ("9F08", "5A", "57", "9F36") if tag in seen.card}
    if seen.ctq is not None:
        card["9F6C"] = seen.ctq.hex()
    number = seen.sent.get("9F37/4", bytes(4))
    return {
        "method": "fdda",
        "rid": seen.selected[:5].hex(),
        "ca_key": key,
        "card": card | {"9F38": seen.fci["9F38"].hex()},
        "static_data": static.hex(),
        "terminal": {
            "9F37": number.hex(),
            "9F02": seen.deal.values["9F02"].hex(),
            "5F2A": seen.deal.values["5F2A"].hex(),
            "9F66": seen.ttq.hex(),
            "DF60": "00",
        },
        "date": seen.deal.date,
        "revoked": [entry.hex() for entry in seen.configuration.revoked],
        "options": {name: seen.on(name) for name in SWITCHES},
    }


@rule("FD-001 FDA-001 ODA-085 QP-120", APPROVAL)
def card_is_authentic(seen: Seen) -> bool:
    return authenticated(seen)


# The decision


@rule("QP-005 QP-006 QP-007 QP-069", APPROVAL)
def card_has_approved(seen: Seen) -> bool:
    return seen.kind == "TC"


@rule("QP-170", APPROVAL)
def terminal_allowed_it(seen: Seen) -> bool:
    return not seen.ttq_bit(2, 8) or seen.word("qp.tc_despite_online") == "accept"


@rule("QP-110", APPROVAL)
def no_pin_is_owed(seen: Seen) -> bool:
    return cvm(seen) != "online_pin"


@rule("TTQ-004", REQUEST)
def terminal_can_ask(seen: Seen) -> bool:
    return not seen.ttq_bit(1, 4)


@rule("QP-005 QP-007 QP-069", REQUEST)
def card_has_not_refused(seen: Seen) -> bool:
    return seen.kind in ("TC", "ARQC")


@rule("QP-128", REQUEST)
def host_can_find_the_card(seen: Seen) -> bool:
    return "57" in seen.card or ("5A" in seen.card and "5F24" in seen.card)


@rule("QP-091 QP-174", REQUEST)
def expired_asks_only_as_told(seen: Seen) -> bool:
    looks = seen.kind == "TC" or bool(seen.records)
    told = seen.on("qp.ctq_b4_expired_online") and seen.ctq_bit(1, 4)
    return not (looks and _expired(seen)) or told


@rule("QP-110 QP-121 QP-170 QP-174", REQUEST)
def approval_goes_online_for_a_reason(seen: Seen) -> bool:
    if seen.kind == "ARQC":
        return True
    late = seen.ttq_bit(2, 8) and seen.word("qp.tc_despite_online") == "online"
    return late or cvm(seen) == "online_pin" or seen.ctq_bit(1, 6) or _expired(seen)


def may_defer(seen: Seen) -> bool:
    """QP-125, QP-130: an ARQC with ODA for online, authenticated, where the operator allows it."""
    flagged = seen.ttq_bit(1, 1) and bool(seen.fci.get("DF61", b"\x00")[0] & 0x40)
    asked = seen.kind == "ARQC" and bool(seen.afl) and flagged and seen.on("qp.deferred_auth")
    return asked and not broken(seen, MONEY[:2]) and authenticated(seen)
