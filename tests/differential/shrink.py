"""Makes a case that differs short: leaves out what the difference does not need."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tapkern.errors import UsageError
from tests.differential.compare import compare
from tests.differential.documents import Case, Document
from tests.differential.run import both
from tests.differential.sides import Refused, Terminals

TRIES = 1500
"""Most taps that one case is worth."""

PLAIN: dict[str, Any] = {"amount": 1, "sequence": 1, "unpredictable": "00" * 8, "card_random": 0}
"""Values of a transaction that say nothing."""


def kind_of(one: Case, second: Terminals) -> tuple[str, ...] | None:
    """The kind of difference of a case; () for none, None for a case that cannot be run."""
    try:
        items = compare(*both(one, second))
    except (UsageError, Refused, KeyError):
        return None
    return tuple(item.kind for item in items)


def shrink(one: Case, second: Terminals, tries: int = TRIES) -> Case:
    """A shorter case with the same kind of difference; the case itself when it has none."""
    wanted = kind_of(one, second)
    if not wanted:
        return one
    left = tries
    again = True
    while again:
        again = False
        for shorter in _shorter(one):
            left -= 1
            if left < 0:
                return one
            if kind_of(shorter, second) == wanted:
                one, again = shorter, True
                break
    return one


def _shorter(one: Case) -> Iterator[Case]:
    """The case with one thing less, big things first."""
    for number in range(len(one.mutations)):
        rest = one.mutations[:number] + one.mutations[number + 1 :]
        yield one.replaced(mutations=rest)
    for part in ("terminal", "card", "tap"):
        for document in _without(getattr(one, part)):
            yield one.replaced(**{part: document})
    for number, mutation in enumerate(one.mutations):
        for document in _without(mutation):
            changed = (*one.mutations[:number], document, *one.mutations[number + 1 :])
            yield one.replaced(mutations=changed)
    for key, value in PLAIN.items():
        if key in one.tap and one.tap[key] != value:
            yield one.replaced(tap={**one.tap, key: value})


def _without(document: Document) -> Iterator[Document]:
    """The document without one key, table or list entry, outer ones first."""
    for path in sorted(_paths(document), key=len):
        shorter = copy.deepcopy(document)
        inner: Any = shorter
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        yield shorter


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in entries:
        yield (step,)
        if isinstance(inner, dict | list):
            for path in _paths(inner):
                yield (step, *path)
