"""Released suites: what was published stays as it is.

`manifest.json` (format tapkern-manifest/1) names every released version of a suite with the SHA-256
of its file, and of the newest version the SHA-256 of each case. A version never changes, and no
later version drops or changes a case: a case that was wrong stays, an erratum (errata.json, see
errata.py) takes it out of the verdicts, and a new case with a new id says it right.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from tapkern.data.files import write_whole
from tapkern.errors import UsageError
from tapkern.lab import suite as suites
from tapkern.lab.schema_check import check_schema
from tapkern.lab.suite import Entry, Suite

FORMAT = "tapkern-manifest/1"
NAME = "manifest.json"
READABLE = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A released version of a suite. file: relative to the folder of the manifest.

    digests: SHA-256 of what each case asks, by id; empty in all but the newest version.
    """

    suite: str
    version: str
    file: str
    sha256: str
    cases: int
    released: date
    digests: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def order(self) -> tuple[int, ...]:
        """The version as numbers."""
        return order(self.version)

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        found = {**asdict(self), "released": self.released.isoformat()}
        if not self.digests:
            del found["digests"]
        return found


@dataclass(frozen=True, slots=True)
class Manifest:
    """All releases, older ones too."""

    path: Path
    releases: tuple[Release, ...] = ()

    def of(self, suite: str) -> tuple[Release, ...]:
        """The versions of a suite, oldest first."""
        found = [release for release in self.releases if release.suite == suite]
        return tuple(sorted(found, key=lambda release: release.order))

    def newest(self) -> tuple[Release, ...]:
        """The newest version of each suite, by name."""
        names = sorted({release.suite for release in self.releases})
        return tuple(self.of(name)[-1] for name in names)

    def owner(self, case: str) -> str | None:
        """The suite that an id was released in."""
        return next((one.suite for one in self.newest() if case in one.digests), None)


class Fault(StrEnum):
    """What is wrong with a file of suites."""

    DIFFERS = "differs"
    MISSING = "missing"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not what was released."""

    fault: Fault
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


class ReleaseError(UsageError):
    """A suite that cannot be released; findings holds everything found."""

    def __init__(self, findings: Sequence[tuple[str, str]]) -> None:
        where, what = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(what + more, where)
        self.findings = tuple(findings)


def order(version: str) -> tuple[int, ...]:
    """A version MAJOR.MINOR.PATCH as numbers."""
    return tuple(map(int, version.split(".")))


# --- the manifest --------------------------------------------------------------------------------


def read_json(path: Path, schema: str, form: str) -> dict[str, Any]:
    """A JSON file of this format, held against its schema. Errors: UsageError."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", str(path)) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}", str(path)) from None
    if not isinstance(found, dict) or found.get("format") != form:
        raise UsageError(f"this is not of the format {form}", str(path))
    check_schema(schema, found, str(path))
    return found


def read_manifest(path: Path) -> Manifest:
    """A manifest. Errors: UsageError with the file and what is wrong."""
    document = read_json(path, "manifest", FORMAT)
    releases = []
    for number, row in enumerate(document["suites"]):
        try:
            day = date.fromisoformat(row["released"])
        except ValueError:
            raise UsageError("this is no day", f"{path}#/suites/{number}/released") from None
        releases.append(Release(**{**row, "released": day}))
    manifest = Manifest(path, tuple(releases))
    seen = set()
    for number, release in enumerate(releases):
        if (release.suite, release.version) in seen:
            what = f"{release.suite} {release.version} is listed twice"
            raise UsageError(what, f"{path}#/suites/{number}")
        seen.add((release.suite, release.version))
    for release in manifest.newest():
        if len(release.digests) != release.cases:
            what = f"{release.suite} {release.version} has {release.cases} cases, but as many "
            raise UsageError(what + f"digests: {len(release.digests)}", str(path))
    return manifest


def find_manifest(paths: Sequence[str | Path]) -> Path:
    """The manifest of suites: in a folder that is named, else in one above. Errors: UsageError."""
    for one in paths:
        path = Path(one).absolute()
        for folder in (path, *path.parents):
            if (folder / NAME).is_file():
                return folder / NAME
    where = ", ".join(map(str, paths))
    raise UsageError("there is no manifest.json here or above", where, "name it with --manifest")


def write_manifest(manifest: Manifest) -> None:
    """Writes a manifest, whole or not at all. Errors: UsageError."""
    rows = sorted(manifest.releases, key=lambda release: (release.suite, release.order))
    document = {"format": FORMAT, "suites": [release.to_json() for release in rows]}
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    try:
        write_whole(manifest.path, text, READABLE)
    except OSError as error:
        what = f"cannot write the manifest: {error.strerror}"
        raise UsageError(what, str(manifest.path)) from None


# --- freezing ------------------------------------------------------------------------------------


