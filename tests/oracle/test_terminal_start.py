"""Start B for a fixed amount in the second terminal, and limits that change places."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.scripted import AID, Script, directory, document, entry, run, short, ttq
from tests.oracle.terminal import CallRefused

CREDIT = "A000000333010102"
ON = {"ep.start_b_fixed": True}
SWAP = {"param.swap_df19_df20": True}
PLAIN, ONLINE, CVM, BOTH = "36004080", "36804080", "36404080", "36C04080"
NOT_ALLOWED = ("try_another_interface", "not_allowed", "EP-024")
P12 = {"ep.selection": "p12"}


def fixed(qualifiers: str | None = PLAIN, **combination: Any) -> dict[str, Any]:
    """One combination for start B; limits 200, 5000 and 300 in major units."""
    switches = {**ON, **combination.pop("switches", {})}
    return document(ttq=qualifiers, switches=switches, **combination)


def taken(config: dict[str, Any], **transaction: Any) -> bool:
    """Whether start B is; a call that is refused has met no card."""
    script = Script()
    try:
        result = run(script, config, start="B", **transaction)
    except CallRefused:
        assert not script.count
        return False
    assert result.commands
    return True


@pytest.mark.parametrize(
    ("amount", "qualifiers", "more", "allowed"),
    [
        (20000, PLAIN, {}, True),  # EP-015
        (20001, PLAIN, {}, False),
        (20001, ONLINE, {}, True),  # EP-019
        (20000, ONLINE, {}, False),
        (20000, ONLINE, {"switches": {"ep.floor_cmp_ge": True}}, True),  # EP-016
        (20000, PLAIN, {"switches": {"ep.floor_cmp_ge": True}}, False),
        (5001, ONLINE, {"floor_limit": None, "terminal_floor_limit": 5000}, True),
        (5000, ONLINE, {"floor_limit": None, "terminal_floor_limit": 5000}, False),
        (1, ONLINE, {"floor_limit": None}, True),  # EP-017
        (1, PLAIN, {"floor_limit": None}, False),
        (1, ONLINE, {"floor_limit": None, "switches": P12}, False),
        (1, PLAIN, {"floor_limit": None, "switches": P12}, False),
        (29999, ONLINE, {}, True),
        (30000, ONLINE, {}, False),  # EP-018
        (30000, BOTH, {}, True),  # EP-022
        (29999, BOTH, {}, False),
        (30000, CVM, {"floor_limit": 30000}, True),
        (29999, CVM, {"floor_limit": 30000}, False),
        (499999, BOTH, {}, True),
        (500000, BOTH, {}, False),  # EP-014
        (500000, BOTH, {"transaction_limit": None}, True),
        (100, ONLINE, {"status_check": True}, True),  # EP-020
        (100, PLAIN, {"status_check": True}, False),
        (101, PLAIN, {"status_check": True}, True),
        (0, ONLINE, {}, True),  # EP-021
        (0, PLAIN, {}, False),
        (0, ONLINE, {"zero_amount": False}, False),  # EP-013
        (1, PLAIN, {"zero_amount": False}, True),
        (0, "3E804080", {}, False),  # EP-021
        (1, "3E004080", {}, True),
        (1, "16004080", {}, False),  # EP-026
        (1, None, {}, False),  # EP-004 speaks of combinations that carry a TTQ
        (1, PLAIN, {"types": ["01"]}, False),
        (1, PLAIN, {"switches": {"ep.start_b_fixed": False}}, False),
    ],
)
def test_when_start_b_is_allowed(
    amount: int, qualifiers: str | None, more: dict[str, Any], allowed: bool
) -> None:
    """EP-004: the TTQ is the one that section 3 would make, and nothing forbids the amount."""
    assert taken(fixed(qualifiers, **more), amount=amount) == allowed


@pytest.mark.parametrize(
    ("second", "allowed"),
    [
        (fixed(), True),
        (fixed(ONLINE), False),
        (fixed(ONLINE, floor_limit=0), True),
        (fixed(transaction_limit=1250), False),
        (fixed(switches={"ep.start_b_fixed": False}), False),
        (fixed(switches={"ep.start_b_fixed": False}, types=["01"]), True),
        (fixed(ONLINE, types=["01"]), True),
        (fixed(None, kernel=3), False),
        (fixed(None, kernel=3, types=["01"]), True),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_every_combination_of_the_type_has_to_allow_it(
    second: dict[str, Any], allowed: bool, place: int
) -> None:
    config = fixed()
    config["combination"].insert(place, {**second["combination"][0], "aid": CREDIT})
    assert taken(config) == allowed


def test_the_configured_qualifiers_are_sent() -> None:
    """EP-002, EP-069; TTQ-002 holds too. Start A computes the two bits (EP-011)."""
    for amount, qualifiers in ((1250, PLAIN), (25000, ONLINE), (30000, BOTH)):
        config = fixed(qualifiers)
        assert ttq(run(config=config, start="B", amount=amount)) == qualifiers
        assert ttq(run(config=config, amount=1250)) == PLAIN
        assert ttq(run(config=config, amount=30000)) == BOTH


def test_each_combination_has_its_own() -> None:
    config = fixed()
    config["combination"].append(
        {**config["combination"][0], "aid": AID + "99", "ttq": ONLINE, "floor_limit": 0}
    )
    script = Script(ppse=directory(entry(AID + "99")))
    script.fci[AID + "99"] = script.fci[AID]
    assert ttq(run(script, config, start="B")) == ONLINE
    assert ttq(run(config=config, start="B")) == PLAIN


def test_what_start_a_ends_start_b_refuses() -> None:
    config = fixed(transaction_limit=1250)
    assert short(run(config=config)) == NOT_ALLOWED
    with pytest.raises(CallRefused, match="EP-004"):
        run(config=config, start="B")
    with pytest.raises(KeyError):
        run(config=config, start="C")


def test_no_clock_no_tap() -> None:
    """QP-176: the call is taken, and ends."""
    result = run(config=fixed(), start="B", date="260230")
    assert short(result) == ("end_application", "clock_not_set", "QP-176") and not result.commands


def test_a_card_that_comes_again_meets_the_same_qualifiers() -> None:
    """OUT-003: Try Again goes back to Start B with the indicators kept."""
    config = fixed(ONLINE, floor_limit=0)
    iad = "07010103A00000010A010000008766A1B2C3D4"
    result = run(Script(lost=(3,)), config, Script(cid="80", iad=iad), start="B")
    sent = [c[7:11].hex().upper() for c in result.commands if c[1] == 0xA8]
    assert sent == [ONLINE, ONLINE] and result.status == "online_request"


@pytest.mark.parametrize(
    ("amount", "floor", "limit", "swap", "sent"),
    [
        (1000, 1000, 2000, False, PLAIN),
        (1001, 1000, 2000, False, ONLINE),
        (1999, 1000, 2000, False, ONLINE),
        (2000, 1000, 2000, False, None),
        (1999, 2000, 1000, False, None),
        (1000, 2000, 1000, True, PLAIN),  # QP-012
        (1001, 2000, 1000, True, ONLINE),
        (1999, 2000, 1000, True, ONLINE),
        (2000, 2000, 1000, True, None),
        (999, 1000, 2000, True, PLAIN),
        (1000, 1000, 2000, True, None),
        (1, 1000, None, True, ONLINE),  # QP-011: there is no floor limit, EP-017
        (1000, 1000, None, True, None),
        (1000, None, 1000, True, PLAIN),
        (1001, None, 1000, True, ONLINE),
        (9999999, None, 1000, True, BOTH),
    ],
)
def test_limits_that_change_places(
    amount: int, floor: int | None, limit: int | None, swap: bool, sent: str | None
) -> None:
    config = document(floor_limit=floor, transaction_limit=limit, switches=SWAP if swap else {})
    result = run(config=config, amount=amount)
    assert (ttq(result) if result.commands else None) == sent
    assert sent is not None or short(result) == NOT_ALLOWED


def test_9f1b_stays_in_its_place() -> None:
    config = document(
        floor_limit=5000, terminal_floor_limit=100, transaction_limit=None, switches=SWAP
    )
    assert ttq(run(config=config, amount=101)) == ONLINE
    assert ttq(run(config=config, amount=99)) == PLAIN
