/** The page `/homesec` in the sidebar. Home Assistant sets `hass`, `narrow`, and `route`. */

import { mdiMenu } from "@mdi/js";
import { html, LitElement, nothing } from "lit";
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
import { renderView, tabOf, TABS } from "./routes.ts";
import { ScrollPosition } from "./state/scroll-position.ts";
import { SystemStore } from "./state/system.ts";
import { ObservableController } from "./state/observable.ts";
import { panelStyles } from "./styles/panel.ts";
import { cards, controls, theme } from "./styles/shared.ts";
import { loadResources, Texts } from "./texts/texts.ts";
import { Format, profileZone } from "./time/format.ts";

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
    return renderView(page, view);
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

  static override styles = [theme, controls, cards, panelStyles];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-panel": HomeSecPanel;
  }
}
