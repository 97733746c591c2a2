/** Keys that the page itself acts on. */

const TAKES_KEYS = "input, textarea, select, dialog";

/** Return the key that was pressed, or null if it's meant for a field, a dialog, or the browser. */
export function pageKey(event: KeyboardEvent, takesKeys = TAKES_KEYS): string | null {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  const taken = event
    .composedPath()
    .some((each) => each instanceof HTMLElement && each.matches(takesKeys));
  return taken ? null : event.key;
}

/** The same for a page with a video whose own controls use the arrow keys. */
export function pageKeyBesideVideo(event: KeyboardEvent): string | null {
  return pageKey(event, `video, ${TAKES_KEYS}`);
}
