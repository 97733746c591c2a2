"""The forms that offer what a search found, and that ask for the login of a camera."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_ENTITY_ID, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from probatio import Optional, Required, Schema

from ..cameras.makers import HIGHEST_CHANNEL
from ..cameras.presets import CameraPreset
from ..const import (
    CONF_CHANNEL,
    CONF_DEVICE,
    CONF_FOUND,
    CONF_HOST,
    CONF_KIND,
    CONF_MAKER,
    CONF_PRESET,
)
from ..engine.core.types import SourceKind
from .form_fields import choice, number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..cameras.discovery import FoundCameras
    from ..engine.core.discovery import DeviceDetails, OnvifDevice, StreamProfile

MAKER: Final = "maker"
ADDRESS: Final = "address"
AGAIN: Final = "again"
OTHERWISE: Final = (MAKER, ADDRESS, AGAIN)
"""What is offered below the cameras that were found."""
ANY_BY_ONVIF: Final = "ONVIF"
"""The first of the makers: a camera that the search doesn't reach, but that tells its streams."""
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A camera to choose: a device that has to be asked for its streams, or a whole source."""

    label: str
    device: OnvifDevice | None = None
    source: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The streams of one camera of a recorder, or of one lens of a camera."""

    main: StreamProfile
    low: StreamProfile | None

    @property
    def label(self) -> str:
        """Its name and the size of its picture."""
        return f"{self.main.name[:_LONGEST_NAME]} ({self.main.width} x {self.main.height})"


def offers(
    found: FoundCameras, names: Mapping[str, str], used: Collection[str], added: str
) -> dict[str, Offer]:
    """Return the cameras that were found, by the value of their option.

    ``names``: of integrations, by domain; ``used``: entities that are left out, and hosts whose
    devices may have other channels, and get the label ``added``.
    """
    offered: dict[str, Offer] = {}
    for device in found.devices:
        label = _device_label(device)
        if device.host in used:
            label = added.format(camera=label)
        offered[f"onvif {device.id} {device.host}"] = Offer(label=label, device=device)
    for camera in found.entities:
        if camera.entity_id in used:
            continue
        kind = names.get(camera.integration) or camera.integration or camera.entity_id
        source = {CONF_KIND: SourceKind.ENTITY.value, CONF_ENTITY_ID: camera.entity_id}
        offered[camera.entity_id] = Offer(label=f"{camera.name} ({kind})", source=source)
    for webcam in found.webcams:
        source = {CONF_KIND: SourceKind.WEBCAM.value, CONF_DEVICE: webcam.device}
        offered[webcam.device] = Offer(label=f"{webcam.name} ({webcam.device})", source=source)
    return offered


def _device_label(device: OnvifDevice) -> str:
    """Return its maker, its name or model, and its address."""
    name = device.name or device.model
    if device.maker and device.maker.casefold() not in name.casefold():
        name = f"{device.maker} {name}".strip()
    return f"{name[:_LONGEST_NAME]} ({device.host})" if name else device.host


def found_schema(offered: Mapping[str, Offer], otherwise: Mapping[str, str]) -> Schema:
    """Return the form with all cameras; ``otherwise`` has the names of what else there is to do."""
    labels = {
        **{value: offer.label for value, offer in offered.items()},
        **{value: otherwise.get(value, value) for value in OTHERWISE},
    }
    return Schema(
        {
            Required(CONF_FOUND, default=next(iter(labels))): SelectSelector(
                SelectSelectorConfig(
                    options=[SelectOptionDict(value=x, label=labels[x]) for x in labels],
                    mode=SelectSelectorMode.LIST,
                )
            )
        }
    )


def _login_fields() -> dict[Any, Any]:
    """Return the fields that both forms with a login have."""
    return {
        Optional(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="off")),
        Optional(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
        ),
    }


def _preset_field() -> dict[Any, Any]:
    """Return the field that asks where the camera is."""
    return {
        Required(CONF_PRESET, default=CameraPreset.INDOOR.value): choice(
            CameraPreset, "camera_preset", mode=SelectSelectorMode.LIST
        )
    }


def channels(details: DeviceDetails) -> dict[str, Channel]:
    """Return the channels of a device by their numbers: one for each source of pictures."""
    found: dict[str, Channel] = {}
    for source in dict.fromkeys(each.source for each in details.profiles):
        own = tuple(each for each in details.profiles if each.source == source)
        part = replace(details, profiles=own)
        if part.main is not None:
            found[str(len(found) + 1)] = Channel(main=part.main, low=part.low)
    return found


def channel_schema(offered: Mapping[str, Channel]) -> Schema:
    """Return the form that asks for one of a device's channels."""
    options = [
        SelectOptionDict(value=number, label=f"{number}: {each.label}")
        for number, each in offered.items()
    ]
    return Schema(
        {
            Required(CONF_CHANNEL, default=next(iter(offered), "")): SelectSelector(
                SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
            )
        }
    )


def login_schema() -> Schema:
    """Return the form for a device that was found."""
    return Schema({**_login_fields(), **_preset_field()})


def maker_schema(makers: Iterable[str]) -> Schema:
    """Return the form for a camera of a maker whose paths are known."""
    return Schema(
        {
            Required(CONF_MAKER): SelectSelector(
                SelectSelectorConfig(
                    options=[ANY_BY_ONVIF, *makers], mode=SelectSelectorMode.DROPDOWN
                )
            ),
            Required(CONF_HOST): TextSelector(TextSelectorConfig(autocomplete="off")),
            **_login_fields(),
            Required(CONF_CHANNEL, default=1): number(1, HIGHEST_CHANNEL, unit=""),
            **_preset_field(),
        }
    )


def stream_source(answer: Mapping[str, Any], known: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Return a stream with the login of a form.

    A password is never sent back to the browser: an empty field keeps the one of the same user in
    the ``known`` source.
    """
    source: dict[str, Any] = {CONF_KIND: SourceKind.STREAM.value, CONF_URL: url}
    username, password = answer.get(CONF_USERNAME), answer.get(CONF_PASSWORD)
    if username and not password and username == known.get(CONF_USERNAME):
        password = known.get(CONF_PASSWORD)
    if username:
        source[CONF_USERNAME] = username
    if password:
        source[CONF_PASSWORD] = password
    return source
