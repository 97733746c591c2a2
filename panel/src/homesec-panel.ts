/** The page `/homesec` in the sidebar. Home Assistant sets `hass`, `narrow`, and `route`. */

import { mdiChartBoxOutline, mdiFilmstrip, mdiMenu, mdiShieldHome } from "@mdi/js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { icon } from "./components/icon.ts";
import { runWithPin } from "./components/pin-dialog.ts";
import { Api } from "./data/api.ts";
import { StillLoader } from "./data/stills.ts";
import type { Hass, Route } from "./ha/hass.ts";
import { followLink, navigate } from "./ha/navigate.ts";
import type { MessageAction, Page } from "./page.ts";
import { BASE, DISARM_HASH, parseRoute } from "./router.ts";
import type { PageRoute } from "./router.ts";
import { ScrollPosition } from "./state/scroll-position.ts";
import { SystemStore } from "./state/system.ts";
import { ObservableController } from "./state/observable.ts";
import { cards, controls, theme } from "./styles/shared.ts";
import { loadResources, Texts } from "./texts/texts.ts";
import { Format, profileZone } from "./time/format.ts";
import "./views/statistics-view.ts";
import "./views/overview-view.ts";
import "./views/zones-view.ts";
import "./views/camera-view.ts";
import "./views/clip-view.ts";
import "./views/clips-view.ts";
import "./views/deleted-view.ts";

const TABS = [
  { view: "overview", path: BASE, icon: mdiShieldHome },
  { view: "clips", path: `${BASE}/clips`, icon: mdiFilmstrip },
  { view: "insight", path: `${BASE}/insight`, icon: mdiChartBoxOutline },
] as const;
const SETTINGS = "/config/integrations/integration/homesec";
const MESSAGE_MS = 5000;
const ACTION_MS = 10_000;
const NAVIGATION_EVENTS = ["location-changed", "popstate", "hashchange"];

interface Message {
  text: string;
  kind: "info" | "error";
  action?: MessageAction | undefined;
}

