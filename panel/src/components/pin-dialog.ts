import { mdiBackspaceOutline, mdiCheck } from "@mdi/js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { Page } from "../page.ts";
import { ObservableController } from "../state/observable.ts";
import { isPinMissing, PinEntry } from "../state/pin-entry.ts";
import type { PinAction } from "../state/pin-entry.ts";
import { controls, theme } from "../styles/shared.ts";
import { icon } from "./icon.ts";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Any element of the page. */
export interface PinHost {
  readonly page: Page;
}

const NAVIGATION_EVENTS = ["location-changed", "popstate"];

/**
 * Ask for a PIN; `reason` says what for, such as "Disarm". Resolve to null if the user cancels.
 *
 * Where the PIN is used at once, `runWithPin` is better: it can say in place that the PIN is wrong.
 */
export async function askForPin(host: PinHost, reason: string): Promise<string | null> {
  let entered: string | null = null;
  await openDialog(host, reason, async (pin) => void (entered = pin));
  return entered;
}

/**
 * Ask for a PIN until `action` accepts one, and show in the dialog why one is refused.
 *
 * Resolve to whether the action was carried out. Other errors than those about the PIN are thrown.
 */
export function runWithPin(host: PinHost, reason: string, action: PinAction): Promise<boolean> {
  return openDialog(host, reason, action);
}

/** Do something, and ask for a PIN only if it is refused without one. Otherwise as `runWithPin`. */
export async function runGuarded(
  host: PinHost,
  reason: string,
  action: (pin: string | null) => Promise<void>,
): Promise<boolean> {
  try {
    await action(null);
    return true;
  } catch (error) {
    if (!isPinMissing(error)) throw error;
  }
  return runWithPin(host, reason, action);
}

/** Do what weakens an armed alarm. While that takes a PIN, ask for it before the first try. */
export function runWeakening(
  host: PinHost,
  reason: string,
  action: (pin: string | null) => Promise<void>,
): Promise<boolean> {
  const alarm = host.page.system.state?.alarm;
  const needed = alarm && alarm.code_format !== null && alarm.state !== "disarmed";
  return needed ? runWithPin(host, reason, action) : runGuarded(host, reason, action);
}

async function openDialog(host: PinHost, reason: string, action: PinAction): Promise<boolean> {
  const dialog = document.createElement("homesec-pin-dialog");
  const entry = new PinEntry(action);
  Object.assign(dialog, { page: host.page, reason, entry });
  // Not into the host, which may render anew or be removed while the dialog is open.
  document.body.append(dialog);
  try {
    return await entry.done;
  } finally {
    dialog.remove();
  }
}

/** A dialog with a keypad. `openDialog` creates and removes it. */
@customElement("homesec-pin-dialog")
export class PinDialog extends LitElement {
  @property({ attribute: false }) page!: Page;
  @property() reason = "";
  @property({ attribute: false }) entry!: PinEntry;
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("input") private input!: HTMLInputElement;
  private readonly openedOn = location.pathname;

  constructor() {
    super();
    new ObservableController(this, () => this.entry);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const kind of NAVIGATION_EVENTS) window.addEventListener(kind, this.handleNavigation);
    // Applies to native controls.
    this.style.colorScheme = this.page.hass().themes?.darkMode ? "dark" : "light";
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const kind of NAVIGATION_EVENTS) window.removeEventListener(kind, this.handleNavigation);
  }

  private readonly close = (): void => this.dialog.close();

  /** Close on another page. Home Assistant also fires these events for the same one. */
  private readonly handleNavigation = (): void => {
    if (location.pathname !== this.openedOn) this.close();
  };

  protected override firstUpdated(): void {
    this.dialog.showModal();
    // A phone's on-screen keyboard would cover the keypad, so there nothing has the focus.
    if (matchMedia("(pointer: fine)").matches) this.input.focus();
    else this.dialog.focus();
  }

  protected override render(): unknown {
    const { entry, page } = this;
    const { texts } = page;
    return html`<dialog
      tabindex="-1"
      aria-labelledby="reason"
      @close=${() => entry.cancel()}
      @keydown=${(event: Event) => event.stopPropagation()}
    >
      <form @submit=${this.submit}>
        <h2 id="reason">${this.reason}</h2>
        <label>
          <span class="hidden-text">${texts.get("alarm.code")}</span>
          <input
            class="field"
            type="password"
            autocomplete="off"
            inputmode="numeric"
            placeholder=${texts.get("alarm.code")}
            aria-describedby="error"
            .value=${entry.pin}
            @input=${(event: Event) => entry.enter((event.target as HTMLInputElement).value)}
          />
        </label>
        <p id="error" role="alert">${entry.error ? texts.error(entry.error) : nothing}</p>
        ${this.renderKeys()}
        <div class="end">
          <button type="button" class="button" @click=${this.close}>
            ${texts.get("common.cancel")}
          </button>
          <button class="button strong" ?disabled=${entry.isBusy || !entry.pin}>
            ${icon(mdiCheck)}${texts.get("alarm.confirm")}
          </button>
        </div>
      </form>
    </dialog>`;
  }

  private renderKeys(): unknown {
    const key = (digit: string): unknown =>
      html`<button type="button" class="button key" @click=${() => this.entry.add(digit)}>
        ${digit}
      </button>`;
    return html`<div class="keys">
      ${KEYS.map(key)}
      <span></span>
      ${key("0")}
      <button
        type="button"
        class="button key plain"
        aria-label=${this.page.texts.get("alarm.erase")}
        @click=${() => this.entry.erase()}
      >
        ${icon(mdiBackspaceOutline)}
      </button>
    </div>`;
  }

  private submit(event: Event): void {
    event.preventDefault();
    void this.entry.submit();
  }

  static override styles = [
    theme,
    controls,
    css`
      dialog {
        border: none;
        border-radius: var(--hs-radius);
        background: var(--hs-card);
        color: var(--hs-text);
        padding: 24px;
        width: min(340px, calc(100vw - 32px));
        max-height: calc(100dvh - 16px);
        box-shadow: 0 8px 32px rgba(0, 0, 0, 0.4);
        outline: none;
      }
      dialog::backdrop {
        background: rgba(0, 0, 0, 0.5);
      }
      form {
        display: grid;
        gap: 12px;
      }
      h2 {
        margin: 0;
        font-size: 20px;
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      input {
        width: 100%;
        text-align: center;
        font-size: 20px;
        letter-spacing: 0.3em;
      }
      input::placeholder {
        letter-spacing: normal;
        font-size: 16px;
        color: var(--hs-text-2);
      }
      p {
        margin: 0;
        color: var(--hs-bad);
      }
      p:empty {
        display: none;
      }
      .keys {
        display: grid;
        grid-template-columns: repeat(3, 1fr);
        gap: 8px;
      }
      .key {
        min-height: 56px;
        font-size: 20px;
        border-radius: 28px;
        touch-action: manipulation;
      }
      .end {
        display: flex;
        gap: 8px;
      }
      .end .button {
        flex: 1;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-pin-dialog": PinDialog;
  }
}
