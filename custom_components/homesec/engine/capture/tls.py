"""Encrypt the connection to a camera, and check its certificate as its settings say."""

from functools import cache
import hashlib
import hmac
import ssl
from typing import TYPE_CHECKING

from ..core.errors import CertificateChanged, CertificateRefused, SourceError, SourceTimeout
from ..core.source_url import normal_fingerprint

if TYPE_CHECKING:
    import socket

    from ..core.types import SourceConfig


def start_tls(sock: socket.socket, host: str, config: SourceConfig) -> ssl.SSLSocket:
    """Return the encrypted connection; nothing was sent yet. Raises ``SourceError``.

    A pinned certificate is compared on this very connection. The socket is closed on errors.
    """
    context = verifying_context() if config.verify_tls else tolerant_context()
    try:
        encrypted = context.wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as err:
        sock.close()
        raise CertificateRefused(reason=err.verify_message) from None
    except TimeoutError:
        sock.close()
        raise SourceTimeout from None
    except OSError, ValueError:
        sock.close()
        raise SourceError from None
    pinned = config.tls_fingerprint
    if pinned is not None and not hmac.compare_digest(
        certificate_fingerprint(encrypted).encode(), normal_fingerprint(pinned).encode()
    ):
        encrypted.close()
        raise CertificateChanged
    return encrypted


def certificate_fingerprint(sock: ssl.SSLSocket) -> str:
    """Return the SHA-256 of the other side's certificate: 64 hexadecimal digits."""
    return hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest()


@cache
def verifying_context() -> ssl.SSLContext:
    """Return the context that accepts what a public or the system's own authority signed.

    PyPI's FFmpeg has no list of authorities, and some systems have none either.
    """
    import certifi  # late: few cameras have a certificate that it could verify

    context = ssl.create_default_context()
    # Since 3.13, Python refuses what private authorities leave out (RFC 5280, 4.2).
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cafile=certifi.where())
    return context


@cache
def tolerant_context() -> ssl.SSLContext:
    """Return the context for cameras: most have certificates of their own, some old ciphers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT
    return context
