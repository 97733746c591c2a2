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


class CustomModelRefused(DetectorError):
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


class ClipDamaged(RecordingError):
    """The clip's file cannot be read; it is kept."""

    key = "clip_damaged"


class StartFailed(HomeSecError):
    """The engine could not start.

    ``folder`` names where it failed, ``reason`` what the system said.
    """

    key = "engine_failed"


class StartFolderBlocked(StartFailed):
    """Something else lies where a folder belongs."""

    key = "start_folder_blocked"


class StartFolderDenied(StartFailed):
    """A folder may not be written to."""

    key = "start_folder_denied"


class StartFolderMissing(StartFailed):
    """A folder's disk or network share does not answer."""

    key = "start_folder_missing"


class StartDiskFull(StartFailed):
    """A disk has no room for what the start needs."""

    key = "start_disk_full"


class StartDiskReadOnly(StartFailed):
    """A disk is read-only."""

    key = "start_disk_read_only"


class StartIndexLocked(StartFailed):
    """Another program uses the clip index."""

    key = "start_index_locked"


class CameraNotRunning(HomeSecError):
    """The camera gives no picture at the moment."""

    key = "camera_not_running"


class ClipNotFound(HomeSecError):
    """There is no such clip, or it is still being recorded."""

    key = "clip_not_found"


class ClipProtected(HomeSecError):
    """The clip is protected: it is only removed once it is not any more."""

    key = "clip_protected"


class StorageError(HomeSecError):
    """The cloud storage cannot be used."""

    key = "storage_failed"


class StorageUnreachable(StorageError):
    """The cloud storage does not answer; uploads go on by themselves when it does."""

    key = "storage_unreachable"


class StorageBusy(StorageError):
    """The cloud storage asks for patience; uploads go on by themselves."""

    key = "storage_busy"

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None, **placeholders: str
    ) -> None:
        """Keep how long the storage asks to wait, if it says so."""
        super().__init__(message, **placeholders)
        self.retry_after_s = retry_after_s


class QuotaExceeded(StorageError):
    """The project's quota is used up: raise it in the Google Cloud console, or wait."""

    key = "storage_quota"


class StorageDenied(StorageError):
    """The account may not do this: give it the role Storage Object User on the bucket."""

    key = "storage_denied"


class KeyInvalid(StorageDenied):
    """Not a service-account key: paste the whole JSON file that Google Cloud gave out."""

    key = "storage_key_invalid"


class LoginMissing(StorageDenied):
    """The machine has no Google login of its own: give a service-account key instead."""

    key = "storage_login_missing"


class KeyRevoked(StorageDenied):
    """Google no longer accepts this key or account: make a new key for the service account."""

    key = "storage_key_revoked"


class WrongProject(StorageDenied):
    """The project cannot store: turn on its billing and its Cloud Storage API, or use another."""

    key = "storage_wrong_project"


class BucketMissing(StorageError):
    """There is no bucket of this name: create it in the Google Cloud console, or correct it."""

    key = "storage_bucket_missing"


class ClockSkew(StorageError):
    """The machine's clock is wrong, so that Google refuses its login: let it be set by NTP."""

    key = "storage_clock_skew"


class ObjectMissing(StorageError):
    """The bucket holds no such object; it may have been deleted there."""

    key = "storage_object_missing"


class ObjectConflict(StorageError):
    """Something else is stored under this name already; it is left as it is."""

    key = "storage_object_conflict"


class ChecksumMismatch(StorageError):
    """What arrived is not what was sent; it is sent again."""

    key = "storage_checksum"


class TransferStopped(StorageError):
    """The transfer was told to stop; what has arrived is kept."""

    key = "storage_stopped"


class EncryptionError(StorageError):
    """The encrypted clip cannot be opened."""

    key = "seal_failed"


class EncryptionKeyInvalid(EncryptionError):
    """Not an encryption key, or a letter of it is wrong."""

    key = "seal_key_invalid"


class EncryptionKeyMissing(EncryptionError):
    """The clip was encrypted with another key: enter the key it was encrypted with."""

    key = "seal_key_missing"


class EncryptedFileBroken(EncryptionError):
    """The encrypted clip was changed or cut off in the bucket."""

    key = "seal_broken"


class TextError(HomeSecError):
    """Twilio did not take the text."""

    key = "text_failed"

    def __init__(self, message: str = "", *, maybe_sent: bool = False, **placeholders: str) -> None:
        """Keep whether Twilio may have taken it all the same: then nobody may just try again."""
        super().__init__(message, **placeholders)
        self.maybe_sent = maybe_sent


class TextDenied(TextError):
    """Twilio refuses the login: correct the account SID, and the token or key."""

    key = "text_denied"


class BadPhoneNumber(TextError):
    """No text can be sent to this phone number."""

    key = "text_bad_number"


class TextSenderRefused(TextError):
    """Twilio does not let the account send from this number or messaging service."""

    key = "text_sender_refused"


class TextBlocked(TextError):
    """The recipient has opted out: they have to text START to the sender's number."""

    key = "text_blocked"


class TextCountryRefused(TextError):
    """The account may not text to this country: allow it in Twilio's console (geo permissions)."""

    key = "text_country_refused"


class TextUnsupported(TextError):
    """Nothing can be sent from this sender to this recipient: choose another sender."""

    key = "text_unsupported"


class TextUnreachable(TextError):
    """Twilio does not answer; texts go out by themselves when it does."""

    key = "text_unreachable"


class TextBusy(TextError):
    """Twilio asks for patience; texts go out by themselves."""

    key = "text_busy"

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None, **placeholders: str
    ) -> None:
        """Keep how long Twilio asks to wait, if it says so."""
        super().__init__(message, maybe_sent=False, **placeholders)
        self.retry_after_s = retry_after_s


class TextUndelivered(TextError):
    """Twilio took the text, but the phone's network did not."""

    key = "text_undelivered"


class TextExpired(TextError):
    """The text could not be sent before it was too old to be of use."""

    key = "text_expired"
