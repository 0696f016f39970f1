"""The command line: exit codes, one JSON object, one line for bad input, never a traceback."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tapkern.cli import demo, main
from tapkern.cli.main import VERBS
from tests import taps

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "examples" / "terminal.toml")


@pytest.fixture
def run(capfd):
    """Runs a verb in this process: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        try:
            code = main.main(words)
        except SystemExit as end:
            code = end.code
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.fixture
def as_json(run):
    """Runs a verb with --json: exit code and the one object on standard output."""

    def call(*words: str) -> tuple[int, dict]:
        code, out, _ = run(*words, "--json")
        assert out.count("\n") == 1 and out.endswith("\n")
        return code, json.loads(out)

    return call


def in_a_process(*words: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tapkern", *words], capture_output=True, text=True, check=False,
        timeout=60, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, **more,
    )  # fmt: skip


# --- demo -------------------------------------------------------------------------------------


def test_demo_json(as_json):
    code, found = as_json("demo")
    assert code == 0
    shown = [(tap["card"], tap["outcome"], tap["reason"], tap["rule"]) for tap in found["taps"]]
    assert shown == [
        ("debit", "approved", "approved_offline", "QP-120"),
        ("low-balance", "declined", "card_declined", "QP-069"),
        ("credit", "online_request", "card_asked_online", "QP-124"),
        ("forged", "declined", "authentication_failed", "QP-123"),
        ("dual", "approved", "approved_offline", "QP-120"),
        ("dual", "approved", "approved_offline", "QP-120"),
    ]
    one, low, online = found["taps"][:3]
    assert (one["balance_before"], one["balance_after"]) == (20000, 18750)
    assert (low["balance_before"], low["balance_after"]) == (500, 500)
    assert online["final"]["outcome"] == "approved"
    assert all(tap["as_it_should"] and not tap["problems"] for tap in found["taps"])


def test_demo_for_people(run):
    code, out, err = run("demo")
    assert code == 0 and err == ""
    for words in ("SELECT PPSE", "GET PROCESSING OPTIONS", "QP-120", "QP-123", "200.00 → 187.50"):
        assert words in out
    assert taps.PAN not in out and taps.MASKED in out


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"card": "forged"}),
        (0, {"paid": 1}),
        (0, {"rule": "QP-121"}),
        (1, {"card": "debit"}),
        (2, {"host": "decline"}),
        (2, {"host": "time-out"}),
        (2, {"amount": "6000"}),
        (3, {"card": "debit"}),
        (3, {"card": "low-balance"}),
        (3, {"reason": "card_declined"}),
    ],
)
def test_demo_fails_when_a_situation_does(as_json, monkeypatch, place, change):
    from dataclasses import replace

    situations = list(demo.SITUATIONS)
    situations[place] = replace(situations[place], **change)
    monkeypatch.setattr(demo, "SITUATIONS", tuple(situations))
    code, found = as_json("demo")
    assert code == 1
    assert not all(tap["as_it_should"] for tap in found["taps"])


# --- card-info --------------------------------------------------------------------------------


def test_card_info_json(as_json, tmp_path):
    """QP-151, LG-003: purses and the log of taps, masked; another process reads the same card."""
    state = str(tmp_path / "card.json")
    config = "tapkern:params/configs/demo-all.toml"
    words = ("--reader", "sim:pure-ec", "--state", state)
    for amount in ("1.00", "2.00"):
        assert as_json("tap", *words, "--amount", amount, "--config", config)[0] == 0
    code, found = as_json("card-info", *words)
    assert code == 0 and found["read"] and found["purses"][0]["balance"] == "47.00"
    assert [entry["amount"] for entry in found["log"]["entries"]] == ["2.00", "1.00"]
    assert found["log"]["end"] == "last" and found["load_log"]["entries"] == []