def case_digest(case: Entry) -> str:
    """SHA-256 of what a case asks: terminal, cards, host, taps and checks as they are resolved.

    A ready card and a key set of the package count with their content. Who has verified the case is
    no part of it, nor the names of terminals and cards; what is absent does not count, so that a
    later format may have more.
    """
    content = asdict(case)
    for key in ("verified_by", "suite", "terminal", "host_name"):
        content.pop(key, None)
    content["cards"] = [_card_content(card) for card in content.get("cards", ())]
    content["taps"] = [_present(tap) for tap in content.get("taps", ())]
    keys = content.get("configuration", {}).get("ca_key", ())
    sets = [key.get("file") or key.get("builtin") for key in keys]
    content["key_sets"] = [_packaged(name) for name in sets if isinstance(name, str)]
    text = json.dumps(_present(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _present(content: Mapping[str, Any]) -> dict[str, Any]:
    """What is there at all; an empty text is: a host that was not reached."""
    return {
        key: value
        for key, value in content.items()
        if not (value is None or value is False or value in ((), [], {}))
    }


def _card_content(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card without its name, and the ready card that it begins with."""
    found = {key: value for key, value in _present(card).items() if key != "name"}
    base = found.get("personalisation", {}).get("base")
    if isinstance(base, str):
        found["base"] = _packaged(f"tapkern:card/cards/{base}.toml")
    return found


@cache
def _packaged(reference: str) -> Any:
    """The content of a file of the package, "" when there is none."""
    if not reference.startswith("tapkern:"):  # a built-in set by its name
        reference = f"tapkern:params/capk/{reference}.csv"
    path = package_files("tapkern").joinpath(reference.removeprefix("tapkern:"))
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    if not reference.endswith(".toml"):
        return text
    plain: dict[str, Any] = json.loads(json.dumps(tomllib.loads(text), default=str))
    return plain


def freeze(
    paths: Sequence[str | Path], manifest: Manifest, day: date
) -> tuple[Manifest, tuple[Release, ...]]:
    """The manifest with the suites of these paths in it, and what was added; nothing is written.

    What is released already, byte for byte, stays as it is. Errors: ReleaseError when a released
    version was changed, or when a new version drops or changes a released case.
    """
    findings: list[tuple[str, str]] = []
    added: list[Release] = []
    loaded = suites.load(paths)
    for suite in loaded:
        known = manifest.of(suite.name)
        same = next((one for one in known if one.version == suite.version), None)
        if same is not None:
            if same.sha256 != suite.digest:
                what = f"{suite.name} {suite.version} is released with other bytes"
                findings.append((suite.path, f"{what}: give the change a new version"))
            continue
        problems = list(_problems(suite, known, manifest))
        findings += problems
        if not problems:
            added.append(_release(suite, manifest.path, day))
    if findings:
        raise ReleaseError(findings)
    names = {release.suite for release in added}
    kept = [
        replace(release, digests={}) if release.suite in names else release
        for release in manifest.releases
    ]
    return replace(manifest, releases=(*kept, *added)), tuple(added)


def _release(suite: Suite, manifest: Path, day: date) -> Release:
    return Release(
        suite=suite.name,
        version=suite.version,
        file=_relative(Path(suite.path), manifest),
        sha256=suite.digest,
        cases=len(suite.cases),
        released=day,
        digests={case.id: case_digest(case) for case in suite.cases},
    )


def _problems(
    suite: Suite, known: Sequence[Release], manifest: Manifest
) -> Iterator[tuple[str, str]]:
    """Why a new version cannot be released."""
    digests = {case.id: case_digest(case) for case in suite.cases}
    if known:
        newest = known[-1]
        if order(suite.version) <= newest.order:
            what = f"version {suite.version} is not above the released {newest.version}"
            yield suite.path, what
        for case, digest in newest.digests.items():
            if case not in digests:
                yield suite.path, f"{case} was released and is gone: keep it, add an erratum"
            elif digests[case] != digest:
                what = f"{case} was released and has changed: give the change a new id, this case "
                yield suite.path, what + "an erratum"
    for case in digests:
        owner = manifest.owner(case)
        if owner not in (None, suite.name):
            yield suite.path, f"the id {case} was released in the suite {owner}"


def _relative(path: Path, manifest: Path) -> str:
    folder = manifest.absolute().parent.resolve()
    try:
        return path.absolute().resolve().relative_to(folder).as_posix()
    except ValueError:
        raise UsageError(f"is not below the folder of {manifest}", str(path)) from None


# --- verifying -----------------------------------------------------------------------------------


def verify(paths: Sequence[str | Path], manifest: Manifest) -> tuple[Finding, ...]:
    """What is not as it was released among files and folders; nothing when all is.

    A suite that was not released is a finding too. Errors: UsageError for a file that can be
    neither read nor told.
    """
    folder = manifest.path.absolute().parent.resolve()
    newest = {(folder / release.file): release for release in manifest.newest()}
    found: list[Finding] = []
    seen = set()
    for path in suites.files(paths):
        whole = path.absolute().resolve()
        seen.add(whole)
        if whole in newest:
            found += _compared(path, newest[whole], manifest)
        elif suites.read(path) is not None:
            what = f"is not in {manifest.path.name}: it was not released"
            found.append(Finding(Fault.UNLISTED, str(path), what))
    asked = [Path(one).absolute().resolve() for one in paths]
    for file, release in newest.items():
        if file not in seen and any(file.is_relative_to(one) for one in asked):
            what = f"is missing: {release.suite} {release.version} was released with it"
            found.append(Finding(Fault.MISSING, str(file), what))
    return tuple(found)


def _compared(path: Path, release: Release, manifest: Manifest) -> Iterator[Finding]:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", str(path)) from None
    if digest == release.sha256:
        yield from _asks_the_same(path, release)
        return
    name = f"{release.suite} {release.version}"
    what = f"is not {name}: SHA-256 {digest}, released {release.sha256}"
    older = next((one for one in manifest.of(release.suite) if one.sha256 == digest), None)
    if older is not None:
        what = f"is {older.suite} {older.version}, of which {release.version} is the newest"
    yield Finding(Fault.DIFFERS, str(path), what)


def _asks_the_same(path: Path, release: Release) -> Iterator[Finding]:
    """The same bytes may ask something else: a ready card or key set of the package may change."""
    suite = suites.read(path)
    for case in () if suite is None else suite.cases:
        if case_digest(case) != release.digests.get(case.id):
            what = f"{case.id} is not what was released: a card or key set of the package changed"
            yield Finding(Fault.DIFFERS, str(path), what)
            return
