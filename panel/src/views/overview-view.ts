import { mdiArrowRight } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { clipCard, clipCardStyles } from "../components/clip-card.ts";
import { icon } from "../components/icon.ts";
import { followLink } from "../ha/navigate.ts";
import { PageElement, now } from "../page.ts";
import { BASE } from "../router.ts";
import { ClipList } from "../state/clips.ts";
import { clipFilter, EVERYTHING } from "../state/filter.ts";
import { ObservableController } from "../state/observable.ts";
import { cards, controls } from "../styles/shared.ts";
import { dayOf } from "../time/zone.ts";
import "../components/alarm-card.ts";
import "../components/camera-tile.ts";
import "../components/health-strip.ts";
import "../components/still-image.ts";

const SHOWN = 12;
/** Milliseconds from one picture of a tile to the next, with few cameras and with many. */
const PAUSE_MS = { few: 1000, many: 2000 };
const FEW = 4;

/** The alarm, the cameras, and today's clips. */
@customElement("homesec-overview")
export class OverviewView extends PageElement {
  private list: ClipList | undefined;
  private day = "";
  private midnight: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.list);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.list ??= new ClipList(this.page.api);
    void this.list.subscribe().catch(() => undefined); // the list shows the error
    this.showToday();
    this.midnight = setInterval(() => this.showToday(), 30_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.list?.unsubscribe();
    this.list = undefined;
    this.day = "";
    clearInterval(this.midnight);
  }

  protected override engineStarted(): void {
    this.list?.retry();
  }

  private showToday(): void {
    const { zone } = this.format;
    const today = dayOf(now(), zone);
    if (today === this.day) return;
    this.day = today;
    const filter = { ...EVERYTHING, range: { kind: "today" as const } };
    void this.list?.show(clipFilter(filter, now(), zone));
  }

  protected override render(): unknown {
    return html`<div class="page">
      <homesec-alarm-card .page=${this.page}></homesec-alarm-card>
      <homesec-health-strip .page=${this.page}></homesec-health-strip>
      <div class=${this.system?.cameras.length === 1 ? "columns" : "rows"}>
        <section aria-labelledby="cameras">
          <h2 id="cameras" class="hidden-text">${this.texts.get("cameras.title")}</h2>
          ${this.renderCameras()}
        </section>
        <section aria-labelledby="today">
          <div class="title">
            <h2 id="today">${this.texts.get("overview.today")}</h2>
            <a class="button small plain" href="${BASE}/clips" @click=${followLink}
              >${this.texts.get("overview.all")}${icon(mdiArrowRight)}</a
            >
          </div>
          ${this.renderToday()}
        </section>
      </div>
    </div>`;
  }

  private renderCameras(): unknown {
    const cameras = this.system?.cameras ?? [];
    if (!cameras.length) return html`<p class="card empty">${this.texts.get("cameras.none")}</p>`;
    return html`<div class="tiles">
      ${repeat(
        cameras,
        (camera) => camera.id,
        (camera) =>
          html`<homesec-camera-tile
            .page=${this.page}
            .camera=${camera}
            .pause=${cameras.length > FEW ? PAUSE_MS.many : PAUSE_MS.few}
          ></homesec-camera-tile>`,
      )}
    </div>`;
  }

  private renderToday(): unknown {
    const { list, texts } = this;
    if (!list) return nothing;
    if (list.error) return html`<p class="card bad" role="alert">${texts.error(list.error)}</p>`;
    if (!list.ready) return html`<p class="empty">${texts.get("clips.loading")}</p>`;
    if (!list.clips.length) {
      // Where something is wrong, no clip doesn't mean that nothing happened.
      const wrong = this.system?.problems.some((problem) => !problem.ignored);
      const text = texts.get(wrong ? "overview.quiet_problems" : "overview.quiet");
      return html`<p class="card empty">${text}</p>`;
    }
    const width = innerWidth < 600 ? 170 : 240; // approximate
    return html`<div class="clips">
      ${repeat(
        list.clips.slice(0, SHOWN),
        (clip) => clip.id,
        (clip) => clipCard(this.page, clip, { width, onClick: followLink }),
      )}
    </div>`;
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
        gap: 16px;
        padding: 16px;
        max-width: 1600px;
        margin: 0 auto;
      }
      .tiles {
        display: grid;
        gap: 16px;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
      }
      .rows,
      .columns {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: inherit;
        align-items: start;
      }
      @media (min-width: 900px) {
        /* One camera would be too high across the whole page, so its clips are beside it. */
        .columns {
          grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
        }
      }
      .title {
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin-bottom: 8px;
      }
      .title .button {
        margin-inline-end: -12px; /* its text ends where the cards do */
      }
      .clips {
        display: grid;
        gap: 12px;
        grid-template-columns: repeat(auto-fill, minmax(min(46%, 200px), 1fr));
      }
      @media (max-width: 600px) {
        .page {
          padding: 12px;
          gap: 12px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-overview": OverviewView;
  }
}
