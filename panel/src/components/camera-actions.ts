/** What can be done with a camera from its tile and its live view. */

import type { Camera } from "../data/types.ts";
import { snapshotName } from "../layout/snapshot-name.ts";
import type { Page } from "../page.ts";
import type { PinHost } from "./pin-dialog.ts";
import { runGuarded, runWeakening } from "./pin-dialog.ts";

export function recordText({ texts }: Page, camera: Camera): string {
  return texts.get(camera.recording_manually ? "cameras.record_stop" : "cameras.record_now");
}

/** Start or end a manual recording, and show why if it's refused. */
export async function toggleRecording(host: PinHost, camera: Camera): Promise<void> {
  const { page } = host;
  const { id, recording_manually: on } = camera;
  try {
    await (on ? runWeakening : runGuarded)(host, recordText(page, camera), async (pin) => {
      await page.api.record(id, !on, pin);
    });
  } catch (error) {
    page.showMessage(page.texts.error(error), "error");
  }
}

/** Turn a camera on that's off, and show why if it's refused. Return whether it's starting. */
export async function turnOn(page: Page, camera: Camera): Promise<boolean> {
  try {
    await page.api.turnOn(camera.id);
    return true;
  } catch (error) {
    page.showMessage(page.texts.error(error), "error");
    return false;
  }
}

/** Download a camera's current picture in its full size. */
export async function downloadSnapshot(page: Page, camera: Camera): Promise<void> {
  const answer = await page
    .hass()
    .fetchWithAuth(`/api/camera_proxy/${camera.entity_id}`)
    .catch(() => null);
  if (!answer?.ok) {
    page.showMessage(page.texts.get("live.no_snapshot"), "error");
    return;
  }
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = snapshotName(camera.name, Date.now() / 1000, page.format.zone);
  link.click();
  URL.revokeObjectURL(url);
}
