/** How long a camera's alerts can be snoozed. */

import { addDays, dayOf, startOfDay } from "../time/zone.ts";

export const QUARTER_S = 15 * 60;
export const HOUR_S = 3600;
const MORNING_H = 7;
/** So late at night, "until morning" is already the next one. */
const SHORTEST_S = 15 * 60;

/** Return the next morning, seven o'clock in a time zone, also on days when the clocks change. */
export function nextMorning(now: number, zone: string): number {
  let day = dayOf(now, zone);
  let morning = atMorning(day, zone);
  if (morning - now < SHORTEST_S) {
    day = addDays(day, 1);
    morning = atMorning(day, zone);
  }
  return morning;
}

function atMorning(day: string, zone: string): number {
  // From the next midnight back: clocks change before the morning, if they change.
  return startOfDay(addDays(day, 1), zone) - (24 - MORNING_H) * HOUR_S;
}
