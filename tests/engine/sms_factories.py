"""Accounts and messages that the stand-in for Twilio accepts."""

from twilio_messages import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID, AUTH_TOKEN, SENDER

from custom_components.homesec.engine.sms.types import TextAccount, TextMessage

ANNA = "+4917012345678"
BERT = "+436641234567"


def account(to=ANNA, **values):
    values = {"account_sid": ACCOUNT_SID, "secret": AUTH_TOKEN, "sender": SENDER, **values}
    return TextAccount(to=to, **values)


def key_account(to=ANNA, **values):
    return account(to, api_key_sid=API_KEY_SID, secret=API_KEY_SECRET, **values)


def message(number=1, recipient_id="anna", **values):
    body = f"Person at the front door, {number}. /homesec/clip/{number}"
    return saying(body, f"alert-{number}", recipient_id, **values)


def saying(body, message_id, recipient_id="anna", *, at, lasts_s=600.0, still=None):
    return TextMessage(
        id=message_id,
        recipient_id=recipient_id,
        body=body,
        created_at=at,
        expires_at=at + lasts_s,
        still=still,
    )
