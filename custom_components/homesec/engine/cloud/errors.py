"""What can go wrong with cloud storage, each with a key that the user interface translates."""

# ruff: noqa: N818 - named for what happened; `StorageError` says that they are errors

from ..core.errors import HomeSecError


class StorageError(HomeSecError, key="storage_failed"):
    """The cloud storage cannot be used."""


class StorageUnreachable(StorageError, key="storage_unreachable"):
    """The cloud storage does not answer; uploads continue when it does."""


class StorageBusy(StorageError, key="storage_busy"):
    """The cloud storage is busy; uploads continue later."""

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None, **placeholders: str
    ) -> None:
        """Set how long the storage asks to wait, if it does."""
        super().__init__(message, **placeholders)
        self.retry_after_s = retry_after_s


class QuotaExceeded(StorageError, key="storage_quota"):
    """The project's quota is used up: raise it in the Google Cloud console, or wait."""


class StorageDenied(StorageError, key="storage_denied"):
    """The account may not do this: give it the role Storage Object User on the bucket."""


class KeyInvalid(StorageDenied, key="storage_key_invalid"):
    """Not a service-account key: paste the complete JSON file from Google Cloud."""


class LoginMissing(StorageDenied, key="storage_login_missing"):
    """The machine has no Google login of its own: give a service-account key instead."""


class KeyRevoked(StorageDenied, key="storage_key_revoked"):
    """Google no longer accepts this key or account: make a new key for the service account."""


class WrongProject(StorageDenied, key="storage_wrong_project"):
    """The project cannot store: turn on its billing and its Cloud Storage API, or use another."""


class BillingOff(WrongProject, key="storage_billing"):
    """The project's billing is off: turn it on in the Google Cloud console."""


class KmsDenied(StorageDenied, key="storage_kms"):
    """The bucket's Cloud KMS key can't be used: allow it to the storage's service agent."""


class RequesterPays(StorageDenied, key="storage_requester_pays"):
    """The bucket bills its users: name a project that pays, and whose services you may use."""


class PerimeterDenied(StorageDenied, key="storage_perimeter"):
    """A VPC Service Controls perimeter or an IP filter keeps this network out of the bucket."""


class PolicyDenied(StorageDenied, key="storage_policy"):
    """A policy of the Google Cloud organization doesn't allow this bucket, login, or object."""


class RetentionLocked(StorageError, key="storage_retention_locked"):
    """The bucket keeps this object for a while, or as long as a hold lasts, as it is."""


class BucketMissing(StorageError, key="storage_bucket_missing"):
    """There is no bucket of this name: create it in the Google Cloud console, or correct it."""


class ClockSkew(StorageError, key="storage_clock_skew"):
    """The machine's clock is wrong, so Google refuses its login: set it by NTP."""


class ObjectMissing(StorageError, key="storage_object_missing"):
    """The bucket holds no such object; it may have been deleted there."""


class ObjectConflict(StorageError, key="storage_object_conflict"):
    """Something else is stored under this name; it is not overwritten."""


class ChecksumMismatch(StorageError, key="storage_checksum"):
    """The data was damaged during the transfer; it is transferred again."""


class TransferStopped(StorageError, key="storage_stopped"):
    """The transfer was stopped; it can be resumed."""


class EncryptionError(StorageError, key="seal_failed"):
    """The encrypted clip cannot be decrypted."""


class EncryptionKeyInvalid(EncryptionError, key="seal_key_invalid"):
    """Not an encryption key, or a character of it is wrong."""


class EncryptionKeyMissing(EncryptionError, key="seal_key_missing"):
    """The clip was encrypted with another key: enter the key it was encrypted with."""


class PrivateKeyElsewhere(EncryptionKeyMissing, key="seal_private_key_missing"):
    """The private key that decrypts clips isn't on this system."""


class UnencryptedObject(EncryptionError, key="seal_unencrypted"):
    """The object isn't encrypted, although the clip was uploaded encrypted: it was replaced."""


class EncryptedFileBroken(EncryptionError, key="seal_broken"):
    """The encrypted clip was changed or cut off in the bucket."""
