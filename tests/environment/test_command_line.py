"""`tapkern tap` in bad surroundings: exit codes, one line, no traceback, nothing lost."""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapkern import ReaderError
from tapkern.card import Card
from tapkern.cli.main import main
from tapkern.torn import RECORD, TornRecords
from tapkern.trace import read_transcript
from tests.environment.ground import Field
from tests.test_torn_records import CONFIGURATION

TAP = ["tap", "--reader", "sim:debit", "--amount", "2.00", "--date", "261121", "--time", "101112"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: exit code, standard output, standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


def program(text: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A shell command, in which TAPKERN is the program."""
    shell = text.replace("TAPKERN", f"{shlex.quote(sys.executable)} -m tapkern")
    found = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=60, **more
    )
    assert "Traceback" not in found.stderr and "Exception ignored" not in found.stderr
    return found


def lost(monkeypatch: pytest.MonkeyPatch, nth: int, error: Callable[[], BaseException]) -> None:
    """The reader of the command line fails at its nth command, after the card has acted."""
    field = Field(Card.load("debit", random=bytes))

    def after(call: str, number: int, answer: Any) -> Any:
        if field.calls.count("transmit") == nth and call == "transmit":
            raise error()
        return answer

    field.after = after
    monkeypatch.setattr("tapkern.cli.tap.open_reader", lambda *a, **k: field)


# ---- the reader ----


@pytest.mark.parametrize("nth", [1, 4, 7])
@pytest.mark.parametrize("error", [lambda: ReaderError("unplugged"), OSError])
def test_a_lost_reader(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, error: Any
) -> None:
    """Exit code 3, one line, the transcript up to there; the record when money may be gone."""
    config, torn, saved = tmp_path / "gate.toml", tmp_path / "torn.bin", tmp_path / "t.jsonl"
    config.write_text(CONFIGURATION, "utf-8")
    for more in ((), ("--json",)):
        lost(monkeypatch, nth, error)
        files = ("--torn", torn, "--save", saved, "--config", config)
        code, out, err = run(*TAP, *files, *more)
        assert code == 3
        transcript = read_transcript(saved)
        assert max(step.index for step in transcript.steps) == nth
        paid = nth == 7
        assert torn.exists() == paid or torn.stat().st_size == (RECORD if paid else 0)
        if more:
            found = json.loads(out)
            assert found["card_may_have_paid"] is paid and found["error"]["what"]
        else:
            assert err.count("\n") == 1 and ("keep the record" in err) == paid
        torn.unlink(missing_ok=True)


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (SystemExit, None)])
def test_an_interrupt_keeps_the_transcript_and_the_record(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any, code: int | None
) -> None:
    config, torn, saved = tmp_path / "gate.toml", tmp_path / "torn.bin", tmp_path / "t.jsonl"
    config.write_text(CONFIGURATION, "utf-8")
    lost(monkeypatch, 7, error)
    words = (*TAP, "--torn", torn, "--save", saved, "--config", config)
    if code is None:
        with pytest.raises(SystemExit):
            run(*words)
    else:
        assert run(*words)[0] == code
    assert len(TornRecords(torn)) == 1 and len(read_transcript(saved).steps) > 6


# ---- the disk ----


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_a_transcript_that_cannot_be_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Exit code 2 and which file; the outcome is told all the same, the second file is tried."""
    plain = os.replace

    def replace(source: str, target: object) -> None:
        if str(target).endswith("whole.jsonl"):
            raise OSError(number, os.strerror(number))
        plain(source, str(target))

    monkeypatch.setattr(os, "replace", replace)
    files = ("--save", tmp_path / "whole.jsonl", "--save-redacted", tmp_path / "red.jsonl")
    code, out, err = run(*TAP, *files)
    assert code == 2 and "approved offline" in out
    assert "whole.jsonl" in err and os.strerror(number) in err
    assert read_transcript(tmp_path / "red.jsonl").redacted
    code, out, _ = run(*TAP, *files, "--json")
    found = json.loads(out)
    assert code == 2 and found["outcome"] == "approved" and "whole.jsonl" in found["error"]["where"]
    assert [path.name for path in tmp_path.iterdir()] == ["red.jsonl"]


def test_files_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    """One line that names the file, exit code 2."""
    for option in ("--torn", "--state", "--config", "--ics"):
        code, out, err = run(*TAP, option, tmp_path)
        assert code == 2 and str(tmp_path) in err and err.count("\n") == 1 and out == ""


def test_a_store_without_room_pays_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TT-017: the card is not debited."""
    config, state = tmp_path / "gate.toml", tmp_path / "card.json"
    config.write_text(CONFIGURATION, "utf-8")
    monkeypatch.setattr("tapkern.torn.write_whole", _full)
    code, _, _ = run(*TAP, "--torn", tmp_path / "torn.bin", "--state", state, "--config", config)
    assert code == 1 and Card.load("debit", state=state).balance == 20_000


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


# ---- standard streams and signals ----


@pytest.mark.parametrize(("card", "as_json"), [("debit", ""), ("forged", " --json")])
def test_nobody_reads(tmp_path: Path, card: str, as_json: str) -> None:
    """A closed pipe neither breaks off a tap nor changes its exit code."""
    saved = tmp_path / "t.jsonl"
    words = f"tap --reader sim:{card} --amount 2.00 --save {saved}{as_json}"
    found = program(f"TAPKERN {words} | true; exit ${{PIPESTATUS[0]}}")
    assert found.returncode == (card != "debit") and found.stderr == ""
    assert len(read_transcript(saved).outcomes) == 1


@pytest.mark.parametrize("as_json", ["", " --json"])
def test_a_full_disk_under_the_output(tmp_path: Path, as_json: str) -> None:
    """The tap goes on, exit code 2; its torn record stays, since nobody was told."""
    config, torn, saved = tmp_path / "gate.toml", tmp_path / "torn.bin", tmp_path / "t.jsonl"
    config.write_text(CONFIGURATION, "utf-8")
    words = f"{shlex.join(TAP)} --config {config} --torn {torn} --save {saved}{as_json}"
    found = program(f"TAPKERN {words} > /dev/full")
    assert found.returncode == 2 and found.stderr.count("\n") == 1
    assert "standard output" in found.stderr and len(read_transcript(saved).outcomes) == 1
    assert len(TornRecords(torn)) == 1


def test_another_verb_and_a_full_disk() -> None:
    found = program("TAPKERN about > /dev/full")
    assert found.returncode == 2 and "standard output" in found.stderr


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams(tmp_path: Path, closed: str) -> None:
    """No file of ours takes the place of a stream that is closed."""
    state, saved = tmp_path / "card.json", tmp_path / "t.jsonl"
    found = program(f"TAPKERN {shlex.join(TAP)} --state {state} --save {saved} {closed}")
    assert found.returncode == 0
    assert Card.load("debit", state=state).balance == 19_800
    assert len(read_transcript(saved).outcomes) == 1


WAITS = """
import sys, threading
from tapkern.cli.main import main
from tests.environment.ground import Field
from tapkern.card import Card
import tapkern.cli.tap as verb
field = Field(Card.load("debit", random=bytes))
def after(call, number, answer):
    if call == "transmit" and field.calls.count(call) == 7:
        print("now", file=sys.stderr, flush=True)
        threading.Event().wait(30)
    return answer
field.after = after
verb.open_reader = lambda *a, **k: field
code = main(sys.argv[1:])
sys.exit(code if not field.on else 99)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_in_the_middle_of_the_last_record(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """The field goes off, the transcript and the record are kept, nothing is said twice."""
    config, torn, saved = tmp_path / "gate.toml", tmp_path / "torn.bin", tmp_path / "t.jsonl"
    config.write_text(CONFIGURATION, "utf-8")
    words = [*TAP, "--torn", str(torn), "--save", str(saved), "--config", str(config)]
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, cwd=Path(__file__).parents[2], preexec_fn=_with_signals,
    ) as child:  # fmt: skip
        assert child.stderr is not None and child.stderr.readline() == "now\n"
        child.send_signal(number)
        rest = child.stderr.read()
    assert child.returncode == code and rest == ""
    assert len(TornRecords(torn)) == 1 and len(read_transcript(saved).steps) > 6


def _with_signals() -> None:
    """A shell may have made its children deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
