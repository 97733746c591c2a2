"""Which repair issue names video that HomeSec refuses to read."""

from .engine.core.errors import (
    DecodingTooSlow,
    FileRefused,
    FormatUnstable,
    NotDecoded,
    NotWatched,
    PacketTooLarge,
    PictureRefused,
    PictureTooLarge,
    UnsupportedCodec,
    UnsupportedFormat,
    VideoDamaged,
)

VIDEO_ISSUES = {
    PictureTooLarge.key: "camera_picture_too_large",
    NotDecoded.key: "camera_not_decoded",
    NotWatched.key: "camera_not_watched",
} | dict.fromkeys(
    (
        error.key
        for error in (
            DecodingTooSlow,
            FileRefused,
            FormatUnstable,
            PacketTooLarge,
            PictureRefused,
            UnsupportedCodec,
            UnsupportedFormat,
            VideoDamaged,
        )
    ),
    "camera_video_refused",
)
"""Issues of video that isn't opened or watched, by the error's key: waiting doesn't help."""
