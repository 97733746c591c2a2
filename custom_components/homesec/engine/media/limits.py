"""What HomeSec decodes: the formats that cameras send, in sizes that fit into memory.

FFmpeg reads hundreds of formats, most of them from the 1990s, and a few bytes of some of them end
the process or fill the memory. A source chooses its format itself, so whatever isn't in these
tables is refused before anything is decoded.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import (
    DecodingTooSlow,
    PacketTooLarge,
    PictureRefused,
    PictureTooLarge,
    UnsupportedCodec,
)

if TYPE_CHECKING:
    from .parameter_sets import PictureParameters

HTTP_FORMATS = {
    "mpegts": "transport streams, and the segments of HLS",
    "hls": "playlists of video doorbells, cloud cameras, and relays",
    "mpjpeg": "MJPEG over HTTP: older cameras, ESP32-CAM, mjpg-streamer",
    "mjpeg": "the same without multipart headers",
    "jpeg_pipe": "a URL with a single JPEG",
    "h264": "H.264 without a container over HTTP",
    "hevc": "H.265 without a container over HTTP",
    "flv": "HTTP-FLV of Reolink and Tapo",
    "aac": "the sound of HLS in segments of its own",
    "mov": "MP4 of relays and web servers, and the segments of HLS",
}
"""Containers that a camera may send over HTTP, by the name of FFmpeg's demuxer; others use RTSP."""
FILE_FORMATS = {
    "mov": "MP4 and QuickTime: phones, cameras, HomeSec's clips",
    "mpegts": "recordings of transport streams",
    "matroska": "recordings of other recorders",
    "avi": "older cameras",
    "mpeg": "program streams: recordings of Hikvision",
    "dhav": "recordings of Dahua",
    "flv": "recordings of RTMP streams",
    "mjpeg": "pictures in a row",
    "mpjpeg": "the same, as a camera sent them",
    "h264": "H.264 without a container",
    "hevc": "H.265 without a container",
}


@dataclass(frozen=True, slots=True)
class _VideoCodec:
    reason: str
    references: int  # pictures that a decoder keeps; H.264 and H.265 say it themselves
    side_bytes: float = 0.0  # per pixel, for motion vectors and the like
    extra_depth: int = 1  # 2 if samples may have more than 8 bits, which only the decoder knows


