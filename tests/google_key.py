"""A service-account key that no Google has given out."""

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CANARY = "tweety-7f3a"


@cache
def _pem():
    # Google's have 2048 bits, which take several times as long to check.
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def service_account(gcs):
    """Return a key whose login is asked of our own server."""
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": CANARY,
        "private_key": _pem(),
        "client_email": "homesec@project.iam.gserviceaccount.com",
        "token_uri": f"{gcs.url}/token",
    }


def pem_lines():
    """Return the secret lines of the private key."""
    return [line for line in _pem().splitlines() if not line.startswith("-")]
