from homeassistant.components.light import ColorMode, LightEntity


class Light(LightEntity):
    _attr_should_poll = False
    _attr_is_on = False

    def __init__(self, name, mode):
        self._attr_name = name
        self._attr_unique_id = name
        self._attr_color_mode = mode
        self._attr_supported_color_modes = {mode}

    async def async_turn_on(self, **kwargs):
        self._attr_is_on = True
        self._attr_brightness = kwargs.get("brightness", self._attr_brightness)
        self._attr_rgb_color = kwargs.get("rgb_color", self._attr_rgb_color)
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs):
        self._attr_is_on = False
        self.async_write_ha_state()


async def async_setup_entry(hass, entry, async_add_entities):
    async_add_entities(
        [
            Light("Lamp", ColorMode.ONOFF),
            Light("Dimmer", ColorMode.BRIGHTNESS),
            Light("Strip", ColorMode.RGB),
        ]
    )
