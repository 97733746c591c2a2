import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Clip } from "../data/types.ts";
import { navigate } from "../ha/navigate.ts";
import { dayFinder } from "../layout/day-finder.ts";
import type { Layout, Row } from "../layout/rows.ts";
import { columnsFor, layOut, rowOf, visibleRows } from "../layout/rows.ts";
import { PageElement, now } from "../page.ts";
import { routePath } from "../router.ts";
import type { ClipList } from "../state/clips.ts";
import { ObservableController } from "../state/observable.ts";
import type { Selection } from "../state/selection.ts";
import { controls } from "../styles/shared.ts";
import { dayOf } from "../time/zone.ts";
import { clipCard, clipCardStyles } from "./clip-card.ts";

const GAP_PX = 12;
const MIN_CARD_PX = 220;
const MIN_CARD_PHONE_PX = 156;
const CAPTION_PX = 55; // text below the still
const DAY_ROW_PX = 44;
/** Screens beyond the visible one that are rendered, and that are loaded. */
const RENDERED_SCREENS = 1;
const LOADED_SCREENS = 3;
const LONG_PRESS_MS = 450;

/** A scrolling grid of all clips, in which only visible rows are rendered. */
@customElement("homesec-clip-grid")
export class ClipGrid extends PageElement {
  @property({ attribute: false }) list!: ClipList;
  @property({ attribute: false }) selection!: Selection;
  /** The URL's query with the filter, for the links of the clips. */
  @property() search = "";
  /** Whether clips can be selected, which needs permission to control. */
  @property({ type: Boolean }) selectable = false;
  @state() private width = 0;
  @state() private viewport = { top: 0, height: 0 };
  @state() private focused: string | null = null;
  @query(".scroller") private scroller!: HTMLElement;
  private layout: Layout = { rows: [], height: 0 };
  private laidOut: { clips: Clip[]; width: number; zone: string } | null = null;
  private columns = 1;
  private cardWidth = 0;
  private today = "";
  private readonly resized = new ResizeObserver(() => this.measure());
  private press: ReturnType<typeof setTimeout> | undefined;
  private pressed = false;

