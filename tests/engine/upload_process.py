"""A process that saves, uploads, and deletes clips until it is killed.

`upload_process.py FOLDER COUNT`
"""

from pathlib import Path
import sys

from disk_store import DiskStore
from library_rig import NOON, LibraryRig


def main():
    """Save ``COUNT`` further clips, upload them, and print each step."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    library = LibraryRig(folder, store=DiskStore(folder / "cloud", chunk_s=0.001))
    library.catalog.database._db.execute("PRAGMA synchronous = NORMAL")
    library.copies.finish_removals()
    library.copies.verify_files()
    library.outbox.start()
    totals, deleted = library.catalog.totals(), library.recently_deleted
    have = totals.clips + totals.deleted_clips
    say("ready")
    for n in range(have, have + count):
        clip = library.saved(NOON + n, size=5000 + n)
        say(f"saved {clip.id}")
        if n % 5 == 4:
            say(f"removing {clip.id}")
            library.copies.remove(clip)
            say(f"removed {clip.id}")
        if n % 5 in (1, 2, 3):
            say(f"deleting {clip.id}")
            deleted.delete(clip.id, by="Ann")
            say(f"deleted {clip.id}")
        if n % 5 == 2:
            say(f"restoring {clip.id}")
            deleted.restore(clip.id)
            say(f"restored {clip.id}")
        if n % 5 == 3:
            say(f"removing {clip.id}")
            deleted.purge(clip.id)
            say(f"removed {clip.id}")
    while library.outbox.backlog.jobs:
        library.outbox.join(0.01)
    say("done")
    library.close()


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
