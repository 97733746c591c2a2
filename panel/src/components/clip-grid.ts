import { css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Clip } from "../data/shapes.ts";
import { navigate } from "../ha/navigate.ts";
import { dayFinder } from "../layout/dayfinder.ts";
import type { Layout, Row } from "../layout/rows.ts";
import { columnsFor, layOut, rowOf, visibleRows } from "../layout/rows.ts";
import { PageElement, now } from "../page.ts";
import { pathOf } from "../router.ts";
import type { ClipList } from "../state/clips.ts";
import { Watch } from "../state/observed.ts";
import type { Selection } from "../state/selection.ts";
import { controls } from "../styles/shared.ts";
import { dayOf } from "../time/zone.ts";
import { clipCard, clipCardStyles } from "./clip-card.ts";

const GAP = 12;
const NARROWEST = 220;
const NARROWEST_PHONE = 156;
const WORDS = 55; // px below the picture
const DAY_ROW = 44;
/** So many screens beyond the edge exist already, and so many are loaded. */
const MARGIN = 1;
const AHEAD = 3;
const LONG_PRESS_MS = 450;

/** All clips of a list, of which only those in view exist as elements. Scrolls by itself. */
@customElement("homesec-clip-grid")
export class ClipGrid extends PageElement {
  @property({ attribute: false }) list!: ClipList;
  @property({ attribute: false }) selection!: Selection;
  /** The filter's part of the address, for the clips' links. */
  @property() search = "";
  /** Whether clips can be chosen: those who may only look have nothing to choose them for. */
  @property({ type: Boolean }) selectable = false;
  @state() private width = 0;
  @state() private seen = { top: 0, height: 0 };
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
    new Watch(this, () => this.list);
    new Watch(this, () => this.selection);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override firstUpdated(): void {
    this.resized.observe(this.scroller);
    this.focused = this.page.clips.focused;
    this.measure();
    void this.comeBack(this.page.clips.top);
  }

  /** To where somebody was before they opened a clip, once the rows are there to scroll over. */
  private async comeBack(top: number): Promise<void> {
    await this.updateComplete;
    this.scroller.scrollTop = top;
    this.measure();
  }

  /** Bring a clip into view. */
  async show(index: number): Promise<void> {
    this.arrange();
    const row = rowOf(this.layout, index);
    const clip = this.list.clips[index];
    if (!row || !clip) return;
    const inner = this.scroller.firstElementChild as HTMLElement;
    this.scroller.scrollTop = Math.max(0, inner.offsetTop + row.top - DAY_ROW);
    this.measure();
    await this.focusOn(clip.id);
  }

  /** Its headings say "today". */
  dayMayHaveChanged(): void {
    const today = dayOf(now(), this.format.zone);
    if (today !== this.today) this.requestUpdate();
    this.today = today;
  }

  toTop(): void {
    this.scroller?.scrollTo({ top: 0 });
  }

  private measure(): void {
    const { clientWidth, clientHeight, scrollTop } = this.scroller;
    this.width = clientWidth - 2 * GAP;
    this.seen = { top: scrollTop, height: clientHeight };
  }

  private onScroll(): void {
    if (!this.isConnected) return; // told of a scroll from before it was left
    this.seen = { top: this.scroller.scrollTop, height: this.scroller.clientHeight };
    this.page.clips.top = this.seen.top;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.arrange();
  }

  protected override updated(): void {
    const left = this.layout.height - (this.seen.top + this.seen.height);
    if (left < AHEAD * this.seen.height && this.list.ready && !this.list.error) {
      void this.list.more();
    }
  }

  private arrange(): void {
    const { clips } = this.list;
    const { zone } = this.format;
    const before = this.laidOut;
    if (before?.clips === clips && before.width === this.width && before.zone === zone) return;
    this.laidOut = { clips, width: this.width, zone };
    const narrowest = this.width < 700 ? NARROWEST_PHONE : NARROWEST;
    this.columns = columnsFor(this.width, narrowest, GAP);
    this.cardWidth = (this.width - (this.columns - 1) * GAP) / this.columns;
    const cardHeight = Math.round((this.cardWidth * 9) / 16) + WORDS + GAP;
    this.layout = layOut(
      clips,
      { columns: this.columns, cardHeight, dayHeight: DAY_ROW },
      dayFinder(zone),
    );
  }

  protected override render(): unknown {
    const { top, height } = this.seen;
    const rows = this.width
      ? visibleRows(this.layout, top - MARGIN * height, top + (1 + MARGIN) * height)
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
        <button class="button" @click=${() => void list.more()}>${texts.get("errors.again")}</button>
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

  // Choosing and opening

  private onClick(event: MouseEvent, clip: Clip): void {
    if (this.pressed) {
      // The end of a long press, which has chosen it.
      event.preventDefault();
      this.pressed = false;
      return;
    }
    this.page.clips.focused = this.focused = clip.id;
    this.page.clips.top = this.scroller.scrollTop; // what was scrolled just now is told later
    const modified = event.ctrlKey || event.metaKey || event.shiftKey;
    if (modified && !this.selectable) return; // the browser's: a tab, a window
    if (modified || this.selection.active) {
      event.preventDefault();
      if (event.shiftKey) this.selection.extend(clip.id, this.order());
      else this.selection.toggle(clip.id);
      return;
    }
    if (event.button !== 0) return;
    event.preventDefault();
    navigate(pathOf({ view: "clip", id: clip.id }) + this.search);
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

  // Keyboard: arrows move, Enter opens (it is a link), space chooses

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

  /** Scroll as little as needed, then give the focus. */
  private async reveal(index: number): Promise<void> {
    const row = rowOf(this.layout, index);
    const clip = this.list.clips[index];
    if (!row || !clip) return;
    const { scrollTop, clientHeight } = this.scroller;
    if (row.top < scrollTop) this.scroller.scrollTop = row.top - DAY_ROW;
    else if (row.top + row.height > scrollTop + clientHeight) {
      this.scroller.scrollTop = row.top + row.height - clientHeight + GAP;
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
        padding: 0 ${GAP}px;
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
        gap: ${GAP}px;
        padding-bottom: ${GAP}px;
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
