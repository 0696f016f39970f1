"""The other side shares no code with the kernel: neither card nor issuer may import it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tapkern.card

PACKAGE = Path(tapkern.card.__file__).parents[1]
ALLOWED = {
    "issuer": ("tapkern.issuer", "tapkern.data", "tapkern.errors"),
    "card": ("tapkern.card", "tapkern.issuer", "tapkern.data", "tapkern.errors"),
}
FORBIDDEN = ("tapkern.data.tlv", "tapkern.data.decode", "tapkern.data.messages")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {module, *(f"{module}.{n.name}" for n in node.names if module == "tapkern")}
    return found


SURROUNDINGS = (
    "checks", "digests", "field", "toml_text", "pipe", "protocol", "schema_check", "stand", "suite",
)  # fmt: skip
"""Modules of the lab that builders and the oracle use, and that therefore know no kernel."""


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_surroundings_of_a_kernel_do_not_know_ours(name: str) -> None:
    known = tuple(f"tapkern.lab.{one}" for one in (*SURROUNDINGS, "results"))
    for module in imports(PACKAGE / "lab" / f"{name}.py"):
        if module.split(".")[0] == "tapkern" and module not in ("tapkern", "tapkern.lab"):
            assert module.startswith((*known, *ALLOWED["card"])), f"{name} imports {module}"


@pytest.mark.parametrize("room", ["card", "issuer"])
def test_imports_stay_on_this_side(room: str) -> None:
    files = list((PACKAGE / room).rglob("*.py"))
    assert len(files) > 5
    for path in files:
        for name in imports(path):
            if name.split(".")[0] == "tapkern" and name != "tapkern":
                assert name.startswith(ALLOWED[room]), f"{path.name} imports {name}"
                assert not name.startswith(FORBIDDEN), f"{path.name} imports {name}"


BUILDERS = Path(__file__).parents[2] / "vectors" / "build"
KERNEL = ("tapkern.terminal", "tapkern.driver", "tapkern._kernel", "tapkern.oda", "tapkern.torn")


def test_builders_of_vectors_name_nothing_of_the_kernel() -> None:
    files = list(BUILDERS.rglob("*.py"))
    assert len(files) > 5
    for path in files:
        for name in imports(path):
            assert name not in ("tapkern", "tapkern.Terminal"), f"{path.name} imports {name}"
            assert not name.startswith(KERNEL), f"{path.name} imports {name}"


def test_builders_of_vectors_load_no_kernel() -> None:
    """Nor does anything that they import."""
    program = (
        "import sys, vectors.build.__main__, vectors.build.registry as r; list(r.suites());"
        "print(*sorted(name for name in sys.modules if name.startswith('tapkern')))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BUILDERS.parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "tapkern.card" in found
    assert not [name for name in found if name.startswith(KERNEL)]
