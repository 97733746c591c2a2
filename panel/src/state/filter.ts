/** The filter of the list of clips, which is stored in the URL. */

import type { ClipFilter } from "../data/types.ts";
import type { Day } from "../time/zone.ts";
import { addDays, dayOf, startOfDay } from "../time/zone.ts";

/** The days: relative to today, or fixed. */
export type Range = { kind: "all" | "today" | "yesterday" | "week" } | DayRange;
export interface DayRange {
  kind: "days";
  from: Day;
  to: Day;
}

export interface Filter {
  range: Range;
  cameras: string[];
  labels: string[];
  zones: string[];
  protectedOnly: boolean;
  text: string;
}

export const EVERYTHING: Filter = {
  range: { kind: "all" },
  cameras: [],
  labels: [],
  zones: [],
  protectedOnly: false,
  text: "",
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function readFilter(search: string): Filter {
  const query = new URLSearchParams(search);
  const getAll = (name: string): string[] => query.getAll(name).filter(Boolean);
  return {
    range: readRange(query),
    cameras: getAll("camera"),
    labels: getAll("label"),
    zones: getAll("zone"),
    protectedOnly: query.get("protected") === "1",
    text: query.get("text") ?? "",
  };
}

function readRange(query: URLSearchParams): Range {
  const days = query.get("days");
  if (days === "today" || days === "yesterday" || days === "week") return { kind: days };
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? from;
  if (DAY.test(from) && DAY.test(to)) {
    return { kind: "days", from: from < to ? from : to, to: from < to ? to : from };
  }
  return { kind: "all" };
}

/** Return the filter as a URL's query; empty if nothing is filtered. */
export function filterSearch(filter: Filter): string {
  const query = new URLSearchParams();
  const { range } = filter;
  if (range.kind === "days") {
    query.set("from", range.from);
    query.set("to", range.to);
  } else if (range.kind !== "all") {
    query.set("days", range.kind);
  }
  for (const camera of filter.cameras) query.append("camera", camera);
  for (const label of filter.labels) query.append("label", label);
  for (const zone of filter.zones) query.append("zone", zone);
  if (filter.protectedOnly) query.set("protected", "1");
  if (filter.text) query.set("text", filter.text);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Return the first and last day, or null for all days. */
export function rangeDays(range: Range, now: number, zone: string): { from: Day; to: Day } | null {
  const today = dayOf(now, zone);
  switch (range.kind) {
    case "all":
      return null;
    case "today":
      return { from: today, to: today };
    case "yesterday":
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case "week":
      return { from: addDays(today, -6), to: today };
    case "days":
      return { from: range.from, to: range.to };
  }
}

/** Return the filter as the websocket command takes it. */
export function clipFilter(filter: Filter, now: number, zone: string): ClipFilter {
  const days = rangeDays(filter.range, now, zone);
  const text = filter.text.trim();
  return {
    ...(days && {
      from: startOfDay(days.from, zone),
      to: startOfDay(addDays(days.to, 1), zone),
    }),
    ...(filter.cameras.length && { cameras: filter.cameras }),
    ...(filter.labels.length && { labels: filter.labels }),
    ...(filter.zones.length && { zones: filter.zones }),
    ...(filter.protectedOnly && { protected: true }),
    ...(text && { text }),
  };
}

export function isEverything(filter: Filter): boolean {
  return filterSearch(filter) === "";
}
