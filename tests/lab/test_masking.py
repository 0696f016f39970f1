"""Masking of a report: what one card gives away is hidden everywhere, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tapkern.lab.masking import Masker, masked, masker
from tapkern.lab.results import CheckResult, Exchange
from tests.lab.reports import DISCRETIONARY, report, tlv

WRONG = "6200000000000003456"  # its check digit is wrong: it does not look like a card number
READ = "00B2010C00"


@pytest.fixture(scope="module")
def knowing() -> Masker:
    """A masker that has seen one record, with a number, a name and track 2 in it."""
    record = tlv("70", tlv("5A", WRONG + "F") + tlv("5F20", "5A48414E47") + tlv("93", "A1" * 64))
    track = tlv("70", tlv("57", f"{WRONG}D3012220123456789"))
    tap = tuple(Exchange(READ, answer + "9000", "answer") for answer in (record, track))
    small = report()
    return masker(replace(small, cases=(replace(small.cases[0], checks=(), exchanges=(tap,)),)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"lost {WRONG}.", "lost 620000*********3456."),
        (f"0A0{WRONG}7", "0A0620000*********34567"),
        (WRONG.encode().hex(), "*" * 38),
        ("name 5A48414E47!", "name **********!"),
        ("A1" * 64, "*" * 128),
        ("123456789", "*********"),
        ("4929000000006D30122200000000F", "492900***0006D3012220*******F"),
        ("saw 4929000000006", "saw 492900***0006"),
        ("000000001250", "000000001250"),
        ("9F02 000000009999 9F37 2B29EBE4", "9F02 000000009999 9F37 2B29EBE4"),
        ("", ""),
    ],
)
def test_texts(knowing, text, shown):
    assert knowing.text(text) == shown


def test_what_is_masked_stays_masked(knowing):
    once = knowing.text(f"lost {WRONG} and 5A48414E47")
    assert knowing.text(once) == once


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("6A82", "6A82"),
        (tlv("70", tlv("5F20", "41" * 6)) + "9000", "70095F2006************9000"),
        (tlv("70", tlv("93", "0B" * 4)) + "9000", "70069304********9000"),
        (tlv("70", tlv("9F4B", WRONG[:18])) + "9000", f"700C9F4B09{WRONG[:18]}9000"),
        ("700A5A0862", "*" * 6 + "0862"),  # cut off: nothing of it can be told apart
    ],
)
def test_answers(answer, shown):
    assert Masker(()).answer(READ, answer) == shown


def test_a_log_is_masked_by_its_digits(knowing):
    assert knowing.answer("00B2015C00", f"0102{WRONG}F9000") == "0102620000*********3456F9000"


def test_a_check_is_masked_by_its_tag():
    check = CheckResult("1", 1, "outcome", "data_record 9F1F", True, DISCRETIONARY, DISCRETIONARY)
    shown = Masker(()).check(check)
    assert (shown.expected, shown.found) == ("*" * 10, "*" * 10)
    shown = Masker(()).check(replace(check, what="data_record 9F36"))
    assert shown == replace(check, what="data_record 9F36")


def test_a_report_is_masked_as_a_whole():
    small = report()
    tap = (Exchange(READ, tlv("70", tlv("5A", WRONG + "F")) + "9000", "answer"),)
    telling = replace(small.cases[0], exchanges=(tap,))
    sent = replace(
        small.cases[1], reason=WRONG, title={"en": WRONG, "zh": WRONG},
        exchanges=((Exchange(f"00A404000A{WRONG}F00", "6A82", "answer"),),),
    )  # fmt: skip
    found = masked(replace(small, cases=(telling, sent))).cases[1]
    assert found.reason == found.title["en"] == found.title["zh"] == "620000*********3456"
    assert found.exchanges[0][0].command == "00A404000A620000*********3456F00"
    assert WRONG not in repr(found)


def test_what_the_values_hold_is_not_in_their_repr():
    case = report().cases[1]
    assert "6200" not in repr(case.checks) + repr(case.exchanges) + repr(masker(report()))
