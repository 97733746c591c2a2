"""Errors of the engine, each with a key that the user interface translates.

No message or placeholder ever holds a URL, since a URL can hold a password: at most the name of a
host or file.
Errors of cloud storage and of texts are in ``cloud/errors.py`` and ``sms/errors.py``.
"""

# ruff: noqa: N818 - named for what happened; `SourceError` says that they are errors

from typing import ClassVar


class HomeSecError(Exception):
    """Base of all errors of the engine; a subclass's docstring is its default message."""

    key: ClassVar[str] = "unknown"  # names the translated text that the user sees
    answer: str = ""
    """What the other side said, for the log: without links, keys, and the like."""

    def __init_subclass__(cls, *, key: str) -> None:
        """Set the key of a subclass."""
        super().__init_subclass__()
        cls.key = key

    def __init__(self, message: str = "", **placeholders: str) -> None:
        """Set the English text for the log, and what the translated text has placeholders for."""
        super().__init__(message or (self.__doc__ or self.key).strip())
        self.placeholders = placeholders

    @property
    def log_text(self) -> str:
        """The key, what it means, and what the other side said: the details that a log has.

        Not the message: a library's, which may hold a link or a key, can be a part of that.
        """
        text = " ".join((self.__doc__ or "").split())
        return f"{self.key}: {text}" + (f" [{self.answer}]" if self.answer else "")


class SourceError(HomeSecError, key="cannot_connect"):
    """The camera's source can't be used."""


class InvalidSource(SourceError, key="invalid_source"):
    """The address cannot be opened."""


class HostNotFound(SourceError, key="host_not_found"):
    """The host name is not known on this network."""


class NoRoute(SourceError, key="no_route"):
    """Nothing answers at this address."""


class ConnectionRefused(SourceError, key="connection_refused"):
    """The host answers, but nothing listens at this port."""


class LoginRefused(SourceError, key="invalid_auth"):
    """The camera rejects this user name or password."""


class BasicRefused(LoginRefused, key="basic_refused"):
    """The camera asked for a protected login before, and now for a readable password.

    The password was not sent.
    """


class LoginUnsupported(LoginRefused, key="login_unsupported"):
    """The camera asks for a kind of login that isn't supported."""


class CameraBusy(SourceError, key="camera_busy"):
    """The camera has no room for another viewer."""


class TransportRefused(SourceError, key="transport_refused"):
    """The camera sends its video neither over TCP nor over UDP."""


class OtherHostRefused(SourceError, key="other_host_refused"):
    """The camera's stream leads to another host or port.

    ``host`` is empty for a file, or for another protocol.
    """


class CertificateRefused(SourceError, key="certificate_refused"):
    """The camera's certificate can't be verified."""


class CertificateChanged(SourceError, key="certificate_changed"):
    """The camera's certificate isn't the trusted one."""


class StreamNotFound(SourceError, key="stream_not_found"):
    """The camera is there, but has no stream under this path."""


class SourceTimeout(SourceError, key="timeout"):
    """The camera didn't answer in time."""


class SourceStalled(SourceError, key="stalled"):
    """The camera stopped sending."""


class SourceEnded(SourceError, key="source_ended"):
    """The source has ended."""


class NoVideo(SourceError, key="no_video"):
    """The source has no video."""


class UnsupportedCodec(SourceError, key="unsupported_codec"):
    """The video's codec isn't supported."""


class UnsupportedFormat(NoVideo, key="unsupported_format"):
    """The source isn't in a format that cameras send."""


class PictureRefused(SourceError, key="picture_refused"):
    """The picture's shape is one that no camera has.

    ``width`` and ``height`` are its size.
    """


class PictureTooLarge(SourceError, key="picture_too_large"):
    """The pictures need more memory than there is for a camera.

    ``width``, ``height``, and ``references`` are what the camera announces; ``needed`` and
    ``limit`` are megabytes.
    """


class PacketTooLarge(SourceError, key="packet_too_large"):
    """A picture or GOP has too many bytes.

    ``size`` and ``limit`` are megabytes.
    """


class VideoDamaged(SourceError, key="video_damaged"):
    """The description of the video can't be read."""


class DecodingTooSlow(SourceError, key="decoding_too_slow"):
    """A picture takes too long to decode.

    ``seconds`` is how long.
    """


class NoKeyframe(SourceError, key="no_keyframe"):
    """No keyframe came in time, so nothing can be decoded.

    ``seconds`` is how long it was waited for.
    """


class NotDecoded(SourceError, key="not_decoded"):
    """The camera sends, but none of its pictures could be decoded for some time."""


