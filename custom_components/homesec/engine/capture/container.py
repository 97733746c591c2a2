"""Read streams, files, and webcams through a PyAV container."""

from collections import deque
from typing import TYPE_CHECKING, cast

import av
import av.error
from av.format import Flags

from ..core.errors import (
    FormatUnstable,
    NoVideo,
    SourceError,
    SourceStalled,
    UnsupportedCodec,
)
from ..core.types import SourceKind
from ..media.limits import check_codec, check_parameters, check_pixel_format
from ..media.packets import (
    COPIED_VIDEO,
    TICKS,
    TIME_BASE,
    MediaFormat,
    MediaKind,
    MediaPacket,
)
from ..media.parameter_sets import PictureParameters
from .audio_choice import AudioChoice
from .bitstream import AnnexB, CheckedPacket
from .decoding_order import DecodingOrder
from .error_map import translate_error
from .first_parameters import wait_for_parameters
from .open import OPEN_TIMEOUT_S, open_container
from .packet_check import PacketCheck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from ..core.types import AudioStatus, SourceConfig
    from ..media.packets import AvPacket
    from .http_source import HttpFile, HttpSource
    from .open import NetworkSource
    from .timeline import Timeline, Timestamp

_POLL_S = 0.01  # between two attempts to read from a webcam
_HIGHEST_FPS = 240  # beyond it, FFmpeg has taken the clock rate for the frame rate
_MAX_REORDER_S = 1.0  # between decoding and showing a picture; more is an invalid time stamp
_JUMP_S = 10.0  # a time stamp that is further from the last one is on another time scale…
_REORDER_JUMP_S = 1.0  # …and so is one that is this far behind it…
_ORDERED_JUMP_S = 0.25  # …or this far, from a camera that says that it sends no B-frames
_MAX_CHANGES, _CHANGES_S = 6, 30.0
"""A camera whose pictures change their format more often in this time isn't recorded."""
_WITHOUT_DTS = frozenset({"rtsp", "matroska,webm"})  # formats without decoding time stamps


