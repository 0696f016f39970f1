"""Released suites stay as they are: freezing, verifying, errata."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapkern import UsageError
from tapkern.lab import release, suite
from tapkern.lab.errata import check_errata, errata_of, read_errata
from tapkern.lab.release import Fault, Manifest, ReleaseError
from tests.lab import documents

DAY = datetime.date(2026, 11, 22)
Document = dict[str, Any]


def write(path: Path, document: Document) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """A folder of two suites, both released."""
    write(tmp_path / "suites" / "small.json", documents.suite())
    write(tmp_path / "primitives" / "sm2.json", documents.primitives())
    freeze(tmp_path)
    return tmp_path


def freeze(folder: Path) -> tuple[release.Release, ...]:
    path = folder / "manifest.json"
    manifest = release.read_manifest(path) if path.exists() else Manifest(path)
    manifest, added = release.freeze([folder], manifest, DAY)
    release.write_manifest(manifest)
    return added


def manifest_of(folder: Path) -> Manifest:
    return release.read_manifest(folder / "manifest.json")


def faults(folder: Path, *paths: Path) -> list[tuple[Fault, str]]:
    found = release.verify(paths or [folder], manifest_of(folder))
    return [(one.fault, Path(one.file).name) for one in found]


def changed(folder: Path, change: Callable[[Document], object]) -> Document:
    path = folder / "suites" / "small.json"
    document: Document = json.loads(path.read_text("utf-8"))
    change(document)
    write(path, document)
    return document


def next_version(document: Document) -> None:
    document["version"] = "1.1.0"


def another(document: Document) -> None:
    document["cases"].append({**document["cases"][0], "id": "QP-JYJG-0002"})


def test_a_release_is_listed_and_verified(vectors):
    manifest = manifest_of(vectors)
    small = manifest.of("small")[0]
    assert (small.version, small.file, small.cases) == ("1.0.0", "suites/small.json", 1)
    assert small.released == DAY and list(small.digests) == ["QP-JYJG-0001"]
    assert small.sha256 == suite.load([vectors / "suites"])[0].digest
    assert faults(vectors) == [] and faults(vectors, vectors / "suites" / "small.json") == []
    assert freeze(vectors) == ()  # again: nothing new
    assert manifest_of(vectors) == manifest


@pytest.mark.parametrize("at", [0, 100, -2])
def test_one_changed_byte_is_found(vectors, at):
    path = vectors / "suites" / "small.json"
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    assert faults(vectors) == [(Fault.DIFFERS, "small.json")]


def test_a_file_that_is_gone_or_was_never_released(vectors):
    (vectors / "primitives" / "sm2.json").unlink()
    assert faults(vectors) == [(Fault.MISSING, "sm2.json")]
    assert faults(vectors, vectors / "suites") == []  # nobody asked for it
    draft = documents.suite() | {"suite": "draft"}
    draft["cases"][0]["id"] = "QP-JYJG-0009"
    write(vectors / "suites" / "draft.json", draft)
    assert faults(vectors, vectors / "suites") == [(Fault.UNLISTED, "draft.json")]


def test_a_released_version_cannot_change(vectors):
    changed(vectors, lambda document: document.update(made_by="another hand"))
    with pytest.raises(ReleaseError, match=r"small 1.0.0 is released with other bytes"):
        freeze(vectors)
    assert faults(vectors) == [(Fault.DIFFERS, "small.json")]


def amount(document: Document) -> None:
    document["cases"][0]["taps"][0]["transaction"]["amount"] = 1251


def limit(document: Document) -> None:
    """The case itself stays as it is; the terminal that it names does not."""
    retail = document["terminals"]["retail"]["configuration"]
    retail["combination"][0]["floor_limit"] = "300.00"


def purse(document: Document) -> None:
    document["cards"]["debit"]["personalisation"]["base"] = "credit"


def check(document: Document) -> None:
    document["cases"][0]["expect"][0]["is"] = "declined"


@pytest.mark.parametrize("change", [amount, limit, purse, check])
def test_a_released_case_cannot_change(vectors, change):
    changed(vectors, lambda document: (next_version(document), change(document)))
    with pytest.raises(ReleaseError, match="QP-JYJG-0001 was released and has changed"):
        freeze(vectors)
    assert len(manifest_of(vectors).releases) == 2


def test_a_released_case_cannot_vanish(vectors):
    def replace(document: Document) -> None:
        next_version(document)
        document["cases"][0]["id"] = "QP-JYJG-0002"

    changed(vectors, replace)
    with pytest.raises(ReleaseError, match="QP-JYJG-0001 was released and is gone"):
        freeze(vectors)


def test_names_may_change_and_verifiers_may_come(vectors):
    """What a case asks is the same: other names of terminal and card, one more who verified it."""

    def rename(document: Document) -> None:
        next_version(document)
        for kind, old, new in (("terminals", "retail", "shop"), ("cards", "debit", "d1")):
            document[kind][new] = document[kind].pop(old)
        document["cases"][0] |= {"terminal": "shop", "card": "d1", "verified_by": ["oracle"]}

    changed(vectors, rename)
    assert [one.version for one in freeze(vectors)] == ["1.1.0"]


def test_a_new_version_has_new_cases(vectors):
    changed(vectors, lambda document: (next_version(document), another(document)))
    assert faults(vectors) == [(Fault.DIFFERS, "small.json")]  # not released yet
    (added,) = freeze(vectors)
    assert (added.version, added.cases, len(added.digests)) == ("1.1.0", 2, 2)
    assert faults(vectors) == []
    before = manifest_of(vectors).of("small")[0]
    assert before.version == "1.0.0" and not before.digests  # the newest has them all


@pytest.mark.parametrize("version", ["1.0.1", "1.0.9", "0.9.0"])
def test_versions_rise(vectors, version):
    changed(vectors, lambda document: (document.update(version="1.0.10"), another(document)))
    freeze(vectors)
    changed(vectors, lambda document: document.update(version=version))
    with pytest.raises(ReleaseError, match=rf"version {version} is not above the released 1.0.10"):
        freeze(vectors)


def test_an_older_release_is_told_as_such(vectors):
    old = (vectors / "suites" / "small.json").read_bytes()
    changed(vectors, lambda document: (next_version(document), another(document)))
    freeze(vectors)
    (vectors / "suites" / "small.json").write_bytes(old)
    (finding,) = release.verify([vectors], manifest_of(vectors))
    assert "is small 1.0.0, of which 1.1.0 is the newest" in finding.what


def test_a_ready_card_that_changes_is_found(vectors, monkeypatch):
    """The bytes of the suite are the same; what its card is, is not."""
    whole = release._packaged
    other = {"tapkern:card/cards/debit.toml": whole("tapkern:card/cards/credit.toml")}
    monkeypatch.setattr(release, "_packaged", lambda name: other.get(name) or whole(name))
    (finding,) = release.verify([vectors], manifest_of(vectors))
    assert "QP-JYJG-0001 is not what was released: a card or key set" in finding.what
    changed(vectors, lambda document: (next_version(document), another(document)))
    with pytest.raises(ReleaseError, match="QP-JYJG-0001 was released and has changed"):
        freeze(vectors)


def test_a_key_set_of_the_package_counts():
    document = documents.suite()
    configuration = document["terminals"]["retail"]["configuration"]
    found = set()
    for name in ("test", "test-sm2"):
        configuration["ca_key"] = [{"file": f"tapkern:params/capk/{name}.toml"}]
        found.add(digest(document))
    assert len(found) == 2


def digest(document: Document) -> str:
    return release.case_digest(suite.parse(document, "s.json").cases[0])


def test_a_host_that_was_not_reached_is_a_host():
    document = documents.suite()
    without = digest(document)
    document["cases"][0]["host"] = "silent"
    silent = digest(document)
    document["cases"][0]["host"] = "approves"
    assert len({without, silent, digest(document)}) == 3


def test_an_id_belongs_to_one_suite_for_ever(vectors):
    """Also when the file of the suite that had it is not among those that are frozen."""
    other = documents.suite() | {"suite": "other"}
    path = write(vectors / "suites" / "other.json", other)
    with pytest.raises(ReleaseError, match="id QP-JYJG-0001 was released in the suite small"):
        release.freeze([path], manifest_of(vectors), DAY)


def test_every_problem_is_told_and_nothing_is_written(vectors):
    before = (vectors / "manifest.json").read_bytes()
    changed(vectors, lambda document: (next_version(document), amount(document)))
    other = documents.primitives()
    other["licence"] = "MIT"
    write(vectors / "primitives" / "sm2.json", other)
    with pytest.raises(ReleaseError) as error:
        freeze(vectors)
    assert len(error.value.findings) == 2 and "(and 1 more)" in str(error.value)
    assert (vectors / "manifest.json").read_bytes() == before


def test_a_suite_beside_the_manifest(tmp_path):
    path = write(tmp_path / "a" / "small.json", documents.suite())
    manifest = Manifest(tmp_path / "b" / "manifest.json")
    with pytest.raises(UsageError, match="is not below the folder"):
        release.freeze([path], manifest, DAY)


def test_the_manifest_is_found_above(vectors):
    found = release.find_manifest([vectors / "suites" / "small.json"])
    assert found == vectors / "manifest.json" == release.find_manifest([vectors])
    with pytest.raises(UsageError, match="there is no manifest"):
        release.find_manifest([Path("/proc")])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.update(format="x"), "not of the format tapkern-manifest/1"),
        (lambda m: m["suites"][0].update(released="2026-13-01"), "#/suites/0/released: this is"),
        (lambda m: m["suites"][0].update(sha256="00"), "#/suites/0/sha256"),
        (lambda m: m["suites"].append(m["suites"][0]), "is listed twice"),
        (lambda m: m["suites"][0].update(digests={}), "small 1.0.0 has 1 cases, but as many"),
        (lambda m: m.pop("suites"), "suites"),
    ],
)
def test_a_wrong_manifest(vectors, change, words):
    path = vectors / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    document.get("suites", []).sort(key=lambda row: row["suite"])
    write(path, document)
    with pytest.raises(UsageError, match=words):
        release.read_manifest(path)


# --- errata --------------------------------------------------------------------------------------


ERRATUM = {
    "case": "QP-JYJG-0001",
    "suite": "small",
    "version": "1.0.0",
    "text": {"en": "the limit was wrong", "zh": "限额有误"},
    "replaced_by": None,
}


def errata(folder: Path, *rows: Document) -> Path:
    document = {"format": "tapkern-errata/1", "errata": list(rows)}
    return write(folder / "errata.json", document)


def test_errata_are_found_and_say_why(vectors):
    assert errata_of([vectors]) == {}
    errata(vectors, {**ERRATUM, "replaced_by": "QP-JYJG-0002"})
    (erratum,) = errata_of([vectors / "suites" / "small.json"]).values()
    assert erratum.effect == "withdrawn"
    assert erratum.reason().en == "erratum: the limit was wrong (replaced by QP-JYJG-0002)"
    assert erratum.reason().zh == "勘误：限额有误(由QP-JYJG-0002取代)"


def test_errata_speak_of_released_cases(vectors):
    def told(**changes: object) -> list[str]:
        path = errata(vectors, {**ERRATUM, **changes})
        return [one.what for one in check_errata(read_errata(path), manifest_of(vectors))]

    assert told() == []
    assert "was never released in the suite small" in told(case="QP-JYJG-0077")[0]
    assert "was never released in the suite other" in told(suite="other")[0]
    assert "small has no release 1.0.7" in told(version="1.0.7")[0]
    assert "QP-JYJG-0002, which was never released" in told(replaced_by="QP-JYJG-0002")[0]
    changed(vectors, lambda document: (next_version(document), another(document)))
    freeze(vectors)
    assert told(replaced_by="QP-JYJG-0002") == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ERRATUM, ERRATUM], "QP-JYJG-0001 stands twice"),
        ([{**ERRATUM, "effect": "ignored"}], "#/errata/0/effect"),
        ([{**ERRATUM, "text": {"en": "x"}}], "#/errata/0/text"),
        ([{**ERRATUM, "more": 1}], "more"),
    ],
)
def test_wrong_errata(tmp_path, rows, words):
    with pytest.raises(UsageError, match=words):
        read_errata(errata(tmp_path, *rows))
