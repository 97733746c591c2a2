"""What an RTSP camera announces, without the audio that can't be recorded."""

from hypothesis import given, strategies as st

from custom_components.homesec.engine.capture.rtsp_description import read_description

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
VIDEO = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
SPEEX = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 speex/16000\r\na=control:trackID=2\r\n"
ULAW = "m=audio 0 RTP/AVP 0\r\na=control:rtsp://cam/trackID=3\r\n"
AAC = "m=audio 0 RTP/AVP 98\r\na=rtpmap:98 mpeg4-generic/16000\r\na=control:trackID=4\r\n"
DATA = "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"


def read(*parts):
    return read_description("".join(parts).encode())


def test_audio_without_a_known_codec_is_left_out():
    found = read(HEAD, SPEEX, VIDEO, ULAW, DATA, AAC)
    assert found.body.decode() == HEAD + VIDEO + ULAW + DATA + AAC
    assert found.left_out == ("speex",)
    assert found.audio_controls == {"rtsp://cam/trackID=3", "trackID=4"}


def test_payload_type_without_a_name_is_named_by_its_number():
    assert read(HEAD, VIDEO, "m=audio 0 RTP/AVP 3\r\n").left_out == ("3",)


def test_description_of_nothing_but_audio_is_passed_on():
    assert read(HEAD, SPEEX).body.decode() == HEAD + SPEEX


@given(st.binary(max_size=300))
def test_any_bytes_are_passed_on_or_left_out(data):
    found = read_description(data)
    assert len(found.body) <= len(data)
    if b"audio" not in data.lower():
        assert found.body == data
