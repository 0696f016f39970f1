"""Suites in the making: terminals, cards and cases by name, played and written out.

    suite = SuiteBuilder("limits", "LM", en="Limits", zh="限额", groups={"ZDXE": Words("...", "...")})
    gate = suite.terminal("gate", {"combination": [combination(cvm_limit=None)]})
    suite.case("ZDXE", "CVM limit, one below", "低于持卡人验证限额一分", ["EP-018"],
               terminal=gate, card="debit", amount=29999, checks=ends("approved", ...))

A case without checks gets all that the second terminal tells of it (source "oracle"); one with
checks keeps exactly those (source "digest") and is played for its recorded steps only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vectors.build import base, expect
from vectors.build.documents import Document, merged, patch_between, plain
from vectors.build.play import CannotPlay, Played, play
from vectors.build.requires import requires

VERSION = "1.0.0"
SEED = 7
FIRST = 1001
"""The first number that `SuiteBuilder.case` gives in a group; the literal cases have smaller ones."""
REFERENCE = "tapkern digest (JR/T 0025, UICS, EMVCo C-7 as digested)"
MADE_BY = "vectors.build with the simulated card and the second terminal of tests/oracle"
VERIFIED = ["oracle", "tapkern 0.1.0"]


Names = dict[str, tuple[str | None, Document]]
"""Documents by name, each a patch of its parent."""


class Words(NamedTuple):
    """A text in English and Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case. terminal, card, others, host: names in its suite. taps: {transaction, ...}.

    checks: written out by the author (without `id`); empty: everything that the second terminal
    tells. more: checks besides. scripts: commands for taps that the second terminal does not play.
    record: the data record is checked too.
    """

    id: str
    title: Words
    requirements: tuple[str, ...]
    terminal: str
    card: str
    taps: tuple[Document, ...]
    host: str | None = None
    others: tuple[str, ...] = ()
    mutations: tuple[Document, ...] = ()
    surroundings: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    checks: tuple[Document, ...] = ()
    more: tuple[Document, ...] = ()
    scripts: tuple[tuple[str, ...] | None, ...] = ()
    record: bool = False
    cite_rules: bool = True

    @property
    def source(self) -> str:
        return "digest" if self.checks else "oracle"


@dataclass(frozen=True)
class Job:
    """A case with its documents, ready to be played anywhere."""

    case: Case
    terminal: Document
    cards: tuple[Document, ...]
    answer: str | None


class SuiteBuilder:
    """A suite: `terminal` and `card` name documents, `case` adds a case."""

    def __init__(
        self, name: str, letters: str, *, en: str, zh: str, groups: Mapping[str, Words]
    ) -> None:
        self.name, self.letters, self.title = name, letters, Words(en, zh)
        self.groups = dict(groups)
        self.flags: dict[str, Words] = {}
        self.cases: list[Case] = []
        self._terminals: Names = base.terminals()
        self._cards: Names = base.cards()
        self._numbers: dict[str, int] = {}

    def terminal(self, name: str, patch: Document, parent: str = "cn-retail") -> str:
        """Names a terminal: its parent after a merge patch. The same again is no mistake."""
        return _named(self._terminals, name, parent, plain(patch))

    def card(self, name: str, patch: Document, parent: str | None = "debit") -> str:
        """Names a card: its parent after a merge patch, or a document of its own."""
        return _named(self._cards, name, parent, plain(patch))

    def terminal_of(self, patch: Document, parent: str = "cn-retail") -> str:
        """A terminal whose name does not matter."""
        return self.terminal(_digest("t", parent, patch), patch, parent)

    def card_of(self, patch: Document, parent: str | None = "debit") -> str:
        """A card whose name does not matter."""
        return self.card(_digest("c", parent, patch), patch, parent)

    def terminal_like(self, document: Document, parent: str = "cn-retail") -> str:
        """A whole terminal, kept as its difference from the parent."""
        return self.terminal_of(patch_between(self.resolved_terminal(parent), plain(document)), parent)

    def document_named(self, kind: str, name: str) -> tuple[str | None, Document] | None:
        """The parent and the patch of a "terminal" or "card", None when there is none."""
        return (self._terminals if kind == "terminal" else self._cards).get(name)

    def resolved_terminal(self, name: str) -> Document:
        """The whole document of a terminal."""
        return _resolved(self._terminals, name)

    def resolved_card(self, name: str) -> Document:
        """The whole document of a card."""
        return _resolved(self._cards, name)

    def flag(self, name: str, en: str, zh: str) -> str:
        """An explained flag; the name is for `flags` of a case."""
        self.flags[name] = Words(en, zh)
        return name

    def case(
        self,
        group: str,
        en: str,
        zh: str,
        requirements: Iterable[str],
        *,
        terminal: str = "cn-retail",
        card: str = "debit",
        amount: int = 1250,
        transaction: Document | None = None,
        taps: Sequence[Document] = (),
        host: str | None = None,
        others: Sequence[str] = (),
        mutations: Sequence[Document] = (),
        surroundings: Mapping[str, Any] | None = None,
        flags: Sequence[str] = (),
        checks: Sequence[Document] = (),
        more: Sequence[Document] = (),
        scripts: Sequence[tuple[str, ...] | None] = (),
        record: bool = False,
        cite_rules: bool = True,
    ) -> Case:
        """Adds a case and gives it the next number of its group.

        transaction: what differs from base.transaction(amount); taps: instead of both, the
        transactions of several taps, as {"recovers", "damage", "transaction": what differs}.
        """
        if group not in self.groups:
            raise ValueError(f"{self.name} has no group {group}")
        self._numbers[group] = number = self._numbers.get(group, FIRST - 1) + 1
        case = Case(
            id=f"{self.letters}-{group}-{number:04}",
            title=Words(en, zh),
            requirements=tuple(requirements),
            terminal=terminal,
            card=card,
            taps=_taps(amount, transaction or {}, taps),
            host=host,
            others=tuple(others),
            mutations=tuple(plain(list(mutations))),
            surroundings=plain(surroundings or {}),
            flags=tuple(flags),
            checks=tuple(checks),
            more=tuple(more),
            scripts=tuple(scripts),
            record=record,
            cite_rules=cite_rules,
        )
        self.cases.append(case)
        return case

    def count(self, group: str) -> int:
        """How many cases a group has so far."""
        return self._numbers.get(group, FIRST - 1) - FIRST + 1

    def number(self, group: str, number: int) -> None:
        """The number behind FIRST that the next case of a group gets."""
        self._numbers[group] = FIRST + number - 1

    def jobs(self) -> list[Job]:
        """What has to be played, in the order of the cases."""
        return [
            Job(
                case,
                self.resolved_terminal(case.terminal),
                tuple(self.resolved_card(name) for name in (case.card, *case.others)),
                None if case.host is None else base.HOSTS[case.host]["answer"],
            )
            for case in self.cases
        ]

    def document(self, written: Sequence[Document]) -> Document:
        """The suite as a file holds it, of the cases that `written_case` has made."""
        used = [case for case in self.cases if case.id in {one["id"] for one in written}]
        cards = [name for case in used for name in (case.card, *case.others)]
        hosts = sorted({case.host for case in used if case.host is not None})
        groups = {case.id.split("-")[1] for case in used}
        flags = {flag for case in used for flag in case.flags}
        return {
            "format": "tapkern-suite/1",
            "suite": self.name,
            "version": VERSION,
            "title": self.title._asdict(),
            "licence": "Apache-2.0",
            "reference": REFERENCE,
            "made_by": MADE_BY,
            "seed": SEED,
            "groups": {name: one._asdict() for name, one in self.groups.items() if name in groups},
            "flags": {name: self.flags[name]._asdict() for name in sorted(flags)},
            "terminals": _kept(self._terminals, [case.terminal for case in used], "configuration"),
            "cards": _kept(self._cards, cards, "personalisation"),
            "hosts": {name: base.HOSTS[name] for name in hosts},
            "cases": list(written),
        }


def written_case(job: Job) -> Document:
    """A case as a file holds it: played by the second terminal, with its checks."""
    case = job.case
    try:
        played = play(
            job.terminal,
            job.cards,
            case.taps,
            mutations=case.mutations,
            surroundings=case.surroundings,
            answer=job.answer,
            scripts=case.scripts,
        )
    except CannotPlay as error:
        raise CannotPlay(f"{case.id} ({case.title.en}): {error}") from error
    checks = case.checks or (*expect.checks(played, record=case.record), *case.more)
    found: Document = {
        "id": case.id,
        "title": case.title._asdict(),
        "requirements": _requirements(case, played),
        "requires": requires(job.terminal, case.taps, played),
        "flags": list(case.flags),
        "source": case.source,
        "verified_by": VERIFIED,
        "terminal": case.terminal,
        "card": case.card,
        "host": case.host,
        "others": list(case.others),
        "mutations": list(case.mutations),
        "surroundings": dict(case.surroundings),
        "taps": _shortened(case.taps),
        "expect": [{"id": str(number), **one} for number, one in enumerate(checks, 1)],
        "recorded": [tap.steps for tap in played.taps],
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def _requirements(case: Case, played: Played) -> list[str]:
    """What the author cites, then the rules that the second terminal names."""
    found = list(case.requirements)
    if case.cite_rules:
        for tap in played.taps:
            for result in (tap.result, tap.after_host or {}):
                found += [result[name] for name in ("rule", "oda_rule") if result.get(name)]
    return list(dict.fromkeys(found))


def _taps(amount: int, changes: Document, taps: Sequence[Document]) -> tuple[Document, ...]:
    """Whole transactions: each tap is the first one with what differs."""
    first = {**base.transaction(amount), **changes}
    if not taps:
        return ({"transaction": first},)
    return tuple({**tap, "transaction": {**first, **tap.get("transaction", {})}} for tap in taps)


def _shortened(taps: Sequence[Document]) -> list[Document]:
    """The taps of a case: a later transaction tells only what differs from the first one."""
    first = taps[0]["transaction"]
    found = [taps[0]]
    for tap in taps[1:]:
        changes = patch_between(first, tap["transaction"])
        rest = {key: value for key, value in tap.items() if key != "transaction"}
        found.append({**rest, **({"transaction": changes} if changes else {})})
    return found


def _named(
    known: Names, name: str, parent: str | None, patch: Document
) -> str:
    if parent is not None and parent not in known:
        raise ValueError(f"{name}: nothing is called {parent}")
    if known.setdefault(name, (parent, patch)) != (parent, patch):
        raise ValueError(f"two different documents are called {name}")
    return name


def _digest(letter: str, parent: str | None, patch: Document) -> str:
    text = json.dumps([parent, plain(patch)], sort_keys=True)
    return f"{letter}{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _resolved(known: Names, name: str) -> Document:
    parent, patch = known[name]
    found: Document = merged({} if parent is None else _resolved(known, parent), patch)
    return found


def _kept(
    known: Names, names: Iterable[str], key: str
) -> Document:
    """The named documents and their parents."""
    wanted = set(names)
    for name in list(wanted):
        parent = known[name][0]
        while parent is not None:
            wanted.add(parent)
            parent = known[parent][0]
    found: Document = {}
    for name in known:
        if name in wanted:
            parent, patch = known[name]
            found[name] = {**({} if parent is None else {"parent": parent}), key: patch}
    return found
