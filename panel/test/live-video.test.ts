/** WebRTC and HLS, against a fake Home Assistant, browser, and hls.js. */

import { beforeEach, describe, expect, test, vi } from "vitest";

import { openHls } from "../src/live/hls.ts";
import type { HlsOptions } from "../src/live/hls.ts";
import { startPlaying } from "../src/live/start.ts";
import { streamTypes } from "../src/live/stream-types.ts";
import { openWebRtc } from "../src/live/webrtc.ts";
import type { WebRtcMessage } from "../src/live/webrtc.ts";

const ENTITY = "camera.door";
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function refusal(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** As much of a video element as is used. */
class FakeVideo extends EventTarget {
  muted = false;
  src = "";
  srcObject: unknown = null;
  loads = 0;
  plays = 0;
  native = "";
  /** What `play` is refused with, one for each call. */
  refusals: Error[] = [];

  async play(): Promise<void> {
    this.plays += 1;
    const refused = this.refusals.shift();
    if (refused) throw refused;
    this.dispatchEvent(new Event("playing"));
  }

  load(): void {
    this.loads += 1;
  }

  canPlayType(): string {
    return this.native;
  }

  removeAttribute(name: string): void {
    if (name === "src") this.src = "";
  }
}

class Reports {
  readonly playing = vi.fn();
  readonly failed = vi.fn();
  readonly unplayable = vi.fn();
}

const element = (video: FakeVideo): HTMLVideoElement => video as unknown as HTMLVideoElement;

describe("startPlaying", () => {
  test("plays with sound where that's allowed", async () => {
    const video = new FakeVideo();
    expect(await startPlaying(element(video))).toBe(true);
    expect(video.muted).toBe(false);
  });

  test("plays without sound where only that is allowed", async () => {
    const video = new FakeVideo();
    video.refusals = [refusal("NotAllowedError")];
    expect(await startPlaying(element(video))).toBe(false);
    expect(video.muted).toBe(true);
    expect(video.plays).toBe(2);
  });

  test("rejects where nothing is allowed or possible", async () => {
    const video = new FakeVideo();
    video.refusals = [refusal("NotAllowedError"), refusal("NotAllowedError")];
    await expect(startPlaying(element(video))).rejects.toThrow();
    video.muted = false;
    video.refusals = [refusal("NotSupportedError")];
    await expect(startPlaying(element(video))).rejects.toThrow();
  });

  test("ignores that another source took over", async () => {
    const video = new FakeVideo();
    video.refusals = [refusal("AbortError")];
    expect(await startPlaying(element(video))).toBe(true);
  });
});

describe("streamTypes", () => {
  const offering = (...frontend_stream_types: string[]) => ({
    callWS: async <T>() => ({ frontend_stream_types }) as T,
  });

  test("are those of the camera that the browser plays, the best first", async () => {
    const both = ["hls", "web_rtc"] as const;
    expect(await streamTypes(offering("hls", "web_rtc"), ENTITY, both)).toEqual(["web_rtc", "hls"]);
    expect(await streamTypes(offering("hls", "web_rtc"), ENTITY, ["hls"])).toEqual(["hls"]);
    expect(await streamTypes(offering("hls", "other"), ENTITY, both)).toEqual(["hls"]);
    expect(await streamTypes(offering(), ENTITY, both)).toEqual([]);
  });
});

class FakePeer {
  onicecandidate: ((event: unknown) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  connectionState = "new";
  readonly log: string[] = [];
  answerRefused = false;

  createDataChannel(name: string): void {
    this.log.push(`channel ${name}`);
  }

  addTransceiver(kind: string, { direction }: { direction: string }): void {
    this.log.push(`${direction} ${kind}`);
  }

  async createOffer(): Promise<{ type: string; sdp: string }> {
    return { type: "offer", sdp: "our offer" };
  }

  async setLocalDescription(): Promise<void> {}

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    if (this.answerRefused) throw new Error("odd answer");
    this.log.push(`answer ${sdp}`);
  }

  async addIceCandidate({ candidate }: { candidate: string }): Promise<void> {
    this.log.push(`candidate ${candidate}`);
  }

  close(): void {
    this.log.push("closed");
  }

  find(candidate: string): void {
    this.onicecandidate?.({ candidate: { candidate, toJSON: () => ({ candidate, sdpMid: "0" }) } });
  }

  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

describe("openWebRtc", () => {
  let peer: FakePeer;
  let video: FakeVideo;
  let reports: Reports;
  let calls: { type: string; [key: string]: unknown }[];
  let send: (message: WebRtcMessage) => void;
  let ended: number;
  let config: object;
  let controller: AbortController;
  const silenced = vi.fn();
  const stop = (): void => controller.abort();

  beforeEach(() => {
    vi.stubGlobal(
      "MediaStream",
      class {
        readonly tracks: unknown[] = [];
        addTrack(track: unknown): void {
          this.tracks.push(track);
        }
      },
    );
    peer = new FakePeer();
    video = new FakeVideo();
    reports = new Reports();
    calls = [];
    ended = 0;
    config = { configuration: { iceServers: [{ urls: "stun:x" }] } };
    controller = new AbortController();
    silenced.mockReset();
  });

  const open = () =>
    openWebRtc({
      hass: {
        callWS: async <T>(message: { type: string }) => {
          calls.push(message);
          return config as T;
        },
        connection: {
          addEventListener: () => undefined,
          removeEventListener: () => undefined,
          subscribeMessage: async (callback, message, options) => {
            calls.push({ ...message, ...options });
            send = callback as typeof send;
            return async () => void (ended += 1);
          },
        },
      },
      entity: ENTITY,
      video: element(video),
      report: reports,
      signal: controller.signal,
      silenced,
      create: () => peer as unknown as RTCPeerConnection,
    });

  test("makes an offer once and only to receive", async () => {
    config = { configuration: {}, dataChannel: "dc" };
    await open();
    expect(peer.log).toEqual(["channel dc", "recvonly audio", "recvonly video"]);
    expect(calls[1]).toEqual({
      type: "camera/webrtc/offer",
      entity_id: ENTITY,
      offer: "our offer",
      resubscribe: false,
    });
  });

  test("keeps candidates until the other side can take them", async () => {
    await open();
    peer.find("early");
    send({ type: "candidate", candidate: { candidate: "theirs" } });
    await settled();
    expect(calls).toHaveLength(2);
    send({ type: "session", session_id: "S" });
    send({ type: "answer", answer: "their answer" });
    await settled();
    peer.find("late");
    expect(peer.log.slice(2)).toEqual(["answer their answer", "candidate theirs"]);
    expect(calls.slice(2)).toEqual(
      ["early", "late"].map((candidate) => ({
        type: "camera/webrtc/candidate",
        entity_id: ENTITY,
        session_id: "S",
        candidate: { candidate, sdpMid: "0" },
      })),
    );
  });

  test("plays pictures and sound of one stream", async () => {
    await open();
    peer.ontrack?.({ track: { kind: "audio" } });
    expect(reports.playing).not.toHaveBeenCalled();
    peer.ontrack?.({ track: { kind: "video" } });
    await settled();
    expect(reports.playing).toHaveBeenCalled();
    expect((video.srcObject as { tracks: unknown[] }).tracks).toHaveLength(2);
    expect(silenced).not.toHaveBeenCalled();
  });

  test("says that the browser allows no sound", async () => {
    await open();
    video.refusals = [refusal("NotAllowedError")];
    peer.ontrack?.({ track: { kind: "video" } });
    await settled();
    expect(silenced).toHaveBeenCalledOnce();
  });

  test.each([
    ["an error", () => send({ type: "error", code: "x", message: "y" })],
    ["a lost connection", () => peer.become("failed")],
    [
      "an answer that doesn't fit",
      () => {
        peer.answerRefused = true;
        send({ type: "answer", answer: "odd" });
      },
    ],
    [
      "video that can't be played",
      () => {
        video.refusals = [refusal("NotSupportedError")];
        peer.ontrack?.({ track: { kind: "video" } });
      },
    ],
  ])("fails with %s", async (_name, fail) => {
    await open();
    fail();
    await settled();
    expect(reports.failed).toHaveBeenCalled();
  });

  test("only a long loss of the connection is a failure", async () => {
    await open();
    vi.useFakeTimers();
    peer.become("disconnected");
    vi.advanceTimersByTime(4000);
    peer.become("connected");
    vi.advanceTimersByTime(60_000);
    expect(reports.failed).not.toHaveBeenCalled();
    peer.become("disconnected");
    vi.advanceTimersByTime(5000);
    expect(reports.failed).toHaveBeenCalledOnce();
    peer.become("disconnected");
    stop();
    vi.advanceTimersByTime(60_000);
    expect(reports.failed).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });

  test("stop ends the session in Home Assistant", async () => {
    await open();
    peer.ontrack?.({ track: { kind: "video" } });
    await settled();
    stop();
    expect(ended).toBe(1);
    expect(peer.log.at(-1)).toBe("closed");
    expect(video.srcObject).toBeNull();
    peer.become("closed");
    send({ type: "error", code: "x", message: "y" });
    expect(reports.failed).not.toHaveBeenCalled();
  });
});

describe("openWebRtc, ended while it opens", () => {
  test.each([0, 1, 2, 3, 4, 5, 6])("leaves no session, after %i steps", async (steps) => {
    vi.stubGlobal("MediaStream", class {});
    const peer = new FakePeer();
    const video = new FakeVideo();
    const controller = new AbortController();
    let sessions = 0;
    const opening = openWebRtc({
      hass: {
        callWS: async <T>() => ({ configuration: {} }) as T,
        connection: {
          addEventListener: () => undefined,
          removeEventListener: () => undefined,
          subscribeMessage: async () => {
            sessions += 1;
            return async () => void (sessions -= 1);
          },
        },
      },
      entity: ENTITY,
      video: element(video),
      report: new Reports(),
      signal: controller.signal,
      silenced: () => undefined,
      create: () => peer as unknown as RTCPeerConnection,
    }).catch(() => null);
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    controller.abort();
    await opening;
    await settled();
    expect(sessions).toBe(0);
    if (peer.log.length) expect(peer.log).toContain("closed");
  });
});

type Handler = (event: string, data: { fatal: boolean; details: string }) => void;

class FakeHls {
  static readonly Events = { MANIFEST_PARSED: "parsed", ERROR: "error" };
  static supported = true;
  static last: FakeHls;
  readonly handlers: Record<string, Handler> = {};
  source = "";
  media: unknown = null;
  destroyed = false;

  static isSupported(): boolean {
    return FakeHls.supported;
  }

  constructor(readonly config: unknown) {
    FakeHls.last = this;
  }

  on(event: string, handler: Handler): void {
    this.handlers[event] = handler;
  }

  loadSource(url: string): void {
    this.source = url;
  }

  attachMedia(media: unknown): void {
    this.media = media;
  }

  destroy(): void {
    this.destroyed = true;
  }

  emit(event: string, fatal = false, details = ""): void {
    this.handlers[event]?.(event, { fatal, details });
  }
}

describe("openHls", () => {
  let video: FakeVideo;
  let reports: Reports;
  let controller: AbortController;
  const silenced = vi.fn();
  const stop = (): void => controller.abort();
  const load = async (): Promise<never> => FakeHls as never;

  beforeEach(() => {
    video = new FakeVideo();
    reports = new Reports();
    FakeHls.supported = true;
    controller = new AbortController();
    silenced.mockReset();
  });

  const open = (change: Partial<HlsOptions> = {}) =>
    openHls({
      hass: { callWS: async <T>() => ({ url: "/api/hls/t/master_playlist.m3u8" }) as T },
      entity: ENTITY,
      video: element(video),
      report: reports,
      signal: controller.signal,
      silenced,
      load,
      ...change,
    });

  test("plays with hls.js when the playlist is there", async () => {
    await open();
    expect(FakeHls.last.source).toBe("/api/hls/t/master_playlist.m3u8");
    expect(FakeHls.last.media).toBe(video);
    expect(video.plays).toBe(0);
    FakeHls.last.emit("parsed");
    await settled();
    expect(reports.playing).toHaveBeenCalled();
  });

  test("only an error that hls.js can't get over is a failure", async () => {
    await open();
    FakeHls.last.emit("error", false);
    expect(reports.failed).not.toHaveBeenCalled();
    FakeHls.last.emit("error", true);
    expect(reports.failed).toHaveBeenCalled();
    expect(reports.unplayable).not.toHaveBeenCalled();
  });

  test("says that the browser lacks the codec", async () => {
    await open();
    FakeHls.last.emit("error", true, "manifestIncompatibleCodecsError");
    expect(reports.unplayable).toHaveBeenCalled();
    expect(reports.failed).not.toHaveBeenCalled();
  });

  test("stop lets go of the stream", async () => {
    await open();
    FakeHls.last.emit("parsed");
    await settled();
    reports.playing.mockReset();
    stop();
    expect(FakeHls.last.destroyed).toBe(true);
    expect(video.loads).toBe(1);
    video.dispatchEvent(new Event("playing"));
    video.dispatchEvent(new Event("error"));
    expect(reports.playing).not.toHaveBeenCalled();
    expect(reports.failed).not.toHaveBeenCalled();
  });

  test.each([
    ["hls.js isn't supported", { load }],
    ["hls.js can't be loaded", { load: () => Promise.reject(new Error("offline")) }],
  ])("is played by the browser itself where %s", async (_name, change) => {
    FakeHls.supported = false;
    video.native = "maybe";
    await open(change);
    await settled();
    expect(video.src).toBe("/api/hls/t/master_playlist.m3u8");
    expect(reports.playing).toHaveBeenCalled();
    stop();
    expect(video.src).toBe("");
  });

  test("leaves the element to its successor if it's ended while it opens", async () => {
    const opening = open();
    stop();
    video.src = "another";
    await expect(opening).rejects.toThrow();
    expect(video.src).toBe("another");
    expect(video.loads).toBe(0);
  });

  test("rejects where nothing plays it", async () => {
    FakeHls.supported = false;
    await expect(open()).rejects.toThrow();
    await expect(open({ load: () => Promise.reject(new Error("offline")) })).rejects.toThrow();
  });

  test("rejects where the camera has no stream", async () => {
    const hass = { callWS: () => Promise.reject({ code: "start_stream_failed" }) };
    await expect(open({ hass })).rejects.toMatchObject({ code: "start_stream_failed" });
  });
});
