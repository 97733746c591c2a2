"""The form that asks for a camera's source, and the webcams that it offers."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.data_entry_flow import Optional, Required, section
from homeassistant.helpers.field_visibility import ConditionOperator, FieldCondition
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from ..cameras.config import DEFAULT_PICTURES_PER_S, LOCATION_FIELD
from ..cameras.presets import CameraPreset
from ..const import (
    CONF_ALLOW_BASIC,
    CONF_DETECT_URL,
    CONF_DEVICE,
    CONF_DIGEST_ONLY,
    CONF_FILE,
    CONF_FINGERPRINT,
    CONF_KIND,
    CONF_OTHER_HOSTS,
    CONF_PICTURES_PER_S,
    CONF_PRESET,
    CONF_VERIFY_TLS,
    SECTION_CONNECTION,
)
from ..engine.core.errors import InvalidSource
from ..engine.core.source_url import (
    format_fingerprint,
    normal_fingerprint,
    parse_source_url,
    split_login,
)
from ..engine.core.types import SourceKind
from .form_fields import choice, number

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from ..cameras.webcams import Webcam


def _if(kind: SourceKind) -> FieldCondition:
    """Return the condition that shows a field for one kind of source only."""
    return {"field": CONF_KIND, "value": kind.value}


_IF_NETWORK: FieldCondition = {
    "field": CONF_KIND,
    "operator": ConditionOperator.IN,
    "value": [SourceKind.STREAM.value, SourceKind.ENTITY.value],
}


def source_schema(
    webcams: Iterable[Webcam],
    excluded: Iterable[str] = (),
    *,
    asks_preset: bool = False,
    opened: Container[str] = (),
) -> probatio.Schema:
    """Return the form; camera entities that are ``excluded`` can't be chosen.

    ``asks_preset``: ask where a new camera is; ``opened``: the sections that aren't collapsed.
    """
    preset = {
        Required(CONF_PRESET, default=CameraPreset.INDOOR.value): choice(
            CameraPreset, "camera_preset", mode=SelectSelectorMode.LIST
        )
    }
    devices = [SelectOptionDict(value=w.device, label=f"{w.name} ({w.device})") for w in webcams]
    return probatio.Schema(
        {
            Required(CONF_KIND, default=SourceKind.STREAM.value): choice(
                SourceKind, "source_kind", mode=SelectSelectorMode.LIST
            ),
            Required(CONF_URL, visible=_if(SourceKind.STREAM)): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL, autocomplete="off")
            ),
            Optional(CONF_USERNAME, visible=_if(SourceKind.STREAM)): TextSelector(
                TextSelectorConfig(autocomplete="off")
            ),
            Optional(CONF_PASSWORD, visible=_if(SourceKind.STREAM)): TextSelector(
                TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
            ),
            Optional(
                CONF_VERIFY_TLS, default=False, visible=_if(SourceKind.STREAM)
            ): BooleanSelector(),
            Required(CONF_ENTITY_ID, visible=_if(SourceKind.ENTITY)): EntitySelector(
                EntitySelectorConfig(filter={"domain": "camera"}, exclude_entities=list(excluded))
            ),
            Required(CONF_DEVICE, visible=_if(SourceKind.WEBCAM)): SelectSelector(
                SelectSelectorConfig(
                    options=devices, custom_value=True, mode=SelectSelectorMode.DROPDOWN
                )
            ),
            Required(CONF_FILE, visible=_if(SourceKind.FILE)): TextSelector(),
            **(preset if asks_preset else {}),
            Optional(SECTION_CONNECTION, visible=_IF_NETWORK): section(
                probatio.Schema(
                    {
                        Optional(CONF_DETECT_URL): TextSelector(
                            TextSelectorConfig(type=TextSelectorType.URL, autocomplete="off")
                        ),
                        Optional(CONF_FINGERPRINT): TextSelector(),
                        Optional(CONF_OTHER_HOSTS): BooleanSelector(),
                        Optional(CONF_ALLOW_BASIC): BooleanSelector(),
                        Optional(CONF_PICTURES_PER_S, default=DEFAULT_PICTURES_PER_S): number(
                            0.1, 10, unit="/s", step=0.1
                        ),
                    }
                ),
                {"collapsed": SECTION_CONNECTION not in opened},
            ),
        }
    )


def read_source(answer: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the source as it is stored, with credentials apart from the URL.

    A password is never sent back to the browser: an empty field keeps the one of the same user in
    the ``known`` source.
    """
    kind = SourceKind(answer[CONF_KIND])
    field = LOCATION_FIELD[kind]
    source = {CONF_KIND: kind.value, field: answer[field].strip()}
    connection = answer.get(SECTION_CONNECTION, known)
    if kind is SourceKind.ENTITY:
        return source | _read_connection(connection)
    if kind is not SourceKind.STREAM:
        return source
    source[CONF_URL], username, password = split_login(answer[CONF_URL])
    username = answer.get(CONF_USERNAME) or username
    password = answer.get(CONF_PASSWORD) or password
    if detect_url := (connection.get(CONF_DETECT_URL) or "").strip():
        detect_url, other_username, other_password = split_login(detect_url)
        username, password = username or other_username, password or other_password
        if detect_url != source[CONF_URL]:
            source[CONF_DETECT_URL] = detect_url
    if username and not password and username == known.get(CONF_USERNAME):
        password = known.get(CONF_PASSWORD)
    source[CONF_VERIFY_TLS] = answer.get(CONF_VERIFY_TLS, False)
    if username:
        source[CONF_USERNAME] = username
    if password:
        source[CONF_PASSWORD] = password
    if fingerprint := normal_fingerprint(connection.get(CONF_FINGERPRINT) or ""):
        source[CONF_FINGERPRINT] = fingerprint
    if known.get(CONF_DIGEST_ONLY) and _same_host(source[CONF_URL], known.get(CONF_URL, "")):
        source[CONF_DIGEST_ONLY] = True
    return source | _read_connection(connection)


def _read_connection(connection: Mapping[str, Any]) -> dict[str, Any]:
    """Return what isn't at its default; a source stored by an earlier version has nothing."""
    found = {key: True for key in (CONF_OTHER_HOSTS, CONF_ALLOW_BASIC) if connection.get(key)}
    rate = connection.get(CONF_PICTURES_PER_S) or DEFAULT_PICTURES_PER_S
    return found if rate == DEFAULT_PICTURES_PER_S else {**found, CONF_PICTURES_PER_S: rate}


def _same_host(one: str, other: str) -> bool:
    try:
        return parse_source_url(one).origin == parse_source_url(other).origin
    except InvalidSource:
        return False


def format_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored source as the form shows it, without its password."""
    shown = {key: value for key, value in source.items() if key != CONF_PASSWORD}
    if fingerprint := shown.get(CONF_FINGERPRINT):
        shown[CONF_FINGERPRINT] = format_fingerprint(fingerprint)
    return {**shown, SECTION_CONNECTION: shown}  # the form takes only those it has fields for