  constructor() {
    super();
    new ObservableController(this, () => this.list);
    new ObservableController(this, () => this.selection);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override firstUpdated(): void {
    this.resized.observe(this.scroller);
    this.focused = this.page.scrollPosition.focused;
    this.measure();
    void this.restoreScroll(this.page.scrollPosition.top);
  }

  /** Restore the scroll position once the rows are laid out. */
  private async restoreScroll(top: number): Promise<void> {
    await this.updateComplete;
    this.scroller.scrollTop = top;
    this.measure();
  }

  /** Scroll to a clip. */
  async show(index: number): Promise<void> {
    this.arrange();
    const row = rowOf(this.layout, index);
    const clip = this.list.clips[index];
    if (!row || !clip) return;
    const inner = this.scroller.firstElementChild as HTMLElement;
    this.scroller.scrollTop = Math.max(0, inner.offsetTop + row.top - DAY_ROW_PX);
    this.measure();
    await this.focusOn(clip.id);
  }

  /** Update headings such as "today" at midnight. */
  refreshDays(): void {
    const today = dayOf(now(), this.format.zone);
    if (today !== this.today) this.requestUpdate();
    this.today = today;
  }

  scrollToTop(): void {
    this.scroller?.scrollTo({ top: 0 });
  }

  private measure(): void {
    const { clientWidth, clientHeight, scrollTop } = this.scroller;
    this.width = clientWidth - 2 * GAP_PX;
    this.viewport = { top: scrollTop, height: clientHeight };
  }

  private onScroll(): void {
    if (!this.isConnected) return; // a scroll event from before the grid was removed
    this.viewport = { top: this.scroller.scrollTop, height: this.scroller.clientHeight };
    this.page.scrollPosition.top = this.viewport.top;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.arrange();
  }

  protected override updated(): void {
    const left = this.layout.height - (this.viewport.top + this.viewport.height);
    if (left < LOADED_SCREENS * this.viewport.height && this.list.ready && !this.list.error) {
      void this.list.loadMore();
    }
  }

  private arrange(): void {
    const { clips } = this.list;
    const { zone } = this.format;
    const before = this.laidOut;
    if (before?.clips === clips && before.width === this.width && before.zone === zone) return;
    this.laidOut = { clips, width: this.width, zone };
    const narrowest = this.width < 700 ? MIN_CARD_PHONE_PX : MIN_CARD_PX;
    this.columns = columnsFor(this.width, narrowest, GAP_PX);
    this.cardWidth = (this.width - (this.columns - 1) * GAP_PX) / this.columns;
    const cardHeight = Math.round((this.cardWidth * 9) / 16) + CAPTION_PX + GAP_PX;
    this.layout = layOut(
      clips,
      { columns: this.columns, cardHeight, dayHeight: DAY_ROW_PX },
      dayFinder(zone),
    );
  }

  protected override render(): unknown {
    const { top, height } = this.viewport;
    const rows = this.width
      ? visibleRows(this.layout, top - RENDERED_SCREENS * height, top + (1 + RENDERED_SCREENS) * height)
      : [];
    return html`<div class="scroller" @scroll=${this.onScroll} @keydown=${this.onKey}>
      <div
        class="all"
        role="group"
        aria-label=${this.texts.get("clips.title")}
        style="height:${this.layout.height}px"
        @pointerdown=${this.onPress}
        @pointerup=${this.endPress}
        @pointercancel=${this.endPress}
        @pointermove=${this.onMove}
        @contextmenu=${this.onContext}
      >
        ${repeat(
          rows,
          (row) => row.key,
          (row) => this.renderRow(row),
        )}
      </div>
      ${this.renderEnd()}
    </div>`;
  }

  private renderRow(row: Row): unknown {
    const style = `transform:translateY(${row.top}px);height:${row.height}px`;
    if (row.kind === "day") {
      const { key, text } = this.format.relativeDay(row.at, now());
      return html`<h2 class="day" style=${style}>
        ${key ? html`${this.texts.get(`days.${key}`)} <small>${text}</small>` : text}
      </h2>`;
    }
    const clips = this.list.clips.slice(row.first, row.first + row.count);
    const first = this.list.clips[0]?.id;
    const columns = `grid-template-columns:repeat(${this.columns},minmax(0,1fr))`;
    return html`<div class="row" style="${style};${columns}">
      ${repeat(
        clips,
        (clip) => clip.id,
        (clip) =>
          clipCard(this.page, clip, {
            search: this.search,
            selecting: this.selection.active,
            selected: this.selection.ids.has(clip.id),
            tabIndex: clip.id === (this.focused ?? first) ? 0 : -1,
            width: this.cardWidth,
            onClick: (event) => this.onClick(event, clip),
          }),
      )}
    </div>`;
  }

  private renderEnd(): unknown {
    const { list, texts } = this;
    if (list.error) {
      return html`<div class="end" role="alert">
        <p>${texts.error(list.error)}</p>
        <button class="button" @click=${() => void list.loadMore()}>${texts.get("errors.again")}</button>
      </div>`;
    }
    if (list.loading) return html`<p class="end" role="status">${texts.get("clips.loading")}</p>`;
    if (list.complete && list.clips.length === 0) {
      return html`<p class="end" role="status">
        ${texts.get(this.search ? "clips.none_found" : "clips.none")}
      </p>`;
    }
    return nothing;
  }

  private onClick(event: MouseEvent, clip: Clip): void {
    if (this.pressed) {
      // The end of a long press, which has selected the clip.
      event.preventDefault();
      this.pressed = false;
      return;
    }
    this.page.scrollPosition.focused = this.focused = clip.id;
    this.page.scrollPosition.top = this.scroller.scrollTop; // the scroll event comes later
    const modified = event.ctrlKey || event.metaKey || event.shiftKey;
    if (modified && !this.selectable) return; // the browser opens a tab or window
    if (modified || this.selection.active) {
      event.preventDefault();
      if (event.shiftKey) this.selection.extend(clip.id, this.order());
      else this.selection.toggle(clip.id);
      return;
    }
    if (event.button !== 0) return;
    event.preventDefault();
    navigate(routePath({ view: "clip", id: clip.id }) + this.search);
  }

  private onPress(event: PointerEvent): void {
    this.pressed = false;
    if (event.pointerType === "mouse" || !this.selectable) return;
    const id = idAt(event);
    if (!id) return;
    this.press = setTimeout(() => {
      this.pressed = true;
      this.selection.toggle(id);
      navigator.vibrate?.(20);
    }, LONG_PRESS_MS);
  }

  private endPress(): void {
    clearTimeout(this.press);
  }

  private onMove(event: PointerEvent): void {
    if (Math.hypot(event.movementX, event.movementY) > 4) clearTimeout(this.press);
  }

  private onContext(event: Event): void {
    if (this.pressed) event.preventDefault();
  }

  private order(): string[] {
    return this.list.clips.map((clip) => clip.id);
  }

  private onKey(event: KeyboardEvent): void {
    const id = idAt(event);
    if (!id || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.list.clips.findIndex((clip) => clip.id === id);
    const step = this.stepOf(event.key);
    if (step !== null) {
      event.preventDefault();
      const to = Math.min(Math.max(index + step, 0), this.list.clips.length - 1);
      const next = this.list.clips[to];
      if (!next) return;
      if (event.shiftKey && this.selectable) {
        if (!this.selection.ids.has(id)) this.selection.toggle(id);
        this.selection.extend(next.id, this.order());
      }
      void this.reveal(to);
    } else if (event.key === " ") {
      event.preventDefault();
      if (this.selectable) this.selection.toggle(id);
    } else if (event.key === "Escape" && this.selection.active) {
      event.stopPropagation();
      this.selection.end();
    } else if (event.key === "Delete" && this.selection.size) {
      this.dispatchEvent(new CustomEvent("delete-selected"));
    }
  }

  private stepOf(key: string): number | null {
    switch (key) {
      case "ArrowLeft":
        return -1;
      case "ArrowRight":
        return 1;
      case "ArrowUp":
        return -this.columns;
      case "ArrowDown":
        return this.columns;
      case "Home":
        return -this.list.clips.length;
      case "End":
        return this.list.clips.length;
      default:
        return null;
    }
  }

  /** Scroll a clip into view and focus it. */
  private async reveal(index: number): Promise<void> {
    const row = rowOf(this.layout, index);
    const clip = this.list.clips[index];
    if (!row || !clip) return;
    const { scrollTop, clientHeight } = this.scroller;
    if (row.top < scrollTop) this.scroller.scrollTop = row.top - DAY_ROW_PX;
    else if (row.top + row.height > scrollTop + clientHeight) {
      this.scroller.scrollTop = row.top + row.height - clientHeight + GAP_PX;
    }
    this.measure();
    await this.focusOn(clip.id);
  }

  private async focusOn(id: string): Promise<void> {
    this.focused = id;
    await this.updateComplete;
    this.renderRoot
      .querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)
      ?.focus({ preventScroll: true });
  }

  static override styles = [
    controls,
    clipCardStyles,
    css`
      :host {
        display: block;
        min-height: 0;
      }
      .scroller {
        height: 100%;
        overflow-y: auto;
        overscroll-behavior: contain;
        padding: 0 ${GAP_PX}px;
      }
      .all {
        position: relative;
        contain: layout style;
      }
      .row,
      .day {
        position: absolute;
        left: 0;
        right: 0;
        top: 0;
        margin: 0;
        contain: layout style;
      }
      .row {
        display: grid;
        gap: ${GAP_PX}px;
        padding-bottom: ${GAP_PX}px;
      }
      .day {
        display: flex;
        align-items: center;
        gap: 8px;
        font-size: 16px;
        font-weight: 500;
      }
      .day small {
        color: var(--hs-text-2);
        font-size: 13px;
        font-weight: 400;
      }
      .end {
        text-align: center;
        color: var(--hs-text-2);
        padding: 24px 16px;
        margin: 0;
      }
    `,
  ];
}

function idAt(event: Event): string | null {
  for (const target of event.composedPath()) {
    if (target instanceof HTMLElement && target.dataset["id"]) return target.dataset["id"];
  }
  return null;
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-clip-grid": ClipGrid;
  }
}
