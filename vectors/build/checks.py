"""Checks of a case as literals: what a builder or an author writes out from the digest.

    checks=[*ends("declined", "expired", "QP-091"), never("outcome", "approved"), sends("00A404*")]

Numbers (`id`) are given when the suite is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vectors.build.documents import Document


def _at(tap: int, after_host: bool) -> Document:
    found: Document = {}
    if tap != 1:
        found["tap"] = tap
    if after_host:
        found["when"] = "after_host"
    return found


def equals(field: str, value: Any, *, tap: int = 1, after_host: bool = False) -> Document:
    """A field of the outcome has this value."""
    return {**_at(tap, after_host), "field": field, "is": value}


def one_of(field: str, *values: Any, tap: int = 1, after_host: bool = False) -> Document:
    """A field of the outcome has one of these values."""
    return {**_at(tap, after_host), "field": field, "one_of": list(values)}


def never(field: str, value: Any, *, tap: int = 1, after_host: bool = False) -> Document:
    """A field of the outcome has any other value: a must-not."""
    return {**_at(tap, after_host), "field": field, "is_not": value}


def ends(
    outcome: str,
    reason: str | None = None,
    rule: str | None = None,
    *,
    tap: int = 1,
    after_host: bool = False,
    **fields: Any,
) -> list[Document]:
    """How a tap ends: outcome, reason, rule; more fields by name (cvm="online_pin")."""
    words = {"outcome": outcome, "reason": reason, "rule": rule, **fields}
    return [
        equals(name, value, tap=tap, after_host=after_host)
        for name, value in words.items()
        if value is not None
    ]


def sends(*patterns: str, tap: int = 1) -> Document:
    """All commands of the tap in order; `?` is any digit, a trailing `*` any rest."""
    return {**_at(tap, False), "apdus": list(patterns)}


def command(number: int, pattern: str, *, tap: int = 1) -> Document:
    """The command with this number, from 1."""
    return {**_at(tap, False), "apdu": number, "matches": pattern}


def never_sends(pattern: str, *, tap: int = 1) -> Document:
    """No command of the tap is like this: a must-not."""
    return {**_at(tap, False), "no_apdu": pattern}


def holds(
    where: str, tag: str, value: str | None = None, *, tap: int = 1, after_host: bool = False
) -> Document:
    """field55 or data_record has this object; value in hexadecimal, None is any value."""
    wanted: Document = {"present": True} if value is None else {"is": value}
    return {**_at(tap, after_host), "in": where, "tag": tag, **wanted}


def lacks(where: str, tag: str, *, tap: int = 1, after_host: bool = False) -> Document:
    """field55 or data_record does not have this object."""
    return {**_at(tap, after_host), "in": where, "tag": tag, "absent": True}


def bits(where: str, tag: str, wanted: Mapping[str, int], *, tap: int = 1) -> Document:
    """Single bits of an object, as {"B2b8": 1}."""
    return {**_at(tap, False), "in": where, "tag": tag, "bits": dict(wanted)}


def objects(
    where: str, found: Sequence[tuple[str, str]], *, tap: int = 1, after_host: bool = False
) -> Document:
    """All objects of field55 or data_record, sorted by tag."""
    return {**_at(tap, after_host), "in": where, "objects": [list(one) for one in sorted(found)]}


def shows(*names: str, tap: int = 1) -> Document:
    """The messages that are shown, in order."""
    return {**_at(tap, False), "ui": list(names)}


def stores(*words: str, tap: int = 1) -> Document:
    """What the store is asked: keep, drop."""
    return {**_at(tap, False), "stored": list(words)}


def looks_up(*cards: tuple[str, int | None], tap: int = 1) -> Document:
    """The cards that the program is asked about: number and sequence number."""
    return {**_at(tap, False), "looked_up": [list(one) for one in cards]}


def card_has(aid: str, *, tap: int = 1, **counters: int) -> Document:
    """Counters of an application of the card afterwards (atc, balance in minor units ...)."""
    return {**_at(tap, False), "card": {aid: counters}}
