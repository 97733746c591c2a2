/** What every part of the page shares. */

import { LitElement } from "lit";
import { property } from "lit/decorators.js";

import type { Api } from "./data/api.ts";
import type { House } from "./data/shapes.ts";
import type { Stills } from "./data/stills.ts";
import type { Hass } from "./ha/hass.ts";
import type { ClipsPlace } from "./state/clips-place.ts";
import type { HouseStore } from "./state/house.ts";
import { Watch } from "./state/observed.ts";
import type { Texts } from "./texts/texts.ts";
import type { Format } from "./time/format.ts";

/** One object as long as the page is open; its texts and formats are replaced with the language. */
export interface Page {
  /** As it is now: it is replaced with each change of a state. */
  hass(): Hass;
  readonly api: Api;
  readonly store: HouseStore;
  readonly stills: Stills;
  readonly clips: ClipsPlace;
  readonly texts: Texts;
  readonly format: Format;
  /** Say something that needs no answer. */
  say(message: string, kind?: "info" | "error"): void;
}

/** An element of the page; it renders again when the house changes. */
export class PageElement extends LitElement {
  @property({ attribute: false }) page!: Page;

  private wasReady: boolean | undefined;

  constructor() {
    super();
    new Watch(this, () => this.page?.store);
  }

  protected get house(): House | null {
    return this.page.store.house;
  }

  /** Called when HomeSec's engine has come up while the page was open. */
  protected engineStarted(): void {}

  protected override willUpdate(_changed: Map<PropertyKey, unknown>): void {
    const ready = this.house?.ready ?? false;
    if (ready && this.wasReady === false) this.engineStarted();
    this.wasReady = ready;
  }

  protected get mayControl(): boolean {
    return this.house?.user.may_control ?? false;
  }

  protected get texts(): Texts {
    return this.page.texts;
  }

  protected get format(): Format {
    return this.page.format;
  }

  protected camera(id: string): string {
    return this.page.store.camera(id)?.name ?? id;
  }
}

/** Seconds since 1970, as the server counts. */
export function now(): number {
  return Date.now() / 1000;
}