VIDEO_CODECS = {
    "h264": _VideoCodec("most cameras", 1, 0.75),
    "hevc": _VideoCodec("most cameras since 2016", 1, 0.75),
    "mjpeg": _VideoCodec("webcams, snapshots, older cameras", 0),
    "png": _VideoCodec("snapshots of camera entities", 0),
    "mpeg4": _VideoCodec("cameras before 2010", 3, 0.75),
    "vp8": _VideoCodec("WebRTC relays", 4, 0.25),
    "vp9": _VideoCodec("WebRTC relays", 9, 0.25, 2),
    "av1": _VideoCodec("cameras since 2024", 9, 0.25, 2),
    "rawvideo": _VideoCodec("webcams", 0),
}
"""Codecs of video, by FFmpeg's names."""
STREAM_CODECS = VIDEO_CODECS.keys() - {"png"}
"""Those of a stream or file. PNGs are only taken as snapshots, and cleaned first."""
PIXEL_FORMATS = frozenset(
    {
        # Cameras: 4:2:0, 4:2:2, and 4:4:4, full range (yuvj) or not, and monochrome.
        *("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "gray"),
        # JPEGs of some sensors.
        *("yuv440p", "yuvj440p", "yuv411p", "yuvj411p"),
        # H.265, AV1, and VP9 with high dynamic range.
        *("yuv420p10le", "yuv422p10le", "yuv444p10le", "gray10le"),
        *("yuv420p12le", "yuv422p12le", "yuv444p12le", "gray12le"),
        # Webcams, and hardware encoders.
        *("yuyv422", "uyvy422", "yvyu422", "nv12", "nv21", "nv16", "rgb24", "bgr24", "bgr0"),
        # PNG.
        *("rgba", "rgb48be", "rgba64be", "gray16be", "ya8", "ya16be", "pal8", "monob"),
    }
)
AUDIO_CODECS = frozenset(
    {
        "aac",
        "aac_latm",  # transport streams of some encoders
        *("pcm_alaw", "pcm_mulaw"),  # G.711: most cameras
        *("adpcm_g726", "adpcm_g726le"),  # Hikvision and Dahua
        "adpcm_g722",
        *("pcm_s16be", "pcm_s16le"),  # L16, and webcams
        "opus",  # WebRTC relays
        *("mp1", "mp2", "mp3"),
        "ac3",  # recordings of camcorders
        *("vorbis", "flac"),  # WebM and Matroska
    }
)
_PROBED_CODECS = ("mjpeg", "rawvideo", *sorted(AUDIO_CODECS))
"""Decoders that may be opened while a source is opened, to find out what its header doesn't say.

All others would decode the first pictures at that point, however large.
"""

MIN_SIDE, MAX_SIDE = 16, 8192
MAX_ASPECT = 8
MAX_CHANNELS = 8
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 4000, 192_000
PACKET_BYTES = 32 * 1024 * 1024  # a raw picture of a 4K webcam has 16 MiB
UNREAD_BYTES = 64 * 1024 * 1024  # that a camera may send before FFmpeg returns a packet
GOP_BYTES = 1024 * 1024 * 1024  # of one GOP, in which the memory of a decoder may grow
FRAME_S = 10.0  # an 8K keyframe takes a Raspberry Pi less than two
HELD_PICTURES = 3  # that HomeSec itself keeps: the newest, the still, and one being detected in
_ALIGNMENT = 64  # decoders round a side up to this
_REFERENCES_8K = 5  # of H.264 at its highest level
BUDGET_BYTES = int(8192 * 4320 * 2.25 * (_REFERENCES_8K + 1 + HELD_PICTURES))
"""For the pictures of one camera: what an 8K camera needs."""
_LEAST_BUDGET_BYTES = 128 * 1024 * 1024  # enough for 1080p with 16 reference pictures
_MEMORY_SHARE = 5  # a camera gets a fifth of the memory at most
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_MEMORY_INFO = Path("/proc/meminfo")


OPEN_OPTIONS = {"codec_whitelist": ",".join(_PROBED_CODECS)}
"""Options with which FFmpeg opens a source without decoding a picture of most codecs."""
FILE_OPTIONS = {"codec_whitelist": "none"}
"""Options for the file of a clip, whose header says everything."""


@cache
def budget_bytes() -> int:
    """Return the memory that the pictures of one camera may take on this system."""
    share = _memory_bytes() // _MEMORY_SHARE
    return min(BUDGET_BYTES, max(share, _LEAST_BUDGET_BYTES))


def _memory_bytes() -> int:
    """Return the memory that this system or container has."""
    found = [BUDGET_BYTES * _MEMORY_SHARE]
    with suppress(OSError, ValueError, LookupError):  # not Linux: the default limit applies
        fields = dict(line.split(":", 1) for line in _MEMORY_INFO.read_text().splitlines())
        found.append(int(fields["MemTotal"].split()[0]) * 1024)
    with suppress(OSError, ValueError):  # "max", or no container
        found.append(int(_CGROUP_LIMIT.read_text()))
    return min(found)


def max_pixels(codec: str) -> int:
    """Return FFmpeg's ``max_pixels`` for a decoder: what the budget allows in the best case."""
    known = VIDEO_CODECS[codec]
    size = known.extra_depth * (1.0 + known.side_bytes)
    return min(MAX_SIDE * MAX_SIDE, int(budget_bytes() / (size * (known.references + 1))))


def check_codec(codec: str) -> None:
    """Raise ``UnsupportedCodec`` for a codec that no camera sends in a stream or file."""
    if codec not in STREAM_CODECS:
        raise UnsupportedCodec(f"No camera sends {codec}")


def check_shape(width: int, height: int) -> None:
    """Raise ``PictureRefused`` for a shape that no camera has, in pixels."""
    short, long = sorted((width, height))
    if short < MIN_SIDE or long > MAX_SIDE or long > MAX_ASPECT * short:
        raise PictureRefused(
            f"A picture of {width} x {height} pixels is refused",
            width=str(width),
            height=str(height),
        )


def check_parameters(found: PictureParameters, codec: str) -> None:
    """Raise ``PictureRefused`` or ``PictureTooLarge`` for pictures that aren't decoded."""
    check_shape(found.width, found.height)
    if max(found.coded_width, found.coded_height) > MAX_SIDE + _ALIGNMENT:
        check_shape(found.coded_width, found.coded_height)
    known = VIDEO_CODECS[codec]
    references = max(found.references, known.references)
    pictures = references + 1 + HELD_PICTURES
    size = found.bytes_per_pixel * known.extra_depth + known.side_bytes
    needed, limit = int(found.pixels * size * pictures), budget_bytes()
    if needed > limit:
        raise PictureTooLarge(
            f"Pictures of {found.width} x {found.height} pixels with {references} reference"
            f" pictures need {_megabytes(needed)} MB of memory, more than {_megabytes(limit)} MB",
            width=str(found.width),
            height=str(found.height),
            references=str(references),
            needed=_megabytes(needed),
            limit=_megabytes(limit),
        )


def check_packet(size: int, limit: int = PACKET_BYTES) -> None:
    """Raise ``PacketTooLarge`` for more encoded bytes than a picture or GOP has."""
    if size > limit:
        raise PacketTooLarge(
            f"{_megabytes(size)} MB for a picture or GOP are more than {_megabytes(limit)} MB",
            size=_megabytes(size),
            limit=_megabytes(limit),
        )


def check_pixel_format(name: str | None) -> None:
    """Raise ``UnsupportedCodec`` for a pixel format that no camera sends; None is unknown yet."""
    if name is not None and name not in PIXEL_FORMATS:
        raise UnsupportedCodec(f"No camera sends pictures in the format {name}")


def check_frame(width: int, height: int, pixel_format: str) -> None:
    """Raise ``SourceError`` for a decoded picture that must not be scaled or converted.

    For other formats and shapes, FFmpeg's scaler ends the process.
    """
    check_shape(width, height)
    check_pixel_format(pixel_format)


def check_decoding_time(seconds: float) -> None:
    """Raise ``DecodingTooSlow`` for a picture that took too long."""
    if seconds > FRAME_S:
        raise DecodingTooSlow(f"A picture took {seconds:.0f} s to decode", seconds=f"{seconds:.0f}")


def accepts_audio(codec: str, sample_rate: int, channels: int) -> bool:
    """Return whether audio is recorded; otherwise, it's left out of the clips."""
    return (
        codec in AUDIO_CODECS
        and MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE
        and 1 <= channels <= MAX_CHANNELS
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f}"
