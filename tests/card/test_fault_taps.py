"""What every fault does to a tap, measured beside the same tap without it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tapkern import Status, Terminal
from tapkern.card import Card, Fault
from tapkern.card.faults import KINDS, draw
from tapkern.card.faults.kinds import Layer
from tapkern.issuer.cryptogram import application_cryptogram, cvn01_input, session_key
from tapkern.readers.simulated import SimulatedReader
from tests.card.fault_page import MARK, PAGE, tables
from tests.card.fault_taps import (
    PADDED,
    SETTINGS,
    SM2,
    Setting,
    Watched,
    cases,
    image,
    named,
    run,
    settings,
)  # fmt: skip
from tests.card.terminal import CREDIT, NotAuthentic, authenticate
from tests.card.terminal import run as tap_by_hand
from tests.taps import DEMO, FIXED

TRIED = [
    pytest.param(fault, rule, setting, id=f"{fault}-{rule}")
    for fault, case in cases()
    for rule, setting in settings(fault.kind, case).items()
]
NOT_NAMED = {
    "TT-002": "it is what to do then; the kernel names QP-046, the rule that sees it",
    "LD-131": "a rule of the test card: where the field ends decides which rule sees it",
    "APDU-004": "the reader decides what is no answer; the kernel is told LOST or TIMEOUT",
    "TLV-010": "an answer that no short APDU can hold never gets past the reader",
    "TLV-002": "TLV-015 stands for every coding error inside a template",
    "TLV-006": "TLV-015 stands for every coding error inside a template",
    "TLV-009": "TLV-015 stands for every coding error inside a template",
    "TLV-016": "QP-060 stands for the form of the whole GPO answer",
    "QP-041": "a rule about what to send; the card misses a bit and falls back: FD-004",
    "QP-070": "the limit of commands has no id; the reason is too_many_commands",
    "QP-005": "where the type comes from is no question with a yes or no",
}
"""Rules that faults attack and that the kernel does not name then, and why."""


@pytest.mark.parametrize(("fault", "rule", "setting"), TRIED)
def test_every_fault_changes_the_tap_or_says_why_not(
    fault: Fault, rule: str, setting: Setting
) -> None:
    good, bad = run(setting), run(setting, (fault,))
    if fault.kind.name == "tc-despite-online":
        assert good.outcome.status is Status.ONLINE_REQUEST
    else:
        assert good.outcome.approved
    if fault.case.harmless:
        assert bad.result == good.result
        return
    assert bad.result != good.result
    assert not bad.outcome.approved
    assert named(rule, good, bad) != (rule in NOT_NAMED), bad.effect


def test_the_exceptions_are_few_and_all_needed() -> None:
    attacked = {
        rule for fault, case in cases() for rule in settings(fault.kind, case) if not case.harmless
    }
    assert NOT_NAMED.keys() <= attacked
    assert len(NOT_NAMED) < len(attacked) / 5


def test_what_the_catalogue_covers() -> None:
    layers = [kind.layer for kind in KINDS.values()]
    assert {layer: layers.count(layer) >= 12 for layer in Layer} == dict.fromkeys(Layer, True)
    assert SETTINGS.keys() <= KINDS.keys()


def test_the_page_says_what_the_catalogue_and_the_taps_say() -> None:
    assert PAGE.read_text(encoding="utf-8").split(MARK)[1] == tables(), (
        "python -m tests.card.fault_page writes docs/faults.md"
    )


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("leave-before:ppse,times=1", 1),
        ("leave-after:select,times=2", 2 * 2),
        ("leave-after:gpo,times=1", 3),
        ("leave-before:record,nth=2,times=1", 5),
        ("silent:gpo,times=1", 3),
    ],
)
def test_a_card_that_leaves_once_is_tapped_again(fault: str, more: int) -> None:
    card = Card.load("debit", faults=[Fault.parse(fault)])
    watched = Watched(card)
    tap = Terminal(image(DEMO, "")).tap(SimulatedReader(watched), "12.50", **FIXED)
    assert tap.outcome.approved and card.balance == 18750
    assert len(watched.commands) == len(run(Setting()).commands) + more


def switched(switch: str, tmp_path: Path) -> Setting:
    """The demo terminal with one more switch on."""
    text = DEMO.read_text(encoding="utf-8")
    path = tmp_path / "switched.toml"
    first, *rest = text.split("\n[[combination]]")
    combinations = [f"{one}\n[combination.switches]\n{switch}\n" for one in rest[:1]] + rest[1:]
    path.write_text("\n[[combination]]".join([first, *combinations]), encoding="utf-8")
    return Setting(terminal=path)


@pytest.mark.parametrize(
    ("switch", "fault", "rule"),
    [
        ('"fd.check_atc" = true', "signed-atc", "FD-010"),
        ('"fd.check_atc" = true', "atc-shown", "FD-010"),
        ('"fda.idn_strict" = true', "signed-atc-length", "DDA-004"),
        ('"fda.idn_strict" = true', "signature-length:00", "DDA-004"),
        ('"qp.check_effective" = true', "personalised:tag=5F25,value=491230", "QP-094"),
        ('"tlv.skip_ff" = false', "padding:inside,FF", "TLV-015"),
    ],
)
def test_a_switch_makes_a_harmless_fault_matter(
    switch: str, fault: str, rule: str, tmp_path: Path
) -> None:
    setting = switched(switch, tmp_path)
    assert Fault.parse(fault).case.harmless
    assert run(setting).outcome.approved
    bad = run(setting, (Fault.parse(fault),))
    assert not bad.outcome.approved and bad.rule == rule


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("t0-61", None), ("t0-61:exact", None), ("t0-61:longer", None),
        ("t0-6c", None), ("t0-6c:more", None), ("t0-6c:longer", None),
        ("t0-61:last-record", None), ("t0-6c:last-record", None),
        ("t0-61:select", None), ("t0-6c:select", None), ("t0-6c:record", None),
        ("t0-61:twice", "QP-055"), ("t0-61:data", "QP-055"), ("t0-61:parts", "QP-055"),
        ("t0-6c:always", "QP-055"), ("t0-6c:data", "QP-055"), ("t0-6c:short", "QP-060"),
        ("t0-61:twice,last-record", "QP-074"), ("t0-6c:always,select", "EP-065"),
        ("t0-61:ppse", "EP-043"),  # its other combination does not
    ],
)  # fmt: skip
def test_a_terminal_that_follows_steps(fault: str, end: str | None, tmp_path: Path) -> None:
    """APDU-003: it gets the data, pays once, and follows one of each."""
    setting = switched('"apdu.follow_61_6c" = true', tmp_path)
    plain, seen = run(setting), run(setting, (Fault.parse(fault),))
    assert not run(Setting(), (Fault.parse(fault),)).outcome.approved
    if end is None:
        assert seen.result == plain.result and plain.outcome.approved
        assert len(plain.commands) < len(seen.commands) <= len(plain.commands) + 8
    else:
        assert not seen.outcome.approved and named(end, plain, seen)
        assert seen.outcome.card_may_have_paid == ("last-record" in fault)


@pytest.mark.parametrize(
    ("fault", "read"),
    [
        ("t0-61:get-data", True), ("t0-6c:get-data", True), ("t0-6c:get-data,more", True),
        ("t0-61:select", True), ("t0-61:get-data,twice", False), ("t0-6c:get-data,always", False),
        ("t0-61:get-data,data", False), ("t0-61:ppse", False),
    ],
)  # fmt: skip
def test_a_balance_inquiry_follows_steps_too(fault: str, read: bool, tmp_path: Path) -> None:
    """APDU-003, APDU-010: else the object is absent."""
    followed = switched('"apdu.follow_61_6c" = true', tmp_path)
    for setting, expected in ((followed, read), (Setting(), False)):
        reader = SimulatedReader(Card.load("debit", faults=[fault]))
        found = Terminal(image(setting.terminal, "")).balance(reader)
        assert (found.balance_minor == 20000) == expected
        assert (found.balance is None) != expected


def test_faults_act_one_behind_the_other() -> None:
    """Two other PDOLs: the card finds its data through both, in whatever order they come."""
    pair = (Fault("pdol-unknown"), Fault("ttq-length", length=5))
    for faults in (pair, pair[::-1]):
        assert run(Setting(), faults).result == run(Setting()).result
    assert run(Setting(), (Fault("sdad-bit"), Fault("sdad-bit"))).outcome.approved


def test_every_length_of_the_dynamic_data() -> None:
    """Only what fits before the hash can be read (DDA-005); 128 bytes of key leave 103."""
    for length in (0, 1, 2, 3, 4, 8, 9, 102, 103, 104, 105, 106, 127, 128, 129, 254, 255):
        seen = run(Setting(), (Fault("signature-length", value=f"{length:02X}"),))
        assert seen.outcome.approved is (length <= 128 - 25)
        assert seen.outcome.approved or seen.rule == "DDA-005"


@pytest.mark.parametrize("name", ["debit", "dual", "multi", "sm-only"])
def test_whatever_a_card_does_an_approved_tap_has_paid_once(name: str) -> None:
    approved = 0
    for seed in range(150):
        source = random.Random(seed)
        faults = [draw(source) for _ in range(source.randint(1, 2))]
        card = Card.load(name, faults=faults, random=source.randbytes, sleep=lambda _: None)
        before = card.balance
        tap = Terminal(image(SM2.terminal, "")).tap(SimulatedReader(card), "12.50", **FIXED)
        approved += tap.outcome.approved
        paid = [0, 1250] if not tap.outcome.approved else [1250]
        assert before - card.balance in paid, faults
        # A card that calls its TC an ARQC pays at its last record and asks for more (QP-006).
        if before != card.balance and not {fault.name for fault in faults} & {"cid", "cvr-type"}:
            assert tap.outcome.approved or tap.outcome.card_may_have_paid, faults
    assert 10 < approved < 140


def test_terminal_tags_of_the_card_never_get_into_the_record() -> None:
    good = run(Setting())
    for tag in ("9F02", "9F66", "95", "9A", "9F37", "9F1A", "5F2A"):
        for command in ("gpo", "last-record"):
            bad = run(Setting(), (Fault("terminal-tag", tag=tag, value="99", command=command),))
            assert bad.result == good.result and bad.commands == good.commands
            assert bad.outcome.data_record == good.outcome.data_record
            assert bad.outcome.field55 == good.outcome.field55


def test_a_replay_needs_a_tap_to_replay() -> None:
    for name in ("replayed-signature", "replayed-tap", "replayed-cryptogram"):
        assert run(Setting(), (Fault(name),)).outcome.approved


@pytest.mark.parametrize("family", ["rsa", "sm2"])
@pytest.mark.parametrize(
    "fault",
    [
        "issuer-expiry", "issuer-serial", "icc-expiry", "icc-serial", "signed-atc",
        "personalised", "personalised:tag=9F08,value=0020",
    ],
)  # fmt: skip
def test_what_is_altered_is_signed_again(fault: str, family: str) -> None:
    """A terminal that does not look at the altered field finds hashes and signatures right."""
    name, branch = {"rsa": ("debit", ""), "sm2": ("dual", "01")}[family]
    plain, altered = (
        tap_by_hand(Card.load(name, faults=faults, random=bytes), df69=branch)
        for faults in ((), [Fault.parse(fault)])
    )
    changed = {tag for tag in plain.data if plain.data[tag] != altered.data[tag]}
    assert changed
    number = authenticate(altered)
    assert (number == bytes.fromhex("7777")) == (fault == "signed-atc")
    for broken in ("issuer-hash", "icc-hash", "signature-hash", "icc-static", "issuer-signer"):
        with pytest.raises(NotAuthentic):
            authenticate(tap_by_hand(Card.load(name, faults=[Fault(broken)]), df69=branch))


def test_padding_is_there_to_be_wrong() -> None:
    for name, tag in (("issuer-padding", "90"), ("icc-padding", "9F46")):
        plain, altered = (
            tap_by_hand(Card.from_toml(PADDED, faults=faults, random=bytes)).data[tag]
            for faults in ((), [Fault(name)])
        )
        assert plain != altered
        debit = tap_by_hand(Card.load("debit", faults=[Fault(name)], random=bytes))
        assert debit.data[tag] == tap_by_hand(Card.load("debit", random=bytes)).data[tag]


def test_the_issuer_finds_what_the_terminal_cannot() -> None:
    for fault, right in (("reorder", True), ("cryptogram-bit", False)):
        card = Card.load("credit", faults=[Fault(fault)])
        tap = tap_by_hand(card, CREDIT, ttq="36800080")
        (application,) = card.applications
        (branch,) = application.files.branches  # type: ignore[union-attr]
        atc = int.from_bytes(tap.gpo["9F36"], "big")
        terminal = bytes.fromhex("00000000125000000000000001560000000000015626060100A1B2C3D4")
        data = cvn01_input(terminal, tap.gpo["82"], atc, tap.gpo["9F10"][3:7])
        expected = application_cryptogram(session_key(branch.udk_ac, atc), data)
        assert (tap.gpo["9F26"] == expected) is right


def test_an_sm2_card_has_faults_of_its_own() -> None:
    assert run(SM2).outcome.approved
    for name in ("issuer-point", "icc-scalar", "signature-scalar"):
        assert run(Setting(), (Fault(name),)).outcome.approved  # an RSA card has none of it
        assert not run(SM2, (Fault(name),)).outcome.approved
