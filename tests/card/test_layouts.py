"""Layouts build and parse the same bytes; real samples parse."""

from __future__ import annotations

from typing import Any

import pytest

from tapkern.card import layouts
from tapkern.issuer.layouts import (
    ISSUER_APPLICATION_DATA,
    SM2_CA_BODY,
    SM2_DYNAMIC_BODY,
    SM2_ICC_BODY,
    SM2_ISSUER_BODY,
    SM2_STATIC_BODY,
)

PPSE = (
    "6F30840E325041592E5359532E4444463031A51EBF0C1B61194F08A000000333010101"
    "500A50424F43204445424954870101"
)
FCI = (
    "6F3B8408A000000333010101A52F500A50424F432044454249548701019F3818"
    "9F66049F02069F03069F1A0295055F2A029A039C019F37045F2D027A68"
)


@pytest.mark.parametrize(
    ("layout", "sample"),
    [
        (layouts.PPSE_FCI, PPSE),
        (layouts.FCI, FCI),
        (layouts.FCI, "6F138405A000000333A50A500158BF0C04DF610141"),
        (layouts.AFL, "0801040110010100"),
        (layouts.CARD_AUTHENTICATION, "0111223344000000"),
        (layouts.LAST_RECORD, "9F690801112233440000009F7406454343303031"),
        (layouts.LAST_RECORD, "9F7406454343303031"),
        (layouts.TRACK2, "6200000000000123455D49122200000000"),
        (layouts.TRACK2, "620000000000001016D49122200000000F"),
        (ISSUER_APPLICATION_DATA, "07010103A00000010A010000038787868FD1FC"),
        (ISSUER_APPLICATION_DATA, "07010103900000010F0300000387870000000000868FD1FC"),
        (ISSUER_APPLICATION_DATA, "0701110390000001"),
        (ISSUER_APPLICATION_DATA, "07010103900000040A010000010000AABBCCDD"),
        (SM2_ISSUER_BODY, "1262000012123000010104001140" + "0F" * 64),
        (SM2_ICC_BODY, "146200001234567892FFFF123000020204001140" + "0F" * 64),
        (SM2_STATIC_BODY, "13DAC1"),
        (SM2_DYNAMIC_BODY, "1503020023"),
        (SM2_DYNAMIC_BODY, "152C020023801122334455667788" + "0F" * 32),
        (SM2_CA_BODY, "3101010000A000000333F71230041140" + "0F" * 64),
        (
            layouts.STATIC_RECORD,
            "5A0A6200000000000123455F5F24034912315F25032001015F280201569F0702FF009F08020030"
            "5F340101",
        ),
    ],
)
def test_sample_parses_and_builds_again(layout: Any, sample: str) -> None:
    assert layout.build(layout.parse(bytes.fromhex(sample))).hex().upper() == sample


def test_fields_are_where_they_belong() -> None:
    entry = layouts.PPSE_FCI.parse(bytes.fromhex(PPSE)).entries[0]
    assert (entry.aid.hex(), entry.label) == ("a000000333010101", "PBOC DEBIT")
    assert entry.kernel is None
    (afl,) = layouts.AFL.parse(bytes.fromhex("08010401"))
    assert (afl.sfi, afl.first, afl.last, afl.oda) == (1, 1, 4, 1)
    data = ISSUER_APPLICATION_DATA.parse(bytes.fromhex("07010103A00000010A010000038787868FD1FC"))
    assert data.discretionary.id == 1
    assert data.discretionary.amounts.hex() == "0000038787"
    assert data.discretionary.mac.hex() == "868fd1fc"


def test_wrong_optional_value_is_not_dropped_silently() -> None:
    with pytest.raises(Exception, match="ascii"):
        layouts.FCI.build(
            {
                "aid": b"12345",
                "proprietary": {
                    "label": "X",
                    "priority": None,
                    "pdol": None,
                    "language": "中文",
                    "issuer": None,
                },
            }
        )
