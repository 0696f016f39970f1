"""Data sets of authentication as cases: the verdict, the rule that fails, the card's number."""

from __future__ import annotations

from typing import Any

import pytest

from tapkern.errors import UsageError
from tapkern.lab import primitives
from tapkern.lab.results import Verdict
from tapkern.lab.suite import Primitive, parse
from tests.lab import documents
from tests.oracle import chain, vectors


def case(given: dict[str, Any], result: str, **output: object) -> Primitive:
    """A case of a suite that the schema takes."""
    document = documents.primitives() | {"operation": "authenticate"}
    (first,) = document["cases"]
    document["cases"] = [first | {"input": given, "result": result, "output": output}]
    (found,) = parse(document, "small.json").cases
    assert isinstance(found, Primitive)
    return found


def verdict(given: dict[str, Any], result: str, **output: object) -> Verdict:
    return primitives.run(case(given, result, **output))[0]


@pytest.mark.parametrize("make", [vectors.rsa_set, vectors.sm_set])
def test_a_set_that_is_right(make: Any) -> None:
    given = make("dda")
    number = chain.verify(given).number
    assert number is not None
    assert verdict(given, "valid", number=number.hex()) is Verdict.PASS
    assert verdict(given, "valid") is Verdict.PASS
    assert verdict(given, "valid", number="00" * len(number)) is Verdict.FAIL
    assert verdict(given, "invalid", rules=["DDA-003"]) is Verdict.FAIL


def test_a_set_that_is_wrong_names_its_rule() -> None:
    given = vectors.rsa_set("dda")
    given["terminal"] = given["terminal"] | {"ddol_data": "00" * 4}
    assert verdict(given, "invalid", rules=["DDA-003"]) is Verdict.PASS
    assert verdict(given, "invalid", rules=["DDA-002", "DDA-003"]) is Verdict.PASS
    assert verdict(given, "invalid") is Verdict.PASS
    assert verdict(given, "invalid", rules=["DDA-002"]) is Verdict.FAIL
    assert verdict(given, "valid") is Verdict.FAIL


@pytest.mark.parametrize(
    ("result", "output"),
    [("invalid", {"number": "00"}), ("valid", {"nmber": "00"}), ("invalid", {"rules": ["DDA"]})],
)
def test_outputs_that_no_set_has(result: str, output: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="output"):
        case(vectors.rsa_set("dda"), result, **output)
