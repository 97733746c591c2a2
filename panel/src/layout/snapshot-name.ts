/** Names of downloaded pictures. */

/** Return a file name such as "Front door 2026-11-30 22.05.07.jpg". */
export function snapshotName(camera: string, at: number, zone: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  const time = format.format(at * 1000).replaceAll(":", ".");
  return `${camera.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_")} ${time}.jpg`;
}
