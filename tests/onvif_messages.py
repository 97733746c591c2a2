"""What a simulated ONVIF device says: the bodies of its SOAP messages."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "tns1": "http://www.onvif.org/ver10/topics",
    "ter": "http://www.onvif.org/ver10/error",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
}
SERVICES = {
    "tds": "device_service",
    "trt": "media",
    "tr2": "media2",
    "tev": "events",
    "tptz": "ptz",
}
"""Paths below ``/onvif/`` by prefix."""


def envelope(body: str, header: str = "") -> str:
    """Return a whole message."""
    spaces = " ".join(f'xmlns:{prefix}="{url}"' for prefix, url in NAMESPACES.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {spaces}>'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def fault(code: str, reason: str) -> str:
    """Return the message of a refusal."""
    return envelope(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
        f"<s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>'
    )


def probe_match(relates_to: str, *, device_id: str, addresses: str, scopes: str) -> str:
    """Return the answer to a search."""
    return envelope(
        "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference>"
        f"<a:Address>{device_id}</a:Address></a:EndpointReference>"
        f"<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{scopes}</d:Scopes>"
        f"<d:XAddrs>{addresses}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
        "</d:ProbeMatch></d:ProbeMatches>",
        f"<a:MessageID>urn:uuid:{device_id[-12:]}-{relates_to[-12:]}</a:MessageID>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
        "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
        f"<a:Action>{NAMESPACES['d']}/ProbeMatches</a:Action>",
    )


def clock(ahead_s: float) -> str:
    """Return the time of a clock that is off by some seconds."""
    now = datetime.fromtimestamp(datetime.now(UTC).timestamp() + ahead_s, UTC)
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        "<tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:UTCDateTime><tt:Time><tt:Hour>{now.hour}</tt:Hour>"
        f"<tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
        f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def services(base: str, *, without: tuple[str, ...]) -> str:
    """Return the list of services, ``without`` those of some prefixes."""
    entries = "".join(
        f"<tds:Service><tds:Namespace>{NAMESPACES[prefix]}</tds:Namespace>"
        f"<tds:XAddr>{base}/onvif/{path}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
        for prefix, path in SERVICES.items()
        if prefix not in without
    )
    return f"<tds:GetServicesResponse>{entries}</tds:GetServicesResponse>"


def capabilities(base: str) -> str:
    """Return the list of services as older devices have it."""
    return (
        "<tds:GetCapabilitiesResponse><tds:Capabilities>"
        f"<tt:Device><tt:XAddr>{base}/onvif/device_service</tt:XAddr></tt:Device>"
        f"<tt:Events><tt:XAddr>{base}/onvif/events</tt:XAddr></tt:Events>"
        f"<tt:Media><tt:XAddr>{base}/onvif/media</tt:XAddr></tt:Media>"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def information(maker: str, model: str) -> str:
    """Return what the device is."""
    return (
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{maker}</tds:Manufacturer>"
        f"<tds:Model>{model}</tds:Model><tds:FirmwareVersion>3.1.0.741</tds:FirmwareVersion>"
        "<tds:SerialNumber>192168001</tds:SerialNumber><tds:HardwareId>IPC-1</tds:HardwareId>"
        "</tds:GetDeviceInformationResponse>"
    )


def interfaces(*macs: str) -> str:
    """Return the network cards, of which the last one is in use."""
    entries = "".join(
        f'<tds:NetworkInterfaces token="eth{n}"><tt:Enabled>{n == len(macs) - 1}</tt:Enabled>'
        f"<tt:Info><tt:Name>eth{n}</tt:Name><tt:HwAddress>{mac}</tt:HwAddress>"
        "<tt:MTU>1500</tt:MTU></tt:Info></tds:NetworkInterfaces>"
        for n, mac in enumerate(macs)
    ).replace(">True<", ">true<")
    entries = entries.replace(">False<", ">false<")
    return f"<tds:GetNetworkInterfacesResponse>{entries}</tds:GetNetworkInterfacesResponse>"


def profile(
    token: str,
    width: int,
    height: int,
    *,
    codec: str,
    fps: int,
    ptz: bool,
    spaces: tuple[str, ...] = (),
) -> str:
    """Return one of the streams; ``spaces``: the kinds of velocity that a movable one names."""
    movable = "<tt:NodeToken>node</tt:NodeToken>" + "".join(
        f"<tt:DefaultContinuous{kind}VelocitySpace>http://www.onvif.org/ver10/tptz/{kind}Spaces/"
        f"VelocityGenericSpace</tt:DefaultContinuous{kind}VelocitySpace>"
        for kind in spaces
    )
    return (
        f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token} stream</tt:Name>'
        '<tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name>'
        "<tt:UseCount>2</tt:UseCount><tt:SourceToken>sensor0</tt:SourceToken>"
        '<tt:Bounds x="0" y="0" width="1920" height="1080"/></tt:VideoSourceConfiguration>'
        '<tt:AudioSourceConfiguration token="a"><tt:Name>a</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:SourceToken>mic</tt:SourceToken></tt:AudioSourceConfiguration>"
        f'<tt:VideoEncoderConfiguration token="{token}"><tt:Name>{token}</tt:Name>'
        f"<tt:UseCount>1</tt:UseCount><tt:Encoding>{codec}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        "</tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl>"
        f"<tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port>"
        "<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
        '<tt:AudioEncoderConfiguration token="a"><tt:Name>a</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:Encoding>AAC</tt:Encoding><tt:Bitrate>64</tt:Bitrate><tt:SampleRate>16</tt:SampleRate>"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port>"
        "<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:AudioEncoderConfiguration>"
        + (
            '<tt:PTZConfiguration token="p"><tt:Name>p</tt:Name><tt:UseCount>1</tt:UseCount>'
            f"{movable}</tt:PTZConfiguration>"
            if ptz
            else ""
        )
        + "</trt:Profiles>"
    )


def second_profile(token: str, width: int, height: int, *, codec: str, fps: int, ptz: bool) -> str:
    """Return one of the streams as the second media service has it."""
    movable = (
        '<tr2:PTZ token="p"><tt:Name>p</tt:Name><tt:NodeToken>node</tt:NodeToken></tr2:PTZ>'
        if ptz
        else ""
    )
    return (
        f'<tr2:Profiles token="{token}" fixed="true"><tr2:Name>{token} stream</tr2:Name>'
        '<tr2:Configurations><tr2:VideoSource token="source"><tt:Name>source</tt:Name>'
        "<tt:UseCount>2</tt:UseCount><tt:SourceToken>sensor0</tt:SourceToken>"
        '<tt:Bounds x="0" y="0" width="1920" height="1080"/></tr2:VideoSource>'
        f'<tr2:VideoEncoder token="{token}" GovLength="50" Profile="Main">'
        f"<tt:Name>{token}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{codec}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        '</tt:Resolution><tt:RateControl ConstantBitRate="false">'
        f"<tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit>"
        "</tt:RateControl><tt:Quality>4</tt:Quality></tr2:VideoEncoder>"
        '<tr2:AudioEncoder token="a"><tt:Name>a</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:Encoding>MP4A-LATM</tt:Encoding><tt:Bitrate>64</tt:Bitrate>"
        "<tt:SampleRate>16</tt:SampleRate></tr2:AudioEncoder>"
        f"{movable}</tr2:Configurations></tr2:Profiles>"
    )


def second_uri(url: str) -> str:
    """Return the address of a stream as the second media service has it."""
    return f"<tr2:GetStreamUriResponse><tr2:Uri>{escape(url)}</tr2:Uri></tr2:GetStreamUriResponse>"


def media_uri(url: str) -> str:
    """Return the address of a stream."""
    return (
        f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{escape(url)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
        f"</trt:MediaUri></trt:GetStreamUriResponse>"
    )


def event_properties(topics: tuple[str, ...]) -> str:
    """Return the topics, which are paths without prefixes."""

    def element(path: str) -> str:
        first, _, rest = path.partition("/")
        message = "<tt:MessageDescription IsProperty='true'/>"
        inside = element(rest) if rest else message
        mark = "" if rest else ' wstop:topic="true"'
        return f"<tns1:{first}{mark}>{inside}</tns1:{first}>"

    return (
        "<tev:GetEventPropertiesResponse>"
        "<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml"
        "</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>"
        f"<wstop:TopicSet>{''.join(map(element, topics))}</wstop:TopicSet>"
        "<wsnt:TopicExpressionDialect>http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
        "</wsnt:TopicExpressionDialect>"
        "<tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/"
        "ItemFilter</tev:MessageContentFilterDialect>"
        "<tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd"
        "</tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>"
    )


def presets(names: dict[str, str]) -> str:
    """Return stored positions: their names by their tokens."""
    entries = "".join(
        f'<tptz:Preset token="{escape(token)}"><tt:Name>{escape(name)}</tt:Name></tptz:Preset>'
        for token, name in names.items()
    )
    return f"<tptz:GetPresetsResponse>{entries}</tptz:GetPresetsResponse>"
