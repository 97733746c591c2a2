/** The PIN that is being entered, and what became of it. */

import type { HassError } from "../ha/hass.ts";
import { Observable } from "./observable.ts";

/** Does what the PIN is for. Throws if it is refused. */
export type PinAction = (pin: string) => Promise<void>;

const MISSING = ["code_missing", "guard_code_missing"];
const PIN_ERRORS = ["wrong_code", "locked_out", ...MISSING];

/** Return whether an error means that another PIN is needed. */
export function isPinError(error: unknown): boolean {
  const { translation_key, translation_domain } = (error ?? {}) as HassError;
  return translation_domain === "homesec" && PIN_ERRORS.includes(translation_key ?? "");
}

/** Return whether an error means that nothing was done because there was no PIN. */
export function isPinMissing(error: unknown): boolean {
  return isPinError(error) && MISSING.includes((error as HassError).translation_key ?? "");
}

/** Collects the digits, and offers them to an action until it accepts them or fails otherwise. */
export class PinEntry extends Observable {
  pin = "";
  isBusy = false;
  /** Why the last PIN was refused. */
  error: unknown = null;
  readonly done: Promise<boolean>;
  private finish!: (accepted: boolean) => void;
  private fail!: (error: unknown) => void;

  constructor(private readonly action: PinAction) {
    super();
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  enter(pin: string): void {
    this.pin = pin;
    this.changed();
  }

  add(digit: string): void {
    this.enter(this.pin + digit);
  }

  erase(): void {
    this.enter(this.pin.slice(0, -1));
  }

  async submit(): Promise<void> {
    const { pin } = this;
    if (!pin || this.isBusy) return;
    // Keep the PIN no longer than needed.
    Object.assign(this, { pin: "", isBusy: true, error: null });
    this.changed();
    try {
      await this.action(pin);
      this.finish(true);
    } catch (error) {
      if (isPinError(error)) this.error = error;
      else this.fail(error);
    }
    this.isBusy = false;
    this.changed();
  }

  cancel(): void {
    this.pin = "";
    this.finish(false);
  }
}
