"""The host: every behaviour, account state, LD-135, files that keep it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.errors import UsageError
from tapkern.issuer import scripts
from tapkern.issuer.accounts import REMEMBERED, Account, Accounts
from tapkern.issuer.host import Behaviour, Host, HostReply, Reversal
from tapkern.issuer.reasons import CODES, Failure, Reason
from tapkern.issuer.request import OnlineRequest
from tapkern.issuer.tlv import decode
from tests.issuer.requests import BLOCK, CARD, ISSUER, PAN, PSN, request, session, worked

FAMILY = pytest.mark.parametrize("family", ["3des", "sm4"])


def host(behaviour: str = "verify", account: Account | None = None, **options: Any) -> Host:
    return Host(ISSUER, Accounts({CARD: account or Account(100_000)}), behaviour, **options)


def account(of: Host) -> Account:
    found = of.accounts.find(CARD)
    assert found is not None
    return found


def put_data(reply: HostReply, atc: int, raw: bytes, family: str = "3des") -> int:
    """The balance that the script of a load writes, after its MAC was compared."""
    ((tag, body),) = decode(reply.scripts[0])
    ((inner, apdu),) = decode(body)
    assert (tag, inner, apdu[:5].hex()) == (0x72, 0x86, "04da9f790a")
    amount = int(apdu[5:11].hex())
    assert apdu == scripts.put_amount(0x9F79, amount).seal(session(atc, raw, family))
    return amount


# --- verify -------------------------------------------------------------------------------------


@FAMILY
def test_a_right_cryptogram_is_approved_and_paid(family: str) -> None:
    here = host()
    raw = request(5, family)
    reply = here.answer(raw)
    assert (reply.code, reply.reason, reply.repeated) == ("00", Reason.APPROVED, False)
    assert reply.tag91 == session(5, raw, family).issuer_authentication("00")
    assert reply.to_tlv() == b"\x91\x0a" + reply.tag91 and not reply.scripts
    assert account(here).balance == 85_000 and account(here).last_atc == 5


def test_worked_request_and_read_request_are_the_same() -> None:
    raw = worked("3des")
    assert host().answer(raw) == host().answer(OnlineRequest.read(raw))


@pytest.mark.parametrize(
    ("raw", "code", "reason"),
    [
        (request(5, pan="6200001234567884"), "14", Failure.UNKNOWN_CARD),
        (worked("3des", **{"9F26": "00" * 8}), "05", Failure.WRONG_CRYPTOGRAM),
        (worked("3des", **{"9F27": "40"}), "05", Failure.WRONG_TYPE),
        (worked("3des", **{"9F37": None}), "30", Failure.MISSING_DATA),
        (b"", "30", Failure.MISSING_DATA),
        (b"\x9f", "30", Failure.MALFORMED),
    ],
)
def test_what_fails_a_check_is_declined_and_changes_nothing(
    raw: bytes, code: str, reason: Failure
) -> None:
    for behaviour in ("verify", "load", "script"):
        options = {"commands": [BLOCK]} if behaviour == "script" else {}
        here = host(behaviour, **options)
        reply = here.answer(raw)
        assert (reply.code, reply.reason) == (code, reason)
        assert not reply.tag91 and not reply.scripts and not reply.approved
        assert account(here) == Account(100_000)


@pytest.mark.parametrize(
    ("state", "change", "reason"),
    [
        ({"blocked": True}, {}, Reason.BLOCKED),
        ({"balance": 14_999}, {}, Reason.INSUFFICIENT_FUNDS),
        ({"currency": 840}, {}, Reason.OTHER_CURRENCY),
        ({}, {"type": "20"}, Reason.NOT_SUPPORTED),
        ({}, {"type": "17"}, Reason.NOT_SUPPORTED),
    ],
)
def test_reasons_of_the_account(
    state: dict[str, Any], change: dict[str, Any], reason: Reason
) -> None:
    before = Account(**{"balance": 100_000, **state})
    here = host(account=before)
    raw = request(5, **change)
    reply = here.answer(raw)
    assert (reply.code, reply.reason) == (CODES[reason], reason)
    assert reply.tag91 == session(5, raw).issuer_authentication(CODES[reason])
    after = account(here)
    assert after.balance == before.balance and after.last_atc == 5


@pytest.mark.parametrize("change", [{"kind": "10"}, {"type": "30"}, {"type": "31"}])
def test_a_tc_and_an_inquiry_take_nothing(change: dict[str, Any]) -> None:
    here = host()
    assert here.answer(request(5, **change)).approved
    assert account(here).balance == 100_000


def test_exactly_what_is_there_can_be_spent() -> None:
    here = host(account=Account(15_000))
    assert here.answer(request(5)).approved and account(here).balance == 0


# --- repeated requests (LD-135) -----------------------------------------------------------------


def test_a_repeated_request_is_answered_again_and_taken_once() -> None:
    here = host()
    first, second = here.answer(request(5)), here.answer(request(5))
    assert second.repeated and not first.repeated
    assert (second.code, second.tag91, second.reason) == (first.code, first.tag91, first.reason)
    assert account(here).balance == 85_000


def test_a_declined_request_stays_declined_when_there_is_money() -> None:
    here = host(account=Account(1))
    assert here.answer(request(5)).code == "51"
    here.accounts[CARD] = Account(100_000, answered=account(here).answered, last_atc=5)
    again = here.answer(request(5))
    assert (again.code, again.repeated) == ("51", True)


@pytest.mark.parametrize("atc", [1, 4, 5])
def test_an_atc_not_above_the_last_is_refused(atc: int) -> None:
    here = host()
    assert here.answer(request(5)).approved
    before = account(here)
    reply = here.answer(request(atc, amount=100))
    assert (reply.code, reply.reason, reply.tag91) == ("05", Failure.OLD_ATC, b"")
    assert account(here) == before
    assert here.answer(request(6)).approved


def test_an_older_request_is_remembered_for_a_while() -> None:
    here = host(account=Account(10_000_000))
    for atc in range(1, REMEMBERED + 2):
        assert here.answer(request(atc)).approved
    before = account(here)
    assert here.answer(request(2)).repeated
    assert here.answer(request(1)).reason is Failure.OLD_ATC
    assert account(here) == before and len(before.answered) == REMEMBERED


def test_a_repeated_cryptogram_with_another_amount_is_refused() -> None:
    here = host()
    raw = request(5)
    assert here.answer(raw).approved
    changed = raw.replace(bytes.fromhex("9F0206000000015000"), bytes.fromhex("9F0206000000000001"))
    assert here.answer(changed).reason is Failure.WRONG_CRYPTOGRAM


def test_reversal() -> None:
    here = host()
    raw = request(5)
    assert here.reverse(raw) is Reversal.UNKNOWN_ORIGINAL
    here.answer(raw)
    before = account(here)
    for other in (
        request(6),
        request(5, amount=1),
        request(5, pan="6200001234567884"),
        b"",
        b"\x9f",
    ):
        assert here.reverse(other) is Reversal.UNKNOWN_ORIGINAL
        assert account(here) == before and len(here.accounts) == 1
    assert here.reverse(raw) is Reversal.REVERSED
    assert account(here).balance == 100_000
    assert here.reverse(raw) is Reversal.ALREADY_REVERSED
    assert account(here).balance == 100_000
    again = here.answer(raw)
    assert (again.code, again.reason) == ("05", Reason.REVERSED) and not again.tag91
    assert account(here).balance == 100_000


def test_reversal_of_what_took_nothing() -> None:
    here = host(account=Account(1))
    here.answer(request(5))
    assert here.reverse(request(5)) is Reversal.NOTHING_TAKEN
    assert account(here).balance == 1


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from([100, 200])), max_size=12))
def test_money_is_taken_once_for_each_atc(taps: list[tuple[int, int]]) -> None:
    """A model of LD-135: the first request that is above all before it pays, nothing else does."""
    here = host()
    paid: dict[int, int] = {}
    for atc, amount in taps:
        reply = here.answer(request(atc, amount=amount))
        if atc > max(paid, default=0):
            assert reply.approved and not reply.repeated
            paid[atc] = amount
        elif paid.get(atc) == amount:
            assert reply.approved and reply.repeated
        else:
            assert reply.reason is Failure.OLD_ATC
        assert account(here).balance == 100_000 - sum(paid.values())


# --- load ---------------------------------------------------------------------------------------


@FAMILY
@pytest.mark.parametrize("behaviour", ["load", "verify"])
@pytest.mark.parametrize(("type", "left"), [("60", 95_000), ("62", 100_000), ("63", 100_000)])
def test_load(family: str, behaviour: str, type: str, left: int) -> None:
    here = host(behaviour)
    raw = request(5, family, amount=5000, type=type, balance=1234)
    reply = here.answer(raw)
    assert reply.approved and reply.commands == ("put-data 9F79",)
    assert put_data(reply, 5, raw, family) == 6234
    assert account(here).balance == left
    again = here.answer(raw)
    assert again.repeated and again.scripts == reply.scripts
    assert account(here).balance == left


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"balance": None}, {}, Reason.BALANCE_NOT_TOLD),
        ({"identifier": 2}, {}, Reason.BALANCE_NOT_TOLD),
        ({"balance": 95_001}, {}, Reason.ABOVE_PURSE_LIMIT),
        ({"kind": "10"}, {}, Reason.NOT_SUPPORTED),
        ({}, {"balance": 4999}, Reason.INSUFFICIENT_FUNDS),
        ({"type": "00"}, {}, Reason.NOT_SUPPORTED),
    ],
)
def test_no_load(change: dict[str, Any], state: dict[str, Any], reason: Reason) -> None:
    before = Account(**{"balance": 100_000, **state})
    here = host("load", before)
    reply = here.answer(request(5, **{"amount": 5000, "type": "60", **change}))
    assert reply.reason is reason and not reply.scripts and not reply.approved
    assert account(here).balance == before.balance


def test_a_load_up_to_the_limit() -> None:
    raw = request(5, amount=5000, type="63", balance=95_000)
    assert put_data(host("load").answer(raw), 5, raw) == 100_000


# --- the other behaviours -----------------------------------------------------------------------


@FAMILY
def test_script(family: str) -> None:
    commands = [scripts.put_amount(0x9F77, 200_000), BLOCK]
    here = host("script", commands=commands, script_id=b"\x00\x00\x00\x09", template=0x71)
    raw = request(5, family)
    reply = here.answer(raw)
    made = [command.seal(session(5, raw, family)) for command in commands]
    ((tag, body),) = decode(reply.scripts[0])
    assert tag == 0x71
    assert decode(body) == [(0x9F18, b"\x00\x00\x00\x09"), (0x86, made[0]), (0x86, made[1])]
    assert reply.approved and reply.commands == ("put-data 9F77", "application-block")
    assert reply.to_tlv().endswith(reply.scripts[0])


def test_a_script_that_is_none_or_too_long_is_refused_before_any_tap() -> None:
    with pytest.raises(UsageError, match="go together"):
        host("script")
    with pytest.raises(UsageError, match="go together"):
        host("verify", commands=[BLOCK])
    with pytest.raises(UsageError, match="254 are allowed"):
        host("script", commands=[scripts.update_record(1, 1, bytes(251))], limit=scripts.ACCEPTED)


@pytest.mark.parametrize("raw", [request(5), worked("3des", **{"9F26": "00" * 8}), b"", b"\x9f"])
@pytest.mark.parametrize(("behaviour", "code"), [("approve", "00"), ("decline", "05")])
def test_blind_answers(behaviour: str, code: str, raw: bytes) -> None:
    """They say what they are told to; the check is told, and decides nothing."""
    here = host(behaviour)
    reply = here.answer(raw)
    assert (reply.code, reply.reason) == (code, Reason.BY_BEHAVIOUR)
    assert reply.check is not None and reply.check.passed == (raw == request(5))
    if raw:
        assert bool(reply.tag91) == (raw != b"\x9f")
    assert account(here) == Account(100_000)


def test_wrong_arpc() -> None:
    raw = request(5)
    right = session(5, raw).issuer_authentication("00")
    reply = host("wrong-arpc").answer(raw)
    different = [n for n in range(10) if reply.tag91[n] != right[n]]
    assert reply.code == "00" and len(reply.tag91) == 10 and different == [0]
    reply = host("wrong-arpc").answer(b"\x9f")
    assert (reply.code, reply.reason) == ("30", Failure.MALFORMED)


def test_time_out() -> None:
    here = host("time-out")
    reply = here.answer(request(5))
    assert (reply.code, reply.reason) == (None, Reason.NOT_REACHED)
    assert not reply.to_tlv() and not reply.approved
    assert account(here) == Account(100_000)


def test_unknown_behaviour_and_what_is_no_request() -> None:
    with pytest.raises(UsageError, match="no host behaves 'nice'"):
        host("nice")
    with pytest.raises(UsageError, match="bytes"):
        host().answer("9F26")  # type: ignore[arg-type]
    assert {behaviour.value for behaviour in Behaviour} >= {
        "approve", "decline", "time-out", "wrong-arpc", "script", "load"
    }  # fmt: skip


def test_cards_that_are_not_listed() -> None:
    here = Host(ISSUER)
    assert here.answer(request(5)).approved
    assert account(here).balance == 1_000_000 - 15_000
    nobody = Host(ISSUER, Accounts())
    assert nobody.answer(request(5)).reason is Failure.UNKNOWN_CARD


# --- PIN ----------------------------------------------------------------------------------------


def test_pin() -> None:
    pin = ISSUER.pin_reference(PAN, PSN, "246810")
    here = host(account=Account(100_000, pin=pin))
    assert here.answer(request(1), pin="246810").approved
    assert here.answer(request(2), pin="246811").code == "55"
    assert account(here).pin_tries == 2
    assert here.answer(request(3), pin="246810").approved and account(here).pin_tries == 3
    for atc, wrong in ((4, "0000"), (5, "x"), (6, "")):
        assert here.answer(request(atc), pin=wrong).reason is Reason.WRONG_PIN
    assert here.answer(request(7), pin="246810").code == "75"
    assert account(here).balance == 100_000 - 2 * 15_000


def test_a_pin_where_there_is_none_is_wrong() -> None:
    assert host().answer(request(1), pin="1234").reason is Reason.WRONG_PIN


def test_pin_reference_is_of_one_card_and_pin() -> None:
    found = {
        ISSUER.pin_reference(*words)
        for words in ((PAN, "01", "1234"), (PAN, "02", "1234"), (PAN, "01", "12345"))
    }
    assert len(found) == 3 and all(len(one) == 8 for one in found)


# --- accounts in a file -------------------------------------------------------------------------


def test_accounts_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    pin = ISSUER.pin_reference(PAN, PSN, "1234")
    first = Accounts({CARD: Account(100_000, pin=pin)}, path=path)
    raw = request(5, type="60", amount=100)
    reply = Host(ISSUER, first).answer(raw)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = Accounts(path=path)
    assert second.find(CARD) == first.find(CARD)
    again = Host(ISSUER, second).answer(raw)
    assert again.repeated and (again.tag91, again.scripts) == (reply.tag91, reply.scripts)
    assert Host(ISSUER, second).reverse(raw) is Reversal.REVERSED
    kept = Accounts(path=path).find(CARD)
    assert kept is not None and kept.balance == 100_000 and kept.answered[0].reversed


def test_nothing_is_approved_that_could_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "accounts.json"
    here = Host(ISSUER, Accounts({CARD: Account(100_000)}, path=path))
    text = path.read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        here.answer(request(5))
    assert account(here) == Account(100_000)
    assert path.read_text() == text and [path] == list(tmp_path.iterdir())


def state(**changes: Any) -> dict[str, Any]:
    here = Accounts({CARD: Account(1)})
    Host(ISSUER, here).answer(request(5))
    from tapkern.issuer import accounts

    found: dict[str, Any] = json.loads(accounts._write({CARD: here.find(CARD)}))  # type: ignore[dict-item]
    found["accounts"][0].update(changes)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", '{"format": 2, "accounts": []}', '{"format": 1, "accounts": [1]}',
        json.dumps(state(balance=-1)), json.dumps(state(balance=True)),
        json.dumps(state(blocked=0)), json.dumps(state(pin="x")), json.dumps(state(pin=None)),
        json.dumps(state(extra=1)), json.dumps(state(last_atc=65536)),
        json.dumps(state(answered=[{}])),
        json.dumps(state(answered=[{**state()["accounts"][0]["answered"][0], "reason": "x"}])),
        json.dumps(state(answered=[{**state()["accounts"][0]["answered"][0], "taken": -1}])),
        json.dumps(state(answered=[{**state()["accounts"][0]["answered"][0], "code": 0}])),
        json.dumps(state(answered=[{**state()["accounts"][0]["answered"][0], "extra": 0}])),
    ],
)  # fmt: skip
def test_files_that_are_no_accounts(text: str, tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="no accounts"):
        Accounts(path=path)
    assert path.read_text() == text


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("folder", "binary"):
        with pytest.raises(UsageError, match="cannot be read"):
            Accounts(path=tmp_path / name)
    with pytest.raises(UsageError, match="cannot be written"):
        Accounts(path=tmp_path / "none" / "accounts.json")


def test_nothing_secret_is_shown() -> None:
    here = host(account=Account(100_000, pin=ISSUER.pin_reference(PAN, PSN, "1234")))
    reply = here.answer(request(5, type="60"))
    shown = repr(reply) + repr(account(here)) + json.dumps(reply.to_json())
    assert PAN not in shown and "pin=" not in shown
    assert here.answer(request(1, pan="6200001234567884")).detail == "620000******7884"
