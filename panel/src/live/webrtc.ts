/** Live video over WebRTC, which Home Assistant arranges between the browser and the camera's provider. */

import type { Hass } from "../ha/hass.ts";
import type { LiveReport } from "./player.ts";
import { startPlaying } from "./start.ts";

/** Messages of `camera/webrtc/offer`. */
export type WebRtcMessage =
  | { type: "session"; session_id: string }
  | { type: "answer"; answer: string }
  | { type: "candidate"; candidate: RTCIceCandidateInit }
  | { type: "error"; code: string; message: string };

/** A connection that is lost for so long doesn't come back by itself. */
const LOSS_MS = 5000;

interface ClientConfig {
  configuration: RTCConfiguration;
  dataChannel?: string;
}

export interface WebRtcOptions {
  hass: Pick<Hass, "callWS" | "connection">;
  entity: string;
  /** Shows the video; without one, nothing is shown or heard. */
  video?: HTMLVideoElement;
  /** What the camera's side is to hear. Then, being connected counts as playing. */
  microphone?: MediaStreamTrack;
  report: LiveReport;
  /** Ends the video. */
  signal: AbortSignal;
  /** Called if the browser plays without sound only. */
  silenced: () => void;
  create?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** Open live video. Rejects if Home Assistant refuses the offer. */
export async function openWebRtc(options: WebRtcOptions): Promise<void> {
  const { hass, entity, signal } = options;
  const config = await hass.callWS<ClientConfig>({
    type: "camera/webrtc/get_client_config",
    entity_id: entity,
  });
  signal.throwIfAborted();
  const create = options.create ?? ((configuration) => new RTCPeerConnection(configuration));
  const peer = create(config.configuration);
  const session = new WebRtcSession(peer, options);
  signal.addEventListener("abort", () => session.stop(), { once: true });
  await session.offer(config.dataChannel);
}

class WebRtcSession {
  private id: string | null = null;
  /** Ways to reach this browser that were found before the session had an id. */
  private waiting: RTCIceCandidateInit[] = [];
  /** Ways to reach the camera that came before its answer. */
  private early: RTCIceCandidateInit[] = [];
  private isAnswered = false;
  /** What sends the microphone's sound. */
  private sender: RTCRtpTransceiver | null = null;
  private lossTimer: ReturnType<typeof setTimeout> | undefined;
  private unsubscribe: (() => Promise<void>) | null = null;

  constructor(
    private readonly peer: RTCPeerConnection,
    private readonly options: WebRtcOptions,
  ) {
    const { video, report, signal } = options;
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.sendCandidate(candidate.toJSON());
    };
    peer.onconnectionstatechange = () => this.followConnection();
    if (!video) return;
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      if (track.kind !== "video") return;
      video.srcObject = stream;
      startPlaying(video).then(
        (sound) => sound || options.silenced(),
        () => this.fail(),
      );
    };
    video.addEventListener("playing", report.playing, { signal });
  }

  async offer(dataChannel: string | undefined): Promise<void> {
    const { peer } = this;
    const { hass, entity, signal } = this.options;
    if (dataChannel !== undefined) peer.createDataChannel(dataChannel); // some cameras require one
    const { microphone } = this.options;
    if (microphone) this.sender = peer.addTransceiver(microphone, { direction: "sendrecv" });
    else peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addTransceiver("video", { direction: "recvonly" });
    const offer = await peer.createOffer();
    signal.throwIfAborted();
    await peer.setLocalDescription(offer);
    signal.throwIfAborted();
    const unsubscribe = await hass.connection.subscribeMessage<WebRtcMessage>(
      (message) => void this.handle(message).catch(() => this.fail()),
      { type: "camera/webrtc/offer", entity_id: entity, offer: offer.sdp ?? "" },
      { resubscribe: false }, // an offer is good for one session
    );
    this.unsubscribe = unsubscribe;
    if (signal.aborted) this.leave();
  }

  stop(): void {
    clearTimeout(this.lossTimer);
    if (this.options.video) this.options.video.srcObject = null;
    this.leave();
    this.peer.close();
  }

  /** End the session in Home Assistant. Fails if the connection was lost, and the session with it. */
  private leave(): void {
    void this.unsubscribe?.().catch(() => undefined);
  }

  /** Browsers wait for half a minute until they call a lost connection failed. */
  private followConnection(): void {
    clearTimeout(this.lossTimer);
    switch (this.peer.connectionState) {
      case "connected":
        if (this.sender) this.options.report.playing();
        break;
      case "failed":
      case "closed":
        this.fail();
        break;
      case "disconnected":
        this.lossTimer = setTimeout(() => this.fail(), LOSS_MS);
    }
  }

  private async handle(message: WebRtcMessage): Promise<void> {
    if (this.options.signal.aborted) return;
    switch (message.type) {
      case "session":
        this.id = message.session_id;
        for (const candidate of this.waiting.splice(0)) this.sendCandidate(candidate);
        break;
      case "answer":
        await this.peer.setRemoteDescription({ type: "answer", sdp: message.answer });
        this.isAnswered = true;
        if (this.sender && !this.sender.currentDirection?.startsWith("send")) {
          this.options.report.unplayable(); // the camera doesn't take sound
          return;
        }
        for (const candidate of this.early.splice(0)) await this.peer.addIceCandidate(candidate);
        break;
      case "candidate":
        if (this.isAnswered) await this.peer.addIceCandidate(message.candidate);
        else this.early.push(message.candidate);
        break;
      case "error":
        this.fail();
    }
  }

  private sendCandidate(candidate: RTCIceCandidateInit): void {
    const { hass, entity } = this.options;
    if (this.id === null) {
      this.waiting.push(candidate);
      return;
    }
    hass
      .callWS({
        type: "camera/webrtc/candidate",
        entity_id: entity,
        session_id: this.id,
        candidate,
      })
      .catch(() => undefined); // others may do; if none does, no picture comes in time
  }

  private fail(): void {
    if (!this.options.signal.aborted) this.options.report.failed();
  }
}
