import { mdiImageOffOutline } from "@mdi/js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { StillLoader } from "../data/stills.ts";
import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";

/** A still, loaded while it is on the page. Decorative: its card has the text. */
@customElement("homesec-still")
export class StillImage extends LitElement {
  @property({ attribute: false }) stills!: StillLoader;
  @property() path: string | null = null;
  @state() private address: string | null = null;
  @state() private missing = false;
  private loading: string | null = null;
  private stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate("path");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
    this.stop = this.loading = null;
  }

  protected override willUpdate(): void {
    if (!this.isConnected || this.path === this.loading) return;
    this.stop?.();
    // The same still in another size: the shown one stays until it has loaded.
    if (withoutSize(this.path) !== withoutSize(this.loading)) this.address = null;
    this.loading = this.path;
    this.missing = this.path === null;
    if (this.path === null) return;
    this.stop = this.stills.load(this.path, (address) => {
      this.address = address;
      this.missing = address === null;
    });
  }

  protected override render(): unknown {
    if (this.address) return html`<img src=${this.address} alt="" decoding="async" />`;
    return this.missing ? html`<div class="none">${icon(mdiImageOffOutline)}</div>` : nothing;
  }

  static override styles = [
    controls,
    css`
      :host {
        display: block;
        background: #1a1a1a;
        overflow: hidden;
      }
      img {
        display: block;
        width: 100%;
        height: 100%;
        object-fit: var(--still-fit, cover);
      }
      .none {
        display: grid;
        place-items: center;
        height: 100%;
        color: #bbb;
      }
    `,
  ];
}

function withoutSize(path: string | null): string | undefined {
  return path?.split("?")[0];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-still": StillImage;
  }
}
