"""From a recorded tap to a case: the transcript of a tap on any reader becomes a suite of one case.

The card is a static transcript (one for each presentment), the terminal has the configuration of
the recording, and expected is what happened. The card number and what leads to it are zeros unless
the whole recording is asked for. Zeros cannot be authenticated: of a card that was, the case then
expects that it is never approved and never authenticated, and says so by the flag `Redacted`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import tapkern
from tapkern._numbers import Event, Purpose, StepKind
from tapkern.card import tlv
from tapkern.data import mask
from tapkern.data.codes import Text
from tapkern.driver import card_asked
from tapkern.errors import UsageError
from tapkern.lab import suite
from tapkern.lab.checks import FIELDS, LISTS, judge, verdict
from tapkern.lab.stand import observe
from tapkern.lab.subjects import OurKernel
from tapkern.params.ics import used
from tapkern.params.loader import load_tables
from tapkern.params.source import read_text
from tapkern.params.tables import tables_of
from tapkern.trace.redact import redact
from tapkern.trace.transcript import RecordedStep, Transcript, parse_transcript

Document = dict[str, Any]

_ID = re.compile(r"[A-Z]{2,3}-[A-Z]{2,8}-[0-9]{4}")
START_MS = 1000  # of the clock of a stand
REDACTED = "Redacted"
_SEEN = {Event.CARD: "card", Event.COLLISION: "collision", Event.TIMEOUT: "none"}
_GONE = {Event.LOST: "leave", Event.TIMEOUT: "mute"}
_FOUND = {Event.FOUND: "found", Event.NOT_FOUND: "not_found", Event.UNSUPPORTED: "unsupported"}
_STORED = {Event.DONE: "done", Event.FAILED: "failed", Event.UNSUPPORTED: "unsupported"}
GPO, GET_RESPONSE = 0xA8, 0xC0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A case to be. whole: with the card number. configuration: a sealed image in place of that of
    the transcript; one that was redacted has none."""

    path: Path
    id: str
    title: Text
    whole: bool = False
    configuration: bytes | None = None


def record(recording: Recording) -> Document:
    """The suite of one case that a transcript becomes; it passes on the kernel of this package.

    Errors: UsageError when the transcript cannot be a case, or does not replay as one.
    """
    if not _ID.fullmatch(recording.id):
        raise UsageError(f"{recording.id!r} is no id of a case", "", "for example QP-LZJY-0001")
    path = str(recording.path)
    text = read_text(recording.path, "transcript")
    original = parse_transcript(text, path)
    tables = _tables(original, recording)
    transcript = original if recording.whole else _redacted(original, text)
    document = _Case(transcript, tables, recording).suite()
    _replays(document, path)
    return document


def _redacted(transcript: Transcript, text: str) -> Transcript:
    """The transcript without the card number."""
    if transcript.redacted:
        return transcript
    lines = redact(json.loads(line) for line in text.split("\n") if line.strip())
    return parse_transcript("\n".join(map(json.dumps, lines)), transcript.path)


def _tables(transcript: Transcript, recording: Recording) -> Document:
    """The configuration: that of the transcript, else the one that is given."""
    if recording.whole and transcript.redacted:
        raise UsageError("the transcript is redacted: there is no whole one", transcript.path)
    image = transcript.image
    if image is None and recording.configuration is None:
        hint = f"give it with --config; its digest is {transcript.config_digest}"
        raise UsageError("a redacted transcript holds no configuration", transcript.path, hint)
    if recording.configuration is not None:
        image = recording.configuration
    assert image is not None
    tables = tables_of(image)
    if not recording.whole:
        _redact_exceptions(tables, transcript)
    return tables


def _redact_exceptions(tables: Document, transcript: Transcript) -> None:
    """Of the exception file only the card of this tap stays, with zeros for its number."""
    numbers: set[str] = set()
    for step in transcript.steps:
        if step.kind is StepKind.TRANSMIT and step.answer is not None:
            numbers |= mask.find_pans(step.answer)
    rows = [row for row in tables.pop("exception", []) if row["pan"] in numbers]
    if rows:
        tables["exception"] = [{**row, "pan": "0" * len(row["pan"])} for row in rows]


