import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { clipDetailsStyles } from "../components/clip-details.ts";
import { storageDetails } from "../components/storage-details.ts";
import type { VisitStatistics } from "../data/types.ts";
import { totalsOf } from "../layout/charts.ts";
import { PageElement, now } from "../page.ts";
import { cards, controls } from "../styles/shared.ts";
import { addDays, dayOf, startOfDay } from "../time/zone.ts";
import "../components/day-bars.ts";
import "../components/heat-map.ts";

const SPANS = [7, 30, 90] as const;

/** Visits by day, hour, camera, and label, and the storage used. */
@customElement("homesec-statistics")
export class StatisticsView extends PageElement {
  @state() private days: number = 30;
  @state() private statistics: VisitStatistics | null = null;
  @state() private error: unknown = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load(this.days);
  }

  protected override engineStarted(): void {
    void this.load(this.days);
  }

  /** Visits are counted in Home Assistant's time zone, whatever the user's profile says. */
  private get zone(): string {
    return this.system?.time_zone ?? this.format.zone;
  }

  private get span(): { from: string; to: string } {
    const to = dayOf(now(), this.zone);
    return { from: addDays(to, 1 - this.days), to };
  }

  private async load(days: number): Promise<void> {
    this.days = days;
    const { from, to } = this.span;
    const { zone } = this;
    try {
      const statistics = await this.page.api.visitStatistics(
        startOfDay(from, zone),
        startOfDay(addDays(to, 1), zone),
      );
      if (days === this.days) this.statistics = statistics;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  protected override render(): unknown {
    const { texts, statistics } = this;
    const { from, to } = this.span;
    return html`<div class="page">
      <div role="group" class="spans" aria-label=${texts.get("filter.days")}>
        ${SPANS.map(
          (days) =>
            html`<button
              class="button small"
              aria-pressed=${this.days === days}
              @click=${() => void this.load(days)}
            >
              ${texts.count("insight.span", days)}
            </button>`,
        )}
      </div>
      ${this.error
        ? html`<p class="card bad" role="alert">${texts.error(this.error)}</p>`
        : nothing}
      ${statistics
        ? html`<section class="card">
              <homesec-day-bars
                .page=${this.page}
                .days=${statistics.days}
                .from=${from}
                .to=${to}
              ></homesec-day-bars>
            </section>
            <section class="card">
              <h2>${texts.get("insight.heat")}</h2>
              <homesec-heat-map .page=${this.page} .hours=${statistics.hours}></homesec-heat-map>
            </section>
            ${statistics.days.length ? this.renderTotals(statistics) : nothing}`
        : nothing}
      <section class="card">
        <h2>${texts.get("storage.title")}</h2>
        ${this.system ? storageDetails(this.page, this.system.storage) : nothing}
      </section>
    </div>`;
  }

  private renderTotals({ days }: VisitStatistics): unknown {
    const totals = totalsOf(days);
    return html`<section class="card scroll" tabindex="0" aria-label=${this.texts.get("insight.totals")}>
      <h2>${this.texts.get("insight.totals")}</h2>
      <table>
        <thead>
          <tr>
            <td></td>
            ${totals.columns.map((label) => html`<th scope="col">${this.texts.label(label)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${totals.rows.map(
            (camera) =>
              html`<tr>
                <th scope="row">${this.cameraName(camera)}</th>
                ${totals.columns.map(
                  (label) => html`<td>${this.format.number(totals.count(camera, label))}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
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
        gap: 16px;
        padding: 16px;
        max-width: 1080px;
        margin: 0 auto;
      }
      .spans {
        display: flex;
        gap: 6px;
      }
      h2 {
        margin-bottom: 12px;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
      }
      .scroll th,
      .scroll td {
        padding: 6px 20px 6px 0;
        text-align: start;
        font-weight: 400;
        white-space: nowrap;
      }
      .scroll :is(th, td):last-child {
        padding-right: 0;
      }
      .scroll td {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .scroll thead th {
        color: var(--hs-text-2);
        text-align: end;
      }
      .scroll tbody th {
        white-space: normal;
        overflow-wrap: anywhere;
        min-width: 120px;
      }
      .scroll tbody tr {
        border-top: 1px solid var(--hs-line);
      }
      @media (max-width: 600px) {
        .page {
          padding: 12px;
          gap: 12px;
        }
        .card {
          padding: 12px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-statistics": StatisticsView;
  }
}
