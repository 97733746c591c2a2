"""Constants of Home Assistant's half."""

from datetime import timedelta
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "homesec"
LOGGER: Final = logging.getLogger(__package__)

PLATFORMS: Final = [
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CAMERA,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.NOTIFY,
    Platform.SENSOR,
    Platform.SWITCH,
]

SUBENTRY_CAMERA: Final = "camera"
SUBENTRY_RECIPIENT: Final = "recipient"

# The config entry: detection.
CONF_DETECTOR: Final = "detector"
CONF_MODEL: Final = "model"
SECTION_ADVANCED: Final = "advanced"
SECTION_RESPONSE: Final = "response"
SECTION_SENSORS: Final = "sensors"
SECTION_ZONES: Final = "zones"
DETECTOR_AUTO: Final = "auto"  # stored by earlier versions; it means the default

# A camera: its source.
CONF_KIND: Final = "kind"
CONF_DEVICE: Final = "device"
CONF_FILE: Final = "file"
CONF_VERIFY_TLS: Final = "verify_tls"
CONF_FINGERPRINT: Final = "tls_fingerprint"
CONF_OTHER_HOSTS: Final = "allow_other_hosts"
CONF_ALLOW_BASIC: Final = "allow_basic"
CONF_PICTURES_PER_S: Final = "pictures_per_s"
CONF_DETECT_URL: Final = "detect_url"
CONF_DIGEST_ONLY: Final = "digest_only"  # learned, and in no form
CONF_TRUST: Final = "trust_certificate"  # in the form only
SECTION_CONNECTION: Final = "connection"

CONF_DEVICE_INFO: Final = "device_info"  # learned, and in no form
CONF_MOVEMENT: Final = "movement"  # likewise: how HomeSec moves the camera

CONF_PRESET: Final = "preset"  # in the forms only, like the following
CONF_CHANNEL: Final = "channel"
CONF_FOUND: Final = "found"
CONF_HOST: Final = "host"
CONF_MAKER: Final = "maker"

# A camera: its settings.
CONF_LABELS: Final = "labels"
CONF_DISARMED: Final = "disarmed"
CONF_ARMED_MODES: Final = "armed_modes"
CONF_DETECTION: Final = "detection"
CONF_RECORDING: Final = "recording"
CONF_PRE_ROLL: Final = "pre_roll_s"
CONF_POST_ROLL: Final = "post_roll_s"
CONF_MAX_CLIP: Final = "max_clip_s"
CONF_GRACE: Final = "grace_s"
CONF_THRESHOLD: Final = "threshold"
CONF_DETECT_FPS: Final = "detect_fps"
CONF_WATCH: Final = "watch"
CONF_TAMPER: Final = "tamper"
CONF_RECORD_LABELS: Final = "record_labels"
CONF_ALARM_LABELS: Final = "alarm_labels"
CONF_AT_ONCE: Final = "alarm_at_once"
CONF_ALERT_LABELS: Final = "alert_labels"

# A camera: the entities that wake it.
CONF_WAKE_SENSORS: Final = "wake_sensors"
CONF_TRUSTED_SENSORS: Final = "trusted_sensors"
CONF_USE_SUGGESTED: Final = "use_suggested_sensors"  # in the form only

# A camera: the rules of single labels.
CONF_RULES: Final = "rules"
CONF_LABEL: Final = "label"
CONF_MIN_HEIGHT: Final = "min_height"

# A camera: its zones.
CONF_ZONES: Final = "zones"
CONF_ZONE_ID: Final = "id"  # what a zone stays when it's renamed
CONF_FORMER_NAMES: Final = "former_names"
CONF_POLYGON: Final = "polygon"
CONF_LOITER: Final = "loiter_s"

LABELS: Final = (
    "person",
    "cat",
    "dog",
    "bird",
    "horse",
    "sheep",
    "cow",
    "bear",
    "car",
    "motorcycle",
    "bicycle",
    "bus",
    "truck",
)
"""The labels to choose from: COCO classes that move around a home."""

EVENT_DETECTION_STARTED: Final = "homesec_detection_started"
EVENT_DETECTION_ENDED: Final = "homesec_detection_ended"
EVENT_ZONE_ENTERED: Final = "homesec_zone_entered"
EVENT_ZONE_LEFT: Final = "homesec_zone_left"
EVENT_TAMPER: Final = "homesec_tamper"
EVENT_CLIP_SAVED: Final = "homesec_clip_saved"
EVENT_CLIP_FAILED: Final = "homesec_clip_failed"
EVENT_CLIP_UPLOADED: Final = "homesec_clip_uploaded"
EVENT_CLIPS_DELETED: Final = "homesec_clips_deleted"
EVENT_CLIPS_RESTORED: Final = "homesec_clips_restored"
EVENT_CLIPS_PURGED: Final = "homesec_clips_purged"
EVENT_ALARM_ARMED: Final = "homesec_alarm_armed"
EVENT_ALARM_PENDING: Final = "homesec_alarm_pending"
EVENT_ALARM_TRIGGERED: Final = "homesec_alarm_triggered"
EVENT_ALARM_DISARMED: Final = "homesec_alarm_disarmed"
EVENT_ALARM_REFUSED: Final = "homesec_alarm_refused"
EVENT_ALARM_DURESS: Final = "homesec_alarm_duress"
EVENT_ALARM_WEAKENED: Final = "homesec_alarm_weakened"
EVENT_ALERT: Final = "homesec_alert"
EVENT_ALERT_UPDATED: Final = "homesec_alert_updated"
EVENT_ALERT_UNDELIVERED: Final = "homesec_alert_undelivered"

SERVICE_RECORD: Final = "record"
SERVICE_ARM: Final = "arm"
ATTR_FORCE: Final = "force"
ATTR_SKIP_DELAY: Final = "skip_delay"
ATTR_DURATION: Final = "duration"

TRIGGER_TIME_S: Final = 180.0
"""How long the alarm stays triggered before it goes back to the armed state."""
REACH_S: Final = 5.0
"""How long a camera that is switched on may take to run before it counts as offline…"""
REACH_STARTING_S: Final = 20.0  # …and while Home Assistant is starting

START_RETRY_S: Final = (5.0, 300.0)
"""Shortest and longest wait before another try to start the engine."""
STATS_INTERVAL: Final = timedelta(seconds=30)
LOST_BEFORE_REPAIR: Final = timedelta(minutes=5)
"""Cameras restart and cables are unplugged; only a longer loss is worth an issue."""

STOP_TIMEOUT_S: Final = 15.0
"""A busy system needs time to finish clips; Home Assistant's own stop waits much longer."""

# The config entry: cloud storage and retention.
CONF_STORAGE: Final = "storage"
CONF_SEAL_KEYS: Final = "seal_keys"
"""Earlier encryption keys of clips in the bucket; kept even without cloud storage."""
CONF_RETENTION: Final = "retention"

UPLOADS_STUCK_AFTER: Final = timedelta(hours=24)
"""A slow connection, or a day without internet, needs no action by the user."""

# The config entry: the alarm.
CONF_ALARM: Final = "alarm"
CONF_PINS: Final = "pins"
