/** Talking through a camera, against a fake Home Assistant, microphone, and connection. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Talk, takesSound } from "../src/live/talk.ts";
import type { TalkProblem } from "../src/live/talk.ts";
import type { WebRtcMessage } from "../src/live/webrtc.ts";

class Peer {
  onicecandidate = null;
  onconnectionstatechange: (() => void) | null = null;
  connectionState = "new";
  closed = false;
  readonly transceivers: { what: unknown; direction: string; currentDirection?: string }[] = [];

  addTransceiver(what: unknown, { direction }: { direction: string }): unknown {
    const transceiver = { what, direction };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  createOffer = async (): Promise<unknown> => ({ type: "offer", sdp: "our offer" });
  setLocalDescription = async (): Promise<void> => undefined;

  setRemoteDescription = async ({ sdp }: { sdp: string }): Promise<void> => {
    this.transceivers[0]!.currentDirection = sdp;
  };

  close(): void {
    this.closed = true;
  }

  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

describe("Talk", () => {
  let peer: Peer;
  let track: { enabled: boolean; stopped: boolean; stop(): void };
  let problems: TalkProblem[];
  let refused: Error | null;
  let send: (message: WebRtcMessage) => void;
  let asked: { entity_id?: unknown }[];
  let ended: number;
  let talk: Talk;

  const settled = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(0));
  const answer = async (direction: string): Promise<void> => {
    send({ type: "answer", answer: direction });
    await settled();
    peer.become("connected");
  };

  beforeEach(() => {
    vi.useFakeTimers();
    peer = new Peer();
    track = { enabled: true, stopped: false, stop: () => (track.stopped = true) };
    problems = [];
    asked = [];
    refused = null;
    ended = 0;
    talk = new Talk({
      hass: () =>
        ({
          callWS: async () => ({ configuration: {} }),
          connection: {
            subscribeMessage: async (on: typeof send, message: { entity_id: string }) => {
              asked.push(message);
              send = on;
              return async () => void (ended += 1);
            },
          },
        }) as never,
      entity: "camera.doorbell",
      report: (problem) => problems.push(problem),
      devices: {
        getUserMedia: async () => {
          if (refused) throw refused;
          return { getAudioTracks: () => [track] } as never;
        },
      },
      create: () => peer as never,
    });
  });

  afterEach(() => {
    talk.close();
    vi.useRealTimers();
  });

  test("sends the microphone's sound to the entity while the button is held", async () => {
    talk.press();
    expect(talk.state).toBe("connecting");
    await settled();
    expect(asked[0]!.entity_id).toBe("camera.doorbell");
    expect(peer.transceivers.map(({ what, direction }) => [what, direction])).toEqual([
      [track, "sendrecv"],
      ["video", "recvonly"],
    ]);
    await answer("sendrecv");
    expect([talk.state, track.enabled]).toEqual(["talking", true]);
    talk.release();
    expect([talk.state, track.enabled]).toEqual(["waiting", false]);
    talk.press();
    expect([talk.state, track.enabled]).toEqual(["talking", true]);
    expect(asked.length).toBe(1);
    expect(problems).toEqual([]);
  });

  test("sends nothing if the button was released before the connection", async () => {
    talk.press();
    talk.release();
    await settled();
    await answer("sendonly");
    expect([talk.state, track.enabled]).toEqual(["waiting", false]);
  });

  test("frees the microphone some time after the release", async () => {
    talk.press();
    await settled();
    await answer("sendrecv");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(talk.state).toBe("talking");
    talk.release();
    await vi.advanceTimersByTimeAsync(20_000);
    expect([talk.state, track.stopped, peer.closed, ended]).toEqual(["off", true, true, 1]);
  });

  test.each([
    ["NotAllowedError", "denied"],
    ["NotFoundError", "no_microphone"],
  ])("says what's wrong with the microphone: %s", async (name, problem) => {
    refused = Object.assign(new Error(), { name });
    talk.press();
    await settled();
    expect([talk.state, problems]).toEqual(["off", [problem]]);
    expect(asked).toEqual([]);
  });

  test.each(["recvonly", "inactive"])("ends if the camera takes no sound: %s", async (direction) => {
    talk.press();
    await settled();
    await answer(direction);
    expect([talk.state, problems, track.stopped]).toEqual(["off", ["not_connected"], true]);
  });

  test("ends if there is no answer, or if the connection is lost", async () => {
    talk.press();
    await vi.advanceTimersByTimeAsync(15_000);
    expect([talk.state, problems]).toEqual(["off", ["not_connected"]]);
    talk.press();
    await settled();
    await answer("sendrecv");
    peer.become("failed");
    expect([talk.state, problems.length]).toEqual(["off", 2]);
  });

  test("opens nothing after it was closed", async () => {
    talk.press();
    talk.close();
    await settled();
    expect([asked, track.stopped, problems]).toEqual([[], true, []]);
  });
});

test("needs a secure page", async () => {
  vi.stubGlobal("navigator", {});
  const problems: TalkProblem[] = [];
  const report = (problem: TalkProblem): number => problems.push(problem);
  const talk = new Talk({ hass: () => ({}) as never, entity: "camera.doorbell", report });
  talk.press();
  vi.unstubAllGlobals();
  expect([talk.state, problems]).toEqual(["off", ["insecure"]]);
});

test("Home Assistant tells which entities take sound", async () => {
  const hass = (answer: Promise<unknown>) => ({ callWS: () => answer }) as never;
  expect(await takesSound(hass(Promise.resolve({ two_way_audio: true })), "camera.a")).toBe(true);
  expect(await takesSound(hass(Promise.resolve({})), "camera.a")).toBe(false);
  expect(await takesSound(hass(Promise.reject(new Error("gone"))), "camera.a")).toBe(false);
});
