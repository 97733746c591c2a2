/** Whether a clip that is told of belongs into a list, by the rules by which the server lists. */

import type { Clip, ClipFilter } from "../data/shapes.ts";

export function belongs(clip: Clip, filter: ClipFilter): boolean {
  const { from, to, cameras, labels, zones, text } = filter;
  if (from !== undefined && clip.event < from) return false;
  if (to !== undefined && clip.event >= to) return false;
  if (cameras?.length && !cameras.includes(clip.camera_id)) return false;
  if (labels?.length && !(clip.label && labels.includes(clip.label))) return false;
  if (zones?.length && !clip.zones.some((zone) => zones.includes(zone))) return false;
  if (filter.protected !== undefined && clip.protected !== filter.protected) return false;
  if (text && !matches(clip, text)) return false;
  return true;
}

function matches(clip: Clip, text: string): boolean {
  const all = [clip.camera, clip.label ?? "", ...clip.zones].join(" ").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
