"""The card of a case for a terminal with a reader of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.cli.main import main
from tapkern.params import load_tables
from tapkern.readers.simulated import SimulatedReader
from tapkern.terminal import Terminal
from tests.lab.documents import primitives, suite


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    document = suite()
    document["cards"]["debit"]["personalisation"] = {
        "base": "debit",
        "application": [{"expiry": "2031-12-31", "purse": {"balance": 17700}}],
    }
    (case,) = document["cases"]
    case["mutations"] = [{"kind": "leave", "at": "last", "before": True}]
    document["cards"]["taped"] = {"transcript": [["00A404*", "6A82"]]}
    document["cases"].append({**case, "id": "QP-JYJG-0002", "card": "taped"})
    (tmp_path / "a.json").write_text(json.dumps(document))
    (tmp_path / "b.json").write_text(json.dumps(primitives()))
    return tmp_path


def test_the_card_of_a_case_is_a_card_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suite", "card", "QP-JYJG-0001", str(folder)]) == 0
    out, err = capsys.readouterr()
    card = Card.from_toml(out)
    assert card.balance == 17700
    terminal = Terminal(load_tables(suite()["terminals"]["retail"]["configuration"]).image)
    assert terminal.tap(SimulatedReader(card), "12.50", date="261121").outcome.approved
    assert err.split("\n")[:3] == [
        "QP-JYJG-0001: terminal retail, amount 12.50, type 00",
        "QP-JYJG-0001: tap 1 ends with approved",
        "QP-JYJG-0001: on the air, not done: leave at last",
    ]
    assert main(["suite", "card", "QP-JYJG-0001", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["card"]["application"][0]["expiry"] == "2031-12-31"
    assert found["transaction"]["amount"] == 1250 and len(found["notes"]) == 3


@pytest.mark.parametrize(
    "identifier,what",
    [
        ("QP-JYJG-0009", "no such case"),
        ("SM-GMYS-0001", "no such case"),
        ("QP-JYJG-0002", "a recording"),
    ],
)
def test_a_case_without_a_card_is_refused(
    folder: Path, identifier: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suite", "card", identifier, str(folder)]) == 2
    assert what in capsys.readouterr().err
