"""`tapkern issuer new` end to end: its card is approved by the kernel that has its CA keys."""

from __future__ import annotations

import json
import re
import stat
import tomllib
from pathlib import Path

import pytest

from tapkern import Status, Terminal
from tapkern.card import Card
from tapkern.cli.issuer import PREFIX
from tapkern.cli.main import main
from tapkern.errors import UsageError
from tapkern.outcome import Oda, Outcome
from tapkern.params import keys
from tapkern.readers.simulated import SimulatedReader
from tests.card.terminal import authenticate, run
from tests.taps import FIXED

FILES = {"issuer.toml", "ca-keys.toml", "card.toml", "terminal.toml"}
SHORT = ["--rsa-ca-bits", "1024", "--issuer-bits", "1024"]


def new(folder: Path, *options: str) -> int:
    return main(["issuer", "new", str(folder), *(options or SHORT)])


def tap(card: Card, config: Path) -> Outcome:
    return Terminal.from_toml(config).tap(SimulatedReader(card), "12.50", **FIXED).outcome


def rsa_only(folder: Path) -> Card:
    text = 'base = "debit"\nissuer_file = "issuer.toml"\n[[application]]\npsn = "02"\n'
    (folder / "rsa.toml").write_text(text, encoding="utf-8")
    return Card.load(folder / "rsa.toml")


def test_a_world_of_ones_own(tmp_path: Path) -> None:
    """Both families: the card with SM2 and, for the RSA chain, another of the same issuer."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    assert new(ours) == new(theirs) == 0
    for card in (lambda: Card.load(ours / "card.toml"), lambda: rsa_only(ours)):
        good = tap(card(), ours / "terminal.toml")
        assert (good.status, good.oda) == (Status.APPROVED, Oda.SUCCESSFUL)
        bad = tap(card(), theirs / "terminal.toml")
        assert (bad.status, bad.oda) == (Status.DECLINED, Oda.FAILED)


@pytest.mark.parametrize("bits", [("1024", "1024"), ("1984", "1984"), ("1408", "896")])
def test_lengths_of_keys(bits: tuple[str, str], tmp_path: Path) -> None:
    assert new(tmp_path, "--rsa-ca-bits", bits[0], "--issuer-bits", bits[1]) == 0
    card = Card.load(tmp_path / "card.toml")
    assert authenticate(run(card, df69="00"), ca_keys(tmp_path)) == b"\x00\x01"
    assert tap(card, tmp_path / "terminal.toml").status is Status.APPROVED


def ca_keys(folder: Path) -> list:  # type: ignore[type-arg]
    from tapkern.issuer.keyfile import load

    return load(folder / "issuer.toml").ca_keys()


def test_files_and_what_they_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a" / "b"
    assert new(folder) == 0
    told = capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == FILES
    for path in folder.iterdir():
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o600 if path.name == "issuer.toml" else 0o644)
    assert "TEST KEYS" in (folder / "issuer.toml").read_text(encoding="utf-8")
    assert tomllib.loads((folder / "issuer.toml").read_text(encoding="utf-8"))["use"] == "test"
    card = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))
    pan = card["application"][0]["pan"]
    assert pan.startswith(PREFIX) and luhn(pan) and len(pan) == 19
    assert pan not in told and not re.search("[0-9A-F]{17}", told)
    found = keys.load([folder / "ca-keys.toml"])
    assert [(key.index, key.trusted) for key in found] == [("E5", False), ("E6", False)]


def luhn(pan: str) -> bool:
    doubled = [sum(divmod(int(d) * 2, 10)) for d in pan[-2::-2]]
    return (sum(doubled) + sum(map(int, pan[-1::-2]))) % 10 == 0


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(tmp_path, *SHORT, "--name", "bank-7", "--index", "90", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["issuer"] == "bank-7"
    assert made["rsa"] == {"index": "90", "ca_bits": 1024, "issuer_bits": 1024}
    assert made["sm2"] == {"index": "91"}
    assert set(made["files"].values()) == FILES


def test_nothing_is_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new(tmp_path) == 0
    before = (tmp_path / "issuer.toml").read_bytes()
    assert new(tmp_path) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "issuer.toml").read_bytes() == before
    assert new(tmp_path, *SHORT, "--force") == 0
    assert (tmp_path / "issuer.toml").read_bytes() != before
    assert tap(Card.load(tmp_path / "card.toml"), tmp_path / "terminal.toml").approved


@pytest.mark.parametrize(
    "options",
    [
        ["--rsa-ca-bits", "100"],
        ["--rsa-ca-bits", "x"],
        ["--index", "E1"],
        ["--index", "xx"],
        ["--index", "E5E5"],
        ["--index", ""],
        ["--name", "a b"],
        ["--name", "ü"],
    ],
)
def test_wrong_calls(options: list[str], tmp_path: Path) -> None:
    assert new(tmp_path, *options) == 2
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert new(tmp_path / "file" / "folder") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ca", "issuer", "master"])
def test_an_issuer_file_and_names_of_the_pool_do_not_go_together(name: str, tmp_path: Path) -> None:
    assert new(tmp_path) == 0
    where = tmp_path / "both.toml"
    value = {"ca": "ca-1152", "issuer": "issuer-1152", "master": "test"}[name]
    where.write_text(
        'base = "debit"\nissuer_file = "issuer.toml"\n[[application]]\n'
        f'[application.keys]\n{name} = "{value}"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match=f"{name} is in issuer_file already"):
        Card.load(where)


def test_an_issuer_file_that_is_not_there(tmp_path: Path) -> None:
    where = tmp_path / "card.toml"
    where.write_text('base = "debit"\nissuer_file = "none.toml"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"none\.toml: the key file cannot be read"):
        Card.load(where)


def test_an_issuer_without_the_family_of_the_card(tmp_path: Path) -> None:
    assert new(tmp_path) == 0
    path = tmp_path / "issuer.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[sm2.ca]")], encoding="utf-8")
    with pytest.raises(UsageError, match="issuer_file has no keys"):
        Card.load(tmp_path / "card.toml")
    assert rsa_only(tmp_path).profile.applications
