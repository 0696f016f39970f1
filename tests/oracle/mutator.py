"""What mutations are made of: where one fits, how it changes a plan, which rule it breaks.

Two kinds: edits of the JSON object as a line or a file could damage it (`last`), and edits of the
content before it is signed, as a wrong or hostile personalisation makes it (`before`, `after`), so
that exactly one check fails and every hash and signature still holds.

A rule is an id, OK (still verified) or ANY (any verdict; both sides have to agree). faults.py has
what concerns dynamic data and versions, mutations.py the named list.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

from tests.oracle import sm2, tlv
from tests.oracle.builder import Edit, Plan
from tests.oracle.keys import RsaKey, Sm2Key, rsa_key, rsa_keys, sm2_keys

OK = "OK"
ANY = "ANY"
Action = Callable[[Plan], str]


@dataclasses.dataclass(frozen=True)
class Mutation:
    """apply changes the plan and says which rule fails; fits tells where it makes sense."""

    name: str
    fits: Callable[[Plan], bool]
    apply: Action


@dataclasses.dataclass(frozen=True)
class Case:
    """One data set with its origin; expected is a rule id, OK or ANY."""

    data: dict[str, Any]
    mutation: str
    expected: str


# ---------------------------------------------------------------- where a mutation fits


def every(plan: Plan) -> bool:
    return True


def rsa(plan: Plan) -> bool:
    return plan.family == "rsa"


def sm(plan: Plan) -> bool:
    return plan.family == "sm2"


def method(*names: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.method in names


def both(*tests: Callable[[Plan], bool]) -> Callable[[Plan], bool]:
    return lambda plan: all(test(plan) for test in tests)


ICC = method("chain", "dda", "fdda", "cda")
SIGNED = method("dda", "fdda", "cda")
STRICT = method("dda", "cda")
SDA = method("sda")
FDDA = method("fdda")
CDA = method("cda")
DDA = method("dda")


def v01(plan: Plan) -> bool:
    return plan.method == "fdda" and plan.version == 1


def v00(plan: Plan) -> bool:
    return plan.method == "fdda" and plan.version == 0


# ---------------------------------------------------------------- edits


def put(at: int, value: bytes) -> Edit:
    """Overwrites bytes at an offset (negative: from the end)."""

    def edit(content: bytearray) -> None:
        start = at % len(content)
        content[start : start + len(value)] = value

    return edit


def flip(start: int, length: int, rng: random.Random) -> Edit:
    """Turns one bit inside a window (start may be negative)."""

    def edit(content: bytearray) -> None:
        content[start % len(content) + rng.randrange(length)] ^= 1 << rng.randrange(8)

    return edit


def before_signing(tag: str, at: int, value: bytes, rule: str) -> Action:
    def action(plan: Plan) -> str:
        plan.before[tag] = put(at, value)
        return rule

    return action


def after_signing(tag: str, at: int, value: bytes, rule: str) -> Action:
    def action(plan: Plan) -> str:
        plan.after[tag] = put(at, value)
        return rule

    return action


def flip_after(tag: str, at: int, length: int, rule: str) -> Action:
    def action(plan: Plan) -> str:
        plan.after[tag] = flip(at, length, plan.rng)
        return rule

    return action


def element(tag: str, value: str | None, rule: str) -> Action:
    """Sets a card element (hex) or removes it."""

    def edit(data: dict[str, Any]) -> None:
        data["card"].pop(tag, None)
        if value is not None:
            data["card"][tag] = value

    def action(plan: Plan) -> str:
        plan.last.append(edit)
        return rule

    return action


def unsigned_answer(rule: str) -> Action:
    """Removes 9F4B from the card elements and from the GENERATE AC answer."""

    def edit(data: dict[str, Any]) -> None:
        data["card"].pop("9F4B", None)
        answer = tlv.objects(bytes.fromhex(data["terminal"]["response_tlvs"]))
        kept = b"".join(raw for tag, _, raw in answer if tag != "9F4B")
        data["terminal"]["response_tlvs"] = kept.hex().upper()

    def action(plan: Plan) -> str:
        plan.last.append(edit)
        return rule

    return action


def set_member(part: str, name: str, value: object, rule: str) -> Action:
    """Sets a member of ca_key, terminal or options; None removes it."""

    def edit(data: dict[str, Any]) -> None:
        member = data.setdefault(part, {})
        member.pop(name, None)
        if value is not None:
            member[name] = value

    def action(plan: Plan) -> str:
        plan.last.append(edit)
        return rule

    return action


def by_family(rsa_rule: str, sm_rule: str, action: Action) -> Action:
    """The same fault, named by the rule of the family."""

    def chosen(plan: Plan) -> str:
        action(plan)
        return rsa_rule if plan.family == "rsa" else sm_rule

    return chosen


def no_pan(plan: Plan) -> str:
    element("5A", None, "")(plan)
    return element("57", None, "ODA-065")(plan)


def has_past(plan: Plan) -> bool:
    """The month before January 1950 cannot be coded."""
    return plan.date[:4] != "5001"


def month_before(date: str) -> bytes:
    """MMYY of the month before this YYMMDD."""
    year, month = int(date[:2]), int(date[2:4])
    months = 12 * (year + (100 if year < 50 else 0)) + month - 2
    return bytes.fromhex(f"{months % 12 + 1:02}{months // 12 % 100:02}")


def expired(tag: str, rsa_at: int, sm_at: int, rsa_rule: str, sm_rule: str) -> Action:
    """A certificate one month past."""

    def action(plan: Plan) -> str:
        at, rule = (rsa_at, rsa_rule) if plan.family == "rsa" else (sm_at, sm_rule)
        return before_signing(tag, at, month_before(plan.date), rule)(plan)

    return action


def revoke(plan: Plan) -> str:
    plan.revoked.append(plan.rid + plan.index + plan.issuer_serial.hex().upper())
    plan.leading_zero = False
    return "CK-021" if plan.family == "rsa" else "SM-044"


def key_expired(plan: Plan) -> str:
    year = int(plan.date[:2]) + (2000 if int(plan.date[:2]) < 50 else 1900)
    plan.expiry = f"{year - 1}1231"
    return "CK-005"


def key_expiry_ignored(plan: Plan) -> str:
    key_expired(plan)
    plan.options["ck.ignore_expiry"] = True
    return OK


def other_index(plan: Plan) -> str:
    return element("8F", f"{int(plan.index, 16) ^ 0x80:02X}", "CK-008")(plan)


def algorithm_swapped(plan: Plan) -> str:
    """The key of this index belongs to the other family (SM-002, SM-003)."""
    entry = {"index": plan.index}
    if plan.family == "rsa":
        entry.update(algorithm="sm2", point=plan.rng.choice(sm2_keys()).point.hex().upper())
    else:
        key = rsa_key("rsa-1136-3") if plan.rng.random() < 0.5 else plan.rng.choice(rsa_keys())
        entry.update(algorithm="rsa", modulus=key.modulus.hex(), exponent=key.exponent.hex())

    def edit(data: dict[str, Any]) -> None:
        data["ca_key"] = entry
        if plan.family == "sm2":
            data["card"].update({"9F32": "03", "9F47": "03"})

    plan.last.append(edit)
    return ANY


def above_modulus(tag: str, role: str) -> Action:
    """The same signature with the modulus added: recovers to the same block (ODA-080)."""

    def action(plan: Plan) -> str:
        key: RsaKey = getattr(plan, role)

        def edit(data: dict[str, Any]) -> None:
            value = int(data["card"][tag], 16) + key.n
            if value < 256**key.size:
                data["card"][tag] = value.to_bytes(key.size, "big").hex().upper()
            else:
                data["card"][tag] = "FF" * key.size

        plan.last.append(edit)
        return "ODA-080"

    return action


def unneeded(tag: str, rule: str, signed: bool) -> Action:
    """A remainder beside a whole modulus (ODA-032): not hashed, or hashed by the issuer too."""

    def action(plan: Plan) -> str:
        if signed:
            plan.card[tag] = plan.rng.randbytes(plan.rng.randrange(1, 30))
            return "ODA-032"
        return element(tag, "0102030405", rule)(plan)

    return action


def needs_92(plan: Plan) -> bool:
    return isinstance(plan.ca, RsaKey) and key_size(plan.issuer) > plan.ca.size - 36


def needs_9f48(plan: Plan) -> bool:
    if plan.family != "rsa" or plan.method == "sda":
        return False
    size = len(plan.icc_modulus) if plan.icc_modulus else key_size(plan.icc)
    return size > key_size(plan.issuer) - 42


def whole_issuer(plan: Plan) -> bool:
    return plan.family == "rsa" and not needs_92(plan)


def whole_icc(plan: Plan) -> bool:
    return rsa(plan) and ICC(plan) and not needs_9f48(plan)


def key_size(key: RsaKey | Sm2Key) -> int:
    return key.size if isinstance(key, RsaKey) else 64


def longer(tag: str, rule: str) -> Action:
    def action(plan: Plan) -> str:
        def edit(data: dict[str, Any]) -> None:
            data["card"][tag] += "00"

        plan.last.append(edit)
        return rule

    return action


def shorter(tag: str, rule: str) -> Action:
    def action(plan: Plan) -> str:
        def edit(data: dict[str, Any]) -> None:
            data["card"][tag] = data["card"][tag][:-2]

        plan.last.append(edit)
        return rule

    return action


def other_exponent(tag: str, value: str, rule: str) -> Action:
    """Another public exponent, covered by the hash as it is."""

    def action(plan: Plan) -> str:
        plan.card[tag] = bytes.fromhex(value)
        return rule

    return action


def scalar(tag: str, half: int, value: int, rule: str) -> Action:
    """r (half 0) or s (half 1) of an SM2 signature becomes this value."""
    return after_signing(tag, -64 + 32 * half, value.to_bytes(32, "big"), rule)


def t_zero(tag: str, rule: str) -> Action:
    def action(plan: Plan) -> str:
        def edit(content: bytearray) -> None:
            r = int.from_bytes(content[-64:-32], "big")
            content[-32:] = (sm2.N - r).to_bytes(32, "big")

        plan.after[tag] = edit
        return rule

    return action


def off_curve(tag: str, at: int, rule: str) -> Action:
    def action(plan: Plan) -> str:
        plan.before[tag] = flip(at, 64, plan.rng)
        return rule

    return action


def signed_again(tag: str, other: bool, rule: str) -> Action:
    """The right message, signed by another key, or by the right key under an empty identity."""

    def action(plan: Plan) -> str:
        right = plan.ca if tag == "90" else plan.issuer
        assert isinstance(right, Sm2Key)
        key = next(key for key in sm2_keys() if key != right) if other else right
        covered = b"" if tag == "90" else plan.static

        def edit(content: bytearray) -> None:
            signature = None
            while signature is None:
                nonce = plan.rng.randrange(1, sm2.N)
                identity = sm2.IDENTITY if other else b""
                signature = sm2.sign(key.d, bytes(content[:-64]) + covered, nonce, identity)
            content[-64:] = signature

        plan.after[tag] = edit
        return rule

    return action
