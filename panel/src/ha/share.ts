/** Give somebody a link: through the phone's own sheet, else the clipboard. False: neither went. */

export async function share(address: string, title: string): Promise<"shared" | "copied" | null> {
  if (navigator.share && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ url: address, title });
      return "shared";
    } catch (error) {
      if ((error as Error).name === "AbortError") return "shared"; // thought better of it
    }
  }
  try {
    await navigator.clipboard.writeText(address);
    return "copied";
  } catch {
    return copyByHand(address) ? "copied" : null;
  }
}

/** Without TLS, as most Home Assistants are at home, there is no clipboard to write to. */
function copyByHand(text: string): boolean {
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
