"""Judging a case: every expectation against what was seen. Nothing here knows a kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tapkern.card import tlv
from tapkern.lab.results import CheckResult, Verdict
from tapkern.lab.stand import Observed, TapObserved, pattern
from tapkern.lab.suite import Case, Check

FIELDS = (
    "outcome", "reason", "rule", "cvm", "oda", "oda_rule", "may_defer", "card_may_have_paid",
    "balance", "approval_code", "start", "alternate", "receipt",
)  # fmt: skip
"""Words of an outcome that a check may be about."""
LISTS = ("field55", "data_record")
UI = "ui"
TELLS = frozenset((*FIELDS, *LISTS, UI))
"""All that a kernel may tell; commands, store and list are seen without being told."""
_BIT = re.compile(r"B(\d+)b([1-8])")

Finding = tuple[bool | None, str, str]
"""Passed, expected, found."""


def judge(case: Case, observed: Observed, tells: frozenset[str]) -> tuple[CheckResult, ...]:
    """The result of every check of a case. tells: what the kernel under test tells."""
    return tuple(_one(check, observed, tells) for check in case.checks)


def verdict(observed: Observed, checks: Sequence[CheckResult]) -> tuple[Verdict, str]:
    """The verdict of a case with its reason."""
    if observed.trouble:
        return Verdict.INCONCLUSIVE, observed.trouble
    if observed.broken:
        return Verdict.FAIL, observed.broken
    failed = [check for check in checks if check.passed is False]
    if failed:
        first = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        text = f"check {first.id}, {first.what}: expected {first.expected}, found {first.found}"
        return Verdict.FAIL, text + more
    return Verdict.PASS, ""


def _one(check: Check, observed: Observed, tells: frozenset[str]) -> CheckResult:
    body = check.body
    kind = next(name for name in _KINDS if name in body)
    what, told = _about(kind, body)
    finding: Finding
    if told not in (None, *tells) or (kind == "card" and observed.card is None):
        finding = None, _text(body), "not told"
    elif kind == "card":
        finding = _card(body["card"], observed.card or {})
    elif check.tap > len(observed.taps):
        finding = False, _text(body), "the tap did not take place"
    else:
        finding = _of_tap(_KINDS[kind], check, observed.taps[check.tap - 1], kind)
    return CheckResult(check.id, check.tap, check.when, what, *finding)


def _about(kind: str, body: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a check is about, in words, and what has to be told for it."""
    if kind == "field":
        return body["field"], body["field"]
    if kind == "in":
        return f"{body['in']} {body['tag']}" if "tag" in body else body["in"], body["in"]
    if kind == "apdu":
        return f"apdu {body['apdu']}", None
    return kind, UI if kind == UI else None


def _of_tap(
    how: Callable[[Mapping[str, Any], TapObserved, Mapping[str, object], bool], Finding],
    check: Check,
    tap: TapObserved,
    kind: str,
) -> Finding:
    after = check.when == "after_host"
    outcome = tap.after_host if after else tap.outcome
    if outcome is None:
        return False, _text(check.body), "the host was not asked"
    if not outcome and kind in ("field", "in"):
        return False, _text(check.body), "there was no outcome"
    return how(check.body, tap, outcome, after)


