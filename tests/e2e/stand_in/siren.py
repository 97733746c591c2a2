from homeassistant.components.siren import SirenEntity, SirenEntityFeature


class Siren(SirenEntity):
    _attr_name = _attr_unique_id = "Horn"
    _attr_should_poll = False
    _attr_is_on = False
    _attr_supported_features = SirenEntityFeature.TURN_ON | SirenEntityFeature.TURN_OFF

    async def async_turn_on(self, **kwargs):
        self._attr_is_on = True
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs):
        self._attr_is_on = False
        self.async_write_ha_state()


async def async_setup_entry(hass, entry, async_add_entities):
    async_add_entities([Siren()])
