"""For the tests of the integration: each of them gets Home Assistant and a video."""

from home_fixtures import *  # noqa: F403 - fixtures are found by name
import pytest
from tryout_fixtures import *  # noqa: F403


@pytest.fixture(autouse=True)
def _home(
    custom_integrations: None,
    cheap_hashes: None,
    config_dir: None,
    engine: None,
    quick_forms: None,
    nothing_found: object,
) -> None:
    """Prepare Home Assistant."""
