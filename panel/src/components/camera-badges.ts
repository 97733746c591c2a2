/** What a camera does and detects, over its picture. */

import { mdiAlertOutline } from "@mdi/js";
import { css, html, nothing } from "lit";

import type { Camera } from "../data/types.ts";
import type { Page } from "../page.ts";
import { icon } from "./icon.ts";
import { labelIcon } from "./label-icon.ts";

/** Render whether the camera records. */
export function recordingBadge({ texts }: Page, camera: Camera): unknown {
  if (camera.recording) return html`<span class="badge rec">${texts.get("clip.recording")}</span>`;
  if (camera.records) return nothing;
  return html`<span class="badge">${texts.get("cameras.not_recorded")}</span>`;
}

/** Render how the camera is tampered with, and what to do. */
export function tamperBadge({ texts }: Page, { tamper }: Camera): unknown {
  if (tamper === null) return nothing;
  return html`<span class="badge tamper"
    >${icon(mdiAlertOutline)}${texts.named("tamper", tamper)}</span
  >`;
}

/** Render what is present, in which zones, and which sensor has reported it. */
export function presenceBadges({ texts }: Page, camera: Camera): unknown {
  return camera.presences.map(({ label, count, zones, sensor }) => {
    const what = `${count > 1 ? `${count} × ` : ""}${texts.label(label)}`;
    const reported = sensor === null ? [] : [texts.get("cameras.reported", { sensor })];
    const parts = [what, zones.join(", "), ...reported].filter(Boolean);
    return html`<span class="badge here">${icon(labelIcon(label))}${parts.join(" · ")}</span>`;
  });
}

export const cameraBadgeStyles = css`
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding: 2px 9px;
    border-radius: 12px;
    background: rgba(0, 0, 0, 0.72);
    color: #fff;
    font-size: 13px;
    max-width: 100%;
    overflow-wrap: anywhere;
  }
  .badge.here {
    padding-left: 7px;
  }
  .badge svg {
    width: 16px;
    height: 16px;
  }
  .badge.rec {
    background: #b3261e;
  }
  .badge.tamper {
    padding-left: 7px;
    background: #ffc043;
    color: #211500;
  }
  .state,
  .who {
    position: absolute;
    left: 10px;
    right: 10px;
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    pointer-events: none;
  }
  .state {
    top: 10px;
  }
  .who {
    bottom: 10px;
  }
`;
