"""What is shipped: one version everywhere, all data in the wheel, all sources in the sdist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

import tapkern
from tapkern import _kernel

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "tapkern"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MADE = {".so", ".o", ".a", ".d", ".su", ".pyc"}


def tracked(folder: str) -> list[str]:
    """The files of a folder, without what builds leave there."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and path.suffix not in MADE
        and not {"build", "__pycache__"} & set(path.relative_to(ROOT).parts)
        and path != PACKAGE / "_kernel.c"
    )


def test_one_version_in_the_project_the_package_and_the_kernel() -> None:
    header = (ROOT / "kernel_c/include/tapkern/tapkern.h").read_text(encoding="utf-8")
    in_header = ".".join(re.findall(r"TAPK_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))
    version = PROJECT["project"]["version"]
    assert version == tapkern.__version__ == _kernel.version() == in_header


def test_the_extension_is_built_from_these_sources() -> None:
    said = subprocess.run(
        ["make", "-s", "-C", str(ROOT / "kernel_c"), "digest"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert _kernel.kernel_digest() == said.stdout.strip(), "run make demo to rebuild"


def test_the_wheel_takes_every_data_file_of_the_package() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["tapkern"]
    inside = [Path(name).relative_to("src/tapkern").as_posix() for name in tracked("src/tapkern")]
    data = [
        name for name in inside if Path(name).suffix not in {".py", ".pyx", ".pxd", ".pxi", ".md"}
    ]
    assert "data/tags.csv" in data and "py.typed" in data
    # A pattern that begins with **/ also stands for the top folder.
    left = [n for n in data if not any(fnmatch(f"./{n}", p) or fnmatch(n, p) for p in patterns)]
    assert left == []


def test_the_source_distribution_holds_every_source(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="comes with make demo")
    pytest.importorskip("Cython", reason="comes with make demo")
    subprocess.run(
        [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    listed = set((tmp_path / "tapkern.egg-info/SOURCES.txt").read_text().splitlines())
    wanted = [name for part in ("kernel_c", "src", "tests", "tools") for name in tracked(part)]
    wanted = [name for name in wanted if ".egg-info" not in name]
    assert "kernel_c/src/tap.c" in wanted and "src/tapkern/_kernel.pyx" in wanted
    assert [name for name in wanted if name not in listed] == []
    assert "src/tapkern/_kernel.c" not in listed
    assert not [
        name
        for name in listed
        if Path(name).suffix in MADE or name.startswith(("build/", "kernel_c/build/"))
    ]
