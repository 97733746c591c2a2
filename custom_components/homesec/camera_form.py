"""The two forms of the camera flow, and what their answers mean."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import (
    CONF_ENTITY_ID,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    UnitOfTime,
)
from homeassistant.data_entry_flow import Optional, Required, section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .alarm import ARMED_MODES
from .camera_config import DEFAULTS, LOCATION_FIELD, split_credentials
from .const import (
    CONF_ARMED_MODES,
    CONF_DETECT_FPS,
    CONF_DETECTION,
    CONF_DEVICE,
    CONF_DISARMED,
    CONF_FILE,
    CONF_GRACE,
    CONF_KIND,
    CONF_LABELS,
    CONF_MAX_CLIP,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_THRESHOLD,
    CONF_VERIFY_TLS,
    CONF_WATCH,
    LABELS,
    SECTION_ADVANCED,
)
from .engine.models import Activity, SourceKind, Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeassistant.helpers.field_visibility import FieldCondition

    from .webcams import Webcam

_ADVANCED: Final = (
    CONF_THRESHOLD,
    CONF_GRACE,
    CONF_DETECT_FPS,
    CONF_MAX_CLIP,
    CONF_WATCH,
)


def _if(kind: SourceKind) -> FieldCondition:
    """Show a field for one kind of source only."""
    return {"field": CONF_KIND, "value": kind.value}


def _choice(
    options: Iterable[str],
    translation_key: str,
    *,
    multiple: bool = False,
    mode: SelectSelectorMode = SelectSelectorMode.DROPDOWN,
) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), translation_key=translation_key, multiple=multiple, mode=mode
        )
    )


def _number(low: float, high: float, *, unit: str, step: float = 1) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=low,
            max=high,
            step=step,
            unit_of_measurement=unit,
            mode=NumberSelectorMode.BOX,
        )
    )


def source_schema(webcams: Iterable[Webcam]) -> probatio.Schema:
    """Return the form that asks where the pictures come from."""
    devices = [SelectOptionDict(value=w.device, label=f"{w.name} ({w.device})") for w in webcams]
    return probatio.Schema(
        {
            Required(CONF_KIND, default=SourceKind.STREAM.value): _choice(
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
                EntitySelectorConfig(filter={"domain": "camera"})
            ),
            Required(CONF_DEVICE, visible=_if(SourceKind.WEBCAM)): SelectSelector(
                SelectSelectorConfig(
                    options=devices, custom_value=True, mode=SelectSelectorMode.DROPDOWN
                )
            ),
            Required(CONF_FILE, visible=_if(SourceKind.FILE)): TextSelector(),
        }
    )


def read_source(answer: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the source that was described, credentials apart from the URL.

    A password is never sent to the browser again; an empty field keeps the one that is ``known``
    of the same user.
    """
    kind = SourceKind(answer[CONF_KIND])
    field = LOCATION_FIELD[kind]
    source = {CONF_KIND: kind.value, field: answer[field].strip()}
    if kind is not SourceKind.STREAM:
        return source
    source[CONF_URL], username, password = split_credentials(answer[CONF_URL])
    username = answer.get(CONF_USERNAME) or username
    password = answer.get(CONF_PASSWORD) or password
    if username and not password and username == known.get(CONF_USERNAME):
        password = known.get(CONF_PASSWORD)
    source[CONF_VERIFY_TLS] = answer.get(CONF_VERIFY_TLS, False)
    if username:
        source[CONF_USERNAME] = username
    if password:
        source[CONF_PASSWORD] = password
    return source


def shown_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored source as the form may show it again."""
    return {key: value for key, value in source.items() if key != CONF_PASSWORD}


def settings_schema() -> probatio.Schema:
    """Return the form that asks what is done with the pictures."""
    seconds = UnitOfTime.SECONDS
    return probatio.Schema(
        {
            Required(CONF_NAME): TextSelector(),
            Required(CONF_LABELS): _choice(LABELS, "label", multiple=True),
            Required(CONF_DISARMED): _choice(Activity, "disarmed"),
            Required(CONF_ARMED_MODES): _choice(ARMED_MODES, "armed_mode", multiple=True),
            Required(CONF_PRE_ROLL): _number(0, 30, unit=seconds),
            Required(CONF_POST_ROLL): _number(0, 60, unit=seconds),
            Required(SECTION_ADVANCED): section(
                probatio.Schema(
                    {
                        Optional(CONF_THRESHOLD): _number(10, 95, unit="%"),
                        Required(CONF_GRACE): _number(0.5, 60, step=0.5, unit=seconds),
                        Required(CONF_DETECT_FPS): _number(1, 15, unit="fps"),
                        Required(CONF_MAX_CLIP): _number(10, 3600, unit=seconds),
                        Required(CONF_WATCH): _choice(Watch, "watch"),
                    }
                ),
                {"collapsed": True},
            ),
        }
    )


def shown_settings(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings, or the defaults, as the form shows them."""
    values = {**DEFAULTS, **data}
    if (threshold := values.get(CONF_THRESHOLD)) is not None:
        values[CONF_THRESHOLD] = round(threshold * 100)
    plain = {
        key: values[key]
        for key in (CONF_LABELS, CONF_DISARMED, CONF_ARMED_MODES, CONF_PRE_ROLL, CONF_POST_ROLL)
    }
    advanced = {key: values[key] for key in _ADVANCED if key in values}
    return {CONF_NAME: name, **plain, SECTION_ADVANCED: advanced}


def read_settings(
    answer: Mapping[str, Any], stored: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the camera's name and its settings."""
    plain = {key: value for key, value in answer.items() if key != SECTION_ADVANCED}
    settings = {**plain, **answer[SECTION_ADVANCED]}
    name = settings.pop(CONF_NAME).strip()
    if (threshold := settings.get(CONF_THRESHOLD)) is not None:
        settings[CONF_THRESHOLD] = threshold / 100
    settings[CONF_DETECTION] = stored.get(CONF_DETECTION, DEFAULTS[CONF_DETECTION])
    return name, settings


def settings_errors(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the answers that each field alone accepts."""
    errors: dict[str, str] = {}
    if not answer[CONF_NAME].strip():
        errors[CONF_NAME] = "name_missing"
    if not answer[CONF_LABELS]:
        errors[CONF_LABELS] = "labels_missing"
    return errors
