"""The variable parts of a card's answers: cryptogram, 9F10, the GPO answer, GET DATA.

Pure functions; templates and fixed files are in `files`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapkern.card import tlv
from tapkern.card.bits import Cap
from tapkern.card.extended import modes
from tapkern.card.files import ApplicationFiles, Branch
from tapkern.card.memory import Counters
from tapkern.card.profile import RISK, ApplicationProfile
from tapkern.card.rules import Cryptogram, Decision, available_offline
from tapkern.issuer.cryptogram import cvn01_input, cvn17_input
from tapkern.issuer.layouts import ISSUER_APPLICATION_DATA

Inputs = Mapping[int, bytes]
"""What the terminal sent, by tag."""

CRYPTOGRAM_DATA = {
    0x9F02: 6,
    0x9F03: 6,
    0x9F1A: 2,
    0x95: 5,
    0x5F2A: 2,
    0x9A: 3,
    0x9C: 1,
    0x9F37: 4,
}
"""CS-035: what the terminal puts into a cryptogram; tag and length, in the order of version 01."""


def n12(amount: int) -> bytes:
    """An amount in minor units as 6 packed bytes."""
    return bytes.fromhex(f"{amount:012}")


def cryptogram(
    profile: ApplicationProfile, branch: Branch, inputs: Inputs, atc: int, cvr: bytes
) -> bytes:
    """9F26, CS-035, CS-036 and CS-040."""
    if profile.cryptogram_version == 1:
        terminal = b"".join(inputs[tag] for tag in CRYPTOGRAM_DATA)
        data = cvn01_input(terminal, profile.aip, atc, cvr)
    else:
        data = cvn17_input(inputs[0x9F02], inputs[0x9F37], atc, cvr)
    suite = branch.suite
    return suite.application_cryptogram(suite.session_key(branch.udk_ac, atc), data)


def issuer_data(profile: ApplicationProfile, branch: Branch, atc: int, decision: Decision) -> bytes:
    """9F10, with the discretionary data that the profile asks for and their MAC."""
    suite = branch.suite
    discretionary = None
    if profile.discretionary_id is not None:
        values = _discretionary_values(profile, decision)
        mac = suite.discretionary_mac(suite.session_key(branch.udk_mac, atc), atc, values)
        discretionary = {"id": profile.discretionary_id, "amounts": values, "mac": mac}
    data: bytes = ISSUER_APPLICATION_DATA.build(
        {
            "key_index": profile.key_index,
            "version": profile.cryptogram_version,
            "cvr": decision.cvr.to_bytes(4, "big"),
            "algorithm": suite.identifier,
            "discretionary": discretionary,
        }
    )
    return data


def _discretionary_values(profile: ApplicationProfile, decision: Decision) -> bytes:
    """One or two amounts in 5 bytes, by the id: balance, CTTA, CTTA limit, available offline."""
    cumulative = decision.after.cumulative
    amounts = {
        1: (decision.balance,),
        2: (cumulative,),
        3: (decision.balance, cumulative),
        4: (cumulative, profile.risk.cumulative_limit or 0),
        5: (decision.available,),
    }[profile.discretionary_id or 0]
    return b"".join(n12(amount)[1:] for amount in amounts)


def gpo_objects(
    profile: ApplicationProfile,
    files: ApplicationFiles,
    branch: Branch,
    inputs: Inputs,
    atc: int,
    decision: Decision,
    afl: bytes,
    silent: bool = False,
) -> bytes:
    """The objects of a qPBOC GPO answer but 9F4B, without the template; an empty AFL is none.

    silent: without 9F26, as a pre-authorisation is answered (CS-041).
    """
    parts = [tlv.encode(0x82, profile.aip)]
    if profile.cid_in_gpo:
        parts.append(tlv.encode(0x9F27, bytes([decision.kind.value])))
    if afl:
        parts.append(tlv.encode(0x94, afl))
    cvr = decision.cvr.to_bytes(4, "big")
    parts += [
        tlv.encode(0x9F36, atc.to_bytes(2, "big")),
        tlv.encode(0x57, files.track2),
        tlv.encode(0x9F10, issuer_data(profile, branch, atc, decision)),
    ]
    if not silent:
        parts.append(tlv.encode(0x9F26, cryptogram(profile, branch, inputs, atc, cvr)))
    if profile.psn_in_gpo:
        parts.append(tlv.encode(0x5F34, profile.psn))
    if profile.ctq is not None:
        parts.append(tlv.encode(0x9F6C, (profile.ctq | decision.ctq).to_bytes(2, "big")))
    if profile.cap & Cap.RETURN_AOSA:
        parts.append(tlv.encode(0x9F5D, n12(decision.available)))
    if profile.product is not None and decision.kind is not Cryptogram.AAC:
        parts.append(tlv.encode(0x9F63, profile.product))
    return b"".join(parts)


def data_objects(
    profile: ApplicationProfile, counters: Counters, second: bool = False
) -> dict[int, bytes]:
    """Everything that GET DATA gives, by tag.

    second: EC-046, the transaction is in the second currency, so 9F79 and 9F6D are its own.
    """
    found = {
        0x9F36: counters.atc.to_bytes(2, "big"),
        0x9F13: counters.last_online_atc.to_bytes(2, "big"),
        0x9F17: bytes([counters.pin_tries]),
        0x9F51: profile.currency,
        0x9F68: profile.cap.to_bytes(4, "big"),
        0x9F6B: n12(profile.cvm_limit),
    }
    if profile.ctq is not None:
        found[0x9F6C] = profile.ctq.to_bytes(2, "big")
    if profile.fdda_01:
        found[0x9F69] = CARD_AUTHENTICATION_DEFAULT
    if profile.cap & Cap.RETURN_AOSA:
        found[0x9F5D] = n12(available_offline(profile, counters, second))
    if profile.df61 is not None:
        found[0xDF61] = bytes([profile.df61])
    if profile.log:
        found[0x9F4F] = profile.log.format
    if profile.load_log:
        found[0xDF4F] = profile.load_log.format
    found |= _risk(profile)
    found |= _purses(profile, counters)
    if second:
        found |= {first: found[other] for first, other in SECOND.items()}
    return found


SECOND = {0x9F79: 0xDF79, 0x9F6D: 0xDF76}
"""EC-046: objects of the first purse and those of the second one that stand for them."""

CARD_AUTHENTICATION_DEFAULT = bytes.fromhex("0100000000000000")
"""9F69 as it is personalised, before a tap fills it."""


def _purses(profile: ApplicationProfile, counters: Counters) -> dict[int, bytes]:
    """The objects of one or two purses."""
    found: dict[int, bytes] = {}
    if purse := profile.purse:
        amounts = (counters.balance, purse.limit, purse.single, purse.reset)
        found |= _amounts((0x9F79, 0x9F77, 0x9F78, 0x9F6D), amounts)
        if modes(profile.df61):
            offset = (counters.offset_limit, counters.offset_used)
            found |= _amounts((0xDF62, 0xDF63), offset)
    if second := profile.second:
        purse = second.purse
        amounts = (counters.second_balance, purse.limit, purse.single, purse.reset)
        found |= _amounts((0xDF79, 0xDF77, 0xDF78, 0xDF76), amounts)
        found |= {0xDF71: second.currency, 0xDF72: n12(second.cvm_limit)}
    return found


def _amounts(tags: tuple[int, ...], amounts: tuple[int, ...]) -> dict[int, bytes]:
    return {tag: n12(amount) for tag, amount in zip(tags, amounts, strict=True)}


def _risk(profile: ApplicationProfile) -> dict[int, bytes]:
    """The limits of the card's risk management that this card has."""
    found = {}
    for name, (tag, kind, length) in RISK.items():
        value = getattr(profile.risk, name)
        if value is not None:
            found[tag] = _object(kind, length, value)
    return found


def _object(kind: str, length: int, value: Any) -> bytes:
    """A member of `Risk` as the card keeps it."""
    if kind == "hex":
        return bytes(value)
    return n12(value) if kind == "amount" else int(value).to_bytes(length, "big")
