"""Debian's packages: installing what the machine lacks, and unpacking those of another suite."""

from collections.abc import Sequence
import os
from pathlib import Path
import re
import shlex
import shutil

from .console import CommandError, SetupError, notice, run, step

INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def available() -> bool:
    """Say whether this is Debian or one of its children."""
    return all(map(shutil.which, ("apt-get", "dpkg", "dpkg-query")))


def missing(packages: Sequence[str]) -> list[str]:
    """Return those of the packages that are not installed, in their order."""
    listing = run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        doing="Looking for installed packages",
        check=False,  # it "fails" whenever it has never heard of one of them
    )
    there = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in there]


def is_on_offer(package: str) -> bool:
    """Say whether the lists have a package; they are brought up to date if not, as root."""
    if not _are_on_offer([package]) and os.geteuid() == 0:
        _update_lists()
    return _are_on_offer([package])


def install(packages: Sequence[str], *, why: str) -> None:
    """Install packages system-wide, as root; otherwise tell the person how to."""
    if os.geteuid() != 0:
        raise SetupError(
            f"These Debian packages are missing ({why}): {' '.join(packages)}",
            advice=f"Run this as root, then start again: {shlex.join([*INSTALL, *packages])}",
        )
    step(f"Installing the Debian packages {' '.join(packages)} ({why})")
    if not _are_on_offer(packages):
        _update_lists()
        if not _are_on_offer(packages):
            raise SetupError(f"This machine's apt sources lack one of: {' '.join(packages)}")
    try:
        _install(packages)
    except CommandError:  # the lists may be so old that what they name is gone
        _update_lists()
        _install(packages)


def _are_on_offer(packages: Sequence[str]) -> bool:
    """Say whether the lists know them all.

    Never ask apt to install what they do not: it would take "g++" for a regular expression, match
    half of the system, and report success.
    """
    command = ["apt-cache", "policy", *packages]
    policy = run(command, doing="Asking for packages", env={"LC_ALL": "C"})
    offers = re.findall(r"^(\S+):\n.*\n  Candidate: (?!\(none\))", policy, re.MULTILINE)
    return set(packages) <= set(offers)


def _update_lists() -> None:
    run(["apt-get", "update"], doing="Updating the package lists")


def _install(packages: Sequence[str]) -> None:
    run(
        [*INSTALL, *packages],
        doing="Installing Debian packages",
        advice="See what apt says above; `dpkg --configure -a` helps after an interruption.",
        env={"DEBIAN_FRONTEND": "noninteractive"},  # Its questions can't be answered.
    )
    if still_missing := missing(packages):
        raise SetupError(f"apt did not install {' '.join(still_missing)}.")


class ForeignSuite:
    """Another suite of the machine's own Debian mirror, which the system is not told about.

    apt gets a state of its own, so neither its lists nor dpkg's database change; packages are
    only ever unpacked into a folder. No root is needed.
    """

    def __init__(self, suite: str, folder: Path) -> None:
        """Use `folder`, which the caller removes when done, for apt's lists and downloads."""
        self._suite = suite
        self._folder = folder
        self._lists = folder / "lists"
        (self._lists / "partial").mkdir(parents=True)
        (folder / "archives" / "partial").mkdir(parents=True)
        (folder / "status").touch()
        self._sources = folder / "sources.list"
        self._options: dict[str, str | Path] = {
            "Dir::Etc::sourcelist": self._sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State": folder,
            "Dir::State::lists": self._lists,
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder,
            "Acquire::Languages": "none",
            # apt's own user may not look into a home folder; downloads are checked either way.
            "APT::Sandbox::User": "root",
        }

    def fetch_lists(self) -> None:
        """Find the mirror and download the suite's list of packages."""
        signed = f" signed-by={KEYRING}" if KEYRING.exists() else ""
        self._sources.write_text(
            f"deb [target=Packages{signed}] {self._mirror()} {self._suite} main\n"
        )
        doing = f"Fetching the package list of Debian {self._suite}"
        try:
            self._apt("update", doing=doing)
        except CommandError as err:
            if "is expired" not in str(err):
                raise
            # A mirror that lags behind by more than a week. The signature still has to be right.
            notice(f"The mirror's Debian {self._suite} is out of date; going on with what it has.")
            self._options["Acquire::Check-Valid-Until"] = "false"
            self._apt("update", doing=doing)

    def unpack(self, packages: Sequence[str], into: Path) -> None:
        """Download the packages and lay their files out below `into`, which exists."""
        self._apt("download", *packages, doing=f"Downloading from Debian {self._suite}")
        for archive in sorted(self._folder.glob("*.deb")):
            run(["dpkg", "-x", archive, into], doing=f"Unpacking {archive.name}")
            archive.unlink()

    def _apt(self, *words: str, doing: str) -> str:
        options = [f"-o{name}={value}" for name, value in self._options.items()]
        return run(
            ["apt-get", *options, *words],
            doing=doing,
            advice="Check that this machine reaches its Debian mirror (`apt-get update`).",
            cwd=self._folder,
        )

    def _mirror(self) -> str:
        """Return the URI where the machine gets Debian itself from.

        apt says it best: its sources come in two formats and any number of files.
        """
        listing = run(
            ["apt-get", f"-oDir::State::lists={self._lists}", "update", "--print-uris"],
            doing="Reading the machine's package sources",
        )
        sources = re.findall(r"'(\S+/)dists/([^/']+)/(?:In)?Release'", listing)
        codename = _codename()
        for uri, suite in sources:
            if suite == codename or uri.endswith("/debian/"):
                return str(uri)
        raise SetupError("This machine's apt sources name no Debian mirror.")


def _codename() -> str | None:
    """Return the machine's release of Debian, "bookworm" for instance."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    names = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    return names.get("DEBIAN_CODENAME") or names.get("VERSION_CODENAME")
