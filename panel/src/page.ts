/** What all elements of the page share. */

import { LitElement } from "lit";
import { property } from "lit/decorators.js";

import type { Api } from "./data/api.ts";
import type { SystemState } from "./data/types.ts";
import type { StillLoader } from "./data/stills.ts";
import type { Hass } from "./ha/hass.ts";
import type { ScrollPosition } from "./state/scroll-position.ts";
import type { SystemStore } from "./state/system.ts";
import { ObservableController } from "./state/observable.ts";
import type { Texts } from "./texts/texts.ts";
import type { Format } from "./time/format.ts";

/** The page's shared objects. A change of language or time zone replaces this object. */
export interface Page {
  /** Return the current object: Home Assistant replaces it with every state change. */
  hass(): Hass;
  readonly api: Api;
  readonly system: SystemStore;
  readonly stills: StillLoader;
  readonly scrollPosition: ScrollPosition;
  readonly texts: Texts;
  readonly format: Format;
  /** Show a message for a few seconds, with a button if there is an action. */
  showMessage(message: string, kind?: "info" | "error", action?: MessageAction): void;
}

/** What the button of a message does. */
export interface MessageAction {
  readonly text: string;
  run(): Promise<void>;
}

/** An element of the page, which renders again when the system state changes. */
export class PageElement extends LitElement {
  @property({ attribute: false }) page!: Page;

  private wasReady: boolean | undefined;

  constructor() {
    super();
    new ObservableController(this, () => this.page?.system);
  }

  protected get system(): SystemState | null {
    return this.page.system.state;
  }

  /** Called when HomeSec's engine starts while the page is open. */
  protected engineStarted(): void {}

  protected override willUpdate(_changed: Map<PropertyKey, unknown>): void {
    const ready = this.system?.ready ?? false;
    if (ready && this.wasReady === false) this.engineStarted();
    this.wasReady = ready;
  }

  protected get canControl(): boolean {
    return this.system?.user.may_control ?? false;
  }

  protected get texts(): Texts {
    return this.page.texts;
  }

  protected get format(): Format {
    return this.page.format;
  }

  protected cameraName(id: string): string {
    return this.page.system.camera(id)?.name ?? id;
  }
}

/** Return the time in epoch seconds. */
export function now(): number {
  return Date.now() / 1000;
}
