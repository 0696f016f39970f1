"""Card numbers out of a report: what a lab hands over shows none, wherever it came from.

A report is masked as a whole: what the cards of any case give away is looked for in every text.
Answers are masked by tag (tapkern.data.mask), besides 93, which signs a hash over the card number
that can be guessed from; all other texts by the digits themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, partial

from tapkern.data import mask, tags, tlv
from tapkern.lab.results import CaseResult, CheckResult, Exchange, Report

SIGNED_STATIC_DATA = 0x93
FIRST_LOG_SFI = 11  # record files from here on are logs and private files (CMD-031)
_READ_RECORD = "B2"
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_LEAST = (
    8  # digits of a sensitive value that is looked for in other texts; half of them not filling
)
#: A card number with track 2 behind it, or alone, in a text that names neither.
_TRACK2 = re.compile(r"[1-9][0-9]{12,18}[D=][0-9]{7,}F?")
_NUMBER = re.compile(r"(?<![0-9A-F])[1-9][0-9]{12,18}(?=F?(?![0-9A-F]))")


class Masker:
    """Masks texts, commands and answers, knowing every number and secret of a report.

    pans: card numbers. secrets: values of sensitive tags as hexadecimal. Those of a few bytes are
    not looked for, because they would be found everywhere.
    """

    def __init__(self, pans: Iterable[str], secrets: Iterable[str] = ()) -> None:
        known = {pan: mask.mask_pan(pan) for pan in pans}
        for pan in list(known):
            known["".join("3" + digit for digit in pan)] = mask.STAR * 2 * len(pan)
        for value in secrets:
            if len(value) >= _LEAST and len(value.strip("0F")) >= _LEAST // 2:
                known.setdefault(value, mask.STAR * len(value))
        self._known: dict[str, list[tuple[str, str]]] = {}
        for text in sorted(known, key=lambda text: (-len(text), text)):
            self._known.setdefault(text[:_LEAST], []).append((text, known[text]))
        self._done: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Masker({sum(map(len, self._known.values()))} texts)"

    def text(self, text: str) -> str:
        """Any text. What looks like track 2 or a card number (check digit) is masked unknown."""
        text = self.hexadecimal(_TRACK2.sub(lambda match: mask.mask_track2(match[0]), text))
        return _NUMBER.sub(lambda match: mask.mask_pan_like(match[0]), text)

    def command(self, command: str) -> str:
        """A C-APDU as hexadecimal."""
        return self.hexadecimal(command)

    def answer(self, command: str, answer: str) -> str:
        """An R-APDU as hexadecimal: the status word stays."""
        body, status = answer[:-4], answer[-4:]
        if not _HEX.fullmatch(body):
            return self.text(answer)
        if is_log(command):  # values without tags
            return self.text(mask.mask_pan_like(body)) + status
        return self.objects(body) + status

    def objects(self, body: str) -> str:
        """TLV data as hexadecimal, every sensitive value masked, lengths as they were."""
        return self.hexadecimal(_masked_objects(body))

    def hexadecimal(self, text: str) -> str:
        """Text in which nothing but known texts is masked: a signature has long numbers."""
        if len(text) < _LEAST:
            return text
        found = self._done.get(text)
        if found is None:
            found = self._done[text] = self._hide(text)
        return found

    def _hide(self, text: str) -> str:
        parts: list[str] = []
        begin = at = 0
        while at <= len(text) - _LEAST:
            for known, masked in self._known.get(text[at : at + _LEAST], ()):
                if text.startswith(known, at):
                    parts += (text[begin:at], masked)
                    begin = at = at + len(known)
                    break
            else:
                at += 1
        return "".join((*parts, text[begin:]))

    def exchange(self, exchange: Exchange) -> Exchange:
        """A command with its answer."""
        answer = exchange.answer and self.answer(exchange.command, exchange.answer)
        return replace(exchange, command=self.command(exchange.command), answer=answer)

    def check(self, check: CheckResult) -> CheckResult:
        """A check; the value of a sensitive tag is masked by what the tag is."""
        where, _, tag = check.what.partition(" ")
        hide = self.text
        if where in ("field55", "data_record") and _HEX.fullmatch(tag):
            hide = partial(self._value, int(tag, 16))
        return replace(check, expected=hide(check.expected), found=hide(check.found))

    def _value(self, tag: int, value: str) -> str:
        if not _HEX.fullmatch(value):
            return self.text(value)
        if tag == SIGNED_STATIC_DATA:
            return mask.STAR * len(value)
        return self.text(mask.mask_value(tag, bytes.fromhex(value)) or value)

    def case(self, case: CaseResult) -> CaseResult:
        """A case with nothing in it from which a card number follows."""
        return replace(
            case,
            title=self._each(case.title),
            reason=self.text(case.reason),
            checks=tuple(map(self.check, case.checks)),
            exchanges=tuple(tuple(map(self.exchange, tap)) for tap in case.exchanges),
        )

    def _each(self, words: Mapping[str, str]) -> dict[str, str]:
        return {language: self.text(text) for language, text in words.items()}


def is_log(command: str) -> bool:
    """READ RECORD of a file whose records are logs."""
    return command[2:4] == _READ_RECORD and int(command[6:8] or "0", 16) >> 3 >= FIRST_LOG_SFI


@cache
def _masked_objects(body: str) -> str:
    data = bytes.fromhex(body)
    text = list(mask.mask_tlv(data))
    for item in _leaves(data):
        if item.tag == SIGNED_STATIC_DATA:
            start, end = 2 * item.value_offset, 2 * (item.value_offset + len(item.value))
            text[start:end] = mask.STAR * (end - start)
    return "".join(text)


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


@cache
def _given_away(answer: str) -> tuple[frozenset[str], frozenset[str]]:
    """Card numbers and sensitive values of one answer."""
    data = bytes.fromhex(answer)
    secrets = set()
    for item in _leaves(data[:-2]):
        kind = mask.secrecy(item.tag, len(item.value))
        value = item.value.hex().upper()
        if kind is mask.Secrecy.WHOLE or item.tag == SIGNED_STATIC_DATA:
            secrets.add(value)
        elif kind is mask.Secrecy.TRACK2:
            secrets.add(value.partition("D")[2][7:].rstrip("F"))
    return frozenset(mask.find_pans(data)), frozenset(secrets)


def masker(report: Report) -> Masker:
    """A masker that knows whatever the cards of the report give away."""
    answers = {
        exchange.answer
        for case in report.cases
        for tap in case.exchanges
        for exchange in tap
        if exchange.answer and _HEX.fullmatch(exchange.answer)
    }
    pans: set[str] = set()
    secrets: set[str] = set()
    for answer in answers:
        more_pans, more_secrets = _given_away(answer)
        pans |= more_pans
        secrets |= more_secrets
    return Masker(pans, secrets)


def masked(report: Report) -> Report:
    """The report with every card number masked; what is masked already stays as it is."""
    hide = masker(report)
    return replace(report, cases=tuple(map(hide.case, report.cases)))
