import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Clip, ClipTrack } from "../data/types.ts";
import { boxesAt, segmentsOf } from "../layout/boxes.ts";
import { PageElement } from "../page.ts";
import { controls } from "../styles/shared.ts";
import { duration } from "../time/format.ts";
import { boxOverlay, boxOverlayStyles } from "./box-overlay.ts";
import "./live-picture.ts";

/** What HTTP answers for a clip that can't be decrypted here. */
const LOCKED = 409;

/** A clip's video with the detections on its time line and, optionally, their boxes. */
@customElement("homesec-video-player")
export class VideoPlayer extends PageElement {
  @property({ attribute: false }) clip!: Clip;
  @property({ attribute: false }) tracks: ClipTrack[] = [];
  @property({ type: Boolean }) boxes = false;
  /** While the clip is recorded, play it from the start instead of the live picture. */
  @property({ type: Boolean }) replay = false;
  @state() private source: string | null = null;
  @state() private failed = false;
  /** The video is encrypted, and the private key isn't on the system. */
  @state() private locked = false;
  @state() private at = 0;
  @state() private length = 0;
  @query("video") private video!: HTMLVideoElement | null;
  private requested: string | null = null;
  private frame: number | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.video?.pause();
    this.requested = this.source = null;
  }

  /** Go to a time of the video. */
  seek(at: number): void {
    if (this.video) this.video.currentTime = at;
    this.at = at;
  }

  private get live(): boolean {
    return this.clip.state === "recording" && !this.replay;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const path = this.live ? null : this.clip.film;
    // The finished video differs from the growing one.
    const requested = path && `${path} ${this.clip.state}`;
    if (requested === this.requested) return;
    this.requested = requested;
    this.source = null;
    this.failed = false;
    this.locked = false;
    this.at = 0;
    this.length = this.clip.duration;
    if (path && requested) void this.open(path, requested);
  }

  private async open(path: string, requested: string): Promise<void> {
    try {
      const source = await this.page.api.signed(path);
      if (requested === this.requested) this.source = source;
    } catch {
      if (requested === this.requested) this.failed = true;
    }
  }

  protected override render(): unknown {
    const { clip } = this;
    const ratio = clip.width && clip.height ? clip.width / clip.height : 16 / 9;
    return html`<div class="frame" style="--ratio:${ratio}">${this.renderPicture()}</div>
      ${this.live ? nothing : this.renderMarks()}`;
  }

  private renderPicture(): unknown {
    const { clip, texts } = this;
    if (this.live) {
      return html`<homesec-live
        .hass=${this.page.hass}
        .entity=${this.page.system.camera(clip.camera_id)?.entity_id ?? null}
        moving
        text=${texts.get("cameras.picture", { camera: clip.camera })}
      ></homesec-live>`;
    }
    if (this.failed || !clip.film) {
      return html`<p class="none" role="alert">
        ${texts.get(this.failure)}
      </p>`;
    }
    if (!this.source) return nothing;
    return html`<video
        src=${this.source}
        poster=${(clip.still && this.page.stills.peek(clip.still)) || nothing}
        controls
        playsinline
        autoplay
        preload="auto"
        aria-label=${texts.get("clip.film", { camera: clip.camera })}
        @error=${this.onError}
        @loadedmetadata=${this.onMetadata}
        @timeupdate=${this.onTime}
        @seeking=${this.onTime}
        @play=${this.followFrames}
      ></video>
      ${this.boxes ? boxOverlay(this.page, boxesAt(this.tracks, this.at)) : nothing}`;
  }

  private renderMarks(): unknown {
    const length = this.length || this.clip.duration;
    const segments = segmentsOf(this.tracks);
    if (!length || !segments.length) return nothing;
    const share = (at: number): number => Math.min(100, (at / length) * 100);
    return html`<div
      class="marks"
      role="group"
      aria-label=${this.texts.get("clip.marks")}
      @click=${this.onMarks}
    >
      ${segments.map(({ label, from, to }) => {
        const text = `${this.texts.label(label)} ${duration(from)} – ${duration(to)}`;
        return html`<button
          class=${label === "person" ? "people" : ""}
          style="left:${share(from)}%;width:${share(to) - share(from)}%"
          title=${text}
          aria-label=${text}
          @click=${(event: Event) => {
            event.stopPropagation();
            this.seek(from);
          }}
        ></button>`;
      })}
      <span class="at" style="left:${share(this.at)}%"></span>
    </div>`;
  }

  private onMarks(event: MouseEvent): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * (this.length || this.clip.duration));
  }

  private onError(): void {
    // At the start of a recording, there is nothing to play yet.
    if (this.clip.state === "recording") this.dispatchEvent(new CustomEvent("not-yet"));
    else void this.findReason();
  }

  /** A video element doesn't say why it fails: only the answer's status does. */
  private async findReason(): Promise<void> {
    const { source } = this;
    if (source) {
      const answer = await fetch(source, { headers: { Range: "bytes=0-0" } }).catch(() => null);
      if (source !== this.source) return;
      this.locked = answer?.status === LOCKED;
    }
    this.failed = true;
  }

  private get failure(): "clip.needs_private_key" | "clip.cannot_play" | "clip.no_film" {
    if (!this.clip.film) return "clip.no_film";
    return this.locked ? "clip.needs_private_key" : "clip.cannot_play";
  }

  private onMetadata(): void {
    const length = this.video?.duration ?? 0;
    if (Number.isFinite(length) && length > 0) this.length = length;
  }

  private onTime(): void {
    if (this.video) this.at = this.video.currentTime;
  }

  /** Update the boxes with every frame, because `timeupdate` comes only four times a second. */
  private followFrames(): void {
    const { video } = this;
    if (this.frame !== null || !video || !("requestVideoFrameCallback" in video)) return;
    const next = (_now: number, meta: VideoFrameCallbackMetadata): void => {
      this.frame = null;
      if (!this.isConnected || video !== this.video) return;
      if (this.boxes) this.at = meta.mediaTime;
      this.frame = video.requestVideoFrameCallback(next);
    };
    this.frame = video.requestVideoFrameCallback(next);
    video.addEventListener("emptied", () => (this.frame = null), { once: true });
  }

  static override styles = [
    controls,
    boxOverlayStyles,
    css`
      :host {
        display: block;
      }
      .frame {
        position: relative;
        background: #000;
        border-radius: var(--hs-radius);
        overflow: hidden;
        /* Show the whole picture, with the boxes at their positions. */
        width: min(100%, 72vh * var(--ratio));
        aspect-ratio: var(--ratio);
        margin: 0 auto;
      }
      video,
      homesec-live {
        display: block;
        width: 100%;
        height: 100%;
        aspect-ratio: auto;
      }
      .none {
        display: grid;
        place-items: center;
        height: 100%;
        margin: 0;
        padding: 16px;
        color: #e6e6e6;
        text-align: center;
      }
      .marks {
        position: relative;
        height: 44px;
        margin-top: 8px;
        border-radius: 6px;
        background: var(--hs-soft);
        cursor: pointer;
        overflow: hidden;
      }
      .marks button {
        position: absolute;
        top: 0;
        bottom: 0;
        min-width: 6px;
        padding: 4px 0;
        border: none;
        border-radius: 6px;
        background: color-mix(in srgb, var(--hs-text) 45%, transparent) content-box;
        cursor: pointer;
      }
      .marks button.people {
        background-color: var(--hs-accent);
      }
      .at {
        position: absolute;
        top: 0;
        bottom: 0;
        width: 2px;
        background: var(--hs-text);
        pointer-events: none;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-video-player": VideoPlayer;
  }
}
