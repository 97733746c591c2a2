/** WebRTC, and how video is started, against a fake Home Assistant and browser. */

import { beforeEach, describe, expect, test, vi } from "vitest";

import { startPlaying } from "../src/live/start.ts";
import { streamTypes } from "../src/live/stream-types.ts";
import { openWebRtc } from "../src/live/webrtc.ts";
import type { WebRtcMessage } from "../src/live/webrtc.ts";
import { element, ENTITY, FakeVideo, refusal, Reports, settled } from "./fake-video.ts";

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
