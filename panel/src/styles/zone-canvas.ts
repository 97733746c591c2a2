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
    /* Handles and names at the edge must not widen the page. */
    overflow: clip;
    overflow-clip-margin: 12px;
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
  button.corner,
  button.middle {
    position: absolute;
    display: grid;
    place-items: center;
    width: 44px;
    height: 44px;
    margin: -22px;
    padding: 0;
    border: none;
    border-radius: 50%;
    background: none;
    touch-action: none;
    cursor: grab;
  }
  button.middle {
    cursor: copy;
  }
  button.corner::before,
  button.middle::before,
  span.corner,
  .cursor {
    content: "";
    width: 22px;
    height: 22px;
    border-radius: 50%;
    border: 3px solid #fff;
    background: #1976d2;
    box-shadow: 0 0 4px #000;
  }
  span.corner,
  .cursor {
    position: absolute;
    margin: -11px;
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
  button.middle::before {
    width: 16px;
    height: 16px;
    border-width: 2px;
    background: rgba(255, 255, 255, 0.35);
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
    max-width: 60%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .name.detection {
    transform: translateY(-100%);
    border-radius: 0;
  }
`;
