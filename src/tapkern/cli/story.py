"""`tapkern story`: what became of torn taps, told from their transcripts.

Exit code 0 when every torn tap is settled or none was torn, 1 when one is open, undecided or
doubtful, 2 when a file is no transcript.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tapkern._numbers import Event
from tapkern.cli.inside import WIDTH
from tapkern.cli.show import command_name
from tapkern.data import codes
from tapkern.data.dates import full_year
from tapkern.data.money import format_amount
from tapkern.data.story import say
from tapkern.errors import UsageError
from tapkern.outcome import reason_words
from tapkern.trace.chapter import Chapter, Moment, Presentment, Seen
from tapkern.trace.decisions import Decision
from tapkern.trace.story import Other, Story, Sums, Verdict, stories
from tapkern.trace.transcript import read_transcripts

HELP = "torn taps: the transcripts that belong together, what was decided, whether it was paid"

_COLOURS = {Verdict.PAID_ONCE: "bold green", Verdict.NOT_PAID: "bold green"}
_NAME = 26  # columns of a command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="transcripts, whole or redacted, in any order")
    add("--card", metavar="1016", help="only cards whose number ends with these four digits")
    add("--brief", action="store_true", help="verdicts and sums, without the commands")
    add("--lang", choices=("en", "zh"), default="en", help="language of the story")


def run(args: argparse.Namespace) -> int:
    """Tells the stories; 1 when one of them is not settled."""
    if args.card is not None and not (len(args.card) == 4 and args.card.isdecimal()):
        raise UsageError("these are no four digits", "--card", "for example --card 1016")
    taps = [one for path in args.files for one in read_transcripts(path)]
    found = [one for one in stories(taps) if args.card is None or _ends(one, args.card)]
    open_ones = sum(not story.verdict.settled for story in found)
    if args.json:
        told = {"taps": len(taps), "stories": [_json(story) for story in found]}
        print(json.dumps(told, ensure_ascii=False))
    else:
        width = None if sys.stdout.isatty() else WIDTH
        teller = Teller(Console(highlight=False, width=width), args.lang, brief=args.brief)
        for number, story in enumerate(found, 1):
            teller.tell(number, story)
        teller.count(len(taps), len(found), open_ones)
    return 1 if open_ones else 0


def _ends(story: Story, digits: str) -> bool:
    return story.pan is not None and story.pan.endswith(digits)


# --- for people ----------------------------------------------------------------------------------


class Teller:
    """Prints stories in one language."""

    def __init__(self, console: Console, lang: str, *, brief: bool = False) -> None:
        self._console = console
        self._lang = lang
        self._brief = brief

    def tell(self, number: int, story: Story) -> None:
        """One story: card and amount, the verdict, the sums, what happened, other taps."""
        amount = f"{format_amount(story.amount, story.exponent)} {self._currency(story.currency)}"
        when = f"{_day(story.date)} {_clock(story.time)}"
        self._line(f"{number}. {self._card(story)}  {amount}  {when}", "bold")
        verdict = Text("   ")
        word = say("verdict", story.verdict.value).get(self._lang)
        verdict.append(word.upper(), _COLOURS.get(story.verdict, "bold magenta"))
        if story.rules:
            verdict.append(f"  [{', '.join(story.rules)}]", "dim")
        self._console.print(verdict, soft_wrap=True)
        self._line(f"   {story.meaning.get(self._lang)}")
        self._console.print()
        for sums in story.sums:
            self._sums(story, sums)
        self._halves(story)
        for chapter in () if self._brief else story.chapters:
            self._chapter(chapter)
        self._others(story)

    def _halves(self, story: Story) -> None:
        """Which half of the story is missing."""
        recovers = any(one.recovers for one in story.chapters)
        if not story.has_first:
            key = "no_first" if story.sums[0].atc is not None else "blacked"
        elif not recovers and not story.verdict.settled:
            key = "no_second"
        else:
            return
        self._line(f"   {self._say(key)}", "yellow")
        self._console.print()

    def count(self, taps: int, told: int, unsettled: int) -> None:
        """The last line."""
        self._line(self._say("count", taps=taps, stories=told, unsettled=unsettled), "bold")

    def _say(self, key: str, **gaps: object) -> str:
        return say("say", key, **{gap: str(value) for gap, value in gaps.items()}).get(self._lang)

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style), soft_wrap=True)

    def _card(self, story: Story) -> str:
        if story.pan is None:
            return self._say("unknown_card")
        return story.pan if story.psn is None else f"{story.pan}-{story.psn:02d}"

    def _currency(self, number: int) -> str:
        found = codes.find("currency", f"{number:04d}")
        return f"{number:03d}" if found is None else found.get(self._lang)

    def _sums(self, story: Story, sums: Sums) -> None:
        def money(minor: int | None) -> str:
            unknown = self._say("unknown")
            return unknown if minor is None else format_amount(minor, story.exponent)

        rows = [
            ("amount", money(sums.amount), self._which(sums)),
            ("before", money(sums.before), ""),
            ("after", money(sums.after), ""),
        ]
        for seen, times in _runs(sums.seen):
            reading = say("reading", seen.reading).get(self._lang)
            count = "" if times == 1 else f" ×{times}"
            rows.append(("seen", money(seen.balance), f"{reading} (GET DATA {seen.tag:X}){count}"))
        if sums is story.sums[-1] and story.balance is not None:
            rows.append(("at_end", money(story.balance), ""))
        state = "stays" if sums.record in ("kept", "given") else sums.record
        rows.append(("record", "", say("record", state).get(self._lang)))
        for line in _aligned([(self._say(name), value, note) for name, value, note in rows]):
            self._console.print(line, soft_wrap=True)
        self._console.print()

    def _which(self, sums: Sums) -> str:
        words = self._say("of_torn" if sums.torn else "of_other")
        return words if sums.atc is None else f"{words}, ATC {sums.atc}"

    def _chapter(self, chapter: Chapter) -> None:
        title = Text("   ")
        title.append(self._say("recovery_in" if chapter.recovers else "torn_in"), "bold")
        facts = (
            self._say("at", path=chapter.path, line=chapter.line),
            f"{_day(chapter.date)} {_clock(chapter.time)}",
            self._say("sequence", number=chapter.sequence),
            self._say("reader", name=chapter.reader) if chapter.reader else "",
            self._say("configuration", name=chapter.configuration),
            self._say("redacted") if chapter.redacted else "",
        )
        title.append(f"  {' · '.join(filter(None, facts))}", "dim")
        self._console.print(title, soft_wrap=True)
        self._decisions(chapter.opening)
        for first, last in _alike(chapter.presentments):
            self._presentment(first)
            if last is not first:
                key = "same_one" if last.number == first.number + 1 else "same"
                self._line(
                    f"     {self._say(key, first=first.number + 1, last=last.number)}", "bold"
                )
        self._ending(chapter)
        self._console.print()

    def _presentment(self, one: Presentment) -> None:
        if one.event is not Event.CARD:
            key = {Event.COLLISION: "collision", Event.TIMEOUT: "no_card"}.get(one.event, "cancel")
            self._line(f"{one.at_ms:9} ms  {self._say(key)}", "red")
            self._decisions(one.decisions)
            return
        self._line(f"     {self._say('presentment', number=one.number)}", "bold")
        self._decisions(one.decisions)
        for moment in one.moments:
            self._moment(moment)
        if one.turned_away:
            self._line(f"{'':14}{self._say('turned_away')}", "yellow")

    def _moment(self, moment: Moment) -> None:
        line = Text(f"{moment.at_ms:9} ms  ", "dim")
        if moment.record:
            words = say("record", moment.record).get(self._lang)
            line.append(_pad("STORE")).append(words, "cyan")
        elif moment.sw is not None:
            line.append(_pad(command_name(moment.command)), "default")
            line.append(moment.sw, "green" if moment.sw == "9000" else "yellow")
        else:
            line.append(_pad(command_name(moment.command)), "default")
            key = "timeout" if moment.event is Event.TIMEOUT else "lost"
            line.append(self._say("lost_here" if moment.torn else key), "bold red")
        self._console.print(line, soft_wrap=True)
        self._decisions(moment.decisions)

    def _decisions(self, found: Sequence[Decision]) -> None:
        for one in found:
            line = Text(" " * 14)
            line.append("✓ " if one.held else "✗ ", "green" if one.held else "red")
            line.append(f"{one.rule}  ", "cyan").append(one.text.get(self._lang), "default")
            self._console.print(line, soft_wrap=True)

    def _ending(self, chapter: Chapter) -> None:
        if chapter.ending is None:
            self._line(f"     {self._say('no_end')}", "yellow")
            return
        ending = chapter.ending
        status = ending.status.replace("_", " ")
        rule = "" if ending.rule is None else f"  [{ending.rule}]"
        text = f"     {self._say('ends')}  {status}: {ending.text.get(self._lang)}{rule}"
        self._line(text, "bold")
        if ending.rules_lost:
            self._line(f"     {self._say('gaps')}", "yellow")

    def _others(self, story: Story) -> None:
        by_number = sorted(story.others, key=lambda one: not one.certain)
        for certain, found in groupby(by_number, lambda one: one.certain):
            self._line(f"   {self._say('others' if certain else 'perhaps')}", "bold")
            for one in found:
                self._line(f"     {self._other(story, one)}")
            self._console.print()

    def _other(self, story: Story, one: Other) -> str:
        def money(minor: int) -> str:
            return format_amount(minor, story.exponent)

        words = reason_words(one.reason).get(self._lang)
        facts = [
            f"{_day(one.date)} {_clock(one.time)}",
            money(one.amount),
            "" if one.atc is None else f"ATC {one.atc}",
            f"{words} [{one.rule}]" if one.rule else words,
            ""
            if one.began_with is None
            else self._say("began_with", balance=money(one.began_with)),
            ""
            if one.ended_with is None
            else self._say("ended_with", balance=money(one.ended_with)),
            self._say("at", path=one.path, line=one.line),
        ]
        return "  ".join(filter(None, facts))


def _pad(text: str) -> str:
    return text + " " * max(1, _NAME - cell_len(text))


def _aligned(rows: Sequence[tuple[str, str, str]]) -> Iterator[Text]:
    """Name, amount and note in columns; Chinese characters take two."""
    names = max(cell_len(name) for name, _, _ in rows)
    values = max(len(value) for _, value, _ in rows if value.isascii())
    for name, value, note in rows:
        line = Text(f"   {name}{' ' * (names - cell_len(name))}  ", "dim")
        if value:
            note = f"{' ' * max(0, values - cell_len(value))}{value}  {note}"
        yield line.append(note.rstrip(), "default")


def _day(digits: str) -> str:
    """2026-11-21 of 261121."""
    return f"{full_year(int(digits[:2]))}-{digits[2:4]}-{digits[4:]}"


def _clock(digits: str) -> str:
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"


def _runs(items: Sequence[Seen]) -> Iterator[tuple[Seen, int]]:
    """Equal neighbours once, with their number."""
    for item, group in groupby(items):
        yield item, len(list(group))


def _alike(found: Sequence[Presentment]) -> Iterator[tuple[Presentment, Presentment]]:
    """The first and the last of neighbours in which the same happened."""
    for _, group in groupby(found, _shape):
        members = list(group)
        yield members[0], members[-1]


def _shape(one: Presentment) -> object:
    def said(decisions: Sequence[Decision]) -> tuple[tuple[str, bool], ...]:
        return tuple((decision.rule, decision.held) for decision in decisions)

    moments = tuple(
        (moment.command, moment.event, moment.sw, moment.record, said(moment.decisions))
        for moment in one.moments
    )
    return one.event, one.turned_away, said(one.decisions), moments


# --- for programs --------------------------------------------------------------------------------


def _json(story: Story) -> dict[str, object]:
    return {
        "pan": story.pan,
        "psn": story.psn,
        "amount": format_amount(story.amount, story.exponent),
        "currency": story.currency,
        "date": story.date,
        "time": story.time,
        "verdict": story.verdict.value,
        "settled": story.verdict.settled,
        "rules": list(story.rules),
        "meaning": _texts(story.meaning),
        "doubtful_record": story.doubtful_record,
        "balance": _money(story, story.balance),
        "sums": [_json_sums(story, sums) for sums in story.sums],
        "chapters": [_json_chapter(chapter) for chapter in story.chapters],
        "others": [_json_other(story, one) for one in story.others],
    }


def _texts(text: codes.Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _money(story: Story, minor: int | None) -> str | None:
    return None if minor is None else format_amount(minor, story.exponent)


def _json_sums(story: Story, sums: Sums) -> dict[str, object]:
    return {
        "atc": sums.atc,
        "amount": _money(story, sums.amount),
        "before": _money(story, sums.before),
        "after": _money(story, sums.after),
        "record": sums.record,
        "torn": sums.torn,
        "seen": [
            {"tag": f"{seen.tag:X}", "balance": _money(story, seen.balance),
             "reading": seen.reading}
            for seen in sums.seen
        ],
    }  # fmt: skip


def _json_chapter(chapter: Chapter) -> dict[str, object]:
    ending = chapter.ending
    return {
        "file": chapter.path,
        "line": chapter.line,
        "redacted": chapter.redacted,
        "recovers": chapter.recovers,
        "date": chapter.date,
        "time": chapter.time,
        "sequence": chapter.sequence,
        "reader": chapter.reader,
        "configuration": chapter.configuration,
        "decisions": _json_decisions(chapter.opening),
        "presentments": [_json_presentment(one) for one in chapter.presentments],
        "outcome": ending and {
            "outcome": ending.status,
            "reason": ending.reason,
            "rule": ending.rule,
            "oda_rule": ending.oda_rule,
            "card_may_have_paid": ending.may_have_paid,
        },
        "complete": ending is not None and not ending.rules_lost,
    }  # fmt: skip


def _json_decisions(found: Sequence[Decision]) -> list[dict[str, object]]:
    return [{"rule": one.rule, "held": one.held, **_texts(one.text)} for one in found]


def _json_presentment(one: Presentment) -> dict[str, object]:
    return {
        "number": one.number,
        "at_ms": one.at_ms,
        "event": one.event.name.lower(),
        "turned_away": one.turned_away,
        "decisions": _json_decisions(one.decisions),
        "moments": [
            {
                "at_ms": moment.at_ms,
                "command": command_name(moment.command) if moment.command else None,
                "event": moment.event.name.lower(),
                "sw": moment.sw,
                "record": moment.record or None,
                "torn": moment.torn,
                "decisions": _json_decisions(moment.decisions),
            }
            for moment in one.moments
        ],
    }


def _json_other(story: Story, one: Other) -> dict[str, object]:
    return {
        "file": one.path,
        "line": one.line,
        "date": one.date,
        "time": one.time,
        "amount": _money(story, one.amount),
        "atc": one.atc,
        "outcome": one.status,
        "reason": one.reason,
        "rule": one.rule,
        "began_with": _money(story, one.began_with),
        "ended_with": _money(story, one.ended_with),
        "certain": one.certain,
    }
