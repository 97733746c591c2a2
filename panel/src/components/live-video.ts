import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { Hass } from "../ha/hass.ts";
import { openHls } from "../live/hls.ts";
import type { LiveReport, StreamType } from "../live/player.ts";
import { LivePlayer } from "../live/player.ts";
import { streamTypes } from "../live/stream-types.ts";
import { openWebRtc } from "../live/webrtc.ts";
import { ObservableController } from "../state/observable.ts";
import "./live-picture.ts";

/** How long a page that isn't shown keeps its video, for those who come right back. */
const HIDDEN_MS = 20_000;

/**
 * How much of a camera to show: a picture now and then, all it gives, or all that starts and ends at
 * once. A stream of HLS takes seconds to start, and goes on for half a minute in Home Assistant.
 */
export type LiveMode = "still" | "brief" | "full";

/**
 * A camera's live video, or its pictures until the video plays and where there is none.
 *
 * Fires `ratio` with the picture's aspect ratio, `picture` for the first of the pictures, `live` when
 * the way it's shown changes, and `silenced` if the browser doesn't allow sound yet.
 */
@customElement("homesec-live-video")
export class LiveVideoElement extends LitElement {
  @property({ attribute: false }) hass!: () => Hass;
  @property() entity: string | null = null;
  @property() text = "";
  @property({ type: Boolean }) sound = false;
  @property({ attribute: false }) mode: LiveMode = "full";
  /** Milliseconds from one picture to the next in the mode "still". */
  @property({ type: Number }) pause = 2000;
  @query("video") private video!: HTMLVideoElement;
  private hidingTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly player = new LivePlayer({
    types: () => this.streamTypes(),
    open: (type, report, signal) => this.open(type, report, signal),
  });

  constructor() {
    super();
    new ObservableController(this, () => this.player);
    this.player.observe(() => this.dispatchEvent(new CustomEvent("live")));
  }

  /** The stream type that plays; null: pictures are shown. */
  get playing(): StreamType | null {
    return this.player.playing;
  }

  /** Return the time of live video that is shown, in its own seconds; null: nothing tells. */
  liveT(): number | null {
    return this.player.liveT();
  }

  /** Show the video in full screen, on phones whose browsers can't do that with other elements. */
  enterFullscreen(): void {
    (this.video as { webkitEnterFullscreen?: () => void }).webkitEnterFullscreen?.();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.followVisibility);
    if (this.hasUpdated) this.restart();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.followVisibility);
    clearTimeout(this.hidingTimer);
    this.player.stop();
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has("entity") || changed.has("mode")) this.restart();
    if (changed.has("sound")) this.video.muted = !this.sound;
  }

  private readonly followVisibility = (): void => {
    clearTimeout(this.hidingTimer);
    if (document.hidden) this.hidingTimer = setTimeout(() => this.player.stop(), HIDDEN_MS);
    else if (this.playing === null) this.restart();
  };

  private restart(): void {
    if (this.entity === null || this.mode === "still") this.player.stop();
    else this.player.start();
  }

  private async streamTypes(): Promise<StreamType[]> {
    if (this.entity === null) return [];
    const types = await streamTypes(this.hass(), this.entity);
    return this.mode === "brief" ? types.filter((type) => type !== "hls") : types;
  }

  private open(
    type: StreamType,
    report: LiveReport,
    signal: AbortSignal,
  ): Promise<void> {
    const { video } = this;
    video.muted = !this.sound;
    const silenced = (): void => void this.dispatchEvent(new CustomEvent("silenced"));
    const options = { hass: this.hass(), entity: this.entity!, video, report, signal, silenced };
    return type === "hls" ? openHls(options) : openWebRtc(options);
  }

  /** Fire an event of the pictures again: events don't leave an element by themselves. */
  private passOn({ type, detail }: CustomEvent): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  private reportRatio(event: Event): void {
    const { videoWidth, videoHeight } = event.currentTarget as HTMLVideoElement;
    if (!videoWidth || !videoHeight) return;
    this.dispatchEvent(new CustomEvent("ratio", { detail: videoWidth / videoHeight }));
  }

  protected override render(): unknown {
    const shown = this.playing !== null;
    return html`${shown
        ? nothing
        : html`<homesec-live
            .hass=${this.hass}
            .entity=${this.entity}
            text=${this.text}
            .moving=${this.mode !== "still"}
            .pause=${this.pause}
            @ratio=${this.passOn}
            @picture=${this.passOn}
          ></homesec-live>`}<video
        class=${shown ? "" : "waiting"}
        playsinline
        disablepictureinpicture
        aria-label=${this.text}
        @loadedmetadata=${this.reportRatio}
        @resize=${this.reportRatio}
      ></video>`;
  }

  static override styles = css`
    :host {
      display: block;
      position: relative;
      overflow: hidden;
    }
    homesec-live,
    video {
      display: block;
      width: 100%;
      height: 100%;
      aspect-ratio: auto;
      object-fit: var(--live-fit, contain);
    }
    .waiting {
      position: absolute;
      inset: 0;
      visibility: hidden; /* browsers may not play what has no place */
    }
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-live-video": LiveVideoElement;
  }
}
