"""Single operations of our kernel, as far as its binding has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tapkern import _kernel, oda
from tapkern.errors import TlvError, UsageError
from tapkern.lab.results import CheckResult, Verdict
from tapkern.lab.suite import Primitive

Answer = Mapping[str, Any] | None
"""The output of a valid input; None, or what is told as Refused, for an invalid one."""


class Refused(dict[str, Any]):
    """The output of an invalid input."""


def _tlv(given: Mapping[str, Any]) -> Answer:
    try:
        nodes = _kernel.Message(bytes.fromhex(given["data"])).nodes_list()
    except TlvError:
        return None
    return {"objects": [[depth, _tag(tag), value.hex().upper()] for depth, tag, _, value in nodes]}


def _tag(tag: int) -> str:
    """A tag with all digits of its bytes: 01 is not 1."""
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big").hex().upper()


def _sm2_verify(given: Mapping[str, Any]) -> Answer:
    parts = (bytes.fromhex(given[name]) for name in ("point", "message", "signature"))
    try:
        return {} if _kernel.sm2_verify(*parts) else None
    except UsageError:  # a point or a signature of another length
        return None


def _rsa_recover(given: Mapping[str, Any]) -> Answer:
    parts = (bytes.fromhex(given[name]) for name in ("modulus", "exponent", "signature"))
    recovered = _kernel.rsa_recover(*parts)
    return None if recovered is None else {"recovered": recovered.hex()}


def _sm3(given: Mapping[str, Any]) -> Answer:
    digest = _kernel.sm3(bytes.fromhex(given["message"]))
    return None if digest is None else {"digest": digest.hex()}


def _authenticate(given: Mapping[str, Any]) -> Answer:
    verdict = oda.verify(given)
    if not verdict.verified:
        return Refused({"rules": verdict.failed_rule})
    return {} if verdict.dynamic_number is None else {"number": verdict.dynamic_number.hex()}


OPERATIONS: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
    "tlv": _tlv,
    "rsa_recover": _rsa_recover,
    "sm2_verify": _sm2_verify,
    "sm3": _sm3,
    "authenticate": _authenticate,
}
"""What the binding exposes. A list (dol) is filled inside of taps only."""


def run(case: Primitive) -> tuple[Verdict, str, tuple[CheckResult, ...]]:
    """Verdict, reason and checks of a case on our kernel."""
    operation = OPERATIONS.get(case.operation)
    if operation is None or "identity" in case.input:
        what = case.operation if operation is None else f"{case.operation} with an identity"
        return Verdict.NOT_APPLICABLE, f"the Python binding has no operation {what}", ()
    found = operation(case.input)
    result = "invalid" if found is None or isinstance(found, Refused) else "valid"
    checks = [_check("result", case.result, result)]
    if found is not None and case.result == result:
        checks += [_check(name, case.output[name], found.get(name)) for name in case.output]
    wrong = next((one for one in checks if not one.passed), None)
    if wrong is None:
        return Verdict.PASS, "", tuple(checks)
    reason = f"{wrong.what}: expected {wrong.expected}, found {wrong.found}"
    return Verdict.FAIL, reason, tuple(checks)


def _check(what: str, wanted: Any, found: object) -> CheckResult:
    """What is wanted, or for `rules` one of those that are."""
    same = found in wanted if what == "rules" else _upper(wanted) == _upper(found)
    return CheckResult(what, 1, "outcome", what, same, str(wanted), str(found))


def _upper(value: object) -> object:
    """Hexadecimal in one case."""
    if isinstance(value, str):
        return value.upper()
    return [_upper(one) for one in value] if isinstance(value, list) else value
