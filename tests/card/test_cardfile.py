"""Card files: what is accepted, and that every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapkern.card import Card, names
from tapkern.card.application import Application
from tapkern.errors import UsageError
from tests.card.terminal import CREDIT, run

PLAIN = (Path(__file__).parent / "plain.toml").read_text(encoding="utf-8")
BARE = PLAIN.replace("[application.purse]\nbalance = 10000", 'cap = "CAP"')


def test_ready_cards() -> None:
    assert {"debit", "credit", "low-balance", "forged", "multi", "old", "vector"} <= set(names())
    assert {"dual", "sm-only"} <= set(names())
    for name in names():
        assert Card.load(name).profile.title


def test_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PLAIN, encoding="utf-8")
    bare = tmp_path / "mine"
    bare.write_text(PLAIN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for given in (path, str(path), "mine.toml", "mine"):
        card = Card.load(given)
        assert card.name == "mine" and card.balance == 10000
        assert run(card).kind == "TC"


def test_base_is_changed_by_position_and_key() -> None:
    card = Card.from_toml(
        'base = "multi"\ntitle = "Other"\n[[application]]\n[[application]]\npsn = "07"\n'
    )
    assert card.profile.title == "Other"
    assert len(card.applications) == 3
    credit = card.applications[1]
    assert isinstance(credit, Application)
    assert credit.aid.hex().upper() == CREDIT and credit.profile.psn == b"\x07"
    card = Card.from_toml('base = "debit"\n[[application]]\n[application.purse]\nbalance = 7\n')
    assert card.balance == 7
    one = card.applications[0]
    assert isinstance(one, Application) and one.profile.purse is not None
    assert one.profile.purse.single == 50000


def wrong(text: str) -> UsageError:
    with pytest.raises(UsageError) as error:
        Card.from_toml(text, "mine")
    assert error.value.exit_code == 2
    return error.value


def line(text: str) -> str:
    """The plain card with a line of its application replaced or added."""
    key = text.split()[0]
    kept = [old for old in PLAIN.splitlines() if not old.startswith(f"{key} =")]
    at = kept.index("[[application]]") + 1
    return "\n".join([*kept[:at], text, *kept[at:]])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", r"no \[\[application\]\]"),
        ("application = 7", "must be of type list"),
        ("application = [7]", "a table is expected"),
        ("[[application]", "not valid TOML"),
        ('base = "nobody"', "no card 'nobody'"),
        ("base = 7", "base must be the name"),
        ('base = "low-balance"', "has a base of its own"),
        ('base = "debit"\ncolour = "red"', "colour is unknown"),
        ('base = "debit"\nfaults = ["nothing"]', "no fault 'nothing'"),
        ('base = "debit"\nfaults = [1]', "must be a list of names"),
        ('base = "debit"\nblocked = 1', "must be of type bool"),
        (PLAIN + PLAIN, "not valid TOML|unknown|same aid"),
        (line('aid = "A0"'), "aid must be 5 to 16 bytes"),
        (line('aid = "A00000033301010"'), "aid must be hex"),
        (line("aid = 7"), "aid must be of type str"),
        (line('label = ""'), "label must be 1 to 16"),
        (line('label = "借记"'), "label must be 1 to 16"),
        (line("priority = 16"), "priority must be 1 to 15"),
        (line('pan = "62000000000001016F"'), "pan must be 13 to 19 digits"),
        (line('pan = "620000"'), "pan must be 13 to 19 digits"),
        (line('expiry = "2049-12-31"'), "expiry must be of type date"),
        (line("expiry = 2050-01-01"), "expiry must be from 1950 to 2049"),
        (line("expiry = 2049-12-31T00:00:00"), "expiry must be of type date"),
        (line('ctq = "8000"'), "ctq has a bit that the card sets"),
        (line('ctq = "00"'), "ctq must be 2 bytes"),
        (line('cap = "D900F000"'), "cap asks for low value and ctta"),
        (line('cap = "B900F000"'), "cap asks for low value or ctta"),
        (BARE.replace("CAP", "1980F000"), "cap asks for prepaid"),
        (line('cap = "9910F000"'), "cap asks for log"),
        (line('cap = "9D00F000"'), "cap asks for offline mismatch"),
        (line('pdol = "9F66"'), "pdol is malformed"),
        (line('pdol = "9F6603"'), "pdol must ask for 4 bytes of 9F66"),
        (line("cvn = 2"), "cvn must be 1 or 17"),
        (line("idd = 6"), "idd must be 0 or 1 or 2 or 3 or 4 or 5"),
        (line("fdda = 2"), "fdda must be 0 or 1"),
        (line("atc = 65535"), "atc must be 0 to 65534"),
        (line("cvm_limit = -1"), "cvm_limit must be 0"),
        (line("cvm_limit = 1.5"), "cvm_limit must be of type int"),
        (line("pin_tries = true"), "pin_tries must be of type int"),
        (line("purse = 7"), "not valid TOML"),
        (PLAIN.replace("balance = 10000", "balance = 100001"), "balance is above the limit"),
        (PLAIN.replace("balance = 10000", ""), "balance is missing"),
        (PLAIN.replace("[application.purse]\nbalance = 10000", ""), "cap asks for low value"),
        (PLAIN + '[application.second]\ncurrency = "0156"\nbalance = 0', "second is beside"),
        (
            BARE.replace("CAP", "1900F000")
            + '[application.second]\ncurrency = "0840"\nbalance = 0',
            "second is beside",
        ),
        (PLAIN + "[application.second]\nbalance = 0", "currency is missing"),
        (PLAIN + '[application.second]\ncurrency = "0840"\nbalance = 100001', "above the limit"),
        (PLAIN + '[application.second]\nauthorisation_code = "X"', "currency is missing"),
        (PLAIN + "[application.risk]\nlower_limit = 256", "lower_limit must be 0 to 255"),
        (PLAIN + '[application.risk]\ndefault_action = "00"', "default_action must be 2 bytes"),
        (PLAIN + "[application.risk]\ncolour = 1", "colour is unknown"),
        (PLAIN + "[application.log]\nsfi = 10", "sfi must be 11 to 30"),
        (PLAIN + "[application.log]\nrecords = 0", "records must be 1 to 255"),
        (PLAIN + '[application.log]\nformat = "9F"', "format is malformed"),
        (PLAIN + '[application.log]\nformat = "9A02"', "format must ask for 3 bytes of 9A"),
        (PLAIN + '[application.log]\nformat = "9CFF"', "format must ask for 1 bytes of 9C"),
        (PLAIN + '[application.log]\nformat = "9BFF"', "gives records of 255 bytes"),
        (PLAIN + "[application.log]\n[application.load_log]\nsfi = 11", "has the sfi of the log"),
        (PLAIN + '[application.keys]\nca = "icc-1024"', "'icc-1024' is no CA key"),
        (PLAIN + '[application.keys]\nicc = "nobody"', "no RSA key is called 'nobody'"),
        (PLAIN + '[application.keys]\nmaster = "nobody"', "no master keys are called"),
        (PLAIN + '[application.keys]\nissuer = "issuer-1408"', "longer than key ca-1152"),
        (line('pdol = "DF690101"'), "pdol is malformed"),
        (line('pdol = "DF6902"'), "pdol must ask for 1 bytes of DF69"),
        (line("sm = true"), "sm must be of type dict"),
        (PLAIN + '[application.sm]\nca = "ca-1152"', "'ca-1152' is no CA key"),
        (PLAIN + '[application.sm]\nissuer = "issuer-1152"', "no SM2 key is called 'issuer-1152'"),
        (PLAIN + '[application.sm]\nicc = "nobody"', "no SM2 key is called 'nobody'"),
        (PLAIN + '[application.sm]\nmaster = "nobody"', "no master keys are called 'nobody'"),
        (PLAIN + "[application.sm]\nonly = 1", "only must be of type bool"),
        (PLAIN + '[application.sm]\nsignature = "answer"', "signature must be record or gpo"),
        (PLAIN + '[application.sm]\nexpiry = "12"', "expiry must be 2 bytes"),
        (PLAIN + "[application.sm]\nexponent = 3", "exponent is unknown"),
        (PLAIN + '[application.keys]\nca = "ca-sm2"', "'ca-sm2' is no CA key"),
        (PLAIN + '[application.keys]\nicc = "icc-sm2"', "no RSA key is called 'icc-sm2'"),
        (
            PLAIN + "[application.keys]\n[application.sm]\nonly = true",
            r"keys are of no use with sm.only",
        ),
        (
            PLAIN + '[[application]]\nforeign = true\naid = "A000000003"\nlabel = "X"\npan = "1"',
            "pan is unknown",
        ),
    ],
)
def test_mistakes_are_named(text: str, what: str) -> None:
    error = wrong(text)
    import re

    assert re.search(what, error.what), error.what
    assert error.where


def test_place_and_hint_of_a_mistake() -> None:
    error = wrong(line('colour = "red"'))
    assert str(error).startswith("card mine application[0]: colour is unknown; known here: aid, ")
    error = wrong(PLAIN + "colour = 1")
    assert error.where == "card mine application[0].purse"
    known = "authorisation_code, balance, limit, offset_limit, offset_used, reset, single"
    assert error.hint == f"known here: {known}"


def test_sm_branch_by_its_table_alone() -> None:
    """Every key of the table has a default, and the PDOL asks for DF69."""
    card = Card.from_toml(PLAIN + "[application.sm]\n")
    assert run(card, df69="01").gpo["9F10"][7] == 4
    assert run(card, df69="00").gpo["9F10"][7] == 1
    card = Card.from_toml(PLAIN + "[application.sm]\nonly = true\n")
    assert run(card, df69="00").gpo["9F10"][7] == 4
    assert wrong(PLAIN + "[application.sm]\ncolour = 1").where == "card mine application[0].sm"


def test_missing_key_of_an_application() -> None:
    for key in ("aid", "label", "pan", "expiry"):
        kept = "\n".join(row for row in PLAIN.splitlines() if not row.startswith(f"{key} ="))
        assert wrong(kept).what == f"{key} is missing"


def test_files_that_do_not_fit_one_answer_are_refused() -> None:
    entry = '[[application]]\nforeign = true\naid = "A00000000{}{}"\nlabel = "{}"\n'
    entries = "".join(entry.format(n, "00" * 11, "X" * 16) for n in range(8))
    assert "PPSE is longer" in wrong(entries).what
    assert "FCI is longer" in wrong(line(f'pdol = "{"9A03" * 120}"')).what
    product = line(f'product = "{"00" * 16}"\npsn_in_gpo = true\ncid_in_gpo = true\nidd = 1')
    card = Card.from_toml(product)
    assert run(card).gpo["9F63"] == bytes(16)
    card = Card.from_toml(product + '\n[application.sm]\nsignature = "gpo"\n')
    tap = run(card, df69="01")
    assert tap.gpo["9F63"] == bytes(16) and len(tap.gpo["9F4B"]) == 69


def test_unreadable_names() -> None:
    with pytest.raises(UsageError, match="no card 'nobody'") as error:
        Card.load("nobody")
    assert "debit" in error.value.hint
    for path in ("nowhere/card.toml", "nobody.toml", "\0.toml"):
        with pytest.raises(UsageError, match="cannot be read"):
            Card.load(path)
