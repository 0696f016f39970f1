#!/bin/sh
# Sets up what the Makefile's targets need; called by make, from the repository root.
#
#   tools/setup.sh venv          .venv with pip, after checking compiler and Python
#   tools/setup.sh app           the package, editable; later only its C extension
#   tools/setup.sh extra NAME    what pyproject.toml lists under the extra NAME
#   tools/setup.sh forced        build/forced: the extension with decisions that tests can force
#   tools/setup.sh wheel         dist/: the sdist, and the abi3 wheel built from it
#   tools/setup.sh pcsc          PC/SC daemon, virtual reader and pyscard, where that can be
#   tools/setup.sh browser       Chromium and its driver for the test of the HTML report, likewise
#   tools/setup.sh platforms "NAME..."  compilers and emulators of make platforms, as far as they can be had
#   tools/setup.sh fuzz          clang with libFuzzer and the sanitizers, likewise
#   tools/setup.sh cbmc          build/cbmc: the checker of the proofs, likewise; no root needed
#   tools/setup.sh analyse       clang-tidy and cppcheck, as far as they can be had
#   tools/setup.sh peers         what benches/ measures against, as far as it can be had
#
# What is missing ends in one line of advice. Details of a failed step are in .venv/setup.log.
set -eu

VENV=${VENV:-.venv}
PYTHON=${PYTHON:-}
PY=$VENV/bin/python
LOG=$VENV/setup.log

advise() {
    echo "tapkern: $*" >&2
    exit 1
}

# The commands of a step, silent unless they fail.
quietly() {
    what=$1
    shift
    echo "tapkern: $what"
    if ! "$@" >"$LOG" 2>&1; then
        why=$(grep -E '^ *(ERROR|error|fatal error)|: (fatal )?error:' "$LOG" | tail -n 1 | cut -c 1-200)
        advise "$what: failed${why:+: $why} (the whole story is in $LOG)"
    fi
}

recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The interpreter for the environment: PYTHON, else the first of the usual names that is new enough.
choose_python() {
    if [ -n "$PYTHON" ]; then
        command -v "$PYTHON" >/dev/null || advise "PYTHON=$PYTHON: no such program"
        recent "$PYTHON" || advise "PYTHON=$PYTHON does not run or is older than Python 3.11: choose another"
        return
    fi
    for PYTHON in python3 python3.11 python3.12 python3.13; do
        if recent "$PYTHON"; then
            return
        fi
    done
    advise "no Python 3.11 or newer: apt install python3 python3-venv python3-dev gcc libc6-dev (or make PYTHON=...)"
}

# Everything that is missing at once, so that one apt command is enough.
check_tools() {
    missing='' packages=''
    miss() {
        missing="$missing${missing:+, }$1"
        packages="$packages $2"
    }
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || miss "virtual environments" python3-venv
    headers=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    [ -f "$headers/Python.h" ] || miss "Python.h" python3-dev
    compiler=${CC:-$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("CC") or "cc")')}
    if ! command -v "${compiler%% *}" >/dev/null; then
        miss "a C compiler (${compiler%% *})" "gcc libc6-dev"
    elif ! echo '#include <string.h>' | sh -c "$compiler -E -x c -" >/dev/null 2>&1; then
        miss "the C library's headers (string.h)" libc6-dev
    fi
    [ -z "$missing" ] || advise "not found: $missing (for $PYTHON): apt install$packages"
}

# True when the environment is there, has pip, and is of the interpreter asked for.
usable() {
    "$PY" -c 'import pip' 2>/dev/null && recent "$PY" || return 1
    [ -z "$PYTHON" ] || [ "$("$PY" -c "$WHICH")" = "$("$PYTHON" -c "$WHICH")" ]
}
WHICH='import sys; print(sys.base_prefix, sys.version)'

make_venv() {
    if ! usable; then
        choose_python
        check_tools
        rm -rf "$VENV"
        echo "tapkern: making $VENV with $("$PYTHON" -c 'import platform; print("Python", platform.python_version())')"
        "$PYTHON" -m venv "$VENV" || advise "$PYTHON -m venv failed: apt install python3-venv"
    fi
}

pip() {
    "$PY" -m pip --disable-pip-version-check "$@"
}

# A list of requirements out of pyproject.toml, one a line: build, or the name of an extra.
listed() {
    "$PY" - "$1" <<'END'
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)
name = sys.argv[1]
extras = project["project"]["optional-dependencies"]
print(*(project["build-system"]["requires"] if name == "build" else extras[name]), sep="\n")
END
}

# install_listed NAME [OPTION...]: what listed NAME gives, with pip's options.
install_listed() {
    name=$1
    shift
    listed "$name" >"$VENV/$name.txt"
    quietly "installing what the $name needs" pip install "$@" -r "$VENV/$name.txt"
}

