/** Whether a clip that is told of belongs into a list, by the rules by which the server lists. */

import type { Clip, ClipFilter } from "../data/shapes.ts";

export function belongs(
  clip: Clip,
  filter: ClipFilter,
  shown: (label: string) => string = (label) => label,
): boolean {
  const { from, to, cameras, labels, zones, text } = filter;
  if (from !== undefined && clip.event < from) return false;
  if (to !== undefined && clip.event >= to) return false;
  if (cameras?.length && !cameras.includes(clip.camera_id)) return false;
  if (labels?.length && !(clip.label && labels.includes(clip.label))) return false;
  if (zones?.length && !clip.zones.some((zone) => zones.includes(zone))) return false;
  if (filter.protected !== undefined && clip.protected !== filter.protected) return false;
  if (text && !matches(clip, text, shown)) return false;
  return true;
}

/** Each word has to be found: in the camera's name, a zone's, the label as it is stored or as it is shown. */
function matches(clip: Clip, text: string, shown: (label: string) => string): boolean {
  const label = clip.label === null ? "" : `${clip.label} ${shown(clip.label)}`;
  const all = [clip.camera, label, ...clip.zones].join("\n").toLowerCase();
  return text
    .toLowerCase()
    .trim()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
