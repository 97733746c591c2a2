"""Turn the fragmented file of a clip into one that plays and seeks everywhere.

The index goes to the front (``faststart``), so that a player can begin and seek without reading all
of the file. The final file appears under its name only when it's complete and on the disk.
"""

from contextlib import closing, suppress
from dataclasses import replace
from io import BytesIO
import os
import stat
from typing import TYPE_CHECKING

import av
import av.error

from ..core.clip_files import FRESH_SUFFIX, ClipInfo, partial_path
from ..core.errors import RecordingError
from ..media.mp4_boxes import TruncatedFile, read_layout
from ..media.packets import open_video
from .sync_samples import mark_sync_samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

    from ..media.mp4_boxes import Mp4Layout
    from ..media.packets import AvPacket

COMMENT = "comment"  # the one tag that FFmpeg writes into every MP4 without further options
_EMPTY_BYTES = 64 * 1024
"""A partial file that is smaller and can't be finalized may never have held a picture."""


def discard_empty(final: Path) -> bool:
    """Remove a partial file that surely holds no picture; return whether it did."""
    partial = partial_path(final)
    try:
        status = partial.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size >= _EMPTY_BYTES:
            return False
        if not read_layout(partial).is_empty:
            return False
        partial.unlink()
    except OSError, ValueError:
        return False
    return True


def finalize(final: Path, comment: str | None = None) -> ClipInfo:
    """Make the final file from the partial one, and remove that.

    A file that a power cut ended is as good as one that was closed: what comes after its last
    complete fragment is left out. Without ``comment`` the partial file's is kept.

    Raises ``RecordingError`` when there's no video in it, ``OSError`` when the disk refuses the new
    file, and whatever a damaged file makes FFmpeg raise. The partial file is then kept, as it is if
    part of it can't be read (``ClipInfo.damaged``).
    """
    partial = partial_path(final)
    fresh = final.with_name(final.stem + FRESH_SUFFIX)
    with suppress(OSError):
        fresh.unlink()  # FFmpeg would follow a link, and wait for the reader of a pipe
    layout = read_layout(partial)
    try:
        _truncate_partial_box(partial, layout)
        info = _remux_complete_part(partial, fresh, comment, layout)
        _sync(fresh)
        fresh.replace(final)
    except Exception as err:
        with suppress(OSError):
            fresh.unlink()
        if not isinstance(err, OSError) or not _is_playable(partial):
            raise
        # No room for a second copy: the fragments play, too.
        if _truncate_partial_box(partial, layout, drop_media=True):
            _repair_in_place(partial)
        info = read_info(partial)
        partial.replace(final)
    else:
        if not info.damaged:
            partial.unlink(missing_ok=True)
    with suppress(OSError):  # network shares can't do it for folders
        _sync(final.parent)
    return info


def _truncate_partial_box(path: Path, layout: Mp4Layout, *, drop_media: bool = False) -> bool:
    """Cut off a header at the end that a crash left incomplete: FFmpeg would refuse the whole file.

    Incomplete media data stays, since its complete pictures can be read. With ``drop_media`` its
    fragment is cut off, if others are left. Nothing is cut off a file that is damaged in the
    middle. Returns whether incomplete media data is still there.
    """
    if layout.partial_at is None or layout.damaged:
        return False
    if not layout.partial_is_media:
        os.truncate(path, layout.partial_at)
        return False
    if drop_media and layout.media:
        os.truncate(path, layout.fragments[-1])
        return False
    return True


def _repair_in_place(path: Path) -> None:
    """Leave out the incomplete picture of a file whose only fragment a full disk cut off.

    There's no room for a second file, but the video needs less than it has. One fragment, at most a
    second long, fits into memory.
    """
    fresh = BytesIO()
    with open_video(path) as reader, av.open(fresh, "w", format="mp4") as out:
        _copy(reader, out)
    # A write that doesn't fit might be cut off in the middle; the file can be read as it is.
    if fresh.getbuffer().nbytes <= path.stat().st_size:
        with path.open("r+b") as file:
            file.write(fresh.getbuffer())
            file.truncate()


def _remux_complete_part(
    source: Path, target: Path, comment: str | None, layout: Mp4Layout
) -> ClipInfo:
    """Remux a file; without its last fragment if zeros after a power cut make FFmpeg refuse it."""
    try:
        return _remux(source, target, comment, layout)
    except OSError:
        raise
    except Exception:
        if len(layout.fragments) < 2:
            raise
    with closing(TruncatedFile(source, layout.fragments[-1])) as beginning:
        return replace(_remux(beginning, target, comment, layout), damaged=True)


