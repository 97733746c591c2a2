import {
  mdiAlertCircleOutline,
  mdiAlertOutline,
  mdiCheckCircleOutline,
  mdiChevronRight,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import type { Problem } from "../data/types.ts";
import { followLink } from "../ha/navigate.ts";
import { PageElement } from "../page.ts";
import { cards, controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";

/** How many problems are shown before the rest is folded. */
const SHOWN = 4;

/**
 * What is wrong, each with a link to its fix; a quiet check mark if nothing is.
 *
 * With a camera, it's what is wrong with that one only, and nothing if all is well.
 */
@customElement("homesec-health-strip")
export class HealthStrip extends PageElement {
  /** The camera whose problems are shown; null: all are. */
  @property({ attribute: false }) cameraId: string | null = null;
  @state() private unfolded = false;

  protected override render(): unknown {
    const { system, texts } = this;
    if (!system) return nothing;
    const { cameraId } = this;
    const all = system.problems.filter(({ camera_id }) => cameraId === null || camera_id === cameraId);
    const problems = all.filter((problem) => !problem.ignored);
    if (!problems.length) return cameraId === null ? this.renderNone(all.length) : nothing;
    const shown = this.unfolded ? problems : problems.slice(0, SHOWN);
    const folded = problems.length - SHOWN;
    return html`<section aria-label=${texts.get("problems.title")}>
      <div class="list" role="status">
        <ul>
          ${repeat(shown, ({ id }) => id, (problem) => this.renderProblem(problem))}
        </ul>
      </div>
      ${folded > 0
        ? html`<button
            class="button small"
            aria-expanded=${this.unfolded}
            @click=${() => (this.unfolded = !this.unfolded)}
          >
            ${this.unfolded ? texts.get("problems.fewer") : texts.count("problems.more", folded)}
          </button>`
        : nothing}
    </section>`;
  }

  private renderNone(ignored: number): unknown {
    if (!this.system?.cameras.length && !ignored) return nothing;
    const { texts } = this;
    return html`<p class="fine" role="status">
      ${icon(mdiCheckCircleOutline)}<span
        >${texts.get("problems.none")}${ignored ? ` · ${texts.count("problems.ignored", ignored)}` : ""}</span
      >
    </p>`;
  }

  private renderProblem(problem: Problem): unknown {
    const { title, detail } = this.texts.trouble(problem);
    const isWarning = problem.severity === "warning";
    return html`<li class=${isWarning ? "warning" : "error"}>
      ${icon(isWarning ? mdiAlertOutline : mdiAlertCircleOutline)}
      <b>${title}</b>
      ${this.renderLink(problem, title)}
      ${detail ? html`<p class="quiet">${detail}</p>` : nothing}
    </li>`;
  }

  private renderLink({ link, repair }: Problem, title: string): unknown {
    if (link === null) return nothing;
    const text = this.texts.get(repair ? "problems.fix" : "problems.settings");
    return html`<a class="button small" href=${link} aria-label="${text}: ${title}" @click=${followLink}
      >${text}${icon(mdiChevronRight)}</a
    >`;
  }

  static override styles = [
    controls,
    cards,
    css`
      :host {
        display: block;
      }
      section,
      ul {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .list {
        width: 100%;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        width: 100%;
        padding: 10px 16px;
        border: 1px solid var(--hs-line);
        border-inline-start: 6px solid var(--tone);
        border-radius: var(--hs-radius);
        background: color-mix(in srgb, var(--tone) 8%, var(--hs-card));
        --tone: var(--error-color, #db4437);
      }
      .warning {
        --tone: var(--warning-color, #ffa600);
      }
      li > svg {
        color: color-mix(in srgb, var(--tone) 65%, var(--hs-text));
      }
      b,
      li p {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      b {
        flex: 1 1 120px;
        font-weight: 500;
      }
      p {
        margin: 0;
      }
      li p {
        flex: 1 1 100%;
        padding-inline-start: 32px; /* below the title */
        margin-top: -4px;
      }
      li .button {
        margin-inline-start: auto;
        padding-inline-end: 8px;
      }
      .fine {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 0 4px;
        color: var(--hs-text-2);
      }
      .fine svg {
        color: var(--hs-good);
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-health-strip": HealthStrip;
  }
}
