import { mdiMicrophone, mdiMicrophoneOutline } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Camera } from "../data/types.ts";
import { Talk, takesSound } from "../live/talk.ts";
import { PageElement } from "../page.ts";
import { ObservableController } from "../state/observable.ts";
import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";

const HOLD_KEYS = [" ", "Enter"];

/** A button that lets a camera's side hear the microphone while it's held; if the camera can. */
@customElement("homesec-talk")
export class TalkButton extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  /** The entity to talk to; null: the camera doesn't take sound. */
  @state() private entity: string | null = null;
  private asked: string | null = null;
  private talk: Talk | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.talk);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("blur", this.release);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("blur", this.release);
    this.hangUp();
    this.asked = this.entity = null;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const { source_entity_id: entity } = this.camera;
    if (entity === this.asked) return;
    this.hangUp();
    this.asked = entity;
    this.entity = null;
    if (entity) void this.ask(entity);
  }

  private async ask(entity: string): Promise<void> {
    const takes = await takesSound(this.page.hass(), entity);
    if (takes && this.asked === entity) this.entity = entity;
  }

  private hangUp(): void {
    this.talk?.close();
    this.talk = undefined;
  }

  protected override render(): unknown {
    if (!this.entity) return nothing;
    const { texts } = this;
    const current = this.talk?.state ?? "off";
    const text = {
      off: texts.get("live.talk"),
      waiting: texts.get("live.talk"),
      connecting: texts.get("live.talk_connecting"),
      talking: texts.get("live.talk_now"),
    }[current];
    return html`<button
      class="button small"
      aria-pressed=${current === "talking"}
      title=${texts.get("live.talk_hold")}
      @pointerdown=${this.press}
      @pointerup=${this.release}
      @pointercancel=${this.release}
      @lostpointercapture=${this.release}
      @contextmenu=${(event: Event) => event.preventDefault()}
      @keydown=${this.pressKey}
      @keyup=${this.releaseKey}
      @blur=${this.release}
      @click=${this.clickOnce}
    >
      ${icon(current === "talking" ? mdiMicrophone : mdiMicrophoneOutline)}${text}
    </button>`;
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.hold();
  }

  private pressKey(event: KeyboardEvent): void {
    if (!HOLD_KEYS.includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat) this.hold();
  }

  private releaseKey(event: KeyboardEvent): void {
    if (!HOLD_KEYS.includes(event.key)) return;
    event.preventDefault();
    this.release();
  }

  /** Begin or end with a click without a pointer or a key: a screen reader's. */
  private clickOnce(event: MouseEvent): void {
    if (event.detail !== 0) return;
    if (this.talk?.isHeld) this.release();
    else this.hold();
  }

  private hold(): void {
    const { entity, page, camera } = this;
    if (!entity) return;
    this.talk ??= new Talk({
      hass: () => page.hass(),
      entity,
      report: (problem) => {
        const text = page.texts.get(`live.talk_${problem}`, { camera: camera.name });
        page.showMessage(text, "error");
      },
    });
    this.talk.press();
    this.requestUpdate();
  }

  private readonly release = (): void => this.talk?.release();

  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }
      .button {
        touch-action: none;
        user-select: none;
        -webkit-user-select: none;
        -webkit-touch-callout: none;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-talk": TalkButton;
  }
}
