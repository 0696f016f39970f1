"""The one compiled part: tapkern._kernel, the Cython binding together with the C kernel.

Environment: TAPKERN_ABI3=1 builds for the limited API (one wheel for Python 3.11 and newer).
TAPKERN_TEST_BUILD=1 builds a kernel whose single decisions a test can force; never ship it.
TAPKERN_OBJECTS=FOLDER takes the kernel's objects from there, where `make -C kernel_c coverage` has
made them: what Python runs of it is counted with what the C tests run.
Everything else about the project is in pyproject.toml.
"""

import hashlib
import os
from pathlib import Path

from setuptools import Extension, setup

ABI3 = os.environ.get("TAPKERN_ABI3") == "1"
COUNTED = os.environ.get("TAPKERN_OBJECTS")

KERNEL = Path("kernel_c")
SOURCES = sorted(map(str, KERNEL.glob("src/**/*.c")))
HEADERS = sorted(
    map(
        str,
        [*KERNEL.glob("include/tapkern/*.h"), *KERNEL.glob("src/**/*.h"), *KERNEL.glob("*.def")],
    )
)


def kernel_digest() -> str:
    """SHA-256 over the approved sources, as `make -C kernel_c digest` takes it."""
    digest = hashlib.sha256()
    for name in sorted(Path(path).relative_to(KERNEL).as_posix() for path in SOURCES + HEADERS):
        digest.update(name.encode() + b"\n" + (KERNEL / name).read_bytes())
    return digest.hexdigest()


macros: list[tuple[str, str | None]] = [
    ("TAPK_TRACE", "1"),
    ("TAPK_DIGEST", f'"{kernel_digest()}"'),
]
if os.environ.get("TAPKERN_TEST_BUILD") == "1":
    macros.append(("TAPK_TEST", "1"))
if ABI3:
    macros.append(("Py_LIMITED_API", "0x030B0000"))

kernel = Extension(
    "tapkern._kernel",
    sources=["src/tapkern/_kernel.pyx", *([] if COUNTED else SOURCES)],
    extra_objects=sorted(map(str, Path(COUNTED).glob("**/*.o"))) if COUNTED else [],
    extra_link_args=["--coverage"] if COUNTED else [],
    depends=[*HEADERS, "src/tapkern/_kernel.pxd", "src/tapkern/_oda.pxi"],
    include_dirs=["kernel_c/include", "kernel_c/src", "kernel_c"],
    define_macros=macros,
    # -g0: the interpreter's own flags often carry -g, which makes the module ten times larger.
    extra_compile_args=["-std=c11", "-O2", "-g0"],
    py_limited_api=ABI3,
)

setup(
    ext_modules=[kernel],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if ABI3 else {},
)
