"""The verb decode: sources, exit codes, JSON, text, masking."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapkern.cli.main import main

PAN = "6200000000000123455"
RECORD = (
    "702B5A0A6200000000000123455F5F24034912315F25032001015F280201569F0702FF009F080200305F340101"
)
PPSE = "00A404000E325041592E5359532E444446303100"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["decode", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_plain_text_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, RECORD)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "TLV data, 45 bytes"
    column = lines[1].index("value")
    assert lines[1].split() == ["offset", "tag", "length", "name", "value"]
    pan = next(line for line in lines if "5A" in line)
    assert pan[column:] == "620000*********3455F"
    assert pan.split()[0] == "2"
    date = next(line for line in lines if "5F24" in line)
    assert date[column:] == "491231 = 2049-12-31"
    assert all(line == line.rstrip() for line in lines)
    assert lines[-1] == "Cardholder data are masked (*); --unmask shows them."


def test_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--lang", "zh", RECORD)
    assert code == 0
    assert "应用主账号" in out
    assert "Primary" not in out


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--json", PPSE, "6A82", RECORD)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["well_formed"] is True
    assert [piece["kind"] for piece in found["inputs"]] == ["command", "response", "tlv"]
    template = found["inputs"][2]["nodes"][0]
    pan = template["children"][0]
    assert (pan["tag"], pan["offset"], pan["length"]) == ("5A", 2, 10)
    assert (pan["value"], pan["masked"]) == ("620000*********3455F", True)
    assert pan["name"]["zh"] == "应用主账号"


@pytest.mark.unmasked("output", "decode --unmask")
def test_nothing_is_masked_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--unmask", RECORD)
    assert code == 0
    assert PAN in out
    assert "--unmask" not in out


def test_malformed_card_data_is_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, RECORD[:-6])
    assert (code, err) == (1, "")
    assert "malformed at offset 0: tag 70 says 43 bytes, 40 are left (TLV-009)" in out
    assert "9F08" in out
    code, out, _ = run(capsys, "--json", RECORD[:-6])
    found = json.loads(out)
    assert (code, found["well_formed"]) == (1, False)
    assert found["inputs"][0]["fault"]["rule"] == "TLV-009"


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["9F0G"], "line 1, column 4"),
        (["123"], "line 1"),
        (["--pdol", "xx", "9000"], "--pdol"),
        (["@no-such-file"], "no-such-file"),
        (["@"], "."),
        (["--as", "soup", "9000"], "tapkern decode"),
        (["--lang", "fr", "9000"], "tapkern decode"),
    ],
)
def test_wrong_calls(capsys: pytest.CaptureFixture[str], words: list[str], where: str) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"tapkern: {where}: ")
    assert err.count("\n") == 1
    code, out, err = run(capsys, "--json", *words)
    assert (code, err) == (2, "")
    assert json.loads(out)["error"]["where"] == where


def test_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "tap.log"
    log.write_text(f"send: {PPSE}\nresp: 6A82\n", encoding="utf-8")
    for word in (str(log), f"@{log}"):
        code, out, _ = run(capsys, word)
        assert code == 0
        assert (
            f"{log}: line 2: response, 2 bytes, status 6A82: file or application not found" in out
        )


def test_files_that_are_no_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    binary = tmp_path / "card.bin"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    assert run(capsys, str(binary))[0] == 2
    words = tmp_path / "words.txt"
    words.write_text("9000\nhello\n", encoding="utf-8")
    code, _, err = run(capsys, str(words))
    assert code == 2
    assert err.startswith(f"tapkern: {words}:2:1: 'h' is no hexadecimal digit")
    assert run(capsys, f"@{tmp_path}")[0] == 2


@pytest.mark.parametrize("words", [[], ["-"]])
def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(RECORD))
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert "5F24" in out


def test_too_much_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapkern.cli.decode.MAX_INPUT", 10)
    monkeypatch.setattr(sys, "stdin", io.StringIO("00" * 6))
    assert run(capsys)[0] == 2


def test_terminal_output_says_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, out, _ = run(capsys, RECORD[:-6], PPSE)
    assert code == 1
    assert "620000*********3455F" in out
    assert PAN not in out
    assert "malformed at offset 0" in out
    assert '"2PAY.SYS.DDF01"' in out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text("0123456789ABCDEFabcdef:# \n-@.xz", max_size=60), max_size=4), st.booleans()
)
def test_any_words_end_in_a_known_way(
    capsys: pytest.CaptureFixture[str], words: list[str], as_json: bool
) -> None:
    words = [word for word in words if word != "-" and not word.startswith("-")] or ["00"]
    code, out, err = run(capsys, *(["--json"] if as_json else []), *words)
    assert code in (0, 1, 2)
    assert "Traceback" not in err
    if as_json:
        json.loads(out)
