/** Share a URL with the phone's share sheet or the clipboard. Return null if both fail. */

export async function share(address: string, title: string): Promise<"shared" | "copied" | null> {
  if (navigator.share && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ url: address, title });
      return "shared";
    } catch (error) {
      if ((error as Error).name === "AbortError") return "shared"; // canceled by the user
    }
  }
  try {
    await navigator.clipboard.writeText(address);
    return "copied";
  } catch {
    return copyWithTextArea(address) ? "copied" : null;
  }
}

/** Copy without the clipboard API, which browsers offer only over TLS. */
function copyWithTextArea(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
