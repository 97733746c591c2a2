import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { controls } from "../styles/shared.ts";

/** Asks for confirmation before something that can't be undone. */
@customElement("homesec-confirm-dialog")
export class ConfirmDialog extends LitElement {
  @property() text = "";
  @property() yes = "";
  @property() no = "";
  @query("dialog") private dialog!: HTMLDialogElement;
  private answer: ((yes: boolean) => void) | null = null;

  /** Resolve to whether the user confirmed. */
  async confirm(text: string, yes: string, no: string): Promise<boolean> {
    Object.assign(this, { text, yes, no });
    await this.updateComplete;
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => (this.answer = resolve));
  }

  protected override render(): unknown {
    return html`<dialog
      role="alertdialog"
      aria-labelledby="text"
      @close=${() => this.answer?.(this.dialog.returnValue === "yes")}
      @keydown=${(event: Event) => event.stopPropagation()}
    >
      <form method="dialog">
        <p id="text">${this.text}</p>
        <div>
          <button class="button" value="no">${this.no}</button>
          <button class="button strong danger" value="yes">${this.yes}</button>
        </div>
      </form>
    </dialog>`;
  }

  static override styles = [
    controls,
    css`
      dialog {
        border: none;
        border-radius: var(--hs-radius);
        background: var(--hs-card);
        color: var(--hs-text);
        padding: 24px;
        max-width: min(420px, calc(100vw - 32px));
        box-shadow: 0 8px 32px rgba(0, 0, 0, 0.4);
      }
      dialog::backdrop {
        background: rgba(0, 0, 0, 0.5);
      }
      p {
        margin: 0 0 20px;
        font-size: 16px;
      }
      div {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        flex-wrap: wrap;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-confirm-dialog": ConfirmDialog;
  }
}
