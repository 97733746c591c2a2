import { mdiCheckboxMultipleMarkedOutline, mdiDeleteClockOutline } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import type { ClipGrid } from "../components/clip-grid.ts";
import type { DayStrip } from "../components/day-strip.ts";
import { icon } from "../components/icon.ts";
import type { SelectionBar } from "../components/selection-bar.ts";
import { followLink, navigate } from "../ha/navigate.ts";
import { PageElement, now } from "../page.ts";
import { BASE, routePath } from "../router.ts";
import type { ClipList } from "../state/clips.ts";
import type { Filter } from "../state/filter.ts";
import { EVERYTHING, filterSearch, rangeDays, readFilter } from "../state/filter.ts";
import { ObservableController } from "../state/observable.ts";
import { Selection } from "../state/selection.ts";
import { controls } from "../styles/shared.ts";
import { dayOf } from "../time/zone.ts";
import "../components/clip-grid.ts";
import "../components/day-strip.ts";
import "../components/filter-bar.ts";
import "../components/selection-bar.ts";
import "../components/still-image.ts";

const TICK_MS = 30_000;

/** The list of clips with its filter, the day's timeline, and actions on several clips. */
@customElement("homesec-clips")
export class ClipsView extends PageElement {
  /** The URL's query with the filter. */
  @property() search = "";
  @query("homesec-clip-grid") private grid!: ClipGrid;
  @query("homesec-day-strip") private strip!: DayStrip | null;
  @query("homesec-selection-bar") private bar!: SelectionBar;
  private readonly selection = new Selection();
  private filter: Filter = EVERYTHING;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.page?.scrollPosition.list);
    new ObservableController(this, () => this.selection);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.clock = setInterval(() => this.tick(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.clock);
    this.selection.end();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (!this.isConnected) return;
    const { zone } = this.format;
    this.filter = readFilter(this.search);
    if (this.page.scrollPosition.show(this.search, now(), zone)) {
      this.selection.end();
      this.grid?.scrollToTop();
    }
  }

  /** Update the timeline and, at midnight, the headings. */
  private tick(): void {
    this.requestUpdate();
    this.strip?.requestUpdate();
    this.grid?.refreshDays();
  }

  private get list(): ClipList {
    return this.page.scrollPosition.list;
  }

  protected override engineStarted(): void {
    this.list.retry();
  }

  /** The day of the timeline, if the filter is for a single day. */
  private get day(): string | null {
    const days = rangeDays(this.filter.range, now(), this.format.zone);
    if (!days) return dayOf(now(), this.format.zone);
    return days.from === days.to ? days.from : null;
  }

  /** Whether the timeline shows the same clips as the list. */
  private get isStripComplete(): boolean {
    const { zones, text, protectedOnly } = this.filter;
    return !zones.length && !text.trim() && !protectedOnly;
  }

  protected override render(): unknown {
    const { list, selection, texts } = this;
    return html`<homesec-filter-bar
        .page=${this.page}
        .filter=${this.filter}
        @filter=${(event: CustomEvent<Filter>) => this.setFilter(event.detail)}
      ></homesec-filter-bar>
      ${this.day && this.isStripComplete
        ? html`<homesec-day-strip
            .page=${this.page}
            .day=${this.day}
            .list=${list}
            .cameras=${this.filter.cameras}
            .labels=${this.filter.labels}
            @jump=${(event: CustomEvent<number>) => void this.jump(event.detail)}
          ></homesec-day-strip>`
        : nothing}
      <div class="count">
        <span role="status"
          >${list.ready && list.total !== null
            ? texts.count("clips.count", list.total, { n: this.format.number(list.total) })
            : ""}</span
        >
        ${this.canControl
          ? html`<a
              class="button small"
              href=${routePath({ view: "deleted" })}
              title=${texts.get("deleted.title")}
              @click=${followLink}
            >
              ${icon(mdiDeleteClockOutline)}<span class="word">${texts.get("deleted.title")}</span>
            </a>`
          : nothing}
        ${this.canControl && list.clips.length
          ? html`<button
              class="button small"
              aria-pressed=${selection.active}
              @click=${() => (selection.active ? selection.end() : selection.begin())}
            >
              ${icon(mdiCheckboxMultipleMarkedOutline)}${texts.get("clips.select")}
            </button>`
          : nothing}
      </div>
      <homesec-clip-grid
        .page=${this.page}
        .list=${list}
        .selection=${selection}
        .selectable=${this.canControl}
        .search=${filterSearch(this.filter)}
        @delete-selected=${() => void this.bar.deleteSelected()}
      ></homesec-clip-grid>
      <homesec-selection-bar
        .page=${this.page}
        .selection=${selection}
        .list=${list}
      ></homesec-selection-bar>`;
  }

  private setFilter(filter: Filter): void {
    navigate(`${BASE}/clips${filterSearch(filter)}`, { replace: true });
  }

  private async jump(at: number): Promise<void> {
    const index = await this.list.loadUntil(at);
    if (index >= 0) await this.grid.show(index);
  }

  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      homesec-clip-grid {
        flex: 1;
      }
      .count {
        display: flex;
        align-items: center;
        gap: 6px;
        min-height: 44px;
        padding: 0 12px;
        color: var(--hs-text-2);
      }
      .count [role="status"] {
        flex: 1;
      }
      .count .button {
        min-height: 44px;
      }
      @media (max-width: 700px) {
        .word {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        a.button {
          width: 44px;
          padding: 0;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-clips": ClipsView;
  }
}
