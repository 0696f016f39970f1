"""What the decisions about a torn tap said, in words: one sentence for each TT- mark of a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tapkern import _kernel
from tapkern._numbers import StepKind, TraceKind
from tapkern.data import story as words
from tapkern.data.codes import Text, plain
from tapkern.data.money import format_amount, from_bcd
from tapkern.errors import TlvError
from tapkern.trace.kept import Kept
from tapkern.trace.transcript import RecordedRule, RecordedStep

BALANCES = (0x9F5D, 0x9F79)
_ATC = 0x9F36


@dataclass(frozen=True, slots=True)
class Decision:
    """A marked decision. held: what the rule asks was so; text: what it said of this tap."""

    rule: str
    held: bool
    text: Text


def data_tag(command: bytes) -> int:
    """The tag of a GET DATA, 0 for every other command."""
    is_get_data = len(command) >= 4 and command[1] == 0xCA
    return int.from_bytes(command[2:4], "big") if is_get_data else 0


def object_of(answer: bytes | None, tag: int) -> bytes | None:
    """The value of a tag in an answer with its status word; None when it is not there."""
    if answer is None or answer[-2:] != b"\x90\x00":
        return None
    try:
        return _kernel.Message(answer[:-2]).get(tag)
    except TlvError:
        return None


def balance_of(step: RecordedStep) -> int | None:
    """The balance that a GET DATA told, minor units; None when it told none."""
    value = object_of(step.answer, data_tag(step.command))
    try:
        return from_bcd(value) if value is not None and len(value) == 6 else None
    except ValueError:
        return None


def decisions(step: RecordedStep, record: Kept | None, exponent: int) -> tuple[Decision, ...]:
    """The decisions on the event of a step that need to be told. record: that of the torn tap."""
    return tuple(_decisions(step, record, exponent))


def _decisions(step: RecordedStep, record: Kept | None, exponent: int) -> Iterator[Decision]:
    for at, mark in enumerate(step.rules):
        if not mark.rule.startswith("TT-") or mark.kind in (TraceKind.BOUND, TraceKind.STEP):
            continue
        bound = step.rules[at + 1].value if at + 1 < len(step.rules) else 0
        gaps = _gaps(step, record, exponent) | {
            "window": f"{mark.value / 1000:g}",
            "passed": f"{bound / 1000:.1f}",
        }
        name = "-".join(filter(None, (mark.rule, _place(mark, step))))
        yes, no = (words.find("decision", f"{name}-{end}", **gaps) for end in ("yes", "no"))
        text = yes if mark.truth else no
        if text is not None:
            yield Decision(mark.rule, bool(mark.truth), text)
        elif yes is no:
            yield Decision(mark.rule, bool(mark.truth), plain(""))  # a mark that has no words yet


def _place(mark: RecordedRule, step: RecordedStep) -> str:
    """Where a rule was asked, when it is asked at several places."""
    asked = data_tag(step.command)
    match mark.rule:
        case "TT-012":
            return "count" if asked == _ATC else "card"
        case "TT-016":
            return "window" if mark.kind is TraceKind.LIMIT else "record"
        case "TT-019":
            return "currency" if asked else "record"
        case "TT-020":
            return "amount" if asked == _ATC else "copy"
    return ""


def _gaps(step: RecordedStep, record: Kept | None, exponent: int) -> dict[str, str | Text]:
    unknown = words.say("say", "unknown")

    def money(minor: int | None) -> str | Text:
        return unknown if minor is None else format_amount(minor, exponent)

    after = None if record is None else record.after
    before = None if record is None else record.before
    atc = object_of(step.answer, _ATC) if step.kind is StepKind.TRANSMIT else None
    return {
        "balance": money(balance_of(step)),
        "after": money(after),
        "before": money(before),
        "atc": unknown if not atc else str(int.from_bytes(atc, "big")),
        "kept": unknown if record is None else str(record.atc),
    }
