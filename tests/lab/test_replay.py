"""`tapkern replay`: selection, verdicts and exit codes, the journal, processes, other kernels."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tapkern.cli.main import main
from tapkern.lab import engine, journal, primitives
from tapkern.lab.engine import SubjectSpec, run, run_chunk
from tapkern.lab.results import CaseResult, Verdict
from tapkern.lab.schema_check import check_schema
from tapkern.lab.suite import Entry, load, parse
from tests.lab import documents

ROOT = Path(__file__).resolve().parents[2]
STUB = Path(__file__).parent / "stub.py"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def many(count: int, wrong: tuple[int, ...] = ()) -> dict[str, Any]:
    """A suite of many cases, which differ in their amounts; some expect a wrong rule."""
    document = documents.suite()
    (first,) = document["cases"]
    document["cases"] = []
    for number in range(1, count + 1):
        case = json.loads(json.dumps(first))
        case["id"] = f"QP-JYJG-{number:04}"
        case["taps"][0]["transaction"]["amount"] = number
        case["expect"] = case["expect"][:3]
        if number in wrong:
            case["expect"][2]["is"] = "QP-121"
        document["cases"].append(case)
    return document


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Thirty cases in two groups, number 7 of which fails; and one single operation."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    document = many(30, wrong=(7,))
    document["groups"]["FXGL"] = {"en": "Risk", "zh": "风险管理"}
    document["flags"]["Odd"] = {"en": "odd", "zh": "奇"}
    document["cases"][1] |= {"id": "QP-FXGL-0001", "requirements": ["QP-091"], "flags": ["Odd"]}
    (folder / "a.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps(documents.primitives()), encoding="utf-8")
    return folder


def replay(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    code = main(["replay", *map(str, words), "-n", "1", "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def ids(report: dict[str, Any]) -> list[str]:
    return [case["id"] for case in report["cases"]]


def test_a_report_counts_every_case(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = replay(capsys, suite)
    assert code == 1
    assert report["summary"] == {
        "cases": 31, "passed": 30, "failed": 1, "not_applicable": 0, "inconclusive": 0,
    }  # fmt: skip
    check_schema("report", report, "report")
    assert [one["suite"] for one in report["suites"]] == ["small", "small-sm2"]
    assert all(len(one["digest"]) == 64 for one in report["suites"])
    assert report["kernel"]["kernel"] == "tapkern" and len(report["kernel"]["identity"]) == 64
    assert len(report["configurations"]["small/retail"]) == 64
    (failed,) = [case for case in report["cases"] if case["verdict"] == "fail"]
    assert failed["id"] == "QP-JYJG-0007" and len(failed["exchanges"][0]) > 4
    assert failed["reason"] == "check 3, rule: expected QP-121, found QP-120"
    assert all("exchanges" not in case for case in report["cases"] if case is not failed)


def test_people_get_suites_and_failures(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(suite), "-n", "1"]) == 1
    out = capsys.readouterr().out
    assert "QP-JYJG-0007 fail" in out and "QP-JYJG-0008" not in out
    assert out.endswith("cases 31, passed 30, failed 1, not applicable 0, inconclusive 0\n")
    assert main(["replay", str(suite), "-n", "1", "--group", "fxgl"]) == 0


@pytest.mark.parametrize(
    "words,found",
    [
        (["-k", "0007"], ["QP-JYJG-0007"]),
        (["-k", "odd"], ["QP-FXGL-0001"]),
        (["-k", "全零"], ["SM-GMYS-0001"]),
        (["--id", "QP-091"], ["QP-FXGL-0001"]),
        (["--group", "FXGL"], ["QP-FXGL-0001"]),
        (["--suite", "small-sm2"], ["SM-GMYS-0001"]),
    ],
)
def test_cases_are_chosen(
    suite: Path, words: list[str], found: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, report = replay(capsys, suite, *words)
    assert ids(report) == found and report["selection"] == " ".join(words)


@pytest.mark.parametrize(
    "words,what",
    [
        (["-k", "nothing of that kind"], "no case is like that"),
        (["--kernel", "/no/such/program"], "there is no such program"),
        (["--kernel", "'open"], "not a command line"),
        (["--timeout", "0"], "not negative"),
        (["--ics", "none.toml"], "file"),
        (["--journal", "/proc/none/x"], "journal cannot be written"),
    ],
)
def test_a_wrong_call_is_exit_code_2(
    suite: Path, words: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = replay(capsys, suite, *words)
    assert code == 2 and what in report["error"]["what"]


def test_what_a_product_does_not_support_is_not_applicable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = many(2)
    document["cases"][1]["taps"][0]["transaction"]["purpose"] = "balance"
    path = tmp_path / "s.json"
    path.write_text(json.dumps(document))
    ics = tmp_path / "ics.toml"
    text = (ROOT / "examples/ics.toml").read_text(encoding="utf-8")
    text = text.replace('"oda.rsa",', '"oda.rsa", "oda.sm2",')
    ics.write_text("\n".join(line for line in text.split("\n") if '"balance"' not in line))
    code, report = replay(capsys, path, "--ics", ics)
    verdicts = [case["verdict"] for case in report["cases"]]
    assert verdicts == ["pass", "not_applicable"] and code == 0
    assert "balance" in report["cases"][1]["reason"]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_failed_cases_come_first(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "j.jsonl"
    replay(capsys, suite, "--journal", path)
    assert [line.get("id") for line in lines(path)][1] == "QP-JYJG-0001"
    _, report = replay(capsys, suite, "--journal", path, "--failed-first")
    assert [line.get("id") for line in lines(path)][1:3] == ["QP-JYJG-0007", "QP-JYJG-0001"]
    assert ids(report)[0] == "QP-JYJG-0001"  # the report is in the order of the suites


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid:
            found.append(int(path.parent.name))
    return found


def gone(pids: list[int]) -> bool:
    """Whether processes end soon."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}/cmdline").exists() and alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_killed_run_goes_on_without_losing_or_doubling_a_case(tmp_path: Path) -> None:
    path, log = tmp_path / "s.json", tmp_path / "j.jsonl"
    path.write_text(json.dumps(many(240, wrong=(5, 235))), encoding="utf-8")
    command = [sys.executable, "-m", "tapkern", "replay", str(path), "--journal", str(log)]
    killed = subprocess.Popen([*command, "-n", "2"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < 41:
        assert time.monotonic() < deadline and killed.poll() is None
        time.sleep(0.005)
    workers = children(killed.pid)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert workers and gone(workers)
    whole = log.read_bytes()
    assert 41 <= whole.count(b"\n") < 241
    with log.open("ab") as file:
        file.write(b'{"id": "QP-JYJG-03')  # a line that was not finished
    said = subprocess.run([*command, "--resume", "--json", "-n", "2"], capture_output=True)
    assert said.returncode == 1, said.stderr
    report = json.loads(said.stdout)
    assert report["summary"]["cases"] == 240 and report["summary"]["failed"] == 2
    assert ids(report) == [f"QP-JYJG-{number:04}" for number in range(1, 241)]
    assert log.read_bytes().startswith(whole)  # what was done was not done again
    written = [line["id"] for line in lines(log)[1:]]
    assert len(written) == len(set(written)) == 240


def test_a_journal_belongs_to_suites_and_kernel(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "j.jsonl"
    replay(capsys, suite, "--journal", path, "-k", "FXGL")
    code, report = replay(capsys, suite, "--journal", path, "--resume")
    assert code == 1 and len(ids(report)) == 31 and len(lines(path)) == 32
    kernel = f"{sys.executable} {STUB} good"
    code, report = replay(capsys, suite, "--journal", path, "--resume", "--kernel", kernel)
    assert code == 2 and report["error"]["what"] == "the journal belongs to another kernel"
    assert "run without --resume" in report["error"]["hint"]
    document = json.loads((suite / "a.json").read_text())
    document["cases"].pop()
    (suite / "a.json").write_text(json.dumps(document))
    code, report = replay(capsys, suite, "--journal", path, "--resume")
    assert code == 2 and report["error"]["what"] == "the journal belongs to other suites"
    assert len(lines(path)) == 32  # it is as it was
    assert replay(capsys, suite, "--journal", path)[0] == 1 and len(lines(path)) == 31


@pytest.mark.parametrize(
    "text,what",
    [
        ("{}\n", "no journal of a replay"),
        ('{"format": "tapkern-suite/1"}\n', "no journal of a replay"),
        ('HEAD\n{"id": "x"}\n', "the journal is damaged"),
    ],
)
def test_what_is_no_journal_is_refused(
    suite: Path, tmp_path: Path, text: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "j.jsonl"
    replay(capsys, suite, "--journal", path, "-k", "FXGL")
    head = path.read_text(encoding="utf-8").split("\n")[0]
    path.write_text(text.replace("HEAD", head))
    code, report = replay(capsys, suite, "--journal", path, "--resume")
    assert code == 2 and what in report["error"]["what"]


def test_two_runs_do_not_share_a_journal(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "j.jsonl"
    head = {"format": journal.FORMAT, "kernel": {}, "suites": {}}
    other = journal.Journal(path, head)
    code, report = replay(capsys, suite, "--journal", path)
    assert code == 2 and "another run" in report["error"]["what"]
    other.close()


def test_the_usual_journal_is_of_the_paths(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(capsys, suite, "-k", "FXGL")
    (path,) = (tmp_path / "cache" / "tapkern").iterdir()
    assert path == journal.default_path([str(suite)]) and path.stat().st_mode & 0o777 == 0o600
    code, report = replay(capsys, suite, "--resume")
    assert code == 1 and len(ids(report)) == 31


def plain(results: Iterator[tuple[CaseResult, ...]]) -> dict[str, object]:
    found = [one.to_json() for some in results for one in some]
    return {one["id"]: {**one, "seconds": 0} for one in found}


def test_processes_do_not_change_results(suite: Path) -> None:
    entries = [case for one in load([suite]) for case in one.cases]
    alone = plain(run(SubjectSpec(), entries, 1))
    assert plain(run(SubjectSpec(), entries, 2)) == alone and len(alone) == 31
    done: list[tuple[int, int]] = []
    list(engine.timed(run(SubjectSpec(), entries, 1), 31, lambda *now: done.append(now[:2])))
    assert done == [(20, 31), (31, 31)]


def deadly(spec: SubjectSpec, entries: list[Entry]) -> tuple[CaseResult, ...]:
    """A chunk whose process dies of one case."""
    if any(entry.id == "QP-JYJG-0012" for entry in entries):
        os._exit(1)
    return run_chunk(spec, entries)


def test_a_process_that_dies_takes_one_case(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "run_chunk", deadly)
    monkeypatch.setattr(engine, "CHUNK", 4)
    entries = [case for one in load([suite]) for case in one.cases]
    results = {one.id: one for some in run(SubjectSpec(), entries, 2) for one in some}
    assert len(results) == 31
    lost = [one.id for one in results.values() if one.verdict is Verdict.INCONCLUSIVE]
    assert lost == ["QP-JYJG-0012"] and "process" in results[lost[0]].reason


def test_a_kernel_that_never_answers_makes_every_case_inconclusive(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = replay(capsys, suite / "a.json", "--kernel", f"{sys.executable} {STUB} exits")
    assert code == 1 and report["summary"]["inconclusive"] == 30
    assert "does not say hello" in report["cases"][0]["reason"]


@pytest.mark.parametrize("module", ["tapkern.lab.serve", "tests.oracle.serve"])
def test_kernel_and_oracle_behind_the_protocol_agree_with_the_kernel(
    suite: Path, module: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    document = documents.suite()
    (case,) = document["cases"]
    cards = ("credit", "dual", "dual-currency", "parking")
    for number, card in enumerate(cards, 2):
        document["cards"][card] = {"personalisation": {"base": card}}
        one = {**case, "id": f"QP-JYJG-{number:04}", "card": card, "host": "approves"}
        document["cases"].append(one)
    leaves = {"kind": "leave", "at": "last", "before": False}
    document["cases"].append({
        **case, "id": "QP-JYJG-0099", "mutations": [leaves],
        "surroundings": {"store": "kept", "detections": ["card", "none"]},
        "taps": [*case["taps"], {"recovers": True, "transaction": {"sequence": 2}}],
        "expect": [*case["expect"], {"id": "9", "tap": 2, "field": "outcome", "is": "approved"}],
    })  # fmt: skip
    (suite / "a.json").write_text(json.dumps(document), encoding="utf-8")
    _, ours = replay(capsys, suite / "a.json")
    _, theirs = replay(capsys, suite / "a.json", "--kernel", f"{sys.executable} -m {module}")
    told = theirs["kernel"]["tells"]
    for one, two in zip(ours["cases"], theirs["cases"], strict=True):
        assert one["verdict"] == two["verdict"] in ("pass", "fail")
        for check, other in zip(one["checks"], two["checks"], strict=True):
            assert check == other or other["what"] not in told
    assert {one["verdict"] for one in ours["cases"]} == {"pass", "fail"}


PRIMITIVES = {
    "tlv": (
        {"data": "6F048402A000"},
        "valid",
        {"objects": [[0, "6F", "8402A000"], [1, "84", "A000"]]},
    ),
    "tlv-bad": ({"data": "6F058402A000"}, "invalid", {}),
    "sm3": (
        {"message": "616263"},
        "valid",
        {"digest": "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"},
    ),
    "sm3-bad": ({"message": "616263"}, "valid", {"digest": "00" * 32}),
    "dol": ({"dol": "9F0206", "values": {}}, "valid", {"data": "00" * 6}),
}  # fmt: skip


@pytest.mark.parametrize("name", PRIMITIVES)
def test_single_operations(name: str) -> None:
    given, result, output = PRIMITIVES[name]
    document = documents.primitives()
    document["operation"] = name.partition("-")[0]
    document["cases"][0] |= {"input": given, "result": result, "output": output}
    (case,) = parse(document, "p.json").cases
    (one,) = run_chunk(SubjectSpec(), [case])
    if document["operation"] not in primitives.OPERATIONS:
        assert one.verdict is Verdict.NOT_APPLICABLE and "dol" in one.reason
        return
    if name == "sm3-bad":
        assert one.verdict is Verdict.FAIL and "digest" in one.reason
        return
    assert one.verdict is Verdict.PASS, one.reason
    document["cases"][0] |= {"result": "invalid" if result == "valid" else "valid", "output": {}}
    (one,) = run_chunk(SubjectSpec(), list(parse(document, "p.json").cases))
    assert one.verdict is Verdict.FAIL and "result" in one.reason
    (one,) = run_chunk(SubjectSpec(f"{sys.executable} {STUB} good"), [case])
    assert one.verdict is Verdict.NOT_APPLICABLE


def test_the_same_on_a_cluster(suite: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="pip install 'tapkern[cluster]'")
    entries = [case for one in load([suite]) for case in one.cases]
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1) as cluster:
        found = engine.run_on_cluster(SubjectSpec(), entries, cluster.scheduler_address)
        assert plain(found) == plain(run(SubjectSpec(), entries, 1))


def test_a_cluster_that_is_not_there_is_a_wrong_call(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = replay(capsys, suite, "--cluster", "tcp://127.0.0.1:1:1")
    assert code == 2
    words = report["error"]["what"] + report["error"]["hint"]
    assert "no scheduler answers" in words or "tapkern[cluster]" in words
