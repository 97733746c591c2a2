#!/usr/bin/python3
"""An RTSP camera: GStreamer's RTSP server, under Debian's own Python.

Prints its port as one line. `MOUNT` is a path and a GStreamer launch line:
`/cam=( filesrc location=video.mp4 ! qtdemux ! h264parse ! rtph264pay name=pay0 )`.
"""

import argparse
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - after the versions


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mounts", metavar="MOUNT", nargs="+")
    parser.add_argument("--port", default="0")
    parser.add_argument("--login", metavar="USER:PASSWORD")
    parser.add_argument("--udp", action="store_true", help="refuse TCP")
    parser.add_argument("--from-start", action="store_true", help="each client has its own film")
    parser.add_argument("--count", metavar="FILE", help="a line for each client: + or -")
    options = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=options.port)
    for mount in options.mounts:
        path, _, launch = mount.partition("=")
        factory = GstRtspServer.RTSPMediaFactory(launch=launch, shared=not options.from_start)
        if options.udp:
            factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
        if options.login:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    if options.login:
        server.set_auth(authentication(*options.login.split(":")))
    if options.count:
        server.connect("client-connected", count_client, options.count)
    if not server.attach(None):
        raise SystemExit("the port is taken")
    print(server.get_bound_port(), flush=True)  # noqa: T201 - its caller reads it
    GLib.MainLoop().run()


def count_client(_server: object, client: GstRtspServer.RTSPClient, path: str) -> None:
    """Write that a client has connected, and when it's gone."""

    def append(sign: str) -> None:
        with Path(path).open("a") as file:
            file.write(f"{sign}\n")

    append("+")
    client.connect("closed", lambda _: append("-"))


def authentication(user: str, password: str) -> GstRtspServer.RTSPAuth:
    """Allow one user, by digest authentication as most cameras do."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)
    return auth


if __name__ == "__main__":
    main()
