"""The variable parts of a card's answers: cryptogram, 9F10, the GPO answer, GET DATA.

Pure functions; templates and fixed files are in `files`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tapkern.card import tlv
from tapkern.card.bits import Cap
from tapkern.card.files import ApplicationFiles, Branch
from tapkern.card.memory import Counters
from tapkern.card.profile import ApplicationProfile
from tapkern.card.rules import Cryptogram, Decision, available_offline
from tapkern.issuer.cryptogram import cvn01_input, cvn17_input
from tapkern.issuer.layouts import ISSUER_APPLICATION_DATA

Inputs = Mapping[int, bytes]
"""What the terminal sent, by tag."""

CVN01_TAGS = (0x9F02, 0x9F03, 0x9F1A, 0x95, 0x5F2A, 0x9A, 0x9C, 0x9F37)
IDD_BALANCE = 1


def n12(amount: int) -> bytes:
    """An amount in minor units as 6 packed bytes."""
    return bytes.fromhex(f"{amount:012}")


def cryptogram(
    profile: ApplicationProfile, branch: Branch, inputs: Inputs, atc: int, cvr: bytes
) -> bytes:
    """9F26, CS-035, CS-036 and CS-040."""
    if profile.cryptogram_version == 1:
        terminal = b"".join(inputs[tag] for tag in CVN01_TAGS)
        data = cvn01_input(terminal, profile.aip, atc, cvr)
    else:
        data = cvn17_input(inputs[0x9F02], inputs[0x9F37], atc, cvr)
    suite = branch.suite
    return suite.application_cryptogram(suite.session_key(branch.udk_ac, atc), data)


def issuer_data(profile: ApplicationProfile, branch: Branch, atc: int, decision: Decision) -> bytes:
    """9F10, with the balance (id 01) or what is available offline (id 05) and its MAC."""
    suite = branch.suite
    discretionary = None
    if profile.discretionary_id is not None:
        shown = decision.balance if profile.discretionary_id == IDD_BALANCE else decision.available
        value = n12(shown)[1:]
        mac = suite.discretionary_mac(suite.session_key(branch.udk_mac, atc), atc, value)
        discretionary = {"id": profile.discretionary_id, "amounts": value, "mac": mac}
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


def gpo_objects(
    profile: ApplicationProfile,
    files: ApplicationFiles,
    branch: Branch,
    inputs: Inputs,
    atc: int,
    decision: Decision,
) -> bytes:
    """The objects of a qPBOC GPO answer but 9F4B, without the template."""
    parts = [tlv.encode(0x82, profile.aip)]
    if profile.cid_in_gpo:
        parts.append(tlv.encode(0x9F27, bytes([decision.kind.value])))
    if decision.kind is Cryptogram.TC:
        parts.append(tlv.encode(0x94, branch.afl))
    cvr = decision.cvr.to_bytes(4, "big")
    parts += [
        tlv.encode(0x9F36, atc.to_bytes(2, "big")),
        tlv.encode(0x57, files.track2),
        tlv.encode(0x9F10, issuer_data(profile, branch, atc, decision)),
        tlv.encode(0x9F26, cryptogram(profile, branch, inputs, atc, cvr)),
    ]
    if profile.psn_in_gpo:
        parts.append(tlv.encode(0x5F34, profile.psn))
    if profile.ctq is not None:
        parts.append(tlv.encode(0x9F6C, (profile.ctq | decision.ctq).to_bytes(2, "big")))
    if profile.cap & Cap.RETURN_AOSA:
        parts.append(tlv.encode(0x9F5D, n12(decision.available)))
    if profile.product is not None and decision.kind is not Cryptogram.AAC:
        parts.append(tlv.encode(0x9F63, profile.product))
    return b"".join(parts)


def data_object(profile: ApplicationProfile, counters: Counters, tag: int) -> bytes | None:
    """The value that GET DATA gives, None when this card has no such object."""
    purse = profile.purse
    match tag:
        case 0x9F36:
            return counters.atc.to_bytes(2, "big")
        case 0x9F13:
            return counters.last_online_atc.to_bytes(2, "big")
        case 0x9F17:
            return bytes([counters.pin_tries])
        case 0x9F51:
            return profile.currency
        case 0x9F68:
            return profile.cap.to_bytes(4, "big")
        case 0x9F6B:
            return n12(profile.cvm_limit)
        case 0xDF61 if profile.df61 is not None:
            return bytes([profile.df61])
        case 0x9F5D if profile.cap & Cap.RETURN_AOSA:
            return n12(available_offline(profile, counters.balance))
        case 0x9F79 if purse:
            return n12(counters.balance)
        case 0x9F77 if purse:
            return n12(purse.limit)
        case 0x9F78 if purse:
            return n12(purse.single)
        case 0x9F6D if purse:
            return n12(purse.reset)
    return None
