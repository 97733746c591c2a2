/** Which view an address shows. */

export type Place =
  | { view: "overview" }
  | { view: "clips" }
  | { view: "clip"; id: string }
  | { view: "insight" }
  | { view: "zones"; camera: string };

export const BASE = "/homesec";

/** Read the path behind `/homesec`; what is unknown is the overview. */
export function readPlace(path: string): Place {
  const [view, id] = path.split("/").filter(Boolean);
  if (view === "clips") return { view };
  if (view === "insight") return { view };
  if (view === "clip" && id) return { view, id: decodeURIComponent(id) };
  if (view === "zones" && id) return { view, camera: decodeURIComponent(id) };
  return { view: "overview" };
}

export function pathOf(place: Place): string {
  switch (place.view) {
    case "overview":
      return BASE;
    case "clip":
      return `${BASE}/clip/${encodeURIComponent(place.id)}`;
    case "zones":
      return `${BASE}/zones/${encodeURIComponent(place.camera)}`;
    default:
      return `${BASE}/${place.view}`;
  }
}
