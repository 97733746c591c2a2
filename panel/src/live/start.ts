/** Starts a video element, without its sound if the browser doesn't allow it yet. */

/**
 * Start to play. Return whether with the sound that was asked for.
 *
 * Browsers refuse sound on a page that the user hasn't touched. Rejects if they refuse the video, too.
 */
export async function startPlaying(
  video: Pick<HTMLVideoElement, "play" | "muted">,
): Promise<boolean> {
  try {
    await video.play();
    return true;
  } catch (error) {
    const name = (error as Error).name;
    if (name === "AbortError") return true; // another source replaced this one
    if (name !== "NotAllowedError" || video.muted) throw error;
  }
  video.muted = true;
  await video.play();
  return false;
}
