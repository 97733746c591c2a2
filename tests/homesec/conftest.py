"""For the tests of the integration, most of which get Home Assistant and a video."""

from home_fixtures import *  # noqa: F403 - fixtures are found by name
import pytest
from tryout_fixtures import *  # noqa: F403


@pytest.fixture(autouse=True)
def _home(request, cheap_hashes: None, quick_forms: None, nothing_found: object) -> None:
    """Prepare Home Assistant for a test that asks for it."""
    if "hass" in request.fixturenames:
        for name in ("custom_integrations", "config_dir", "engine"):
            request.getfixturevalue(name)
