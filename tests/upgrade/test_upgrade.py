"""A real Home Assistant starts on the configuration that the first edition left behind."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import subprocess
import sys
import time
from urllib.request import urlopen

from fake_gcs import FakeGcs
import pytest
from upgrade_fixtures import (
    DRIVE,
    ENTRY_ID,
    GARDEN,
    HALF_UPLOADED_CLIP,
    PIN,
    PROTECTED_CLIP,
    RECEIVED_BYTES,
    UNFINISHED_CLIP,
    saved_file,
    saved_json,
    unpack,
)

from homesec_dev.demo_setup import entity_id
from homesec_dev.ha import HomeAssistant
from homesec_dev.ha_client import HaClient, HaError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TWILIO = Path(__file__).parents[1] / "twilio_server.py"


@dataclass
class Upgraded:
    """The started Home Assistant and the services around it."""

    ha: HomeAssistant
    gcs: FakeGcs
    twilio: str

    @property
    def client(self) -> HaClient:
        return self.ha.client

    def texts(self) -> list[str]:
        with urlopen(f"{self.twilio}/_messages") as answer:
            return [message["body"] for message in json.load(answer)]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("ha")
    pipe = subprocess.PIPE
    with (
        FakeGcs(tmp_path_factory.mktemp("bucket")) as gcs,
        subprocess.Popen([sys.executable, TWILIO], stdin=pipe, stdout=pipe, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            twilio = f"http://127.0.0.1:{int(server.stdout.readline())}"
            unpack(folder, gcs)
            env = {"HOMESEC_TWILIO_API": twilio, "STORAGE_EMULATOR_HOST": gcs.url}
            with HomeAssistant(folder, env=env) as ha:
                yield Upgraded(ha, gcs, twilio)
        finally:
            server.kill()


def until(condition, what: str, timeout_s: float = 60):
    """Return the condition's value once it is true: threads of HomeSec take their time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return value


def clips(upgraded: Upgraded) -> dict[str, dict]:
    """Return the clips by id; none while the engine starts, beside Home Assistant."""
    try:
        listed = upgraded.client.command("homesec/clips/list", limit=100)["clips"]
    except HaError:
        return {}
    return {clip["id"]: clip for clip in listed}


def stored_entry(upgraded: Upgraded) -> dict:
    """Return HomeSec's entry as it's stored now."""
    store = upgraded.ha.folder / ".storage" / "core.config_entries"
    entries = json.loads(store.read_text())["data"]["entries"]
    [entry] = [each for each in entries if each["domain"] == "homesec"]
    return entry


def test_upgrade_entry_and_subentries_keep_their_data(upgraded: Upgraded) -> None:
    [entry] = upgraded.client.entries("homesec")
    assert (entry["entry_id"], entry["state"]) == (ENTRY_ID, "loaded")
    [before] = saved_json("core.config_entries")["entries"]
    after = stored_entry(upgraded)
    for name in ("alarm", "pins", "retention"):
        assert after["data"][name] == before["data"][name]
    assert after["data"]["storage"]["bucket"] == before["data"]["storage"]["bucket"]
    shown = {each["subentry_id"]: each for each in after["subentries"]}
    for was in before["subentries"]:
        now = shown[was["subentry_id"]]
        assert (now["title"], now["unique_id"]) == (was["title"], was["unique_id"])
        changed = {key for key, value in was["data"].items() if now["data"].get(key) != value}
        assert changed <= {"file"}  # the folder's own path


def test_upgrade_entities_keep_unique_and_entity_ids(upgraded: Upgraded) -> None:
    before = {
        (each["entity_id"].partition(".")[0], each["unique_id"]): each["entity_id"]
        for each in saved_json("core.entity_registry")["entities"]
    }
    entities = upgraded.client.command("config/entity_registry/list")
    after = {
        (each["entity_id"].partition(".")[0], each["unique_id"]): each["entity_id"]
        for each in entities
        if each["platform"] == "homesec"
    }
    assert before.items() <= after.items()
    # An entity that nothing provides any more has no state, or one that was restored.
    enabled = {each["entity_id"] for each in entities if each["disabled_by"] is None}
    for shown in sorted(enabled & set(before.values())):
        state = upgraded.client.state(shown)
        assert "restored" not in state["attributes"], shown


