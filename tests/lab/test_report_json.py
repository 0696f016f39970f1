"""The JSON report fits its published schema, and the schema refuses what is no report."""

from __future__ import annotations

import copy
import json

import pytest

from tapkern.errors import UsageError
from tapkern.lab.results import Verdict
from tapkern.lab.schema_check import check_schema
from tests.lab import reports


@pytest.mark.parametrize("evidence", [(), (Verdict.FAIL,), tuple(Verdict)])
def test_a_report_fits_the_schema(evidence):
    found = json.loads(json.dumps(reports.report().to_json(evidence=evidence)))
    check_schema("report", found, "report")
    assert sum("exchanges" in case for case in found["cases"]) == sum(
        case.verdict in evidence for case in reports.report().cases
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("summary", "cases"), -1),
        (("kernel", "identity"), None),
        (("suites", 0, "digest"), "12"),
        (("started",), "yesterday"),
        (("cases", 0, "verdict"), "passed"),
        (("cases", 0, "checks", 0, "passed"), "yes"),
        (("cases", 0, "exchanges", 0, 0, 0), "not hexadecimal"),
        (("cases", 0, "more"), 1),
        (("format",), "tapkern-report/2"),
    ],
)
def test_what_is_no_report_is_refused(path, value):
    found = copy.deepcopy(reports.report().to_json(evidence=tuple(Verdict)))
    found = json.loads(json.dumps(found))
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(UsageError):
        check_schema("report", found, "report")
