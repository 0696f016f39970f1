"""Card numbers out of a report: what a lab hands over shows none, wherever it came from.

A report is masked as a whole, because a number that one case gives away may stand in another. Tags
that hold it are masked by tag (tapkern.data.mask); besides, every number found anywhere is masked
wherever its digits stand. 93 is masked too: it signs a hash over the number, and a hash of few
digits can be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tapkern.data import mask, tags, tlv
from tapkern.data.codes import Text
from tapkern.lab.results import (
    LOST,
    TIMEOUT,
    CaseResult,
    CheckResult,
    Exchange,
    Json,
    Report,
)

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_NUMBER = re.compile(r"[1-9][0-9]{12,18}")
_FIRST_LOG_SFI = 11
SIGNED_STATIC_DATA = 0x93


class Masker:
    """Masks texts, commands, answers and values of checks, knowing the numbers of a report."""

    def __init__(self, pans: Iterable[str]) -> None:
        self.pans = tuple(sorted(set(pans), key=lambda pan: (-len(pan), pan)))
        digits = "|".join(self.pans)
        written = "|".join("".join("3" + digit for digit in pan) for pan in self.pans)
        self._digits = re.compile(digits) if digits else None
        self._written = re.compile(written) if written else None

    def __repr__(self) -> str:
        return f"Masker({len(self.pans)} PANs)"

    def text(self, text: str) -> str:
        """Any text: every known number masked, in digits and as ASCII in hexadecimal."""
        if self._digits is None or self._written is None:
            return text
        text = self._digits.sub(lambda match: mask.mask_pan(match[0]), text)
        return self._written.sub(lambda match: mask.STAR * len(match[0]), text)

    def command(self, command: str) -> str:
        """A C-APDU as hexadecimal."""
        return self.text(command.upper())

    def answer(self, command: str, answer: str) -> str:
        """An R-APDU as hexadecimal: the status word stays, a log is hidden as a whole."""
        if answer in (LOST, TIMEOUT) or len(answer) < 4:
            return answer
        body, status = answer[:-4].upper(), answer[-4:].upper()
        if not _HEX.fullmatch(body):
            return self.text(body) + status
        if command[2:4].upper() == "B2" and int(command[6:8] or "0", 16) >> 3 >= _FIRST_LOG_SFI:
            return mask.STAR * len(body) + status
        return self.objects(bytes.fromhex(body)) + status

    def objects(self, data: bytes) -> str:
        """TLV data as hexadecimal, every sensitive value masked, lengths as they were."""
        text = list(mask.mask_tlv(data))
        for item in _leaves(data):
            if item.tag == SIGNED_STATIC_DATA:
                start, end = 2 * item.value_offset, 2 * (item.value_offset + len(item.value))
                text[start:end] = mask.STAR * (end - start)
        return self.text("".join(text))

    def value(self, tag: str, value: str) -> str:
        """The value of a tag as hexadecimal, perhaps a pattern."""
        number = int(tag, 16)
        if not _HEX.fullmatch(value):
            hidden = mask.secrecy(number, 0) is not None or number == SIGNED_STATIC_DATA
            return mask.STAR * len(value) if hidden else self.text(value)
        if number == SIGNED_STATIC_DATA:
            return mask.STAR * len(value)
        masked = mask.mask_value(number, bytes.fromhex(value))
        if masked is None and tags.is_constructed(number):
            masked = mask.mask_tlv(bytes.fromhex(value))
        if masked is None and tags.find(number) is None:
            masked = mask.mask_pan_like(value.upper())
        return self.text(value if masked is None else masked)

    def json(self, value: Json) -> Json:
        """Any JSON value: known numbers masked in every text, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self._member(key, member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.json(member) for member in value]
        return value

    def _member(self, key: str, value: Json) -> Json:
        """A member of an outcome: TLV lists and the number are masked by what they are."""
        if isinstance(value, str) and key in ("field55", "data_record", "discretionary"):
            return self.objects(bytes.fromhex(value)) if _HEX.fullmatch(value) else value
        if isinstance(value, str) and key == "pan":
            return value if mask.STAR in value else mask.mask_pan(value)
        return self.json(value)

    def check(self, check: CheckResult) -> CheckResult:
        """A check, masked by what it is about."""
        expected, found = dict(check.expected), check.found
        if isinstance(tag := expected.get("tag"), str):
            if isinstance(wanted := expected.get("is"), str):
                expected["is"] = self.value(tag, wanted)
            found = self.value(tag, found) if isinstance(found, str) else found
        elif "objects" in expected:
            expected["objects"] = self._pairs(expected["objects"])
            found = self._pairs(found)
        elif "looked_up" in expected:
            expected["looked_up"] = _hide_numbers(expected["looked_up"])
            found = _hide_numbers(found)
        return replace(
            check,
            expected={key: self.json(value) for key, value in expected.items()},
            found=self.json(found),
        )

    def _pairs(self, pairs: Json) -> Json:
        """[[tag, value]...]"""
        if not isinstance(pairs, (list, tuple)):
            return pairs
        return [
            [row[0], self.value(row[0], row[1])] if _is_pair(row) else self.json(row)
            for row in pairs
        ]

    def case(self, case: CaseResult) -> CaseResult:
        """A case with nothing in it from which a card number follows."""
        return replace(
            case,
            title=self._words(case.title),
            reason=None if case.reason is None else self._words(case.reason),
            checks=tuple(map(self.check, case.checks)),
            exchanges=tuple(
                tuple(
                    Exchange(self.command(x.command), self.answer(x.command, x.answer)) for x in tap
                )
                for tap in case.exchanges
            ),
            outcomes=tuple(
                {key: self._member(key, value) for key, value in outcome.items()}
                for outcome in case.outcomes
            ),
        )

    def _words(self, text: Text) -> Text:
        return Text(self.text(text.en), self.text(text.zh))


