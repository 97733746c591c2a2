import {
  mdiArrowLeft,
  mdiCheck,
  mdiContentSaveOutline,
  mdiEyeOutline,
  mdiPlus,
  mdiUndo,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { icon } from "../components/icon.ts";
import type { Unsubscribe } from "../data/api.ts";
import type { PreviewBox } from "../data/types.ts";
import { runWeakening } from "../components/pin-dialog.ts";
import { followLink } from "../ha/navigate.ts";
import { PageElement } from "../page.ts";
import { BASE } from "../router.ts";
import { ObservableController } from "../state/observable.ts";
import { MAX_ZONES, ZonesDraft } from "../state/zones.ts";
import { cards, controls } from "../styles/shared.ts";
import "../components/zone-canvas.ts";
import "../components/zone-form.ts";

const SETTLE_MS = 400;

/** Edits the zones of a camera on its picture. For administrators only. */
@customElement("homesec-zones")
export class ZonesView extends PageElement {
  @property() cameraId = "";
  @state() private busy = false;
  @state() private preview = false;
  @state() private detections: PreviewBox[] = [];
  private draft: ZonesDraft | undefined;
  private stop: Unsubscribe | null = null;
  private previewed = "";
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.draft);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endPreview();
    this.draft = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (this.isConnected && this.draft?.cameraId !== this.cameraId) {
      this.draft = new ZonesDraft(this.page.api, this.cameraId);
      void this.draft.load();
    }
    if (this.preview) this.followDraft();
  }

  protected override render(): unknown {
    const { draft, texts } = this;
    if (!draft) return nothing;
    if (!this.system?.user.is_admin) {
      return html`<p class="empty" role="alert">${texts.get("errors.not_allowed")}</p>`;
    }
    if (draft.error) {
      return html`<p class="empty" role="alert">${texts.error(draft.error)}</p>`;
    }
    if (!draft.ready) return html`<p class="empty" role="status">${texts.get("common.loading")}</p>`;
    return html`<div class="page">
      ${this.renderHead(draft)}
      <div class="columns">
        <div class="left">
          <homesec-zone-canvas
            .page=${this.page}
            .draft=${draft}
            .detections=${this.preview ? this.detections : []}
            @drawn=${() => this.close(draft)}
          ></homesec-zone-canvas>
          ${this.renderTools(draft)}
        </div>
        <div class="right">${this.renderList(draft)}
          ${draft.zone
            ? html`<section class="card" aria-label=${draft.zone.name}>
                <homesec-zone-form .page=${this.page} .draft=${draft}></homesec-zone-form>
              </section>`
            : nothing}
        </div>
      </div>
    </div>`;
  }

  private renderHead(draft: ZonesDraft): unknown {
    const { texts } = this;
    return html`<div class="head">
      <a class="button icon plain" href=${BASE} aria-label=${texts.get("zones.back")} @click=${followLink}
        >${icon(mdiArrowLeft)}</a
      >
      <h2>${texts.get("zones.title", { camera: this.cameraName(this.cameraId) })}</h2>
      <button
        class="button strong"
        ?disabled=${this.busy || !draft.isDirty || !draft.isValid}
        @click=${() => void this.save(draft)}
      >
        ${icon(mdiContentSaveOutline)}${texts.get("zones.save")}
      </button>
    </div>`;
  }

  private renderTools(draft: ZonesDraft): unknown {
    const { texts } = this;
    if (draft.drawing) {
      return html`<div class="tools">
        <button
          class="button strong"
          ?disabled=${draft.drawing.length < 3}
          @click=${() => this.close(draft)}
        >
          ${icon(mdiCheck)}${texts.get("zones.done")}
        </button>
        <button class="button" ?disabled=${!draft.drawing.length} @click=${() => draft.removeLastCorner()}>
          ${icon(mdiUndo)}${texts.get("zones.undo")}
        </button>
        <button class="button" @click=${() => draft.cancel()}>${texts.get("common.cancel")}</button>
        <p class="quiet">${texts.get("zones.drawing")}</p>
      </div>`;
    }
    return html`<div class="tools">
      <button
        class="button"
        ?disabled=${draft.zones.length >= MAX_ZONES}
        @click=${() => void this.draw(draft)}
      >
        ${icon(mdiPlus)}${texts.get("zones.draw")}
      </button>
      <button class="button" ?disabled=${!draft.canUndo} @click=${() => draft.undo()}>
        ${icon(mdiUndo)}${texts.get("zones.undo")}
      </button>
      <button
        class="button"
        aria-pressed=${this.preview}
        @click=${() => this.togglePreview()}
      >
        ${icon(mdiEyeOutline)}${texts.get("zones.preview")}
      </button>
      ${this.preview ? html`<p class="quiet" role="status">${this.previewText()}</p>` : nothing}
    </div>`;
  }

  private renderList(draft: ZonesDraft): unknown {
    const { texts } = this;
    if (!draft.zones.length) return html`<p class="quiet">${texts.get("zones.none")}</p>`;
    return html`<ul aria-label=${texts.get("filter.zones")}>
      ${draft.zones.map(
        (zone, index) =>
          html`<li>
            <button
              class="button"
              aria-pressed=${index === draft.selected}
              @click=${() => draft.select(index === draft.selected ? null : index)}
            >
              <span class="dot ${zone.kind}"></span>
              <span class="name">${zone.name || texts.get("zones.unnamed")}</span>
              <small class=${draft.problem(index) ? "bad" : "quiet"}
                >${texts.get(`zones.kinds.${zone.kind}`)}</small
              >
            </button>
          </li>`,
      )}
    </ul>`;
  }

  private previewText(): string {
    const counting = this.detections.filter((box) => box.counts).length;
    return this.texts.count("zones.would_count", counting);
  }

  private async draw(draft: ZonesDraft): Promise<void> {
    draft.draw();
    await this.updateComplete;
    const canvas = this.renderRoot.querySelector("homesec-zone-canvas");
    canvas?.shadowRoot?.querySelector<SVGSVGElement>("svg")?.focus({ preventScroll: false });
  }

  private close(draft: ZonesDraft): void {
    const used = new Set(draft.zones.map((zone) => zone.name));
    let number = draft.zones.length + 1;
    const name = (): string => this.texts.get("zones.new_name", { number });
    while (used.has(name())) number += 1;
    draft.close(name());
  }

  private async save(draft: ZonesDraft): Promise<void> {
    this.busy = true;
    try {
      const saved = await runWeakening(this, this.texts.get("zones.save"), (pin) => draft.save(pin));
      if (saved) this.page.showMessage(this.texts.get("zones.saved"));
    } catch (error) {
      this.page.showMessage(this.texts.error(error), "error");
    }
    this.busy = false;
  }

  private togglePreview(): void {
    this.preview = !this.preview;
    if (!this.preview) this.endPreview();
  }

  /** Subscribe again when the zones change, because they are sent with the subscription. */
  private followDraft(): void {
    const { draft } = this;
    if (!draft?.isValid || JSON.stringify(draft.zones) === this.previewed) return;
    this.previewed = JSON.stringify(draft.zones);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => void this.beginPreview(this.previewed), SETTLE_MS);
  }

  private async beginPreview(wanted: string): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    this.stop?.();
    this.stop = null;
    try {
      const stop = await this.page.api.previewZones(this.cameraId, draft.zones, ({ boxes }) => {
        if (wanted !== this.previewed) return;
        // Leave out labels that the camera doesn't detect.
        this.detections = boxes.filter((box) => box.counts || draft.labels.includes(box.label));
      });
      if (this.preview && wanted === this.previewed && this.isConnected) this.stop = stop;
      else stop();
    } catch (error) {
      this.preview = false;
      this.page.showMessage(this.texts.error(error), "error");
    }
  }

  private endPreview(): void {
    clearTimeout(this.settling);
    this.stop?.();
    this.stop = null;
    this.previewed = "";
    this.detections = [];
    this.preview = false;
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
        padding: 12px 16px 24px;
        max-width: 1280px;
        margin: 0 auto;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-bottom: 12px;
      }
      .head h2 {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .columns {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 320px;
        gap: 16px;
        align-items: start;
      }
      .left,
      .right {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        min-width: 0;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
      }
      .tools p {
        margin: 0;
        flex-basis: 100%;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 6px;
      }
      li .button {
        width: 100%;
        justify-content: start;
        border-radius: 12px;
      }
      li .name {
        flex: 1;
        text-align: start;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .dot {
        width: 14px;
        height: 14px;
        border-radius: 4px;
        flex: none;
      }
      .dot.required {
        background: #2ecc71;
      }
      .dot.noted {
        background: #40c4ff;
      }
      .dot.mask {
        background: #444;
        border: 2px solid #ff6e6e;
      }
      @media (max-width: 900px) {
        .columns {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      @media (max-width: 600px) {
        .page {
          padding: 8px 12px 24px;
        }
        h2 {
          font-size: 16px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-zones": ZonesView;
  }
}
