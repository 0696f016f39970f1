"""The plugin finds what leaking tests put out, on every channel, and lets be what is exempt."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAN = "62000000" + "00000001016"
LEAKS = """
import json, logging, subprocess, sys, warnings, pytest
from tapkern.errors import UsageError
from tapkern.lab.suite import TapSpec
from tests.secrets.test_numbers import certificate

PAN = "62000000" + "00000001016"
CHILD = [sys.executable, "-c", "print('62000000' + '00000001016')"]

@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    (tmp_path_factory.mktemp("shared") / "report.json").write_text(PAN)

def test_output_print(): print("x", PAN)
def test_output_capsys(capsys):
    print(PAN)
    assert capsys.readouterr().out
def test_output_child(): subprocess.run(CHILD, capture_output=True)
def test_output_child_that_shares(): subprocess.run(CHILD)
def test_output_child_by_lines():
    child = subprocess.Popen(CHILD, stdout=subprocess.PIPE, text=True)
    with child: assert child.stdout.readline()
def test_log(): logging.getLogger("tapkern").error("card %s", PAN)
def test_warning():
    with pytest.warns(UserWarning): warnings.warn(f"card {PAN}", stacklevel=1)
def test_error_made(): UsageError("no", PAN)
def test_error_expected():
    with pytest.raises(ValueError): int(PAN + "x")
def test_repr_nobody_asked(): TapSpec({"pan": PAN})
def test_file(tmp_path): (tmp_path / "report.html").write_text(f"<b>{PAN[:9]}</b>{PAN[9:]}")
def test_file_binary(tmp_path): (tmp_path / "kept").write_bytes(b"\\0" + bytes.fromhex(PAN + "F"))
def test_file_certificate(tmp_path):
    (tmp_path / "log").write_text("9F46 " + certificate()[0])
def test_file_redacted(tmp_path):
    header = {"type": "header", "format": "tapkern-transcript", "sensitive": False}
    (tmp_path / "t.jsonl").write_text(json.dumps(header) + "\\n" + json.dumps({"data": PAN}))
def test_file_shared(shared): pass
"""
CLEAN = """
import json, pytest
PAN = "62000000" + "00000001016"

def test_masked(capsys):
    print("620000*********1016")
    assert capsys.readouterr().out
def test_sensitive_transcript(tmp_path):
    header = {"type": "header", "format": "tapkern-transcript", "sensitive": True}
    (tmp_path / "t.jsonl").write_text(json.dumps(header) + "\\n" + json.dumps({"data": PAN}))
@pytest.mark.unmasked("output", "asks for it")
@pytest.mark.parametrize("shown", [True, False])
def test_exempt(shown): print(PAN if shown else "")
@pytest.mark.unmasked("file", "the list itself", "list.csv")
def test_exempt_file(tmp_path): (tmp_path / "list.csv").write_text(PAN)
"""


def run(folder: Path, text: str, *words: str) -> tuple[int, list[str], str]:
    """Exit code, findings and last line of a run of pytest over one file."""
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.secrets.plugin"]\n')
    (folder / "test_dummy.py").write_text(text)
    (folder / "pytest.ini").write_text(
        "[pytest]\ntestpaths = .\naddopts = --strict-markers\n"
        "markers =\n    unmasked(channel, reason, where): exempt\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert PAN not in done.stdout + done.stderr, "findings do not tell numbers"
    lines = [line for line in done.stdout.splitlines() if line.startswith("secrets: ")]
    assert lines, done.stdout + done.stderr
    return done.returncode, lines[:-1], lines[-1]


@pytest.mark.parametrize("processes", [(), ("-n", "2", "--dist", "loadfile")])
def test_every_leak_is_found(tmp_path, processes):
    code, found, last = run(tmp_path, LEAKS, *processes)
    assert code == 1 and last.endswith(f", {len(found)} findings")
    for name in re.findall("def (test_[a-z_]+)", LEAKS):
        channel = name.split("_")[1]
        where = "folders of modules" if name == "test_file_shared" else name
        assert any(f"{where}: {channel} " in line for line in found), name


@pytest.mark.parametrize("processes", [(), ("-n", "2", "--dist", "loadfile")])
def test_what_is_exempt_is_let_be(tmp_path, processes):
    assert run(tmp_path, CLEAN, "-k", "test", *processes)[0] == 0


def test_an_exemption_that_nothing_needs_is_a_finding_of_a_whole_run(tmp_path):
    code, found, _ = run(tmp_path, CLEAN.replace("print(PAN if shown else", "print("))
    text = "\n".join(found)
    assert code == 1 and "nothing needs 'test_dummy.py::test_exempt output'" in text
    assert "nothing needs 'torn records'" in text and "'transcript'" not in text
    assert "test_exempt_file" not in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"output", "asks for it"', '"file", "asks for it"'),
        ('"the list itself", "list.csv"', '"the list itself", "other.csv"'),
    ],
)
def test_an_exemption_is_for_its_channel_and_its_file(tmp_path, old, new):
    code, found, _ = run(tmp_path, CLEAN.replace(old, new), "-k", "exempt")
    assert code == 1 and len(found) == 1


def test_an_exemption_without_a_reason_is_misuse(tmp_path):
    code, _, _ = run(tmp_path, CLEAN.replace('"asks for it"', '" "'), "-k", "exempt")
    assert code == pytest.ExitCode.USAGE_ERROR
