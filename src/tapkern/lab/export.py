"""Cases as a C program takes them: `kernel_c/tests/replay` runs them on any platform.

JSON Lines: a head with the number of cases; each configuration once, as the sealed image that a
device would hold; each case with its transactions, what the terminal did and was answered
(`recorded`) and the checks. Nothing here runs a kernel: images are sealed, and that is all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tapkern._numbers import Purpose, StartCode
from tapkern.errors import UsageError
from tapkern.lab.suite import Case, Document, Suite, TapSpec
from tapkern.params.loader import load_tables

FORMAT = "tapkern-recorded/1"
STARTS = {"A": StartCode.A, "B": StartCode.B}


def recorded_lines(suites: Iterable[Suite]) -> Iterator[str]:
    """The lines of the file. Cases without recorded steps (static cards) are left out.

    Errors: UsageError, for a configuration that is refused.
    """
    cases = [
        case for suite in suites for case in suite.cases if isinstance(case, Case) and case.recorded
    ]
    if not cases:
        raise UsageError("there is no recorded case in these suites")
    yield _line({"format": FORMAT, "cases": len(cases)})
    images: dict[str, int] = {}
    for case in cases:
        key = json.dumps(case.configuration, sort_keys=True)
        if key not in images:
            image = load_tables(case.configuration, label=f"{case.id} {case.terminal}").image
            yield _line({"image": len(images), "bytes": image.hex().upper()})
            images[key] = len(images)
        yield _line(_case(case, images[key]))


def _line(document: Document) -> str:
    return json.dumps(document, ensure_ascii=True) + "\n"


def _case(case: Case, image: int) -> Document:
    taps = []
    for number, (tap, steps) in enumerate(zip(case.taps, case.recorded, strict=True), 1):
        checks = [{"when": one.when, **one.body} for one in case.checks if one.tap == number]
        taps.append({**_tap(tap), "steps": steps, "checks": checks})
    return {"case": case.id, "image": image, "taps": taps}


def _tap(tap: TapSpec) -> dict[str, Any]:
    """The transaction as struct tapk_transaction holds it."""
    given = tap.transaction
    found: dict[str, Any] = {
        "transaction": {
            "purpose": int(Purpose[given["purpose"].upper()]),
            "start": int(STARTS[given["start"]]),
            **{name: given[name] for name in ("type", "exponent", "amount", "other")},
            **{name: given[name] for name in ("date", "time")},
            "currency": f"{given['currency']:04d}",
            "sequence": f"{given['sequence']:08d}",
        },
        "random": given["unpredictable"],
    }
    if tap.recovers:
        found["recovers"] = True
    if tap.damage is not None:
        found["damage"] = tap.damage
    return found
