"""Defects to plant and the means that have to find them, from defects.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("defects.toml")


@dataclass(frozen=True)
class Means:
    """How a defect may be found: a command that ends with an exit code other than 0."""

    name: str
    way: str
    command: str
    module: bool = False


@dataclass(frozen=True)
class Defect:
    """A change of one file, made by replacing a text that stands there once."""

    name: str
    what: str
    file: str
    find: str
    replace: str
    found_by: tuple[str, ...]

    def plant(self, root: Path) -> None:
        """Changes the file in the copy at this root. Errors: ValueError without the text."""
        path = root / self.file
        text = path.read_text("utf-8")
        if text.count(self.find) != 1:
            raise ValueError(
                f"{self.name}: {self.file} holds the text {text.count(self.find)} times"
            )
        path.write_text(text.replace(self.find, self.replace), "utf-8")


@dataclass(frozen=True)
class Plan:
    """All of defects.toml."""

    means: dict[str, Means]
    defects: tuple[Defect, ...]

    def ways(self, defect: Defect) -> set[str]:
        """The different ways in which this defect has to be found."""
        return {self.means[name].way for name in defect.found_by}


def load(path: Path = LIST) -> Plan:
    """The plan of this file. Errors: ValueError for a defect that names an unknown means."""
    with path.open("rb") as file:
        document = tomllib.load(file)
    means = {name: Means(name, **entry) for name, entry in document["means"].items()}
    rows = document["defect"]
    defects = tuple(Defect(**{**row, "found_by": tuple(row["found_by"])}) for row in rows)
    for defect in defects:
        unknown = set(defect.found_by) - set(means)
        if unknown:
            raise ValueError(f"{defect.name}: no such means: {', '.join(sorted(unknown))}")
    return Plan(means, defects)