# No build isolation: the same Cython then serves every later rebuild, in a fraction of the time.
setup_app() {
    done=$VENV/stamps/installed
    # make has decided; setuptools would compare times itself and could keep a stale module.
    rm -f src/tapkern/_kernel.*.so
    if [ -f "$done" ] && [ -z "$(find pyproject.toml setup.py -newer "$done")" ]; then
        quietly "rebuilding the kernel" "$PY" setup.py build_ext --inplace
        return
    fi
    install_listed build --no-compile
    quietly "building and installing tapkern" pip install --no-build-isolation --editable '.[lab]'
    touch "$done"
}

build_forced() {
    rm -rf build/forced
    quietly "building the kernel whose decisions can be forced" env TAPKERN_TEST_BUILD=1 \
        "$PY" setup.py build_ext --build-lib build/forced --build-temp build/forced/temp
}

build_wheel() {
    rm -rf dist
    quietly "building sdist and abi3 wheel" env TAPKERN_ABI3=1 "$PY" -m build
    ls dist/*
}

pcsc_present() {
    command -v pcscd >/dev/null && [ -f /usr/include/PCSC/winscard.h ] &&
        [ -n "$(find /usr/lib/pcsc/drivers -name 'libifdvpcd.so*' 2>/dev/null | head -n 1)" ]
}

pcsc_missing() {
    if [ "${TAPKERN_REQUIRE_PCSC:-}" = 1 ]; then
        advise "TAPKERN_REQUIRE_PCSC=1, but $*"
    fi
    echo "tapkern: the PC/SC tests will skip: $*"
    exit 0
}

# The daemon and the virtual reader come from the distribution; only root may ask for them.
setup_pcsc() {
    packages='pcscd vsmartcard-vpcd libpcsclite-dev opensc'
    if [ "$(id -u)" != 0 ] && pcsc_present; then
        command -v opensc-tool >/dev/null ||
            echo 'tapkern: the test with a foreign program will skip: apt install opensc'
    elif ! pcsc_present || ! command -v opensc-tool >/dev/null; then
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
            pcsc_missing "PC/SC is not installed: apt install $packages"
        fi
        echo "tapkern: installing $packages"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # a list of packages
        { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$LOG" 2>&1 ||
            pcsc_missing "apt-get install $packages failed, see $LOG"
    fi
    if ! "$PY" -c 'import smartcard.scard' 2>/dev/null; then
        listed pcsc >"$VENV/pcsc.txt"
        echo "tapkern: installing pyscard"
        pip install -r "$VENV/pcsc.txt" >"$LOG" 2>&1 ||
            pcsc_missing "pip install pyscard failed, see $LOG"
    fi
}

# For the tests that open the HTML report; only root may ask for it.
setup_browser() {
    packages='chromium chromium-driver'
    if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "tapkern: installing $packages"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # a list of packages
        if { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$LOG" 2>&1; then
            return
        fi
        why="apt-get install $packages failed, see $LOG"
    else
        why="not installed: apt install $packages"
    fi
    if [ "${TAPKERN_REQUIRE_BROWSER:-}" = 1 ]; then
        advise "TAPKERN_REQUIRE_BROWSER=1, but $why"
    fi
    echo "tapkern: the browser tests will skip: $why"
}

# For the platforms of these names, all without one; those that stay away are skipped by name.
setup_platforms() {
    # shellcheck disable=SC2086 # a list of names
    packages=$(cd kernel_c && sh tests/platforms.sh --missing $1 | tr ' ' '\n' | sort -u | tr '\n' ' ')
    if [ -n "${packages% }" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "tapkern: installing $packages"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # a list of packages
        { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$LOG" 2>&1 ||
            echo "tapkern: apt-get install $packages failed, see $LOG"
    fi
}

# For make fuzz; without it the recorded inputs alone are replayed, by any compiler.
setup_fuzz() {
    packages='clang llvm libclang-rt-14-dev'
    probe='int LLVMFuzzerTestOneInput(const char *, int); int LLVMFuzzerTestOneInput(const char *p, int n) { return n < 0 && *p; }'
    if echo "$probe" | clang -fsanitize=fuzzer,address -x c - -o /dev/null 2>/dev/null; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-cache show libclang-rt-14-dev >/dev/null 2>&1 || packages='clang llvm'
        echo "tapkern: installing $packages"
        mkdir -p "$(dirname "$LOG")"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # a list of packages
        { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$LOG" 2>&1 || true
    fi
    echo "$probe" | clang -fsanitize=fuzzer,address -x c - -o /dev/null 2>/dev/null ||
        echo "tapkern: no libFuzzer: apt install $packages"
}

# The checker of kernel_c/proofs. Where the distribution has none that is new enough it comes from a
# newer Debian, from the mirror that apt has, unpacked with the libraries it runs on. All of it,
# apt's lists too, stays in build/cbmc.
setup_cbmc() {
    tree=$PWD/build/cbmc
    packages='cbmc minisat libstdc++6 libgcc-s1 libc6 zlib1g'
    if [ -x "$tree/bin/cbmc" ] || { command -v goto-instrument && cbmc --version | grep -q '^[6-9]'; } >/dev/null 2>&1; then
        return
    fi
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        echo 'tapkern: nothing can be proved: no cbmc 6 (and no apt to get it with)'
        return
    fi
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        grep '/debian/* main$' | head -n 1 | cut -d ' ' -f 1)
    echo 'tapkern: fetching cbmc into build/cbmc'
    rm -rf "$tree"
    mkdir -p "$tree/apt/lists/partial" "$tree/apt/cache/archives/partial" "$tree/root" "$tree/bin"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] $mirror trixie main" >"$tree/apt/sources.list"
    : >"$tree/apt/status"
    # shellcheck disable=SC2086 # a list of packages
    if ! (
        cd "$tree/apt"
        private="-o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=-
            -o Dir::State::lists=$PWD/lists -o Dir::State::status=$PWD/status -o Dir::Cache=$PWD/cache
            -o Debug::NoLocking=1 -o APT::Sandbox::User=$(id -un) -o Acquire::Languages=none"
        apt-get $private update && apt-get $private download $packages &&
            for package in *.deb; do dpkg-deb -x "$package" ../root || exit 1; done
    ) >"$tree/log" 2>&1; then
        echo 'tapkern: nothing can be proved: fetching cbmc failed, see build/cbmc/log'
        return
    fi
    rm -rf "$tree/apt"
    loader=$(find "$tree/root/usr/lib" -name 'ld-linux*' | head -n 1)
    for program in cbmc goto-cc goto-instrument; do
        printf '#!/bin/sh\nexec %s --library-path %s:%s %s "$@"\n' "$loader" "${loader%/*}" \
            "$tree/root/usr/lib" "$tree/root/usr/bin/$program" >"$tree/bin/$program"
        chmod +x "$tree/bin/$program"
    done
    "$tree/bin/cbmc" --version >>"$tree/log" 2>&1 || {
        rm -rf "$tree/bin"
        echo 'tapkern: nothing can be proved: cbmc does not run, see build/cbmc/log'
    }
}

# What is missing then is named by tools/analyse.py.
setup_analyse() {
    if command -v clang-tidy >/dev/null && command -v cppcheck >/dev/null; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "tapkern: installing clang-tidy cppcheck"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update && apt-get install -y --no-install-recommends clang-tidy cppcheck; } >"$LOG" 2>&1 ||
            echo "tapkern: apt-get install clang-tidy cppcheck failed, see $LOG"
    fi
}

header() {
    echo "#include <$1>" | sh -c "${CC:-cc} -E -x c -" >/dev/null 2>&1
}

# Packages of the distribution and from PyPI. The bench names what is missing, so nothing ends here.
setup_peers() {
    packages=''
    header gmp.h || packages="$packages libgmp-dev"
    header openssl/param_build.h || packages="$packages libssl-dev"
    command -v valgrind >/dev/null || packages="$packages valgrind"
    if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "tapkern: installing$packages"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # a list of packages
        { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$LOG" 2>&1 ||
            echo "tapkern: apt-get install$packages failed, see $LOG"
    elif [ -n "$packages" ]; then
        echo "tapkern: not installed, for the whole bench: apt install$packages"
    fi
    done=$VENV/stamps/peers
    if [ -f "$done" ] && [ -z "$(find pyproject.toml -newer "$done")" ]; then
        return
    fi
    listed bench >"$VENV/bench.txt"
    echo "tapkern: installing what the bench measures against"
    if pip install -r "$VENV/bench.txt" >"$LOG" 2>&1; then
        touch "$done"
        return
    fi
    while read -r peer; do
        pip install "$peer" </dev/null >"$LOG" 2>&1 || echo "tapkern: pip install '$peer' failed"
    done <"$VENV/bench.txt"
}

case ${1:-} in
venv) make_venv ;;
app) setup_app ;;
extra) install_listed "$2" ;;
forced) build_forced ;;
wheel) build_wheel ;;
pcsc) setup_pcsc ;;
browser) setup_browser ;;
platforms) setup_platforms "${2:-}" ;;
analyse) setup_analyse ;;
fuzz) setup_fuzz ;;
cbmc) setup_cbmc ;;
peers) setup_peers ;;
*) advise "tools/setup.sh is called by make: try make help" ;;
esac
