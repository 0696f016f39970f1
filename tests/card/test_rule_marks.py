"""Every rule of the digest's card chapter is marked next to its code and named in a test."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

import tapkern.card

PACKAGE = Path(tapkern.card.__file__).parents[1]
TESTS = Path(__file__).parents[1]
RULES = (
    "CS-001", "CS-002", "CS-003", "CS-010", "CS-011", "CS-012", "CS-013", "CS-014", "CS-015",
    "CS-020", "CS-021", "CS-022", "CS-023", "CS-024", "CS-025", "CS-026", "CS-030", "CS-031",
    "CS-032", "CS-033", "CS-034", "CS-035", "CS-036", "CS-037", "CS-038", "CS-039", "CS-040",
    "CS-041", "CS-042", "CS-043", "CS-044",
)  # fmt: skip

MARK = re.compile(r"\bCS-\d{3}\b")


def marks(source: str) -> set[str]:
    """Ids in comments and in the docstrings of classes and functions, not in that of the module."""
    found: set[str] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found |= set(MARK.findall(token.string))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found |= set(MARK.findall(ast.get_docstring(node) or ""))
    return found


@cache
def marked() -> set[str]:
    files = [path for room in ("card", "issuer") for path in (PACKAGE / room).rglob("*.py")]
    return set().union(*(marks(path.read_text(encoding="utf-8")) for path in files))


@cache
def other_texts() -> list[str]:
    """The texts of all other tests."""
    here = Path(__file__)
    return [p.read_text(encoding="utf-8") for p in TESTS.rglob("test_*.py") if p != here]


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_marked_in_the_code(rule: str) -> None:
    assert rule in marked()


def test_no_mark_is_without_a_rule() -> None:
    assert marked() <= set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_named_in_a_test(rule: str) -> None:
    name = rule.lower().replace("-", "")
    assert any(rule in text or re.search(rf"_{name}(?![0-9])", text) for text in other_texts())


def test_a_mark_in_the_docstring_of_a_module_does_not_count() -> None:
    assert marks('"""CS-001"""\nX = "CS-002"\n') == set()
    assert marks('def f():\n    """CS-001."""\n    return 1  # CS-002\n') == {"CS-001", "CS-002"}
