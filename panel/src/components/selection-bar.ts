import {
  mdiClose,
  mdiDeleteOutline,
  mdiExportVariant,
  mdiLock,
  mdiLockOpenVariantOutline,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Refusal } from "../data/types.ts";
import { PageElement } from "../page.ts";
import type { ClipList } from "../state/clips.ts";
import { ObservableController } from "../state/observable.ts";
import type { Selection } from "../state/selection.ts";
import { controls } from "../styles/shared.ts";
import type { ConfirmDialog } from "./confirm-dialog.ts";
import "./confirm-dialog.ts";
import { icon } from "./icon.ts";
import { runGuarded, runWeakening } from "./pin-dialog.ts";
import { deletionQuestion, showDeleted } from "./undo.ts";

/** Actions on the selected clips. */
@customElement("homesec-selection-bar")
export class SelectionBar extends PageElement {
  @property({ attribute: false }) selection!: Selection;
  @property({ attribute: false }) list!: ClipList;
  @state() private busy = false;
  @query("homesec-confirm-dialog") private dialog!: ConfirmDialog;

  constructor() {
    super();
    new ObservableController(this, () => this.selection);
    new ObservableController(this, () => this.list);
  }

  protected override render(): unknown {
    const { texts, selection } = this;
    const none = this.busy || selection.size === 0;
    const action = (path: string, text: string, act: () => Promise<void>, kind = ""): unknown =>
      html`<button
        class="button small ${kind}"
        ?disabled=${none}
        title=${text}
        @click=${() => void this.run(act)}
      >
        ${icon(path)}<span class="word">${text}</span>
      </button>`;
    return html`${selection.active
        ? html`<div class="bar" role="toolbar" aria-label=${texts.get("clips.selection")}>
            <button
              class="button small icon plain"
              aria-label=${texts.get("clips.select_end")}
              @click=${() => selection.end()}
            >
              ${icon(mdiClose)}
            </button>
            <span class="count" role="status">${texts.count("clips.selected", selection.size)}</span>
            ${action(mdiExportVariant, texts.get("clip.export"), () => this.export())}
            ${this.allProtected
              ? action(mdiLockOpenVariantOutline, texts.get("clip.unprotect"), () =>
                  this.protect(false),
                )
              : action(mdiLock, texts.get("clip.protect"), () => this.protect(true))}
            ${action(mdiDeleteOutline, texts.get("clip.delete"), () => this.delete(), "danger")}
          </div>`
        : nothing}
      <homesec-confirm-dialog></homesec-confirm-dialog>`;
  }

  /** Whether all selected clips are protected, so that what is offered is to unprotect them. */
  private get allProtected(): boolean {
    const { ids, size } = this.selection;
    const selected = this.list.clips.filter((clip) => ids.has(clip.id));
    return size > 0 && selected.length === size && selected.every((clip) => clip.protected);
  }

  /** Delete the selected clips after a confirmation. */
  async deleteSelected(): Promise<void> {
    await this.run(() => this.delete());
  }

  private async run(act: () => Promise<void>): Promise<void> {
    if (this.busy || !this.selection.size) return;
    this.busy = true;
    try {
      await act();
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
    }
    this.busy = false;
  }

  private async export(): Promise<void> {
    const ids = [...this.selection.ids];
    const { exported, folder, refused } = await this.page.api.export(ids);
    if (refused.length) {
      const left = new Set(refused.map((each) => each.id));
      this.selection.deselect(ids.filter((id) => !left.has(id)));
      this.page.showMessage(this.texts.count("clips.not_exported", refused.length, { folder }), "error");
    } else {
      this.page.showMessage(this.texts.count("clips.exported", exported, { folder }));
      this.selection.end();
    }
  }

  private async protect(on: boolean): Promise<void> {
    const ids = [...this.selection.ids];
    const reason = this.texts.get(on ? "clip.protect" : "clip.unprotect");
    const done = await (on ? runGuarded : runWeakening)(this, reason, async (pin) => {
      await this.page.api.protect(ids, on, pin);
    });
    if (!done) return;
    this.page.showMessage(this.texts.count(on ? "clips.protected" : "clips.unprotected", ids.length));
    this.selection.end();
  }

  private async delete(): Promise<void> {
    const ids = [...this.selection.ids];
    const { texts } = this;
    const confirmed = await this.dialog.confirm(
      deletionQuestion(this.page, ids.length),
      texts.get("clip.delete"),
      texts.get("common.cancel"),
    );
    if (!confirmed) return;
    let deleted: string[] = [];
    let refused: Refusal[] = [];
    let restorable = false;
    const done = await runWeakening(this, texts.get("clip.delete"), async (pin) => {
      ({ deleted, refused, restorable } = await this.page.api.delete(ids, pin));
    });
    if (!done) return;
    this.list.remove(deleted);
    this.selection.deselect(deleted);
    if (refused.length) {
      this.page.showMessage(texts.count("clips.not_deleted", refused.length), "error");
    } else {
      showDeleted(this.page, deleted, restorable);
      this.selection.end();
    }
  }

  static override styles = [
    controls,
    css`
      .bar {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 8px 12px;
        background: var(--hs-tone);
        border-top: 1px solid var(--hs-line);
      }
      .count {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      @media (max-width: 700px) {
        .word {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        .button.small {
          width: 44px;
          min-height: 44px;
          padding: 0;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-selection-bar": SelectionBar;
  }
}
