import { mdiArrowLeft, mdiArrowRight, mdiChevronLeft, mdiChevronRight } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { clipCard, clipCardStyles } from "../components/clip-card.ts";
import { icon } from "../components/icon.ts";
import type { Camera } from "../data/types.ts";
import { followLink, navigate } from "../ha/navigate.ts";
import { pageKey } from "../layout/keys.ts";
import { PageElement, now } from "../page.ts";
import { BASE, routePath } from "../router.ts";
import { ClipList } from "../state/clips.ts";
import { clipFilter, EVERYTHING, filterSearch } from "../state/filter.ts";
import { ObservableController } from "../state/observable.ts";
import { cards, controls } from "../styles/shared.ts";
import "../components/health-strip.ts";
import "../components/live-stage.ts";

const SHOWN = 12;

/** The live view of a camera: its video with controls, and its newest clips. */
@customElement("homesec-camera")
export class CameraView extends PageElement {
  @property() cameraId = "";
  private list: ClipList | undefined;
  /** The camera whose clips are shown. */
  private listed = "";
  private readonly onKey = (event: KeyboardEvent): void => this.handleKey(event);

  constructor() {
    super();
    new ObservableController(this, () => this.list);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.list ??= new ClipList(this.page.api);
    void this.list.subscribe().catch(() => undefined); // the list shows the error
    window.addEventListener("keydown", this.onKey);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.list?.unsubscribe();
    this.list = undefined;
    this.listed = "";
    window.removeEventListener("keydown", this.onKey);
  }

  protected override engineStarted(): void {
    this.list?.retry();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (this.cameraId === this.listed || !this.list) return;
    this.listed = this.cameraId;
    void this.list.show(clipFilter(this.filter, now(), this.format.zone));
  }

  /** The filter of the camera's clips, which their own pages keep. */
  private get filter(): typeof EVERYTHING {
    return { ...EVERYTHING, cameras: [this.cameraId] };
  }

  protected override render(): unknown {
    const camera = this.page.system.camera(this.cameraId);
    if (!camera) {
      return html`<div class="page">
        <div class="head">${this.renderBack()}</div>
        <p class="card empty" role="alert">${this.texts.get("live.gone")}</p>
      </div>`;
    }
    return html`<div class="page">
      <div class="head">
        ${this.renderBack()}
        <h2>${camera.name}</h2>
        ${this.renderNeighbor(-1, mdiChevronLeft, this.texts.get("live.previous"))}
        ${this.renderNeighbor(1, mdiChevronRight, this.texts.get("live.next"))}
      </div>
      <homesec-health-strip .page=${this.page} .cameraId=${camera.id}></homesec-health-strip>
      <homesec-live-stage
        .page=${this.page}
        .camera=${camera}
        @step=${(event: CustomEvent<1 | -1>) => this.step(event.detail)}
      ></homesec-live-stage>
      ${this.renderClips(camera)}
    </div>`;
  }

  private renderBack(): unknown {
    const text = this.texts.get("live.back");
    return html`<a
      class="button icon plain"
      href=${BASE}
      aria-label=${text}
      title=${text}
      @click=${followLink}
      >${icon(mdiArrowLeft)}</a
    >`;
  }

  private renderNeighbor(step: 1 | -1, path: string, text: string): unknown {
    const neighbor = this.page.system.neighbor(this.cameraId, step);
    if (!neighbor) return nothing;
    const label = `${text}: ${neighbor.name}`;
    return html`<button
      class="button icon"
      aria-label=${label}
      title=${label}
      @click=${() => this.step(step)}
    >
      ${icon(path)}
    </button>`;
  }

  private renderClips(camera: Camera): unknown {
    const search = filterSearch(this.filter);
    return html`<section aria-labelledby="clips">
      <div class="title">
        <h3 id="clips">${this.texts.get("live.clips")}</h3>
        <a
          class="button small plain"
          href="${BASE}/clips${search}"
          aria-label=${`${this.texts.get("overview.all")}: ${camera.name}`}
          @click=${followLink}
          >${this.texts.get("overview.all")}${icon(mdiArrowRight)}</a
        >
      </div>
      ${this.renderCards(search)}
    </section>`;
  }

  private renderCards(search: string): unknown {
    const { list, texts } = this;
    if (!list) return nothing;
    if (list.error) return html`<p class="card bad" role="alert">${texts.error(list.error)}</p>`;
    if (!list.ready) return html`<p class="empty">${texts.get("clips.loading")}</p>`;
    if (!list.clips.length) return html`<p class="card empty">${texts.get("live.no_clips")}</p>`;
    const width = innerWidth < 600 ? 170 : 240; // approximate
    return html`<div class="clips">
      ${repeat(
        list.clips.slice(0, SHOWN),
        (clip) => clip.id,
        (clip) => clipCard(this.page, clip, { search, width, onClick: followLink }),
      )}
    </div>`;
  }

  private step(step: 1 | -1): void {
    const neighbor = this.page.system.neighbor(this.cameraId, step);
    // "Back" returns to the overview, not to the previous camera.
    if (neighbor) navigate(routePath({ view: "camera", id: neighbor.id }), { replace: true });
  }

  private handleKey(event: KeyboardEvent): void {
    const key = pageKey(event);
    if (key === "ArrowLeft") this.step(-1);
    else if (key === "ArrowRight") this.step(1);
    else if (key === "Escape" && !document.fullscreenElement) navigate(BASE);
  }

  static override styles = [
    controls,
    cards,
    clipCardStyles,
    css`
      :host {
        display: block;
        overflow-y: auto;
      }
      .page {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        padding: 8px 16px 24px;
        max-width: 1600px;
        margin: 0 auto;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      h2 {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .title {
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin-bottom: 8px;
      }
      .title .button {
        margin-inline-end: -8px; /* its text ends nearly where the cards do */
      }
      .clips {
        display: grid;
        gap: 12px;
        grid-template-columns: repeat(auto-fill, minmax(min(46%, 200px), 1fr));
      }
      @media (max-width: 600px) {
        .page {
          padding: 4px 8px 16px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-camera": CameraView;
  }
}
