/** The page's views and their URLs. */

export type PageRoute =
  | { view: "overview" }
  | { view: "clips" }
  | { view: "deleted" }
  | { view: "clip"; id: string }
  | { view: "insight" }
  | { view: "zones"; camera: string }
  | { view: "camera"; id: string };

export const BASE = "/homesec";
/** Of any page: asks for the PIN and disarms. Notifications link to it. */
export const DISARM_HASH = "#disarm";

/** Parse the path after `/homesec`. An unknown path is the overview. */
export function parseRoute(path: string): PageRoute {
  const [view, id] = path.split("/").filter(Boolean);
  if (view === "clips" || view === "deleted") return { view };
  if (view === "insight") return { view };
  if (view === "clip" && id) return { view, id: decodeURIComponent(id) };
  if (view === "camera" && id) return { view, id: decodeURIComponent(id) };
  if (view === "zones" && id) return { view, camera: decodeURIComponent(id) };
  return { view: "overview" };
}

export function routePath(route: PageRoute): string {
  switch (route.view) {
    case "overview":
      return BASE;
    case "clip":
    case "camera":
      return `${BASE}/${route.view}/${encodeURIComponent(route.id)}`;
    case "zones":
      return `${BASE}/zones/${encodeURIComponent(route.camera)}`;
    default:
      return `${BASE}/${route.view}`;
  }
}
