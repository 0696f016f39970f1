"""Documents as suites hold them: merge patches, dates as text, JSON that people can read."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
WIDTH = 118
"""Characters of a line that an object or a list may fill before it is spread over several."""
SHORT = 60
"""Characters of a member that shares its line with others."""
STEPS = frozenset({"recorded", "transcript"})
"""Lists of lists whose members stand on a line each, however long."""


def merged(parent: Any, patch: Any) -> Any:
    """The parent after a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(parent) if isinstance(parent, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def patch_between(parent: Mapping[str, Any], child: Mapping[str, Any]) -> Document:
    """The merge patch that makes the child of the parent."""
    found: Document = {key: None for key in parent if key not in child}
    for key, value in child.items():
        if key in parent and parent[key] == value:
            continue
        if isinstance(value, Mapping) and isinstance(parent.get(key), Mapping):
            found[key] = patch_between(parent[key], value)
        else:
            found[key] = value
    return found


def plain(value: Any) -> Any:
    """A document with its dates as text, as JSON holds them."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value


def dated(value: Any) -> Any:
    """A document with the dates that `plain` has written as text."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return datetime.date.fromisoformat(value)
    if isinstance(value, Mapping):
        return {key: dated(one) for key, one in value.items()}
    if isinstance(value, list):
        return [dated(one) for one in value]
    return value


def text(value: Any) -> str:
    """JSON: what fits stands on one line, indent 1, with a newline at the end."""
    return _text(value, 0) + "\n"


def _text(value: Any, depth: int, key: str = "") -> str:
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return line
    if len(line) + depth <= WIDTH and key not in STEPS:
        return line
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(name, ensure_ascii=False)}: {_text(one, depth + 1, name)}"
            for name, one in value.items()
        ]
        return "{" + inner + _rows(parts, inner) + outer + "}"
    if key in STEPS and all(isinstance(one, list) for one in value):
        flat = [all(not isinstance(x, list) for x in one) for one in value]
        parts = [
            json.dumps(one, ensure_ascii=False) if simple else _text(one, depth + 1, key)
            for one, simple in zip(value, flat, strict=True)
        ]
    else:
        parts = [_text(one, depth + 1) for one in value]
        return "[" + inner + _rows(parts, inner) + outer + "]"
    return "[" + inner + ("," + inner).join(parts) + outer + "]"


def _rows(parts: Sequence[str], inner: str) -> str:
    """Members with commas: short ones share lines, others stand alone."""
    if max(map(len, parts)) > SHORT:
        return ("," + inner).join(parts)
    rows = [parts[0]]
    for part in parts[1:]:
        if len(rows[-1]) + len(part) + 2 <= WIDTH:
            rows[-1] += ", " + part
        else:
            rows.append(part)
    return ("," + inner).join(rows)
