"""What came of a data set: the verdict of the kernel, and its trace as steps for people.

A step is one rule that the kernel asked, with the words of data/rules.toml and what was recovered
by then. `ok` of every step is true exactly when the verdict is "verified".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tapkern import _kernel
from tapkern._numbers import KeyAlgorithm, OdaCode, OdaMethod, Space, TraceKind
from tapkern.data.rules import rule as rule_text
from tapkern.errors import TlvError
from tapkern.oda.form import DataSet, parse
from tapkern.oda.recovered import Facts, Mark, Part, fields

# FDA-006 is asked of the card's own PDOL only. Without one the kernel gets a PDOL that passes, and
# the rule is left out of the steps.
_SYNTHETIC_PDOL = bytes.fromhex("9F66049F37049F02065F2A02")
_PDOL_RULE = "FDA-006"
_VERSION_RULE = "FD-006"  # the last of those that fix the version of fDDA
# A decision inside another rule: it fails together with that one.
_INNER = frozenset({"ODA-049", "SM-044"})
# The last rule of a part: what follows belongs to the next one.
_ENDS: Mapping[str, Part] = {
    "ODA-082": Part.CA_KEY,
    "CK-003": Part.ISSUER, "SM-022": Part.ISSUER,
    "ODA-050": Part.CARD, "SM-047": Part.CARD,
    "ODA-067": Part.SIGNATURE, "SM-056": Part.SIGNATURE,
    "DDA-005": Part.AGREEMENT, "SM-072": Part.AGREEMENT,
}  # fmt: skip


class OdaState(StrEnum):
    """The three results of a method (ODA-085)."""

    NOT_PERFORMED = "not_performed"
    FAILED = "failed"
    SUCCESSFUL = "successful"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule: its id, what it asks, whether it held, what was recovered for it."""

    rule: str
    what: str
    ok: bool
    fields: Mapping[str, str] = field(repr=False)
    part: Part

    def to_json(self) -> dict[str, object]:
        """As `tapkern oda --json` prints it."""
        return {
            "rule": self.rule, "what": self.what, "ok": self.ok, "fields": dict(self.fields),
            "part": self.part.value,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a data set is authentic. failed_rule: the rule that ended it, None when verified.

    algorithm: that of the CA key, None when no key was found. version: of fDDA, once it is fixed.
    dynamic_number (9F4C), dac (9F45), cid and cryptogram (CDA): None unless verified.
    """

    verified: bool
    failed_rule: str | None
    method: str
    algorithm: str | None
    state: OdaState
    version: int | None
    dynamic_number: bytes | None
    dac: bytes | None
    cid: int | None
    cryptogram: bytes | None
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, object]:
        """As `tapkern oda --json` prints it."""
        return {
            "verified": self.verified,
            "failed_rule": self.failed_rule,
            "method": self.method,
            "algorithm": self.algorithm,
            "state": self.state.value,
            "steps": [step.to_json() for step in self.steps],
        }


def verify(data: Mapping[str, object], *, unmask: bool = False) -> Verdict:
    """Verifies the data set of a JSON object. Card numbers in the steps are masked by default.

    Errors: UsageError when it is not such an object, with the path of the value. Everything that a
    card can say, malformed data included, is a verdict.
    """
    return judge(parse(data), unmask=unmask)


def judge(data: DataSet, *, unmask: bool = False) -> Verdict:
    """Verifies a data set."""
    signature = _signature(data)
    (
        status, rule, version, number, dac, cid, cryptogram, algorithm, issuer, icc, signed,
        trace, _,
    ) = _call(data, signature)  # fmt: skip
    failed = _kernel.name(Space.RULE, rule) or None
    facts = Facts(data, signature, algorithm, issuer, icc, signed, version, unmask)
    steps = tuple(_steps(trace, failed, facts))
    named = any(step.rule == _VERSION_RULE and step.ok for step in steps)
    return Verdict(
        verified=status == OdaCode.SUCCESSFUL,
        failed_rule=failed,
        method=data.method.name.lower(),
        algorithm=KeyAlgorithm(algorithm).name.lower() if algorithm else None,
        state=OdaState(OdaCode(status).name.lower()),
        version=version if named else None,
        dynamic_number=number or None,
        dac=dac,
        cid=cid,
        cryptogram=cryptogram,
        steps=steps,
    )


def _signature(data: DataSet) -> bytes:
    """9F4B of the card, for CDA also where the answer has it."""
    found = data.card.get(0x9F4B, b"")
    if not found and data.method is OdaMethod.CDA:
        try:
            found = _kernel.Message(data.lists["response_tlvs"]).get(0x9F4B) or b""
        except TlvError:
            return b""  # malformed: the kernel says so
    return found


def _call(data: DataSet, signature: bytes) -> _kernel.OdaTuple:
    card, terminal, lists, options = data.card, data.terminal, data.lists, data.options
    df61 = terminal.get(0xDF61, card.get(0xDF61, b""))
    return _kernel.oda(
        method=data.method,
        rid=data.rid,
        date=data.date,
        key=data.key,
        revoked=data.revoked,
        allow_v00=options["fd.allow_v00"],
        v01_needs_0030=options["fd.v01_needs_0030"],
        check_ctq=options["fd.check_ctq"],
        check_atc=options["fd.check_atc"],
        idn_strict=options["fda.idn_strict"],
        ignore_expiry=options["ck.ignore_expiry"],
        ca_index=card.get(0x8F, b""),
        issuer_cert=card.get(0x90, b""),
        issuer_rest=card.get(0x92, b""),
        issuer_exp=card.get(0x9F32, b""),
        icc_cert=card.get(0x9F46, b""),
        icc_exp=card.get(0x9F47, b""),
        icc_rest=card.get(0x9F48, b""),
        sda_tags=card.get(0x9F4A, b""),
        signature=signature,
        card_data=card.get(0x9F69, b""),
        card_version=card.get(0x9F08, b""),
        ctq=card.get(0x9F6C, b""),
        aip=card.get(0x82, b""),
        atc=card.get(0x9F36, b""),
        pan=data.pan,
        pdol=card.get(0x9F38, _SYNTHETIC_PDOL),
        ssad=card.get(0x93, b""),
        ddol_data=lists["ddol_data"],
        pdol_data=lists["pdol_data"],
        cdol1_data=lists["cdol1_data"],
        cdol2_data=lists["cdol2_data"],
        response=lists["response_tlvs"],
        static_data=data.static_data,
        un=terminal.get(0x9F37, bytes(4)),
        amount=terminal.get(0x9F02, bytes(6)),
        currency=terminal.get(0x5F2A, bytes(2)),
        ttq=terminal.get(0x9F66, bytes(4)),
        capp=terminal.get(0xDF60, b"\x00") != b"\x00",
        df61=df61[0] if len(df61) == 1 else 0,
    )


# --- the trace -----------------------------------------------------------------------------------


def _marks(trace: Sequence[_kernel.TraceTuple], first: Part, sda: bool) -> Iterator[Mark]:
    """The decisions in order, each with its part of the chain."""
    part, rule = first, ""
    left: int | None = None
    for number, kind, truth, value in trace:
        name = _kernel.name(Space.RULE, number)
        if kind == TraceKind.LIMIT:
            left = value  # its other side follows
            continue
        if name != rule and rule in _ENDS:
            part = _ENDS[rule]
            if part is Part.CARD and sda:
                part = Part.SIGNATURE  # signed by the issuer
        rule = name
        yield Mark(name, bool(truth), part, left, value if kind == TraceKind.BOUND else None)
        left = None


def _joined(marks: Iterator[Mark]) -> Iterator[Mark]:
    """One mark for a rule that is asked several times in a row: it holds when all do."""
    held: Mark | None = None
    for mark in marks:
        if held is not None and (held.rule, held.part) == (mark.rule, mark.part):
            held = mark  # the kernel stops at the first that does not hold
            continue
        if held is not None:
            yield held
        held = mark
    if held is not None:
        yield held


def _steps(trace: Sequence[_kernel.TraceTuple], failed: str | None, facts: Facts) -> Iterator[Step]:
    data = facts.data
    first = Part.CONDITIONS
    for mark in _joined(_marks(trace, first, data.method is OdaMethod.SDA)):
        if mark.rule == _PDOL_RULE and 0x9F38 not in data.card:
            continue
        found = fields(mark, facts)
        # A decision that nothing ended on is an answer, not a failure: no 9F08, version 00.
        ok = mark.truth or (mark.rule != failed and mark.rule not in _INNER)
        if ok and not mark.truth:
            found = {"answer": "no", **found}
        yield Step(mark.rule, rule_text(mark.rule).en, ok, MappingProxyType(found), mark.part)
