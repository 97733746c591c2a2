/** Formats times, numbers, and sizes as the user's profile in Home Assistant says. */

import type { Hass, Locale } from "../ha/hass.ts";
import type { Day } from "./zone.ts";
import { addDays, dayOf } from "./zone.ts";

/** Units of an age and their lengths in seconds, the longest first. */
const AGES: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
/** By the profile's number format: languages that write numbers so. */
const NUMBER_LOCALES: Record<string, string[]> = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
  none: ["en-US"],
};
const DIGITS = ["integer", "group", "decimal", "fraction", "minusSign"];
const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY_S = 86_400;
const A_MONDAY = Date.UTC(2024, 0, 1);

/** Return the time zone that a user's times are shown in. */
export function profileZone({ time_zone: chosen }: Pick<Locale, "time_zone">, server: string): string {
  return chosen === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : server;
}

export class Format {
  private readonly made = new Map<string, Intl.DateTimeFormat>();
  readonly language: string;
  private readonly locale: Locale;
  private readonly hour12: boolean;

  constructor(
    hass: Pick<Hass, "locale" | "language">,
    readonly zone: string,
  ) {
    this.locale = hass.locale;
    this.language = hass.locale.language || hass.language;
    this.hour12 = usesHour12(hass.locale, this.language);
  }

  time(at: number, { seconds = false } = {}): string {
    return unbreakable(this.clock(seconds).format(at * 1000));
  }

  /** Format a full hour briefly. */
  hour(at: number): string {
    if (!this.hour12) return this.time(at);
    const format = this.with("hour", { hour: "numeric", hourCycle: "h12" });
    return unbreakable(format.format(at * 1000));
  }

  /** Format an hour of the day, 0 to 24, without regard to the time zone. */
  hourOfDay(hour: number): string {
    const format = new Intl.DateTimeFormat(this.language, {
      timeZone: "UTC",
      hour: this.hour12 ? "numeric" : "2-digit",
      hourCycle: this.hour12 ? "h12" : "h23",
      // Without minutes, some languages add a word to the 24-hour clock.
      ...(this.hour12 ? {} : { minute: "2-digit" }),
    });
    return unbreakable(format.format(A_MONDAY + hour * 3_600_000));
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

  /** Format a time in the future: with its day unless it comes within a day. */
  until(at: number, now: number): string {
    if (at - now < DAY_S) return this.time(at);
    return `${this.dayName(dayOf(at, this.zone), "short")}, ${this.time(at)}`;
  }

  dateTime(at: number): string {
    return `${this.day(at)}, ${this.time(at, { seconds: true })}`;
  }

  /** Name a weekday; 0 is Monday. */
  weekday(index: number): string {
    const format = new Intl.DateTimeFormat(this.language, { weekday: "short", timeZone: "UTC" });
    return format.format(A_MONDAY + index * DAY_S * 1000);
  }

  /** The weekdays in the order of the user's calendar; 0 is Monday. */
  get weekdays(): number[] {
    const first = firstWeekday(this.locale, this.language);
    return Array.from({ length: 7 }, (_, index) => (first + index) % 7);
  }

  /** Return the day, and its key if it is today or yesterday. */
  relativeDay(at: number, now: number): { key: "today" | "yesterday" | null; text: string } {
    const day = dayOf(at, this.zone);
    const today = dayOf(now, this.zone);
    const key = day === today ? "today" : day === addDays(today, -1) ? "yesterday" : null;
    return { key, text: this.day(at) };
  }

  /** Format how long ago something was, such as "5 minutes ago". */
  ago(at: number, now: number): string {
    const seconds = Math.max(0, now - at);
    const [unit, size] = AGES.find(([, size]) => seconds >= size) ?? ["minute", 60];
    const format = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" });
    const count = Math.floor(seconds / size);
    return count ? format.format(-count, unit) : format.format(0, "second");
  }

  bytes(bytes: number): string {
    let power = 0;
    let value = bytes;
    while (value >= 1000 && power < SIZES.length - 1) {
      value /= 1000;
      power += 1;
    }
    return this.measure(value, {
      style: "unit",
      unit: SIZES[power] ?? "byte",
      unitDisplay: power ? "short" : "long",
      maximumFractionDigits: value < 10 && power ? 1 : 0,
    });
  }

  number(value: number, options: Intl.NumberFormatOptions = {}): string {
    const { number_format: chosen = "language" } = this.locale;
    const grouping = chosen === "none" ? { useGrouping: false } : {};
    const locales = chosen === "system" ? undefined : (NUMBER_LOCALES[chosen] ?? this.language);
    return new Intl.NumberFormat(locales, { ...options, ...grouping }).format(value);
  }

  percent(share: number): string {
    return this.measure(share, { style: "percent", maximumFractionDigits: 0 }, 100);
  }

  /** Format with the unit as in the user's language, and the digits as in the profile. */
  private measure(value: number, options: Intl.NumberFormatOptions, factor = 1): string {
    const { maximumFractionDigits } = options;
    const digits = this.number(
      value * factor,
      maximumFractionDigits === undefined ? {} : { maximumFractionDigits },
    );
    let text = "";
    let written = false;
    for (const part of new Intl.NumberFormat(this.language, options).formatToParts(value)) {
      if (!DIGITS.includes(part.type)) text += part.value;
      else if (!written) {
        text += digits;
        written = true;
      }
    }
    return unbreakable(text);
  }

  private clock(seconds: boolean): Intl.DateTimeFormat {
    return this.with(seconds ? "time-s" : "time", {
      hour: this.hour12 ? "numeric" : "2-digit",
      minute: "2-digit",
      ...(seconds ? { second: "2-digit" } : {}),
      hourCycle: this.hour12 ? "h12" : "h23",
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

function usesHour12({ time_format: chosen }: Locale, language: string): boolean {
  if (chosen === "12" || chosen === "24") return chosen === "12";
  const locale = chosen === "system" ? undefined : language;
  return new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions().hour12 ?? false;
}

/** Return the day that a week begins with; 0 is Monday. */
function firstWeekday({ first_weekday: chosen }: Locale, language: string): number {
  const index = WEEKDAYS.indexOf(chosen ?? "");
  if (index >= 0) return index;
  const locale = new Intl.Locale(language) as Intl.Locale & {
    weekInfo?: { firstDay: number };
    getWeekInfo?: () => { firstDay: number };
  };
  const info = locale.getWeekInfo?.() ?? locale.weekInfo;
  return info ? info.firstDay - 1 : 0;
}

/** Keep a number or time together with its unit, so that no "PM" begins a line. */
function unbreakable(text: string): string {
  return text.replace(/[\s\u202f]/g, "\u00a0");
}

/** Format a duration as 0:07, 1:23, or 1:02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
