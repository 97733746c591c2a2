"""Where a text says that the log has more, it has: what the other side said, and no secret."""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

from fault_proxy import Fault, Kind
from google_key import pem_lines, service_account
from homesec_fixtures import set_up
from hypothesis import given, strategies as st
import pytest
from recipient_fixtures import SECRET, form_values as recipient_values, open_form, submit as send
from storage_fixtures import form_values, open_bucket, patch_storage, submit

import custom_components.homesec as integration
from custom_components.homesec.engine.cloud.gcs_errors import MAX_ANSWER, error_from_response
from custom_components.homesec.engine.core.errors import HomeSecError
from custom_components.homesec.exceptions import LOGGED

if TYPE_CHECKING:
    from fake_gcs import FakeGcs
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

TEXTS = json.loads((Path(integration.__file__).parent / "translations/en.json").read_text())
SAYS_SO = re.compile(r"\bthe log\b", re.IGNORECASE)


def test_each_error_whose_message_refers_to_the_log_is_logged() -> None:
    errors = {each.key for each in subclasses(HomeSecError)} | {HomeSecError.key}
    messages = {key: text["message"] for key, text in TEXTS["exceptions"].items()}
    forms = {**TEXTS["config"]["error"], **TEXTS["config_subentries"]["recipient"]["error"]}
    referring = {
        key
        for texts in (messages, forms)
        for key, text in texts.items()
        if SAYS_SO.search(text) and key in errors
    }
    assert referring <= LOGGED


def subclasses(kind: type[HomeSecError]) -> list[type[HomeSecError]]:
    found = kind.__subclasses__()
    return [*found, *(each for below in found for each in subclasses(below))]


def echo(gcs: FakeGcs) -> dict[str, Any]:
    """Return an answer that repeats secrets, as a proxy on the way might."""
    token = "ya29." + "a0AfB_byC" * 20
    session = "https://storage.googleapis.com/upload/x?uploadType=resumable&upload_id=ABPtcPo" + (
        "Zx-9_" * 20
    )
    message = f"Teapot {session} Authorization: Bearer {token} {' '.join(pem_lines())}"
    return {"error": {"code": 418, "message": message, "errors": [{"reason": "teapot"}]}}


async def test_answer_of_the_bucket_is_in_the_log_without_secrets(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, caplog: pytest.LogCaptureFixture
) -> None:
    body = echo(gcs)
    key = json.dumps(service_account(gcs))
    with patch_storage(gcs):
        await set_up(hass, entry)
        flow = await open_bucket(hass, entry)
        gcs.faults.add(
            Fault(kind=Kind.STATUS, status=418, method="POST", path="/b/", times=9, body=body)
        )
        shown = await submit(hass, flow, form_values(gcs, login="key", key=key))
    assert shown["errors"] == {"base": "storage_failed"}
    assert "The log has the details" in TEXTS["config"]["error"]["storage_failed"]
    ours = [r.getMessage() for r in caplog.records if "homesec" in r.name]
    [line] = [text for text in ours if "storage_failed" in text]
    assert "HTTP 418 teapot Teapot" in line
    secrets = (*pem_lines(), "a0AfB_byC", "Zx-9_", *gcs.front.tokens)
    assert not [secret for secret in secrets if any(secret in text for text in ours)]


async def test_answer_of_twilio_is_in_the_log_without_secrets(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, twilio: Any
) -> None:
    await set_up(hass, entry)
    twilio.refuse(29999)
    shown = await send(hass, await open_form(hass, entry), recipient_values())
    assert shown["errors"] == {"base": "text_failed"}
    ours = "\n".join(r.getMessage() for r in caplog.records if "homesec" in r.name)
    assert "text_failed" in ours
    assert "code 29999" in ours
    assert SECRET not in ours
    assert recipient_values()["to"] not in ours


@given(
    before=st.text(max_size=40),
    secret=st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789_-+", min_size=40, max_size=200),
    after=st.text(max_size=400),
)
def test_log_of_any_answer_is_short_one_line_and_without_the_secret(
    before: str, secret: str, after: str
) -> None:
    for message in (f"{before} {secret} {after}", f"{before}https://x/y?sig={secret}&z {after}"):
        for body in (json.dumps({"error": {"message": message}}).encode(), message.encode("utf-8")):
            text = error_from_response(418, {}, body).log_text
            assert secret not in text
            assert "\n" not in text
            assert len(text) < MAX_ANSWER + 100
