import { mdiBellOffOutline, mdiBellOutline } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { Camera } from "../data/types.ts";
import { PageElement, now } from "../page.ts";
import { HOUR_S, nextMorning, QUARTER_S } from "../state/snooze.ts";
import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";
import { runGuarded, runWeakening } from "./pin-dialog.ts";

/** A bell that shows whether a camera's alerts are snoozed, and opens the choices to snooze them. */
@customElement("homesec-snooze")
export class SnoozeMenu extends PageElement {
  @property({ attribute: false }) camera!: Camera;
  @query("dialog") private dialog!: HTMLDialogElement;

  protected override render(): unknown {
    const { texts, camera } = this;
    const until = camera.snoozed_until;
    return html`<button
        class="button small icon plain bell"
        aria-haspopup="dialog"
        title=${this.stateText()}
        aria-label="${this.stateText()}: ${camera.name}"
        @click=${() => this.dialog.showModal()}
      >
        ${icon(until ? mdiBellOffOutline : mdiBellOutline)}
      </button>
      <dialog aria-labelledby="title" @click=${this.closeOutside}>
        <div class="body">
          <h2 id="title">${texts.get("cameras.snooze")}</h2>
          <p>${camera.name}${until ? html`<br />${this.stateText()}` : nothing}</p>
          ${this.renderChoices()}
          ${until
            ? html`<button class="button strong" @click=${() => void this.set(0)}>
                ${icon(mdiBellOutline)}${texts.get("cameras.unsnooze")}
              </button>`
            : nothing}
          <button class="button plain" @click=${() => this.dialog.close()}>
            ${texts.get("common.cancel")}
          </button>
        </div>
      </dialog>`;
  }

  private renderChoices(): unknown {
    const { texts } = this;
    const morning = nextMorning(now(), this.format.zone);
    const choice = (text: string, seconds: () => number): unknown =>
      html`<button class="button" @click=${() => void this.set(seconds())}>${text}</button>`;
    return html`<div class="choices" role="group" aria-label=${texts.get("cameras.snooze_choices")}>
      ${choice(texts.get("cameras.snooze_quarter"), () => QUARTER_S)}
      ${choice(texts.get("cameras.snooze_hour"), () => HOUR_S)}
      ${choice(
        texts.get("cameras.snooze_morning", { time: this.format.time(morning) }),
        () => morning - now(),
      )}
    </div>`;
  }

  private stateText(): string {
    const until = this.camera.snoozed_until;
    if (!until) return this.texts.get("cameras.snooze");
    return this.texts.get("cameras.snoozed", { time: this.format.until(until, now()) });
  }

  private readonly closeOutside = (event: MouseEvent): void => {
    if (event.target === this.dialog) this.dialog.close();
  };

  /** Snooze for so long, or end the snooze with 0, and offer to undo that. */
  private async set(seconds: number): Promise<void> {
    this.dialog.close();
    const before = this.camera.snoozed_until;
    try {
      if (!(await this.send(seconds))) return;
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
      return;
    }
    const { name } = this.camera;
    const text = seconds
      ? this.texts.get("cameras.snoozed_for", { camera: name, time: this.format.time(now() + seconds) })
      : this.texts.get("cameras.snooze_ended", { camera: name });
    this.page.showMessage(text, "info", {
      text: this.texts.get("deleted.undo"),
      run: async () => void (await this.send(before ? Math.max(0, before - now()) : 0)),
    });
  }

  /** Return whether it was done; the user can cancel the question for the PIN. */
  private send(seconds: number): Promise<boolean> {
    const { id } = this.camera;
    const reason = this.texts.get(seconds ? "cameras.snooze" : "cameras.unsnooze");
    return (seconds ? runWeakening : runGuarded)(this, reason, async (pin) => {
      await this.page.api.snooze(id, seconds, pin);
    });
  }

  static override styles = [
    controls,
    css`
      dialog {
        border: none;
        border-radius: var(--hs-radius);
        background: var(--hs-card);
        color: var(--hs-text);
        padding: 0;
        width: min(340px, calc(100vw - 32px));
        max-height: calc(100dvh - 16px);
        box-shadow: 0 8px 32px rgba(0, 0, 0, 0.4);
      }
      dialog::backdrop {
        background: rgba(0, 0, 0, 0.5);
      }
      .body,
      .choices {
        display: grid;
        gap: 8px;
      }
      .body {
        padding: 24px;
      }
      h2 {
        margin: 0;
        font-size: 20px;
        font-weight: 500;
      }
      p {
        margin: 0 0 8px;
        color: var(--hs-text-2);
        overflow-wrap: anywhere;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-snooze": SnoozeMenu;
  }
}