def _replays(document: Document, path: str) -> None:
    """A case that the kernel which recorded it does not pass is none."""
    (case,) = suite.parse(document, path).cases
    assert isinstance(case, suite.Case)
    kernel = OurKernel()
    observed = observe(kernel, case)
    checks = judge(case, observed, kernel.hello().tells)
    result, reason = verdict(observed, checks)
    if result != "pass":
        hint = "its flow depends on what was redacted: take the whole recording (--whole)"
        if REDACTED not in case.flags:
            hint = "was it recorded by another version of the kernel?"
        raise UsageError(f"the recording does not replay as a case: {reason}", path, hint)


class _Case:
    """Builds the document of one case."""

    def __init__(self, transcript: Transcript, tables: Document, recording: Recording) -> None:
        self._transcript = transcript
        self._tables = tables
        self._recording = recording
        self._check_steps()
        self._presentments = self._split()
        self._random = self._unpredictable()

    def _check_steps(self) -> None:
        """What a case cannot say is refused."""
        where = self._transcript.path
        if self._transcript.transaction.torn is not None:
            hint = "record the tap that was torn; a case of two taps is written by hand"
            raise UsageError("the tap brings an earlier one to its end", where, hint)
        if not self._transcript.outcomes:
            raise UsageError("the transcript has no outcome", where, "the tap was broken off")
        for step in self._transcript.steps:
            if step.event is Event.CANCEL:
                what = "the tap was cancelled, or its reader was lost"
                raise UsageError(what, f"{where}:{step.line}", "record it again")

    @property
    def _steps(self) -> Sequence[RecordedStep]:
        return self._transcript.steps

    @property
    def _authenticated(self) -> bool:
        """The recorded card was authenticated; with zeros in its data it cannot be."""
        first = self._transcript.outcomes[0]
        return self._transcript.redacted and first.get("oda") == "successful"

    def _split(self) -> list[list[RecordedStep]]:
        """The exchanges of each presentment."""
        found: list[list[RecordedStep]] = []
        for step in self._steps:
            if step.kind is StepKind.DETECT and step.event is Event.CARD:
                found.append([])
            elif step.kind is StepKind.TRANSMIT:
                found[-1].append(step)
        return found

    def _unpredictable(self) -> bytes:
        """The random bytes of the case: those of the last GET PROCESSING OPTIONS (QP-043)."""
        found = self._transcript.began_random
        before = found
        for step in self._steps:
            if step.kind is StepKind.TRANSMIT and step.command[1] == GPO:
                found = before
            before = step.random
        return found

    # --- the parts of the document ---

    def suite(self) -> Document:
        """The whole file."""
        recording = self._recording
        group = recording.id.split("-")[1]
        title = {"en": recording.title.en, "zh": recording.title.zh}
        return {
            "format": suite.SUITE,
            "suite": f"recorded-{recording.id.lower()}",
            "version": "1.0.0",
            "title": title,
            "licence": "Apache-2.0",
            "made_by": f"tapkern suite record, tapkern {tapkern.__version__}, from a transcript of "
            f"the configuration {self._transcript.config_digest}",
            "flags": self._flags(),
            "groups": {group: {"en": "Recorded taps", "zh": "录制的交易"}},
            "terminals": {"recorded": {"configuration": self._tables}},
            "cards": dict(self._cards()),
            "hosts": dict(self._hosts()),
            "cases": [self._case(title)],
        }

    def _flags(self) -> Document:
        if not self._transcript.redacted:
            return {}
        en = "The card number and all from which it follows are zeros."
        zh = "卡号及可推出卡号的数据均以零代替。"
        if self._authenticated:
            first = self._transcript.outcomes[0]
            what = f"{first['outcome']} ({first['reason']})"
            en += f" The card was authenticated and the tap ended with {what}; zeros cannot be "
            en += "authenticated, so that the case expects no more than a refusal of them."
            zh += f"原交易认证成功，结果为{what}；以零代替后无法认证，故本案例仅要求不被批准。"
        return {REDACTED: {"en": en, "zh": zh}}

    def _cards(self) -> Iterator[tuple[str, Document]]:
        """A static transcript for each presentment."""
        for number, steps in enumerate(self._presentments or [[]], 1):
            lines = [
                [self._pattern(step), step.answer.hex().upper()]
                for step in steps
                if step.answer is not None
            ]
            # A card that never answered: what a mutation takes away has to be there.
            yield f"card-{number}", {"transcript": lines or [["*", "6F00"]]}

    def _pattern(self, step: RecordedStep) -> str:
        """A command; another unpredictable number than that of the case matches too."""
        text = step.command.hex().upper()
        if step.command[1] != GPO:
            return text
        own = self._random[:4].hex().upper()
        number = self._number_before(step)
        if number == own or not number:
            return text
        return text.replace(number, "?" * len(number))

    def _number_before(self, step: RecordedStep) -> str:
        at = list(self._steps).index(step)
        random = self._steps[at - 1].random if at else self._transcript.began_random
        return random[:4].hex().upper()

    def _hosts(self) -> Iterator[tuple[str, Document]]:
        answer = self._host()
        if answer is not None:
            yield "recorded", {"answer": answer}

    def _host(self) -> str | None:
        """The response code of the host, "" when it was not reached, None when nobody asked."""
        for step in self._steps:
            if step.kind is StepKind.OUTCOME:
                return "" if step.answer is None else step.answer.decode("ascii")
        return None

    def _case(self, title: Document) -> Document:
        found: Document = {
            "id": self._recording.id,
            "title": title,
            "requirements": self._requirements(),
            "requires": self._requires(),
            "source": "recorded",
            "verified_by": [f"tapkern {tapkern.__version__}"],
            "terminal": "recorded",
            "card": "card-1",
            "taps": [{"transaction": self._transaction()}],
            "expect": [
                {"id": str(number), **check} for number, check in enumerate(self._expect(), 1)
            ],
        }
        if self._transcript.redacted:
            found["flags"] = [REDACTED]
        if self._host() is not None:
            found["host"] = "recorded"
        others = [f"card-{number}" for number in range(2, len(self._presentments) + 1)]
        if others:
            found["others"] = others
        if mutations := list(self._mutations()):
            found["mutations"] = mutations
        if around := self._surroundings():
            found["surroundings"] = around
        if self._repeats():
            found["recorded"] = [list(self._recorded())]
        return found

    def _repeats(self) -> bool:
        """Whether the steps repeat as they are: one unpredictable number, known card numbers."""
        asked = any(step.kind is StepKind.LOOKUP for step in self._steps)
        same = all("?" not in command for command in self._commands())
        return same and not (asked and self._transcript.redacted)

    def _requirements(self) -> list[str]:
        """The rules that decided."""
        rules = {str(outcome["rule"]) for outcome in self._transcript.outcomes if outcome["rule"]}
        return sorted(rules) or ["OUT-001"]

    def _requires(self) -> list[str]:
        found = {use.capability for use in used(load_tables(self._tables).image)}
        if "store" not in self._surroundings():
            found.discard("torn")  # recovery needs a store
        purpose = self._transcript.transaction.purpose
        if purpose is not Purpose.PAYMENT:
            found.add(purpose.name.lower())
        return sorted(found)

    def _transaction(self) -> Document:
        transaction = self._transcript.transaction
        return {
            "amount": transaction.amount,
            "other": transaction.other,
            "type": transaction.type,
            "currency": transaction.currency,
            "exponent": transaction.exponent,
            "date": transaction.date,
            "time": transaction.time,
            "sequence": transaction.sequence,
            "unpredictable": self._random.hex().upper(),
            "start": transaction.start.name,
            "purpose": transaction.purpose.name.lower(),
        }

    def _mutations(self) -> Iterator[Document]:
        """Commands that got no answer."""
        for number, steps in enumerate(self._presentments, 1):
            count = 0
            last = b""
            for step in steps:
                again = step.command[:-1] == last[:-1] and step.command != last
                if step.command[1] == GET_RESPONSE or not again:
                    count += 1  # with another Le it is the same command
                if step.command[1] != GET_RESPONSE:
                    last = step.command
                if step.event in _GONE:
                    what = {"kind": _GONE[step.event], "at": "any", "nth": count}
                    yield {**what, "from": number, "before": True}

    def _surroundings(self) -> Document:
        found: Document = {}
        detects = [step for step in self._steps if step.kind is StepKind.DETECT]
        if any(step.event is not Event.CARD for step in detects):
            found["detections"] = [_SEEN[step.event] for step in detects]
        if len(self._presentments) > 1:
            found["who"] = list(range(len(self._presentments)))
        if len(detects) > 1:
            found["waits"] = list(self._waits())
        found |= self._answers()
        return found

    def _waits(self) -> Iterator[int]:
        """Milliseconds before each detection, all that went by since the one before."""
        last = self._transcript.began_ms
        for step in self._steps:
            if step.kind is StepKind.DETECT:
                yield max(0, step.received_ms - last)
                last = step.received_ms

    def _answers(self) -> Document:
        """What the list of cards and the store have said."""
        found: Document = {}
        asked = [step for step in self._steps if step.kind is StepKind.LOOKUP]
        if any(step.event is not Event.UNSUPPORTED for step in asked):
            listed = {self._asked(step)[0] for step in asked if step.event is Event.FOUND}
            if listed and self._transcript.redacted:
                listed = {"0" * length for length in range(8, 20)}  # the length is not told
            found["listed"] = sorted(listed)
        stores = [step.event for step in self._steps if step.kind is StepKind.STORE]
        if any(event is not Event.UNSUPPORTED for event in stores):
            found["store"] = "kept" if Event.DONE in stores else "failed"
            if Event.DONE in stores and Event.FAILED in stores:
                found["store_fails"] = stores.index(Event.FAILED) + 1
        return found

    def _asked(self, step: RecordedStep) -> tuple[str, int | None]:
        """The card number and the sequence number of a LOOKUP, None for one that is no number."""
        return card_asked(step.data) or (step.data[:10].hex().rstrip("f"), None)

    # --- what happened ---

    def _expect(self) -> Iterator[Document]:
        if self._authenticated:
            yield {"field": "outcome", "is_not": "approved"}
            yield {"field": "oda", "is_not": "successful"}
            yield {"apdus": self._commands()}
            return
        yield from self._outcome(self._transcript.outcomes[0], {})
        yield {"apdus": self._commands()}
        yield {"ui": list(self._shown(after=False))}
        if "store" in (around := self._surroundings()):
            kept = [step for step in self._steps if step.kind is StepKind.STORE]
            yield {"stored": ["keep" if step.data else "drop" for step in kept]}
        if "listed" in around and not self._transcript.redacted:
            asked = [step for step in self._steps if step.kind is StepKind.LOOKUP]
            cards = [card_asked(step.data) for step in asked]
            yield {"looked_up": [list(card) for card in cards if card is not None]}
        if self._host() is not None and len(self._transcript.outcomes) > 1:
            yield from self._outcome(self._transcript.outcomes[1], {"when": "after_host"})
            yield {"when": "after_host", "ui": list(self._shown(after=True))}

    def _outcome(self, outcome: Mapping[str, Any], when: Document) -> Iterator[Document]:
        for field in FIELDS:
            if field not in outcome or (field == "oda_rule" and self._transcript.redacted):
                continue
            value = outcome[field]
            if field == "balance" and value is not None:
                exponent = self._transcript.transaction.exponent
                value = int(Decimal(str(value)).scaleb(exponent))
            yield {**when, "field": field, "is": value}
        for name in LISTS:
            objects = tlv.decode(bytes.fromhex(str(outcome.get(name, ""))))
            rows = [[f"{tag:02X}", value.hex().upper()] for tag, value in sorted(objects)]
            yield {**when, "in": name, "objects": rows}

    def _commands(self) -> list[str]:
        return [self._pattern(step) for steps in self._presentments for step in steps]

    def _shown(self, *, after: bool) -> Iterator[str]:
        """Names of the messages, before the outcome or after the answer of the host."""
        later = False
        for step in self._steps:
            if step.kind is StepKind.OUTCOME:
                later = True
            elif step.kind is StepKind.SHOW and later is after:
                yield step.message

    def _recorded(self) -> Iterator[list[Any]]:
        """The steps as a C program replays them."""
        shift = START_MS - self._transcript.began_ms
        for step in self._steps:
            now = step.received_ms + shift
            if step.kind is StepKind.DETECT:
                seen = "timeout" if step.event is Event.TIMEOUT else _SEEN[step.event]
                yield ["detect", seen, now]
            elif step.kind is StepKind.TRANSMIT:
                event = step.event.name.lower()
                answer = event if step.answer is None else step.answer.hex().upper()
                yield ["transmit", step.command.hex().upper(), answer, now]
            elif step.kind is StepKind.LOOKUP:
                yield ["lookup", *self._asked(step), _FOUND[step.event]]
            elif step.kind is StepKind.STORE:
                yield ["store", "keep" if step.data else "drop", _STORED[step.event]]
            elif step.kind is StepKind.FIELD_OFF:
                yield ["field_off"]
            elif step.kind is StepKind.OUTCOME:
                yield ["host", self._host() or ""]
