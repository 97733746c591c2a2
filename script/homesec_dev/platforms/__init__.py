"""`script/platforms`: HomeSec on the systems that Home Assistant runs on.

Home Assistant OS and its container are Alpine Linux: its C library is musl, not the glibc of most
development machines, and it has no compiler. A package installs there only if it has a wheel for
musl or is pure Python. This check uses the real parts, all from package registries: Alpine's own
files, Python 3.14 on its C library, Home Assistant, and HomeSec with its default settings.
"""
