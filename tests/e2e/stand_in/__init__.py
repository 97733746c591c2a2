"""Lights, a siren, a speaker, a voice and a picture for the blueprints' test; nothing behind them.

It also leads core's Twilio client to the loopback, as Twilio has no such setting.
"""

import os

from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv

CONFIG_SCHEMA = cv.empty_config_schema("stand_in")
PLATFORMS = [
    Platform.IMAGE,
    Platform.LIGHT,
    Platform.MEDIA_PLAYER,
    Platform.SIREN,
    Platform.TTS,
]


async def async_setup(hass, config):
    hass.data["twilio"].api.base_url = os.environ["STAND_IN_TWILIO"]

    async def fire(call):
        """Fire an event as HomeSec does; one that comes over HTTP is marked as a user's."""
        hass.bus.async_fire(call.data["event_type"], call.data["event_data"])

    hass.services.async_register("stand_in", "fire", fire)
    return True


async def async_setup_entry(hass, entry):
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
