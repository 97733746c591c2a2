"""The stand-in for Twilio, where the tests of texts don't cover it."""

from base64 import b64encode
import json
import os
from pathlib import Path
import subprocess
import sys
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sms_factories import ANNA, BERT
from twilio_messages import ACCOUNT_SID, AUTH_TOKEN, SENDER

TESTS = Path(__file__).parents[1]
LOGIN = {"Authorization": f"Basic {b64encode(f'{ACCOUNT_SID}:{AUTH_TOKEN}'.encode()).decode()}"}
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


def ask(url, path=MESSAGES, fields=None, **headers):
    data = urlencode(fields).encode() if fields else None
    with urlopen(Request(f"{url}{path}", data, {**LOGIN, **headers})) as answer:
        return json.load(answer)


def error_from_response(*args, **values):
    with pytest.raises(HTTPError) as caught, urlopen(Request(*args, **values)):
        pass
    with caught.value as error:
        return error.code, json.load(error)["code"]


def test_server_requires_login_and_form(twilio):
    address = f"{twilio.url}{MESSAGES}"
    assert error_from_response(address) == (401, 20003)
    as_json = {**LOGIN, "Content-Type": "application/json"}
    assert error_from_response(address, b"{}", as_json) == (415, 20415)
    assert error_from_response(f"{twilio.url}/2010-04-01/Calls.json", headers=LOGIN) == (404, 20404)


def test_server_refuses_what_twilio_refuses(twilio):
    good = {"To": ANNA, "From": SENDER, "Body": "x"}
    for code, change in (
        (21604, {"To": ""}),
        (21211, {"To": "0170123"}),
        (21603, {"From": ""}),
        (21701, {"MessagingServiceSid": "MG1"}),
        (21212, {"From": "0170 / x + y, z"}),
        (21266, {"To": SENDER}),
        (21619, {"Body": ""}),
        (21617, {"Body": "x" * 1601}),
        (21620, {"MediaUrl": "file:///etc/passwd"}),
    ):
        data = urlencode(good | change).encode()
        assert error_from_response(f"{twilio.url}{MESSAGES}", data, LOGIN)[1] == code, change
    ask(twilio.url, fields=good | {"Colour": "red"})
    assert twilio.complaints


def test_server_filters_and_pages_list(twilio):
    for number in range(5):
        to = BERT if number == 2 else ANNA
        ask(twilio.url, fields={"To": to, "From": SENDER, "Body": f"{number}"})
    query = urlencode({"To": ANNA, "PageSize": 3})
    page = ask(twilio.url, f"{MESSAGES}?{query}")
    assert [m["body"] for m in page["messages"]] == ["4", "3", "1"]
    page = ask(twilio.url, page["next_page_uri"])
    assert [m["body"] for m in page["messages"]] == ["0"]
    assert page["next_page_uri"] is None
    # A message has no date before it is sent.
    today = f"{MESSAGES}?{urlencode({'DateSent>': time.strftime('%Y-%m-%d', time.gmtime(0))})}"
    assert ask(twilio.url, today)["messages"] == []
    sid = twilio.messages[0]["sid"]
    assert ask(twilio.url, MESSAGES.replace(".json", f"/{sid}.json"))["status"] == "delivered"
    assert len(ask(twilio.url, today)["messages"]) == 1
    other = f"{MESSAGES}?{urlencode({'DateSent<': '2020-01-01'})}"
    assert ask(twilio.url, other)["messages"] == []


def test_server_runs_as_process():
    process = subprocess.Popen(
        [sys.executable, "-m", "twilio_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    with process:
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        fault = json.dumps({"status": 429, "code": 20429, "headers": {"Retry-After": "1"}})
        with urlopen(f"{url}/_faults", fault.encode()):
            pass
        fields = {"To": ANNA, "From": SENDER, "Body": "Hello"}
        data = urlencode(fields).encode()
        assert error_from_response(f"{url}{MESSAGES}", data, LOGIN) == (429, 20429)
        ask(url, fields=fields)
        (sent,) = ask(url, "/_messages")
        assert sent["body"] == "Hello"
        assert error_from_response(f"{url}/_nothing")[0] == 404
        process.stdin.close()
        assert process.wait(20) == 0
