/** A clip's card: still, time, label, camera, and state. */

import {
  mdiAlertCircleOutline,
  mdiCheckboxBlankCircleOutline,
  mdiCheckCircle,
  mdiCloudCheckOutline,
  mdiCloudUploadOutline,
  mdiLock,
} from "@mdi/js";
import type { TemplateResult } from "lit";
import { css, html, nothing } from "lit";

import type { Clip } from "../data/types.ts";
import { stillUrl } from "../data/stills.ts";
import type { Page } from "../page.ts";
import { routePath } from "../router.ts";
import { duration } from "../time/format.ts";
import { icon } from "./icon.ts";
import { labelIcon } from "./label-icon.ts";

export interface CardState {
  /** The URL's query: the filter for the clip's neighbors. */
  search?: string;
  selecting?: boolean;
  selected?: boolean;
  tabIndex?: number;
  /** Approximate width in CSS pixels. */
  width: number;
  onClick: (event: MouseEvent) => void;
}

export function clipCard(page: Page, clip: Clip, card: CardState): TemplateResult {
  const { texts, format } = page;
  return html`<a
    class="clip ${card.selected ? "selected" : ""}"
    href=${routePath({ view: "clip", id: clip.id }) + (card.search ?? "")}
    data-id=${clip.id}
    tabindex=${card.tabIndex ?? 0}
    draggable="false"
    @click=${card.onClick}
  >
    <homesec-still
      .stills=${page.stills}
      .path=${clip.state === "recording"
        ? livePicture(page, clip)
        : clip.still && stillUrl(clip.still, card.width)}
    ></homesec-still>
    <span class="words">
      <span class="line"
        ><b>${format.time(clip.event, { seconds: true })}</b
        ><span class="what"
          >${icon(labelIcon(clip.label))}<span class="name">${clipName(page, clip)}</span>${clip.score === null || clip.state === "recording"
            ? nothing
            : html`<span class="score">${format.percent(clip.score)}</span>`}</span
        ></span
      >
      <span class="line second"
        >${clip.camera}${clip.zones.length ? ` · ${clip.zones.join(", ")}` : ""}</span
      >
    </span>
    ${badge(page, clip)}
    <span class="marks">${marks(page, clip)}</span>
    ${card.selecting
      ? html`<span class="check"
          >${icon(card.selected ? mdiCheckCircle : mdiCheckboxBlankCircleOutline)}<span
            class="hidden-text"
            >${texts.get(card.selected ? "clips.is_selected" : "clips.not_selected")}</span
          ></span
        >`
      : nothing}
  </a>`;
}

function livePicture(page: Page, clip: Clip): string | null {
  const entity = page.system.camera(clip.camera_id)?.entity_id;
  // A URL per clip, or the cache would show the first picture for all.
  return entity ? `/api/camera_proxy/${entity}?width=480&height=270&clip=${clip.id}` : null;
}

/** Name a clip with the confidence of what its still shows. Only beside the still. */
export function clipTitle(page: Page, clip: Clip): string {
  const name = clipName(page, clip);
  return clip.score === null ? name : `${name} ${page.format.percent(clip.score)}`;
}

export function clipName(page: Page, clip: Clip): string {
  if (clip.label !== null) return page.texts.label(clip.label);
  return page.texts.get(clip.trigger === "manual" ? "clip.by_hand" : "clip.motion");
}

function marks(page: Page, clip: Clip): unknown {
  const mark = (path: string, text: string): TemplateResult =>
    html`${icon(path)}<span class="hidden-text">${text}</span>`;
  return [
    clip.protected ? mark(mdiLock, page.texts.get("clip.protected")) : nothing,
    clip.cloud === "stored" ? mark(mdiCloudCheckOutline, page.texts.get("clip.cloud")) : nothing,
    clip.cloud === "waiting" ? mark(mdiCloudUploadOutline, page.texts.get("clip.waiting")) : nothing,
  ];
}

function badge(page: Page, clip: Clip): TemplateResult {
  switch (clip.state) {
    case "recording":
      return html`<span class="badge rec">${page.texts.get("clip.recording")}</span>`;
    case "failed":
    case "missing":
      return html`<span class="badge"
        >${icon(mdiAlertCircleOutline)}${page.texts.get(`clip.${clip.state}`)}</span
      >`;
    default:
      return html`<span class="badge">${duration(clip.duration)}</span>`;
  }
}

export const clipCardStyles = css`
  .clip {
    position: relative;
    display: flex;
    flex-direction: column;
    border-radius: var(--hs-radius);
    overflow: hidden;
    background: var(--hs-card);
    border: 1px solid var(--hs-line);
    color: var(--hs-text);
    text-decoration: none;
    user-select: none;
    -webkit-user-select: none;
    -webkit-touch-callout: none;
    -webkit-tap-highlight-color: transparent;
    min-width: 0;
    container-type: inline-size;
  }
  @container (max-width: 200px) {
    .clip .score,
    .clip .what svg {
      display: none;
    }
  }
  .clip homesec-still {
    aspect-ratio: 16 / 9;
    width: 100%;
  }
  .clip.selected {
    outline: 3px solid var(--hs-accent);
    outline-offset: -3px;
  }
  .clip:focus-visible {
    outline: 3px solid var(--hs-accent);
    outline-offset: 1px;
  }
  .clip .words {
    display: block;
    padding: 7px 10px 8px;
    line-height: 19px;
  }
  .clip .line {
    display: flex;
    justify-content: space-between;
    gap: 8px;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .clip .line b {
    font-weight: 500;
    font-variant-numeric: tabular-nums;
  }
  .clip .what {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
  }
  .clip .what svg {
    width: 16px;
    height: 16px;
    flex: none;
  }
  .clip .name {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .clip .second {
    display: block;
    font-size: 12px;
    color: var(--hs-text-2);
  }
  .clip .marks,
  .clip .badge,
  .clip .check {
    position: absolute;
    top: 8px;
    color: #fff;
    display: flex;
    gap: 4px;
    align-items: center;
    filter: drop-shadow(0 0 2px #000);
  }
  .clip .marks {
    right: 8px;
  }
  .clip .marks svg,
  .clip .badge svg {
    width: 16px;
    height: 16px;
  }
  .clip .badge {
    left: 8px;
    padding: 1px 7px;
    border-radius: 10px;
    background: rgba(0, 0, 0, 0.72);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    filter: none;
  }
  .clip .badge.rec {
    background: #b3261e;
  }
  .clip .check {
    left: 8px;
    top: 36px;
  }
  .clip .check svg {
    width: 28px;
    height: 28px;
  }
`;
