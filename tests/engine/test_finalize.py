"""From the file that grew to the clip."""

import os
from pathlib import Path

import av
from engine_rig import media_packets, split_video
import pytest
from test_muxer import TELEPHONE, record, with_sound
from videos import atoms, content

from custom_components.homesec.engine.core.errors import RecordingError
from custom_components.homesec.engine.recording import finalize as module
from custom_components.homesec.engine.recording.finalize import finalize, partial_path, read_info
from custom_components.homesec.engine.recording.muxer import FRAGMENT_S


@pytest.fixture
def final(tmp_path):
    return tmp_path / "01M818SXZ09Q8ZMC47P7Q4S2WZ.mp4"


@pytest.fixture
def grown(final, films):
    """Grow a film to a partial file, and return what it will be called."""

    def grow(sound=False, **recipe):
        packets = media_packets(films(**{"seconds": 5, "bframes": 2, **recipe}))
        if sound:
            packets = with_sound(packets, [n * 0.02 for n in range(250)])
        record(partial_path(final), packets, audio=TELEPHONE if sound else None)
        return final

    return grow


def in_the_folder(final):
    return sorted(p.name for p in final.parent.iterdir())


def test_finalized_file_has_index_before_media(grown):
    finalize(grown())
    assert atoms(grown())[:2] == ["ftyp", "moov"]


def test_finalized_file_has_every_frame(grown):
    final = grown()
    finalize(final)
    clip = content(final)
    assert clip.numbers == list(range(50))
    assert clip.times[0] == 0.0
    assert clip.first_is_key


def test_finalize_leaves_only_the_final_file(grown):
    final = grown()
    finalize(final)
    assert in_the_folder(final) == [final.name]


def test_finalize_returns_clip_info(grown):
    final = grown(sound=True)
    facts = finalize(final)
    assert facts.duration_s == pytest.approx(5.0)
    assert facts.bytes == final.stat().st_size
    assert (facts.width, facts.height) == (320, 192)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert content(final).duration_s == pytest.approx(5.0, abs=0.05)


def test_clip_info_without_audio_has_no_audio_codec(grown):
    assert finalize(grown()).audio_codec is None


def test_h265_is_tagged_hvc1(grown):
    final = grown(codec="libx265", bframes=0)
    assert finalize(final).video_codec == "hevc"
    clip = content(final)
    assert (clip.tag, clip.numbers) == ("hvc1", list(range(50)))


def test_read_info_of_final_file_equals_finalize_result(grown):
    final = grown(sound=True)
    facts = finalize(final)
    assert read_info(final) == facts


# --- after a crash ---


@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
def test_file_cut_anywhere_keeps_complete_fragments(grown, final, sound):
    grown(sound)
    whole = partial_path(final).read_bytes()
    ends = fragment_ends(partial_path(final))
    for cut in range(0, len(whole), 397):
        partial_path(final).write_bytes(whole[:cut])
        if cut < ends[0]:
            try:
                finalize(final)
            except RecordingError:
                assert "new" not in "".join(in_the_folder(final))
                continue
        else:
            finalize(final)
        clip = content(final)
        reordered = 2  # at the very end a B-frame may be missing that is shown before another
        assert clip.numbers[:-reordered] == list(range(len(clip.numbers)))[:-reordered]
        complete = sum(end <= cut for end in ends)
        assert len(clip.numbers) >= complete * FRAGMENT_S * 10 - reordered
        final.unlink()


def fragment_ends(path):
    data, at, ends = path.read_bytes(), 0, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        at += size
        if data[at - size + 4 : at - size + 8] == b"mdat":
            ends.append(at)
    return ends


def test_zeros_after_media_are_left_out(grown, final):
    grown()
    with partial_path(final).open("ab") as partial:
        partial.write(bytes(100_000))
    finalize(final)
    assert content(final).numbers == list(range(50))


@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
def test_zeros_from_inside_fragment_header_lose_only_that_fragment(grown, final, sound):
    grown(sound)
    whole, refused = partial_path(final).read_bytes(), 0
    heads = [at - 4 for at in range(len(whole)) if whole[at : at + 4] == b"moof"]
    for cut in range(heads[4] + 8, heads[4] + 120, 4):
        partial_path(final).write_bytes(torn := whole[:cut] + bytes(5000))
        facts = finalize(final)
        numbers = content(final).numbers
        assert numbers[: len(numbers) - 2] == list(range(len(numbers) - 2))
        assert len(numbers) >= 4 * FRAGMENT_S * 10 - 2
        if facts.damaged:  # FFmpeg does not take the whole file
            refused += 1
            assert partial_path(final).read_bytes().startswith(torn[:cut])
    assert refused


def test_unreadable_fragment_keeps_partial_file(grown, final):
    grown()
    whole = bytearray(partial_path(final).read_bytes())
    heads = [at for at in range(len(whole)) if whole[at : at + 4] == b"trun"]
    whole[heads[2] : heads[2] + 4] = b"turn"
    partial_path(final).write_bytes(whole)
    assert finalize(final).damaged
    assert partial_path(final).read_bytes() == whole


@pytest.mark.parametrize("junk", [b"", b"\0" * 4096, b"junk" * 999])
def test_file_without_video_raises_recording_error(final, junk):
    partial_path(final).write_bytes(junk)
    with pytest.raises(RecordingError):
        finalize(final)
    assert in_the_folder(final) == [partial_path(final).name]


def test_audio_without_video_raises_recording_error(final):
    with av.open(str(partial_path(final)), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(RecordingError):
        finalize(final)
    assert in_the_folder(final) == [partial_path(final).name]


def test_missing_partial_file_raises(final):
    with pytest.raises(FileNotFoundError):
        finalize(final)


# --- the disk ---


def test_folder_sync_error_is_ignored(grown, monkeypatch):
    # Network shares answer EINVAL.
    real = os.fsync

    def fsync(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(22, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert finalize(grown()).duration_s == pytest.approx(5.0)


def test_full_disk_keeps_fragmented_file_as_clip(grown, final, monkeypatch):
    grown(sound=True)

    def no_room(_path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_sync", no_room)
    facts = finalize(final)
    assert in_the_folder(final) == [final.name]
    assert facts.duration_s == pytest.approx(5.0)
    assert content(final).numbers == list(range(50))


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("pictures", [1, 2, 4])
def test_full_disk_removes_incomplete_frame_from_only_fragment(
    grown, final, monkeypatch, sound, pictures
):
    grown(sound=sound, bframes=0, size=(640, 384))
    partial = partial_path(final)
    # The picture after these is half there.
    with av.open(str(partial)) as film:
        packets = [p for p in film.demux(video=0) if p.size][: pictures + 1]
    os.truncate(partial, packets[-1].pos + packets[-1].size // 2)

    def no_room(_path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_sync", no_room)
    before = partial.stat().st_size
    facts = finalize(final)
    assert content(final).numbers == list(range(pictures))
    assert facts.duration_s == pytest.approx(pictures / 10)
    assert facts.bytes == final.stat().st_size <= before


def test_crash_before_sync_keeps_partial_file(grown, final, monkeypatch):
    grown()
    size = partial_path(final).stat().st_size

    def crash(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_sync", crash)
    with pytest.raises(KeyboardInterrupt):
        finalize(final)
    assert partial_path(final).stat().st_size == size
    assert split_video(media_packets(partial_path(final)))[0]
