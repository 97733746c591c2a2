"""Streams, files and webcams, all through one PyAV container."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import av
import av.error
from av.format import Flags

from ..core.errors import NoVideo, SourceError, SourceStalled
from ..core.types import SourceKind
from ..media.packets import TICKS, TIME_BASE, MediaPacket
from .bitstream import AnnexB
from .error_map import translate_error
from .formats import audio_format, find_audio, find_video, video_format
from .open import open_container, stream_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from ..core.types import SourceConfig
    from ..media.packets import AvPacket, MediaFormat
    from .timeline import Timeline, Timestamp

_POLL_S = 0.01
"""A webcam that has no picture yet is asked again after this."""
_LONGEST_REORDER_S = 1.0
"""A picture is not shown later than this after it is decoded; more is a broken time stamp."""


class ContainerConnection:
    """An open container; ``packets`` places them on the camera's timeline."""

    def __init__(self, config: SourceConfig, timeline: Timeline, stop: Event) -> None:
        """Open the source. Raises ``SourceError``."""
        self._config = config
        self._timeline = timeline
        self._stop = stop
        self._url = stream_url(config) if config.kind is SourceKind.STREAM else config.location
        self._container = open_container(config, self._url, stop)
        try:
            self._stream = find_video(self._container)
            self._audio_stream = find_audio(self._container)
            # What a live stream of MJPEG or bare H.264 does not tell, FFmpeg makes up: 25 fps.
            untimed = Flags.no_timestamps in Flags(self._container.format.flags)
            self._timed = not (untimed and config.kind is SourceKind.STREAM)
            self.video = video_format(self._stream, timed=self._timed)
            self.audio = None if self._audio_stream is None else audio_format(self._audio_stream)
            self._annexb = AnnexB(self._stream, self.video) if self.video.copied else None
        except BaseException:
            self._container.close()
            raise
        self._video_came = 0.0
        timeline.reconnect()

    def close(self) -> None:
        """Release the source."""
        self._container.close()

    # --- reading ------------------------------------------------------------------------------

    def packets(self) -> Iterator[MediaPacket]:
        """Give packets until the source ends. Raises ``SourceError`` when it breaks."""
        looped = self._config.kind is SourceKind.FILE and self._config.loop
        some = True
        while some:
            some = False
            for packet in self._read():
                some = True
                yield packet
            # A film that gives nothing any more has been cut off: to be opened anew.
            some = some and looped and not self._stop.is_set() and self._rewind()

    def _rewind(self) -> bool:
        try:
            self._container.seek(0)
        except av.error.FFmpegError, OSError:
            return False  # then it is opened anew
        self._timeline.reconnect()
        return True

    def _read(self) -> Iterator[MediaPacket]:
        streams = [s for s in (self._stream, self._audio_stream) if s is not None]
        reader = self._container.demux(*streams)
        self._video_came = self._timeline.elapsed
        while not self._stop.is_set():
            try:
                packet = next(reader, None)
            except av.error.BlockingIOError:
                self._check_stall()
                self._stop.wait(_POLL_S)
                reader = self._container.demux(*streams)
                continue
            except (av.error.FFmpegError, OSError) as err:
                raise self._broken(err) from None
            if packet is None:
                return
            if packet.size:
                yield from self._placed(packet)

    def _check_stall(self) -> None:
        """Notice that no video comes, where FFmpeg does not: there is sound, or it never waits."""
        if self._config.kind is SourceKind.FILE:
            return
        if self._timeline.elapsed - self._video_came > self._config.stall_s:
            raise SourceStalled

    def _broken(self, error: Exception) -> SourceError:
        if isinstance(error, av.error.ExitError):
            return SourceStalled()
        found = translate_error(error, self._config, self._url, self._stop)
        # It did work: what is left to say is that it does no longer.
        unclear = type(found) is SourceError or isinstance(found, NoVideo)
        return SourceStalled() if unclear else found

    def _placed(self, packet: AvPacket) -> Iterator[MediaPacket]:
        if packet.stream.type == "audio":
            self._check_stall()
            if self.audio and (placed := self._placed_audio(self.audio, packet)):
                yield placed
            return
        self._video_came = self._timeline.elapsed
        for video, plain in self._annexb.feed(packet) if self._annexb else [(self.video, packet)]:
            self.video = video
            dts = plain.dts if plain.dts is not None else plain.pts
            place = self._timeline.stamp_video(
                _seconds(plain, dts) if self._timed else None,
                _seconds(plain, plain.duration or None),
            )
            self._stop.wait(self._timeline.due_in_s(place.t))
            yield _media_packet(video, plain, place)

    def _placed_audio(self, audio: MediaFormat, packet: AvPacket) -> MediaPacket | None:
        dts_s = _seconds(packet, packet.dts if packet.dts is not None else packet.pts)
        place = None if dts_s is None else self._timeline.stamp_audio(dts_s)
        return None if place is None else _media_packet(audio, packet, place)


def _seconds(packet: AvPacket, ticks: int | None) -> float | None:
    if ticks is None or not packet.time_base:
        return None
    return float(ticks * packet.time_base)


def _media_packet(media: MediaFormat, packet: AvPacket, place: Timestamp) -> MediaPacket:
    """Return a packet that shares the data and has its time stamps on the timeline."""
    reorder_s = 0.0
    if packet.pts is not None and packet.dts is not None:
        reorder_s = _seconds(packet, packet.pts - packet.dts) or 0.0
        reorder_s = min(max(reorder_s, 0.0), _LONGEST_REORDER_S)
    data = av.Packet(cast("bytes", packet))  # any buffer will do; it is not copied
    data.time_base = TIME_BASE
    data.dts = round(place.t * TICKS)
    data.pts = round((place.t + reorder_s) * TICKS)
    data.duration = round((_seconds(packet, packet.duration or None) or 0.0) * TICKS)
    data.is_keyframe = packet.is_keyframe
    return MediaPacket(format=media, data=data, t=place.t, at=place.at, keyframe=packet.is_keyframe)