def test_card_info_for_people(run, tmp_path):
    state = str(tmp_path / "card.json")
    words = ("--reader", "sim:dual-currency", "--state", state)
    assert run("tap", *words, "--amount", "3.21")[0] == 0
    code, out, _ = run("card-info", *words)
    assert code == 0 and "196.79" in out and "30.00" in out and "840" in out and "3.21" in out
    code, out, _ = run("card-info", "--reader", "sim:blocked")
    assert code == 0 and "blocked" in out


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, ("--reader", "sim:blocked-card")),
        (1, ("--reader", "sim:pure-ec", "--config", EXAMPLE)),
        (1, ("--reader", "sim:debit", "--fault", "leave-after:get-data")),
        (2, ()),
        (2, ("--reader", "replay:none.jsonl")),
        (2, ("--reader", "sim:debit", "--config", "none.toml")),
        (2, ("--reader", "sim:debit", "--fault", "none")),
        (2, ("--reader", "sim:debit", "--amount", "1")),
        (3, ("--reader", "sim:none")),
        (3, ("--reader", "none")),
        (3, ("--reader", "tcp:127.0.0.1:1")),
    ],
)
def test_card_info_that_fails(code, words, run, as_json):
    """A refusing card is 1, a wrong call 2, no reader 3."""
    assert run("card-info", *words)[0] == code
    found = as_json("card-info", *words)
    assert found[0] == code and found[1].get("read", "error" in found[1]) is (code > 1)


# --- tap --------------------------------------------------------------------------------------


def test_tap_json(as_json):
    code, found = as_json("tap", "--reader", "sim:debit", "--amount", "12.50", "--un", "2B29EBE4")
    assert code == 0
    for key in ("outcome", "reason", "rule", "cvm", "balance", "pan", "field55", "commands"):
        assert key in found
    assert found["outcome"] == "approved" and found["cvm"] == "no_cvm" and found["commands"] == 7
    assert found["balance"] == "187.50" and found["pan"] == taps.MASKED
    assert "9F37042B29EBE4" in found["field55"]
    assert taps.PAN not in json.dumps(found)


@pytest.mark.parametrize(
    ("words", "code", "outcome"),
    [
        (("--reader", "sim:credit", "--amount", "1"), 0, "online_request"),
        (("--reader", "sim:forged", "--amount", "1"), 1, "declined"),
        (("--reader", "sim:debit", "--amount", "5000"), 1, "try_another_interface"),
        (("--reader", "sim:debit", "--amount", "1", "--date", "600101"), 1, None),
        (("--reader", "sim:debit", "--amount", "1", "--type", "20"), 1, "try_another_interface"),
        (("--reader", "sim:debit", "--amount", "1", "--currency", "USD"), 0, "online_request"),
        (("--reader", "sim:debit", "--amount", "1", "--currency", "840", "--time", "235959",
          "--date", "270101", "--config", EXAMPLE), 0, "online_request"),
    ],
)  # fmt: skip
def test_tap_exit_codes(as_json, words, code, outcome):
    got, found = as_json("tap", *words)
    assert got == code or outcome is None
    assert found["outcome"] == outcome or outcome is None


def test_reader_lost_in_the_middle(run, as_json, monkeypatch):
    for number, hint in ((3, ""), (7, "the card may have paid: keep the record")):
        for call in (run, as_json):
            reader = taps.Bench(taps.card(), reader_lost=number)
            monkeypatch.setattr("tapkern.cli.tap.open_reader", lambda *a, r=reader, **k: r)
            found = call("tap", "--reader", "sim:debit", "--amount", "1")
            assert found[0] == 3
            if call is as_json:
                error = {"what": "the reader was unplugged", "where": "bench", "hint": hint}
                assert found[1]["error"] == error
                assert found[1]["card_may_have_paid"] is (number == 7)


def test_currency_without_decimals(as_json):
    words = ("tap", "--reader", "sim:debit", "--amount", "150", "--currency", "JPY")
    assert "9F0206000000000150" in as_json(*words)[1]["field55"]


def test_tap_for_people(run):
    code, out, err = run("tap", "--reader", "sim:debit", "--amount", "12.50")
    assert code == 0 and err == ""
    assert "Approved / 交易成功" in out and taps.MASKED in out and taps.PAN not in out


