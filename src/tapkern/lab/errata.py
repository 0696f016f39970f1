"""Errata: what is known to be wrong in released cases.

A released case never changes. An erratum says what is wrong in it; a case that is `withdrawn` is
not put to a kernel any more: it is not applicable, with the erratum as reason, so that a mistake of
the suite is never a verdict about a product. A `note` leaves the verdict as it is and is shown
beside it. The corrected case has a new id, which the erratum names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tapkern.data.codes import Text
from tapkern.errors import UsageError
from tapkern.lab.release import (
    Fault,
    Finding,
    Manifest,
    find_manifest,
    read_json,
    read_manifest,
    verify,
)

FORMAT = "tapkern-errata/1"
NAME = "errata.json"


class Effect(StrEnum):
    """What an erratum does to its case."""

    WITHDRAWN = "withdrawn"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """A correction. version: of the suite in which it was found; replaced_by: the id of the case
    that says it right, None when there is none."""

    case: str
    suite: str
    version: str
    effect: Effect
    text: Text
    replaced_by: str | None

    def reason(self) -> Text:
        """Why a case is not run, or what is to be known about it."""
        en, zh = f"erratum: {self.text.en}", f"勘误：{self.text.zh}"
        if self.replaced_by is not None:
            en, zh = f"{en} (replaced by {self.replaced_by})", f"{zh}(由{self.replaced_by}取代)"
        return Text(en, zh)


def read_errata(path: Path) -> Mapping[str, Erratum]:
    """Errata by case. Errors: UsageError."""
    document = read_json(path, "errata", FORMAT)
    found: dict[str, Erratum] = {}
    for number, row in enumerate(document["errata"]):
        if row["case"] in found:
            raise UsageError(f"{row['case']} stands twice", f"{path}#/errata/{number}")
        found[row["case"]] = Erratum(
            case=row["case"],
            suite=row["suite"],
            version=row["version"],
            effect=Effect(row.get("effect", "withdrawn")),
            text=Text(**row["text"]),
            replaced_by=row["replaced_by"],
        )
    return found


def errata_of(paths: Sequence[str | Path]) -> Mapping[str, Erratum]:
    """The errata of suites: errata.json in a folder that is named or in one above; none without."""
    for one in paths:
        path = Path(one).absolute()
        for folder in (path, *path.parents):
            if (folder / NAME).is_file():
                return read_errata(folder / NAME)
    return {}


def check_errata(errata: Mapping[str, Erratum], manifest: Manifest) -> Iterator[Finding]:
    """Errata that speak of what was never released."""
    where = str(manifest.path.parent / NAME)
    for erratum in errata.values():
        if manifest.owner(erratum.case) != erratum.suite:
            what = f"{erratum.case} was never released in the suite {erratum.suite}"
            yield Finding(Fault.DIFFERS, where, what)
        versions = [release.version for release in manifest.of(erratum.suite)]
        if versions and erratum.version not in versions:
            what = f"{erratum.case}: {erratum.suite} has no release {erratum.version}"
            yield Finding(Fault.DIFFERS, where, what)
        if erratum.replaced_by is not None and manifest.owner(erratum.replaced_by) is None:
            what = f"{erratum.case} is replaced by {erratum.replaced_by}, which was never released"
            yield Finding(Fault.DIFFERS, where, what)


def verify_all(
    paths: Sequence[str | Path], manifest: Path | None = None
) -> tuple[Path, tuple[Finding, ...]]:
    """Suites against their manifest and errata against what was released: what --verify asks.

    manifest: default the one beside the suites or above. Returns which one it was, and what is not
    as it was released. Errors: UsageError.
    """
    path = manifest or find_manifest(paths)
    whole = read_manifest(path)
    return path, (*verify(paths, whole), *check_errata(errata_of(paths), whole))
