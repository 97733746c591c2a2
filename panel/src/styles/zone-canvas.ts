/** Styles of the zones on the camera's picture. */

import { css } from "lit";

export const zoneCanvasStyles = css`
  :host {
    display: block;
  }
  .frame {
    position: relative;
    width: 100%;
    background: #1a1a1a;
    border-radius: var(--hs-radius);
    user-select: none;
    -webkit-user-select: none;
  }
  img,
  svg {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    display: block;
    border-radius: inherit;
  }
  svg {
    touch-action: pinch-zoom;
  }
  .drawing svg {
    cursor: crosshair;
    touch-action: none;
  }
  polygon {
    stroke-width: 2px;
    fill-opacity: 0.22;
    cursor: pointer;
  }
  .chosen {
    stroke-width: 4px;
    fill-opacity: 0.34;
    cursor: move;
    touch-action: none;
  }
  .required {
    fill: #2ecc71;
    stroke: #2ecc71;
  }
  .noted {
    fill: #40c4ff;
    stroke: #40c4ff;
  }
  .mask {
    fill: #000;
    stroke: #ff6e6e;
    fill-opacity: 0.6;
  }
  .new {
    fill: none;
    stroke: #ffd740;
    stroke-width: 3px;
  }
  rect {
    fill: none;
    stroke-width: 3px;
    pointer-events: none;
  }
  .counts {
    stroke: #2ecc71;
  }
  .ignored {
    stroke: #ccc;
    stroke-dasharray: 6 5;
  }
  .corner,
  .middle,
  .cursor {
    position: absolute;
    width: 22px;
    height: 22px;
    margin: -11px;
    padding: 0;
    border-radius: 50%;
    border: 3px solid #fff;
    background: #1976d2;
    box-shadow: 0 0 4px #000;
    touch-action: none;
    cursor: grab;
  }
  span.corner {
    width: 14px;
    height: 14px;
    margin: -7px;
    background: #ffd740;
    pointer-events: none;
  }
  span.first {
    width: 22px;
    height: 22px;
    margin: -11px;
  }
  .middle {
    width: 16px;
    height: 16px;
    margin: -8px;
    border-width: 2px;
    background: rgba(255, 255, 255, 0.35);
    cursor: copy;
  }
  .cursor {
    background: none;
    border-color: #ffd740;
    pointer-events: none;
  }
  .name {
    position: absolute;
    transform: translate(-50%, -50%);
    padding: 0 8px;
    border-radius: 10px;
    background: rgba(0, 0, 0, 0.72);
    color: #fff;
    font-size: 12px;
    pointer-events: none;
    white-space: nowrap;
  }
  .name.detection {
    transform: translateY(-100%);
    border-radius: 0;
  }
`;
