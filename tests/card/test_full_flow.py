"""The debit/credit flow: CS-043, CS-044, EC-041 to EC-048, card action analysis, authentication."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern.card import Card, card_action
from tapkern.card.application import Application
from tapkern.errors import UsageError
from tests.card.full_terminal import AAC, ARQC, CDA, FAMILIES, TC, Terminal, cvr, load, stored
from tests.card.terminal import DEBIT, NotAuthentic, get_data, read, select, send, status

# files and offline authentication


@FAMILIES
def test_records_hold_what_a_terminal_needs_dc024(df69: str) -> None:
    terminal = Terminal(Card.load("load"), df69=df69).start()
    data = terminal.data
    assert data["8C"].hex() == "9f02069f03069f1a0295055f2a029a039c019f37049f21039f4e14"
    assert data["8D"].hex().startswith("8a029f0206")
    assert data["8E"].hex() == "0000000000000000" + "42035e031f00"
    assert [data[tag].hex() for tag in ("9F0D", "9F0E", "9F0F")] == [
        "dc4000a800", "0010000000", "dc4004f800",
    ]  # fmt: skip
    assert (data["9F14"], data["9F23"]) == (b"\x03", b"\x05")
    assert data["9F42"].hex() == "0156" and data["9F44"] == b"\x02"
    assert data["57"].hex().startswith("6200000000000001180d4912220")
    assert data["9F74"] == b"ECC001"


@FAMILIES
def test_static_and_dynamic_authentication_of_the_path(df69: str) -> None:
    card = Card.load("load")
    terminal = Terminal(card, df69=df69).start()
    assert terminal.check_static().hex() == "dac1"
    answer = send(card, bytes.fromhex("0088000004A1B2C3D400"))
    signature = answer[3:] if answer[1] == 0x81 else answer[2:]
    assert answer[0] == 0x80
    assert terminal.check_dynamic(signature, bytes.fromhex("A1B2C3D4")).hex() == "020001"
    with pytest.raises(NotAuthentic):
        terminal.check_dynamic(signature, bytes.fromhex("A1B2C3D5"))
    assert cvr(terminal.generate(ARQC))[4:] == "02"  # DDA was done


def test_rules_of_the_path_are_authenticated_ta008() -> None:
    terminal = Terminal(Card.load("load")).start()
    forged = terminal.static.replace(bytes.fromhex("9F0D05DC4000A800"), b"\x9f\x0d\x05" + bytes(5))
    assert forged != terminal.static
    terminal.static = forged
    with pytest.raises(NotAuthentic):
        terminal.check_static()
    with pytest.raises(NotAuthentic):
        terminal.keys()


def test_signature_needs_the_phase_the_length_and_the_aip() -> None:
    card = Card.load("load")
    command = bytes.fromhex("0088000004A1B2C3D400")
    send(card, select(DEBIT))
    assert status(card, command) == "6985"
    terminal = Terminal(card).start()
    assert status(card, bytes.fromhex("0088000003A1B2C300")) == "6700"
    assert status(card, bytes.fromhex("0088000104A1B2C3D400")) == "6A86"
    terminal.generate(TC)
    assert status(card, command) == "6985"
    plain = load('aip = "5C00"')
    Terminal(plain).start()
    assert status(plain, command) == "6985"


@FAMILIES
def test_combined_signature_of_both_cryptograms(df69: str) -> None:
    card = Card.load("load")
    terminal = Terminal(card, df69=df69).start()
    assert terminal.generate(ARQC | CDA).objects
    assert terminal.authenticate() == "9000"
    assert terminal.generate(TC | CDA, "00", t9F37="11223344").objects
    offline = Terminal(card, df69=df69, t9F7A="01").start()
    assert offline.generate(TC | CDA).kind == "TC"
    refused = Terminal(card, df69=df69).start()
    given = refused.generate(AAC | CDA)
    assert given.kind == "AAC" and not given.objects  # CDA-002


def test_altered_combined_signature_is_found() -> None:
    terminal = Terminal(Card.load("load")).start()
    command = terminal.generate_command(ARQC | CDA)
    answer = bytearray(send(terminal.card, command))
    answer[answer.index(b"\x9f\x27") + 3] = 0x40
    with pytest.raises(NotAuthentic, match="CID"):
        terminal.taken(bytes(answer), command)


def test_card_without_cda_refuses_the_request() -> None:
    card = load('aip = "7C00"')
    terminal = Terminal(card).start()
    assert status(card, terminal.generate_command(ARQC | CDA)) == "6A86"
    assert terminal.generate(ARQC).kind == "ARQC"


# GENERATE AC: the command


def test_wrong_generate_ac_changes_nothing() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    good = terminal.generate_command(TC)
    for command, sw in (
        (b"\x80\xae\xc0" + good[3:], "6A86"),
        (b"\x80\xae\x41" + good[3:], "6A86"),
        (good[:3] + b"\x01" + good[4:], "6A86"),
        (good[:-1], "6700"),
        (good[:4] + bytes([good[4] - 1]) + good[5:-2] + b"\x00", "6700"),
        (good[:4] + bytes([good[4] + 1]) + good[5:-1] + b"\x00\x00", "6700"),
        (good[:5] + b"\xaa" + good[6:], "6A80"),
        (b"\x00" + good[1:], "6E00"),
    ):
        assert status(card, command) == sw, command.hex()
    assert terminal.taken(send(card, good), good).kind == "TC"


def test_one_first_and_one_second_cryptogram_ga012() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    command = terminal.generate_command(TC)
    terminal.taken(send(card, command), command)
    assert status(card, command) == "6985"
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    terminal.authenticate()
    assert status(card, terminal.generate_command(ARQC, "00")) == "6985"
    assert terminal.generate(TC, "00").kind == "TC"
    assert status(card, terminal.generate_command(TC, "00")) == "6985"


@pytest.mark.parametrize("how", ["select", "gpo", "reset", "qpboc"])
def test_a_transaction_is_discarded_cs044(how: str) -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    second = terminal.generate_command(TC, "00")
    authentication = terminal.session().issuer_authentication("00")
    if how == "reset":
        card.reset()
        send(card, select(DEBIT))
    elif how == "select":
        send(card, select(DEBIT))
    else:
        other = Terminal(card, t9F66="36000080" if how == "qpboc" else "46000080")
        assert other.process()[-2:].hex() == "9000"
    wrong = "6700" if how == "gpo" else "6985"  # with a new GPO it would be the first cryptogram
    assert status(card, second) == wrong
    command = b"\x00\x82\x00\x00\x0a" + authentication
    assert status(card, command) == "6985"
    assert status(card, terminal.session().seal(bytes.fromhex("84240000"), b"")) == "6985"


# what is asked and what is given


def test_asked_and_given() -> None:
    assert Terminal(Card.load("load")).start().generate(AAC).kind == "AAC"
    given = Terminal(Card.load("load")).start().generate(TC)
    assert (given.kind, cvr(given)) == ("TC", "900000")
    given = Terminal(Card.load("load")).start().generate(ARQC)
    assert (given.kind, cvr(given)) == ("ARQC", "a00000")


def test_new_card_goes_online_and_declines_offline_by_9f52() -> None:
    card = load("last_online_atc = 0")
    terminal = Terminal(card).start()
    given = terminal.generate(TC)
    assert (given.kind, cvr(given)) == ("ARQC", "a01000")
    given = terminal.generate(TC, "Y3")
    assert (given.kind, cvr(given)) == ("AAC", "211000")
    lenient = load("last_online_atc = 0", "[application.risk]", 'default_action = "0000"')
    assert Terminal(lenient).start().generate(TC).kind == "TC"


def test_velocity_by_the_atc_9f58_9f59() -> None:
    card = load("atc = 5", "last_online_atc = 1")
    terminal = Terminal(card).start()  # 6 - 1 is above 4 and not above 6
    given = terminal.generate(TC)
    assert (given.kind, cvr(given)) == ("ARQC", "a02000")
    given = terminal.generate(TC, "Y3")
    assert (given.kind, cvr(given)) == ("TC", "612000")
    Terminal(card).start()
    terminal = Terminal(card).start()  # 8 - 1 is above both
    terminal.generate(TC)
    given = terminal.generate(TC, "Y3")
    assert (given.kind, cvr(given)) == ("AAC", "21a000")


def test_limit_itself_is_within() -> None:
    assert Terminal(load("atc = 4", "last_online_atc = 1")).start().generate(TC).kind == "TC"
    terminal = Terminal(load("atc = 6", "last_online_atc = 1")).start()
    assert terminal.generate(TC).kind == "ARQC"
    assert terminal.generate(TC, "Y3").kind == "TC"


@pytest.mark.parametrize("what", ["currency", "country"])
def test_foreign_transactions_are_counted_9f53_9f72(what: str) -> None:
    values = {"t5F2A": "0840"} if what == "currency" else {"t9F1A": "0840"}
    card = load("[application.risk]", "lower_limit = 99", "upper_limit = 99")
    for _ in range(2):
        assert Terminal(card, **values).start().generate(TC).kind == "TC"
    terminal = Terminal(card, **values).start()
    given = terminal.generate(TC)
    assert (given.kind, cvr(given)) == ("ARQC", "a02000")
    assert terminal.authenticate() == "9000"
    assert terminal.generate(TC, "00").kind == "TC"  # the issuer was asked: they start again
    assert Terminal(card, **values).start().generate(TC).kind == "TC"


def test_cumulative_amount_9f54_9f5c() -> None:
    card = load("[application.risk]", "lower_limit = 99", "upper_limit = 99")
    assert Terminal(card, 100000).start().generate(TC).kind == "TC"
    terminal = Terminal(card, 50000).start()
    given = terminal.generate(TC)
    assert (given.kind, cvr(given)) == ("ARQC", "a02000")
    assert terminal.generate(TC, "Y3").kind == "TC"  # 1500.00 is the upper limit
    terminal = Terminal(card, 1).start()
    assert terminal.generate(TC).kind == "ARQC"
    given = terminal.generate(TC, "Y3")
    assert (given.kind, cvr(given)) == ("AAC", "21a000")


def test_online_answer_starts_the_cumulative_amount_again() -> None:
    card = load("[application.risk]", "lower_limit = 99")
    assert Terminal(card, 100000).start().generate(TC).kind == "TC"
    assert Terminal(card).start().online().kind == "TC"
    assert Terminal(card, 100000).start().generate(TC).kind == "TC"


@pytest.mark.parametrize(
    ("action", "asked", "given", "bits"),
    [("0020", TC, "ARQC", "a04000"), ("0000", TC, "TC", "904000"), ("0040", ARQC, "AAC", "804000")],
)
def test_exceeded_pin_tries_by_9f52(action: str, asked: int, given: str, bits: str) -> None:
    card = load("pin_tries = 0", "[application.risk]", f'default_action = "{action}"')
    got = Terminal(card).start().generate(asked)
    assert (got.kind, cvr(got)) == (given, bits)
    assert got.cid == {"AAC": 0x02, "TC": 0x40, "ARQC": 0x80}[given]


@pytest.mark.parametrize(("action", "given"), [("0010", "AAC"), ("0000", "TC")])
def test_exceeded_pin_tries_and_not_online_by_9f52(action: str, given: str) -> None:
    card = load("pin_tries = 0", "[application.risk]", f'default_action = "{action}"')
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    assert terminal.generate(TC, "Y3").kind == given


@pytest.mark.parametrize(
    ("action", "cid"), [("1000", 0x08), ("0800", 0x0A), ("1800", 0x0A), ("0000", 0x02)]
)
def test_advice_by_9f52(action: str, cid: int) -> None:
    tries = 3 if action == "1000" else 0
    card = load(f"pin_tries = {tries}", "[application.risk]", f'default_action = "{action}"')
    assert Terminal(card).start().generate(AAC).cid == cid


@pytest.mark.parametrize(("action", "given"), [("0008", "ARQC"), ("0000", "TC")])
def test_failed_script_sends_the_next_one_online_by_9f52(action: str, given: str) -> None:
    card = load("[application.risk]", f'default_action = "{action}"')
    terminal = Terminal(card).start()
    assert terminal.online().kind == "TC"
    assert terminal.script("04DA9F02", "00") == "6A80"
    assert Terminal(card).start().generate(TC).kind == given


# electronic cash


@FAMILIES
def test_cash_is_deducted_with_the_tc_ec048(df69: str, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    terminal = Terminal(card, 1250, df69, t9F7A="01").start()
    assert card.balance == 20000
    given = terminal.generate(TC)
    assert given.kind == "TC" and given.iad[10:15].hex() == "0000018750"  # EC-041
    card.reset()
    again = load(state=state)
    assert again.balance == 18750
    send(again, select(DEBIT))
    assert stored(again, "9F79") == "000000018750"
    log = send(again, read(1, 11))
    assert log.hex().startswith("260601" + "120000" + "000000001250")


def test_only_a_tc_is_logged() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    terminal.generate(AAC, "Z3")
    Terminal(card).start().generate(AAC)
    assert status(card, read(1, 11)) == "6A83"
    terminal = Terminal(card).start()
    terminal.online()
    assert send(card, read(1, 11)).hex().startswith("260601" + "120000" + "000000001250")


def test_cash_that_does_not_suffice_asks_online_ec034() -> None:
    for amount, lines in ((20001, ()), (1300, ("[application.purse]", "single = 1299"))):
        card = load(*lines)
        terminal = Terminal(card, amount, t9F7A="01").start()
        assert terminal.generate(TC).kind == "ARQC"
        assert terminal.authenticate() == "9000"
        assert terminal.generate(TC, "00").kind == "TC"  # EC-040: an account transaction
        assert card.balance == 20000


def test_cash_leaves_the_velocity_counters_alone_ec044() -> None:
    card = load("atc = 50", "last_online_atc = 1")
    assert Terminal(card, t9F7A="01").start().generate(TC).kind == "TC"
    assert Terminal(card).start().generate(TC).kind == "ARQC"
    used = load("[application.risk]", "cumulative_limit = 1249")
    assert Terminal(used, t9F7A="01").start().generate(TC).kind == "TC"


def test_cash_may_be_spent_to_the_last_unit() -> None:
    card = Card.load("load")
    assert Terminal(card, 20000, t9F7A="01").start().generate(TC).kind == "TC"
    assert card.balance == 0


def test_without_9f7a_the_balance_stays() -> None:
    card = Card.load("load")
    assert Terminal(card).start().generate(TC).kind == "TC"
    assert card.balance == 20000


@pytest.mark.parametrize(
    ("tag", "value"),
    [("9F02", "000000000001"), ("5F2A", "0840"), ("9F1A", "0840"), ("9A", "260602"), ("9C", "01")],
)
def test_other_values_than_in_the_pdol_are_declined_ec043(tag: str, value: str) -> None:
    card = Card.load("load")
    terminal = Terminal(card, t9F7A="01").start()
    assert terminal.generate(TC, **{f"t{tag}": value}).kind == "AAC"
    assert card.balance == 20000
    plain = Terminal(Card.load("load")).start()
    assert plain.generate(TC, **{f"t{tag}": value}).kind == "TC"


@pytest.mark.parametrize(("tag", "value"), [("95", "0000008000"), ("9F37", "00000001")])
def test_what_may_differ_from_the_pdol_ec043(tag: str, value: str) -> None:
    terminal = Terminal(Card.load("load"), t9F7A="01").start()
    assert terminal.generate(TC, **{f"t{tag}": value}).kind == "TC"


def test_cash_in_the_second_currency_ec046() -> None:
    second = ("[application.second]", 'currency = "0840"', "balance = 900")
    card = load(*second)
    terminal = Terminal(card, 200, t9F7A="01", t5F2A="0840").start()
    given = terminal.generate(TC)
    assert given.kind == "TC" and given.iad[10:15].hex() == "0000000700"
    assert stored(card, "DF79") == "000000000700" and card.balance == 20000


def test_torn_tc_has_deducted_or_not_ec048(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    state = tmp_path / "card.json"
    card = load(state=state)
    terminal = Terminal(card, t9F7A="01").start()
    command = terminal.generate_command(TC)

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        assert status(card, command) == "6581"
    assert load(state=state).balance == 20000  # no cryptogram left the card
    assert terminal.taken(send(card, command), command).kind == "TC"
    assert load(state=state).balance == 18750


# the card file


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ('cdol1 = "9F0206"', "must ask for 9F03"),
        ('cdol1 = "9F02"', "malformed"),
        ('cdol1 = "9F0205"', "must ask for 6 bytes of 9F02"),
        ('cdol2 = "9F0206"', "must ask for 8A"),
        ('cdol2 = ""', "must be 1 to 252 bytes"),
        ('cdol2 = "8A02DF0AFF"', "asks for more than 255 bytes"),
        ('ddol = "9F0206"', "must ask for 9F37"),
        ('cvm_list = "00"', "two amounts"),
        ('cvm_list = "0000000000000000FF"', "two amounts"),
        ('iac_default = "00"', "must be 5 bytes"),
        ("lower = 256", "must be 0 to 255"),
        ("other = 1", "is unknown"),
    ],
)
def test_wrong_lists_are_refused(lines: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        load("[application.flow]", lines)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('pin = "123"', "4 to 12 digits"),
        ('pin = "12345A"', "4 to 12 digits"),
        ("pin_limit = 0", "must be 1 to 15"),
        ("mac_tries = 256", "must be 0 to 255"),
    ],
)
def test_wrong_secrets_are_refused_and_not_shown(line: str, text: str) -> None:
    with pytest.raises(UsageError, match=text) as error:
        load(line)
    assert "123" not in str(error.value)


def test_combined_signature_that_fits_no_answer_is_refused() -> None:
    keys = ["[application.keys]", *(f'{role} = "ca-1984"' for role in ("ca", "issuer", "icc"))]
    with pytest.raises(UsageError, match="combined signature is longer"):
        load(*keys)
    assert Terminal(load('aip = "7C00"', *keys)).start().online().kind == "TC"


def test_list_that_fits_no_record_is_refused() -> None:
    long = "9F02069F03069F1A0295055F2A029A039C019F3704" + "DF0100" * 77
    with pytest.raises(UsageError, match="longer than one record"):
        load("[application.flow]", f'cdol1 = "{long}"')


def test_get_data_needs_no_transaction() -> None:
    card = Card.load("load")
    send(card, select(DEBIT))
    for tag, value in (("9F58", "04"), ("9F59", "06"), ("9F72", "02"), ("9F5C", "000000150000")):
        assert stored(card, tag) == value
    assert status(card, get_data("9F73")) == "6A88"


def test_card_file_of_the_guide_is_the_ready_card_spelled_out() -> None:
    guide = Path(__file__).parents[2] / "docs" / "card-full-flow.md"
    (text,) = re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), re.S)
    (one,) = Card.from_toml(text).applications
    (other,) = Card.load("load").applications
    assert isinstance(one, Application) and isinstance(other, Application)
    assert one.profile.flow == other.profile.flow
    for member in ("pin", "pin_limit", "mac_tries", "aip", "pdol"):
        assert getattr(one.profile, member) == getattr(other.profile, member)
    action = card_action.default_action
    assert action(one.profile) == action(other.profile) == card_action.DEFAULT_ACTION
    assert one.profile.risk.conversion_factor == bytes.fromhex("20000156")


STEPS = st.sampled_from(
    ["start", "cash", "arqc", "tc", "aac", "authenticate", "wrong", "load", "block",
     "unblock", "pin", "reset", "qpboc"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_money_moves_with_a_tc_or_a_load_only(steps: list[str]) -> None:
    """Whatever the order: each answer is short, and the balance changes where it may."""
    card = load("[application.risk]", "lower_limit = 99")
    terminal = Terminal(card).start()
    paid = loaded = 0
    expected = card.balance
    for step in steps:
        before = card.balance
        answer = b""
        if step in ("start", "cash"):
            terminal = Terminal(card, t9F7A="01" if step == "cash" else "00")
            answer = terminal.process()
            terminal.data = {**PLAIN.data, "82": b"\x7d\x00"}
        elif step in ("arqc", "tc", "aac"):
            p1 = {"arqc": ARQC, "tc": TC, "aac": AAC}[step]
            command = terminal.generate_command(p1, "00")
            answer = card.transmit(command)
            if answer[-2:] == b"\x90\x00":
                got = terminal.taken(answer[:-2], command)
                cash = terminal.values["9F7A"] == "01" and got is terminal.first
                paid = 1250 if cash and got.kind == "TC" else 0
        elif step == "reset":
            card.reset()
        elif step == "qpboc":
            answer = Terminal(card, t9F66="36000080").process()
        elif terminal.first is not None:
            session = terminal.session()
            code = bytearray(session.issuer_authentication("00"))
            code[0] ^= step == "wrong"
            header = {"block": "841E0000", "unblock": "84180000", "pin": "84240000"}
            commands = {
                "authenticate": b"\x00\x82\x00\x00\x0a" + code,
                "wrong": b"\x00\x82\x00\x00\x0a" + code,
                "load": session.seal(bytes.fromhex("04DA9F79"), bytes.fromhex("000000050000")),
            }
            sealed = session.seal(bytes.fromhex(header.get(step, "84240000")), b"")
            answer = card.transmit(commands.get(step, sealed))
            loaded = 50000 if step == "load" and answer == b"\x90\x00" else 0
        assert len(answer) <= 258
        expected = loaded or before - paid
        paid = loaded = 0
        assert card.balance == expected, step


PLAIN = Terminal(Card.load("load")).start()
