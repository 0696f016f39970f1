"""Vector suites: what their files say, as values. vectors/README.md describes the format.

Names are resolved here: a case holds its whole terminal configuration and its cards, a child being
its parent after a JSON merge patch (RFC 7386). Nothing here knows a kernel.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapkern.errors import UsageError
from tapkern.lab.schema_check import check_schema

Document = Mapping[str, Any]
Words = Mapping[str, str]
"""A text in "en" and "zh"."""

SUITE, PRIMITIVES = "tapkern-suite/1", "tapkern-primitives/1"
NO_CASES = ("tapkern-manifest/1", "tapkern-errata/1")
DEFAULTS = {
    "amount": 0, "other": 0, "type": 0, "currency": 156, "exponent": 2, "date": "261121",
    "time": "101112", "sequence": 1, "unpredictable": "0102030405060708", "start": "A",
    "purpose": "payment",
}  # fmt: skip
"""A transaction where a case says nothing."""


@dataclass(frozen=True, slots=True)
class TapSpec:
    """A tap: the whole transaction with `unpredictable` (16 hex digits), `start`, `purpose`.

    recovers: it gets the record that the store has kept, with bit number `damage` of it wrong.
    """

    transaction: Document
    recovers: bool = False
    damage: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """An expectation as the file has it: body without `id`, `tap` and `when`."""

    id: str
    tap: int
    when: str
    body: Document = field(repr=False)  # it may name a card number


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every case has. group: the middle of its id."""

    id: str
    suite: str
    title: Words = field(repr=False)  # as the name of a card, it may say what an object holds
    requirements: tuple[str, ...]
    requires: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    source: str
    verified_by: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """Pinyin initials of the group."""
        return self.id.split("-")[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSpec:
    """A card: a card file as a document, or a transcript (patterns of commands, answers)."""

    name: str = field(repr=False)
    personalisation: Document | None = field(default=None, repr=False)
    transcript: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Entry):
    """Taps of a card at a terminal. cards: the card, then the others; host: the response code to an
    online request, "" for not reached, None when nobody asks; recorded: steps of each tap."""

    terminal: str
    configuration: Document = field(repr=False)
    cards: tuple[CardSpec, ...]
    host: str | None = None
    host_name: str = ""
    mutations: tuple[Document, ...] = field(default=(), repr=False)
    surroundings: Document = field(default_factory=dict, repr=False)
    taps: tuple[TapSpec, ...]
    checks: tuple[Check, ...]
    recorded: tuple[tuple[tuple[Any, ...], ...], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive(Entry):
    """One operation with its input. result: "valid" or "invalid"."""

    operation: str
    input: Document = field(repr=False)
    result: str
    output: Document = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A file of cases. digest: SHA-256 of its bytes."""

    path: str
    format: str
    name: str
    version: str
    title: Words
    licence: str
    reference: str
    made_by: str
    seed: int | None
    flags: Mapping[str, Words]
    groups: Mapping[str, Words]
    digest: str
    cases: tuple[Case | Primitive, ...]


def load(paths: Sequence[str | Path]) -> tuple[Suite, ...]:
    """The suites of files and folders, in the order of their names.

    In a folder every *.json is looked at. Errors: UsageError, with the file and the JSON pointer.
    """
    found = tuple(suite for path in files(paths) if (suite := read(path)) is not None)
    suites: dict[str, str] = {}
    cases: dict[str, str] = {}
    for suite in found:
        if suite.name in suites:
            what = f"the suite {suite.name} is in {suites[suite.name]} too"
            raise UsageError(what, suite.path, "name each file once")
        suites[suite.name] = suite.path
        for number, case in enumerate(suite.cases):
            if case.id in cases:
                what = f"the id {case.id} is used in {cases[case.id]} too"
                raise UsageError(what, _at(suite.path, "cases", number))
            cases[case.id] = suite.path
    if not found:
        where = ", ".join(map(str, paths))
        raise UsageError("there is no suite", where, "name a file or folder with *.json suites")
    return found


def files(paths: Sequence[str | Path]) -> list[Path]:
    """The files that are named, and every *.json in the folders. Errors: UsageError."""
    found: list[Path] = []
    for one in paths:
        path = Path(one)
        if path.is_dir():
            found += sorted(path.rglob("*.json"))
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError("there is no such file or folder", str(one))
    return list(dict.fromkeys(found))


def read(path: Path) -> Suite | None:
    """The suite of a file; None when the file belongs to suites but holds no cases.

    Errors: UsageError.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", str(path)) from None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}", str(path)) from None
    form = document.get("format") if isinstance(document, dict) else None
    if form in NO_CASES or (form is None and isinstance(document, dict) and "$schema" in document):
        return None
    if form not in (SUITE, PRIMITIVES):
        known = ", ".join((SUITE, PRIMITIVES, *NO_CASES))
        raise UsageError(f"the format {form!r} is none of a suite", str(path), f"known: {known}")
    return parse(document, str(path), hashlib.sha256(raw).hexdigest())


def parse(document: Document, path: str, digest: str = "") -> Suite:
    """A suite from its document; path names it in messages. Errors: UsageError."""
    check_schema("suite" if document["format"] == SUITE else "primitives", document, path)
    make = _cases if document["format"] == SUITE else _primitives
    suite = Suite(
        path=path,
        name=document["suite"],
        **{key: document[key] for key in ("format", "version", "title", "licence", "made_by")},
        **{key: document[key] for key in ("flags", "groups")},
        reference=document.get("reference", ""),
        seed=document.get("seed"),
        digest=digest,
        cases=tuple(make(document, path)),
    )
    for number, case in enumerate(suite.cases):
        _known(case, suite, _at(path, "cases", number))
    return suite


