"""A process that saves and uploads clips until it is killed: `upload_process.py FOLDER COUNT`."""

from pathlib import Path
import sys

from disk_store import DiskStore
from library_rig import NOON, LibraryRig


def main():
    """Save so many clips besides those that are there, and let the outbox work; print each step."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    house = LibraryRig(folder, store=DiskStore(folder / "cloud", chunk_s=0.001))
    house.catalog.database._db.execute("PRAGMA synchronous = NORMAL")
    house.copies.finish_removals()
    house.copies.verify_files()
    house.outbox.start()
    have = house.catalog.totals().clips
    say("ready")
    for n in range(have, have + count):
        clip = house.saved(NOON + n, size=5000 + n)
        say(f"saved {clip.id}")
        if n % 5 == 4:
            say(f"removing {clip.id}")
            house.copies.remove(clip)
            say(f"removed {clip.id}")
    while house.outbox.backlog.jobs:
        house.outbox.join(0.01)
    say("done")
    house.close()


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
