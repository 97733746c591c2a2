"""Save, upload, and delete clips until killed: `upload_process.py FOLDER`.

For each COUNT of its input, it forks a child that saves that many further clips. The child prints
`ready PID` and each step; once it has ended, `ended` follows.
"""

import os
from pathlib import Path
import sys

from disk_store import DiskStore
from library_rig import NOON, LibraryRig


def save_clips(folder, count):
    """Save further clips, upload them, and print each step."""
    library = LibraryRig(folder, store=DiskStore(folder / "cloud", chunk_s=0.001))
    library.catalog.database._db.execute("PRAGMA synchronous = NORMAL")
    library.copies.finish_removals()
    library.copies.verify_files()
    library.outbox.start()
    totals, deleted = library.catalog.totals(), library.recently_deleted
    have = totals.clips + totals.deleted_clips
    say(f"ready {os.getpid()}")
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


def main():
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            save_clips(Path(sys.argv[1]), int(line))
            os._exit(0)
        os.waitpid(child, 0)
        say("ended")


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