def _remux(
    source: Path | TruncatedFile, target: Path, comment: str | None, layout: Mp4Layout
) -> ClipInfo:
    try:
        reader = open_video(source)
    except (av.error.InvalidDataError, av.error.EOFError) as err:
        raise RecordingError from err
    with reader, av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out:
        if not reader.streams.video:
            raise RecordingError
        if (comment := comment or reader.metadata.get(COMMENT)) is not None:
            out.metadata[COMMENT] = comment
        duration_s, positions = _copy(reader, out)
        info = _info(reader, duration_s)
    damaged = layout.damaged or layout.has_unread_media(positions)
    return replace(info, bytes=target.stat().st_size, damaged=damaged)


def _copy(reader: InputContainer, out: OutputContainer) -> tuple[float, set[int]]:
    """Copy the first video and audio stream; return the video's seconds and the packets' offsets.

    Raises ``RecordingError`` if there's no video packet.
    """
    streams: dict[int, Stream] = {}
    for stream in (*reader.streams.video[:1], *reader.streams.audio[:1]):
        copy = out.add_stream_from_template(stream, opaque=True)
        if stream.codec_context.codec.canonical_name == "hevc":
            # Apple's players take H.265 under this name only; the default is hev1.
            copy.codec_context.codec_tag = "hvc1"
        streams[stream.index] = copy
    spans, positions = list[tuple[float, float]](), set[int]()
    complete = _complete_packets(reader, [reader.streams[i] for i in streams])
    for packet in mark_sync_samples(complete, reader.streams.video[0].codec_context.name):
        if packet.stream.type == "video":
            spans.append(_span_s(packet))
        positions.add(-1 if packet.pos is None else packet.pos)
        packet.stream = streams[packet.stream.index]
        out.mux(packet)
    if not spans:
        raise RecordingError
    return _duration_s(spans), positions


def _span_s(packet: AvPacket) -> tuple[float, float]:
    """Return when a picture is shown, in seconds; before 0 while an intra refresh isn't over."""
    start = packet.pts if packet.pts is not None else packet.dts or 0
    end = start + (packet.duration or 0)
    return max(0.0, float(start * packet.time_base)), max(0.0, float(end * packet.time_base))


def _duration_s(spans: list[tuple[float, float]]) -> float:
    return max(0.0, max(e for _, e in spans) - min(s for s, _ in spans)) if spans else 0.0


def _complete_packets(reader: InputContainer, streams: Sequence[Stream]) -> Iterator[AvPacket]:
    """Yield the packets up to where a crash ended the file."""
    packets = reader.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except av.error.InvalidDataError, av.error.EOFError:
            return
        if packet is None:
            return
        if packet.size and packet.dts is not None and not packet.is_corrupt:
            yield packet


def read_info(path: Path) -> ClipInfo:
    """Read all of a file to find out what it contains. Raises whatever FFmpeg does."""
    with open_video(path) as reader:
        packets = _complete_packets(reader, [reader.streams.video[0]])
        info = _info(reader, _duration_s([_span_s(packet) for packet in packets]))
    return replace(info, bytes=path.stat().st_size)


def read_index(path: Path) -> ClipInfo:
    """Do the same from the file's index, if it has one: much faster for thousands of clips."""
    layout = read_layout(path)
    if layout.partial_at is not None or b"moof" in layout.names:
        return read_info(path)
    with open_video(path) as reader:
        video = reader.streams.video[0]
        if not video.duration or video.time_base is None:
            return read_info(path)
        info = _info(reader, float(video.duration * video.time_base))
    return replace(info, bytes=path.stat().st_size)


def _info(reader: InputContainer, duration_s: float) -> ClipInfo:
    """Describe an open file, without its size: that is final only once the file is closed."""
    video, audio = reader.streams.video[0], reader.streams.audio
    return ClipInfo(
        duration_s=duration_s,
        bytes=0,
        width=video.width,
        height=video.height,
        video_codec=video.codec_context.codec.canonical_name,
        audio_codec=audio[0].codec_context.codec.canonical_name if audio else None,
        comment=reader.metadata.get(COMMENT),
    )


def _is_playable(path: Path) -> bool:
    try:
        return read_info(path).duration_s > 0
    except Exception:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        return False


def _sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
