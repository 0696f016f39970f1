"""What stands for a value in a traceback or a log does not say what a card or a file told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapkern.cli.decode import _Source
from tapkern.lab.results import CaseResult, Verdict
from tapkern.lab.stand import Observed, TapObserved
from tapkern.lab.suite import CardSpec, Case, Check, Primitive, Suite, load
from tapkern.params.loader import Configuration
from tapkern.params.source import Source
from tapkern.transaction import Transaction
from tests.secrets.numbers import find

PAN = "62000000" + "00000001016"
SUITES = Path(__file__).parents[2] / "vectors"


def told(value: object) -> list[object]:
    return list(find(repr(value)))


@pytest.mark.parametrize(
    "value",
    [
        Source("demo", Path(), {"exception": [{"pan": PAN}]}, None),
        Configuration(bytes.fromhex("5A0A" + PAN + "F"), "demo"),
        Transaction(amount=1, date="261121", time="101112", torn=bytes.fromhex("5454" + PAN + "F")),
        _Source("", "5A0A" + PAN + "F"),
        Check(id="1", tap=1, when="outcome", body={"looked_up": [[PAN, 1]]}),
        CardSpec(
            name="debit,fault=set:value=" + PAN,
            personalisation={"pan": PAN},
            transcript=(("00B2010C00", PAN + "F9000"),),
        ),
        Observed((TapObserved({"data_record": PAN + "F"}, {"pan": PAN}, looked_up=((PAN, 1),)),)),
        CaseResult(
            "QP-1", "suite", {"en": PAN}, "group", (), Verdict.INCONCLUSIVE, f"it died with {PAN}"
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_number_in_the_repr(value):
    assert not told(value)


def test_no_number_in_the_repr_of_any_suite():
    suites = load([str(SUITES)])
    kinds = {type(case) for suite in suites for case in suite.cases}
    assert kinds == {Case, Primitive} and all(isinstance(one, Suite) for one in suites)
    assert [suite.name for suite in suites if told(suite)] == []
