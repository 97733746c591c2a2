import {
  mdiDeleteOutline,
  mdiDownload,
  mdiLock,
  mdiLockOpenVariantOutline,
  mdiShareVariant,
  mdiVectorSquare,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Clip, Refusal } from "../data/types.ts";
import { share } from "../ha/share.ts";
import { PageElement } from "../page.ts";
import { routePath } from "../router.ts";
import { controls } from "../styles/shared.ts";
import type { ConfirmDialog } from "./confirm-dialog.ts";
import "./confirm-dialog.ts";
import { icon } from "./icon.ts";
import { runGuarded, runWeakening } from "./pin-dialog.ts";
import { deletionQuestion, showDeleted } from "./undo.ts";

/** Actions on the shown clip. Fires `deleted`, and `boxes` to show or hide boxes. */
@customElement("homesec-clip-actions")
export class ClipActions extends PageElement {
  @property({ attribute: false }) clip!: Clip;
  @property({ type: Boolean }) boxes = false;
  @property({ type: Boolean }) tracked = false;
  @state() private busy = false;
  @query("homesec-confirm-dialog") private dialog!: ConfirmDialog;

  protected override render(): unknown {
    const { clip, texts } = this;
    const button = (path: string, text: string, act: () => Promise<void>, kind = ""): unknown =>
      html`<button
        class="button small ${kind}"
        ?disabled=${this.busy}
        @click=${() => void this.run(act)}
      >
        ${icon(path)}${text}
      </button>`;
    const finished = clip.state !== "recording";
    return html`<div role="toolbar" aria-label=${texts.get("clip.actions")}>
        ${this.tracked
          ? html`<button
              class="button small"
              aria-pressed=${this.boxes}
              @click=${() => this.dispatchEvent(new CustomEvent("boxes"))}
            >
              ${icon(mdiVectorSquare)}${texts.get("clip.boxes")}
            </button>`
          : nothing}
        ${finished && clip.film
          ? button(mdiDownload, texts.get("clip.download"), () => this.download())
          : nothing}
        ${button(mdiShareVariant, texts.get("clip.share"), () => this.share())}
        ${this.canControl
          ? html`${button(
              clip.protected ? mdiLockOpenVariantOutline : mdiLock,
              texts.get(clip.protected ? "clip.unprotect" : "clip.protect"),
              () => this.protect(),
            )}
            ${finished
              ? button(mdiDeleteOutline, texts.get("clip.delete"), () => this.delete(), "danger")
              : nothing}`
          : nothing}
      </div>
      <homesec-confirm-dialog></homesec-confirm-dialog>`;
  }

  private async run(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await act();
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
    }
    this.busy = false;
  }

  private async download(): Promise<void> {
    const link = document.createElement("a");
    link.href = await this.page.api.signed(`${this.clip.film}?download=1`);
    link.download = "";
    link.click();
  }

  private async share(): Promise<void> {
    const base = this.system?.external_url ?? location.origin;
    const address = base + routePath({ view: "clip", id: this.clip.id });
    const done = await share(address, this.clip.camera);
    if (done === "copied") this.page.showMessage(this.texts.get("clip.copied"));
    if (done === null) this.page.showMessage(address);
  }

  private async protect(): Promise<void> {
    const { id, protected: was } = this.clip;
    const reason = this.texts.get(was ? "clip.unprotect" : "clip.protect");
    await (was ? runWeakening : runGuarded)(this, reason, async (pin) => {
      await this.page.api.protect([id], !was, pin);
    });
  }

  private async delete(): Promise<void> {
    const { texts, clip } = this;
    const confirmed = await this.dialog.confirm(
      deletionQuestion(this.page, 1),
      texts.get("clip.delete"),
      texts.get("common.cancel"),
    );
    if (!confirmed) return;
    let refused: Refusal[] = [];
    let restorable = false;
    const done = await runWeakening(this, texts.get("clip.delete"), async (pin) => {
      ({ refused, restorable } = await this.page.api.delete([clip.id], pin));
    });
    if (!done) return;
    if (refused[0]) {
      this.page.showMessage(texts.problem(refused[0].error), "error");
      return;
    }
    showDeleted(this.page, [clip.id], restorable);
    this.dispatchEvent(new CustomEvent("deleted"));
  }

  static override styles = [
    controls,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-clip-actions": ClipActions;
  }
}
