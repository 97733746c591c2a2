"""H.264 and H.265 packets made self-contained: start codes, parameter sets at every keyframe.

MP4 files carry lengths instead of start codes, and many cameras send their parameter sets only in
the SDP. Behind this step any keyframe can be decoded or begin a clip by itself, and a change of
resolution in mid-stream shows as a new sequence parameter set.
"""

from __future__ import annotations

from dataclasses import replace
import logging
from typing import TYPE_CHECKING

from av.bitstream import BitStreamFilterContext
import av.error

from ..media.packets import padded_packet
from .parameter_sets import NO_SETS, find_parameter_sets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.video.stream import VideoStream

    from ..media.packets import AvPacket, MediaFormat

_LOGGER = logging.getLogger(__name__)
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


class AnnexB:
    """Turns one stream's packets into self-contained ones and tells when their format changes."""

    def __init__(self, stream: VideoStream, video: MediaFormat) -> None:
        self.format = video
        extradata = stream.codec_context.extradata or b""
        # avcC and hvcC begin with their version, 1; Annex B begins with a zero.
        lengths = extradata[:1] == b"\x01"
        self._filter = BitStreamFilterContext(_FILTERS[video.codec], stream) if lengths else None
        self._sets = NO_SETS if lengths else find_parameter_sets(extradata, video.codec)

    def feed(self, packet: AvPacket) -> Iterator[tuple[MediaFormat, AvPacket]]:
        """Give the packets to pass on, each with the format it belongs to."""
        for plain in self._with_start_codes(packet):
            whole = self._self_contained(plain) if plain.is_keyframe else plain
            yield self.format, whole

    def _with_start_codes(self, packet: AvPacket) -> Sequence[AvPacket]:
        if self._filter is None:
            return (packet,)
        try:
            return self._filter.filter(packet)
        except av.error.FFmpegError as err:
            _LOGGER.debug("Skipping a broken packet: %s", err.strerror)
            self._filter.flush()
            return ()

    def _self_contained(self, keyframe: AvPacket) -> AvPacket:
        """Return the keyframe with parameter sets; takes in new ones."""
        found = find_parameter_sets(memoryview(keyframe), self.format.codec)
        if not found:
            return self._with_sets(keyframe) if self._sets else keyframe
        if self._sets and found.sps != self._sets.sps:
            self.format = self._measured(keyframe)
        self._sets = found
        return keyframe

    def _with_sets(self, keyframe: AvPacket) -> AvPacket:
        """Put the known parameter sets before a keyframe that has none."""
        whole = padded_packet(self._sets.annexb(self.format.codec) + bytes(keyframe))
        whole.pts, whole.dts = keyframe.pts, keyframe.dts
        whole.time_base = keyframe.time_base
        whole.duration = keyframe.duration or 0
        whole.is_keyframe = True
        return whole

    def _measured(self, keyframe: AvPacket) -> MediaFormat:
        """Return the format of a keyframe with new parameter sets."""
        context = self.format.video_decoder()
        try:
            frames = [*context.decode(keyframe), *context.decode()]
        except av.error.FFmpegError:
            frames = []
        width, height = (frames[0].width, frames[0].height) if frames else (0, 0)
        return replace(
            self.format, width=width or self.format.width, height=height or self.format.height
        )