class ContainerConnection:
    """An open container."""

    single = False

    def __init__(
        self,
        config: SourceConfig,
        timeline: Timeline,
        stop: Event,
        *,
        http: tuple[HttpSource, HttpFile] | None = None,
    ) -> None:
        """Open the source. Raises ``SourceError``.

        ``http``: the camera's answer, if it was already requested.
        """
        self._config = config
        self._timeline = timeline
        self._stop = stop
        self._opened = open_container(config, stop, http)
        self._container = self._opened.container
        try:
            self._stream = _find_video(self._container)
            self._audio = AudioChoice(
                self._container.streams.audio,
                guesses=self._container.format.name == "rtsp",
                refused=self._opened.left_out_audio,
            )
            # FFmpeg makes up 25 fps for live streams without time stamps: MJPEG and raw H.264.
            untimed = Flags.no_timestamps in Flags(self._container.format.flags)
            self._timed = not (untimed and config.kind is SourceKind.STREAM)
            self._first: AvPacket | None = None  # a packet that opening has read
            self.video = _video_format(self._stream, self._parameters(), timed=self._timed)
            self._annexb = AnnexB(self._stream, self.video) if self.video.copied else None
            self._check = PacketCheck(self.video.codec)
            self._order = self._decoding_order()
        except SourceError as err:
            self._opened.close()
            # What ended the bytes says more than what is missing for that reason.
            raise (self._opened.error or err) from None
        except BaseException:
            self._opened.close()
            raise
        self._last_video = 0.0
        self._opened_t = timeline.now
        self._changes: deque[float] = deque(maxlen=_MAX_CHANGES)  # ``t`` of the last ones
        timeline.reconnect()

    def _parameters(self) -> PictureParameters:
        """Return what the container says of the pictures, or else their first parameter sets.

        Raises ``SourceError``, also for pictures that are refused.
        """
        codec = self._stream.codec_context.codec.canonical_name
        found = _announced_parameters(self._stream)
        if found is None:
            if codec not in COPIED_VIDEO:
                raise NoVideo
            self._first, found = wait_for_parameters(
                self._video_packets(),
                codec,
                self._stop,
                limit_s=self._opened.first_pictures_left_s,
                total_s=OPEN_TIMEOUT_S,
            )
        check_parameters(found, codec)
        return found

    def _video_packets(self) -> Iterator[AvPacket]:
        reader = cast("Iterator[AvPacket]", self._container.demux(self._stream))
        while True:
            self._opened.restart_limit(self._config.stall_s)
            try:
                packet = next(reader, None)
            except (av.error.FFmpegError, OSError) as err:
                raise self._to_source_error(err) from None
            if packet is None:
                return
            yield packet

    @property
    def network(self) -> NetworkSource | None:
        """The connection to a camera on the network."""
        return self._opened.network

    @property
    def audio(self) -> MediaFormat | None:
        """The format of the audio that is recorded; None until its first packets were decoded."""
        return self._audio.format

    @property
    def audio_status(self) -> AudioStatus:
        """What audio the source sends, and why it isn't recorded if it isn't."""
        return self._audio.status

    def close(self) -> None:
        """Close the source."""
        self._opened.close()

    def packets(self) -> Iterator[MediaPacket]:
        """Yield packets until the source ends. Raises ``SourceError``."""
        looped = self._config.kind is SourceKind.FILE and self._config.loop
        repeat = True
        while repeat:
            repeat = False
            for packet in self._read():
                repeat = True
                yield packet
            # A file without packets was truncated meanwhile, and has to be opened again.
            repeat = repeat and looped and not self._stop.is_set() and self._rewind()

    def _rewind(self) -> bool:
        try:
            self._container.seek(0)
        except av.error.FFmpegError, OSError:
            return False  # it has to be opened again
        self._timeline.reconnect()
        self._order = self._decoding_order()
        return True

    def _decoding_order(self) -> DecodingOrder | None:
        """Return what gives packets their decoding times; None if they have them."""
        base = self._stream.time_base
        if self._annexb is None or not base or self._container.format.name not in _WITHOUT_DTS:
            return None
        reorder = self._annexb.reorder
        back_s = _ORDERED_JUMP_S if reorder == 0 else _REORDER_JUMP_S
        return DecodingOrder(reorder or 0, jump=round(_JUMP_S / base), back=round(back_s / base))

    def _read(self) -> Iterator[MediaPacket]:
        streams = [self._stream, *self._audio.streams]
        reader = self._container.demux(*streams)
        self._last_video = self._timeline.elapsed
        if self._first is not None:
            first, self._first = self._first, None
            yield from self._to_timeline(first)
        while not self._stop.is_set():
            self._opened.restart_limit(self._config.stall_s)
            try:
                packet = next(reader, None)
            except av.error.BlockingIOError:
                self._check_stall()
                self._stop.wait(_POLL_S)
                reader = self._container.demux(*streams)
                continue
            except (av.error.FFmpegError, OSError) as err:
                raise self._to_source_error(err) from None
            if packet is None:
                if self._opened.error is not None:
                    raise self._opened.error
                return
            if packet.size:
                yield from self._to_timeline(packet)

    def _check_stall(self) -> None:
        """Raise SourceStalled where FFmpeg doesn't: there is audio, or reading doesn't block."""
        if self._config.kind is SourceKind.FILE:
            return
        if self._timeline.elapsed - self._last_video > self._config.stall_s:
            raise SourceStalled

    def _to_source_error(self, error: Exception) -> SourceError:
        if self._opened.error is not None:
            return self._opened.error
        if isinstance(error, av.error.ExitError):
            return SourceStalled()
        found = translate_error(error, self._config)
        # It worked before, so without a clear cause it has stalled.
        unclear = type(found) is SourceError or isinstance(found, NoVideo)
        return SourceStalled() if unclear else found

    def _to_timeline(self, packet: AvPacket) -> Iterator[MediaPacket]:
        if packet.stream.type == "audio":
            self._check_stall()
            dts_s = _seconds(packet, packet.dts if packet.dts is not None else packet.pts)
            audio = self._audio.feed(packet, self._timeline.now - self._opened_t)
            if audio is None or dts_s is None:
                return
            duration_s = _seconds(packet, packet.duration or None)
            if time := self._timeline.stamp_audio(dts_s, duration_s):
                yield _media_packet(audio, packet, time, keyframe=packet.is_keyframe)
            return
        self._last_video = self._timeline.elapsed
        self._audio.check(self._timeline.now - self._opened_t)
        for checked in self._checked(packet):
            plain = checked.packet
            if self._order is not None and plain.pts is None and not self._order.started:
                # RTP's time stamps count from the first packet, whose own FFmpeg leaves out.
                plain.pts = 0
            if self._order is not None and self._annexb is not None and plain.pts is not None:
                self._order.expect(self._annexb.reorder or 0)
                plain.dts = self._order.decoding_time(plain.pts)
            dts = plain.dts if plain.dts is not None else plain.pts
            time = self._timeline.stamp_video(
                _seconds(plain, dts) if self._timed else None,
                _seconds(plain, plain.duration or None),
            )
            if checked.format is not self.video:
                self._change_format(checked.format, time.t)
            self._stop.wait(self._timeline.due_in_s(time.t))
            yield _media_packet(
                self.video, plain, time, keyframe=checked.keyframe, recovery=checked.recovery
            )

    def _checked(self, packet: AvPacket) -> Iterator[CheckedPacket]:
        """Yield what may be decoded of a video packet. Raises ``SourceError``."""
        if self._annexb is not None:
            yield from self._annexb.feed(packet)
        elif self._check.accept(packet):
            yield CheckedPacket(self.video, packet, packet.is_keyframe)

    def _change_format(self, video: MediaFormat, t: float) -> None:
        """Use another format from now on. Raises ``FormatUnstable`` if that happens too often."""
        self.video = video
        self._changes.append(t)
        if len(self._changes) == _MAX_CHANGES and t - self._changes[0] < _CHANGES_S:
            raise FormatUnstable(
                f"The pictures changed their format {_MAX_CHANGES} times in {_CHANGES_S:.0f} s",
                changes=str(_MAX_CHANGES),
                seconds=f"{_CHANGES_S:.0f}",
            )


