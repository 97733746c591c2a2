"""V1: sound that can't be decoded never costs a picture; the video is recorded without it."""

from dataclasses import replace
from itertools import pairwise
import logging
from threading import Event

import av
from camera_film import Film
from camera_sound import aac, g711, g726, noise, opus
from engine_rig import EngineRig, FakeClock, file_camera, stream_camera
from misbehaving_camera import MisbehavingCamera
import pytest
from videos import Recipe, content, frame_of, pictures, tone

from custom_components.homesec.engine.capture.audio_choice import AudioChoice, aac_parameters
from custom_components.homesec.engine.capture.reconnecting_source import open_source
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.types import Activity, AudioProblem, AudioStatus

pytestmark = pytest.mark.long

QUICK = {"pre_roll_s": 1.0, "grace_s": 0.5, "post_roll_s": 0.5}
AAC = "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408"
BITS = (16, 24, 32, 40)
SOUNDS = {
    **{f"g726-{kbps}": [g726(kbps)] for kbps in BITS},
    **{f"aal2-{kbps}": [noise(f"AAL2-G726-{kbps}", size=kbps * 5)] for kbps in BITS},
    "l16": [noise("L16", clock_hz=44_100, size=1764)],
    "l16-odd-rate": [noise("L16", clock_hz=9600, size=384)],
    "opus": [opus()],
    "aac": [aac()],
    "aac-without-config": [aac(config=False)],
    "aac-garbage": [noise("MPEG4-GENERIC", clock_hz=16_000, fmtp=AAC)],
    "speex": [noise("SPEEX")],
    "silent": [g711(until_s=0.0)],
    "late": [g711(from_s=1.5)],
    "stops": [g711(until_s=2.5, every_s=6.0)],  # as the film
    "first-fails": [noise("SPEEX"), g711("alaw")],
    "first-silent": [g711(until_s=0.0), g711("alaw")],
    "first-garbage": [noise("MPEG4-GENERIC", clock_hz=16_000, fmtp=AAC), g711()],
}
RECORDED = {
    *(f"g726-{kbps}" for kbps in BITS), *(f"aal2-{kbps}" for kbps in BITS),
    "l16", "l16-odd-rate", "opus", "aac", "aac-without-config", "stops", "first-fails",
}  # fmt: skip
"""Those whose clips have sound from their start on; for the others, it may come too late."""


@pytest.fixture(scope="module")
def film(make_video):
    return Film(make_video(seconds=6, walks=((3.0, 4.5),)))


@pytest.fixture(scope="module")
def recorded(film, tmp_path_factory):
    """The clip, the statistics, and the log of a camera with each sound."""
    cameras = {name: MisbehavingCamera(film, sounds=SOUNDS[name]) for name in SOUNDS}
    log = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: log.append((record.levelno, record.getMessage()))
    logging.getLogger("custom_components.homesec").addHandler(handler)
    logging.getLogger("custom_components.homesec").setLevel(logging.INFO)
    try:
        with EngineRig(tmp_path_factory.mktemp("sound")) as rig:
            for name, each in cameras.items():
                source = stream_camera(each.url, id=name, name=name, **QUICK)
                rig.engine.set_camera(source, Activity.RECORD)
            stats, plays = {}, {}
            for name in rig.each_saved(cameras):
                stats[name] = rig.engine.stats(name)
                plays[name] = cameras[name].plays
                rig.engine.remove_camera(name)  # what it would record more isn't looked at
            rig.stop()
            clips = {name: content(rig.path(rig.saved(name)[0])) for name in cameras}
        yield clips, stats, log, plays
    finally:
        logging.getLogger("custom_components.homesec").removeHandler(handler)
        for each in cameras.values():
            each.close()


@pytest.mark.parametrize("name", SOUNDS)
def test_video_is_whole_whatever_the_sound_does(recorded, name):
    clips, stats, _, plays = recorded
    clip = clips[name]
    # The film begins again after 60 pictures, and on a slow system within the clip.
    assert all((b - a) % 60 == 1 for a, b in pairwise(clip.numbers))
    assert clip.duration_s > 2.5
    assert plays[name] == 1
    assert stats[name].reconnects == 0


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_sound_that_works_is_recorded(recorded, name):
    clips, stats, _, _ = recorded
    clip = clips[name]
    assert clip.audio == "aac"
    if name != "stops":
        # On a slow system, it begins later than the first picture.
        assert clip.duration_s / 2 < clip.audio_s < clip.duration_s + 0.6
    assert stats[name].audio.problem is None


