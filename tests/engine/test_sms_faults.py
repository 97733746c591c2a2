"""Each text arrives exactly once, whatever Twilio and the network do."""

import math
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings, strategies as st
from sms_fixtures import SmsSetup
from twilio_server import Fault, Kind, TwilioServer

from custom_components.homesec.engine.sms import twilio_api, worker as sms_worker
from custom_components.homesec.engine.sms.types import TextDropped, TextSent

KINDS = (Kind.RESET, Kind.ACCEPT_RESET, Kind.ACCEPT_GARBAGE)
FAULTS = st.one_of(
    st.builds(dict, kind=st.sampled_from(KINDS), method=st.just("POST")),
    st.builds(dict, kind=st.just(Kind.RESET), method=st.just("GET")),
    st.builds(
        dict,
        kind=st.sampled_from((Kind.REFUSE, Kind.ACCEPT_REFUSE)),
        status=st.sampled_from((500, 502, 503)),
        method=st.just("POST"),
    ),
    st.builds(
        dict,
        kind=st.just(Kind.REFUSE),
        status=st.sampled_from((400, 401, 429)),
        code=st.sampled_from((20003, 20429, 21211, 21610, 29999)),
        method=st.sampled_from(("POST", "GET")),
    ),
)
STEPS = st.one_of(
    FAULTS,
    st.just("text"),
    st.sampled_from(("start again", "retry")),
    st.floats(0.5, 90.0),
)
"""A fault, a new text, a restart, a retry by the user, or time that passes."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_each_text_arrives_once_despite_faults(tmp_path_factory, steps):
    with TwilioServer() as twilio, patch.object(twilio_api, "MAX_CLOCK_SKEW_S", math.inf):
        with patch.dict("os.environ", {"HOMESEC_TWILIO_API": twilio.url}):
            sms = SmsSetup(tmp_path_factory.mktemp("texts"))
            texts = []
            worker = sms.anna
            for step in steps:
                match step:
                    case dict():
                        twilio.add(Fault(**step))
                    case "text":
                        texts.append(sms.add(len(texts), lasts_s=10**7))
                    case "start again":
                        worker = sms.worker()
                    case "retry":
                        worker.resume()
                    case float():
                        sms.clock.advance(step)
                sms.run(worker)
                assert len(set(twilio.bodies())) == len(twilio.bodies())
            twilio.clear()
            worker.resume()
            for _ in range(20):
                sms.later(sms_worker.LONGEST_BACKOFF_S * 16, worker)
            sms.close()
        assert sorted(twilio.bodies()) == sorted(text.body for text in texts)
        assert sorted(e.message_id for e in sms.of(TextSent)) == sorted(t.id for t in texts)
        assert sms.of(TextDropped) == []
        assert twilio.complaints == []
