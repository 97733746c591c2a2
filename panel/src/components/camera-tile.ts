import {
  mdiEyeOffOutline,
  mdiEyeOutline,
  mdiMotionPlayOutline,
  mdiPauseCircleOutline,
  mdiRecordRec,
  mdiStopCircleOutline,
  mdiVectorPolygon,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Camera } from "../data/types.ts";
import { followLink, showEntity } from "../ha/navigate.ts";
import { PageElement, now } from "../page.ts";
import { routePath } from "../router.ts";
import { cards, controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";
import { labelIcon } from "./label-icon.ts";
import "./last-picture.ts";
import "./live-picture.ts";
import { runGuarded, runWeakening } from "./pin-dialog.ts";
import "./snooze-menu.ts";

/** A camera's current picture, presences, and state. */
@customElement("homesec-camera-tile")
export class CameraTile extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  @property({ type: Boolean }) moving = false;

  protected override render(): unknown {
    const { texts, camera } = this;
    return html`<article class="card" aria-label=${camera.name}>
      <div class="picture">
        ${camera.health === "running"
          ? html`<homesec-live
              .hass=${this.page.hass}
              .entity=${camera.entity_id}
              .moving=${this.moving}
              text=${texts.get("cameras.picture", { camera: camera.name })}
            ></homesec-live>`
          : html`<homesec-last-picture .page=${this.page} .camera=${camera}></homesec-last-picture>`}
        ${camera.recording
          ? html`<span class="badge rec">${texts.get("clip.recording")}</span>`
          : camera.records
            ? nothing
            : html`<span class="badge not-recorded">${texts.get("cameras.not_recorded")}</span>`}
        ${camera.entity_id && camera.health !== "off"
          ? html`<button
              class="open"
              aria-label=${texts.get("cameras.open", { camera: camera.name })}
              @click=${() => showEntity(this, camera.entity_id)}
            ></button>`
          : nothing}
        <span class="who">${this.renderPresences()}</span>
      </div>
      <div class="foot">
        <h3 title=${camera.name}>${camera.name}</h3>
        ${this.renderSnoozed()}
        <span class="actions">
          ${camera.health === "running"
            ? html`<button
                class="button small icon plain"
                aria-pressed=${this.moving}
                title=${texts.get(this.moving ? "cameras.still" : "cameras.live")}
                aria-label=${`${texts.get(this.moving ? "cameras.still" : "cameras.live")}: ${camera.name}`}
                @click=${() => this.dispatchEvent(new CustomEvent("toggle-live"))}
              >
                ${icon(this.moving ? mdiPauseCircleOutline : mdiMotionPlayOutline)}
              </button>`
            : nothing}
          ${this.canControl && camera.health === "running"
            ? html`<button
                class="button small icon plain"
                aria-pressed=${camera.recording_manually}
                title=${this.recordText()}
                aria-label=${`${this.recordText()}: ${camera.name}`}
                @click=${() => void this.toggleRecording()}
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

  private renderPresences(): unknown {
    return this.camera.presences.map((presence) => {
      const label = this.texts.label(presence.label);
      const where = presence.zones.length ? ` · ${presence.zones.join(", ")}` : "";
      return html`<span class="badge here"
        >${icon(labelIcon(presence.label))}${presence.count > 1
          ? `${presence.count} × `
          : ""}${label}${where}</span
      >`;
    });
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

  private recordText(): string {
    return this.texts.get(
      this.camera.recording_manually ? "cameras.record_stop" : "cameras.record_now",
    );
  }

  private async toggleRecording(): Promise<void> {
    const { id, recording_manually: on } = this.camera;
    try {
      await (on ? runWeakening : runGuarded)(this, this.recordText(), async (pin) => {
        await this.page.api.record(id, !on, pin);
      });
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
    }
  }

  static override styles = [
    controls,
    cards,
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
      homesec-live {
        height: 100%;
      }
      .badge {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        padding: 2px 9px 2px 7px;
        border-radius: 12px;
        background: rgba(0, 0, 0, 0.72);
        color: #fff;
        font-size: 13px;
        max-width: 100%;
        overflow-wrap: anywhere;
      }
      .badge svg {
        width: 16px;
        height: 16px;
      }
      .open {
        position: absolute;
        inset: 0;
        width: 100%;
        border: none;
        background: none;
        cursor: pointer;
      }
      .open:focus-visible {
        outline-offset: -4px;
      }
      .rec,
      .not-recorded,
      .who {
        pointer-events: none;
      }
      .rec,
      .not-recorded {
        position: absolute;
        top: 10px;
        left: 10px;
        padding-left: 9px;
      }
      .rec {
        background: #b3261e;
      }
      .who {
        position: absolute;
        left: 10px;
        right: 10px;
        bottom: 10px;
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
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
