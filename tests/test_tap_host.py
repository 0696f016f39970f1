"""`tapkern tap --host`: an online request is answered by a test issuer and completed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tapkern import Terminal
from tapkern.card import Card
from tapkern.cli.main import main
from tapkern.cli.online import CODE_ALONE, HOSTS, ask
from tapkern.issuer.check import Issuer
from tapkern.issuer.host import Behaviour, Host
from tapkern.issuer.reasons import Failure
from tapkern.readers.simulated import SimulatedReader
from tests import taps

CREDIT = ("tap", "--reader", "sim:credit", "--amount", "128.00")
PAN = "6200000000000001032"


def test_every_behaviour_for_a_tap_is_one_of_the_host() -> None:
    assert set(HOSTS) == {behaviour.value for behaviour in Behaviour} - {"load"}


@pytest.mark.parametrize(
    ("words", "code", "final", "reason", "said"),
    [
        (("verify",), 0, "approved", "host_approved", "approved"),
        (("approve",), 0, "approved", "host_approved", "by_behaviour"),
        (("wrong-arpc",), 0, "approved", "host_approved", "by_behaviour"),
        (("script", "--script", "card-block"), 0, "approved", "host_approved", "approved"),
        (("decline",), 1, "declined", "host_declined", "by_behaviour"),
        (("time-out",), 1, "declined", "host_not_reached", "not_reached"),
    ],
)
def test_behaviours(
    words: tuple[str, ...],
    code: int,
    final: str,
    reason: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*CREDIT, "--host", *words, "--json"]) == code
    out = capsys.readouterr().out
    found = json.loads(out)
    assert found["outcome"] == "online_request" and PAN not in out
    assert (found["final"]["outcome"], found["final"]["reason"]) == (final, reason)
    host = found["host"]
    assert host["reason"] == said
    assert host["not_used"] == (None if said == "not_reached" else CODE_ALONE)
    assert bool(host["scripts"]) == (words[0] == "script")
    if host["check"]:
        assert host["check"]["passed"] and host["check"]["cryptogram"] == "ARQC"


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREDIT, "--host", "script", "--script", "put-data:9F77=000000200000"]) == 0
    out = capsys.readouterr().out
    assert "host script: 00 approved" in out
    assert "cryptogram: ARQC right, version 01, 3DES" in out
    assert f"ARPC and script put-data 9F77 not used: {CODE_ALONE}" in out
    assert out.index("online request") < out.index("host script") < out.index("QP-129]")
    assert PAN not in out


def test_verify_declines_a_card_of_another_issuer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A world of one's own: its host knows the card, the host of the ready cards does not."""
    short = ["--rsa-ca-bits", "1024", "--issuer-bits", "1024"]
    assert main(["issuer", "new", str(tmp_path), *short]) == 0
    words = ["tap", "--reader", f"sim:{tmp_path / 'card.toml'}", "--amount", "512.50"]
    words += ["--config", str(tmp_path / "terminal.toml"), "--host", "verify"]
    capsys.readouterr()
    assert main([*words, "--issuer", str(tmp_path / "issuer.toml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["host"]["check"]["algorithm"] == "SM4"
    assert found["host"]["check"]["balance"] == 20000
    assert main([*words, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["host"]["code"], found["host"]["reason"]) == ("05", "wrong_cryptogram")
    assert found["final"]["outcome"] == "declined"


def test_accounts_last_and_the_atc_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, accounts = str(tmp_path / "card.json"), str(tmp_path / "accounts.json")
    words = [*CREDIT, "--host", "verify", "--accounts", accounts, "--json"]
    assert main([*words, "--state", state]) == 0
    assert main([*words, "--state", state]) == 0
    (kept,) = json.loads(Path(accounts).read_text())["accounts"]
    assert (kept["last_atc"], kept["balance"]) == (2, 1_000_000 - 2 * 12800)
    capsys.readouterr()
    assert main(words) == 1  # a copy of the card begins with ATC 1 again
    assert json.loads(capsys.readouterr().out)["host"]["reason"] == "old_atc"


def test_an_offline_approval_needs_no_host(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tap", "--reader", "sim:debit", "--amount", "12.50", "--host", "decline", "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == "approved"
    assert found["host"] is None and found["final"] is None


def test_the_answer_is_in_the_transcript(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "tap.jsonl")
    assert main([*CREDIT, "--host", "decline", "--save", path]) == 1
    capsys.readouterr()
    assert main(["tap", "--reader", f"replay:{path}", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["reason"]) == ("declined", "host_declined")
    assert found["replay"]["identical"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--host", "nice"], "invalid choice"),
        (["--host", "script"], "--host script needs --script"),
        (["--host", "verify", "--script", "card-block"], "go together"),
        (["--host", "script", "--script", "x"], "no script command"),
        (["--script", "card-block"], "--script needs --host"),
        (["--issuer", "x.toml"], "--issuer needs --host"),
        (["--accounts", "x.json"], "--accounts needs --host"),
        (["--host", "verify", "--issuer", "none.toml"], "cannot be read"),
        (["--host", "verify", "--accounts", "none/x.json"], "cannot be written"),
    ],
)
def test_wrong_calls(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREDIT, *words]) == 2
    captured = capsys.readouterr()
    assert told in captured.err and "SELECT" not in captured.out


def test_a_replay_takes_no_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "tap.jsonl")
    main([*CREDIT, "--save", path])
    assert main(["tap", "--reader", f"replay:{path}", "--host", "approve"]) == 2
    assert "--host is not for a replay" in capsys.readouterr().err


def test_without_a_host_nothing_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREDIT, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "host" not in found and "final" not in found


@pytest.mark.parametrize("card", ["credit", "debit", "dual", "sm-only"])
@pytest.mark.parametrize("cvn", [1, 17])
def test_every_kind_of_card_is_verified(card: str, cvn: int) -> None:
    """Both cryptogram versions and families, from the answer of the card to that of the host."""
    made = Card.from_toml(f'base = "{card}"\n[[application]]\ncvn = {cvn}\n')
    config = taps.DEMO.with_name("demo-sm2.toml")
    tap = Terminal.from_toml(config).tap(SimulatedReader(made), "512.00", **taps.FIXED)
    host = Host(Issuer.ready())
    reply = ask(host, tap.outcome)
    assert reply.approved and reply.check is not None
    assert reply.check.version in (1, 0x11) and (reply.check.version == 1) == (cvn == 1)
    assert reply.check.algorithm == ("SM4" if card in ("dual", "sm-only") else "3DES")
    assert tap.complete(reply.code).approved


def test_an_outcome_without_a_card_number_is_declined() -> None:
    from dataclasses import replace

    tap = taps.tap(SimulatedReader(taps.card("credit")), "128.00")
    reply = ask(Host(Issuer.ready()), replace(tap.outcome, data_record=b""))
    assert (reply.code, reply.reason) == ("30", Failure.MISSING_DATA)
    assert not re.search(PAN, repr(reply))
