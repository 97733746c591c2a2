/** Formats times, durations, and sizes for the user's language. */

import type { Hass } from "../ha/hass.ts";
import type { Day } from "./zone.ts";
import { addDays, dayOf } from "./zone.ts";

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export class Format {
  private readonly made = new Map<string, Intl.DateTimeFormat>();
  readonly language: string;
  private readonly hour12: boolean | undefined;

  constructor(
    hass: Pick<Hass, "locale" | "language">,
    readonly zone: string,
  ) {
    this.language = hass.locale.language || hass.language;
    const { time_format: clock } = hass.locale;
    this.hour12 = clock === "12" ? true : clock === "24" ? false : undefined;
  }

  time(at: number, { seconds = false } = {}): string {
    return this.clock(seconds).format(at * 1000);
  }

  /** Format a full hour briefly. */
  hour(at: number): string {
    return this.clock(false).resolvedOptions().hour12
      ? this.with("hour", { hour: "numeric", hour12: true }).format(at * 1000)
      : this.time(at);
  }

  day(at: number): string {
    return this.with("day", { weekday: "long", day: "numeric", month: "long" }).format(at * 1000);
  }

  /** Format a day, without regard to the time zone. */
  dayName(day: Day, style: "short" | "long" = "long"): string {
    const format = new Intl.DateTimeFormat(this.language, {
      timeZone: "UTC",
      weekday: "short",
      day: "numeric",
      month: style,
    });
    return format.format(Date.parse(`${day}T12:00:00Z`));
  }

  dateTime(at: number): string {
    return `${this.day(at)}, ${this.time(at, { seconds: true })}`;
  }

  weekday(index: number): string {
    const format = new Intl.DateTimeFormat(this.language, { weekday: "short", timeZone: "UTC" });
    return format.format(Date.UTC(2024, 0, 1 + index)); // a Monday
  }

  /** Return the day, and its key if it is today or yesterday. */
  relativeDay(at: number, now: number): { key: "today" | "yesterday" | null; text: string } {
    const day = dayOf(at, this.zone);
    const today = dayOf(now, this.zone);
    const key = day === today ? "today" : day === addDays(today, -1) ? "yesterday" : null;
    return { key, text: this.day(at) };
  }

  bytes(bytes: number): string {
    let power = 0;
    let value = bytes;
    while (value >= 1000 && power < SIZES.length - 1) {
      value /= 1000;
      power += 1;
    }
    return new Intl.NumberFormat(this.language, {
      style: "unit",
      unit: SIZES[power] ?? "byte",
      unitDisplay: power ? "short" : "long",
      maximumFractionDigits: value < 10 && power ? 1 : 0,
    }).format(value);
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.language).format(value);
  }

  percent(share: number): string {
    const format = new Intl.NumberFormat(this.language, {
      style: "percent",
      maximumFractionDigits: 0,
    });
    return format.format(share);
  }

  private clock(seconds: boolean): Intl.DateTimeFormat {
    return this.with(seconds ? "time-s" : "time", {
      hour: "2-digit",
      minute: "2-digit",
      ...(seconds ? { second: "2-digit" } : {}),
      ...(this.hour12 === undefined ? {} : { hour12: this.hour12 }),
    });
  }

  private with(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    let format = this.made.get(name);
    if (!format) {
      format = new Intl.DateTimeFormat(this.language, { timeZone: this.zone, ...options });
      this.made.set(name, format);
    }
    return format;
  }
}

/** Format a duration as 0:07, 1:23, or 1:02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
