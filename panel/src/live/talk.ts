/** Talk through a camera: the microphone's sound over WebRTC, to an entity that takes it. */

import type { Hass } from "../ha/hass.ts";
import { Observable } from "../state/observable.ts";
import { openWebRtc } from "./webrtc.ts";

/** Why talking isn't possible: no HTTPS, not allowed, no microphone, or the camera doesn't take it. */
export type TalkProblem = "insecure" | "denied" | "no_microphone" | "not_connected";

/** A connection takes seconds to open, so it's kept for a while after the button's release. */
const KEEP_MS = 20_000;
const CONNECT_MS = 15_000;

export interface TalkOptions {
  hass: () => Pick<Hass, "callWS" | "connection">;
  entity: string;
  report: (problem: TalkProblem) => void;
  devices?: Pick<MediaDevices, "getUserMedia"> | undefined;
  create?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** Return whether an entity takes sound, if Home Assistant's preview of two-way audio is on. */
export async function takesSound(hass: Pick<Hass, "callWS">, entity: string): Promise<boolean> {
  const message = { type: "camera/capabilities", entity_id: entity };
  const found = await hass.callWS<{ two_way_audio?: boolean }>(message).catch(() => null);
  return found?.two_way_audio === true;
}

export class Talk extends Observable {
  isHeld = false;
  private isConnected = false;
  private track: MediaStreamTrack | null = null;
  private controller: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: TalkOptions) {
    super();
  }

  get state(): "off" | "connecting" | "waiting" | "talking" {
    if (!this.controller) return "off";
    if (!this.isConnected) return "connecting";
    return this.isHeld ? "talking" : "waiting";
  }

  /** Let the camera's side hear the microphone, as soon as it's connected. */
  press(): void {
    this.isHeld = true;
    if (this.controller) this.follow();
    else void this.connect();
  }

  release(): void {
    this.isHeld = false;
    this.follow();
  }

  /** End the connection, and free the microphone. */
  close(): void {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.track?.stop();
    Object.assign(this, { controller: null, track: null, isConnected: false, isHeld: false });
    this.changed();
  }

  private follow(): void {
    if (this.track) this.track.enabled = this.isHeld;
    if (this.isConnected) {
      clearTimeout(this.timer);
      if (!this.isHeld) this.timer = setTimeout(() => this.close(), KEEP_MS);
    }
    this.changed();
  }

  private async connect(): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.controller = controller;
    this.changed();
    const fail = (problem: TalkProblem): void => {
      if (signal.aborted) return;
      this.close();
      this.options.report(problem);
    };
    const track = await this.openMicrophone(fail);
    if (!track) return;
    if (signal.aborted) {
      track.stop();
      return;
    }
    this.track = track;
    track.enabled = this.isHeld;
    const lose = (): void => fail("not_connected");
    this.timer = setTimeout(lose, CONNECT_MS);
    const { hass, entity, create } = this.options;
    await openWebRtc({
      hass: hass(),
      entity,
      signal,
      microphone: track,
      report: { playing: () => this.connected(), failed: lose, unplayable: lose, timed: () => undefined },
      silenced: () => undefined,
      ...(create ? { create } : {}),
    }).catch(lose);
  }

  private connected(): void {
    clearTimeout(this.timer);
    this.isConnected = true;
    this.follow();
  }

  private async openMicrophone(
    fail: (problem: TalkProblem) => void,
  ): Promise<MediaStreamTrack | null> {
    // Without HTTPS, browsers have no devices at all.
    const devices = this.options.devices ?? (navigator.mediaDevices as MediaDevices | undefined);
    if (!devices) {
      fail("insecure");
      return null;
    }
    try {
      const [track] = (await devices.getUserMedia({ audio: true })).getAudioTracks();
      if (track) return track;
      fail("no_microphone");
    } catch (error) {
      fail((error as Error).name === "NotAllowedError" ? "denied" : "no_microphone");
    }
    return null;
  }
}
