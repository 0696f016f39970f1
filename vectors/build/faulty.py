"""Parts of cases from the catalogue of faults of the simulated card."""

from __future__ import annotations

from collections.abc import Iterator

from tapkern.card.faults import KINDS, Fault
from tapkern.card.faults.kinds import Case, Kind, Layer
from vectors.build.documents import Document
from vectors.build.faults_zh import NAMES
from vectors.build.grid import Part
from vectors.build.suite import SuiteBuilder

TWICE = {"replayed-signature", "replayed-tap", "replayed-cryptogram", "atc-stuck"}
"""Faults that show at the second tap of a card."""
AGAIN: tuple[Document, ...] = ({}, {"transaction": {"sequence": 8, "unpredictable": "90807060A1B2C3D4"}})


def flags(made: SuiteBuilder) -> None:
    """The flags that these parts carry."""
    made.flag("Forged", "What the card shows is not what issuer or card have signed: never approved.",
              "卡片所示与签名不符：绝不批准。")  # fmt: skip
    made.flag("Replay", "The card answers with data of an earlier tap.", "卡片重放以往交易的数据。")
    made.flag("Harmless", "Wrong in form, without effect: the tap ends as without it.",
              "形式有误但不影响交易结果。")  # fmt: skip


def parts(layer: Layer, *, sm: bool = False) -> Iterator[Part]:
    """Every fault of a layer with every value that attacks a rule of its own: RSA, or SM2."""
    for kind in KINDS.values():
        if kind.layer is layer and kind.name in NAMES:
            own = Case(rule=kind.rule, sm_rule=kind.sm_rule, harmless=kind.harmless)
            for case in (own, *kind.cases):
                if sm or not case.rule.startswith("SM-"):
                    yield _part(kind, case, sm)


def _part(kind: Kind, case: Case, sm: bool) -> Part:
    fault = str(Fault(kind.name, **case.values))
    values = fault.partition(":")[2]
    rule = case.sm_rule if sm and case.sm_rule else case.rule
    found = ["Replay"] if kind.name.startswith("replayed") else []
    found += ["Harmless"] if case.harmless else []
    if kind.layer in (Layer.CERTIFICATE, Layer.DYNAMIC) and not case.harmless and not found:
        found.append("Forged")
    said = f" ({values})" if values else ""
    return Part(
        f"{kind.meaning}{said}",
        f"{NAMES[kind.name]}{said.replace(' (', '（').replace(')', '）')}",
        rule if rule.count("-") == 1 else "",
        faults=(fault,),
        flags=tuple(found),
        taps=AGAIN if kind.name in TWICE else (),
    )

