"""From the fragmented file to the final one."""

import os
from pathlib import Path

import av
from engine_rig import media_packets, split_video
from partial_files import G711, record, with_audio
import pytest
from videos import atoms, content

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.errors import RecordingError
from custom_components.homesec.engine.recording import finalize as finalize_module
from custom_components.homesec.engine.recording.finalize import finalize, read_info
from custom_components.homesec.engine.recording.muxer import FRAGMENT_S


@pytest.fixture
def final(tmp_path):
    return tmp_path / "01M818SXZ09Q8ZMC47P7Q4S2WZ.mp4"


@pytest.fixture
def record_partial(final, make_video):
    """Record a video to a partial file; return the final path."""

    def grow(sound=False, **recipe):
        packets = media_packets(make_video(**{"seconds": 5, "bframes": 2, **recipe}))
        if sound:
            packets = with_audio(packets, [n * 0.02 for n in range(250)])
        record(partial_path(final), packets, audio=G711 if sound else None)
        return final

    return grow


def files_beside(final):
    return sorted(p.name for p in final.parent.iterdir())


def test_finalized_file_has_index_before_media(record_partial):
    finalize(record_partial())
    assert atoms(record_partial())[:2] == ["ftyp", "moov"]


def test_finalized_file_has_every_frame(record_partial):
    final = record_partial()
    finalize(final)
    clip = content(final)
    assert clip.numbers == list(range(50))
    assert clip.times[0] == 0.0
    assert clip.first_is_key


def test_finalize_leaves_only_the_final_file(record_partial):
    final = record_partial()
    finalize(final)
    assert files_beside(final) == [final.name]


def test_finalize_returns_clip_info(record_partial):
    final = record_partial(sound=True)
    info = finalize(final)
    assert info.duration_s == pytest.approx(5.0)
    assert info.bytes == final.stat().st_size
    assert (info.width, info.height) == (320, 192)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert content(final).duration_s == pytest.approx(5.0, abs=0.05)


def test_clip_info_without_audio_has_no_audio_codec(record_partial):
    assert finalize(record_partial()).audio_codec is None


def test_h265_is_tagged_hvc1(record_partial):
    final = record_partial(codec="libx265", bframes=0)
    assert finalize(final).video_codec == "hevc"
    clip = content(final)
    assert (clip.tag, clip.numbers) == ("hvc1", list(range(50)))


def test_read_info_of_final_file_equals_finalize_result(record_partial):
    final = record_partial(sound=True)
    info = finalize(final)
    assert read_info(final) == info


# --- after a crash ---


@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
def test_file_cut_anywhere_keeps_complete_fragments(record_partial, final, sound):
    record_partial(sound)
    whole = partial_path(final).read_bytes()
    ends = fragment_ends(partial_path(final))
    for cut in range(0, len(whole), 397):
        partial_path(final).write_bytes(whole[:cut])
        if cut < ends[0]:
            try:
                finalize(final)
            except RecordingError:
                assert "new" not in "".join(files_beside(final))
                continue
        else:
            finalize(final)
        clip = content(final)
        reordered = 2  # at the end, a B-frame that is shown earlier may be missing
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


def test_zeros_after_media_are_left_out(record_partial, final):
    record_partial()
    with partial_path(final).open("ab") as partial:
        partial.write(bytes(100_000))
    finalize(final)
    assert content(final).numbers == list(range(50))


@pytest.mark.parametrize("sound", [False, True], ids=["silent", "sound"])
def test_zeros_from_inside_fragment_header_lose_only_that_fragment(record_partial, final, sound):
    record_partial(sound)
    whole, refused = partial_path(final).read_bytes(), 0
    heads = [at - 4 for at in range(len(whole)) if whole[at : at + 4] == b"moof"]
    for cut in range(heads[4] + 8, heads[4] + 120, 4):
        partial_path(final).write_bytes(torn := whole[:cut] + bytes(5000))
        info = finalize(final)
        numbers = content(final).numbers
        assert numbers[: len(numbers) - 2] == list(range(len(numbers) - 2))
        assert len(numbers) >= 4 * FRAGMENT_S * 10 - 2
        if info.damaged:  # FFmpeg refuses the whole file
            refused += 1
            assert partial_path(final).read_bytes().startswith(torn[:cut])
    assert refused


def test_unreadable_fragment_keeps_partial_file(record_partial, final):
    record_partial()
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
    assert files_beside(final) == [partial_path(final).name]


def test_audio_without_video_raises_recording_error(final):
    with av.open(str(partial_path(final)), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(RecordingError):
        finalize(final)
    assert files_beside(final) == [partial_path(final).name]


def test_missing_partial_file_raises(final):
    with pytest.raises(FileNotFoundError):
        finalize(final)


# --- the disk ---


def test_folder_sync_error_is_ignored(record_partial, monkeypatch):
    # As network shares do.
    real = os.fsync

    def fsync(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(22, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert finalize(record_partial()).duration_s == pytest.approx(5.0)


def test_full_disk_keeps_fragmented_file_as_clip(record_partial, final, monkeypatch):
    record_partial(sound=True)

    def no_room(_path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(finalize_module, "_sync", no_room)
    info = finalize(final)
    assert files_beside(final) == [final.name]
    assert info.duration_s == pytest.approx(5.0)
    assert content(final).numbers == list(range(50))


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("pictures", [1, 2, 4])
def test_full_disk_removes_incomplete_frame_from_only_fragment(
    record_partial, final, monkeypatch, sound, pictures
):
    record_partial(sound=sound, bframes=0, size=(640, 384))
    partial = partial_path(final)
    # Half of the next picture is there.
    with av.open(str(partial)) as video:
        packets = [p for p in video.demux(video=0) if p.size][: pictures + 1]
    os.truncate(partial, packets[-1].pos + packets[-1].size // 2)

    def no_room(_path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(finalize_module, "_sync", no_room)
    before = partial.stat().st_size
    info = finalize(final)
    assert content(final).numbers == list(range(pictures))
    assert info.duration_s == pytest.approx(pictures / 10)
    assert info.bytes == final.stat().st_size <= before


def test_crash_before_sync_keeps_partial_file(record_partial, final, monkeypatch):
    record_partial()
    size = partial_path(final).stat().st_size

    def crash(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr(finalize_module, "_sync", crash)
    with pytest.raises(KeyboardInterrupt):
        finalize(final)
    assert partial_path(final).stat().st_size == size
    assert split_video(media_packets(partial_path(final)))[0]
