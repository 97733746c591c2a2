import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Hass } from "../ha/hass.ts";

const REFRESH_MS = 2000;

/**
 * A camera's current picture: a still every `pause` milliseconds, or one after another if `moving`.
 *
 * Stills by default, because browsers open six connections to a server and moving pictures hold one.
 * Fires `ratio` with the picture's aspect ratio, and `picture` when there is the first one.
 */
@customElement("homesec-live")
export class LivePicture extends LitElement {
  @property({ attribute: false }) hass!: () => Hass;
  @property() entity: string | null = null;
  @property() text = "";
  @property({ type: Boolean }) moving = false;
  @property({ type: Number }) pause = REFRESH_MS;
  @state() private source: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isVisible = true;
  private readonly intersection = new IntersectionObserver((entries) => {
    this.isVisible = entries.at(-1)?.isIntersecting ?? true;
    if (this.isVisible) this.refresh();
  });
  private readonly onVisibilityChange = (): void => this.refresh();

  override connectedCallback(): void {
    super.connectedCallback();
    this.intersection.observe(this);
    document.addEventListener("visibilitychange", this.onVisibilityChange);
    this.refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.intersection.disconnect();
    document.removeEventListener("visibilitychange", this.onVisibilityChange);
    clearTimeout(this.timer);
    this.source = null;
    // Closes the connection of moving pictures, which an element that's gone may keep.
    this.renderRoot.querySelector("img")?.removeAttribute("src");
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("moving") || changed.has("entity")) this.refresh();
  }

  /** The picture's URL. Its token changes every few minutes. */
  private pictureUrl(): string | null {
    const entity = this.entity === null ? undefined : this.hass?.().states[this.entity];
    return entity?.attributes.entity_picture ?? null;
  }

  private refresh(): void {
    clearTimeout(this.timer);
    if (!this.isConnected || !this.isVisible || document.hidden) return;
    const url = this.pictureUrl();
    if (url === null) {
      this.source = null;
      this.refreshLater();
    } else if (this.moving) {
      const stream = url.replace("/camera_proxy/", "/camera_proxy_stream/");
      if (!this.source?.startsWith(stream)) this.source = stream;
    } else {
      // The previous still stays until the next one has loaded.
      const fresh = `${url}${url.includes("?") ? "&" : "?"}width=640&height=360&at=${Date.now()}`;
      const image = new Image();
      image.onload = () => {
        if (!this.moving && this.isConnected) this.source = fresh;
        this.refreshLater();
      };
      image.onerror = () => this.refreshLater();
      image.src = fresh;
    }
  }

  private refreshLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), this.pause);
  }

  private handleLoad(event: Event): void {
    const { naturalWidth, naturalHeight } = event.currentTarget as HTMLImageElement;
    if (!naturalWidth || !naturalHeight) return;
    this.dispatchEvent(new CustomEvent("ratio", { detail: naturalWidth / naturalHeight }));
    this.dispatchEvent(new CustomEvent("picture"));
  }

  private handleError(): void {
    this.source = null; // the camera is starting, or its token has changed
    this.refreshLater();
  }

  protected override render(): unknown {
    if (!this.source) return nothing;
    return html`<img
      src=${this.source}
      alt=${this.text}
      @load=${this.handleLoad}
      @error=${this.handleError}
    />`;
  }

  static override styles = css`
    :host {
      display: block;
      background: var(--live-background, #1a1a1a);
      overflow: hidden;
      aspect-ratio: 16 / 9;
    }
    img {
      display: block;
      width: 100%;
      height: 100%;
      object-fit: var(--live-fit, cover);
    }
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-live": LivePicture;
  }
}
