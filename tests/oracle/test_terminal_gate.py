"""The TTQ that is chosen after SELECT: 30 section 16, TR-001, TR-002, TR-004, TR-005, TR-008."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.scripted import AID, Script, application, document, objects, run, short, ttq
from tests.oracle.terminal import Configuration

BASE, NEW, OLD = "26000080", "21800080", "28000080"
FIXED = {"ep.start_b_fixed": True}


def card(indicator: str | None, **more: Any) -> Script:
    """A card with this DF61 in its FCI."""
    issuer = b"" if indicator is None else objects(("DF61", indicator))
    return Script(fci={AID: application(issuer=issuer)}, **more)


@pytest.mark.parametrize(
    ("indicator", "sent"),
    [
        ("40", NEW), ("C0", NEW), ("42", NEW), ("FF", NEW), ("7F", NEW),
        ("BF", OLD), ("80", OLD), ("20", OLD), ("00", OLD), (None, OLD), ("", OLD), ("4000", OLD),
    ],
)  # fmt: skip
def test_df61_tells_new_cards(indicator: str | None, sent: str) -> None:
    """TR-001: b7 alone; an indicator of wrong length is none (TLV-034)."""
    for new, old in ((NEW, OLD), (NEW, None), (None, OLD), (None, None)):
        result = run(card(indicator), document(ttq=BASE, ttq_oda=new, ttq_old=old))
        assert ttq(result) == ((new if sent == NEW else old) or BASE)


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (1250, {"40": NEW, "00": OLD}),
        (20001, {"40": NEW, "00": "28800080"}),  # above the floor limit
        (30000, {"40": "21C00080", "00": "28C00080"}),  # and a cardholder to be verified
        (0, {"40": NEW, "00": "28800080"}),  # TR-008, EP-021
    ],
)
def test_what_the_amount_demands_is_sent(amount: int, sent: dict[str, str]) -> None:
    """TR-005: B2b8 and B2b7 of pre-processing are never cleared."""
    settings = document(ttq=BASE, ttq_oda=NEW, ttq_old=OLD)
    for indicator, expected in sent.items():
        assert ttq(run(card(indicator), settings, amount=amount)) == expected


def test_an_unknown_fare_may_be_refused() -> None:
    """TR-008, EP-013: before any card is asked for."""
    result = run(card("40"), document(ttq=BASE, ttq_oda=NEW, zero_amount=False), amount=0)
    assert short(result)[2] == "EP-024" and not result.commands


def test_a_fixed_fare_is_chosen_too() -> None:
    """EP-004, TR-005: Start B sends the configured bits, whatever the choice says."""
    settings = document(switches=FIXED, ttq="26C00080", ttq_old=OLD, floor_limit=1, cvm_limit=1)
    assert ttq(run(card("00"), settings, start="B")) == "28C00080"
    assert ttq(run(card("40"), settings, start="B")) == "26C00080"


def test_the_chosen_bits_decide() -> None:
    """TR-002, TR-003, TR-004: ODA for online by the chosen B1b1, no online by the chosen B1b4."""
    request = {"cid": "80", "iad": "07010103A00000"}
    settings = document(ttq=BASE, ttq_oda=NEW, ttq_old=OLD)
    assert short(run(card("40", **request), settings)) == (
        "online_request", "online_authenticated", "QP-125"
    )  # fmt: skip
    assert short(run(card("00", **request), settings)) == ("declined", "offline_only", "TTQ-004")
    assert short(run(card("00"), settings)) == ("approved", "approved_offline", "QP-120")


@pytest.mark.parametrize(
    ("profile", "base", "new", "old", "more", "problem"),
    [
        ("uics-2018", BASE, NEW, OLD, {}, ""),
        ("c7", BASE, "61000080", "61000080", {}, ""),
        ("uics-2018", None, NEW, None, {}, "TR-005"),
        ("uics-2018", BASE, "21C00080", None, {}, "TR-005"),
        ("uics-2018", BASE, "21804080", None, {}, "TR-005"),
        ("uics-2018", BASE, "21800000", None, {}, "TR-005"),
        ("uics-2018", BASE, None, "26200080", {}, "TR-005"),
        ("uics-2018", "26400080", None, "26400080", FIXED, "TR-005"),
        ("uics-2018", "26400080", None, BASE, FIXED, ""),
        ("uics-2018", BASE, None, "06000080", {}, "EP-026"),
        ("uics-2018", BASE, "20800080", None, {}, "TR-002"),
        ("uics-2018", BASE, "41800080", None, {}, "TR-002"),
        ("jrt0025-2013", BASE, NEW, None, {}, "RFU"),
        ("jrt0025-2013", BASE, None, "21000080", {}, "RFU"),
        ("jrt0025-2013", BASE, None, OLD, {}, ""),
        ("uics-2018", BASE, NEW, None, {"qp.deferred_auth": True}, ""),
        ("uics-2018", "21000080", "29000080", None, {"qp.deferred_auth": True}, "QP-125"),
        ("uics-2018", BASE, None, "21000080", {"qp.deferred_auth": True}, "QP-125"),
    ],
)
def test_which_choices_a_configuration_takes(
    profile: str, base: str | None, new: str | None, old: str | None, more: dict[str, Any],
    problem: str,
) -> None:  # fmt: skip
    settings = document(switches=more, profile=profile, ttq=base, ttq_oda=new, ttq_old=old)
    if not problem:
        assert Configuration.from_document(settings)
        return
    with pytest.raises(ValueError, match=problem):
        Configuration.from_document(settings)
