"""A Home Assistant for blueprints: HomeSec with a camera, a phone, a mailbox, and stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

from loopback_servers import Folder, MailServer, PushService
from twilio_messages import ACCOUNT_SID, AUTH_TOKEN, SENDER

from homesec_dev import demo_setup, footage
from homesec_dev.bootstrap import paths
from homesec_dev.ha import HomeAssistant
from homesec_dev.ha_client import Subscription

BLUEPRINTS = paths.REPOSITORY / "blueprints" / "automation" / "homesec"
STAND_IN = Path(__file__).parent / "stand_in"
PIN = "073914"
MAILBOX = "notify.ha_example_org_anna"
TWILIO = Path(__file__).parents[1] / "twilio_server.py"
YAML = f"""
automation: !include automations.yaml
scene:
stand_in:
twilio:
  account_sid: {ACCOUNT_SID}
  auth_token: {AUTH_TOKEN}
notify:
  - platform: twilio_sms
    name: twilio_sms
    from_number: "{SENDER}"
"""


@dataclass
class House:
    """A Home Assistant with HomeSec and the services around it."""

    ha: HomeAssistant
    push: PushService
    mail: MailServer
    twilio: str
    site: Folder
    film: str
    """A video with people."""
    phone: str = ""
    webhook: str = ""
    camera: dict[str, str] = field(default_factory=dict)
    actions: Subscription | None = None

    @property
    def panel(self) -> str:
        return demo_setup.entity_id(self.ha.client, "alarm_control_panel")

    def fire(self, event: str, **data: Any) -> None:
        self.ha.client.act("stand_in.fire", event_type=event, event_data=data)

    def alert(self, event: str = "homesec_alert", **data: Any) -> None:
        self.fire(event, **(ALERT | self.camera | {"image_entity_id": "image.picture"} | data))

    def called(self, action: str) -> dict[str, Any]:
        """Wait for the next call of an action and return its data."""
        while True:
            call = self.actions.next(timeout_s=60)["data"]
            if f"{call['domain']}.{call['service']}" == action:
                return call["service_data"]


ALERT = {
    "alert_id": "01K0ALERT00000000000000001",
    "kind": "seen",
    "cameras": ["Front door"],
    "label": "person",
    "score": 0.87,
    "count": 1,
    "zones": [],
    "mode": "away",
    "alarm_state": "armed",
    "first_seen": "2026-11-21T18:00:00.000+00:00",
    "time": "2026-11-21T18:00:00.000+00:00",
    "clip_id": "01K0CLIP000000000000000001",
    "link": "/homesec/clip/01K0CLIP000000000000000001",
    "still": "/api/homesec/alert/01K0ALERT00000000000000001.jpg",
    "clip": "/api/homesec/clip/01K0CLIP000000000000000001.mp4",
    "title": "Person at Front door",
    "message": "Seen at 18:00 <b>& after</b>",
}


@contextmanager
def twilio_server() -> Iterator[str]:
    """Start the stand-in for Twilio; return its address."""
    command = [sys.executable, TWILIO]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.kill()


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    """Run Home Assistant in an empty folder."""
    film = footage.sample("bikes")
    (folder / "automations.yaml").write_text("[]")
    for part in ("custom_components", "www"):
        (folder / part).mkdir()
    (folder / "custom_components" / "stand_in").symlink_to(STAND_IN)
    with ExitStack() as stack:
        push, mail, site = map(
            stack.enter_context, (PushService(), MailServer(), Folder(BLUEPRINTS))
        )
        twilio = stack.enter_context(twilio_server())
        shutil.copy(film, folder / "www" / film.name)  # Home Assistant may read this folder
        environment = {"STAND_IN_TWILIO": twilio}
        ha = stack.enter_context(HomeAssistant(folder, env=environment, extra_yaml=YAML))
        house = House(ha, push, mail, twilio, site, str(folder / "www" / film.name))
        set_up_home(house)
        yield house


def set_up_home(house: House) -> None:
    """Add HomeSec with a camera that is never live, a phone, a mailbox, and the stand-ins."""
    client = house.ha.client
    entry_id = demo_setup.add_homesec(client)
    shown = demo_setup.camera_form(client, entry_id).answer(kind="file", file=house.film)
    settings = demo_setup.suggested(shown)
    settings |= {"name": "Front door", "armed_modes": []}
    settings["response"] |= {"disarmed": "off"}
    assert demo_setup.save_camera(shown, settings).type == "create_entry"
    devices = client.command("config/device_registry/list")
    device_id = next(each["id"] for each in devices if each["name"] == "Front door")
    [camera] = client.command("config_entries/subentries/list", entry_id=entry_id)
    house.camera = {
        "camera_id": camera["subentry_id"],
        "camera": "Front door",
        "device_id": device_id,
        "camera_entity_id": demo_setup.entity_id(client, "camera"),
    }

    settings = client.reconfigure_entry("homesec", entry_id).answer(next_step_id="pins")
    added = settings.answer(name="Anna", kind="full", code=PIN, code_again=PIN)
    assert added.type == "abort", added.errors
    settings = client.reconfigure_entry("homesec", entry_id).answer(next_step_id="alarm")
    alarm = demo_setup.suggested(settings) | {"code_to_arm": True}
    assert settings.answer(alarm).type == "abort"

    assert client.add_entry("stand_in").type == "create_entry"
    registration = {
        "device_id": "phone-1",
        "app_id": "io.homeassistant.companion",
        "app_name": "Home Assistant",
        "app_version": "2026.11",
        "device_name": "Phone",
        "manufacturer": "Apple",
        "model": "iPhone",
        "os_name": "iOS",
        "os_version": "20",
        "supports_encryption": False,
        "app_data": {"push_token": "token", "push_url": f"{house.push.url}/push"},
    }
    registered = client.post("/api/mobile_app/registrations", registration)
    house.webhook = f"/api/webhook/{registered['webhook_id']}"
    devices = client.command("config/device_registry/list")
    house.phone = next(each["id"] for each in devices if each["name"] == "Phone")

    server = {"server": "127.0.0.1", "port": house.mail.port, "encryption": "none"}
    mailbox = client.add_entry("smtp").answer(
        sender="ha@example.org", verify_ssl=True, options={}, **server
    )
    kind, flow_id = mailbox.shown["next_flow"]
    assert kind == "config_subentries_flow"
    path = "/api/config/config_entries/subentries/flow"
    added = client.post(f"{path}/{flow_id}", {"name": "Anna", "recipient": "anna@example.org"})
    assert added["type"] == "create_entry"
    client.wait_for_state(MAILBOX, "unknown")
