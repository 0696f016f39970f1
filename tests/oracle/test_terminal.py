"""The second terminal on the ready cards: the three answers of a card, with their data lists."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tapkern.card import Card
from tests.oracle.scripted import document
from tests.oracle.terminal import Configuration, Lost, Result, Transaction, complete, tap
from tests.oracle.tlv import objects

CONFIGS = Path(__file__).parents[2] / "src/tapkern/params/configs"
NUMBER = bytes.fromhex("2B29EBE400112233")


def run(
    card: str, config: str = "demo", minor: int = 1250, lost: int = 0, recovers: bool = True
) -> Result:
    """A tap of a fresh ready card; `lost` is the command (from 1) that gets no answer."""
    settings = tomllib.loads((CONFIGS / f"{config}.toml").read_text(encoding="utf-8"))
    for one in settings["combination"]:
        one["switches"] = one.get("switches", {}) | ({} if recovers else {"tt.recovery": False})
    simulated = Card.load(card)
    count = 0

    def transmit(command: bytes) -> bytes:
        nonlocal count
        count += 1
        if count == lost:
            raise Lost
        return simulated.transmit(command)

    def present() -> object:
        simulated.reset()
        return transmit

    transaction = Transaction(
        amount=minor, date="261121", time="101112", sequence=7, unpredictable=NUMBER
    )
    configuration = Configuration.from_document(settings)
    return tap(configuration, transaction, present, store=lambda record: True)


@pytest.mark.parametrize(
    ("card", "config", "minor", "expected"),
    [
        ("debit", "demo", 1250, ("approved", "approved_offline", "QP-120", "no_cvm")),
        ("sm-only", "demo-sm2", 1250, ("approved", "approved_offline", "QP-120", "no_cvm")),
        ("sm-only", "demo", 1250, ("declined", "authentication_failed", "QP-123", "n_a")),
        ("debit", "demo", 20000, ("online_request", "card_asked_online", "QP-124", "no_cvm")),
        ("debit", "demo", 30000, ("online_request", "card_asked_online", "QP-124", "online_pin")),
        ("forged", "demo", 1250, ("declined", "authentication_failed", "QP-123", "n_a")),
        ("old", "demo", 1250, ("declined", "authentication_failed", "QP-123", "n_a")),
        ("low-balance", "demo-offline", 1250, ("declined", "card_declined", "QP-069", "n_a")),
        ("debit", "demo-offline", 10000, ("try_another_interface", "not_allowed", "EP-024", "n_a")),
        ("credit", "demo-offline", 1, ("end_application", "no_application", "EP-060", "n_a")),
    ],
)
def test_ready_cards(card: str, config: str, minor: int, expected: tuple[str, ...]) -> None:
    result = run(card, config, minor)
    assert (result.status, result.reason, result.rule, result.cvm) == expected


def test_an_approval_has_its_data_and_a_decline_after_the_last_record_may_have_paid() -> None:
    result = run("debit")
    assert (result.oda, result.balance, result.card_may_have_paid) == ("successful", 18750, False)
    field55 = {tag: value for tag, value, _ in objects(result.field55, skip_ff=False)}
    assert list(field55)[:4] == ["9F26", "9F27", "9F10", "9F37"]
    assert (field55["9F27"], field55["9F37"], field55["8A"]) == (b"\x40", NUMBER[:4], b"Y1")
    assert result.approval_code == field55["9F74"].decode()
    assert {"9F06", "50", "9F4C"} <= {tag for tag, _, _ in objects(result.data_record, False)}
    assert run("forged").card_may_have_paid


def test_the_host_decides_an_online_request() -> None:
    result = run("debit", minor=20000)
    assert complete(result, "00").status == "approved"
    assert complete(result, "05").reason == "host_declined"
    assert complete(result, None).rule == "QP-130"
    with pytest.raises(ValueError, match="online"):
        complete(complete(result, "00"), "00")


def test_a_configuration_is_read_as_it_is_documented() -> None:
    path = CONFIGS.parents[3] / "examples/terminal.toml"
    configuration = Configuration.from_document(tomllib.loads(path.read_text(encoding="utf-8")))
    assert {tag: value.hex() for tag, value in configuration.values.items()} == {
        "9F1A": "0156",
        "9F33": "2068c0",
        "9F35": "22",
        "9F40": "6000f0a001",
        "9F15": "5999",
        "9F01": "000000000001",
        "9F1E": b"EXAMPLE1".hex(),
        "9F1C": b"TERM0001".hex(),
        "9F16": b"MERCHANT0000001".hex(),
        "9F4E": b"Example".hex(),
    }
    debit, credit = configuration.combinations
    assert debit.ttq == bytes.fromhex("36004080") and debit.ec_limit == 100000
    assert (debit.floor_limit, debit.transaction_limit, debit.cvm_limit) == (20000, 500000, 30000)
    assert credit.version == b"\x00\x30" and credit.ec_limit is None
    numbers = sorted(index for _, index in configuration.keys)
    assert numbers[:3] == [0x02, 0x03, 0x04] and numbers[-1] > 0xE0 and 0x01 not in numbers


def test_what_a_configuration_cannot_say() -> None:
    settings = tomllib.loads((CONFIGS / "demo.toml").read_text(encoding="utf-8"))
    table = settings["combination"][0]
    for change in (
        {"profile": "jrt0025-2018"},
        {"floor_limit": "0.001"},
        {"ttq": "360040"},
        {"switches": {"qp.no_such": True}},
        {"switches": {"qp.cid_source": "cvr"}},
        {"profile": "c7", "switches": {"fd.allow_v00": True}},
        {"switches": {"ep.selection": True}},
        {"profile": "jrt0025-2013", "switches": {"ep.selection": "P12"}},
    ):
        settings["combination"] = [{**table, **change}]
        with pytest.raises(ValueError, match=r"."):
            Configuration.from_document(settings)


# 00-index section 8 and docs/configuration.md: the switches in which a profile is not uics-2018.
JRT_2013 = {
    "ep.k7_ignore_other_kid": True,
    "qp.gpo_sw_policy": "p12",
    "qp.cid_source": "iad",
    "qp.bad_ctq_absent": True,
    "qp.read_afl_on_arqc": False,
    "qp.ctq_b4_expired_online": False,
    "qp.no_ctq_always_signature": True,
    "qp.cdcvm": False,
    "fd.check_ctq": False,
    "ep.selection": "p12",
    "qp.tc_signature_only": True,
}


def test_what_a_profile_presets() -> None:
    def switches(**table: Any) -> dict[str, Any]:
        return dict(Configuration.from_document(document(**table)).combinations[0].switches)

    base = switches()
    assert len(base) == 32 and base == switches(profile="uics-2018")
    assert switches(profile="c7") == base | {"qp.missing_data_try_contact": False}
    assert switches(profile="jrt0025-2013") == base | JRT_2013
    single: dict[str, Any] = {"ep.selection": "ep", "fd.allow_v00": True}
    assert switches(profile="jrt0025-2013", switches=single) == base | JRT_2013 | single


def test_the_table_of_the_documentation_is_that_of_the_profiles() -> None:
    text = (CONFIGS.parents[3] / "docs/configuration.md").read_text(encoding="utf-8")
    rows = [[part.strip() for part in line.split("|")[1:-1]] for line in text.splitlines()]
    table = {row[0][1:-1]: row for row in rows if len(row) == 7 and row[0].startswith("`")}
    words: dict[str, bool | str] = {"on": True, "off": False}
    for at, profile in ((2, "jrt0025-2013"), (3, "uics-2018"), (4, "c7")):
        known = Configuration.from_document(document(profile=profile)).combinations[0].switches
        cells = {name: row[at].split(",")[0] for name, row in table.items()}
        assert {name: words.get(cell, cell) for name, cell in cells.items()} == known


@pytest.mark.parametrize(
    ("profile", "ttq", "switches", "refused"),
    [
        ("jrt0025-2013", "36004080", {}, None),
        ("jrt0025-2013", "37004080", {}, "RFU"),
        ("jrt0025-2013", ["emv_mode", "oda_for_online"], {}, "RFU"),
        ("jrt0025-2013", "36014080", {}, None),  # another byte
        ("uics-2018", "37004080", {}, None),
        ("c7", "37004080", {}, None),
        ("uics-2018", "37004080", {"qp.deferred_auth": True}, None),
        ("c7", "37004080", {"qp.deferred_auth": True}, None),
        ("uics-2018", "36004080", {"qp.deferred_auth": True}, "QP-125"),
        ("uics-2018", "3F004080", {"qp.deferred_auth": True}, "QP-125"),
        ("uics-2018", None, {"qp.deferred_auth": True}, "QP-125"),
        ("jrt0025-2013", "36004080", {"qp.deferred_auth": True}, "QP-125"),
        ("jrt0025-2013", "37004080", {"qp.deferred_auth": True}, "RFU"),
        ("uics-2018", "37004080", {"qp.deferred_auth": True, "fd.allow_v00": True}, "TK-035"),
        ("uics-2018", "37004080", {"qp.deferred_auth": False, "fd.allow_v00": True}, None),
        ("jrt0025-2013", "36004080", {"fd.allow_v00": True}, None),
        ("uics-2018", "36804080", {}, "TTQ-001"),
        ("uics-2018", "36404080", {"ep.start_b_fixed": False}, "TTQ-001"),
        ("c7", ["emv_mode", "online_cryptogram_required"], {}, "TTQ-001"),
        ("c7", ["emv_mode", "cvm_required"], {}, "TTQ-001"),
        ("c7", ["emv_mode", "cvm_required"], {"ep.start_b_fixed": True}, None),
        ("jrt0025-2013", "36C04080", {"ep.start_b_fixed": True}, None),
    ],
)
def test_settings_that_contradict_each_other(
    profile: str, ttq: Any, switches: dict[str, Any], refused: str | None
) -> None:
    table = document(profile=profile, ttq=ttq, switches=switches)
    if refused is None:
        Configuration.from_document(table)
    else:
        with pytest.raises(ValueError, match=refused):
            Configuration.from_document(table)


@pytest.mark.parametrize(("command", "again"), [(1, 1), (2, 2), (3, 3), (6, 6)])
def test_a_card_lost_before_the_last_record_is_asked_again(command: int, again: int) -> None:
    result = run("debit", lost=command)
    assert result.status == "approved" and len(result.commands) == 7 + again


def test_a_card_lost_at_the_last_record_is_asked_for_again() -> None:
    """TT-005, TT-010: unless that is switched off."""
    result = run("debit", lost=7)
    assert (result.status, result.reason) == ("approved", "approved_offline")
    assert [command[1] for command in result.commands].count(0xA8) == 2
    result = run("debit", lost=7, recovers=False)
    assert (result.status, result.reason) == ("end_application", "card_may_have_paid")
    assert result.card_may_have_paid and len(result.commands) == 7
