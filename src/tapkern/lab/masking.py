"""Card numbers out of a report: what a lab hands over shows none, wherever it came from.

A report is masked as a whole: what the cards of any case give away is looked for in every text.
Answers are masked by tag (tapkern.data.mask), besides 93, which signs a hash over the card number
that can be guessed from; all other texts by the digits themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from tapkern.data import mask, tags, tlv
from tapkern.lab.results import CaseResult, Exchange, Report

SIGNED_STATIC_DATA = 0x93
FIRST_LOG_SFI = 11  # record files from here on are logs and private files (CMD-031)
_READ_RECORD = "B2"
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_LEAST = 8  # hexadecimal digits of a sensitive value that is looked for in other texts
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
            if len(value) >= _LEAST and value.strip("0F"):
                known.setdefault(value, mask.STAR * len(value))
        self.known = known
        longest = sorted(known, key=lambda text: (-len(text), text))
        self._any = re.compile("|".join(longest)) if longest else None

    def __repr__(self) -> str:
        return f"Masker({len(self.known)} texts)"

    def text(self, text: str) -> str:
        """Any text. What looks like track 2 or a card number (check digit) is masked unknown."""
        text = _TRACK2.sub(lambda match: mask.mask_track2(match[0]), text)
        if self._any is not None:
            text = self._any.sub(lambda match: self.known[match[0]], text)
        return _NUMBER.sub(lambda match: mask.mask_pan_like(match[0]), text)

    def command(self, command: str) -> str:
        """A C-APDU as hexadecimal."""
        return self._hex(command)

    def answer(self, command: str, answer: str) -> str:
        """An R-APDU as hexadecimal: the status word stays, a log is hidden as a whole."""
        body, status = answer[:-4], answer[-4:]
        if not _HEX.fullmatch(body):
            return self.text(answer)
        if is_log(command):
            return mask.STAR * len(body) + status
        return self.objects(body) + status

    def objects(self, body: str) -> str:
        """TLV data as hexadecimal, every sensitive value masked, lengths as they were."""
        return self._hex(_masked_objects(body))

    def _hex(self, text: str) -> str:
        """Hexadecimal in which nothing but known texts is masked: a signature has long numbers."""
        return text if self._any is None else self._any.sub(lambda m: self.known[m[0]], text)

    def exchange(self, exchange: Exchange) -> Exchange:
        """A command with its answer."""
        answer = exchange.answer and self.answer(exchange.command, exchange.answer)
        return replace(exchange, command=self.command(exchange.command), answer=answer)

    def case(self, case: CaseResult) -> CaseResult:
        """A case with nothing in it from which a card number follows."""
        return replace(
            case,
            title=self._each(case.title),
            reason=self.text(case.reason),
            checks=tuple(
                replace(check, expected=self.text(check.expected), found=self.text(check.found))
                for check in case.checks
            ),
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
