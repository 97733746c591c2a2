import {
  mdiEyeOffOutline,
  mdiEyeOutline,
  mdiRecordRec,
  mdiStopCircleOutline,
  mdiVectorPolygon,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Camera } from "../data/types.ts";
import { followLink } from "../ha/navigate.ts";
import { PageElement, now } from "../page.ts";
import { routePath } from "../router.ts";
import { cards, controls } from "../styles/shared.ts";
import { recordText, toggleRecording } from "./camera-actions.ts";
import { cameraBadgeStyles, presenceBadges, recordingBadge, tamperBadge } from "./camera-badges.ts";
import { icon } from "./icon.ts";
import "./last-picture.ts";
import "./live-video.ts";
import { runGuarded, runWeakening } from "./pin-dialog.ts";
import "./snooze-menu.ts";

/** How long the mouse rests on a tile before its video starts. */
const REST_MS = 500;

/** A camera's current picture, presences, and state. Its video is live while the mouse or the focus is on it. */
@customElement("homesec-camera-tile")
export class CameraTile extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  /** Milliseconds from one picture to the next. */
  @property({ type: Number }) pause = 2000;
  /** Whether to show live video instead of a picture now and then. */
  @state() private isLive = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.setLive(false);
  }

  protected override render(): unknown {
    const { texts, camera } = this;
    return html`<article
      class="card"
      aria-label=${camera.name}
      @pointerenter=${this.handleEnter}
      @pointerleave=${() => this.setLive(false)}
      @focusin=${() => this.setLive(true)}
      @focusout=${() => this.setLive(false)}
    >
      <div class="picture">
        ${camera.health === "running"
          ? this.renderPicture()
          : html`<homesec-last-picture .page=${this.page} .camera=${camera}></homesec-last-picture>`}
        <span class="state"
          >${recordingBadge(this.page, camera)}${tamperBadge(this.page, camera)}</span
        >
        <a
          class="open"
          href=${routePath({ view: "camera", id: camera.id })}
          aria-label=${texts.get("cameras.open", { camera: camera.name })}
          @click=${followLink}
        ></a>
        <span class="who">${presenceBadges(this.page, camera)}</span>
      </div>
      <div class="foot">
        <h3 title=${camera.name}>${camera.name}</h3>
        ${this.renderSnoozed()}
        <span class="actions">
          ${this.canControl && camera.health === "running"
            ? html`<button
                class="button small icon plain"
                aria-pressed=${camera.recording_manually}
                title=${recordText(this.page, camera)}
                aria-label=${`${recordText(this.page, camera)}: ${camera.name}`}
                @click=${() => void toggleRecording(this, camera)}
              >
                ${icon(camera.recording_manually ? mdiStopCircleOutline : mdiRecordRec)}
              </button>`
            : nothing}
          ${this.canControl
            ? html`<button
                class="button small icon plain"
                aria-pressed=${camera.detection}
                title=${this.detectionText()}
                aria-label=${`${this.detectionText()}: ${camera.name}`}
                @click=${() => void this.toggleDetection()}
              >
                ${icon(camera.detection ? mdiEyeOutline : mdiEyeOffOutline)}
              </button>`
            : nothing}
          ${this.canControl
            ? html`<homesec-snooze .page=${this.page} .camera=${camera}></homesec-snooze>`
            : nothing}
          ${this.system?.user.is_admin
            ? html`<a
                class="button small icon plain"
                href=${routePath({ view: "zones", camera: camera.id })}
                title=${texts.get("zones.open")}
                aria-label=${`${texts.get("zones.open")}: ${camera.name}`}
                @click=${followLink}
                >${icon(mdiVectorPolygon)}</a
              >`
            : nothing}
        </span>
      </div>
    </article>`;
  }

  private renderPicture(): unknown {
    const { camera } = this;
    return html`<homesec-live-video
      .hass=${this.page.hass}
      .entity=${camera.entity_id}
      .mode=${this.isLive ? "brief" : "still"}
      .pause=${this.pause}
      text=${this.texts.get("cameras.picture", { camera: camera.name })}
    ></homesec-live-video>`;
  }

  /** Wait until the mouse rests here. A finger opens the live view at once. */
  private handleEnter(event: PointerEvent): void {
    if (event.pointerType === "touch") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setLive(true), REST_MS);
  }

  private setLive(on: boolean): void {
    clearTimeout(this.timer);
    this.isLive = on;
  }

  private renderSnoozed(): unknown {
    const until = this.camera.snoozed_until;
    if (!until) return nothing;
    return html`<span class="quiet"
      >${this.texts.get("cameras.snoozed", { time: this.format.until(until, now()) })}</span
    >`;
  }

  private detectionText(): string {
    return this.texts.get(this.camera.detection ? "cameras.detection_off" : "cameras.detection_on");
  }

  private async toggleDetection(): Promise<void> {
    const { id, detection } = this.camera;
    try {
      const run = detection ? runWeakening : runGuarded;
      await run(this, this.detectionText(), async (pin) => {
        await this.page.api.setDetection(id, !detection, pin);
      });
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
    }
  }

  static override styles = [
    controls,
    cards,
    cameraBadgeStyles,
    css`
      .card {
        padding: 0;
        overflow: hidden;
        height: 100%;
      }
      .picture {
        position: relative;
        aspect-ratio: 16 / 9;
        background: #1a1a1a;
      }
      homesec-live-video {
        height: 100%;
        --live-fit: cover;
      }
      .open {
        position: absolute;
        inset: 0;
      }
      .open:focus-visible {
        outline-offset: -4px;
      }
      .foot {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 48px;
        padding: 6px 6px 6px 14px;
        flex-wrap: wrap;
      }
      h3 {
        flex: 1;
        min-width: 80px;
        line-height: 1.25;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        overflow: hidden;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-camera-tile": CameraTile;
  }
}
