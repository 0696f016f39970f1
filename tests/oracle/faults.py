"""Faults of dynamic data, fDDA versions and certificates' facts, and damage of any kind."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.oracle.builder import Plan
from tests.oracle.mutator import ANY, OK, Action, before_signing, element, flip, key_size, put

# ---------------------------------------------------------------- dynamic data


def number_length(length_byte: int, rsa_rule: str, sm_rule: str) -> Action:
    """The length byte of the ICC dynamic number becomes impossible."""

    def action(plan: Plan) -> str:
        plan.before["dynamic"] = put(0, bytes([length_byte]))
        if plan.method == "fdda" and not plan.options.get("fda.idn_strict"):
            return "FD-010" if plan.options.get("fd.check_atc") else OK
        return rsa_rule if plan.family == "rsa" else sm_rule

    return action


def no_dynamic(plan: Plan) -> str:
    plan.before["dynamic"] = bytearray.clear
    if plan.method == "fdda" and not plan.options.get("fda.idn_strict"):
        return "FD-010" if plan.options.get("fd.check_atc") else OK
    return "DDA-004" if plan.family == "rsa" else "SM-071"


def cut_dynamic(plan: Plan) -> str:
    """One byte less than number, CID, AC and hash need."""

    def edit(content: bytearray) -> None:
        size = 1 + content[0] + 9 + (20 if plan.family == "rsa" else 32)
        del content[size - 1 :]

    plan.before["dynamic"] = edit
    return "CDA-003"


def ldd_too_long(plan: Plan) -> str:
    """LDD reaches into the hash (DDA-005); hash and number are right."""
    plan.before["9F4B"] = put(2, bytes([key_size(plan.icc) - 24]))
    return "DDA-005"


def dynamic_cid(plan: Plan) -> str:
    plan.before["dynamic"] = put(1 + len(plan.dynamic_number), b"\x00")
    return "CDA-004" if plan.family == "rsa" else "SM-074"


def dynamic_hash(plan: Plan) -> str:
    size = 20 if plan.family == "rsa" else 32
    plan.before["dynamic"] = flip(10 + len(plan.dynamic_number), size, plan.rng)
    return "CDA-005" if plan.family == "rsa" else "SM-073"


def answer_without_cid(plan: Plan) -> str:
    plan.answer = [(tag, value) for tag, value in plan.answer if tag != "9F27"]
    return "CDA-004" if plan.family == "rsa" else "SM-074"


def terminal_flip(name: str, rsa_rule: str, sm_rule: str) -> Action:
    def action(plan: Plan) -> str:
        def edit(data: dict[str, Any]) -> None:
            content = bytearray.fromhex(data["terminal"][name])
            flip(0, len(content), plan.rng)(content)
            data["terminal"][name] = content.hex()

        plan.last.append(edit)
        return rsa_rule if plan.family == "rsa" else sm_rule

    return action


def has_sent(name: str) -> Callable[[Plan], bool]:
    return lambda plan: bool(plan.terminal.get(name))


# ---------------------------------------------------------------- fDDA versions


def asks(text: str, rule: str) -> Action:
    def action(plan: Plan) -> str:
        plan.card["9F38"] = bytes.fromhex(text)
        return rule

    return action


def downgrade(plan: Plan) -> str:
    """9F69 removed: version 00 is refused by qualifiers, by the switch, or by the hash."""
    element("9F69", None, "")(plan)
    return ANY


def fd004(plan: Plan) -> str:
    plan.terminal["9F66"] = bytes.fromhex("36000080")
    plan.card["9F08"] = b"\x00\x30"
    return "FD-004"


def fd005(plan: Plan) -> str:
    plan.card["9F08"] = b"\x00\x2f"
    plan.options.pop("fd.v01_needs_0030", None)
    return "FD-005"


def fd006(plan: Plan) -> str:
    plan.options.pop("fd.allow_v00", None)
    return "FD-006"


def fd010(plan: Plan) -> str:
    plan.options["fd.check_atc"] = True
    plan.card["9F36"] = bytes([plan.dynamic_number[0] ^ 1]) + plan.dynamic_number[1:]
    return "FD-010"


def fd011(plan: Plan) -> str:
    plan.options.pop("fd.check_ctq", None)
    qualifiers = plan.card["9F69"][5:7]
    plan.card["9F6C"] = bytes([qualifiers[0] ^ 0x80, qualifiers[1]])
    return "FD-011"


def fd011_capp(plan: Plan) -> str:
    plan.options.pop("fd.check_ctq", None)
    plan.card["9F6C"] = plan.card["9F69"][5:7]
    plan.terminal["DF60"] = b"\x02"
    plan.card["DF61"] = bytes([plan.card["9F69"][7] ^ 0x40])
    return "FD-011"


def fd012(plan: Plan) -> str:
    plan.card.pop("9F6C", None)
    plan.card["9F69"] = plan.card["9F69"][:5] + b"\x80\x00" + plan.card["9F69"][7:]
    plan.options.pop("fd.check_ctq", None)
    return "FD-012"


def card_data(change: Callable[[bytes], bytes]) -> Action:
    """9F69 of another form, covered by the signature."""

    def action(plan: Plan) -> str:
        plan.card["9F69"] = change(plan.card["9F69"])
        return "FD-002"

    return action


# ---------------------------------------------------------------- damage of any kind


def leaves(data: dict[str, Any]) -> list[tuple[str, str]]:
    """(part, name) of every hex string that one of the sides may look at."""
    found = [
        ("ca_key", name) for name in ("modulus", "exponent", "point") if name in data["ca_key"]
    ]
    found += [("card", name) for name in data["card"]]
    found += [("terminal", name) for name in data["terminal"] if len(data["terminal"][name]) > 0]
    return found + ([("", "static_data")] if data["static_data"] else [])


# Terminal values of one fixed length: another length is no data set at all.
FIXED = {"9F37", "9F02", "5F2A", "9F66", "DF60"}


def damage(change: Callable[[bytearray, random.Random], None], keep_length: bool) -> Action:
    def action(plan: Plan) -> str:
        def edit(data: dict[str, Any]) -> None:
            some = [leaf for leaf in leaves(data) if keep_length or leaf[1] not in FIXED]
            part, name = plan.rng.choice(some)
            member = data[part] if part else data
            content = bytearray.fromhex(member[name])
            change(content, plan.rng)
            member[name] = content.hex().upper()

        plan.last.append(edit)
        return ANY

    return action


def flip_any(content: bytearray, rng: random.Random) -> None:
    if content:
        flip(0, len(content), rng)(content)


def zero_any(content: bytearray, rng: random.Random) -> None:
    content[:] = bytes(len(content))


def cut_any(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) if content else 0 :]


def extend_any(content: bytearray, rng: random.Random) -> None:
    content += rng.randbytes(rng.choice((1, 1, 2, 20)))


def drop_any(plan: Plan) -> str:
    def edit(data: dict[str, Any]) -> None:
        del data["card"][plan.rng.choice(list(data["card"]))]

    plan.last.append(edit)
    return ANY


def other_date(plan: Plan) -> str:
    def edit(data: dict[str, Any]) -> None:
        data["date"] = f"{plan.rng.randrange(100):02}{plan.rng.randrange(1, 13):02}28"

    plan.last.append(edit)
    return ANY


# ---------------------------------------------------------------- plans


def tagged(plan: Plan) -> bool:
    return plan.sda_tags


def no_aip(plan: Plan) -> str:
    return element("82", None, "ODA-022")(plan)


def too_long(plan: Plan) -> str:
    plan.records = [*plan.records, plan.rng.randbytes(4100)]
    return "ODA-082"


def identifier_edit(
    rsa_at: int, sm_at: int, value: bytes | str | None, rsa_rule: str, sm_rule: str
) -> Action:
    def action(plan: Plan) -> str:
        if value is None:
            field = bytes.fromhex(str((int(plan.pan[:3]) + 1) % 1000).rjust(3, "0") + "FFFFF")
        elif value == "pan2":
            field = bytes.fromhex(plan.pan[:2] + "FFFFFF")
        elif value == "panF":
            field = bytes.fromhex(plan.pan[:3] + "F" + plan.pan[4:6] + "FF")
        else:
            assert isinstance(value, bytes)
            field = value
        at, rule = (rsa_at, rsa_rule) if plan.family == "rsa" else (sm_at, sm_rule)
        return before_signing("90", at, field, rule)(plan)

    return action


def pan_odd(plan: Plan) -> bool:
    return len(plan.pan) < 19


def icc_pan(plan: Plan) -> str:
    last = str((int(plan.pan[-1]) + 1) % 10)
    field = bytes.fromhex((plan.pan[:-1] + last).ljust(20, "F"))
    return before_signing("9F46", 1, field, "ODA-065" if plan.family == "rsa" else "SM-052")(plan)


def icc_pan_longer(plan: Plan) -> str:
    field = bytes.fromhex((plan.pan + "0").ljust(20, "F"))
    return before_signing("9F46", 1, field, "ODA-065" if plan.family == "rsa" else "SM-052")(plan)


def has_padding(plan: Plan) -> bool:
    """The signed block has padding after the dynamic data."""
    needed = 31 + len(plan.dynamic_number) + len(plan.extra) if plan.method == "cda" else 10
    return needed < key_size(plan.icc) - 25