@customElement("homesec-panel")
export class HomeSecPanel extends LitElement {
  @property({ attribute: false }) hass!: Hass;
  @property({ type: Boolean, reflect: true }) narrow = false;
  @property({ attribute: false }) route: Route = { prefix: BASE, path: "" };
  @state() private page: Page | null = null;
  @state() private message: Message | null = null;
  private readonly api = new Api(() => this.hass);
  private readonly system = new SystemStore(this.api);
  private readonly stills = new StillLoader(async (path) => {
    const response = await this.hass.fetchWithAuth(path);
    if (!response.ok) throw new Error(String(response.status));
    return response.blob();
  });
  private readonly scrollPosition = new ScrollPosition(
    this.api,
    (label) => this.page?.texts.label(label) ?? label,
  );
  private language = "";
  /** The profile and the time zone that times are formatted with. */
  private formats = "";
  private hasMarkedFirst = false;
  private messageTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.system);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const kind of NAVIGATION_EVENTS) window.addEventListener(kind, this.handleQueryChange);
    if (this.hass) void this.system.subscribe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const kind of NAVIGATION_EVENTS) window.removeEventListener(kind, this.handleQueryChange);
    this.system.unsubscribe();
    this.scrollPosition.unsubscribe();
    this.stills.clear();
  }

  /** Render again when only the query changes: Home Assistant sets `route` for a new path only. */
  private readonly handleQueryChange = (): void => {
    const { prefix, path } = this.route;
    if (window.location.pathname === prefix + path) this.requestUpdate();
  };

  /** Skip most changes of `hass`, which Home Assistant replaces with every state change. */
  protected override shouldUpdate(changed: Map<string, unknown>): boolean {
    if (changed.size !== 1 || !changed.has("hass")) return true;
    const before = changed.get("hass") as Hass | undefined;
    if (before?.themes?.darkMode !== this.hass.themes?.darkMode) return true;
    if (before?.locale !== this.hass.locale) return true;
    return this.hass.language !== this.language || this.page === null;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("hass") && changed.get("hass") === undefined && this.isConnected) {
      void this.system.subscribe();
    }
    // Applies to scroll bars and native controls.
    this.style.colorScheme = this.hass.themes?.darkMode ? "dark" : "light";
    const { language } = this.hass;
    if (language !== this.language) {
      this.language = language;
      void this.loadTexts(language);
    }
    if (this.page && this.formats !== this.wantedFormats) this.page = this.makePage(this.page.texts);
  }

  private async loadTexts(language: string): Promise<void> {
    const resources = await loadResources(this.hass);
    if (language !== this.language) return;
    this.page = this.makePage(new Texts(resources, language));
  }

  private get zone(): string {
    const server = this.system.state?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    return profileZone(this.hass.locale, server);
  }

  private get wantedFormats(): string {
    return JSON.stringify([this.hass.locale, this.zone]);
  }

  private makePage(texts: Texts): Page {
    this.formats = this.wantedFormats;
    return {
      hass: () => this.hass,
      api: this.api,
      system: this.system,
      stills: this.stills,
      scrollPosition: this.scrollPosition,
      texts,
      format: new Format(this.hass, this.zone),
      showMessage: (text, kind = "info", action) => this.showMessage({ text, kind, action }),
    };
  }

  private showMessage(message: Message): void {
    clearTimeout(this.messageTimer);
    this.message = message;
    const lasts = message.action ? ACTION_MS : MESSAGE_MS;
    this.messageTimer = setTimeout(() => (this.message = null), lasts);
  }

  private renderMessage({ text, kind, action }: Message): unknown {
    const run = (): void => {
      this.message = null;
      action?.run().catch((error: unknown) =>
        this.showMessage({ text: this.page!.texts.error(error), kind: "error" }),
      );
    };
    return html`<p class=${kind}>
      ${text}${action ? html`<button class="button" @click=${run}>${action.text}</button>` : nothing}
    </p>`;
  }

  protected override render(): unknown {
    if (!this.page) return nothing;
    const view = parseRoute(this.route.path);
    const { texts } = this.page;
    return html`<header>
        ${this.narrow
          ? html`<button class="button icon plain" aria-label=${texts.get("common.menu")} @click=${this.toggleMenu}>
              ${icon(mdiMenu)}
            </button>`
          : nothing}
        <h1>${texts.get("title")}</h1>
        <nav aria-label=${texts.get("title")}>
          ${TABS.map(
            (tab) =>
              html`<a
                href=${tab.path}
                aria-current=${tab.view === tabOf(view) ? "page" : nothing}
                @click=${followLink}
                >${icon(tab.icon)}<span>${texts.get(`tabs.${tab.view}`)}</span>${tab.view === "overview"
                  ? this.renderProblemCount()
                  : nothing}</a
              >`,
          )}
        </nav>
      </header>
      ${this.renderNotice()}
      <main>${this.renderBody(view)}</main>
      <div class="toast" role="status" aria-live="polite">
        ${this.message ? this.renderMessage(this.message) : nothing}
      </div>`;
  }

  /** Render how many problems the overview lists, for those who look at something else. */
  private renderProblemCount(): unknown {
    const count = this.system.state?.problems.filter(({ ignored }) => !ignored).length;
    if (!count) return nothing;
    const text = this.page!.texts.count("problems.count", count);
    return html`<span class="problems" title=${text}
      ><span aria-hidden="true">${this.page!.format.number(count)}</span
      ><span class="hidden-text">${text}</span></span
    >`;
  }

  /** Render why the page isn't updated while HomeSec starts or reloads. */
  private renderNotice(): unknown {
    const { state, unavailable } = this.system;
    if (!state || (state.ready && !unavailable)) return nothing;
    return html`<p class="notice" role="status">${this.notReady()}</p>`;
  }

  /** Say why HomeSec isn't running, with a link for those who can do something about it. */
  private notReady(): unknown {
    const { texts } = this.page!;
    const { state, unavailable } = this.system;
    if (state && !unavailable) {
      const failed = state.problems.find((problem) => problem.id === "engine");
      return failed ? texts.trouble(failed).title : texts.get("common.starting");
    }
    const isAdmin = state?.user.is_admin ?? this.hass.user?.is_admin;
    if (!isAdmin) return texts.get("errors.not_running");
    return html`${texts.get("errors.not_ready")}
      <a class="button small" href=${SETTINGS} @click=${followLink}>${texts.get("problems.settings")}</a>`;
  }

  private renderBody(view: PageRoute): unknown {
    const page = this.page!;
    const { state, error, unavailable } = this.system;
    if (!state && error) {
      return html`<div class="empty" role="alert">
        <p>${page.texts.error(error)}</p>
        <button class="button" @click=${() => void this.system.subscribe()}>
          ${page.texts.get("errors.again")}
        </button>
      </div>`;
    }
    if (!state && unavailable) {
      return html`<p class="empty" role="status">${this.notReady()}</p>`;
    }
    if (!state) return html`<p class="empty" role="status">${page.texts.get("common.loading")}</p>`;
    switch (view.view) {
      case "clips":
        return html`<homesec-clips
          .page=${page}
          .search=${window.location.search}
        ></homesec-clips>`;
      case "deleted":
        return html`<homesec-deleted .page=${page}></homesec-deleted>`;
      case "insight":
        return html`<homesec-statistics .page=${page}></homesec-statistics>`;
      case "camera":
        return html`<homesec-camera .page=${page} .cameraId=${view.id}></homesec-camera>`;
      case "zones":
        return html`<homesec-zones .page=${page} .cameraId=${view.camera}></homesec-zones>`;
      case "clip":
        return html`<homesec-clip
          .page=${page}
          .clipId=${view.id}
          .search=${window.location.search}
        ></homesec-clip>`;
      default:
        return html`<homesec-overview .page=${page}></homesec-overview>`;
    }
  }

  protected override updated(): void {
    this.followDisarmLink();
    this.markFirst();
  }

  /** Ask for the PIN and disarm if a notification's link says so. A link alone disarms nothing. */
  private followDisarmLink(): void {
    const { page, system } = this;
    if (location.hash !== DISARM_HASH || !page || !system.state) return;
    navigate(location.pathname + location.search, { replace: true });
    const { alarm, user } = system.state;
    if (!user.may_control || alarm.state === "disarmed" || alarm.code_format === null) return;
    const run = async (pin: string): Promise<void> => void (await this.api.disarm(pin));
    runWithPin({ page }, page.texts.get("alarm.disarm"), run).catch((error: unknown) =>
      page.showMessage(page.texts.error(error), "error"),
    );
  }

  /** Mark the moment of the first content, for benchmarks. */
  private markFirst(): void {
    if (this.hasMarkedFirst || !this.page || !this.system.state) return;
    this.hasMarkedFirst = true;
    requestAnimationFrame(() => performance.mark("homesec-first"));
  }

  private toggleMenu(): void {
    this.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true }));
  }

  static override styles = [
    theme,
    controls,
    cards,
    css`
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
    `,
  ];
}

function tabOf(view: PageRoute): string {
  switch (view.view) {
    case "clip":
    case "deleted":
      return "clips";
    case "camera":
    case "zones":
      return "overview";
    default:
      return view.view;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-panel": HomeSecPanel;
  }
}
