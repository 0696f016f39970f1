"""Files against their published JSON Schema. The schemas are data of the package."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files as package_files
from typing import Any

import jsonschema_rs

from tapkern.errors import UsageError

LONGEST = 300
"""Most characters of a message: it may quote a whole case."""


def schema(name: str) -> dict[str, Any]:
    """A schema by name: "suite", "primitives", "report"."""
    path = package_files("tapkern.lab").joinpath("schema", f"{name}.schema.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema(name))


def check_schema(name: str, document: object, path: str) -> None:
    """Errors: UsageError with file and JSON pointer of the first thing that does not fit."""
    error = next(_validator(name).iter_errors(document), None)
    if error is not None:
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in error.instance_path)
        message = error.message if len(error.message) <= LONGEST else f"{error.message[:LONGEST]} …"
        raise UsageError(message, f"{path}#/{'/'.join(steps)}", f"see {name}.schema.json")
