"""Static analysis of the C code: `make analyse`.

Runs clang-tidy, cppcheck and gcc's -fanalyzer over the sources that kernel_c/analysis.toml names,
as they ship and with the code of a small device. What a tool says and no exception there covers is
a finding; so is an exception that covers nothing any more. Results are kept in
kernel_c/build/analyse, so that only what changed is analysed again. The last line counts; the exit
code is 1 with a finding, 0 when a tool is missing unless TAPKERN_REQUIRE_ANALYSE=1.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KERNEL = ROOT / "kernel_c"
CONFIG = KERNEL / "analysis.toml"
EDITORS = KERNEL / ".clang-tidy"
KEPT = KERNEL / "build" / "analyse"
SAID = re.compile(
    r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):\d+: (?:warning|error): "
    r"(?P<text>.*) \[(?P<check>[^]]+)\]$"
)
CPPCHECK = [
    "--quiet",
    "--std=c11",
    "--inconclusive",
    "--suppress=missingIncludeSystem",
    "--enable=warning,portability,performance,style",
    "--template={file}:{line}:1: warning: {message} [{id}]",
]
INCLUDES = ["-Iinclude", "-Isrc", "-Itests/replay"]


@dataclass(frozen=True)
class Finding:
    """What a tool said about a line; checks are its names for it."""

    tool: str
    file: str
    line: int
    checks: tuple[str, ...]
    text: str

    def source(self) -> str:
        """The line it is about."""
        lines = (KERNEL / self.file).read_text("utf-8").splitlines()
        return lines[self.line - 1] if 0 < self.line <= len(lines) else ""


@dataclass(frozen=True)
class Job:
    """One run of a tool over one source, with these options in front."""

    tool: str
    command: tuple[str, ...]
    source: str

    def kept(self, common: bytes) -> Path:
        """Where its output is kept: the name changes with all that it depends on."""
        digest = hashlib.sha256(common + repr(self.command).encode())
        digest.update((KERNEL / self.source).read_bytes())
        if self.source.startswith("tests/"):  # its own headers; those of the kernel are in common
            for header in sorted((KERNEL / self.source).parent.glob("*.h")):
                digest.update(header.read_bytes())
        return KEPT / f"{self.tool}-{digest.hexdigest()[:32]}.txt"


def listed(patterns: list[str]) -> list[str]:
    """Files of kernel_c/ under these patterns, as paths from there."""
    found = {path for pattern in patterns for path in KERNEL.glob(pattern)}
    return sorted(str(path.relative_to(KERNEL)) for path in found)


def version(tool: str) -> str:
    """The first number that a tool says of its version: 14.0.6."""
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"\d+\.\d+(\.\d+)?", said)
    return number[0] if number else "unknown"


def commands(config: dict[str, Any], defines: list[str]) -> dict[str, tuple[list[str], list[str]]]:
    """What stands before and behind the name of a source, for each tool."""
    checks = ",".join(["-*", *config["families"]])
    flags = [*INCLUDES, *defines]
    headers = "--header-filter=.*kernel_c/(include|src|tests)/.*"
    return {
        "clang-tidy": (
            ["clang-tidy", "--quiet", "--config={}", f"--checks={checks}", headers],
            ["--", "-std=c11", *flags],
        ),
        "cppcheck": (["cppcheck", *CPPCHECK, *flags], []),
        "gcc": (["gcc", "-std=c11", "-O1", "-fanalyzer", *flags, "-c", "-o", os.devnull], []),
    }


def jobs(config: dict[str, Any], tools: list[str]) -> list[Job]:
    """Every source in each of its variants under every tool."""
    found = []
    for variant in config["variant"]:
        for tool, (before, behind) in commands(config, variant["defines"]).items():
            if tool in tools:
                for source in listed(variant["sources"]):
                    found.append(Job(tool, (*before, source, *behind), source))
    return found


def output(job: Job, common: bytes) -> str:
    """What the tool says, from the last run when nothing changed since."""
    path = job.kept(common)
    if path.exists():
        return path.read_text("utf-8")
    done = subprocess.run(job.command, cwd=KERNEL, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode != 0 and not any(SAID.match(line) for line in said.splitlines()):
        sys.exit(f"analyse: {job.tool} {job.source}: {said.strip().splitlines()[-1:]}")
    path.write_text(said, "utf-8")
    return said


def findings(job: Job, said: str) -> list[Finding]:
    """The findings in what a tool said."""
    found = []
    for line in said.splitlines():
        match = SAID.match(line)
        if match is not None:
            path = Path(match["file"])
            file = str(path.relative_to(KERNEL)) if path.is_absolute() else str(path)
            checks = tuple(match["check"].removeprefix("-W").split(","))
            found.append(Finding(job.tool, file, int(match["line"]), checks, match["text"]))
    return found


def covers(exception: dict[str, str], finding: Finding) -> bool:
    """Whether an exception is about this finding: check, file and a part of the line."""
    return (
        exception["tool"] == finding.tool
        and exception["check"] in finding.checks
        and exception.get("file", finding.file) == finding.file
        and exception.get("line", "") in finding.source()
    )


def editors(config: dict[str, Any]) -> list[str]:
    """What .clang-tidy, which editors read, says otherwise than the exceptions for all files."""
    off = {
        f"-{entry['check']}"
        for entry in config["exception"]
        if entry["tool"] == "clang-tidy" and "file" not in entry and "line" not in entry
    }
    wanted = {"-*", *config["families"], *off}
    said = set(re.findall(r"-?[a-z][\w.*-]+|-\*", EDITORS.read_text("utf-8").split("Checks:")[1]))
    return [f".clang-tidy: {name} stands in one of both" for name in sorted(wanted ^ said)]


def judge(config: dict[str, Any], found: set[Finding], tools: list[str]) -> list[str]:
    """Findings that no exception covers, and exceptions that cover none, a line each."""
    lines = []
    used = [False] * len(config["exception"])
    for finding in sorted(found, key=lambda f: (f.file, f.line, f.checks)):
        known = [i for i, entry in enumerate(config["exception"]) if covers(entry, finding)]
        for i in known:
            used[i] = True
        if not known:
            name = ",".join(finding.checks)
            lines.append(f"kernel_c/{finding.file}:{finding.line}: {finding.text} [{name}]")
    for entry, hit in zip(config["exception"], used, strict=True):
        exact = version(entry["tool"]).startswith(config["versions"][entry["tool"]])
        if not hit and entry["tool"] in tools and exact:
            where = f"{entry.get('file', 'any file')}: {entry.get('line', 'any line')}"
            lines.append(f"analysis.toml: {entry['check']} says nothing any more ({where})")
    return lines


def count_checks(config: dict[str, Any], tools: list[str]) -> int:
    """Checks that are on: those of the tools without the ones that are off everywhere."""
    asked = {
        "clang-tidy": (
            ["--list-checks", f"--checks=-*,{','.join(config['families'])}"],
            r"^ {4}\S+",
        ),
        "cppcheck": (["--errorlist"], r'<error id="\w+"'),
        "gcc": (["--help=warnings"], r"^  -Wanalyzer-(?!too)\S+"),
    }
    total = 0
    for tool in tools:
        options, pattern = asked[tool]
        done = subprocess.run([tool, *options], capture_output=True, text=True, check=True)
        total += len(set(re.findall(pattern, done.stdout, re.MULTILINE)))
    return total - sum("file" not in e and "line" not in e for e in config["exception"])


def note(size: str, number: int) -> None:
    """Leave the result for the table of docs/hostile.md; a run never fails by that."""
    command = [sys.executable, str(ROOT / "tools" / "evidence.py"), "note", "analysis"]
    command += ["--size", size, "--findings", str(number)]
    subprocess.run(command, capture_output=True, check=False)


def main() -> int:
    config = tomllib.loads(CONFIG.read_text("utf-8"))
    tools = [tool for tool in config["versions"] if shutil.which(tool)]
    missing = [tool for tool in config["versions"] if tool not in tools]
    if missing:
        print(f"analyse: not here: {', '.join(missing)}: apt install clang-tidy cppcheck gcc")
    KEPT.mkdir(parents=True, exist_ok=True)
    common = "".join(version(tool) for tool in tools).encode()
    for header in listed(["include/**/*.h", "src/**/*.h", "*.def", "firmware/*.h"]):
        common += (KERNEL / header).read_bytes()
    todo = jobs(config, tools)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(lambda job: output(job, common), todo))
    wanted = {job.kept(common) for job in todo}
    for path in KEPT.iterdir():
        if path not in wanted:
            path.unlink()
    found = {
        finding for job, text in zip(todo, said, strict=True) for finding in findings(job, text)
    }
    lines = judge(config, found, tools) + editors(config)
    for line in lines:
        print(line)
    files = len({job.source for job in todo})
    size = f"{files} files, {count_checks(config, tools)} checks"
    if not missing:
        note(f"{size}, {len(config['exception'])} reasoned exceptions", len(lines))
    print(f"analyse: {size}, {len(lines)} findings")
    return 1 if lines or (missing and os.environ.get("TAPKERN_REQUIRE_ANALYSE") == "1") else 0


if __name__ == "__main__":
    sys.exit(main())
