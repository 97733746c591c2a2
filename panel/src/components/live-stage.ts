import {
  mdiCameraOutline,
  mdiFullscreen,
  mdiFullscreenExit,
  mdiPower,
  mdiRecordRec,
  mdiStopCircleOutline,
  mdiVectorSquare,
  mdiVolumeHigh,
  mdiVolumeOff,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import type { Camera } from "../data/types.ts";
import { pageKey } from "../layout/keys.ts";
import type { Touch } from "../layout/swipe.ts";
import { swipeStep } from "../layout/swipe.ts";
import { PageElement } from "../page.ts";
import { LiveBoxes } from "../state/live-boxes.ts";
import { ObservableController } from "../state/observable.ts";
import { controls } from "../styles/shared.ts";
import { boxOverlay, boxOverlayStyles } from "./box-overlay.ts";
import { downloadSnapshot, recordText, toggleRecording, turnOn } from "./camera-actions.ts";
import { cameraBadgeStyles, presenceBadges, recordingBadge, tamperBadge } from "./camera-badges.ts";
import { icon } from "./icon.ts";
import "./last-picture.ts";
import type { LiveVideoElement } from "./live-video.ts";
import "./live-video.ts";
import "./move-pad.ts";
import "./talk-button.ts";

const SILENT = "homesec-live-silent";
const USUAL_RATIO = 16 / 9;
/** How often to look which boxes to show. */
const FOLLOW_MS = 200;
/** How long video over HLS may play until it's known which boxes belong to it. */
const UNTIMED_MS = 3000;

/**
 * A camera's live video with what is detected and what can be done.
 *
 * Fires `step` with 1 or -1 for the next or previous camera.
 */
@customElement("homesec-live-stage")
export class LiveStage extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  @state() private sound = localStorage.getItem(SILENT) !== "1";
  @state() private boxesWanted = false;
  /** Whether pictures replace the video while boxes are shown: nothing tells how late it is. */
  @state() private isUntimed = false;
  @state() private isFullscreen = false;
  @state() private ratio = USUAL_RATIO;
  /** Whether this camera's live pictures have begun to come. */
  @state() private isSeen = false;
  @query("homesec-live-video") private live!: LiveVideoElement | null;
  private boxes: LiveBoxes | undefined;
  private shown = "";
  private touch: Touch | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  /** Since when nothing has told how late the video is. */
  private untimedSince: number | null = null;

  constructor() {
    super();
    new ObservableController(this, () => this.boxes);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.boxes ??= new LiveBoxes(this.page.api);
    document.addEventListener("fullscreenchange", this.handleFullscreen);
    window.addEventListener("keydown", this.handleKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("fullscreenchange", this.handleFullscreen);
    window.removeEventListener("keydown", this.handleKey);
    clearInterval(this.timer);
    void this.boxes?.follow(null);
    this.boxes = undefined;
    this.boxesWanted = false;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const { id, health } = this.camera;
    if (id !== this.shown) {
      this.ratio = USUAL_RATIO;
      this.isUntimed = false;
    }
    if (id !== this.shown || health === "lost") this.isSeen = false;
    this.shown = id;
    const followed = this.boxesWanted && health === "running" ? id : null;
    this.boxes?.follow(followed).catch((error: unknown) => {
      this.boxesWanted = false;
      this.page.showMessage(this.texts.error(error), "error");
    });
  }

  /** Whether there may be a live picture. A camera that's off opens for those who watch it. */
  private get isWatchable(): boolean {
    const { entity_id, disabled, health } = this.camera;
    return entity_id !== null && !disabled && health !== "lost" && Boolean(this.system?.ready);
  }

  protected override render(): unknown {
    const { camera, page, isWatchable } = this;
    return html`<div
        class="stage"
        @dblclick=${this.toggleFullscreen}
        @pointerdown=${this.startTouch}
        @pointerup=${this.endTouch}
        @pointercancel=${() => (this.touch = null)}
      >
        <div class="frame" style="--ratio:${this.ratio}">
          ${this.isSeen || camera.health === "running"
            ? nothing
            : html`<homesec-last-picture .page=${page} .camera=${camera}></homesec-last-picture>`}
          ${isWatchable ? keyed(camera.id, this.renderVideo()) : nothing}
          ${this.boxesWanted ? this.renderBoxes() : nothing}
          <span class="state"
            >${recordingBadge(page, camera)}${tamperBadge(page, camera)}${this.renderOff()}</span
          >
          <span class="who">${presenceBadges(page, camera)}</span>
        </div>
      </div>
      <div class="toolbar" role="toolbar" aria-label=${this.texts.get("live.actions")}>
        ${this.renderActions()}
        ${isWatchable
          ? html`<homesec-talk .page=${page} .camera=${camera}></homesec-talk
              ><homesec-move-pad .page=${page} .camera=${camera}></homesec-move-pad>`
          : nothing}
      </div>`;
  }

  /** Render the video. With boxes, only where they can be matched: HLS is some seconds behind. */
  private renderVideo(): unknown {
    const { camera } = this;
    return html`<homesec-live-video
      .hass=${this.page.hass}
      .entity=${camera.entity_id}
      .sound=${this.sound}
      .mode=${this.boxesWanted && this.isUntimed ? "brief" : "full"}
      text=${this.texts.get("cameras.picture", { camera: camera.name })}
      @ratio=${(event: CustomEvent<number>) => (this.ratio = event.detail)}
      @picture=${() => (this.isSeen = true)}
      @live=${this.handleLive}
      @silenced=${() => (this.sound = false)}
    ></homesec-live-video>`;
  }

  private renderBoxes(): unknown {
    const isLate = this.live?.playing === "hls";
    const liveT = this.live?.liveT() ?? null;
    const found = isLate && liveT === null ? [] : (this.boxes?.current(isLate ? liveT : null) ?? []);
    const shown = found.map(({ label, score, box: [x1, y1, x2, y2] }, index) => {
      return { track: index, label, score, x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
    });
    return boxOverlay(this.page, shown);
  }

  /** Render what a camera does that is off but watched. Until its video plays, a picture may be old. */
  private renderOff(): unknown {
    if (this.camera.health !== "off" || !this.isWatchable) return nothing;
    const text = this.texts.get(this.live?.playing ? "live.only_watched" : "live.opening");
    return html`<span class="badge" role="status">${text}</span>`;
  }

  private renderActions(): unknown {
    const { camera, page, texts, isWatchable } = this;
    const running = camera.health === "running";
    const playing = isWatchable && (this.live?.playing ?? null) !== null;
    const button = (path: string, text: string, act: () => void, pressed?: boolean): unknown =>
      html`<button class="button small" aria-pressed=${pressed ?? nothing} @click=${act}>
        ${icon(path)}${text}
      </button>`;
    return html`${playing
      ? button(
          this.sound ? mdiVolumeHigh : mdiVolumeOff,
          texts.get(this.sound ? "live.sound_off" : "live.sound_on"),
          () => this.toggleSound(),
        )
      : nothing}
    ${this.canControl && running
      ? button(
          camera.recording_manually ? mdiStopCircleOutline : mdiRecordRec,
          recordText(page, camera),
          () => void toggleRecording(this, camera),
          camera.recording_manually,
        )
      : nothing}
    ${this.canControl && camera.health === "off" && this.isSeen
      ? button(mdiPower, texts.get("cameras.turn_on"), () => void turnOn(page, camera))
      : nothing}
    ${isWatchable && (running || this.isSeen)
      ? button(mdiCameraOutline, texts.get("live.snapshot"), () => {
          void downloadSnapshot(page, camera);
        })
      : nothing}
    ${this.system?.user.is_admin && running
      ? button(
          mdiVectorSquare,
          texts.get("clip.boxes"),
          () => this.toggleBoxes(),
          this.boxesWanted,
        )
      : nothing}
    ${document.fullscreenEnabled || playing
      ? button(
          this.isFullscreen ? mdiFullscreenExit : mdiFullscreen,
          texts.get(this.isFullscreen ? "live.window" : "live.fullscreen"),
          () => this.toggleFullscreen(),
        )
      : nothing}`;
  }

  private handleLive(): void {
    if (this.live?.playing) this.isSeen = true;
    this.requestUpdate();
  }

  private toggleSound(): void {
    this.sound = !this.sound;
    localStorage.setItem(SILENT, this.sound ? "0" : "1");
  }

  private toggleBoxes(): void {
    this.boxesWanted = !this.boxesWanted;
    clearInterval(this.timer);
    this.isUntimed = false;
    this.untimedSince = null;
    if (this.boxesWanted) this.timer = setInterval(() => this.followBoxes(), FOLLOW_MS);
  }

  private followBoxes(): void {
    const { live } = this;
    if (live?.playing !== "hls" || live.liveT() !== null) {
      this.untimedSince = null;
    } else {
      this.untimedSince ??= performance.now();
      this.isUntimed ||= performance.now() - this.untimedSince > UNTIMED_MS;
    }
    this.requestUpdate();
  }

  private toggleFullscreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) void this.requestFullscreen().catch(() => undefined);
    else this.live?.enterFullscreen();
  }

  private readonly handleFullscreen = (): void => {
    this.isFullscreen = document.fullscreenElement !== null;
  };

  private readonly handleKey = (event: KeyboardEvent): void => {
    const key = pageKey(event);
    if (key === "f") this.toggleFullscreen();
    else if (key === "m" && this.live?.playing) this.toggleSound();
  };

  private startTouch(event: PointerEvent): void {
    // A second finger zooms.
    const first = event.pointerType === "touch" && event.isPrimary;
    this.touch = first ? touchOf(event) : null;
  }

  private endTouch(event: PointerEvent): void {
    const step = this.touch && event.isPrimary ? swipeStep(this.touch, touchOf(event)) : 0;
    this.touch = null;
    if (step) this.dispatchEvent(new CustomEvent("step", { detail: step }));
  }

  static override styles = [
    controls,
    boxOverlayStyles,
    cameraBadgeStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
      }
      .stage {
        display: grid;
        place-items: center;
        background: #000;
        border-radius: var(--hs-radius);
        overflow: hidden;
        touch-action: pan-y pinch-zoom;
        user-select: none;
        -webkit-user-select: none;
      }
      .frame {
        position: relative;
        /* Show the whole picture, with the boxes at their positions. */
        width: min(100%, 72vh * var(--ratio));
        aspect-ratio: var(--ratio);
      }
      homesec-last-picture,
      homesec-live-video {
        position: absolute;
        inset: 0;
      }
      homesec-live-video {
        pointer-events: none;
        --live-background: transparent;
        --live-fit: contain;
      }
      .toolbar {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      :host(:fullscreen) {
        grid-template-rows: minmax(0, 1fr) auto;
        gap: 0;
        background: #000;
        /* For the buttons in other elements, too. */
        --hs-text: #fff;
        --hs-soft: rgba(255, 255, 255, 0.16);
        --hs-card: #222;
        --hs-tone: color-mix(in srgb, var(--hs-accent) 35%, var(--hs-card));
      }
      :host(:fullscreen) .stage {
        border-radius: 0;
      }
      :host(:fullscreen) .frame {
        width: min(100%, (100vh - 60px) * var(--ratio));
      }
      :host(:fullscreen) .toolbar {
        justify-content: center;
        padding: 8px;
      }
    `,
  ];
}

function touchOf({ clientX, clientY, timeStamp }: PointerEvent): Touch {
  return { x: clientX, y: clientY, at: timeStamp };
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-live-stage": LiveStage;
  }
}
