import { mdiBackspaceOutline, mdiCheck } from "@mdi/js";
import { css, html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Texts } from "../texts/texts.ts";
import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** A keypad for the PIN. Fires `code` with the PIN, and `cancel`. */
@customElement("homesec-pin-pad")
export class PinPad extends LitElement {
  @property({ attribute: false }) texts!: Texts;
  @property() format: "number" | "text" = "number";
  @property() action = "";
  @property({ type: Boolean }) busy = false;
  @state() private code = "";
  @query("input") private input!: HTMLInputElement;

  protected override firstUpdated(): void {
    // A phone's on-screen keyboard would cover the keypad.
    if (matchMedia("(pointer: fine)").matches || this.format === "text") this.input.focus();
  }

  clear(): void {
    this.code = "";
  }

  protected override render(): unknown {
    const { texts } = this;
    return html`<form @submit=${this.send} @keydown=${this.onKey}>
      <label>
        <span class="hidden-text">${texts.get("alarm.code")}</span>
        <input
          class="field"
          type="password"
          name="code"
          autocomplete="off"
          inputmode=${this.format === "number" ? "numeric" : "text"}
          placeholder=${texts.get("alarm.code")}
          .value=${this.code}
          @input=${(event: Event) => (this.code = (event.target as HTMLInputElement).value)}
        />
      </label>
      ${this.format === "number" ? this.renderKeys() : ""}
      <div class="end">
        <button type="button" class="button" @click=${this.cancel}>
          ${texts.get("common.cancel")}
        </button>
        <button class="button strong" ?disabled=${this.busy || !this.code}>
          ${icon(mdiCheck)}${this.action}
        </button>
      </div>
    </form>`;
  }

  private renderKeys(): unknown {
    const key = (digit: string): unknown =>
      html`<button
        type="button"
        class="button key"
        @click=${() => (this.code += digit)}
      >
        ${digit}
      </button>`;
    return html`<div class="keys">
      ${KEYS.map(key)}
      <span></span>
      ${key("0")}
      <button
        type="button"
        class="button key plain"
        aria-label=${this.texts.get("alarm.erase")}
        @click=${() => (this.code = this.code.slice(0, -1))}
      >
        ${icon(mdiBackspaceOutline)}
      </button>
    </div>`;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") this.cancel();
    event.stopPropagation(); // keep digits from triggering Home Assistant's shortcuts
  }

  private send(event: Event): void {
    event.preventDefault();
    if (!this.code) return;
    this.dispatchEvent(new CustomEvent("code", { detail: this.code }));
    this.code = ""; // keep the PIN no longer than needed
  }

  private cancel(): void {
    this.code = "";
    this.dispatchEvent(new CustomEvent("cancel"));
  }

  static override styles = [
    controls,
    css`
      form {
        display: grid;
        gap: 12px;
        max-width: 300px;
        margin: 0 auto;
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
    "homesec-pin-pad": PinPad;
  }
}
