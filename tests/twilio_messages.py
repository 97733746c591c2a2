"""Twilio's Messages resource as documented: what it accepts, refuses, and returns.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from datetime import UTC, datetime
from email.utils import format_datetime
import re
import threading
import time
from urllib.parse import urlencode, urlsplit

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
API_KEY_SID = "SK" + "fedcba9876543210" * 2
API_KEY_SECRET = "vNq0tP8rL3sYxZ7uJ1kWm5bGd9hCf2aE"
SERVICE_SID = "MG" + "00112233445566778899aabbccddeeff"
SENDER = "+15005550006"
E164 = re.compile(r"\+[1-9]\d{6,14}")
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
RESOURCE = re.compile(
    r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages(?:/([A-Z]{2}[0-9a-f]{32}))?\.json"
)


class RefusedError(Exception):
    """An error in Twilio's format: https://www.twilio.com/docs/usage/twilios-response."""

    def __init__(self, status, code, message="", headers=None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {
            "code": code if code is not None else status,
            "message": message or "Refused by order",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


class Messages:
    """The messages of one account, oldest first."""

    def __init__(self):
        self.all = []
        self.logins = {ACCOUNT_SID: AUTH_TOKEN, API_KEY_SID: API_KEY_SECRET}
        self.senders = {SENDER}
        """Numbers that the account owns."""
        self.fates = {}
        """Final status and error code by recipient."""
        self.prefix = ""
        """A prefix of each body, as for a trial account."""
        self.redacts = False
        """Bodies are not stored."""
        self.hidden = 0
        """Number of the newest messages that the list doesn't contain yet."""
        self.lock = threading.RLock()
        self.arrived = threading.Condition(self.lock)

    def login(self, account, user, secret):
        if self.logins.get(user) != secret or user not in (account, API_KEY_SID):
            raise RefusedError(401, 20003, "Authenticate")
        if account != ACCOUNT_SID:
            raise RefusedError(
                404, 20404, f"The requested resource /Accounts/{account} was not found"
            )

    def create(self, fields, media):
        """Accept a text after all of Twilio's checks."""
        self._check(fields, media)
        service, sender = fields.get("MessagingServiceSid"), fields.get("From")
        with self.lock:
            number = len(self.all) + 1
            now = datetime.now(UTC)
            sid = f"{'MM' if media else 'SM'}{number:032x}"
            address = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}"
            message = {
                "account_sid": ACCOUNT_SID,
                "api_version": "2010-04-01",
                "body": "" if self.redacts else self.prefix + fields.get("Body", ""),
                "date_created": format_datetime(now),
                "date_sent": None,
                "date_updated": format_datetime(now),
                "direction": "outbound-api",
                "error_code": None,
                "error_message": None,
                "from": sender,
                "messaging_service_sid": service,
                "num_media": str(len(media)),
                "num_segments": "0" if service else "1",
                "price": None,
                "price_unit": "USD",
                "sid": sid,
                "status": "accepted" if service else "queued",
                "subresource_uris": {"media": f"{address}/Media.json"},
                "tags": None,
                "to": fields["To"],
                "uri": f"{address}.json",
            }
            # Test data, not the API's, which has a subresource for media.
            self.all.append(message | {"_media": media, "_at": time.time()})
            self.arrived.notify_all()
        return message

    def _check(self, fields, media):
        """Refuse what Twilio refuses, with its code; the first reason counts."""
        to, sender = fields.get("To", ""), fields.get("From", "")
        service, body = fields.get("MessagingServiceSid"), fields.get("Body", "")
        named = NAME.fullmatch(sender)
        reasons = (
            (21604, not to, "A 'To' phone number is required."),
            (21211, not E164.fullmatch(to), f"Invalid 'To' Phone Number: {to[:4]}XXXX"),
            (21603, not sender and not service, "A 'From' phone number is required."),
            (21701, service not in (None, SERVICE_SID), "The Messaging Service does not exist."),
            (21212, sender and not (E164.fullmatch(sender) or named), "Invalid From Number"),
            (21659, sender and sender not in self.senders and not named, "No Twilio number"),
            (21266, sender == to, "'To' and 'From' number cannot be the same"),
            (21619, not body and not media, "A text message body or media urls must be specified."),
            (21617, len(body) > 1600, "The concatenated message body exceeds 1600 characters"),
            (21623, len(media) > 10, "Number of media files exceeds allowed limit"),
            (21620, any(urlsplit(u).scheme[:4] != "http" for u in media), "Invalid media URL(s)"),
        )
        for code, fails, message in reasons:
            if fails:
                raise RefusedError(400, code, message)

    def fetch(self, sid):
        for message in self.all:
            if message["sid"] == sid:
                status, code = self.fates.get(message["to"], ("delivered", None))
                message |= {"status": status, "error_code": code}
                message["date_sent"] = message["date_created"]
                return _shown(message)
        raise RefusedError(404, 20404, "The requested resource was not found")

    def page(self, account, query):
        """Return a page of the list, newest first, filtered and paged as documented."""
        with self.lock:
            found = self.all[: len(self.all) - self.hidden][::-1]
        for name, key in (("To", "to"), ("From", "from")):
            found = [m for m in found if query.get(name) in (None, m[key])]
        found = [m for m in found if _in_time(m, query)]
        size, page = min(int(query.get("PageSize", 50)), 1000), int(query.get("Page", 0))
        address = f"/2010-04-01/Accounts/{account}/Messages.json"
        more = dict(query) | {"PageSize": size, "Page": page + 1, "PageToken": "PASM"}
        following = f"{address}?{urlencode(more)}" if len(found) > (page + 1) * size else None
        return {
            "messages": [_shown(m) for m in found[page * size : (page + 1) * size]],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": min(len(found), (page + 1) * size),
            "uri": f"{address}?{urlencode(query)}",
            "first_page_uri": f"{address}?{urlencode(query)}",
            "previous_page_uri": None,
            "next_page_uri": following,
        }


def _shown(message):
    return {key: value for key, value in message.items() if not key.startswith("_")}


def _in_time(message, query):
    """Filter by DateSent, which a queued text doesn't have."""
    sent = message["date_sent"]
    for name in ("DateSent", "DateSent>", "DateSent<"):
        if (wanted := query.get(name)) is None:
            continue
        if sent is None:
            return False
        day = datetime.fromtimestamp(message["_at"], UTC).date().isoformat()
        wanted = wanted[:10]
        fits = {"DateSent": day == wanted, "DateSent>": day >= wanted, "DateSent<": day <= wanted}
        if not fits[name]:
            return False
    return True
