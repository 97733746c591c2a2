import {
  mdiArrowDown,
  mdiArrowLeft,
  mdiArrowRight,
  mdiArrowUp,
  mdiMagnifyMinusOutline,
  mdiMagnifyPlusOutline,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Camera, Direction } from "../data/types.ts";
import { PageElement } from "../page.ts";
import { CameraMover } from "../state/camera-mover.ts";
import { ObservableController } from "../state/observable.ts";
import { isPinMissing } from "../state/pin-entry.ts";
import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";
import { runWithPin } from "./pin-dialog.ts";

const ICONS: Record<Direction, string> = {
  left: mdiArrowLeft,
  up: mdiArrowUp,
  down: mdiArrowDown,
  right: mdiArrowRight,
  zoom_out: mdiMagnifyMinusOutline,
  zoom_in: mdiMagnifyPlusOutline,
};
const ORDER = Object.keys(ICONS) as Direction[];
const HOLD_KEYS = [" ", "Enter"];
/** How far a click moves whose length is unknown: a screen reader's. */
const CLICK_MS = 500;

/** Buttons that move a camera while they are held, and the positions it has stored; if it can move. */
@customElement("homesec-move-pad")
export class MovePad extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  private mover: CameraMover | undefined;
  private clickTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.mover);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.mover ??= new CameraMover(this.page.api, (error) => void this.explain(error));
    for (const kind of ["blur", "pagehide"]) window.addEventListener(kind, this.release);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const kind of ["blur", "pagehide"]) window.removeEventListener(kind, this.release);
    this.release();
    this.mover = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (this.system?.ready) void this.mover?.show(this.camera.id);
  }

  private get isArmed(): boolean {
    return this.system?.alarm.state !== "disarmed";
  }

  protected override render(): unknown {
    const { mover, texts } = this;
    // While the alarm is armed, it takes the right to disarm it.
    if (!mover?.directions.length || (this.isArmed && !this.canControl)) return nothing;
    return html`<div class="pad" role="group" aria-label=${texts.get("live.move")}>
      ${ORDER.filter((each) => mover.directions.includes(each)).map((each) => this.renderButton(each))}
      ${mover.positions.length ? this.renderPositions() : nothing}
    </div>`;
  }

  private renderButton(direction: Direction): unknown {
    const text = this.texts.get(`live.move_${direction}`);
    return html`<button
      class="button icon hold"
      aria-label=${text}
      aria-pressed=${this.mover?.held === direction}
      title=${`${text} (${this.texts.get("live.move_hold")})`}
      @pointerdown=${(event: PointerEvent) => this.press(event, direction)}
      @pointerup=${this.release}
      @pointercancel=${this.release}
      @lostpointercapture=${this.release}
      @contextmenu=${(event: Event) => event.preventDefault()}
      @keydown=${(event: KeyboardEvent) => this.pressKey(event, direction)}
      @keyup=${this.releaseKey}
      @blur=${this.release}
      @click=${(event: MouseEvent) => this.clickOnce(event, direction)}
    >
      ${icon(ICONS[direction])}
    </button>`;
  }

  private renderPositions(): unknown {
    const text = this.texts.get("live.positions");
    return html`<select class="field" aria-label=${text} @change=${this.choose}>
      <option value="" selected>${text}</option>
      ${this.mover?.positions.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
    </select>`;
  }

  private press(event: PointerEvent, direction: Direction): void {
    if (event.button !== 0 || !event.isPrimary) return;
    event.stopPropagation();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.hold(direction);
  }

  private pressKey(event: KeyboardEvent, direction: Direction): void {
    if (!HOLD_KEYS.includes(event.key)) return;
    event.preventDefault(); // no click follows
    if (!event.repeat) this.hold(direction);
  }

  private readonly releaseKey = (event: KeyboardEvent): void => {
    if (!HOLD_KEYS.includes(event.key)) return;
    event.preventDefault();
    this.release();
  };

  /** Move a little for a click without a pointer or a key. */
  private clickOnce(event: MouseEvent, direction: Direction): void {
    if (event.detail !== 0) return;
    this.hold(direction);
    this.clickTimer = setTimeout(this.release, CLICK_MS);
  }

  private hold(direction: Direction): void {
    clearTimeout(this.clickTimer);
    const { mover } = this;
    if (!mover) return;
    if (this.takesPin) void this.askForPin(mover);
    else mover.hold(direction);
  }

  private readonly release = (): void => {
    clearTimeout(this.clickTimer);
    this.mover?.release();
  };

  /** Whether to ask for the PIN first: a movement that is refused leaves a trace. */
  private get takesPin(): boolean {
    const asks = this.isArmed && this.system?.alarm.code_format !== null;
    return asks && !this.mover?.isPermitted;
  }

  private readonly choose = async (event: Event): Promise<void> => {
    const select = event.target as HTMLSelectElement;
    const { value } = select;
    select.selectedIndex = 0; // it may be chosen again
    const { mover } = this;
    if (!mover || !value) return;
    try {
      if (this.takesPin && !(await this.askForPin(mover))) return;
      await mover.goTo(value);
    } catch (error) {
      await this.explain(error);
    }
  };

  /** Ask for the PIN; return whether it was accepted. */
  private async askForPin(mover: CameraMover): Promise<boolean> {
    try {
      const reason = this.texts.get("live.move");
      const accepted = await runWithPin(this, reason, (pin) => mover.allow(pin));
      if (accepted) this.page.showMessage(this.texts.get("live.move_allowed"));
      return accepted;
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
      return false;
    }
  }

  private async explain(error: unknown): Promise<void> {
    if (this.mover && isPinMissing(error)) await this.askForPin(this.mover);
    else this.page.showMessage(this.texts.error(error), "error");
  }

  static override styles = [
    controls,
    css`
      :host {
        display: contents;
      }
      .pad {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      .hold {
        touch-action: none;
        user-select: none;
        -webkit-user-select: none;
        -webkit-touch-callout: none;
      }
      .field {
        max-width: 220px;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-move-pad": MovePad;
  }
}
