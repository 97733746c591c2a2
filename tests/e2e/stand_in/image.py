from homeassistant.components.image import ImageEntity
from homeassistant.util import dt as dt_util

JPEG = b"\xff\xd8\xff\xe0stand-in\xff\xd9"


class Picture(ImageEntity):
    _attr_name = _attr_unique_id = "Picture"
    _attr_content_type = "image/jpeg"

    def __init__(self, hass):
        super().__init__(hass)
        self._attr_image_last_updated = dt_util.utcnow()

    async def async_image(self):
        return JPEG


async def async_setup_entry(hass, entry, async_add_entities):
    async_add_entities([Picture(hass)])
