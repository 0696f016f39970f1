"""The C side: builds c/*.c with the kernel, runs it as one process, counts its instructions.

The kernel is built as firmware has it, by its own Makefile, without rule marks; everything lands in
build/bench/. A missing compiler ends the bench with a line of advice.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from benches import BenchError

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
SOURCES = sorted((ROOT / "benches" / "c").glob("*.c"))
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Ibenches/c", "-Ikernel_c/include")


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    """Standard output of a command. Errors: BenchError with the end of what it said."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, env=env
        )
    except FileNotFoundError:
        raise BenchError(f"{command[0]} is not installed: apt install gcc libc6-dev make") from None
    except subprocess.CalledProcessError as error:
        tail = "\n".join(error.stderr.splitlines()[-8:])
        raise BenchError(f"{shlex.join(command[:4])} ... failed:\n{tail}") from None
    return done.stdout


def compiler() -> list[str]:
    """The C compiler: CC, else cc."""
    return shlex.split(os.environ.get("CC", "")) or ["cc"]


def has_gmp() -> bool:
    """Whether a program with libgmp can be built."""
    probe = "#include <gmp.h>\nint main(void) { mpz_t n; mpz_init(n); return 0; }\n"
    with tempfile.TemporaryDirectory() as folder:
        command = [*compiler(), "-x", "c", "-", "-lgmp", "-o", f"{folder}/probe"]
        try:
            done = subprocess.run(command, input=probe, text=True, capture_output=True, check=False)
        except FileNotFoundError:
            return False
    return done.returncode == 0


def build(*, gmp: bool) -> Path:
    """The bench program; of the kernel, only what has changed is compiled anew."""
    BUILD.mkdir(parents=True, exist_ok=True)
    # a make above us would hand down its own options
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    _run(
        "make", "-j2", "-C", "kernel_c", f"CC={shlex.join(compiler())}",
        "BUILD=../build/bench", "../build/bench/libtapkern.a", env=env,
    )  # fmt: skip
    program = BUILD / "bench"
    _run(
        *compiler(), *FLAGS, "-Ikernel_c/src", *(["-DBENCH_GMP"] if gmp else []),
        *map(str, SOURCES), str(BUILD / "libtapkern.a"), *(["-lgmp"] if gmp else []),
        "-o", str(program),
    )  # fmt: skip
    return program


class Native:
    """A running bench program. cases: operations of one pass, by name."""

    def __init__(self, program: Path, material: Path) -> None:
        self._command = (str(program), str(material))
        listed = (line.split() for line in _run(*self._command, "list").splitlines())
        self.cases = {name: int(ops) for name, ops in listed}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def measure(self, case: str, passes: int) -> float:
        """Nanoseconds of CPU time for so many passes. Errors: BenchError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(case, passes, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().split()
        if len(answer) != 2:
            raise BenchError(f"the C program stopped at {case}")
        return float(answer[0])

    def close(self) -> None:
        """Ends the program."""
        self._process.communicate()

    def __enter__(self) -> Native:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def instructions(self, cases: list[str]) -> dict[str, float]:
        """Instructions of one operation of each case by callgrind. Errors: BenchError."""
        if shutil.which("valgrind") is None:
            raise BenchError("valgrind: missing, apt install valgrind")
        with tempfile.TemporaryDirectory() as folder:
            # bound at once, so that the first call of a library function costs nothing extra
            env = {**os.environ, "LD_BIND_NOW": "1"}
            _run(
                "valgrind", "--tool=callgrind", "--toggle-collect=bench_pass",
                "--dump-after=bench_pass", f"--callgrind-out-file={folder}/out",
                *self._command, "once", *cases, env=env,
            )  # fmt: skip
            counts = {}
            for number, case in enumerate(cases, 1):
                text = (Path(folder) / f"out.{number}").read_text(encoding="utf-8")
                found = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
                if found is None:
                    raise BenchError("callgrind wrote a file without totals")
                counts[case] = int(found[1]) / self.cases[case]
        return counts
