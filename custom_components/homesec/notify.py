"""A notify entity for each recipient."""

from typing import TYPE_CHECKING, override

from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from ulid_transform import ulid_now

from .alerts.user_texts import UserTexts
from .const import DOMAIN
from .entity import HomeSecEntity

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an entity for each recipient, now and whenever one is added."""
    runtime = entry.runtime_data
    present: set[str] = set()
    limit = UserTexts(hass, guard=runtime.guard, sources=runtime.alarm.codes.sources)

    @callback
    def add(recipient_id: str) -> None:
        if recipient_id not in present:
            present.add(recipient_id)
            async_add_entities(
                [Recipient(runtime=runtime, recipient_id=recipient_id, limit=limit)],
                config_subentry_id=recipient_id,
            )

    runtime.alerts.recipients.async_subscribe(add)


class Recipient(HomeSecEntity, NotifyEntity):
    """Sends messages to a recipient as texts."""

    _attr_name = None
    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self, *, runtime: HomeSecData, recipient_id: str, limit: UserTexts) -> None:
        super().__init__(runtime=runtime, key="recipient", camera_id=recipient_id)
        self._recipient_id = recipient_id
        self._limit = limit

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        await self._limit.async_check(self._context)
        body = f"{title}\n{message}" if title else message
        recipients = self.runtime.alerts.recipients
        if not await recipients.async_send(self._recipient_id, ulid_now(), body):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="text_not_kept")
