"""Industry files in a card file and in `tapkern card show`; the two ready cards."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.card.describe import describe
from tapkern.errors import UsageError
from tests.card.industry_terminal import KEY, Gate, record_of
from tests.card.terminal import DEBIT, objects, select, send, start
from tests.card.test_cli import call

PLAIN = (Path(__file__).parent / "plain.toml").read_text(encoding="utf-8")
FILE = f'[[application.file]]\nsfi = 0x15\nlongest = 20\nopen_key = "{KEY}"\n'
CYCLIC = FILE.replace("longest", 'type = "cyclic"\nslots = 2\nlongest')
RECORD = f'[[application.file.record]]\nid = "0101"\nlength = 10\nkey = "{KEY}"\n'
SLOT = '[[application.file.slot]]\ndata = "01"\n'


def card(text: str, df61: str = "01") -> Card:
    plain = PLAIN.replace("[application.purse]", f'df61 = "{df61}"\n[application.purse]')
    return Card.from_toml(plain + text, "mine")


def test_pdol_asks_for_df60_when_there_are_files() -> None:
    assert objects(send(card(FILE), select(DEBIT)))["9F38"].endswith(bytes.fromhex("DF6001"))
    both = objects(send(card(FILE + "[application.sm]\n"), select(DEBIT)))["9F38"]
    assert both.endswith(bytes.fromhex("DF6901DF6001"))
    assert not objects(send(card(""), select(DEBIT)))["9F38"].endswith(bytes.fromhex("DF6001"))


def test_record_is_built_from_its_parts() -> None:
    one = card(FILE + RECORD + 'data = "010100AB"\n' + RECORD.replace("0101", "0102"))
    start(one)
    assert record_of(one, 0x15, "0101").hex() == "010107010100ab000000"
    assert record_of(one, 0x15, "0102").hex() == "01020701010000000000"


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        (FILE.replace("0x15", "0x14"), "sfi must be 21 to 30", "file[0]"),
        (FILE.replace("0x15", "0x1F"), "sfi must be 21 to 30", "file[0]"),
        (FILE + FILE, "two tables for one sfi", "application[0]"),
        (FILE.replace("20", "5"), "longest must be 6 to 255", "file[0]"),
        (FILE.replace("20", "256"), "longest must be 6 to 255", "file[0]"),
        (FILE.replace(KEY, KEY[2:]), "open_key must be 16 bytes", "file[0]"),
        (FILE + 'type = "linear"\n', "type must be records or cyclic", "file[0]"),
        (FILE + f'key = "{KEY}"\n', "key is unknown", "file[0]"),
        (FILE + "slots = 3\n", "slots is unknown", "file[0]"),
        (FILE + "size = 65536\n", "size must be 0 to 65535", "file[0]"),
        (FILE + "size = 9\n" + RECORD, "fills 10 of 9", "file[0]"),
        (FILE + RECORD.replace("10", "21"), "length must be 6 to 20", "record[0]"),
        (FILE.replace("20", "255") + RECORD.replace("10", "252"), "must be 6 to 251", "record[0]"),
        (FILE + RECORD.replace("10\n", "5\n"), "length must be 6 to 20", "record[0]"),
        (FILE + RECORD + 'data = "0101000000000000"\n', "data must be 0 to 7 bytes", "record[0]"),
        (FILE + RECORD.replace("0101", "01"), "id must be 2 bytes", "record[0]"),
        (FILE + RECORD.replace("key", "k"), "key is missing", "record[0]"),
        (FILE + RECORD + "colour = 1\n", "colour is unknown", "record[0]"),
        (CYCLIC.replace("slots = 2", "slots = 0"), "slots must be 1 to 255", "file[0]"),
        (CYCLIC + RECORD, "record is unknown", "file[0]"),
        (CYCLIC + SLOT, "needs an open file", "file[0]"),
        (CYCLIC + f'key = "{KEY}"\n' + SLOT * 3, "fills 3 of 2", "file[0]"),
        (CYCLIC + f'key = "{KEY}"\n' + SLOT.replace("01", "01" * 21), "1 to 20 bytes", "slot[0]"),
        (FILE.replace("0x15", "0x1E") + "[application.log]\nsfi = 30\n", "sfi of a log", ""),
        ("offset_limit = 999999900001\n", "pass n12 together", ""),
        ("offset_limit = 5\noffset_used = 6\n", "above the limit of 5", ""),
        ("offset_limit = 5\noffset_used = 5\n", "cannot be while there is a balance", ""),
    ],
)
def test_mistakes_are_named(text: str, what: str, where: str) -> None:
    with pytest.raises(UsageError) as error:
        card(text)
    assert what in error.value.what and where in error.value.where


@pytest.mark.parametrize("df61", ["00", "03", "40"])
def test_files_need_df61(df61: str) -> None:
    for text in (FILE, "offset_limit = 1\n"):
        with pytest.raises(UsageError, match="offers no extended transaction"):
            card(text, df61)


def test_extended_transactions_need_a_purse() -> None:
    text = PLAIN[: PLAIN.index("[application.purse]")] + 'cap = "1800F000"\ndf61 = "01"\n'
    with pytest.raises(UsageError, match=re.escape("offers extended transactions")):
        Card.from_toml(text)


def test_a_card_in_debt_can_be_described() -> None:
    text = "balance = 0\noffset_limit = 500\noffset_used = 200\n"
    one = Card.from_toml(
        PLAIN.replace("balance = 10000\n", text).replace(
            "[application.purse]", 'df61 = "01"\n[application.purse]'
        )
    )
    found = describe(one)["applications"][0]["extended"]
    assert (found["offset_limit"], found["offset_used"], found["df61"]) == (500, 200, "01")


@pytest.mark.unmasked("output", "card show --bytes")
def test_show_never_tells_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    Gate(Card.load("parking", state=state), 0x16, "2707").run(2, 5000)
    assert call("show", "parking", "--state", str(state)) == 0
    text = capsys.readouterr().out
    assert "SFI 22 id 2707: 5000 on hold" in text
    assert "SFI 22 records: 128 of 640 bytes" in text and "27073D010200" in text
    assert call("show", "transit-fare", "--bytes") == 0
    text += capsys.readouterr().out
    assert "SFI 30 cyclic: 0 of 30 slots" in text and "27017D010100" + "00" * 122 in text
    assert call("show", "parking", "--json", "--bytes") == 0
    shown = capsys.readouterr().out
    (application,) = json.loads(shown)["applications"]
    assert application["extended"]["files"][0]["contents"][0]["bytes"].startswith("27073D01020001")
    for key in (KEY, "4041424344454647", "8081828384858687"):
        assert key not in text + shown
    assert call("show", "debit", "--json") == 0
    assert json.loads(capsys.readouterr().out)["applications"][0]["extended"] is None


@pytest.mark.parametrize("name", ["transit-fare", "parking"])
def test_ready_cards_hold_records_with_a_whole_head(name: str) -> None:
    """Digest file 70 §4: the length byte, the valid flag, the mode, the lock flag."""
    (application,) = describe(Card.load(name))["applications"]
    heads = [
        (content["length"], bytes.fromhex(content["head"]))
        for file in application["extended"]["files"]
        for content in file["contents"]
    ]
    assert len(heads) == 2
    for length, head in heads:
        assert head[2] == length - 3 and head[3] == 1 and head[4] in (1, 2) and head[5] == 0
