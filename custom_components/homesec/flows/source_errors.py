"""Which fields of the camera form an error of its source belongs to."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_PASSWORD, CONF_URL

from ..cameras.config import LOCATION_FIELD
from ..const import CONF_KIND, CONF_VERIFY_TLS, SECTION_CONNECTION
from ..engine.core.errors import (
    BasicRefused,
    CertificateChanged,
    CertificateRefused,
    LoginRefused,
    LoginUnsupported,
    OtherHostRefused,
    SourceError,
    StreamNotFound,
)
from ..engine.core.types import SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS: Final[Mapping[type[SourceError], str]] = {
    BasicRefused: SECTION_CONNECTION,
    CertificateChanged: SECTION_CONNECTION,
    CertificateRefused: CONF_VERIFY_TLS,
    LoginRefused: CONF_PASSWORD,
    LoginUnsupported: CONF_PASSWORD,
    OtherHostRefused: SECTION_CONNECTION,
}
"""Of a stream; any other error belongs to the field with the location."""
_OTHER_HALF: Final[Mapping[tuple[type[SourceError], str], dict[str, str]]] = {
    (LoginRefused, "unknown"): {CONF_URL: "path_unchecked"},
    (StreamNotFound, "wrong"): {CONF_PASSWORD: LoginRefused.key},
    (StreamNotFound, "unknown"): {CONF_PASSWORD: "login_unchecked"},
}
"""What to say of the path if the login is wrong, and of the login if the path is."""


def source_errors(error: SourceError, source: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys of the texts by the form's fields."""
    kind = SourceKind(source[CONF_KIND])
    if kind is not SourceKind.STREAM:
        return {LOCATION_FIELD[kind]: error.key}
    field = _FIELDS.get(type(error), CONF_URL)
    other = error.placeholders.get("login") or error.placeholders.get("path") or ""
    return {field: error.key, **_OTHER_HALF.get((type(error), other), {})}
