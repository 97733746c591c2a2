import { html, nothing, svg } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Point, PreviewBox, Zone } from "../data/types.ts";
import { centerOf, sideMiddle, moveCorner, movePolygon, splitSide } from "../layout/polygon.ts";
import { PageElement } from "../page.ts";
import { ObservableController } from "../state/observable.ts";
import type { ZonesDraft } from "../state/zones.ts";
import { controls } from "../styles/shared.ts";
import { zoneCanvasStyles } from "../styles/zone-canvas.ts";

const REFRESH_MS = 2000;
const STEP = 0.01;
const FINE = 0.002;
const CLOSE_PX = 18;
const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

type Drag = { corner: number } | { from: Point; polygon: Point[] };

/** The camera's picture with its zones, edited with the mouse, touch, or keyboard. */
@customElement("homesec-zone-canvas")
export class ZoneCanvas extends PageElement {
  @property({ attribute: false }) draft!: ZonesDraft;
  @property({ attribute: false }) detections: PreviewBox[] = [];
  @state() private picture: string | null = null;
  @state() private shape = "16 / 9";
  /** Position of the next corner when drawing with the keyboard. */
  @state() private cursor: Point | null = null;
  @query("svg") private surface!: SVGSVGElement;
  private drag: Drag | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.draft);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.picture = null;
  }

  private async refresh(): Promise<void> {
    clearTimeout(this.timer);
    try {
      if (this.draft.picture && !document.hidden) {
        const response = await this.page.hass().fetchWithAuth(this.draft.picture);
        if (response.ok) this.show(await response.blob());
      }
    } catch {
      // The camera can't be reached: its last picture stays.
    }
    if (this.isConnected) this.timer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  private show(blob: Blob): void {
    if (!this.isConnected) return;
    const before = this.picture;
    this.picture = URL.createObjectURL(blob);
    if (before) setTimeout(() => URL.revokeObjectURL(before), REFRESH_MS);
  }

  protected override render(): unknown {
    const { draft, texts } = this;
    const drawing = draft.drawing !== null;
    return html`<div class="frame ${drawing ? "drawing" : ""}" style="aspect-ratio:${this.shape}">
        ${this.picture
          ? html`<img src=${this.picture} alt="" @load=${this.onPicture} draggable="false" />`
          : nothing}
        <svg
          viewBox="0 0 1 1"
          preserveAspectRatio="none"
          role="application"
          tabindex="0"
          aria-label=${texts.get(drawing ? "zones.drawing_help" : "zones.canvas")}
          @pointerdown=${this.onDown}
          @pointermove=${this.onMove}
          @pointerup=${this.onUp}
          @pointercancel=${this.onUp}
          @keydown=${this.onKey}
          @blur=${() => (this.cursor = null)}
        >
          ${draft.zones.map((zone, index) => this.renderZone(zone, index))}
          ${this.detections.map((box) => this.renderDetection(box))}
          ${drawing ? this.renderDrawing(draft.drawing ?? []) : nothing}
        </svg>
        ${this.renderHandles()} ${this.renderNames()}
        ${this.cursor
          ? html`<span class="cursor" style=${at(this.cursor)}></span>`
          : nothing}
      </div>`;
  }

  private renderZone(zone: Zone, index: number): unknown {
    const chosen = index === this.draft.selected;
    return svg`<polygon
      class="${zone.kind} ${chosen ? "chosen" : ""}"
      data-zone=${index}
      points=${zone.polygon.map((corner) => corner.join(",")).join(" ")}
      vector-effect="non-scaling-stroke"
    ></polygon>`;
  }

  private renderDrawing(corners: Point[]): unknown {
    return svg`<polyline
      class="new"
      points=${corners.map((corner) => corner.join(",")).join(" ")}
      vector-effect="non-scaling-stroke"
    ></polyline>`;
  }

  private renderDetection({ box: [x1, y1, x2, y2], counts }: PreviewBox): unknown {
    return svg`<rect class=${counts ? "counts" : "ignored"} x=${x1} y=${y1}
      width=${x2 - x1} height=${y2 - y1} vector-effect="non-scaling-stroke"></rect>`;
  }

  /** Render handles as HTML, so that they stay round and get the keyboard focus. */
  private renderHandles(): unknown {
    const { draft, texts } = this;
    if (draft.drawing) {
      return draft.drawing.map(
        (corner, index) =>
          html`<span class="corner ${index ? "" : "first"}" style=${at(corner)}></span>`,
      );
    }
    const { zone } = draft;
    if (!zone) return nothing;
    const { polygon } = zone;
    return html`${polygon.map(
      (_corner, index) =>
        html`<button
          class="middle"
          style=${at(sideMiddle(polygon, index))}
          aria-label=${texts.get("zones.add_corner")}
          @click=${() => draft.change({ polygon: splitSide(polygon, index) })}
        ></button>`,
    )}
    ${polygon.map(
      (corner, index) =>
        html`<button
          class="corner"
          style=${at(corner)}
          aria-label=${texts.get("zones.corner", { number: index + 1 })}
          @pointerdown=${(event: PointerEvent) => this.grab(event, index)}
          @pointermove=${this.onMove}
          @pointerup=${this.onUp}
          @pointercancel=${this.onUp}
          @keydown=${(event: KeyboardEvent) => this.onCornerKey(event, index)}
          @dblclick=${() => draft.removeCorner(index)}
        ></button>`,
    )}`;
  }

  private renderNames(): unknown {
    const names = this.draft.zones.map((zone) => {
      return html`<span class="name" style=${at(centerOf(zone.polygon))}>${zone.name}</span>`;
    });
    const labels = this.detections.map(
      ({ label, score, box: [x, y], counts }) =>
        html`<span class="name detection" style=${at([x, y])}
          >${this.texts.label(label)} ${this.format.percent(score)}${counts
            ? ""
            : ` · ${this.texts.get("zones.does_not_count")}`}</span
        >`,
    );
    return [names, labels];
  }

  private onPicture(event: Event): void {
    const { naturalWidth: width, naturalHeight: height } = event.target as HTMLImageElement;
    if (width && height) this.shape = `${width} / ${height}`;
  }

  private pointAt(event: MouseEvent): Point {
    const box = this.surface.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  private onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    const point = this.pointAt(event);
    const { drawing } = this.draft;
    if (drawing) {
      event.preventDefault();
      const first = drawing[0];
      if (first && drawing.length > 2 && this.isNear(first, event)) this.finish();
      else this.draft.addCorner(point);
      return;
    }
    const index = (event.target as SVGElement).dataset["zone"];
    if (index === undefined) {
      this.draft.select(null);
      return;
    }
    this.draft.select(Number(index));
    const { zone } = this.draft;
    if (!zone) return;
    this.surface.setPointerCapture(event.pointerId);
    this.drag = { from: point, polygon: zone.polygon };
    this.dragging = false;
  }

  private dragging = false;

  private grab(event: PointerEvent, corner: number): void {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.drag = { corner };
    this.dragging = false;
  }

  private onMove(event: PointerEvent): void {
    const { drag } = this;
    const { zone } = this.draft;
    if (!drag || !zone) return;
    const point = this.pointAt(event);
    const polygon =
      "corner" in drag
        ? moveCorner(zone.polygon, drag.corner, point)
        : movePolygon(drag.polygon, point[0] - drag.from[0], point[1] - drag.from[1]);
    this.draft.change({ polygon }, { continued: this.dragging });
    this.dragging = true;
  }

  private onUp(): void {
    this.drag = null;
  }

  private isNear([x, y]: Point, event: MouseEvent): boolean {
    const box = this.surface.getBoundingClientRect();
    const dx = event.clientX - box.left - x * box.width;
    const dy = event.clientY - box.top - y * box.height;
    return Math.hypot(dx, dy) < CLOSE_PX;
  }

  private finish(): void {
    this.dispatchEvent(new CustomEvent("drawn"));
  }

  private onKey(event: KeyboardEvent): void {
    const { draft } = this;
    const step = stepOf(event);
    if (draft.drawing) {
      if (step) {
        const [x, y] = this.cursor ?? [0.5, 0.5];
        this.cursor = [clamp(x + step[0]), clamp(y + step[1])];
      } else if (event.key === "Enter" && draft.drawing.length > 2 && event.ctrlKey) this.finish();
      else if (event.key === "Enter" || event.key === " ") {
        const point = (this.cursor ??= [0.5, 0.5]);
        const last = draft.drawing.at(-1);
        // Enter twice in the same place finishes.
        if (last && last[0] === point[0] && last[1] === point[1] && draft.drawing.length > 2) {
          this.finish();
        } else draft.addCorner(point);
      } else if (event.key === "Backspace") draft.removeLastCorner();
      else if (event.key === "Escape") draft.cancel();
      else return;
    } else if (step && draft.zone) {
      draft.change({ polygon: movePolygon(draft.zone.polygon, ...step) });
    } else if (event.key === "Delete" && draft.zone) draft.remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private onCornerKey(event: KeyboardEvent, index: number): void {
    const { zone } = this.draft;
    const step = stepOf(event);
    if (!zone) return;
    if (step) {
      const [x, y] = zone.polygon[index]!;
      this.draft.change({ polygon: moveCorner(zone.polygon, index, [x + step[0], y + step[1]]) });
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.draft.removeCorner(index);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  static override styles = [controls, zoneCanvasStyles];
}

function at([x, y]: Point): string {
  return `left:${x * 100}%;top:${y * 100}%`;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1000) / 1000));
}

function stepOf(event: KeyboardEvent): Point | null {
  const arrow = ARROWS[event.key];
  if (!arrow) return null;
  const size = event.shiftKey ? FINE : STEP;
  return [arrow[0] * size, arrow[1] * size];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-zone-canvas": ZoneCanvas;
  }
}
