/** Decides whether a clip matches a filter, by the same rules as the server. */

import type { Clip, ClipFilter } from "../data/types.ts";

export function matchesFilter(
  clip: Clip,
  filter: ClipFilter,
  labelText: (label: string) => string = (label) => label,
): boolean {
  const { from, to, cameras, labels, zones, text } = filter;
  if (from !== undefined && clip.event < from) return false;
  if (to !== undefined && clip.event >= to) return false;
  if (cameras?.length && !cameras.includes(clip.camera_id)) return false;
  if (labels?.length && !(clip.label && labels.includes(clip.label))) return false;
  if (zones?.length && !clip.zones.some((zone) => zones.includes(zone))) return false;
  if (filter.protected !== undefined && clip.protected !== filter.protected) return false;
  if (text && !matchesText(clip, text, labelText)) return false;
  return true;
}

/** Find each word in the camera's name, a zone's name, or the label, stored or translated. */
function matchesText(clip: Clip, text: string, labelText: (label: string) => string): boolean {
  const label = clip.label === null ? "" : `${clip.label} ${labelText(clip.label)}`;
  const all = [clip.camera, label, ...clip.zones].join("\n").toLowerCase();
  return text
    .toLowerCase()
    .trim()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
