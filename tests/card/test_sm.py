"""The SM branch (CS-040): the dual card in both branches, the card without RSA, what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.card.application import Application
from tapkern.card.describe import describe
from tapkern.card.profile import ApplicationProfile
from tapkern.issuer import cryptogram, sm4
from tapkern.issuer.authority import ca_key, ca_keys
from tapkern.issuer.keys import master_keys
from tests.card.terminal import (
    DEBIT,
    OFFLINE,
    ONLINE_REQUIRED,
    PPSE,
    NotAuthentic,
    Tap,
    authenticate,
    balance,
    get_data,
    gpo,
    objects,
    read,
    run,
    select,
    send,
    start,
    status,
)
from tests.issuer import openssl

RSA_AFL = "08010401"
SM_AFL = "08010101" + "10010300" + "08040400"
CARD_NUMBER = bytes.fromhex("11223344")


def dual(*lines: str, sm: str = "") -> Card:
    text = 'base = "dual"\n[[application]]\n' + "\n".join(lines)
    return Card.from_toml(f"{text}\n[application.sm]\n{sm}\n", "changed")


def profile(card: Card) -> ApplicationProfile:
    (application,) = card.applications
    assert isinstance(application, Application)
    return application.profile


@pytest.fixture(scope="module")
def good() -> Tap:
    return run(Card.load("dual"), df69="01")


# the two branches by hand


def test_dual_card_in_the_sm_branch_command_by_command() -> None:
    card = Card.load("dual")
    send(card, bytes.fromhex(f"00A404000E{PPSE}00"))
    fci = objects(send(card, bytes.fromhex(f"00A4040008{DEBIT}00")))
    assert fci["9F38"].hex().upper().endswith("9F3704" + "DF6901")
    answer = send(
        card,
        bytes.fromhex(
            "80A80000248322"
            "36000080" + "000000001250" + "000000000000" + "0156" + "0000000000"
            "0156" + "260601" + "00" + "A1B2C3D4" + "01" + "00"
        ),
    )
    found = objects(answer)
    assert list(found) == ["82", "94", "9F36", "57", "9F10", "9F26", "5F34", "9F6C", "9F5D"]
    assert found["94"].hex().upper() == SM_AFL
    assert found["9F10"][:9].hex() == "07010103900000" + "04" + "0a"
    static = send(card, bytes.fromhex("00B2010C00"))
    assert list(objects(static)) == ["5A", "5F24", "5F25", "5F28", "9F07", "9F08", "5F34"]
    issuer = objects(send(card, bytes.fromhex("00B2011400")))
    assert issuer.keys() == {"8F", "90"} and issuer["8F"] == b"\xe8"
    assert issuer["90"].hex().startswith("12620000ff1249000001" + "04001140")
    assert len(issuer["90"]) == 142
    icc = objects(send(card, bytes.fromhex("00B2021400")))
    assert icc.keys() == {"9F4A", "9F46"} and icc["9F4A"] == b"\x82"
    assert icc["9F46"].hex().startswith("146200000000000001073f" + "1249000002" + "04001140")
    assert len(icc["9F46"]) == 148
    assert balance(card) == 20000
    signed = objects(send(card, bytes.fromhex("00B2031400")))
    assert signed.keys() == {"9F4B"} and signed["9F4B"].hex().startswith("1503020001")
    assert len(signed["9F4B"]) == 69
    last = objects(send(card, bytes.fromhex("00B2040C00")))
    assert list(last) == ["9F69", "9F74"] and last["9F69"][0] == 1
    assert balance(card) == 18750


def test_dual_card_in_the_rsa_branch_command_by_command() -> None:
    card = Card.load("dual")
    send(card, select(PPSE))
    send(card, select(DEBIT))
    found = objects(send(card, gpo(df69="00")))
    assert found["94"].hex().upper() == RSA_AFL
    assert found["9F10"][:9].hex() == "07010103900000" + "01" + "0a"
    assert len(found["9F4B"]) == 128
    read_ = b"".join(send(card, read(number)) for number in (1, 2, 3, 4))
    data = objects(read_)
    assert data["8F"] == b"\xe2" and len(data["90"]) == 144
    assert data["9F32"] == b"\x03" and "9F69" in data
    assert balance(card) == 18750


# chains and cryptograms


@pytest.mark.parametrize("name", ["dual", "sm-only"])
@pytest.mark.parametrize("version", [0, 1])
def test_sm_chain_holds(name: str, version: int) -> None:
    card = Card.load(name)
    for _ in range(2):
        tap = run(card, ttq="2A000080" if version else "2A000000", amount=1, df69="01")
        assert tap.kind == "TC" and tap.gpo["9F10"][7] == 4
        assert authenticate(tap, ca_keys("sm2")) == tap.gpo["9F36"]
        assert "9F4B" not in tap.gpo
        assert ("9F69" in tap.data) is (version == 1)  # CS-033


@pytest.mark.parametrize("df69", ["00", "02", "80", "FF"])
def test_any_other_df69_takes_the_rsa_branch(df69: str) -> None:
    tap = run(Card.load("dual"), ttq=OFFLINE, df69=df69)
    assert tap.gpo["9F10"][7] == 1 and tap.gpo["94"].hex().upper() == RSA_AFL
    assert authenticate(tap, ca_keys("rsa")) == tap.gpo["9F36"]


def test_both_branches_spend_from_one_purse_and_count_together() -> None:
    card = Card.load("dual")
    for count, df69 in enumerate(("00", "01", "00", "01"), 1):
        tap = run(card, amount=1000, df69=df69)
        assert authenticate(tap) == tap.gpo["9F36"] == count.to_bytes(2, "big")
        assert card.balance == 20000 - 1000 * count
        assert int(tap.gpo["9F5D"].hex()) == card.balance


def test_pdol_without_df69_takes_the_rsa_branch() -> None:
    pdol = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
    tap = run(dual(f'pdol = "{pdol}"'))
    assert tap.gpo["9F10"][7] == 1
    authenticate(tap, ca_keys("rsa"))


def test_df69_may_be_anywhere_in_the_pdol() -> None:
    card = dual('cvn = 17\npdol = "DF69019F66049F02069F37045F2A02"')
    for df69, algorithm in (("01", 4), ("00", 1)):
        start(card)
        data = df69 + "36000080000000001250A1B2C3D40156"
        found = objects(send(card, bytes.fromhex(f"80A80000138311{data}00")))
        assert found["9F10"][7] == algorithm and found["9F10"][2] == 0x11


def test_a_card_with_rsa_alone_does_not_care_about_df69() -> None:
    card = Card.from_toml(
        'base = "debit"\n[[application]]\n'
        'pdol = "9F66049F02069F03069F1A0295055F2A029A039C019F3704DF6901"\n'
    )
    tap = run(card, df69="01")
    assert tap.gpo["9F10"][7] == 1
    authenticate(tap, ca_keys("rsa"))


@pytest.mark.parametrize("df69", ["00", "01"])
def test_card_without_rsa_has_no_choice(df69: str) -> None:
    tap = run(Card.load("sm-only"), df69=df69)
    assert tap.gpo["9F10"][7] == 4
    assert tap.gpo["94"].hex() == "08010101" + "10010300" + "08020200"
    authenticate(tap, ca_keys("sm2"))
    with pytest.raises(NotAuthentic, match="CA key"):
        authenticate(tap, ca_keys("rsa"))


def test_card_without_rsa_at_a_terminal_without_sm() -> None:
    card = Card.from_toml(
        'base = "sm-only"\n[[application]]\n'
        'pdol = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"\n'
    )
    tap = run(card)
    assert tap.gpo["9F10"][7] == 4 and len(tap.data["90"]) == 142


@pytest.mark.parametrize("name", ["dual", "sm-only"])
@pytest.mark.parametrize("kind", ["TC", "ARQC", "AAC"])
def test_sm_cryptogram_and_balance_mac(name: str, kind: str) -> None:
    card = Card.load(name)
    ttq, amount = {
        "TC": (OFFLINE, 1250),
        "ARQC": (ONLINE_REQUIRED, 1250),
        "AAC": (OFFLINE, 99999),
    }[kind]
    tap = run(card, ttq=ttq, amount=amount, df69="01")
    assert tap.kind == kind and tap.gpo["9F10"][7] == 4
    master = master_keys("test-sm4")
    atc, pan = tap.gpo["9F36"], profile(card).pan
    command = gpo(ttq=ttq, amount=amount, df69="01")
    data = command[11:40] + tap.gpo["82"] + atc + tap.gpo["9F10"][3:7]
    assert len(data) == 37
    x = bytes.fromhex((pan + "01")[-16:])
    complement = bytes(b ^ 0xFF for b in x)
    block = bytes(6) + atc + bytes(6) + bytes(b ^ 0xFF for b in atc)
    key = sm4.encrypt(sm4.encrypt(master.ac, x + complement), block)
    padded = data + b"\x80" + bytes(10)
    assert tap.gpo["9F26"] == sm4.cbc_mac(key, padded)[:8]
    key = sm4.encrypt(sm4.encrypt(master.mac, x + complement), block)
    mac = sm4.cbc_mac(key, atc + tap.gpo["9F10"][10:15] + b"\x00\x80" + bytes(7))[:4]
    assert tap.gpo["9F10"][15:] == mac


def test_rsa_branch_of_the_dual_card_uses_triple_des() -> None:
    card = Card.load("dual")
    tap = run(card, ttq=ONLINE_REQUIRED, df69="00")
    udk = cryptogram.derive_udk(master_keys("test").ac, profile(card).pan, "01")
    key = cryptogram.session_key(udk, 1)
    data = gpo(ttq=ONLINE_REQUIRED)[11:40] + tap.gpo["82"] + b"\x00\x01" + tap.gpo["9F10"][3:7]
    assert tap.gpo["9F26"] == cryptogram.application_cryptogram(key, data)
    assert tap.gpo["9F10"][7] == 1


def test_cryptogram_version_17_with_sm4() -> None:
    card = dual("cvn = 17")
    tap = run(card, ttq=ONLINE_REQUIRED, df69="01")
    udk = sm4.derive_udk(master_keys("test-sm4").ac, profile(card).pan, "01")
    data = tap.amount + tap.un + b"\x00\x01" + tap.gpo["9F10"][4:5]
    assert tap.gpo["9F26"] == sm4.application_cryptogram(sm4.session_key(udk, 1), data)


def test_branches_share_nothing_secret() -> None:
    (application,) = Card.load("dual").applications
    assert isinstance(application, Application)
    rsa, sm = application.files.branches
    assert rsa.udk_ac != sm.udk_ac and rsa.udk_mac != sm.udk_mac
    for branch in (rsa, sm):
        assert branch.udk_ac.hex() not in repr(application.files).lower()
        assert str(branch.udk_ac) not in repr(application.files)


# records


def test_signature_in_the_gpo_answer() -> None:
    card = dual(sm='signature = "gpo"')
    tap = run(card, df69="01")
    assert len(tap.gpo["9F4B"]) == 69
    assert tap.gpo["94"].hex() == "08010101" + "10010200" + "08040400"
    assert authenticate(tap) == tap.gpo["9F36"]
    assert status(card, read(3, 2)) == "6A83"


def test_debit_credit_takes_the_branch_as_well() -> None:
    card = Card.load("dual")
    start(card)
    sm_afl = "08010101" + "10010100" + "20010101" + "28010200" + "08040400"
    rsa_afl = "08010201" + "20010301" + "08040400"
    for df69, afl in (("01", sm_afl), ("00", rsa_afl)):
        answer = send(card, gpo(ttq="76000080", df69=df69))
        assert answer.hex() == f"80{2 + len(afl) // 2:02x}" + "7c00" + afl
    assert status(card, read(3, 2)) == "6985"
    assert "9F69" not in objects(send(card, read(4)))
    assert balance(card) == 20000


def test_signature_record_of_the_other_branch_is_closed() -> None:
    keys = '[application.keys]\nca = "ca-1984"\nissuer = "issuer-1408"\nicc = "icc-1152"\n'
    card = Card.from_toml(f'base = "dual"\n[[application]]\n{keys}')
    start(card)
    rsa, sm = read(5), read(3, 2)
    for command in (rsa, sm):
        assert status(card, command) == "6985"
    found = objects(send(card, gpo(df69="00")))
    assert found["94"].hex() == "08010601" and status(card, sm) == "6985"
    assert len(objects(send(card, rsa))["9F4B"]) == 144
    found = objects(send(card, gpo(df69="01")))
    assert found["94"].hex() == "08010101" + "10010300" + "08060600"
    assert status(card, rsa) == "6985"
    assert len(objects(send(card, sm))["9F4B"]) == 69
    send(card, gpo(ttq=ONLINE_REQUIRED, df69="01"))
    for command in (rsa, sm):
        assert status(card, command) == "6985"


def test_records_that_are_not_there() -> None:
    card = Card.load("dual")
    start(card)
    for place in ((5, 1), (4, 2), (1, 3)):
        assert status(card, read(*place)) == "6A83"
    card = Card.load("sm-only")
    start(card)
    assert status(card, read(3)) == "6A83"


def test_last_record_is_kept_for_both_branches_cs031() -> None:
    card = Card.load("dual")
    first = send_purchase(card, "01")
    assert send(card, read(4)) == first  # a copy, nothing is deducted again
    start(card)
    assert send(card, read(4)) == first and card.balance == 19999
    second = send_purchase(card, "00")
    assert second != first and card.balance == 19998


def send_purchase(card: Card, df69: str) -> bytes:
    start(card)
    send(card, gpo(amount=1, df69=df69))
    return send(card, read(4))


def test_a_tear_before_the_last_record_changes_the_atc_alone_cs042() -> None:
    card = Card.load("dual")
    start(card)
    send(card, gpo(df69="01"))
    send(card, read(3, 2))
    card.reset()
    start(card)
    assert balance(card) == 20000
    assert send(card, get_data("9F36")).hex() == "9f36020001"
    assert status(card, read(4)) == "6A83"  # no purchase has ever become final


def test_a_card_without_a_purse_has_certificates_and_no_signature() -> None:
    card = Card.from_toml(
        'base = "credit"\n[[application]]\naid = "A000000333010101"\n[application.sm]\n'
    )
    tap = run(card, df69="01")
    assert tap.kind == "ARQC" and tap.gpo["9F10"][7] == 4
    answer = send(card, gpo(ttq="76000080", df69="01"))
    assert answer[4:].hex() == "08010101" + "10010100" + "20010101" + "28010200"
    assert status(card, read(3, 2)) == "6A83"


# signatures that must not hold


@pytest.mark.parametrize("tag", ["90", "9F46", "9F4B", "9F69"])
def test_any_changed_card_byte_breaks_the_sm_chain(good: Tap, tag: str) -> None:
    authenticate(good)
    value = good.data[tag]
    for at in {0, 3, 5, len(value) // 2, len(value) - 1}:
        wrong = value[:at] + bytes([value[at] ^ 0x10]) + value[at + 1 :]
        with pytest.raises(NotAuthentic):
            authenticate(dataclasses.replace(good, data={**good.data, tag: wrong}))


@pytest.mark.parametrize("name", ["static", "amount", "currency", "un"])
def test_any_changed_input_breaks_the_sm_chain(good: Tap, name: str) -> None:
    value: bytes = getattr(good, name)
    changed = dataclasses.replace(good)
    setattr(changed, name, value[:-1] + bytes([value[-1] ^ 1]))
    with pytest.raises(NotAuthentic):
        authenticate(changed)


def test_another_ca_does_not_accept_the_card(good: Tap) -> None:
    other = dataclasses.replace(ca_key("vector-ca-sm2"), index=ca_key("ca-sm2").index)
    with pytest.raises(NotAuthentic, match="certificate signature"):
        authenticate(good, [other])
    rsa = dataclasses.replace(ca_key("ca-1152"), index=ca_key("ca-sm2").index)
    with pytest.raises(NotAuthentic):  # SM-003
        authenticate(good, [rsa])


def test_signature_of_another_purchase_does_not_hold(good: Tap) -> None:
    other = run(Card.load("dual"), amount=1251, df69="01")
    with pytest.raises(NotAuthentic, match="dynamic signature"):
        authenticate(dataclasses.replace(good, data={**good.data, "9F4B": other.data["9F4B"]}))


def test_forged_signature_differs_in_one_bit() -> None:
    pair = [
        run(
            Card.from_toml(f'base = "dual"\n{faults}', random=lambda count: CARD_NUMBER[:count]),
            df69="01",
        )
        for faults in ("", 'faults = ["sdad-bit"]')
    ]
    authenticate(pair[0])
    with pytest.raises(NotAuthentic, match="dynamic signature"):
        authenticate(pair[1])
    right, wrong = (tap.data["9F4B"] for tap in pair)
    assert sum((a ^ b).bit_count() for a, b in zip(right, wrong, strict=True)) == 1


def test_equal_cards_give_equal_bytes() -> None:
    first, second = (
        run(Card.load("dual", random=lambda count: CARD_NUMBER[:count]), df69="01") for _ in "ab"
    )
    assert first.data == second.data


@pytest.mark.skipif(not openssl.usable(), reason="no openssl command with SM2")
@pytest.mark.parametrize("name", ["dual", "sm-only"])
def test_openssl_accepts_the_whole_chain(name: str, tmp_path: Path) -> None:
    tap = run(Card.load(name), df69="01")
    data = tap.data
    tail = tap.un + tap.amount + tap.currency + data["9F69"]
    links = (
        (ca_key("ca-sm2").point, data["90"], b""),
        (data["90"][14:78], data["9F46"], tap.static + data["82"]),
        (data["9F46"][20:84], data["9F4B"], tail),
    )
    for point, signed, outside in links:
        message = signed[:-64] + outside
        assert openssl.verify(tmp_path, point, message, signed[-64:])
        assert not openssl.verify(tmp_path, point, message[:-1], signed[-64:])


# commands and descriptions


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        (gpo(), "6700"),  # the PDOL asks for DF69, the data are without it
        (gpo(df69="0101"), "6700"),
        (gpo(un="A1B2C3", df69="01"), "6700"),
        (bytes.fromhex("80A8000002830000"), "6700"),
    ],
)
def test_wrong_gpo_of_the_dual_card_cs001(command: bytes, sw: str) -> None:
    card = Card.load("dual")
    start(card)
    assert status(card, command) == sw
    assert send(card, get_data("9F36")).hex() == "9f36020000"


def test_description_shows_both_families() -> None:
    (found,) = describe(Card.load("dual"))["applications"]
    assert found["keys"]["ca"] == "ca-1152 (index E2)"
    assert found["keys"]["sm_ca"] == "ca-sm2 (index E8)"
    assert (found["afl"], found["sm_afl"]) == (RSA_AFL, SM_AFL)
    records = [entry for entry in found["records"] if entry["sfi"] <= 2]  # those of a purchase
    places = [(entry["sfi"], entry["record"]) for entry in records]
    assert places == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3)]
    assert records[-1]["tags"] == ["9F4B"]
    (found,) = describe(Card.load("sm-only"))["applications"]
    assert set(found["keys"]) == {"sm_ca", "sm_issuer", "sm_icc", "sm_master"}
    assert found["afl"] == found["sm_afl"]
    (found,) = describe(Card.load("debit"))["applications"]
    assert found["sm_afl"] is None
