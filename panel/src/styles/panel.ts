/** The frame of the page: its header, tabs, and messages. */

import { css } from "lit";

export const panelStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
    /* Home Assistant sets no height for panels, but respects the safe area. */
    height: calc(
      100dvh - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px)
    );
    background: var(--primary-background-color, #fafafa);
  }
  header {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: var(--header-height, 56px);
    padding: 0 16px;
    background: var(--app-header-background-color, var(--hs-card));
    color: var(--app-header-text-color, var(--hs-text));
    border-bottom: 1px solid var(--hs-line);
    flex: none;
  }
  h1 {
    font-size: 20px;
    font-weight: 400;
    margin: 0;
  }
  header .button {
    color: inherit;
  }
  nav {
    display: flex;
    flex: 1;
    justify-content: center;
    align-self: stretch;
    gap: 4px;
  }
  nav a {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    padding: 0 16px;
    color: inherit;
    text-decoration: none;
    border-bottom: 3px solid transparent;
    border-top: 3px solid transparent;
  }
  nav a[aria-current] {
    border-bottom-color: var(--hs-accent);
  }
  nav a:focus-visible {
    outline-offset: -4px;
  }
  .problems {
    display: inline-grid;
    place-items: center;
    min-width: 20px;
    height: 20px;
    padding: 0 6px;
    border-radius: 10px;
    background: #b3261e;
    color: #fff;
    font-size: 12px;
    line-height: 1;
  }
  .notice {
    margin: 0;
    padding: 8px 16px;
    background: color-mix(in srgb, var(--warning-color, #ffa600) 20%, var(--hs-card));
  }
  main {
    flex: 1;
    min-height: 0;
    position: relative;
  }
  main > * {
    position: absolute;
    inset: 0;
  }
  .toast {
    position: absolute;
    left: 0;
    right: 0;
    bottom: 72px;
    display: grid;
    place-items: center;
    pointer-events: none;
    z-index: 10;
    padding: 0 16px;
  }
  .toast p {
    margin: 0;
    max-width: 100%;
    overflow-wrap: anywhere;
    padding: 12px 20px;
    border-radius: 24px;
    background: #2b2b2b;
    color: #fff;
    box-shadow: 0 4px 16px rgba(0, 0, 0, 0.4);
  }
  .toast .button {
    margin: -12px -16px -12px 8px;
    background: none;
    color: #8fd8f5;
    font-weight: 500;
    pointer-events: auto;
  }
  .toast p.error {
    background: #8c1d18;
  }
  @media (max-width: 700px) {
    header {
      padding: 0 4px 0 8px;
    }
    h1 {
      flex: 1;
    }
    nav {
      position: absolute;
      z-index: 4;
      left: 0;
      right: 0;
      bottom: 0;
      height: 60px;
      background: var(--hs-card);
      color: var(--hs-text);
      border-top: 1px solid var(--hs-line);
      justify-content: space-around;
    }
    nav a {
      flex: 1;
      flex-direction: column;
      justify-content: center;
      gap: 2px;
      font-size: 12px;
      padding: 0;
      position: relative;
    }
    .problems {
      position: absolute;
      top: 2px;
      inset-inline-start: calc(50% + 8px);
    }
    main {
      margin-bottom: 60px;
    }
  }
`;