def _seconds(packet: AvPacket, ticks: int | None) -> float | None:
    if ticks is None or not packet.time_base:
        return None
    return float(ticks * packet.time_base)


def _media_packet(
    media: MediaFormat,
    packet: AvPacket,
    time: Timestamp,
    *,
    keyframe: bool,
    recovery: int | None = None,
) -> MediaPacket:
    """Return a packet that shares the data, with time stamps on the timeline."""
    reorder_s = 0.0
    if packet.pts is not None and packet.dts is not None:
        reorder_s = (_seconds(packet, packet.pts - packet.dts) or 0.0) * time.stretch
        reorder_s = min(max(reorder_s, 0.0), _MAX_REORDER_S)
    data = av.Packet(cast("bytes", packet))  # a buffer, which isn't copied
    data.time_base = TIME_BASE
    data.dts = round(time.t * TICKS)
    data.pts = round((time.t + reorder_s) * TICKS)
    data.duration = round((_seconds(packet, packet.duration or None) or 0.0) * TICKS)
    data.is_keyframe = keyframe or recovery is not None
    return MediaPacket(
        format=media, data=data, t=time.t, at=time.at, keyframe=keyframe, recovery=recovery
    )


def _find_video(container: InputContainer) -> VideoStream:
    """Return the video stream. Raises ``SourceError``, also for one that is refused."""
    if not container.streams.video:
        raise NoVideo
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None:
        raise UnsupportedCodec
    codec = context.codec.canonical_name
    check_codec(codec)
    check_pixel_format(context.pix_fmt)
    return stream


def _announced_parameters(stream: VideoStream) -> PictureParameters | None:
    """Return what the container says of the pictures; None if that's not enough."""
    context = stream.codec_context
    if context.width:
        return PictureParameters(width=context.width, height=context.height)
    return PacketCheck(context.codec.canonical_name, context.extradata or b"").parameters


def _video_format(
    stream: VideoStream, parameters: PictureParameters, *, timed: bool = True
) -> MediaFormat:
    """Return the video stream's format; ``timed``: its frame rate is real."""
    context = stream.codec_context
    rate = (stream.average_rate or stream.guessed_rate) if timed else None
    codec = context.codec.canonical_name
    return MediaFormat(
        kind=MediaKind.VIDEO,
        codec=codec,
        extradata=None if codec in COPIED_VIDEO else context.extradata,
        width=parameters.width,
        height=parameters.height,
        pix_fmt=context.pix_fmt,
        fps=float(rate) if rate and rate <= _HIGHEST_FPS else None,
    )
