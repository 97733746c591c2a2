import { mdiCalendarRange, mdiClose, mdiFilterVariant, mdiLock, mdiMagnify } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { PageElement, now } from "../page.ts";
import type { Filter, Range } from "../state/filter.ts";
import { EVERYTHING, isEverything, rangeDays } from "../state/filter.ts";
import { controls } from "../styles/shared.ts";
import { dayOf } from "../time/zone.ts";
import type { Choice } from "./choice-menu.ts";
import "./choice-menu.ts";
import { icon } from "./icon.ts";

const NAMED = ["all", "today", "yesterday", "week"] as const;
const TYPING_MS = 300;

/** The filter for the list of clips. Fires `filter` with the new filter. */
@customElement("homesec-filter-bar")
export class FilterBar extends PageElement {
  @property({ attribute: false }) filter: Filter = EVERYTHING;
  @state() private calendar = false;
  /** Whether all fields are shown on a phone. */
  @state() private more = false;
  private typing: ReturnType<typeof setTimeout> | undefined;

  protected override render(): unknown {
    const { texts, filter } = this;
    return html`<div class="bar ${this.more ? "more" : ""}" role="search" aria-label=${texts.get("filter.title")}>
      <div class="group days" role="group" aria-label=${texts.get("filter.days")}>
        <button
          class="button small icon toggle"
          aria-expanded=${this.more}
          aria-pressed=${!isEverything({ ...filter, range: { kind: "all" } })}
          aria-label=${texts.get("filter.title")}
          @click=${() => (this.more = !this.more)}
        >
          ${icon(mdiFilterVariant)}
        </button>
        ${NAMED.map(
          (kind) =>
            html`<button
              class="button small"
              aria-pressed=${filter.range.kind === kind}
              @click=${() => this.setRange({ kind })}
            >
              ${texts.get(`days.${kind}`)}
            </button>`,
        )}
        <button
          class="button small"
          aria-pressed=${filter.range.kind === "days"}
          aria-expanded=${this.calendar}
          aria-controls="calendar"
          @click=${() => (this.calendar = !this.calendar)}
        >
          ${icon(mdiCalendarRange)}${this.rangeText()}
        </button>
      </div>
      ${this.calendar ? this.renderCalendar() : nothing}
      <div class="group rest">
        ${this.renderChoices("cameras", this.cameraChoices())}
        ${this.renderChoices("labels", this.labelChoices())}
        ${this.renderChoices("zones", this.zoneChoices())}
        <button
          class="button small"
          aria-pressed=${filter.protectedOnly}
          @click=${() => this.set({ protectedOnly: !filter.protectedOnly })}
        >
          ${icon(mdiLock)}${texts.get("filter.protected")}
        </button>
        ${isEverything(filter)
          ? nothing
          : html`<button class="button small plain" @click=${() => this.send(EVERYTHING)}>
              ${icon(mdiClose)}${texts.get("filter.clear")}
            </button>`}
      </div>
      <label class="search rest">
        ${icon(mdiMagnify)}
        <span class="hidden-text">${texts.get("filter.search")}</span>
        <input
          class="field"
          type="search"
          placeholder=${texts.get("filter.search")}
          .value=${filter.text}
          @input=${this.onType}
          @keydown=${(event: Event) => event.stopPropagation()}
        />
      </label>
    </div>`;
  }

  private rangeText(): string {
    const { range } = this.filter;
    if (range.kind !== "days") return this.texts.get("days.choose");
    const from = this.format.dayName(range.from, "short");
    return range.from === range.to ? from : `${from} – ${this.format.dayName(range.to, "short")}`;
  }

  private renderCalendar(): unknown {
    const today = dayOf(now(), this.format.zone);
    const days = rangeDays(this.filter.range, now(), this.format.zone);
    const from = days?.from ?? today;
    const to = days?.to ?? today;
    const day = (name: "from" | "to", value: string): unknown =>
      html`<label
        >${this.texts.get(`days.${name}`)}
        <input
          class="field"
          type="date"
          max=${today}
          .value=${value}
          @change=${(event: Event) => {
            const chosen = (event.target as HTMLInputElement).value;
            if (chosen) this.setDays(name === "from" ? chosen : from, name === "to" ? chosen : to);
          }}
      /></label>`;
    return html`<div id="calendar" class="group calendar" role="group">
      ${day("from", from)}${day("to", to)}
    </div>`;
  }

  private setDays(from: string, to: string): void {
    const range: Range = { kind: "days", from: from < to ? from : to, to: from < to ? to : from };
    this.set({ range });
  }

  private renderChoices(name: "cameras" | "labels" | "zones", choices: Choice[]): unknown {
    if (choices.length < 2 && !this.filter[name].length) return nothing;
    return html`<homesec-choices
      .text=${this.texts.get(`filter.${name}`)}
      .choices=${choices}
      .chosen=${this.filter[name]}
      @chosen=${(event: CustomEvent<string[]>) => this.set({ [name]: event.detail })}
    ></homesec-choices>`;
  }

  private cameraChoices(): Choice[] {
    const cameras = this.system?.cameras ?? [];
    return cameras.map((camera) => ({ value: camera.id, text: camera.name }));
  }

  private labelChoices(): Choice[] {
    const labels = new Set(this.system?.cameras.flatMap((camera) => camera.labels));
    return [...labels].map((label) => ({ value: label, text: this.texts.label(label) }));
  }

  private zoneChoices(): Choice[] {
    const zones = new Set(this.system?.cameras.flatMap((camera) => camera.zones));
    return [...zones].sort().map((zone) => ({ value: zone, text: zone }));
  }

  private onType(event: Event): void {
    clearTimeout(this.typing);
    const text = (event.target as HTMLInputElement).value;
    this.typing = setTimeout(() => this.set({ text }), TYPING_MS);
  }

  private setRange(range: Range): void {
    this.calendar = false;
    this.set({ range });
  }

  private set(change: Partial<Filter>): void {
    this.send({ ...this.filter, ...change });
  }

  private send(filter: Filter): void {
    this.dispatchEvent(new CustomEvent("filter", { detail: filter }));
  }

  static override styles = [
    controls,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 16px;
        align-items: center;
        padding: 12px;
      }
      .group {
        max-width: 100%;
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        align-items: center;
      }
      .calendar label {
        display: inline-flex;
        align-items: center;
        gap: 8px;
      }
      .toggle {
        display: none;
      }
      .search {
        position: relative;
        flex: 1 1 160px;
        max-width: 320px;
      }
      .search svg {
        position: absolute;
        left: 10px;
        top: 12px;
        color: var(--hs-text-2);
        pointer-events: none;
      }
      .search input {
        width: 100%;
        border-radius: 22px;
        padding-left: 36px;
      }
      @media (max-width: 600px) {
        .bar {
          padding: 8px 12px;
          gap: 8px;
        }
        .toggle {
          display: inline-flex;
        }
        .days {
          flex-wrap: nowrap;
          overflow-x: auto;
          scrollbar-width: none;
          margin: 0 -12px;
          padding: 2px 12px;
        }
        .days .button {
          flex: none;
        }
        .bar:not(.more) .rest {
          display: none;
        }
        .search {
          max-width: none;
          flex-basis: 100%;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-filter-bar": FilterBar;
  }
}
