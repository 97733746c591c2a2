"""What differs between Debian's Python and one that is built for Alpine.

Python runs this at every start, before anything else is imported.
"""

import _imp
from importlib import machinery
import sys
import threading

# Home Assistant's image is built with THREAD_STACK_SIZE=0x200000: musl would give 128 KiB.
threading.stack_size(0x200000)

# Modules in wheels for musl are named so; those of Debian's standard library as before.
SUFFIXES = [".cpython-314-x86_64-linux-musl.so", *_imp.extension_suffixes()]


def _extension_suffixes() -> list[str]:
    return list(SUFFIXES)


_imp.extension_suffixes = _extension_suffixes
machinery.EXTENSION_SUFFIXES[:] = SUFFIXES
# The finder of files was made with the old list.
sys.path_hooks[-1:] = [
    machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, SUFFIXES),
        (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
    )
]
sys.path_importer_cache.clear()
