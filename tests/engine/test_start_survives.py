"""Whatever lies in the folders, the engine starts, and the healthy clips beside it are there.

Each example is told by its seed: ``damaged_film(whole, SEED)`` makes the same bytes again.
"""

import time

from kept import clip_row
from mutations import damaged_film
import pytest
from rig import Rig, media_packets
from test_clip_file import TELEPHONE, record, with_sound

from custom_components.homesec.engine.finish import finish, partial_path
from custom_components.homesec.engine.models import ClipState

FILMS, FILMS_A_START = 1000, 100


@pytest.fixture(scope="module")
def wholes(films, tmp_path_factory):
    """Partial and finished files of several kinds: H.264 with sound, and H.265."""
    folder = tmp_path_factory.mktemp("wholes")
    h264 = with_sound(media_packets(films(seconds=4)), [n * 0.02 for n in range(200)])
    h265 = media_packets(films(seconds=3, codec="libx265", size=(640, 384)))
    made = []
    for name, packets, audio in (("h264", h264, TELEPHONE), ("h265", h265, None)):
        final = folder / f"{name}.mp4"
        record(partial_path(final), packets, audio=audio)
        partial = partial_path(final).read_bytes()
        finish(final)
        made += [(partial_path, partial), (lambda final: final, final.read_bytes())]
    return made


class Filled:
    """A clip folder with damaged clips in it, and healthy ones between them."""

    def __init__(self, folder, wholes, seeds):
        self.folder = folder
        self.clips_dir = folder / "clips"
        self.healthy = set()
        self.seeds = {}
        now = time.time() - 3600
        for seed in seeds:
            path_of, whole = wholes[seed % len(wholes)]
            clip = self._lay(now + seed, path_of, damaged_film(whole, seed))
            self.seeds[clip.id] = seed
            if seed % 3 == 0:  # of some there is a still already
                still = (self.clips_dir / clip.path).with_suffix(".jpg")
                still.write_bytes(damaged_film(b"\xff\xd8" + whole[:999], seed))
            if seed % 10 == 0:
                self.healthy.add(self._lay(now + seed + 0.5, path_of, whole).id)
        self.before = {path.name for path in self.clips_dir.rglob("*.mp4")}

    def _lay(self, at, path_of, data):
        clip = clip_row(at)
        final = self.clips_dir / clip.path
        final.parent.mkdir(parents=True, exist_ok=True)
        path_of(final).write_bytes(data)
        return clip

    def start(self):
        with Rig(self.folder) as rig:
            rig.engine.keeper._adopting.join()
            self.rows = {clip.id for clip in rig.engine.catalog.page(limit=9999)}
            self.failed = {c.id for c in rig.engine.catalog.in_state(ClipState.FAILED)}

    def lost(self):
        """Return the seeds of which neither a clip nor a file that was set aside is left."""
        left = {path.name for path in self.clips_dir.rglob("*.mp4*")}
        # Of a file that ended before its first fragment did there is nothing to keep.
        known = self.rows | self.failed
        gone = {n for n in self.before if n[:26] not in known and f"{n}.damaged" not in left}
        return {self.seeds[name[:26]] for name in gone}


@pytest.mark.parametrize("first", range(0, FILMS, FILMS_A_START))
def test_damaged_clips_never_keep_the_engine_from_starting(tmp_path, wholes, first):
    seeds = range(first, first + FILMS_A_START)
    filled = Filled(tmp_path / "all", wholes, seeds)
    try:
        filled.start()
    except Exception:
        for seed in seeds:
            try:
                Filled(tmp_path / f"{seed}", wholes, [seed]).start()
            except Exception as err:
                raise AssertionError(f"the engine does not start with seed {seed}") from err
        raise
    assert filled.healthy <= filled.rows, f"seeds from {first} on"
    assert filled.lost() == set()
