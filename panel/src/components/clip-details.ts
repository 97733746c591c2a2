/** The details of a clip. */

import type { TemplateResult } from "lit";
import { css, html, nothing } from "lit";

import type { Clip } from "../data/types.ts";
import type { Page } from "../page.ts";
import { duration } from "../time/format.ts";

export function clipDetails(page: Page, clip: Clip): TemplateResult {
  const { texts, format } = page;
  const detail = (name: string, value: unknown): TemplateResult =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl>
    ${clip.label === null
      ? detail(texts.get("clip.why"), texts.get(clip.trigger === "manual" ? "clip.by_hand" : "clip.motion"))
      : detail(texts.get("clip.seen"), texts.label(clip.label))}
    ${clip.sensor === null ? nothing : detail(texts.get("clip.reported"), clip.sensor)}
    ${clip.score === null ? nothing : detail(texts.get("clip.score"), format.percent(clip.score))}
    ${clip.zones.length ? detail(texts.get("clip.zones"), clip.zones.join(", ")) : nothing}
    ${detail(
      texts.get("clip.duration"),
      clip.state === "recording" ? texts.get("clip.recording") : duration(clip.duration),
    )}
    ${detail(texts.get("clip.stored"), stored(page, clip))}
    ${clip.bytes
      ? detail(
          texts.get("clip.size"),
          `${format.bytes(clip.bytes)}${clip.width ? `, ${clip.width} × ${clip.height}` : ""}`,
        )
      : nothing}
    ${clip.error ? detail(texts.get("clip.error"), texts.problem(clip.error)) : nothing}
  </dl>`;
}

function stored(page: Page, clip: Clip): unknown {
  const { texts, format } = page;
  const locations = [
    clip.local ? texts.get("clip.here") : null,
    clip.cloud === "stored" ? texts.get("clip.cloud") : null,
    clip.cloud === "waiting" ? texts.get("clip.waiting") : null,
    clip.protected ? texts.get("clip.protected") : null,
  ].filter(Boolean);
  const { progress } = clip;
  return html`${locations.length ? locations.join(", ") : texts.get("clip.nowhere")}
  ${clip.cloud === "waiting" && progress !== null
    ? html`<progress
          max="1"
          .value=${progress}
          aria-label=${texts.get("clip.uploading")}
        ></progress>
        ${format.percent(progress)}`
    : nothing}`;
}

export const clipDetailsStyles = css`
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
  dl > div {
    min-width: 0;
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  progress {
    width: 80px;
    accent-color: var(--hs-accent);
    vertical-align: middle;
  }
`;