def test_tap_saves_and_replays(run, as_json, tmp_path):
    whole, redacted = tmp_path / "t.jsonl", tmp_path / "r.jsonl"
    words = ("--save", str(whole), "--save-redacted", str(redacted))
    assert as_json("tap", "--reader", "sim:debit", "--amount", "12.50", *words)[0] == 0
    for path in (whole, redacted):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert taps.PAN in whole.read_text() and taps.PAN[:12] not in redacted.read_text()
    code, found = as_json("tap", "--reader", f"replay:{whole}")
    assert code == 0 and found["replay"] == {"identical": True, "differences": []}
    code, out, err = run("tap", "--reader", f"replay:{whole}")
    assert code == 0 and err == "" and "QP-120" in out
    # A changed answer changes the result; a changed command is named with index and offset.
    text = whole.read_text("utf-8")
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if '"index": 3' in line)
    line = lines[at]
    place = line.index("9F4B8180") + 20
    flipped = line[:place] + ("1" if line[place] == "0" else "0") + line[place + 1 :]
    whole.write_text("\n".join([*lines[:at], flipped, *lines[at + 1 :]]))
    code, found = as_json("tap", "--reader", f"replay:{whole}")
    assert (code, found["outcome"], found["rule"]) == (1, "declined", "QP-123")
    assert not found["replay"]["identical"]
    assert "differs from the transcript" in run("tap", "--reader", f"replay:{whole}")[2]
    whole.write_text(text.replace('"command": "80A8', '"command": "81A8'))
    code, out, err = run("tap", "--reader", f"replay:{whole}")
    assert code == 1 and "command 3 differs at offset 0" in err and err.count("\n") == 1
    # A redacted transcript needs the configuration and never repeats the approval.
    assert run("tap", "--reader", f"replay:{redacted}")[0] == 2
    code, out, err = run("tap", "--reader", f"replay:{redacted}", "--config", str(taps.DEMO))
    assert code == 1 and "QP-123" in out


def test_tap_state(as_json, tmp_path):
    words = ("tap", "--reader", "sim:debit", "--amount", "1", "--state", str(tmp_path / "s"))
    assert [as_json(*words)[1]["balance"] for _ in range(2)] == ["199.00", "198.00"]


# --- bad input --------------------------------------------------------------------------------

TAP = ("tap", "--reader", "sim:debit")
BAD = [
    ((), 2),
    (("dance",), 2),
    (("tap",), 2),
    (("tap", "--reader"), 2),
    ((*TAP,), 2),
    ((*TAP, "--amount", "12.505"), 2),
    ((*TAP, "--amount", "-1"), 2),
    ((*TAP, "--amount", "zwölf"), 2),
    ((*TAP, "--amount", "99999999999999"), 2),
    ((*TAP, "--amount", "1", "--currency", "XXX"), 2),
    ((*TAP, "--amount", "1", "--type", "123"), 2),
    ((*TAP, "--amount", "1", "--date", "2026-11-21"), 2),
    ((*TAP, "--amount", "1", "--time", "1"), 2),
    ((*TAP, "--amount", "1", "--un", "zz"), 2),
    ((*TAP, "--amount", "1", "--un", "00"), 2),
    ((*TAP, "--amount", "1", "--config", "/nope.toml"), 2),
    ((*TAP, "--amount", "1", "--config", "/"), 2),
    ((*TAP, "--amount", "1", "--save", "/nope/t.jsonl"), 2),
    ((*TAP, "--amount", "1", "--save", "/"), 2),
    ((*TAP, "--amount", "1", "--colour", "red"), 2),
    (("tap", "--reader", "sim:nope", "--amount", "1"), 3),
    (("tap", "--reader", "usb:x", "--amount", "1"), 3),
    (("tap", "--reader", "tcp:127.0.0.1:1", "--amount", "1"), 3),
    (("tap", "--reader", "replay:/nope"), 3),
    (("tap", "--reader", "replay:/"), 2),
    (("tap", "--reader", f"replay:{EXAMPLE}"), 2),
    (("tap", "--reader", f"replay:{EXAMPLE}", "--amount", "1"), 2),
    (("config",), 2),
    (("config", "check"), 2),
    (("config", "check", "/nope.toml"), 2),
    (("config", "dance", EXAMPLE), 2),
    (("about", "--config", "/nope.toml"), 2),
    (("demo", "now"), 2),
]


@pytest.mark.parametrize(
    ("words", "code"),
    BAD,
    ids=str,
)
def test_bad_input(run, words, code):
    got, _, err = run(*words)
    assert got == code
    assert err.startswith("tapkern: ") and err.count("\n") == 1


@pytest.mark.parametrize(("words", "code"), [pair for pair in BAD if pair[0]], ids=str)
def test_bad_input_as_json(as_json, words, code):
    got, found = as_json(*words)
    assert got == code and set(found) == {"error"}
    assert set(found["error"]) == {"what", "where", "hint"} and found["error"]["what"]


@pytest.mark.parametrize(
    "content", ["", "x", "[terminal]\n", "\x00", '[[combination]]\naid = "A0"\n']
)
def test_bad_configurations(run, as_json, tmp_path, content):
    path = tmp_path / "bad.toml"
    path.write_text(content)
    for words in (("config", "check", str(path)), ("config", "explain", str(path)),
                  (*TAP, "--amount", "1", "--config", str(path))):  # fmt: skip
        code, out, err = run(*words)
        assert code == 2 and out == "" and str(path) + ":" in err
        code, found = as_json(*words)
        assert code == 2 and found["error"]["where"].startswith(str(path) + ":")


