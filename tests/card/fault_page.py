"""The tables of docs/faults.md, out of the catalogue and of taps.

`python -m tests.card.fault_page` writes them into the page; a test compares.
"""

from __future__ import annotations

from pathlib import Path

from tapkern.card import Fault
from tapkern.card.faults import KINDS
from tapkern.card.faults.kinds import Case, Kind, Layer
from tests.card.fault_taps import cases, run, settings

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
MARK = "<!-- from here on generated: python -m tests.card.fault_page -->\n"
TITLES = {
    Layer.FIELD: "The field and whole answers",
    Layer.TLV: "Objects",
    Layer.CERTIFICATE: "What the issuer signs, and the form of what the card signs",
    Layer.DYNAMIC: "What the card computes at a tap",
}


def tables() -> str:
    """Everything behind the mark."""
    tried = list(cases())
    text = ""
    for layer, title in TITLES.items():
        text += (
            f"\n## {title}\n\n| fault | what the card does | parameters |\n| --- | --- | --- |\n"
        )
        text += "".join(_row(kind) for kind in KINDS.values() if kind.layer is layer)
        text += "\n| tried | attacks | end of the tap | why no harm |\n| --- | --- | --- | --- |\n"
        text += "".join(_effects(fault, case) for fault, case in tried if fault.kind.layer is layer)
    return text


def _row(kind: Kind) -> str:
    parameters = "; ".join(
        f"`{one.name}` {one.meaning}" + (f" ({one.show(one.default)})" if one.default else "")
        for one in kind.parameters
    )
    return f"| `{kind.name}` | {kind.meaning} | {parameters or '–'} |\n"


def _effects(fault: Fault, case: Case) -> str:
    rows = ""
    for rule, setting in settings(fault.kind, case).items():
        seen = run(setting, (fault,))
        end = f"{seen.outcome.status.value}: {seen.outcome.reason}"
        rows += f"| `{fault}` | {rule} | {end} | {case.harmless or '–'} |\n"
    return rows


def main() -> None:
    """Writes the tables into the page."""
    head = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    PAGE.write_text(head + MARK + tables(), encoding="utf-8")


if __name__ == "__main__":
    main()