def _text(value: object) -> str:
    """A value as people read it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _field(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    found = outcome.get(body["field"])
    if "is" in body:
        return _same(found, body["is"]), _text(body["is"]), _text(found)
    if "one_of" in body:
        wanted = body["one_of"]
        words = " or ".join(map(_text, wanted))
        return any(_same(found, one) for one in wanted), words, _text(found)
    return not _same(found, body["is_not"]), f"not {_text(body['is_not'])}", _text(found)


def _same(found: object, wanted: object) -> bool:
    """Equal, and of one type: true is not 1."""
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _apdus(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    wanted = body["apdus"]
    found = [one.command for one in tap.exchanges]
    expected = f"{len(wanted)} commands: {' '.join(wanted)}"
    for number, (command, one) in enumerate(zip(found, wanted, strict=False), 1):
        if not pattern(one).fullmatch(command):
            return False, f"command {number}: {one}", f"command {number}: {command}"
    if len(found) != len(wanted):
        shared = min(len(found), len(wanted))
        extra = found[shared] if len(found) > shared else "none"
        missing = wanted[shared] if len(wanted) > shared else "none"
        at = f"command {shared + 1}"
        return False, f"{at}: {missing}", f"{at}: {extra} ({len(found)} commands)"
    return True, expected, f"{len(found)} commands: {' '.join(found)}"


def _apdu(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    number = body["apdu"]
    if number > len(tap.exchanges):
        return False, body["matches"], f"only {len(tap.exchanges)} commands"
    command = tap.exchanges[number - 1].command
    return bool(pattern(body["matches"]).fullmatch(command)), body["matches"], command


def _no_apdu(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    wanted = pattern(body["no_apdu"])
    for number, one in enumerate(tap.exchanges, 1):
        if wanted.fullmatch(one.command):
            return False, f"no command {body['no_apdu']}", f"command {number}: {one.command}"
    return True, f"no command {body['no_apdu']}", "none"


def _in(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    value = outcome.get(body["in"])
    try:
        objects = tlv.decode(bytes.fromhex(value if isinstance(value, str) else ""))
    except ValueError:
        return False, _text(body), f"not TLV: {value}"
    if "objects" in body:
        return _objects(body["objects"], objects)
    tag = int(body["tag"], 16)
    found = next((content.hex().upper() for number, content in objects if number == tag), None)
    if "absent" in body:
        return found is None, "absent", found if found is not None else "absent"
    if found is None:
        return False, _text(body.get("is", body.get("bits", "present"))), "absent"
    if "present" in body:
        return True, "present", found
    if "is" in body:
        return found == body["is"].upper(), body["is"].upper(), found
    return _bits(body["bits"], bytes.fromhex(found))


def _objects(wanted: Sequence[Sequence[str]], found: Sequence[tuple[int, bytes]]) -> Finding:
    """Two lists of objects, in the order of their tags, which no rule fixes."""
    ours = sorted((tag, value.hex().upper()) for tag, value in found)
    theirs = sorted((int(tag, 16), value.upper()) for tag, value in wanted)
    for one, two in zip(theirs, ours, strict=False):
        if one != two:
            return False, f"{one[0]:X}: {one[1]}", f"{two[0]:X}: {two[1]}"
    if len(ours) != len(theirs):
        missing = [f"{tag:X}: {value}" for tag, value in theirs[len(ours) :][:1]]
        extra = [f"{tag:X}: {value}" for tag, value in ours[len(theirs) :][:1]]
        return False, *(one[0] if one else "no more objects" for one in (missing, extra))  # type: ignore[return-value]
    text = " ".join(f"{tag:X}" for tag, _ in theirs)
    return True, f"{len(theirs)} objects: {text}", f"{len(ours)} objects, all the same"


def _bits(wanted: Mapping[str, int], value: bytes) -> Finding:
    """Bits by name: B1b8 is the highest one of the first byte."""
    found: dict[str, int | None] = {}
    for name in wanted:
        match = _BIT.fullmatch(name)
        assert match is not None  # the schema has seen to it
        byte, bit = int(match[1]) - 1, int(match[2]) - 1
        found[name] = value[byte] >> bit & 1 if byte < len(value) else None
    said = f"{_text({name: found[name] for name in wanted})} in {value.hex().upper()}"
    return found == dict(wanted), _text(dict(wanted)), said


def _ui(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    return _list(body["ui"], tap.shown_after if after else tap.shown)


def _stored(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    return _list(body["stored"], tap.stored)


def _looked_up(
    body: Mapping[str, Any], tap: TapObserved, outcome: Mapping[str, object], after: bool
) -> Finding:
    return _list([list(one) for one in body["looked_up"]], [list(one) for one in tap.looked_up])


def _list(wanted: Sequence[object], found: Sequence[object]) -> Finding:
    return list(wanted) == list(found), _text(list(wanted)), _text(list(found))


def _card(wanted: Mapping[str, Any], found: Mapping[str, Mapping[str, object]]) -> Finding:
    """Counters of the simulated card; bytes are hexadecimal."""
    wrong = []
    for aid, counters in wanted.items():
        have = found.get(aid.upper())
        if have is None:
            return False, f"application {aid}", "applications " + ", ".join(found)
        for name, value in counters.items():
            known = have.get(name)
            if known != (value.upper() if isinstance(value, str) else value):
                wrong.append((f"{name} {value}", f"{name} {known}"))
    if wrong:
        return False, ", ".join(one for one, _ in wrong), ", ".join(two for _, two in wrong)
    return True, _text(dict(wanted)), "the same"


_KINDS: Mapping[
    str, Callable[[Mapping[str, Any], TapObserved, Mapping[str, object], bool], Finding]
] = {
    "field": _field,
    "apdus": _apdus,
    "apdu": _apdu,
    "no_apdu": _no_apdu,
    "in": _in,
    "ui": _ui,
    "stored": _stored,
    "looked_up": _looked_up,
    "card": lambda body, tap, outcome, after: _card(body["card"], {}),
}
"""The forms of a check by the key that only they have."""
