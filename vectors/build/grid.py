"""Cases from parts: each part says what is different and how that is called in two languages.

    add(made, "ZTZM", Part("GPO 6985", "GPO返回6985", "QP-052", mutations=(status("gpo", "6985"),)), NO_CONTACT)
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vectors.build.base import combination
from vectors.build.documents import Document, merged, plain
from vectors.build.suite import Case, SuiteBuilder


@dataclass(frozen=True)
class Part:
    """What is different in a case. en, zh: parts of its title, "" for what is not worth saying.

    ids: what it exercises, apart by spaces. one: over every combination; more: further
    combinations; switches: of every combination; term: over [terminal]; config: over the whole
    configuration; sm: the terminal has SM2 keys. card: a ready card, whole: a card of its own
    named by `card`; app, purse: over its first application, None takes a key out of a whole one; face: over the card file; faults: by name. host, around, taps, others as in
    `SuiteBuilder.case`; tx: over the transaction. aside: said behind the rest of the title.
    """

    en: str = ""
    zh: str = ""
    ids: str = ""
    one: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[Document, ...] = ()
    switches: Mapping[str, Any] = field(default_factory=dict)
    term: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    sm: bool = False
    card: str = ""
    whole: Mapping[str, Any] | None = None
    app: Mapping[str, Any] = field(default_factory=dict)
    purse: Mapping[str, Any] = field(default_factory=dict)
    face: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    mutations: tuple[Document, ...] = ()
    amount: int = -1
    tx: Mapping[str, Any] = field(default_factory=dict)
    around: Mapping[str, Any] = field(default_factory=dict)
    host: str | None = None
    taps: tuple[Document, ...] = ()
    others: tuple[Document, ...] = ()
    flags: tuple[str, ...] = ()
    record: bool = False
    aside: bool = False


def add(made: SuiteBuilder, group: str, *parts: Part) -> Case:
    """A case of parts; a later part wins over an earlier one."""
    said = [part for part in parts if part.en and not part.aside]
    aside = [part for part in parts if part.en and part.aside]
    terminal, card = _terminal(made, parts), _card(made, parts)
    amounts = [part.amount for part in parts if part.amount >= 0]
    hosts = [part.host for part in parts if part.host is not None]
    return made.case(
        group,
        _title([part.en for part in said], [part.en for part in aside], ", ", " ({})"),
        _title([part.zh for part in said], [part.zh for part in aside], "，", "（{}）"),
        list(dict.fromkeys(one for part in parts for one in part.ids.split())),
        terminal=terminal,
        card=card,
        amount=amounts[-1] if amounts else 1250,
        transaction=_over(part.tx for part in parts),
        taps=[tap for part in parts for tap in part.taps],
        host=hosts[-1] if hosts else None,
        others=[_other(made, other) for part in parts for other in part.others],
        mutations=[one for part in parts for one in part.mutations],
        surroundings=_over(part.around for part in parts),
        flags=list(dict.fromkeys(flag for part in parts for flag in part.flags)),
        record=any(part.record for part in parts),
    )


def _title(said: Sequence[str], aside: Sequence[str], comma: str, brackets: str) -> str:
    end = brackets.format(comma.join(aside)) if aside else ""
    return comma.join(said) + end


def grid(
    made: SuiteBuilder, group: str, *axes: Sequence[Part], scenery: Sequence[Part] = (Part(),)
) -> None:
    """Every combination of one part from each axis; each case has the next scenery."""
    begun = made.count(group)
    for number, parts in enumerate(itertools.product(*axes), begun):
        add(made, group, scenery[number % len(scenery)], *parts)


def _over(documents: Iterable[Mapping[str, Any]]) -> Document:
    """Later documents over earlier ones; None stays, for it takes a key out of what comes under."""
    found: Document = {}
    for one in documents:
        for key, value in one.items():
            both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
            found[key] = _over((found[key], value)) if both else value
    return found


def _terminal(made: SuiteBuilder, parts: Sequence[Part]) -> str:
    one, switches = _over(p.one for p in parts), _over(p.switches for p in parts)
    term, config = _over(p.term for p in parts), _over(p.config for p in parts)
    more = _distinct(one, [other for part in parts for other in part.more])
    parent = "cn-retail-sm" if any(part.sm for part in parts) else "cn-retail"
    patch: Document = {}
    if one or switches or more:
        first = merged(combination(), {**one, **({"switches": switches} if switches else {})})
        patch["combination"] = [first, *more]
    if term:
        patch["terminal"] = term
    patch |= config
    if not patch:
        return parent
    said = {**one, **switches, **term, **config, **({"combinations": len(more)} if more else {})}
    return made.terminal(_name(made, "terminal", parent, said, patch, parent), patch, parent)


def _distinct(one: Document, more: Sequence[Document]) -> list[Document]:
    """Of combinations with the same AID and kernel the last one; none beside the first of all."""
    found = {(other["aid"], other.get("kernel", 7)): other for other in more}
    first = combination()
    found.pop((one.get("aid", first["aid"]), one.get("kernel", first["kernel"])), None)
    return list(found.values())


def _card(made: SuiteBuilder, parts: Sequence[Part]) -> str:
    named = [part for part in parts if part.card]
    base, whole = (named[-1].card, named[-1].whole) if named else ("debit", None)
    patch: Document = _over(p.face for p in parts)
    app, purse = _over(p.app for p in parts), _over(p.purse for p in parts)
    if purse:
        app = {**app, "purse": purse}
    faults = [fault for part in parts for fault in part.faults]
    if faults:
        patch["faults"] = faults
    if whole is not None:
        return _whole(made, base, whole, app, patch)
    if app:
        first, *rest = made.resolved_card(base).get("application", [{}])
        patch["application"] = [_over((first, app)), *rest, *patch.get("application", [])]
    if not patch:
        return base
    said = {**app, **purse, **({"fault": "+".join(faults)} if faults else {})}
    said.pop("purse", None)
    return made.card(_name(made, "card", base, said, patch, base), patch, base)


def _whole(
    made: SuiteBuilder, name: str, whole: Mapping[str, Any], app: Document, patch: Document
) -> str:
    """A card whose first application is changed, told as a document of its own."""
    first, *rest = whole["application"]
    document = {**whole, "application": [merged(first, app), *rest], **patch}
    said = {**app, **patch}
    return made.card(_name(made, "card", name, said, document, None), document, None)


def _other(made: SuiteBuilder, patch: Document) -> str:
    """A card that comes besides: {"card": ready card, ...} and what is over it."""
    rest = {key: value for key, value in patch.items() if key != "card"}
    base = patch.get("card", "debit")
    return made.card(_name(made, "card", base, rest, rest, base), rest, base) if rest else base


def _name(
    made: SuiteBuilder,
    kind: str,
    start: str,
    said: Mapping[str, Any],
    patch: Document,
    parent: str | None,
) -> str:
    """A name that tells what is different, and differs where the documents do."""
    words = [f"{key.split('.')[-1]}={_short(value)}" for key, value in said.items()]
    name = ",".join([start, *words])
    if len(name) > 72:
        name = name[:69].rstrip(",=") + "…"
    document = plain(patch)
    for number in itertools.count(1):
        found = name if number == 1 else f"{name}#{number}"
        known = made.document_named(kind, found)
        if known is None or known == (parent, document):
            return found
    raise AssertionError


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return str(len(value)) if value and isinstance(value[0], dict) else "+".join(map(str, value))
    if isinstance(value, dict):
        return "+".join(value)
    return re.sub(r"\s+", "-", str(value))


# Mutations in short.


def status(at: str, word: str, **more: Any) -> Document:
    """An answer is this status word alone (keep: with its data)."""
    return {"kind": "status", "at": at, "value": word, **more}


def put(at: str, tag: str, value: str, **more: Any) -> Document:
    """An object has another value, or is there where it was not; in every presentment."""
    return {"kind": "set", "at": at, "tag": tag, "value": value, "always": True, **more}


def without(at: str, tag: str, **more: Any) -> Document:
    """An object is missing in every presentment."""
    return {"kind": "drop", "at": at, "tag": tag, "always": True, **more}


def leaves(
    at: str, *, before: bool = False, mute: bool = False, since: int = 1, **more: Any
) -> Document:
    """The card is gone at a command, or stays and says nothing; since: from this presentment on."""
    later = {"from": since} if since > 1 else {}
    return {"kind": "mute" if mute else "leave", "at": at, "before": before, **later, **more}
