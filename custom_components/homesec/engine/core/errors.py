"""Errors of the engine, each with a key that the user interface translates.

No message or placeholder ever holds a URL, since a URL can hold a password: at most the name of a
host or file.
Errors of cloud storage and of texts are in ``cloud/errors.py`` and ``sms/errors.py``.
"""

# ruff: noqa: N818 - named for what happened; `SourceError` says that they are errors

from __future__ import annotations

from typing import ClassVar


class HomeSecError(Exception):
    """Base of all errors of the engine; a subclass's docstring is its default message."""

    key: ClassVar[str] = "unknown"
    """Names the translated text that the user sees."""

    def __init_subclass__(cls, *, key: str) -> None:
        """Set the key of a subclass."""
        super().__init_subclass__()
        cls.key = key

    def __init__(self, message: str = "", **placeholders: str) -> None:
        """Set the English text for the log, and what the translated text has placeholders for."""
        super().__init__(message or (self.__doc__ or self.key).strip())
        self.placeholders = placeholders


class SourceError(HomeSecError, key="cannot_connect"):
    """The camera's source cannot be used."""


class InvalidSource(SourceError, key="invalid_source"):
    """The address cannot be opened."""


class HostNotFound(SourceError, key="host_not_found"):
    """The host name is not known on this network."""


class NoRoute(SourceError, key="no_route"):
    """Nothing answers at this address."""


class ConnectionRefused(SourceError, key="connection_refused"):
    """The host answers, but nothing listens at this port."""


class LoginRefused(SourceError, key="invalid_auth"):
    """The camera refuses this user name or password."""


class StreamNotFound(SourceError, key="stream_not_found"):
    """The camera is there, but has no stream under this path."""


class SourceTimeout(SourceError, key="timeout"):
    """The camera did not answer in time."""


class SourceStalled(SourceError, key="stalled"):
    """The camera stopped sending."""


class SourceEnded(SourceError, key="source_ended"):
    """The source has come to its end."""


class NoVideo(SourceError, key="no_video"):
    """There is no video in it."""


class UnsupportedCodec(SourceError, key="unsupported_codec"):
    """The video is in a format that cannot be decoded."""


class FileMissing(SourceError, key="file_missing"):
    """There is no such file."""


class DeviceMissing(SourceError, key="device_missing"):
    """There is no such device."""


class DeviceBusy(SourceError, key="device_busy"):
    """Another program is using the device."""


class AccessDenied(SourceError, key="access_denied"):
    """The system does not allow it to be opened."""


class EntityUnavailable(SourceError, key="entity_unavailable"):
    """The camera entity gives no picture."""


class DetectorError(HomeSecError, key="detector_failed"):
    """The detector cannot work."""


class DetectorMissing(DetectorError, key="detector_missing"):
    """The detector's library is not installed or does not load."""


class ModelUnknown(DetectorError, key="model_unknown"):
    """There is no model of this name for this detector."""


class ModelUnavailable(DetectorError, key="model_unavailable"):
    """The model's files are not here and could not be downloaded."""


class ModelBroken(DetectorError, key="model_broken"):
    """The model's files are here, but cannot be used."""


class CustomModelRefused(DetectorError, key="own_model_refused"):
    """The files or metadata of a custom model are refused.

    ``field`` is the parameter of ``import_custom_model`` at fault, ``reason`` what is wrong.
    """


class FrameBroken(HomeSecError, key="frame_broken"):
    """A decoded picture cannot be converted."""


class RecordingError(HomeSecError, key="recording_failed"):
    """A clip could not be written."""


class DiskFull(RecordingError, key="disk_full"):
    """There is no space left for clips."""


class DiskReadOnly(RecordingError, key="disk_read_only"):
    """The clip folder cannot be written to."""


class ClipDamaged(RecordingError, key="clip_damaged"):
    """The clip's file cannot be read; it is kept."""


class StartFailed(HomeSecError, key="engine_failed"):
    """The engine could not start.

    ``folder`` names where it failed, ``reason`` what the system said.
    """


class StartFolderBlocked(StartFailed, key="start_folder_blocked"):
    """Something else lies where a folder belongs."""


class StartFolderDenied(StartFailed, key="start_folder_denied"):
    """A folder may not be written to."""


class StartFolderMissing(StartFailed, key="start_folder_missing"):
    """A folder's disk or network share does not answer."""


class StartDiskFull(StartFailed, key="start_disk_full"):
    """A disk has no room for what the start needs."""


class StartDiskReadOnly(StartFailed, key="start_disk_read_only"):
    """A disk is read-only."""


class StartIndexLocked(StartFailed, key="start_index_locked"):
    """Another program uses the clip index."""


class CameraNotRunning(HomeSecError, key="camera_not_running"):
    """The camera gives no picture at the moment."""


class ClipNotFound(HomeSecError, key="clip_not_found"):
    """There is no such clip, or it is still being recorded."""


class ClipProtected(HomeSecError, key="clip_protected"):
    """The clip is protected: it is only removed once it is not any more."""