def test_sound_without_a_known_codec_is_said_once(recorded):
    _, stats, log, _ = recorded
    assert stats["speex"].audio == AudioStatus(codec="SPEEX", problem=AudioProblem.UNSUPPORTED)
    said = [(level, text) for level, text in log if text.startswith("speex ")]
    assert said == [
        (logging.INFO, "speex is recorded without its audio: its format (SPEEX) isn't supported")
    ]


def test_nothing_is_logged_above_info(recorded):
    assert [text for level, text in recorded[2] if level > logging.INFO] == []


def status_of(sound, seconds, film):
    """Return what a connection says of the sound after so many seconds, and when it opened."""
    clock = FakeClock()
    with MisbehavingCamera(film, sounds=[sound]) as camera:
        source = stream_camera(camera.url, stall_s=60).source
        connection = open_source(source, None, Timeline(clock, Pace.LIVE), Event())
        packets = connection.packets()
        for _ in range(10):
            next(packets)
        clock.advance(seconds)
        while not next(packets).is_video:
            pass
        connection.close()
        return connection.audio_status


def test_announced_sound_that_never_comes_is_silent(film):
    assert status_of(g711(until_s=0.0), 1, film).problem is None
    assert status_of(g711(until_s=0.0), 11, film).problem is AudioProblem.SILENT


def test_sound_of_garbage_is_broken(film):
    unit = b"\x00\x10" + (64 << 3).to_bytes(2) + bytes(range(100, 164))
    garbage = replace(aac(), payload=lambda _n: unit)
    assert status_of(garbage, 11, film).problem is AudioProblem.BROKEN


@pytest.mark.parametrize(
    ("codec", "container", "audio"),
    [
        ("adpcm_ima_wav", "avi", None), ("adpcm_ima_qt", "mov", None), ("alac", "mov", None),
        ("flac", "matroska", "aac"), ("mp2", "mpegts", "aac"),
        ("libopus", "matroska", "aac"), ("pcm_s16le", "avi", "aac"), ("ac3", "mpegts", "aac"),
    ],
)  # fmt: skip
def test_file_with_any_sound_is_recorded_with_all_frames(rig, make_video, codec, container, audio):
    film = make_video(
        seconds=6, walks=((2.0, 4.0),), audio=codec, container=container,
    )  # fmt: skip
    (clip,) = rig.play(file_camera(film, **QUICK))
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert shown.duration_s > 2.5
    assert shown.audio == audio


@pytest.mark.parametrize("second", ["aac", "vorbis"])
def test_second_sound_of_a_file_is_used(rig, tmp_path, second):
    film = two_sounds(tmp_path / "two.mkv", ("alac", second))
    (clip,) = rig.play(file_camera(film, **QUICK))
    assert content(rig.path(clip)).audio == "aac"


def two_sounds(path, codecs):
    """Write a video with a sound of each codec."""
    recipe = Recipe(seconds=6, walks=((2.0, 4.0),))
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=10, width=320, height=192)
        options = {"strict": "experimental"}
        sounds = [
            output.add_stream(x, rate=48_000, layout="stereo", options=options) for x in codecs
        ]
        samples = 0
        for index, luma in pictures(recipe):
            output.mux(video.encode(frame_of(luma)))
            while samples < (index + 1) * 4800:
                for sound in sounds:
                    output.mux(sound.encode(tone(samples, 48_000)))
                samples += 1024
        for stream in (video, *sounds):
            output.mux(stream.encode(None))
    return path


def test_sound_that_was_left_out_before_is_reported():
    choice = AudioChoice([], guesses=True, refused=("SPEEX",))
    assert choice.status == AudioStatus(codec="SPEEX", problem=AudioProblem.UNSUPPORTED)
    assert choice.streams == []
    assert AudioChoice([], guesses=True).status == AudioStatus()


@pytest.mark.parametrize(
    ("rate", "channels", "expected"), [(16_000, 1, b"\x14\x08"), (44_100, 2, b"\x12\x10")]
)
def test_guessed_parameters_of_aac_are_those_of_aac_lc(rate, channels, expected):
    assert aac_parameters(rate, channels) == expected


@pytest.mark.parametrize(("rate", "channels"), [(9600, 1), (16_000, 0), (16_000, 6)])
def test_parameters_of_aac_are_not_guessed_where_they_cannot_be(rate, channels):
    assert aac_parameters(rate, channels) is None
