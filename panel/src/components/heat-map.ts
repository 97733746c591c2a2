import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { strength } from "../layout/charts.ts";
import { PageElement } from "../page.ts";
import { controls } from "../styles/shared.ts";

/** Visits by weekday and hour. */
@customElement("homesec-heat-map")
export class HeatMap extends PageElement {
  @property({ attribute: false }) hours: number[][] = [];

  protected override render(): unknown {
    const highest = Math.max(0, ...this.hours.flat());
    return html`<table>
      <caption class="hidden-text">
        ${this.texts.get("insight.heat")}
      </caption>
      <thead>
        <tr>
          <td></td>
          ${Array.from(
            { length: 24 },
            (_, index) =>
              html`<th scope="col">
                <span class=${index % 6 ? "fine" : ""}>${this.format.hourOfDay(index)}</span>
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${this.format.weekdays.map((day) => {
          const counts = this.hours[day] ?? [];
          const name = this.format.weekday(day);
          return html`<tr>
            <th scope="row">${name}</th>
            ${counts.map((count, index) => {
              const share = Math.round(strength(count, highest) * 100);
              const text = this.texts.count("insight.visits", count, { n: this.format.number(count) });
              return html`<td
                style="--share:${share}%"
                title="${name} ${this.format.hourOfDay(index)} – ${this.format.hourOfDay(index + 1)}: ${text}"
              >
                <span class="hidden-text">${this.format.number(count)}</span>
              </td>`;
            })}
          </tr>`;
        })}
      </tbody>
    </table>`;
  }

  static override styles = [
    controls,
    css`
      table {
        width: 100%;
        border-collapse: separate;
        border-spacing: 2px;
        table-layout: fixed;
        font-size: 11px;
        position: relative;
      }
      th {
        font-weight: 400;
        color: var(--hs-text-2);
        text-align: start;
        overflow: visible;
        white-space: nowrap;
        padding: 0;
      }
      thead td,
      tbody th {
        width: 34px;
      }
      tbody td {
        position: relative;
        height: 26px;
        padding: 0;
        border-radius: 3px;
        background: color-mix(in srgb, var(--hs-accent) var(--share), var(--hs-soft));
      }
      @media (max-width: 900px) {
        .fine {
          display: none;
        }
      }
      @media (max-width: 600px) {
        table {
          border-spacing: 1px;
        }
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-heat-map": HeatMap;
  }
}
