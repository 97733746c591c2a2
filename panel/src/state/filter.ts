/** What of the clips is shown, as the address keeps it: a link, a reload, "back" bring it again. */

import type { ClipFilter } from "../data/shapes.ts";
import type { Day } from "../time/zone.ts";
import { addDays, dayOf, startOfDay } from "../time/zone.ts";

/** The days: by a name that stays right tomorrow, or from a day to a day. */
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
  const asked = new URLSearchParams(search);
  const several = (name: string): string[] => asked.getAll(name).filter(Boolean);
  return {
    range: readRange(asked),
    cameras: several("camera"),
    labels: several("label"),
    zones: several("zone"),
    protectedOnly: asked.get("protected") === "1",
    text: asked.get("text") ?? "",
  };
}

function readRange(asked: URLSearchParams): Range {
  const days = asked.get("days");
  if (days === "today" || days === "yesterday" || days === "week") return { kind: days };
  const from = asked.get("from") ?? "";
  const to = asked.get("to") ?? from;
  if (DAY.test(from) && DAY.test(to)) {
    return { kind: "days", from: from < to ? from : to, to: from < to ? to : from };
  }
  return { kind: "all" };
}

/** The filter as the part of an address behind the path; empty for everything. */
export function filterSearch(filter: Filter): string {
  const told = new URLSearchParams();
  const { range } = filter;
  if (range.kind === "days") {
    told.set("from", range.from);
    told.set("to", range.to);
  } else if (range.kind !== "all") {
    told.set("days", range.kind);
  }
  for (const camera of filter.cameras) told.append("camera", camera);
  for (const label of filter.labels) told.append("label", label);
  for (const zone of filter.zones) told.append("zone", zone);
  if (filter.protectedOnly) told.set("protected", "1");
  if (filter.text) told.set("text", filter.text);
  const text = told.toString();
  return text ? `?${text}` : "";
}

/** First and last day; null without limits. */
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

/** The filter as the websocket command wants it. */
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
