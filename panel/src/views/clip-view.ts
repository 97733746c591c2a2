import { mdiArrowLeft, mdiCctv, mdiChevronLeft, mdiChevronRight, mdiHistory } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { clipDetails, clipDetailsStyles } from "../components/clip-details.ts";
import { clipName } from "../components/clip-card.ts";
import { icon } from "../components/icon.ts";
import type { Clip, ClipDetail } from "../data/types.ts";
import { followLink, navigate } from "../ha/navigate.ts";
import { pageKeyBesideVideo } from "../layout/keys.ts";
import { PageElement, now } from "../page.ts";
import { BASE, routePath } from "../router.ts";
import { ClipStore } from "../state/clip.ts";
import { clipFilter, readFilter } from "../state/filter.ts";
import { ObservableController } from "../state/observable.ts";
import { cards, controls } from "../styles/shared.ts";
import "../components/clip-actions.ts";
import "../components/video-player.ts";

const BOXES = "homesec-boxes";

/** A clip with its video, details, and actions. */
@customElement("homesec-clip")
export class ClipView extends PageElement {
  @property() clipId = "";
  /** The URL's query with the filter of the list. */
  @property() search = "";
  @state() private boxes = localStorage.getItem(BOXES) === "1";
  @state() private replay = false;
  private store: ClipStore | undefined;
  private requested: string | null = null;
  private readonly onKey = (event: KeyboardEvent): void => this.step(event);

  constructor() {
    super();
    new ObservableController(this, () => this.store);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.store ??= new ClipStore(this.page.api);
    void this.store.subscribe().catch(() => undefined); // the page shows the error
    window.addEventListener("keydown", this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.store?.unsubscribe();
    this.store = undefined;
    this.requested = null;
    window.removeEventListener("keydown", this.onKey);
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const requested = this.clipId + this.search;
    if (requested === this.requested || !this.store) return;
    this.requested = requested;
    this.replay = false;
    const filter = clipFilter(readFilter(this.search), now(), this.format.zone);
    void this.store.show(this.clipId, filter);
  }

  protected override engineStarted(): void {
    this.requested = null;
    this.requestUpdate();
  }

  protected override render(): unknown {
    const { store, texts } = this;
    if (!store) return nothing;
    if (store.error || store.deleted) {
      return html`<div class="page">
        ${this.renderBack()}
        <p class="card empty" role="alert">
          ${store.deleted ? texts.get("clip.gone") : texts.error(store.error)}
        </p>
      </div>`;
    }
    if (!store.detail) {
      return html`<div class="page">
        ${this.renderBack()}
        <p class="empty" role="status">${texts.get("common.loading")}</p>
      </div>`;
    }
    return this.renderClip(store.detail);
  }

  private renderClip(detail: ClipDetail): unknown {
    const { clip, tracks } = detail;
    const { texts } = this;
    return html`<div class="page">
      <div class="head">
        ${this.renderBack()}
        <div class="title">
          <h2>${clip.camera}: ${clipName(this.page, clip)}</h2>
          <p class="quiet">${this.format.dateTime(clip.event)}</p>
        </div>
        ${this.renderNeighbor(detail.previous, mdiChevronLeft, texts.get("clip.older"))}
        ${this.renderNeighbor(detail.next, mdiChevronRight, texts.get("clip.newer"))}
      </div>
      <homesec-video-player
        .page=${this.page}
        .clip=${clip}
        .tracks=${tracks}
        .boxes=${this.boxes}
        .replay=${this.replay}
        @not-yet=${() => (this.replay = false)}
      ></homesec-video-player>
      ${clip.state === "recording" ? this.renderRecording(clip) : nothing}
      <homesec-clip-actions
        .page=${this.page}
        .clip=${clip}
        .boxes=${this.boxes}
        .tracked=${tracks.length > 0}
        @boxes=${this.toggleBoxes}
        @deleted=${() => this.afterDelete(detail)}
      ></homesec-clip-actions>
      <section class="card" aria-label=${texts.get("clip.facts")}>
        ${clipDetails(this.page, clip)}
      </section>
    </div>`;
  }

  private renderBack(): unknown {
    return html`<a
      class="button icon plain"
      href="${BASE}/clips${this.search}"
      aria-label=${this.texts.get("clip.back")}
      title=${this.texts.get("clip.back")}
      @click=${followLink}
      >${icon(mdiArrowLeft)}</a
    >`;
  }

  private renderNeighbor(id: string | null, path: string, text: string): unknown {
    if (id === null) {
      return html`<button class="button icon" disabled aria-label=${text}>${icon(path)}</button>`;
    }
    return html`<a
      class="button icon"
      href=${routePath({ view: "clip", id }) + this.search}
      aria-label=${text}
      title=${text}
      @click=${this.openNeighbor}
      >${icon(path)}</a
    >`;
  }

  private renderRecording(clip: Clip): unknown {
    return html`<div class="card recording" role="status">
      <span class="dot"></span><span>${this.texts.get(
        this.replay ? "clip.growing_film" : "clip.growing",
      )}</span>
      ${this.page.system.camera(clip.camera_id)
        ? html`<a
            class="button small"
            href=${routePath({ view: "camera", id: clip.camera_id })}
            @click=${followLink}
            >${icon(mdiCctv)}${this.texts.get("live.open")}</a
          >`
        : nothing}
      ${clip.film
        ? html`<button
            class="button small"
            aria-pressed=${this.replay}
            @click=${() => (this.replay = !this.replay)}
          >
            ${icon(mdiHistory)}${this.texts.get("clip.from_start")}
          </button>`
        : nothing}
    </div>`;
  }

  private openNeighbor(event: MouseEvent): void {
    const link = event.currentTarget as HTMLAnchorElement;
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    // "Back" returns to the list, not to the previous clip.
    navigate(link.getAttribute("href") ?? BASE, { replace: true });
  }

  private step(event: KeyboardEvent): void {
    const key = pageKeyBesideVideo(event);
    const { detail } = this.store ?? {};
    const id = key === "ArrowLeft" ? detail?.previous : key === "ArrowRight" ? detail?.next : null;
    if (id) navigate(routePath({ view: "clip", id }) + this.search, { replace: true });
  }

  private toggleBoxes(): void {
    this.boxes = !this.boxes;
    localStorage.setItem(BOXES, this.boxes ? "1" : "0");
  }

  private afterDelete({ previous, next }: ClipDetail): void {
    const id = previous ?? next;
    const to = id === null ? `${BASE}/clips` : routePath({ view: "clip", id });
    navigate(to + this.search, { replace: true });
  }

  static override styles = [
    controls,
    cards,
    clipDetailsStyles,
    css`
      :host {
        display: block;
        overflow-y: auto;
      }
      .page {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        padding: 12px 16px 24px;
        max-width: 1080px;
        margin: 0 auto;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .title {
        flex: 1;
        min-width: 0;
      }
      .title p {
        margin: 0;
      }
      .title {
        overflow-wrap: anywhere;
      }
      .recording {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 12px;
        padding: 8px 16px;
      }
      .recording span:nth-child(2) {
        flex: 1;
      }
      .dot {
        width: 12px;
        height: 12px;
        border-radius: 50%;
        background: var(--error-color, #db4437);
        animation: pulse 1.5s infinite;
      }
      @keyframes pulse {
        50% {
          opacity: 0.3;
        }
      }
      @media (max-width: 600px) {
        .page {
          padding: 8px 8px 16px;
        }
        h2 {
          font-size: 16px;
        }
        .title p {
          font-size: 12px;
        }
        homesec-video-player {
          --hs-radius: 8px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-clip": ClipView;
  }
}
