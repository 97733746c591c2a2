import { mdiChevronLeft, mdiChevronRight } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { VisitStatistics } from "../data/types.ts";
import { followLink, navigate } from "../ha/navigate.ts";
import type { Series, Stack } from "../layout/charts.ts";
import { stacksOf } from "../layout/charts.ts";
import { PageElement } from "../page.ts";
import { BASE } from "../router.ts";
import { EVERYTHING, filterSearch } from "../state/filter.ts";
import { controls } from "../styles/shared.ts";
import type { Day } from "../time/zone.ts";
import { addDays } from "../time/zone.ts";
import { icon } from "./icon.ts";

const COLORS = ["#1e88e5", "#f4a100", "#43a047", "#8e5bd0", "#d0567d", "#00897b", "#8d6e63", "#78909c"];

/**
 * Visits per day, by label or camera. A day's bar links to its clips.
 *
 * A finger is wider than a bar: it chooses a day, which can be changed before its clips are shown.
 */
@customElement("homesec-day-bars")
export class DayBars extends PageElement {
  @property({ attribute: false }) days: VisitStatistics["days"] = [];
  @property() from: Day = "";
  @property() to: Day = "";
  @state() private by: Series = "label";
  @state() private chosen: Day | null = null;
  private isTouch = false;

  protected override render(): unknown {
    const { keys, stacks, highest } = stacksOf(this.days, this.by, this.from, this.to);
    const { texts } = this;
    const chosen = stacks.find(({ day }) => day === this.chosen);
    const choice = (by: Series, text: string): unknown =>
      html`<button
        class="button small"
        aria-pressed=${this.by === by}
        @click=${() => (this.by = by)}
      >
        ${text}
      </button>`;
    return html`<div class="head">
        <h2>${texts.get("insight.days")}</h2>
        <span class="choice" role="group" aria-label=${texts.get("insight.by")}>
          ${choice("label", texts.get("filter.labels"))}
          ${choice("camera_id", texts.get("filter.cameras"))}
        </span>
      </div>
      <div
        class="chart"
        @pointerdown=${(event: PointerEvent) => (this.isTouch = event.pointerType === "touch")}
        @keydown=${() => (this.isTouch = false)}
      >
        <span class="highest" aria-hidden="true">${highest ? this.format.number(highest) : ""}</span>
        ${stacks.map((stack) => this.renderStack(stack, keys, highest))}
      </div>
      <div class="ends" aria-hidden="true">
        <span>${this.format.dayName(this.from, "short")}</span>
        <span>${this.format.dayName(this.to, "short")}</span>
      </div>
      ${chosen ? this.renderChosen(chosen) : nothing}
      ${keys.length
        ? html`<ul>
            ${keys.map(
              (key, index) =>
                html`<li><span class="dot" style="background:${color(index)}"></span>${this.name(key)}</li>`,
            )}
          </ul>`
        : nothing}`;
  }

  private renderStack(stack: Stack, keys: string[], highest: number): unknown {
    const text = this.textOf(stack);
    return html`<button
      class="stack ${stack.day === this.chosen ? "chosen" : ""}"
      title=${text}
      aria-label=${text}
      @click=${() => this.handleClick(stack.day)}
    >
      ${stack.parts.map(
        (part) =>
          html`<span
            style="height:${(part.count / highest) * 100}%;background:${color(keys.indexOf(part.key))}"
          ></span>`,
      )}
    </button>`;
  }

  /** Render the day that a finger has chosen, with its neighbors. */
  private renderChosen(stack: Stack): unknown {
    const step = (days: number, path: string, text: string): unknown => {
      const day = addDays(stack.day, days);
      return html`<button
        class="button icon plain"
        ?disabled=${day < this.from || day > this.to}
        aria-label=${text}
        @click=${() => (this.chosen = day)}
      >
        ${icon(path)}
      </button>`;
    };
    const { texts } = this;
    return html`<div class="day">
      ${step(-1, mdiChevronLeft, texts.get("insight.earlier"))}
      <span role="status">${this.textOf(stack)}</span>
      ${step(1, mdiChevronRight, texts.get("insight.later"))}
      <a class="button small" href=${clipsOf(stack.day)} @click=${followLink}
        >${texts.get("insight.clips")}</a
      >
    </div>`;
  }

  private textOf({ day, parts }: Stack): string {
    const counts = parts.map((part) => `${this.name(part.key)} ${this.format.number(part.count)}`);
    return `${this.format.dayName(day)}: ${counts.join(", ") || 0}`;
  }

  private name(key: string): string {
    return this.by === "label" ? this.texts.label(key) : this.cameraName(key);
  }

  private handleClick(day: Day): void {
    if (this.isTouch) this.chosen = day;
    else navigate(clipsOf(day));
  }

  static override styles = [
    controls,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
        margin-bottom: 12px;
      }
      h2 {
        font-size: 18px;
        font-weight: 500;
        margin: 0;
      }
      .choice {
        display: flex;
        gap: 6px;
        flex-wrap: wrap;
      }
      .chart {
        position: relative;
        display: flex;
        align-items: stretch;
        gap: min(4px, 0.3%);
        height: 196px;
        padding-top: 16px;
        border-bottom: 1px solid var(--hs-line);
        border-top: 1px dashed var(--hs-line);
      }
      .highest {
        position: absolute;
        top: 2px;
        left: 0;
        font-size: 11px;
        color: var(--hs-text-2);
        pointer-events: none;
      }
      .stack {
        flex: 1;
        display: flex;
        flex-direction: column-reverse;
        min-width: 0;
        padding: 0;
        border: none;
        background: none;
        cursor: pointer;
      }
      .stack.chosen,
      .stack:hover {
        background: var(--hs-soft);
      }
      .stack:focus-visible {
        outline-offset: -1px;
      }
      .stack span {
        display: block;
        width: 100%;
        max-width: 40px;
        margin: 0 auto;
      }
      .stack span:last-child {
        border-radius: 3px 3px 0 0;
      }
      .ends {
        display: flex;
        justify-content: space-between;
        font-size: 11px;
        color: var(--hs-text-2);
      }
      .day {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        margin-top: 8px;
      }
      .day span {
        flex: 1 1 180px;
        min-width: 0;
        overflow-wrap: anywhere;
        text-align: center;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
        list-style: none;
        margin: 10px 0 0;
        padding: 0;
      }
      li {
        display: flex;
        align-items: center;
        gap: 6px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .dot {
        flex: none;
        width: 12px;
        height: 12px;
        border-radius: 3px;
      }
    `,
  ];
}

function clipsOf(day: Day): string {
  const range = { kind: "days" as const, from: day, to: day };
  return `${BASE}/clips${filterSearch({ ...EVERYTHING, range })}`;
}

function color(index: number): string {
  return COLORS[Math.min(index, COLORS.length - 1)] ?? "#78909c";
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-day-bars": DayBars;
  }
}
