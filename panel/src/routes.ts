/** The views of the page, and the tabs that lead to them. */

import { mdiChartBoxOutline, mdiFilmstrip, mdiShieldHome } from "@mdi/js";
import { html } from "lit";

import type { Page } from "./page.ts";
import { BASE } from "./router.ts";
import type { PageRoute } from "./router.ts";
import "./views/statistics-view.ts";
import "./views/overview-view.ts";
import "./views/zones-view.ts";
import "./views/camera-view.ts";
import "./views/clip-view.ts";
import "./views/clips-view.ts";
import "./views/deleted-view.ts";

export const TABS = [
  { view: "overview", path: BASE, icon: mdiShieldHome },
  { view: "clips", path: `${BASE}/clips`, icon: mdiFilmstrip },
  { view: "insight", path: `${BASE}/insight`, icon: mdiChartBoxOutline },
] as const;

/** Return the tab that a view belongs to. */
export function tabOf(view: PageRoute): string {
  switch (view.view) {
    case "clip":
    case "deleted":
      return "clips";
    case "camera":
    case "zones":
      return "overview";
    default:
      return view.view;
  }
}

/** Render the view of a route. */
export function renderView(page: Page, view: PageRoute): unknown {
  switch (view.view) {
    case "clips":
      return html`<homesec-clips
        .page=${page}
        .search=${window.location.search}
      ></homesec-clips>`;
    case "deleted":
      return html`<homesec-deleted .page=${page}></homesec-deleted>`;
    case "insight":
      return html`<homesec-statistics .page=${page}></homesec-statistics>`;
    case "camera":
      return html`<homesec-camera .page=${page} .cameraId=${view.id}></homesec-camera>`;
    case "zones":
      return html`<homesec-zones .page=${page} .cameraId=${view.camera}></homesec-zones>`;
    case "clip":
      return html`<homesec-clip
        .page=${page}
        .clipId=${view.id}
        .search=${window.location.search}
      ></homesec-clip>`;
    default:
      return html`<homesec-overview .page=${page}></homesec-overview>`;
  }
}
