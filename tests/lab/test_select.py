"""Which cases are for a product: reasons in both languages, totals, errata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tapkern import UsageError
from tapkern.cli.main import main
from tapkern.data.capabilities import capabilities
from tapkern.lab import suite
from tapkern.lab.errata import read_errata
from tapkern.lab.ics import select
from tapkern.params import Ics
from tapkern.params.ics import parse_ics
from tests.lab import documents
from tests.lab.test_release import ERRATUM, errata, freeze, write

Document = dict[str, Any]
HEAD = 'product = "P"\nversion = "1"\nprovider = "X"\n'


def text(*without: str) -> str:
    listed = ", ".join(f'"{name}"' for name in capabilities() if name not in without)
    return f"{HEAD}capabilities = [{listed}]\n"


def ics(*without: str) -> Ics:
    """A product that supports all but these."""
    return parse_ics(text(*without), "p.toml")


def small(**changes: Any) -> Document:
    """One case on a terminal that uses little: profile uics-2018, online, offline."""
    document = documents.suite()
    configuration = document["terminals"]["retail"]["configuration"]
    configuration["combination"] = [
        {"aid": "A0000003330101", "ttq": ["emv_mode"], "floor_limit": 20000}
    ]
    del configuration["ca_key"]
    document["cases"][0].pop("surroundings", None)
    document["cases"][0] |= changes
    return document


def reason(document: Document, statement: Ics) -> tuple[str, str] | None:
    (one,) = select([suite.parse(document, "s.json")], statement, {})
    return None if one.reason is None else (one.reason.en, one.reason.zh)


def test_what_a_case_requires():
    document = small(requires=["cvm.online_pin", "oda.rsa"])
    assert reason(document, ics()) is None
    assert reason(document, ics("oda.sm2", "torn", "cvm.signature")) is None
    assert reason(document, ics("cvm.online_pin")) == (
        "the case needs cvm.online_pin (online PIN), which p.toml does not state",
        "案例需要cvm.online_pin(联机PIN)，p.toml未声明支持",
    )
    both = reason(document, ics("cvm.online_pin", "oda.rsa"))
    assert both is not None and "cvm.online_pin (online PIN), oda.rsa (" in both[0]


@pytest.mark.parametrize(
    ("transaction", "capability"),
    [
        ({"purpose": "balance", "type": 0x31}, "balance"),
        ({"purpose": "card_info", "type": 0x31}, "card_info"),
        ({"start": "B"}, "start_b"),
        ({"type": 0x01}, "type.cash"),
        ({"type": 0x17}, "type.other"),
    ],
)
def test_what_its_transaction_is(transaction, capability):
    document = small(taps=[{"transaction": {"amount": 1, **transaction}}])
    assert reason(document, ics()) is None
    found = reason(document, ics(capability))
    assert found is not None and f"needs {capability} (" in found[0]
    assert reason(small(), ics(capability)) is None


def test_a_tap_that_recovers():
    document = small()
    case = document["cases"][0]
    case["taps"].append({"recovers": True, "transaction": {}})
    case["expect"].append({"id": "9", "tap": 2, "field": "outcome", "is": "approved"})
    assert reason(document, ics()) is None
    found = reason(document, ics("torn"))
    assert found is not None and "needs torn (" in found[0]


def test_what_its_terminal_uses():
    """A kernel that refuses the configuration cannot run the case."""
    assert reason(small(), ics("offline")) == (
        "its terminal retail uses offline (transactions are approved offline), "
        "which p.toml does not state",
        "终端retail使用offline(支持脱机批准)，p.toml未声明支持",
    )
    # Recovery is a preset of the profile; without a store nothing can be recovered.
    assert reason(small(), ics("torn")) is None
    kept = reason(small(surroundings={"store": "kept"}), ics("torn"))
    assert kept is not None and "uses torn (" in kept[0]
    wrong = small()
    wrong["terminals"]["retail"]["configuration"]["combination"][0]["ttq"] = ["wrong"]
    assert reason(wrong, ics("offline")) is None  # the run tells what is wrong with it


def test_a_primitive_requires_too():
    document = documents.primitives()
    document["cases"][0]["requires"] = ["oda.sm2"]
    assert reason(document, ics()) is None
    found = reason(document, ics("oda.sm2"))
    assert found is not None and "needs oda.sm2" in found[0]


def test_an_unknown_capability_is_a_mistake_of_the_suite():
    with pytest.raises(UsageError, match=r"requires 'oda.sm3', which is no capability"):
        reason(small(requires=["oda.sm3"]), ics())


def test_every_suite_of_the_repository_requires_capabilities():
    chosen = select(suite.load(["vectors"]), ics(), {})
    assert chosen and all(one.reason is None for one in chosen)


def test_a_withdrawn_case_is_not_run_and_a_note_changes_nothing(tmp_path):
    suites = [suite.parse(small(), "s.json")]
    withdrawn = read_errata(errata(tmp_path, ERRATUM))
    (one,) = select(suites, None, withdrawn)
    assert one.reason is not None and one.reason.en == "erratum: the limit was wrong"
    (one,) = select(suites, None, read_errata(errata(tmp_path, {**ERRATUM, "effect": "note"})))
    assert one.reason is None


def test_the_command_line_selects(tmp_path, capsys):
    document = small(requires=["cvm.online_pin"])
    document["cases"].append({**small()["cases"][0], "id": "QP-JYJG-0002"})
    path = write(tmp_path / "small.json", document)
    statement = tmp_path / "p.toml"
    statement.write_text(text("cvm.online_pin"))
    call = ["suite", "select", "--ics", str(statement), str(path)]
    assert main(call) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith("QP-JYJG-0001  not applicable: the case needs cvm.online_pin")
    assert "案例需要cvm.online_pin(联机PIN)" in lines[0]
    assert lines[1] == "QP-JYJG-0002  selected"
    assert lines[3].split() == ["JYJG", "1", "of", "2", "selected", "Outcomes", "交易结果"]
    assert main([*call, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["summary"] == {"cases": 2, "selected": 1, "not_applicable": 1}
    assert found["groups"][0]["not_applicable"] == 1
    assert [case["selected"] for case in found["cases"]] == [False, True]
    assert found["cases"][0]["reason"]["zh"] and found["cases"][1]["reason"] is None
    assert found["ics"]["product"] == "P" and len(found["ics"]["digest"]) == 64


def test_the_command_line_freezes_and_verifies(tmp_path, capsys):
    path = write(tmp_path / "suites" / "small.json", documents.suite())
    manifest = tmp_path / "manifest.json"
    call = ["suite", "freeze", str(tmp_path), "--manifest", str(manifest), "--date", "2026-11-21"]
    assert main([*call, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["released"]
    assert row["released"] == "2026-11-21" and row["file"] == "suites/small.json"
    verify = ["suite", "verify", str(tmp_path)]
    assert main(verify) == 0
    assert "everything is as it was released" in capsys.readouterr().out
    path.write_bytes(path.read_bytes() + b"\n")
    assert main([*verify, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["verified"] and found["findings"][0]["fault"] == "differs"
    assert main(call) == 2
    told = capsys.readouterr().err
    assert "small 1.0.0 is released with other bytes" in told and str(path) in told
    assert main([*call[:-1], "tomorrow"]) == 2
    assert main(["suite", "verify", "/proc/version"]) == 2  # no manifest there


def test_errata_of_unreleased_cases_are_found(tmp_path, capsys):
    write(tmp_path / "small.json", documents.suite())
    freeze(tmp_path)
    errata(tmp_path, {**ERRATUM, "case": "QP-JYJG-0007"})
    assert main(["suite", "verify", str(tmp_path)]) == 1
    assert "QP-JYJG-0007 was never released in the suite small" in capsys.readouterr().out
    errata(tmp_path, ERRATUM)
    assert main(["suite", "verify", str(tmp_path)]) == 0


def test_the_repository_is_as_it_was_released():
    """A released suite that has changed fails here; drafts may come and go."""
    path = Path("vectors/manifest.json")
    if not path.exists():
        pytest.skip("nothing is released yet")
    from tapkern.lab.errata import verify_all
    from tapkern.lab.release import Fault

    _, findings = verify_all(["vectors"], path)
    assert [str(one) for one in findings if one.fault is not Fault.UNLISTED] == []


# --- a run ---------------------------------------------------------------------------------------


def replay(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> Document:
    journal = str(folder.parent / "journal.jsonl")
    main(["replay", str(folder), "-n", "1", "--journal", journal, "--json", *options])
    found: Document = json.loads(capsys.readouterr().out)
    return found


def test_a_run_leaves_out_what_is_not_for_the_product(tmp_path, capsys):
    folder = tmp_path / "suites"
    document = documents.suite()
    document["cases"].append({**document["cases"][0], "id": "QP-JYJG-0002"})
    document["cases"][1]["requires"] = ["cvm.online_pin"]
    write(folder / "small.json", document)
    statement = tmp_path / "p.toml"
    statement.write_text(text("cvm.online_pin"))
    # The terminal of the suite has online PIN in its TTQ: both are out, for two reasons.
    found = replay(capsys, folder, "--ics", str(statement))
    assert found["summary"]["not_applicable"] == 2
    reasons = [case["reason"] for case in found["cases"]]
    assert "its terminal retail uses cvm.online_pin" in reasons[0] and "终端retail" in reasons[0]
    assert "the case needs cvm.online_pin" in reasons[1] and "案例需要" in reasons[1]
    assert found["selection"].startswith(f"--ics {statement} (") and len(found["selection"]) > 64
    statement.write_text(text())
    assert replay(capsys, folder, "--ics", str(statement))["summary"]["passed"] == 2


def test_a_run_shows_errata(tmp_path, capsys):
    folder = tmp_path / "vectors"
    write(folder / "suites" / "small.json", documents.suite())
    errata(folder, ERRATUM)
    (case,) = replay(capsys, folder)["cases"]
    assert case["verdict"] == "not_applicable"
    assert case["reason"] == "erratum: the limit was wrong; 勘误：限额有误"
    errata(folder, {**ERRATUM, "effect": "note"})
    (case,) = replay(capsys, folder)["cases"]
    assert case["verdict"] == "pass"
    assert case["reason"] == "erratum: the limit was wrong; 勘误：限额有误"


def test_a_run_of_released_suites(tmp_path, capsys):
    path = write(tmp_path / "suites" / "small.json", documents.suite())
    freeze(tmp_path)
    call = ["replay", str(tmp_path), "-n", "1", "--journal", str(tmp_path / "j"), "--verify"]
    assert main(call) == 0
    path.write_bytes(path.read_bytes().replace(b"1250", b"1251"))
    capsys.readouterr()
    assert main(call) == 1
    told = capsys.readouterr()
    assert "is not small 1.0.0: SHA-256" in told.err and not told.out  # nothing was run
    path.unlink()
    assert main(call) == 1
    assert "is missing: small 1.0.0 was released with it" in capsys.readouterr().err