class NotWatched(SourceError, key="not_watched"):
    """The camera sends, but its pictures aren't searched for people."""


class FormatUnstable(SourceError, key="format_unstable"):
    """The format of the pictures keeps changing.

    ``changes`` is how often, ``seconds`` in what time.
    """


class FileRefused(SourceError, key="file_refused"):
    """The file's index announces more than the file can hold."""


class FileMissing(SourceError, key="file_missing"):
    """The file doesn't exist."""


class DeviceMissing(SourceError, key="device_missing"):
    """The device doesn't exist."""


class DeviceBusy(SourceError, key="device_busy"):
    """Another program is using the device."""


class AccessDenied(SourceError, key="access_denied"):
    """The system denies access to the source."""


class SourceBroken(SourceError, key="source_broken"):
    """The source's data ended the process that read it."""


class EntityUnavailable(SourceError, key="entity_unavailable"):
    """The camera entity has no picture."""


class DiscoveryError(HomeSecError, key="discovery_failed"):
    """The network can't be searched for cameras."""


class DiscoveryMissing(DiscoveryError, key="discovery_missing"):
    """The libraries for ONVIF aren't installed or don't load."""


class OnvifMissing(DiscoveryError, key="no_onvif"):
    """The host answers, but not as an ONVIF device does."""


class MoveRefused(HomeSecError, key="move_refused"):
    """The camera can't be moved like that."""


class DetectorError(HomeSecError, key="detector_failed"):
    """The detector doesn't work."""


class DetectorMissing(DetectorError, key="detector_missing"):
    """The detector's library isn't installed or doesn't load."""


class ModelUnknown(DetectorError, key="model_unknown"):
    """There is no model of this name for this detector."""


class ModelUnavailable(DetectorError, key="model_unavailable"):
    """The model's files are missing and couldn't be downloaded."""


class ModelBroken(DetectorError, key="model_broken"):
    """The model's files can't be used."""


class CustomModelRefused(DetectorError, key="own_model_refused"):
    """The files or metadata of a custom model are refused.

    ``field`` is the parameter of ``import_custom_model`` at fault, ``reason`` what is wrong.
    """


class FrameBroken(HomeSecError, key="frame_broken"):
    """A frame can't be converted."""


class RecordingError(HomeSecError, key="recording_failed"):
    """A clip couldn't be written."""


class DiskFull(RecordingError, key="disk_full"):
    """There is no space left for clips."""


class DiskReadOnly(RecordingError, key="disk_read_only"):
    """The clip folder is read-only."""


class ClipDamaged(RecordingError, key="clip_damaged"):
    """The clip's file can't be read; it's kept."""


class RowRefused(HomeSecError, key="row_refused"):
    """The catalog couldn't store a clip's row; its file has all that the row has."""


class WorkerError(HomeSecError, key="worker_failed"):
    """The worker process can't do this."""


class WorkerDied(WorkerError, key="worker_died"):
    """The worker process ended or hung while it did this; it's started again."""


class WorkerMissing(WorkerError, key="worker_missing"):
    """The worker process isn't running at the moment."""


class ProtocolError(WorkerError, key="worker_protocol"):
    """A message between the processes isn't as agreed."""


class StartFailed(HomeSecError, key="engine_failed"):
    """The engine couldn't start.

    ``folder`` is where it failed, ``reason`` what the system says.
    """


class StartFolderBlocked(StartFailed, key="start_folder_blocked"):
    """Something else is in place of a folder."""


class StartFolderDenied(StartFailed, key="start_folder_denied"):
    """A folder's permissions deny access."""


class StartFolderMissing(StartFailed, key="start_folder_missing"):
    """A folder's disk or network share doesn't answer."""


class StartFolderEmpty(StartFailed, key="start_folder_empty"):
    """The clip folder is empty, although the clip index has clips in it."""


class StartDiskFull(StartFailed, key="start_disk_full"):
    """A disk has no free space for the start."""


class StartDiskReadOnly(StartFailed, key="start_disk_read_only"):
    """A disk is read-only."""


class StartIndexLocked(StartFailed, key="start_index_locked"):
    """Another program uses the clip index."""


class CameraNotRunning(HomeSecError, key="camera_not_running"):
    """The camera has no picture at the moment."""


class ClipNotFound(HomeSecError, key="clip_not_found"):
    """The clip doesn't exist, or is still being recorded."""


class ClipProtected(HomeSecError, key="clip_protected"):
    """The clip is protected from removal."""


class PurgeHeld(HomeSecError, key="purge_held"):
    """Nothing is removed from Recently deleted while the alarm is triggered."""
