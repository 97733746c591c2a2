/** `npm run dev`: the page with generated clips. `?dark`, `?phone`, `?guest`, `?clips=10000` change it. */

import { BASE } from "../../src/router.ts";
import "../../src/homesec-panel.ts";
import { FakeBackend } from "../fake-backend.ts";
import { makeClip } from "../fake-data.ts";

const query = new URLSearchParams(location.search);
const backend = new FakeBackend({
  clips: Number(query.get("clips") ?? 300),
  admin: !query.has("guest"),
});
document.body.classList.toggle("dark", query.has("dark"));

/** Return a picture of a street with a person. */
function picture(path: string): Blob {
  const hue = [...path].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 360;
  const x = (hue * 7) % 500;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">
    <rect width="640" height="360" fill="hsl(${hue} 25% 45%)"/>
    <rect y="220" width="640" height="140" fill="hsl(${hue} 12% 30%)"/>
    <circle cx="${x + 60}" cy="130" r="22" fill="#eec"/>
    <rect x="${x + 30}" y="152" width="60" height="130" rx="20" fill="hsl(${hue + 140} 50% 40%)"/></svg>`;
  return new Blob([svg], { type: "image/svg+xml" });
}

const hass = backend.hass();
hass.fetchWithAuth = async (path) => new Response(picture(path));
for (const state of Object.values(hass.states)) {
  if (state) state.attributes.entity_picture = `${URL.createObjectURL(picture(state.entity_id))}#`;
}

hass.themes = { darkMode: query.has("dark") };

const panel = document.createElement("homesec-panel");
function route(): void {
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : "";
  Object.assign(panel, { hass, narrow: innerWidth < 870, route: { prefix: BASE, path } });
}
window.addEventListener("location-changed", route);
window.addEventListener("popstate", route);
window.addEventListener("resize", route);
route();
document.body.append(panel);

let number = 1_000_000;
Object.assign(window, {
  backend,
  newClip: () => backend.emit(makeClip(number++, Date.now() / 1000, { state: "recording" })),
});