def test_bad_transcripts(run, tmp_path):
    path = tmp_path / "bad.jsonl"
    for content in (b"", b"{}", b"\xff", b"[]\n", b'{"type": "header"}\n', b"\x00" * 100):
        path.write_bytes(content)
        code, out, err = run("tap", "--reader", f"replay:{path}")
        assert code == 2 and out == "" and err.count("\n") == 1 and str(path) in err


# --- the others -------------------------------------------------------------------------------


def test_config_check(run, as_json):
    code, out, _ = run("config", "check", EXAMPLE)
    assert code == 0 and "2 combinations, 12 ca_keys" in out
    code, found = as_json("config", "check", EXAMPLE)
    assert code == 0 and found["combinations"] == 2 and len(found["digest"]) == 64
    assert found["digest"] in out


def test_config_check_tells_every_mistake(run, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('[terminal]\ncolour = 1\n[[combination]]\naid = "ZZ"\n')
    code, _out, err = run("config", "check", str(path))
    assert code == 2 and f"{path}:2: unknown key 'colour'" in err and f"{path}:4: aid" in err


def test_config_explain(run, as_json):
    code, out, _ = run("config", "explain", EXAMPLE)
    assert code == 0
    for words in ("B4b8 fdda_01", "200.00 [EP-015]", "fd.allow_v00", "off [FD-006]", "uics-2018",
                  "Try Another Interface [QP-160]", "9F6C [QP-140]"):  # fmt: skip
        assert words in out
    code, found = as_json("config", "explain", EXAMPLE)
    assert found["combinations"][0]["aid"] == "A000000333010101"
    assert found["combinations"][0]["switches"]["qp.cid_source"] == "strict [QP-006]"


def test_config_explain_shows_no_card_numbers(run, tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(taps.DEMO.read_text("utf-8") + f'[[exception]]\npan = "{taps.PAN}"\n')
    code, out, _ = run("config", "explain", str(path))
    assert code == 0 and taps.PAN not in out and "exceptions  1" in out


def test_about(run, as_json):
    code, out, _ = run("about")
    assert code == 0 and "kernel digest" in out
    code, found = as_json("about", "--config", EXAMPLE)
    assert found["kernel"] == "0.1.0" and found["crypto"][:3] == ["RSA", "SHA-1", "SHA-256"]
    assert len(found["configuration_digest"]) == 64


def test_help_and_version():
    done = in_a_process("--help")
    assert done.returncode == 0 and all(verb in done.stdout for verb in VERBS)
    assert in_a_process("--version").stdout.startswith("tapkern ")
    for verb in VERBS:
        assert in_a_process(verb, "--help").returncode == 0


def test_process_ends_quietly():
    done = in_a_process("tap", "--reader", "sim:nope", "--amount", "1")
    assert done.returncode == 3 and done.stderr.count("\n") == 1
    program = f"{sys.executable} -m tapkern config explain {EXAMPLE} | head -1"
    done = subprocess.run(program, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == "" and done.stdout.startswith("configuration")


def test_output_that_cannot_show_chinese():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for words in (("demo",), ("demo", "--json"), ("tap", "--reader", "sim:卡", "--amount", "1")):
        done = subprocess.run(
            [sys.executable, "-m", "tapkern", *words], capture_output=True, text=True, check=False,
            env=environment,
        )  # fmt: skip
        assert done.returncode in (0, 3) and "Traceback" not in done.stderr
        if "--json" in words:
            assert json.loads(done.stdout)["taps"]


def test_interrupt_is_quiet(run, monkeypatch):
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tapkern.cli.about.run", interrupted)
    assert run("about") == (130, "", "")


def test_missing_packages_are_one_line():
    for name in ("rich", "construct", "cryptography"):
        code = (
            f"import sys; sys.modules[{name!r}] = None\n"
            "from tapkern.cli.main import main\n"
            "sys.exit(main(['demo']))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            continue  # the demo does not need it
        assert done.returncode in (2, 3) and f"pip install {name}" in done.stderr
        assert done.stderr.count("\n") == 1


def test_examples_run():
    for name in ("one_tap.py", "async_tap.py", "online_tap.py"):
        done = subprocess.run(
            [sys.executable, str(ROOT / "examples" / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 and "approved" in done.stdout, done.stderr
