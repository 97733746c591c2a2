/** Days and hours in Home Assistant's time zone. */

const formats = new Map<string, Intl.DateTimeFormat>();

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

/** Return the local time as epoch seconds, as if it were UTC. */
function localTime(at: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of partsFormat(zone).formatToParts(at * 1000)) {
    part[type] = Number(value);
  }
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

/** A day as "2026-11-25". */
export type Day = string;

export function dayOf(at: number, zone: string): Day {
  return new Date(localTime(at, zone) * 1000).toISOString().slice(0, 10);
}

/** Return the start of a day, or the first moment after it if the clocks skip midnight. */
export function startOfDay(day: Day, zone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) / 1000;
  // The offset of the guess can differ from that of the result when the clocks change.
  let guess = midnight - (localTime(midnight, zone) - midnight);
  guess += midnight - localTime(guess, zone);
  return dayOf(guess, zone) < day ? guess + 3600 : guess;
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Return the start of a day and of the next one, 23 to 25 hours later. */
export function dayBounds(day: Day, zone: string): { from: number; to: number } {
  return { from: startOfDay(day, zone), to: startOfDay(addDays(day, 1), zone) };
}
