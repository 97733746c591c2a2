/** What is known of a clip, in words. */

import type { TemplateResult } from "lit";
import { css, html, nothing } from "lit";

import type { Clip } from "../data/shapes.ts";
import type { Page } from "../page.ts";
import { duration } from "../time/format.ts";

export function clipFacts(page: Page, clip: Clip): TemplateResult {
  const { texts, format } = page;
  const fact = (name: string, value: unknown): TemplateResult =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl>
    ${clip.label === null
      ? fact(texts.get("clip.why"), texts.get(clip.trigger === "manual" ? "clip.by_hand" : "clip.motion"))
      : fact(texts.get("clip.seen"), texts.label(clip.label))}
    ${clip.score === null ? nothing : fact(texts.get("clip.score"), format.percent(clip.score))}
    ${clip.zones.length ? fact(texts.get("clip.zones"), clip.zones.join(", ")) : nothing}
    ${fact(
      texts.get("clip.duration"),
      clip.state === "recording" ? texts.get("clip.recording") : duration(clip.duration),
    )}
    ${fact(texts.get("clip.stored"), stored(page, clip))}
    ${clip.bytes
      ? fact(
          texts.get("clip.size"),
          `${format.bytes(clip.bytes)}${clip.width ? `, ${clip.width} × ${clip.height}` : ""}`,
        )
      : nothing}
    ${clip.error ? fact(texts.get("clip.error"), texts.problem(clip.error)) : nothing}
  </dl>`;
}

function stored(page: Page, clip: Clip): unknown {
  const { texts, format } = page;
  const places = [
    clip.local ? texts.get("clip.here") : null,
    clip.cloud === "stored" ? texts.get("clip.cloud") : null,
    clip.cloud === "waiting" ? texts.get("clip.waiting") : null,
    clip.protected ? texts.get("clip.protected") : null,
  ].filter(Boolean);
  const { progress } = clip;
  return html`${places.length ? places.join(", ") : texts.get("clip.nowhere")}
  ${clip.cloud === "waiting" && progress !== null
    ? html`<progress
          max="1"
          .value=${progress}
          aria-label=${texts.get("clip.uploading")}
        ></progress>
        ${format.percent(progress)}`
    : nothing}`;
}

export const clipFactsStyles = css`
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(130px, 1fr));
    gap: 12px 20px;
    margin: 0;
  }
  dt {
    font-size: 12px;
    color: var(--hs-text-2);
  }
  dd {
    margin: 0;
  }
  progress {
    width: 80px;
    accent-color: var(--hs-accent);
    vertical-align: middle;
  }
`;
