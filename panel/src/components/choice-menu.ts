import { mdiMenuDown } from "@mdi/js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";

export interface Choice {
  value: string;
  text: string;
}

/** A button that opens a list of checkboxes. Fires `chosen` with the values. */
@customElement("homesec-choices")
export class ChoiceMenu extends LitElement {
  @property() text = "";
  @property({ attribute: false }) choices: Choice[] = [];
  @property({ attribute: false }) chosen: string[] = [];
  @state() private open = false;
  private readonly closeOnOutsideClick = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.open = false;
  };

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.closeOnOutsideClick);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.closeOnOutsideClick);
  }

  protected override render(): unknown {
    const only = this.choices.filter((choice) => this.chosen.includes(choice.value));
    const some = this.chosen.length > 0;
    const buttonText = only.length === 1 && this.chosen.length === 1 ? only[0]!.text : this.text;
    return html`<div @keydown=${this.onKey} @focusout=${this.onFocusOut}>
      <button
        class="button small ${some ? "strong" : ""}"
        aria-expanded=${this.open}
        aria-controls="list"
        @click=${() => (this.open = !this.open)}
      >
        <span class="text"
          >${buttonText}${this.chosen.length > 1 ? ` (${this.chosen.length})` : ""}</span
        >${icon(mdiMenuDown)}
      </button>
      ${this.open
        ? html`<div id="list" class="list" role="group" aria-label=${this.text}>
            ${this.choices.map(
              (choice) =>
                html`<label
                  ><input
                    type="checkbox"
                    .checked=${this.chosen.includes(choice.value)}
                    @change=${() => this.toggle(choice.value)}
                  />${choice.text}</label
                >`,
            )}
          </div>`
        : nothing}
    </div>`;
  }

  private onFocusOut(event: FocusEvent): void {
    if (event.relatedTarget && !event.composedPath().includes(event.relatedTarget)) {
      const inside = this.renderRoot.contains(event.relatedTarget as Node);
      if (!inside) this.open = false;
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.open) return;
    event.stopPropagation();
    this.open = false;
    this.renderRoot.querySelector("button")?.focus();
  }

  private toggle(value: string): void {
    const chosen = this.chosen.includes(value)
      ? this.chosen.filter((other) => other !== value)
      : [...this.chosen, value];
    this.dispatchEvent(new CustomEvent("chosen", { detail: chosen }));
  }

  static override styles = [
    controls,
    css`
      :host {
        min-width: 0;
        max-width: 100%;
      }
      div {
        position: relative;
      }
      .button {
        max-width: 100%;
      }
      .text {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .list {
        position: absolute;
        z-index: 5;
        top: calc(100% + 4px);
        inset-inline-start: 0;
        width: max-content;
        min-width: 200px;
        max-width: min(320px, 80vw);
        max-height: 50vh;
        overflow-y: auto;
        padding: 8px 0;
        border: 1px solid var(--hs-line);
        border-radius: 12px;
        background: var(--hs-card);
        box-shadow: 0 4px 16px rgba(0, 0, 0, 0.3);
      }
      label {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 44px;
        padding: 0 16px;
        cursor: pointer;
        overflow-wrap: anywhere;
      }
      label:hover {
        background: var(--hs-soft);
      }
      input {
        width: 20px;
        height: 20px;
        accent-color: var(--hs-accent);
        flex: none;
      }
      @media (max-width: 600px) {
        /* Below its button, as wide as the page: a list beside the last button would leave it. */
        div {
          position: static;
        }
        .list {
          position: absolute;
          top: auto;
          inset-inline: 12px;
          width: auto;
          max-width: none;
          margin-top: 4px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-choices": ChoiceMenu;
  }
}
