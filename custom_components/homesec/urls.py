"""URLs that HomeSec serves, for the views and for everything that links to them."""

from typing import Final

from .const import DOMAIN

CLIP_URL: Final = f"/api/{DOMAIN}/clip/{{clip_id}}.mp4"
STILL_URL: Final = f"/api/{DOMAIN}/clip/{{clip_id}}.jpg"
ALERT_STILL_URL: Final = f"/api/{DOMAIN}/alert/{{alert_id}}.jpg"
PREVIEW_URL: Final = f"/api/{DOMAIN}/flow/{{flow_id}}.jpg"
TRYOUT_URL: Final = f"/api/{DOMAIN}/tryout/{{token}}"
LAST_PICTURE_URL: Final = f"/api/{DOMAIN}/camera/{{camera_id}}/{{at_ms}}.jpg"
"""With the time, so that another picture isn't taken for this one in a browser's cache."""

PANEL_URL: Final = f"/{DOMAIN}"
PANEL_CLIP_URL: Final = f"{PANEL_URL}/clip/{{clip_id}}"
PANEL_FILES_URL: Final = f"/{DOMAIN}_static/{{digest}}"
