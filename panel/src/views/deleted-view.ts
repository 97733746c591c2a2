import { mdiArrowLeft, mdiDeleteForeverOutline, mdiDeleteRestore } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { clipTitle } from "../components/clip-card.ts";
import type { ConfirmDialog } from "../components/confirm-dialog.ts";
import { icon } from "../components/icon.ts";
import { runWeakening } from "../components/pin-dialog.ts";
import type { DeletedClip, Refusal } from "../data/types.ts";
import { stillUrl } from "../data/stills.ts";
import { followLink } from "../ha/navigate.ts";
import { PageElement, now } from "../page.ts";
import { routePath } from "../router.ts";
import { DeletedList, daysLeft } from "../state/deleted.ts";
import { ObservableController } from "../state/observable.ts";
import { cards, controls } from "../styles/shared.ts";
import "../components/confirm-dialog.ts";
import "../components/still-image.ts";

const STILL_WIDTH = 360; // CSS pixels, about

/** Deleted clips: who deleted them, how many days are left, restore, and delete forever. */
@customElement("homesec-deleted")
export class DeletedView extends PageElement {
  @state() private list: DeletedList | null = null;
  @state() private busy = false;
  @query("homesec-confirm-dialog") private dialog!: ConfirmDialog;

  constructor() {
    super();
    new ObservableController(this, () => this.list ?? undefined);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.list = new DeletedList(this.page.api);
    void this.list.subscribe();
    void this.list.refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.list?.unsubscribe();
  }

  protected override engineStarted(): void {
    void this.list?.refresh();
  }

  /** Whether nothing can be deleted forever now, since the alarm is triggered. */
  private get isHeld(): boolean {
    return this.system?.alarm.state === "triggered";
  }

  protected override render(): unknown {
    const { list, texts } = this;
    return html`<div class="page">
        <div class="head">
          <a
            class="button icon plain"
            href=${routePath({ view: "clips" })}
            aria-label=${texts.get("deleted.back")}
            @click=${followLink}
            >${icon(mdiArrowLeft)}</a
          >
          <h2>${texts.get("deleted.title")}</h2>
        </div>
        ${this.isHeld ? html`<p class="held" role="status">${texts.get("deleted.held")}</p>` : nothing}
        ${list?.error
          ? html`<p class="card bad" role="alert">${texts.error(list.error)}</p>`
          : nothing}
        ${list && this.renderList(list)}
      </div>
      <homesec-confirm-dialog></homesec-confirm-dialog>`;
  }

  private renderList(list: DeletedList): unknown {
    const { texts } = this;
    if (!list.clips.length) {
      const text = list.total === null ? "common.loading" : "deleted.none";
      return list.error ? nothing : html`<p class="empty" role="status">${texts.get(text)}</p>`;
    }
    return html`<ul>
        ${list.clips.map((clip) => this.renderClip(clip))}
      </ul>
      ${list.complete
        ? nothing
        : html`<button
            class="button more"
            ?disabled=${list.loading}
            @click=${() => void list.loadMore()}
          >
            ${texts.get("deleted.more")}
          </button>`}`;
  }

  private renderClip(clip: DeletedClip): unknown {
    const { texts, format } = this;
    const left = daysLeft(clip, now());
    return html`<li class="card">
      <homesec-still
        .stills=${this.page.stills}
        .path=${clip.still && stillUrl(clip.still, STILL_WIDTH)}
      ></homesec-still>
      <div class="words">
        <b>${clipTitle(this.page, clip)}, ${clip.camera}</b>
        <span>${format.dateTime(clip.event)}</span>
        <span class="quiet"
          >${clip.deleted_by === null
            ? texts.get("deleted.by_automation")
            : texts.get("deleted.by", { who: clip.deleted_by })},
          ${format.dateTime(clip.deleted)}</span
        >
        <span>${left === null ? texts.get("deleted.kept") : texts.count("deleted.left", left)}</span>
      </div>
      <div class="actions">
        <button class="button" ?disabled=${this.busy} @click=${() => void this.restore(clip)}>
          ${icon(mdiDeleteRestore)}${texts.get("deleted.restore")}
        </button>
        ${this.system?.user.is_admin
          ? html`<button
              class="button danger"
              ?disabled=${this.busy || this.isHeld || left === null}
              title=${this.isHeld ? texts.get("deleted.held") : nothing}
              @click=${() => void this.purge(clip)}
            >
              ${icon(mdiDeleteForeverOutline)}${texts.get("deleted.purge")}
            </button>`
          : nothing}
      </div>
    </li>`;
  }

  private async restore(clip: DeletedClip): Promise<void> {
    await this.run(async () => {
      const refused = await this.list!.restore([clip.id]);
      this.report(refused, this.texts.count("deleted.restored", 1));
    });
  }

  private async purge(clip: DeletedClip): Promise<void> {
    const { texts } = this;
    const confirmed = await this.dialog.confirm(
      texts.get("deleted.purge_sure"),
      texts.get("deleted.purge"),
      texts.get("common.cancel"),
    );
    if (!confirmed) return;
    await this.run(async () => {
      let refused: Refusal[] = [];
      const done = await runWeakening(this, texts.get("deleted.purge"), async (pin) => {
        refused = await this.list!.purge([clip.id], pin);
      });
      if (done) this.report(refused, texts.get("deleted.purged"));
    });
  }

  private report(refused: Refusal[], text: string): void {
    if (refused[0]) this.page.showMessage(this.texts.problem(refused[0].error), "error");
    else this.page.showMessage(text);
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

  static override styles = [
    controls,
    cards,
    css`
      :host {
        display: block;
        overflow-y: auto;
      }
      .page {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        padding: 12px;
        max-width: 1280px;
        margin: 0 auto;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 4px;
      }
      .held {
        margin: 0;
        padding: 12px 16px;
        border-radius: var(--hs-radius);
        background: color-mix(in srgb, var(--warning-color, #ffa600) 20%, var(--hs-card));
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr));
        gap: 12px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li.card {
        display: flex;
        flex-direction: column;
        padding: 0;
        overflow: hidden;
      }
      homesec-still {
        aspect-ratio: 16 / 9;
        width: 100%;
      }
      .words {
        display: grid;
        gap: 2px;
        padding: 10px 12px;
        overflow-wrap: anywhere;
      }
      .words b {
        font-weight: 500;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 0 12px 12px;
        margin-top: auto;
      }
      .more {
        justify-self: center;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-deleted": DeletedView;
  }
}
