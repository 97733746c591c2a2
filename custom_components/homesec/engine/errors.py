"""What can go wrong, each with a key that the user interface translates.

``key`` names the text, ``placeholders`` fills it. No message ever holds a URL, since a URL may hold
a password: a host name or a file name is the most that is told.
"""

# ruff: noqa: N818 - they are named for what happened; that they are errors, ``SourceError`` says

from __future__ import annotations

from typing import ClassVar


class HomeSecError(Exception):
    """Base of the engine's own exceptions."""

    key: ClassVar[str] = "unknown"

    def __init__(self, message: str = "", **placeholders: str) -> None:
        """Keep the facts beside the English text for the log."""
        super().__init__(message or (self.__doc__ or self.key).strip())
        self.placeholders = placeholders


class SourceError(HomeSecError):
    """The camera's source cannot be used."""

    key = "cannot_connect"


class InvalidSource(SourceError):
    """The address cannot be opened."""

    key = "invalid_source"


class HostNotFound(SourceError):
    """The host name is not known on this network."""

    key = "host_not_found"


class NoRoute(SourceError):
    """Nothing answers at this address."""

    key = "no_route"


class ConnectionRefused(SourceError):
    """The host answers, but nothing listens at this port."""

    key = "connection_refused"


class LoginRefused(SourceError):
    """The camera refuses this user name or password."""

    key = "invalid_auth"


class StreamNotFound(SourceError):
    """The camera is there, but has no stream under this path."""

    key = "stream_not_found"


class SourceTimeout(SourceError):
    """The camera did not answer in time."""

    key = "timeout"


class SourceStalled(SourceError):
    """The camera stopped sending."""

    key = "stalled"


class SourceEnded(SourceError):
    """The source has come to its end."""

    key = "source_ended"


class NoVideo(SourceError):
    """There is no video in it."""

    key = "no_video"


class UnsupportedCodec(SourceError):
    """The video is in a format that cannot be decoded."""

    key = "unsupported_codec"


class FileMissing(SourceError):
    """There is no such file."""

    key = "file_missing"


class DeviceMissing(SourceError):
    """There is no such device."""

    key = "device_missing"


class DeviceBusy(SourceError):
    """Another program is using the device."""

    key = "device_busy"


class AccessDenied(SourceError):
    """The system does not allow it to be opened."""

    key = "access_denied"


class EntityUnavailable(SourceError):
    """The camera entity gives no picture."""

    key = "entity_unavailable"


class DetectorError(HomeSecError):
    """The detector cannot work."""

    key = "detector_failed"


class EngineMissing(DetectorError):
    """The detector's library is not installed or does not load."""

    key = "detector_missing"


class ModelUnknown(DetectorError):
    """There is no model of this name for this detector."""

    key = "model_unknown"


class ModelUnavailable(DetectorError):
    """The model's files are not here and could not be downloaded."""

    key = "model_unavailable"


class ModelBroken(DetectorError):
    """The model's files are here, but cannot be used."""

    key = "model_broken"


class OwnModelRefused(DetectorError):
    """The files or facts of a user's own network cannot be taken.

    ``field`` names the fact at fault as ``import_own`` does, ``reason`` what is wrong with it.
    """

    key = "own_model_refused"


class FrameBroken(HomeSecError):
    """A decoded picture cannot be converted."""

    key = "frame_broken"


class RecordingError(HomeSecError):
    """A clip could not be written."""

    key = "recording_failed"


class DiskFull(RecordingError):
    """There is no space left for clips."""

    key = "disk_full"


class DiskReadOnly(RecordingError):
    """The clip folder cannot be written to."""

    key = "disk_read_only"


class CameraNotRunning(HomeSecError):
    """The camera gives no picture at the moment."""

    key = "camera_not_running"