def _at(path: str, *steps: str | int) -> str:
    """File and JSON pointer."""
    words = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return f"{path}#/" + "/".join(words)


def _known(case: Entry, suite: Suite, where: str) -> None:
    if case.group not in suite.groups:
        raise UsageError(f"the group {case.group} is not in groups", where)
    for flag in case.flags:
        if flag not in suite.flags:
            raise UsageError(f"the flag {flag} is not explained in flags", where)


def _entry(case: Document, suite: str) -> dict[str, Any]:
    lists = ("requirements", "requires", "flags", "verified_by")
    return {
        **{key: case[key] for key in ("id", "title", "source")},
        **{key: tuple(case.get(key, ())) for key in lists},
        "suite": suite,
    }


def _primitives(document: Document, path: str) -> Iterator[Primitive]:
    for case in document["cases"]:
        yield Primitive(
            **_entry(case, document["suite"]),
            operation=document["operation"],
            input=case["input"],
            result=case["result"],
            output=case.get("output", {}),
        )


def _cases(document: Document, path: str) -> Iterator[Case]:
    names = _Names(document, path)
    for number, case in enumerate(document["cases"]):
        where = _at(path, "cases", number)
        names_of_cards = (case["card"], *case.get("others", ()))
        host = names.host(case["host"], where) if "host" in case else None
        taps = tuple(_taps(case["taps"]))
        yield Case(
            **_entry(case, document["suite"]),
            terminal=case["terminal"],
            configuration=names.terminal(case["terminal"], where),
            cards=tuple(names.card(name, where) for name in names_of_cards),
            host=host,
            host_name=case.get("host", ""),
            mutations=tuple(case.get("mutations", ())),
            surroundings=case.get("surroundings", {}),
            taps=taps,
            checks=_checks(case["expect"], len(taps), where),
            recorded=tuple(tuple(map(tuple, tap)) for tap in case.get("recorded", ())),
        )


def _taps(taps: Sequence[Document]) -> Iterator[TapSpec]:
    """The first tap is whole; a later one says what differs from the first."""
    first = {**DEFAULTS, **taps[0]["transaction"]}
    for tap in taps:
        whole = {**first, **tap["transaction"]}
        yield TapSpec(whole, tap.get("recovers", False), tap.get("damage"))


def _checks(checks: Sequence[Document], taps: int, where: str) -> tuple[Check, ...]:
    found: list[Check] = []
    for number, check in enumerate(checks):
        body = {key: value for key, value in check.items() if key not in ("id", "tap", "when")}
        one = Check(check["id"], check.get("tap", 1), check.get("when", "outcome"), body)
        if one.id in (before.id for before in found):
            raise UsageError(f"the check {one.id} is there twice", f"{where}/expect/{number}")
        if one.tap > taps:
            raise UsageError(f"the case has no tap {one.tap}", f"{where}/expect/{number}/tap")
        found.append(one)
    for tap in range(1, taps + 1):
        if not any(one.tap == tap and one.body.get("field") == "outcome" for one in found):
            raise UsageError(f"no check is about the outcome of tap {tap}", f"{where}/expect")
    return tuple(found)


class _Names:
    """Terminals, cards and hosts of a suite by name, resolved when first needed."""

    def __init__(self, document: Document, path: str) -> None:
        self._document = document
        self._path = path
        self._terminals: dict[str, Document] = {}
        self._cards: dict[str, CardSpec] = {}

    def terminal(self, name: str, where: str) -> Document:
        """The configuration of a terminal."""
        if name not in self._terminals:
            self._terminals[name] = self._resolved("terminals", "configuration", name, where)
            self._own(self._terminals[name].get("ca_key", ()), "file", "terminals", name)
        return self._terminals[name]

    def card(self, name: str, where: str) -> CardSpec:
        """A card."""
        if name not in self._cards:
            table = self._entry("cards", name, where)
            if "transcript" in table:
                lines = tuple((command, answer) for command, answer in table["transcript"])
                self._cards[name] = CardSpec(name=name, transcript=lines)
            else:
                found = self._resolved("cards", "personalisation", name, where)
                self._own((found,), "issuer_file", "cards", name)
                self._cards[name] = CardSpec(name=name, personalisation=found)
        return self._cards[name]

    def host(self, name: str, where: str) -> str:
        """The answer of a host."""
        answer: str = self._entry("hosts", name, where)["answer"]
        return answer

    def _entry(self, kind: str, name: str, where: str) -> Document:
        table: Mapping[str, Document] = self._document[kind]
        if name not in table:
            raise UsageError(f"{name!r} is not in {kind}", where)
        return table[name]

    def _resolved(self, kind: str, key: str, name: str, where: str) -> Document:
        """The document of a name: those of its parents below its own."""
        chain = [name]
        while (parent := self._entry(kind, chain[-1], where).get("parent")) is not None:
            where = _at(self._path, kind, chain[-1], "parent")
            if parent in chain:
                loop = " → ".join((*chain, parent))
                raise UsageError(f"a loop of parents: {loop}", where)
            chain.append(parent)
        found: Any = {}
        for one in reversed(chain):
            entry = self._entry(kind, one, where)
            if key not in entry:
                raise UsageError(f"{one!r} has no {key}", _at(self._path, kind, one))
            found = merge_patch(found, entry[key])
        document: Document = found
        return document

    def _own(self, tables: Sequence[Document], key: str, kind: str, name: str) -> None:
        """A suite is whole in its file: what it needs is of the package or written out."""
        for table in tables:
            reference = table.get(key, "tapkern:")
            if not (isinstance(reference, str) and reference.startswith("tapkern:")):
                what = f"{key} names a file outside of the suite"
                raise UsageError(what, _at(self._path, kind, name), "write it out")


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: objects merge, everything else replaces, null removes."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
