/** The page's styles, based on Home Assistant's theme variables. */

import { css } from "lit";

/** Variables for the panel's root, with the values of Home Assistant's default theme as fallbacks. */
export const theme = css`
  :host {
    --hs-text: var(--primary-text-color, #141414);
    --hs-text-2: var(--secondary-text-color, #5e5e5e);
    --hs-card: var(--ha-card-background, var(--card-background-color, #fff));
    --hs-line: var(--divider-color, rgba(0, 0, 0, 0.12));
    --hs-accent: var(--primary-color, #009ac7);
    --hs-radius: var(--ha-card-border-radius, 12px);
    /* Mix signal colors with the text color: on a card, they have too little contrast. */
    --hs-bad: color-mix(in srgb, var(--error-color, #db4437) 65%, var(--hs-text));
    --hs-good: color-mix(in srgb, var(--success-color, #43a047) 55%, var(--hs-text));
    --hs-warn: color-mix(in srgb, var(--warning-color, #ffa600) 45%, var(--hs-text));
    --hs-link: color-mix(in srgb, var(--hs-accent) 65%, var(--hs-text));
    --hs-soft: color-mix(in srgb, var(--hs-text) 7%, transparent);
    --hs-tone: color-mix(in srgb, var(--hs-accent) 18%, var(--hs-card));
    color: var(--hs-text);
    font-family: var(--ha-font-family-body, Roboto, Noto, sans-serif);
    font-size: 14px;
    line-height: 1.4;
  }
`;

export const controls = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-width: 44px;
    min-height: 44px;
    padding: 0 16px;
    border: 1px solid transparent;
    border-radius: 22px;
    background: var(--hs-soft);
    color: var(--hs-text);
    cursor: pointer;
    text-decoration: none;
    white-space: nowrap;
    -webkit-tap-highlight-color: transparent;
  }
  .button:hover {
    background: color-mix(in srgb, var(--hs-text) 12%, transparent);
  }
  .button.strong,
  .button[aria-pressed="true"],
  .button[aria-current="true"] {
    background: var(--hs-tone);
    border-color: color-mix(in srgb, var(--hs-accent) 55%, transparent);
  }
  .button.danger {
    color: var(--hs-bad);
  }
  .button.icon {
    width: 44px;
    padding: 0;
    flex: none;
  }
  .button.plain {
    background: none;
  }
  .button.small {
    padding: 0 12px;
  }
  .button.small.icon {
    padding: 0;
  }
  .button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  :focus-visible {
    outline: 2px solid var(--hs-accent);
    outline-offset: 2px;
  }
  .field {
    min-height: 44px;
    padding: 0 12px;
    border: 1px solid color-mix(in srgb, var(--hs-text) 35%, transparent);
    border-radius: 8px;
    background: var(--hs-card);
    color: var(--hs-text);
    min-width: 0;
  }
  svg.mdi {
    width: 20px;
    height: 20px;
    fill: currentColor;
    flex: none;
    display: block;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

export const cards = css`
  .card {
    background: var(--hs-card);
    border-radius: var(--hs-radius);
    border: 1px solid var(--hs-line);
    box-shadow: var(--ha-card-box-shadow, none);
    padding: 16px;
    min-width: 0;
  }
  h2 {
    font-size: 18px;
    font-weight: 500;
    margin: 0;
  }
  h3 {
    font-size: 15px;
    font-weight: 500;
    margin: 0;
  }
  .quiet {
    color: var(--hs-text-2);
  }
  .bad {
    color: var(--hs-bad);
  }
  .empty {
    padding: 32px 16px;
    text-align: center;
    color: var(--hs-text-2);
  }
`;
