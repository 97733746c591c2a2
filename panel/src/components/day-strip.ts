import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Span, Timeline } from "../data/types.ts";
import type { Mark } from "../layout/spans.ts";
import { hourTicks, marksOf } from "../layout/spans.ts";
import { PageElement, now } from "../page.ts";
import type { ClipList } from "../state/clips.ts";
import { ObservableController } from "../state/observable.ts";
import { controls } from "../styles/shared.ts";
import type { Day } from "../time/zone.ts";
import { dayBounds } from "../time/zone.ts";

const APART = 0.004;
const RELOAD_MS = 3000;

/** A day's timeline for each camera, with its clips. Fires `jump` with a time. */
@customElement("homesec-day-strip")
export class DayStrip extends PageElement {
  @property() day: Day = "";
  @property({ attribute: false }) list!: ClipList;
  @property({ attribute: false }) cameras: string[] = [];
  @property({ attribute: false }) labels: string[] = [];
  @state() private timeline: Timeline | null = null;
  @state() private at: number | null = null;
  private loaded = "";
  private loadedClips: unknown = null;
  private reloading: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.list);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.reloading);
    this.reloading = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (this.day !== this.loaded) {
      this.loaded = this.day;
      this.timeline = null;
      void this.load();
    } else if (this.list.clips !== this.loadedClips && !this.reloading) {
      // Delayed, because a recording sends an event every other second.
      this.reloading = setTimeout(() => {
        this.reloading = undefined;
        void this.load();
      }, RELOAD_MS);
    }
    this.loadedClips = this.list.clips;
  }

  private get bounds(): { from: number; to: number } {
    return dayBounds(this.day, this.format.zone);
  }

  private async load(): Promise<void> {
    const { day } = this;
    const { from, to } = this.bounds;
    try {
      const timeline = await this.page.api.timeline(from, to);
      if (day === this.day) this.timeline = timeline;
    } catch {
      this.timeline = null; // the list below shows the error
    }
  }

  protected override render(): unknown {
    const { from, to } = this.bounds;
    const cameras = (this.timeline?.cameras ?? [])
      .filter((camera) => !this.cameras.length || this.cameras.includes(camera.camera_id))
      .map((camera) => ({ ...camera, spans: camera.spans.filter((span) => this.matchesFilter(span)) }));
    if (!cameras.some((camera) => camera.spans.length)) return nothing;
    return html`<div class="strips" role="group" aria-label=${this.texts.get("strip.title")}>
      ${cameras.map(
        (camera) =>
          html`<div class="camera">
            <span class="name" title=${this.cameraName(camera.camera_id)}
              >${this.cameraName(camera.camera_id)}</span
            >
            <div
              class="strip"
              @click=${(event: MouseEvent) => this.onClick(event, from, to)}
              @pointermove=${(event: PointerEvent) => this.onMove(event, from, to)}
              @pointerleave=${() => (this.at = null)}
            >
              ${this.renderNow(from, to)}
              ${marksOf(camera.spans, from, to, APART, now()).map((mark) => this.renderMark(mark))}
            </div>
          </div>`,
      )}
      <div class="camera" aria-hidden="true">
        <span class="name">${this.at === null ? "" : this.format.time(this.at)}</span>
        <div class="hours">
          ${hourTicks(from, to).map(
            (at) =>
              html`<span style="left:${((at - from) / (to - from)) * 100}%"
                >${this.format.hour(at)}</span
              >`,
          )}
        </div>
      </div>
    </div>`;
  }

  private matchesFilter({ label }: Span): boolean {
    return !this.labels.length || (label !== null && this.labels.includes(label));
  }

  private renderNow(from: number, to: number): unknown {
    const share = (now() - from) / (to - from);
    if (share < 0 || share > 1) return nothing;
    return html`<span class="later" style="left:${share * 100}%"></span>`;
  }

  private renderMark({ left, width, spans }: Mark): unknown {
    const first = spans[0]!;
    const people = spans.some((span) => span.label === "person");
    const labels = [...new Set(spans.map((span) => span.label))]
      .map((label) => (label ? this.texts.label(label) : this.texts.get("clip.motion")))
      .join(", ");
    const text = `${this.format.time(first.started)} ${labels}`;
    return html`<button
      class="mark ${people ? "people" : ""}"
      style="left:${left * 100}%;width:${width * 100}%"
      title=${text}
      aria-label=${`${this.texts.get("strip.jump")}: ${text}`}
      @click=${(event: Event) => {
        event.stopPropagation();
        this.jump(spans.at(-1)!.started);
      }}
    ></button>`;
  }

  private timeAt(event: MouseEvent, from: number, to: number): number {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return from + ((event.clientX - box.left) / box.width) * (to - from);
  }

  private onClick(event: MouseEvent, from: number, to: number): void {
    this.jump(this.timeAt(event, from, to));
  }

  private onMove(event: PointerEvent, from: number, to: number): void {
    this.at = this.timeAt(event, from, to);
  }

  private jump(at: number): void {
    this.dispatchEvent(new CustomEvent("jump", { detail: at }));
  }

  static override styles = [
    controls,
    css`
      .strips {
        padding: 0 12px 4px;
        display: grid;
        gap: 4px;
        max-height: 32vh;
        overflow-y: auto;
        overflow-x: hidden;
      }
      .camera {
        display: grid;
        grid-template-columns: minmax(72px, 12%) 1fr;
        gap: 10px;
        align-items: center;
      }
      .name {
        font-size: 12px;
        color: var(--hs-text-2);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      .strip {
        position: relative;
        height: 44px;
        border-radius: 6px;
        background: var(--hs-soft);
        cursor: pointer;
        overflow: hidden;
      }
      .later {
        position: absolute;
        top: 0;
        bottom: 0;
        right: 0;
        background: var(--hs-soft);
        border-inline-start: 2px solid var(--hs-text-2);
      }
      .mark {
        position: absolute;
        top: 0;
        bottom: 0;
        min-width: 5px;
        padding: 4px 0;
        border: none;
        border-radius: 6px;
        /* As wide as it lasts, as high as a finger needs. */
        background: color-mix(in srgb, var(--hs-text) 45%, transparent) content-box;
        cursor: pointer;
      }
      .mark.people {
        background-color: var(--hs-accent);
      }
      .mark:focus-visible {
        outline-offset: -2px;
      }
      .hours {
        position: relative;
        height: 18px;
        font-size: 11px;
        color: var(--hs-text-2);
      }
      .hours span {
        white-space: nowrap;
        position: absolute;
        transform: translateX(-50%);
        font-variant-numeric: tabular-nums;
      }
      .hours span:first-child {
        transform: none;
      }
      .hours span:last-child {
        transform: translateX(-100%);
      }
      @media (max-width: 600px) {
        .hours span:nth-child(even) {
          display: none;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-day-strip": DayStrip;
  }
}
