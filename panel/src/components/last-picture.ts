import { mdiPower, mdiVideoOffOutline } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Camera, LastPicture } from "../data/types.ts";
import { PageElement, now } from "../page.ts";
import { controls } from "../styles/shared.ts";
import { turnOn } from "./camera-actions.ts";
import { icon } from "./icon.ts";
import "./still-image.ts";

const AGE_MS = 30_000;

/** A camera that has no picture now: its last one with its age, why there is none, and what helps. */
@customElement("homesec-last-picture")
export class LastPictureElement extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  @state() private picture: LastPicture | null = null;
  @state() private starting = false;
  /** The camera and health for which `picture` was asked. */
  private asked = "";
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => this.requestUpdate(), AGE_MS); // the age grows
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.asked = "";
  }

  protected override engineStarted(): void {
    this.asked = ""; // it may know the camera's clips only now
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const wanted = `${this.camera.id} ${this.camera.health}`;
    if (wanted === this.asked) return;
    this.asked = wanted;
    this.starting = false;
    void this.load(wanted);
  }

  private async load(wanted: string): Promise<void> {
    try {
      const picture = await this.page.api.lastPicture(this.camera.id);
      if (wanted === this.asked) this.picture = picture;
    } catch {
      if (wanted === this.asked) this.asked = ""; // asked again with the next change
    }
  }

  protected override render(): unknown {
    const { camera, picture, texts } = this;
    const shown = picture?.path ?? null;
    return html`${shown
        ? html`<homesec-still .stills=${this.page.stills} .path=${shown}></homesec-still>`
        : nothing}
      <div class="over ${shown ? "" : "plain"}">
        ${shown ? nothing : icon(mdiVideoOffOutline)}
        <b>${texts.named("health", camera.health)}</b>
        ${this.reason()}
        ${picture
          ? html`<span class="age"
              >${picture.at === null
                ? texts.get("cameras.no_picture")
                : texts.get("cameras.last_picture", { ago: this.format.ago(picture.at, now()) })}</span
            >`
          : nothing}
        ${this.renderButton()}
      </div>`;
  }

  private reason(): unknown {
    const { camera, texts } = this;
    if (camera.error) {
      return html`<span>${texts.named("source_error", camera.error, camera.error_placeholders)}</span>`;
    }
    if (camera.health !== "off") return nothing;
    if (!this.system?.ready) return html`<span>${texts.get("cameras.not_running")}</span>`;
    const why = camera.disabled ? "disabled" : camera.detection ? "off_why" : "off_detection";
    return html`<span>${texts.get(`cameras.${why}`)}</span>`;
  }

  private renderButton(): unknown {
    const { camera, texts } = this;
    if (camera.health !== "off" || camera.disabled || !this.canControl) return nothing;
    if (!this.system?.ready) return nothing;
    return html`<button
      class="button turn-on"
      ?disabled=${this.starting}
      aria-label=${`${texts.get("cameras.turn_on")}: ${camera.name}`}
      @click=${() => void this.turnOn()}
    >
      ${icon(mdiPower)}${texts.get("cameras.turn_on")}
    </button>`;
  }

  private async turnOn(): Promise<void> {
    this.starting = true;
    this.starting = await turnOn(this.page, this.camera);
  }

  static override styles = [
    controls,
    css`
      :host {
        display: block;
        position: relative;
        height: 100%;
        background: #1a1a1a;
      }
      homesec-still {
        position: absolute;
        inset: 0;
        filter: grayscale(0.7);
      }
      .over {
        position: absolute;
        inset: 0;
        display: flex;
        flex-direction: column;
        align-items: center;
        justify-content: flex-end;
        gap: 2px;
        padding: 12px;
        text-align: center;
        color: #fff;
        background: linear-gradient(transparent, rgba(0, 0, 0, 0.55) 35%, rgba(0, 0, 0, 0.8));
      }
      .over.plain {
        justify-content: center;
      }
      .over.plain svg {
        width: 32px;
        height: 32px;
      }
      .age {
        font-size: 13px;
      }
      .turn-on {
        position: relative;
        z-index: 1; /* above the tile's own button, which opens the live view */
        min-height: 44px;
        margin-top: 6px;
        background: #fff;
        color: #111;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-last-picture": LastPictureElement;
  }
}