def _is_pair(row: Json) -> bool:
    return isinstance(row, (list, tuple)) and [type(part) for part in row] == [str, str]


def _hide_numbers(value: Json) -> Json:
    """[[number, sequence]...]: every text in it is a card number, whatever its length."""
    if isinstance(value, str):
        return mask.mask_pan(value)
    return [_hide_numbers(part) for part in value] if isinstance(value, (list, tuple)) else value


def _leaves(data: bytes) -> Iterable[tlv.Item]:
    """The primitive objects that can be read."""
    try:
        waiting = list(tlv.read(data, lenient=lambda tag: tags.find(tag) is None))
    except tlv.CodingError as error:
        waiting = list(error.readable)
    while waiting:
        item = waiting.pop()
        waiting.extend(item.children)
        if not item.children:
            yield item


def _numbers(value: Json) -> Iterable[str]:
    """What can be a card number in a check: bare digits, and 5A or 57 in what is hexadecimal."""
    if isinstance(value, str):
        if _NUMBER.fullmatch(value.rstrip("F")):
            yield value.rstrip("F")
        if _HEX.fullmatch(value):
            yield from mask.find_pans(bytes.fromhex(value))
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _numbers(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _numbers(member)


def _card_numbers(case: CaseResult) -> Iterable[str]:
    for tap in case.exchanges:
        for exchange in tap:
            if _HEX.fullmatch(exchange.answer):
                yield from mask.find_pans(bytes.fromhex(exchange.answer))
    for check in case.checks:
        if "looked_up" in check.expected or check.expected.get("tag") == "5A":
            yield from _numbers([check.expected.get("looked_up"), check.expected.get("is")])
            yield from _numbers(check.found)
        elif "objects" in check.expected:
            for pairs in (check.expected["objects"], check.found):
                if isinstance(pairs, (list, tuple)):
                    for row in pairs:
                        if _is_pair(row) and row[0] in ("5A", "57"):
                            yield from _track(row[1])
        elif check.expected.get("tag") == "57":
            for value in (check.expected.get("is"), check.found):
                yield from _track(value)
    for outcome in case.outcomes:
        for key in ("field55", "data_record", "discretionary", "pan"):
            yield from _numbers(outcome.get(key))


def _track(value: Json) -> Iterable[str]:
    """The number at the beginning of a value of 5A or 57."""
    if isinstance(value, str) and (match := re.match(r"[1-9][0-9]{12,18}(?=[DF]|$)", value)):
        yield match[0]


def masker(report: Report) -> Masker:
    """A masker that knows every card number the report gives away."""
    return Masker(number for case in report.cases for number in _card_numbers(case))


def masked(report: Report) -> Report:
    """The report with every card number masked; what is masked already stays as it is."""
    hide = masker(report)
    return replace(report, cases=tuple(map(hide.case, report.cases)))