def test_upgrade_clips_are_listed_and_unfinished_one_is_saved(upgraded: Upgraded) -> None:
    until(lambda: UNFINISHED_CLIP in clips(upgraded), "the clip that was being recorded")
    listed = clips(upgraded)
    assert {PROTECTED_CLIP, HALF_UPLOADED_CLIP, UNFINISHED_CLIP} <= listed.keys()
    assert listed[PROTECTED_CLIP]["protected"]
    assert all(listed[clip_id]["label"] == "person" for clip_id in listed)
    assert listed[UNFINISHED_CLIP]["duration"] > 0
    shown = upgraded.client.command("homesec/clips/get", clip_id=PROTECTED_CLIP)
    assert shown["clip"]["zones"] == ["Path"]


def test_upgrade_half_done_upload_continues_where_it_stopped(upgraded: Upgraded) -> None:
    def arrived() -> dict[str, str]:
        names = upgraded.gcs.objects()
        return {Path(name).stem: name for name in names if name.endswith(".mp4")}

    until(lambda: {HALF_UPLOADED_CLIP, UNFINISHED_CLIP} <= arrived().keys(), "the uploads")
    local = saved_file(f"{HALF_UPLOADED_CLIP}.mp4").read_bytes()
    assert upgraded.gcs.content(arrived()[HALF_UPLOADED_CLIP]) == local
    rest = len(local) - RECEIVED_BYTES

    def sizes() -> list[int]:
        return [size for method, _, size in upgraded.gcs.faults.seen if method == "PUT"]

    until(lambda: rest in sizes(), "the rest of a clip")


def test_upgrade_alarm_is_still_armed_and_the_old_pin_disarms_it(upgraded: Upgraded) -> None:
    panel = entity_id(upgraded.client, "alarm_control_panel")
    assert upgraded.client.state(panel)["state"] in ("armed_away", "triggered", "pending")
    with pytest.raises(HaError):
        upgraded.client.act("alarm_control_panel.alarm_disarm", entity_id=panel, code="000000")
    upgraded.client.act("alarm_control_panel.alarm_disarm", entity_id=panel, code=PIN)
    disarmed = upgraded.client.wait_for_state(panel, "disarmed")
    assert disarmed["attributes"]["changed_by"] == "Anna"


def test_upgrade_pin_that_was_used_is_hashed_anew_and_the_other_one_is_kept(
    upgraded: Upgraded,
) -> None:
    [before] = saved_json("core.config_entries")["entries"]
    used, other = before["data"]["pins"]

    def stored() -> dict:
        return stored_entry(upgraded)["data"]["pins"]

    until(lambda: stored()[used]["cost"] == 2**15, "a new hash of the PIN", timeout_s=30)
    assert stored()[used]["digest"] != before["data"]["pins"][used]["digest"]
    assert stored()[other] == before["data"]["pins"][other]


def test_upgrade_camera_keeps_zones_and_detects_a_person(upgraded: Upgraded) -> None:
    shown = upgraded.client.command("homesec/zones/get", camera_id=DRIVE)
    assert [zone["name"] for zone in shown["zones"]] == ["Path", "Tree"]
    assert upgraded.client.command("homesec/zones/get", camera_id=GARDEN)["zones"] == []
    known = {PROTECTED_CLIP, HALF_UPLOADED_CLIP, UNFINISHED_CLIP}
    until(lambda: clips(upgraded).keys() - known, "a new clip of a person", timeout_s=120)


def test_upgrade_recipient_is_still_texted(upgraded: Upgraded) -> None:
    upgraded.client.act("notify.send_message", entity_id="notify.ann", message="After the upgrade")
    until(lambda: "After the upgrade" in upgraded.texts(), "the text")


def test_upgrade_log_names_only_the_camera_that_is_not_there(upgraded: Upgraded) -> None:
    assert upgraded.ha.stop() == 0
    # A house that was off for days distrusts its clock once it looks for old clips.
    expected = ("Garden", "The clock jumped ahead: no clip expires for a while")
    findings = upgraded.ha.log_findings().ours
    others = [each for each in findings if not any(text in each.message for text in expected)]
    assert others == []
