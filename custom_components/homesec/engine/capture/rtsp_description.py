"""Read what an RTSP camera announces (SDP, RFC 8866), and leave out audio that can't be recorded.

FFmpeg would wait for the parameters of every track before it returns the first picture, also for
those of a codec that it doesn't know.
"""

from dataclasses import dataclass
import re

_RTPMAP = re.compile(r"a=rtpmap:\s*(\d{1,3})\s+([\w.+-]{1,40})", re.ASCII)
_MEDIA = re.compile(r"m=(\w+)\s+\S+\s+\S+\s*(\d{0,3})", re.ASCII)
_CONTROL = re.compile(r"a=control:\s*(\S+)", re.ASCII)
_STATIC_NAMES = {0: "PCMU", 8: "PCMA", 9: "G722", 10: "L16", 11: "L16", 14: "MPA"}
"""Payload types of audio that need no name (RFC 3551, table 4)."""
_AUDIO_NAMES = frozenset(
    {
        *("PCMU", "PCMA", "G722", "L16", "MPA", "MPA-ROBUST"),
        *(f"{name}G726-{rate}" for name in ("", "AAL2-") for rate in (16, 24, 32, 40)),
        *("MPEG4-GENERIC", "MP4A-LATM", "OPUS", "VORBIS", "AC3"),
    }
)
"""Audio that FFmpeg can receive by RTP, and HomeSec can record."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is passed on of a camera's description."""

    body: bytes
    audio_controls: frozenset[str] = frozenset()  # the ends of the URIs of the audio tracks
    left_out: tuple[str, ...] = ()  # names of the codecs of audio that was left out


def read_description(body: bytes) -> Description:
    """Return a description without the audio that can't be recorded."""
    text = body.decode("latin-1")
    head, *tracks = re.split(r"(?m)^(?=m=)", text)
    kept, left_out, controls = [head], [], set()
    for track in tracks:
        media = _MEDIA.match(track)
        if media is None or media[1].lower() != "audio":
            kept.append(track)
            continue
        name = _codec_name(track, int(media[2] or 0))
        if name.upper() not in _AUDIO_NAMES:
            left_out.append(name)
            continue
        kept.append(track)
        if control := _CONTROL.search(track):
            controls.add(control[1])
    if len(kept) == 1:  # nothing but audio, of which FFmpeg says that there is no video
        return Description(body)
    return Description("".join(kept).encode("latin-1"), frozenset(controls), tuple(left_out))


def _codec_name(track: str, payload_type: int) -> str:
    names = {int(number): name for number, name in _RTPMAP.findall(track)}
    return names.get(payload_type) or _STATIC_NAMES.get(payload_type) or str(payload_type)
