/** Finds out which stream types a camera offers and this browser can play. */

import type { Hass } from "../ha/hass.ts";
import type { StreamType } from "./player.ts";

const BEST_FIRST: readonly StreamType[] = ["web_rtc", "hls"];
const HLS_TYPE = "application/vnd.apple.mpegurl";

export interface Capabilities {
  frontend_stream_types: string[];
}

/** Return the stream types that a camera offers and this browser can play, the best first. */
export async function streamTypes(
  hass: Pick<Hass, "callWS">,
  entity: string,
  playable: readonly StreamType[] = playableTypes(),
): Promise<StreamType[]> {
  const offered = await hass.callWS<Capabilities>({ type: "camera/capabilities", entity_id: entity });
  const types = offered.frontend_stream_types;
  return BEST_FIRST.filter((type) => types.includes(type) && playable.includes(type));
}

/** Return whether the browser plays HLS without help; Safari does, and on iPhones nothing else can. */
export function playsHls(video: Pick<HTMLVideoElement, "canPlayType">): boolean {
  return video.canPlayType(HLS_TYPE) !== "";
}

function playableTypes(): StreamType[] {
  const hls =
    "MediaSource" in window ||
    "ManagedMediaSource" in window ||
    playsHls(document.createElement("video"));
  return [
    ...("RTCPeerConnection" in window ? (["web_rtc"] as const) : []),
    ...(hls ? (["hls"] as const) : []),
  ];
}
