/** Boxes with their labels, over a picture that fills its positioned parent. */

import type { TemplateResult } from "lit";
import { css, html, svg } from "lit";

import type { ShownBox } from "../layout/boxes.ts";
import type { Page } from "../page.ts";

export function boxOverlay(page: Page, boxes: readonly ShownBox[]): TemplateResult {
  const stroke = (label: string): string => (label === "person" ? "#40c4ff" : "#ffd740");
  return html`<svg class="boxes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      ${boxes.map(
        (box) =>
          svg`<rect x=${box.x} y=${box.y} width=${box.width} height=${box.height}
            stroke=${stroke(box.label)} vector-effect="non-scaling-stroke"></rect>`,
      )}
    </svg>
    ${boxes.map(
      (box) =>
        html`<span class="tag" style="${tagPosition(box)}"
          >${page.texts.label(box.label)} ${page.format.percent(box.score)}</span
        >`,
    )}`;
}

/** Place the tag above its box, within the picture. */
function tagPosition({ x, y, width }: ShownBox): string {
  const across = x > 0.7 ? `right:${(1 - x - width) * 100}%` : `left:${x * 100}%`;
  return `${across};top:${Math.max(y, 0.04) * 100}%`;
}

export const boxOverlayStyles = css`
  .boxes {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    pointer-events: none;
  }
  rect {
    fill: none;
    stroke-width: 2px;
  }
  .tag {
    position: absolute;
    transform: translateY(-100%);
    padding: 0 6px;
    font-size: 12px;
    background: rgba(0, 0, 0, 0.72);
    color: #fff;
    pointer-events: none;
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;
