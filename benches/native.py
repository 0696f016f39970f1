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
from dataclasses import dataclass
from pathlib import Path

from benches import BenchError

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
SOURCES = sorted((ROOT / "benches" / "c").glob("*.c"))
FLAGS = (
    "-std=c11", "-O2", "-Wall", "-Wextra",
    "-Ibenches/c", "-Ikernel_c/include", "-Ikernel_c/src",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Library:
    """A C library to measure against. probe: a program that prints its version."""

    name: str
    package: str
    define: str
    link: str
    probe: str


LIBRARIES = (
    Library(
        "libgmp", "libgmp-dev", "BENCH_GMP", "-lgmp",
        "#include <gmp.h>\n#include <stdio.h>\n"
        "int main(void) { mpz_t n; mpz_init(n); puts(gmp_version); return 0; }\n",
    ),
    Library(
        "OpenSSL", "libssl-dev, 3.0 or newer", "BENCH_OPENSSL", "-lcrypto",
        "#include <openssl/evp.h>\n#include <openssl/param_build.h>\n#include <stdio.h>\n"
        "int main(void) { EVP_PKEY_CTX_free(EVP_PKEY_CTX_new_from_name(NULL, \"RSA\", NULL));"
        " puts(OpenSSL_version(OPENSSL_VERSION_STRING)); return 0; }\n",
    ),
)  # fmt: skip


def versions() -> dict[str, str]:
    """By the name of each library its version, or "" when no program can be built with it."""
    return {library.name: _version(library) for library in LIBRARIES}


def _version(library: Library) -> str:
    with tempfile.TemporaryDirectory() as folder:
        probe = f"{folder}/probe"
        command = [*compiler(), "-x", "c", "-", library.link, "-o", probe]
        try:
            subprocess.run(command, input=library.probe, text=True, capture_output=True, check=True)
            done = subprocess.run([probe], text=True, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
    return done.stdout.strip()


def build(found: dict[str, str], *, heap: bool = False) -> Path:
    """The bench program with the libraries found; of the kernel, only what changed is compiled.

    heap: instead, the program that counts allocations.
    """
    # objects of one compiler are not those of another
    objects = "../build/bench/" + "-".join(Path(word).name for word in compiler())
    # a make above us would hand down its own options
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    _run(
        "make", "-j2", "-C", "kernel_c", f"CC={shlex.join(compiler())}",
        f"BUILD={objects}", f"{objects}/libtapkern.a", env=env,
    )  # fmt: skip
    used = [library for library in LIBRARIES if found[library.name]]
    program = BUILD / ("heap" if heap else "bench")
    _run(
        *compiler(), *FLAGS, *(f"-D{library.define}" for library in used),
        *(["-DBENCH_HEAP"] if heap else []),
        *map(str, SOURCES), f"kernel_c/{objects}/libtapkern.a", *(library.link for library in used),
        "-o", str(program),
    )  # fmt: skip
    return program


def allocations(program: Path, material: Path, cases: list[str]) -> dict[str, int]:
    """Calls of the allocator in one pass of each case. Errors: BenchError."""
    lines = _run(str(program), str(material), "heap", *cases).splitlines()
    return {name: int(calls) for name, calls in map(str.split, lines)}


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
