"""Checks that follow from what the second terminal did: everything that is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.differential.allowed import ALLOWED
from vectors.build.documents import Document
from vectors.build.play import Played, PlayedTap

REFUSED = "refused"
"""The outcome of a call that is not taken (EP-004)."""
_OTHER_NAMES: dict[Any, list[Any]] = {}
for _oracle, _kernel in ALLOWED:
    _OTHER_NAMES.setdefault(_oracle, []).append(_kernel)
NOT_APPROVED = ("declined", "end_application", "try_again", "try_another_interface", REFUSED)


def checks(played: Played, *, record: bool = False) -> list[Document]:
    """The checks of a case. record: the data record too, which is long."""
    found: list[Document] = []
    for number, tap in enumerate(played.taps, 1):
        where: Document = {} if number == 1 else {"tap": number}
        found += [{**where, **one} for one in _tap(tap, record)]
    if played.card:
        where = {} if len(played.taps) == 1 else {"tap": len(played.taps)}
        found.append({**where, "card": {aid: dict(one) for aid, one in played.card.items()}})
    return found


def _tap(tap: PlayedTap, record: bool) -> Iterator[Document]:
    if tap.refused:
        yield {"field": "outcome", "is": REFUSED}
        yield {"apdus": []}
        return
    yield from _result(tap.result)
    if tap.result["status"] in NOT_APPROVED:
        yield {"field": "outcome", "is_not": "approved"}
    yield {"apdus": list(tap.commands)}
    if tap.result["field55"]:
        yield {"in": "field55", "objects": tap.result["field55"]}
    if record and tap.result["data_record"]:
        yield {"in": "data_record", "objects": tap.result["data_record"]}
    if tap.stored:
        yield {"stored": list(tap.stored)}
    if tap.looked_up:
        yield {"looked_up": list(tap.looked_up)}
    if tap.after_host is not None:
        for one in _result(tap.after_host):
            yield {"when": "after_host", **one}


def _result(result: dict[str, Any]) -> Iterator[Document]:
    yield {"field": "outcome", "is": result["status"]}
    yield {"field": "reason", "is": result["reason"]}
    yield _rule("rule", result["rule"])
    yield {"field": "cvm", "is": result["cvm"]}
    yield {"field": "oda", "is": result["oda"]}
    yield _rule("oda_rule", result["oda_rule"])
    yield {"field": "may_defer", "is": result["may_defer"]}
    yield {"field": "card_may_have_paid", "is": result["card_may_have_paid"]}
    yield {"field": "balance", "is": result["balance"]}
    yield {"field": "approval_code", "is": result["approval_code"]}


def _rule(name: str, rule: str | None) -> Document:
    """A rule has one name, or several where two sections name one event."""
    others = _OTHER_NAMES.get(rule, [])
    return {"field": name, "one_of": [rule, *others]} if others else {"field": name, "is": rule}
