/** Find the day of a time. Cached, because neighbors in a list are mostly of the same day. */

import { dayBounds, dayOf } from "../time/zone.ts";

export function dayFinder(zone: string): (at: number) => string {
  let day = "";
  let from = Infinity;
  let to = -Infinity;
  return (at) => {
    if (at < from || at >= to) {
      day = dayOf(at, zone);
      ({ from, to } = dayBounds(day, zone));
    }
    return day;
  };
}
