"""H.264 and H.265 packets made self-contained: start codes, parameter sets at every keyframe.

MP4 files carry lengths instead of start codes, and many cameras send their parameter sets only in
the SDP. Behind this step any keyframe can be decoded or begin a clip by itself, and a change of
resolution in mid-stream shows as a new sequence parameter set.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import av
from av.bitstream import BitStreamFilterContext
import av.error

from .parameter_sets import ParameterSets, find_parameter_sets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from ..media import MediaFormat

_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


class AnnexB:
    """Turns one stream's packets into self-contained ones and tells when their format changes."""

    def __init__(self, stream: VideoStream, video: MediaFormat) -> None:
        self.format = video
        extradata = stream.codec_context.extradata or b""
        # avcC and hvcC begin with their version, 1; Annex B begins with a zero.
        lengths = extradata[:1] == b"\x01"
        self._filter = BitStreamFilterContext(_FILTERS[video.codec], stream) if lengths else None
        self._sets = (
            ParameterSets((), ()) if lengths else find_parameter_sets(extradata, video.codec)
        )

    def feed(self, packet: av.Packet) -> Iterator[tuple[MediaFormat, av.Packet]]:
        """Give the packets to pass on, each with the format it belongs to."""
        for plain in self._filter.filter(packet) if self._filter else (packet,):
            if not plain.is_keyframe:
                yield self.format, plain
                continue
            found = find_parameter_sets(bytes(plain), self.format.codec)
            if not found and self._sets:
                plain = self._with_sets(plain)
            elif found and found.sps != self._sets.sps:
                if self._sets:
                    self.format = self._measured(plain)
                self._sets = found
            yield self.format, plain

    def _with_sets(self, packet: av.Packet) -> av.Packet:
        """Put the known parameter sets before a keyframe that has none."""
        whole = av.Packet(self._sets.annexb(self.format.codec) + bytes(packet))
        whole.pts, whole.dts = packet.pts, packet.dts
        whole.time_base = packet.time_base
        whole.duration = packet.duration or 0
        whole.is_keyframe = True
        return whole

    def _measured(self, packet: av.Packet) -> MediaFormat:
        """Return the format of a keyframe with new parameter sets."""
        context = self.format.video_decoder()
        try:
            frames = [*context.decode(packet), *context.decode(None)]
        except av.error.FFmpegError:
            frames = []
        if not frames:
            return self.format
        frame = cast("VideoFrame", frames[0])
        return replace(self.format, width=frame.width, height=frame.height)
