// Home Assistant's pages are shadow roots within shadow roots, which neither `querySelector` nor
// `innerText` looks into. These do. Put into every page that `browser.py` opens.
window.deepDom = {
  // All elements below a root, in the page's order, those of shadow roots included.
  *elements(root = document) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* this.elements(element.shadowRoot);
    }
  },

  isShown(element) {
    if (["STYLE", "SCRIPT", "TEMPLATE"].includes(element.tagName)) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && element.checkVisibility({ visibilityProperty: true });
  },

  // The text that stands in the element itself, not in its children.
  ownText(element) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    return texts.map((node) => node.textContent.trim()).join(" ").trim();
  },

  label(element) {
    const named = ["aria-label", "label", "title"].map((name) => element.getAttribute(name));
    return this.ownText(element) || named.find(Boolean) || "";
  },

  // Everything a person could read on the page, a line an element.
  text() {
    const lines = [];
    for (const element of this.elements()) {
      const text = this.ownText(element);
      if (text && this.isShown(element)) lines.push(text);
    }
    return lines.join("\n");
  },

  // The element that is labeled so; failing that, the first whose label contains the text. What an
  // open dialog holds comes first: it covers the rest.
  withText(text) {
    const dialog = [...this.elements()].findLast((element) => element.matches("dialog:modal"));
    return (dialog && this.labeled(text, dialog)) || this.labeled(text, document);
  },

  labeled(text, root) {
    let partly = null;
    for (const element of this.elements(root)) {
      const label = this.label(element);
      if (!label.includes(text) || !this.isShown(element)) continue;
      if (label === text) return element;
      partly ??= element;
    }
    return partly;
  },

  // The first visible element that a CSS selector matches within any one shadow root.
  matching(selector) {
    for (const element of this.elements()) {
      if (element.matches(selector) && this.isShown(element)) return element;
    }
    return null;
  },

  // Where to click, once the element is in view and stands still; null while another covers it.
  async target(element) {
    element.scrollIntoView({ block: "center", behavior: "instant" });
    for (let before = null; ; ) {
      const { x, y, width, height } = element.getBoundingClientRect();
      const now = [x + width / 2, y + height / 2];
      if (before && before[0] === now[0] && before[1] === now[1]) {
        return this.isHitAt(element, ...now) ? now : null;
      }
      before = now;
      await new Promise(requestAnimationFrame);
    }
  },

  // Whether a click there reaches the element: it, a part of it or what it is part of lies on top.
  isHitAt(element, x, y) {
    let hit = document.elementFromPoint(x, y);
    while (hit?.shadowRoot?.elementFromPoint(x, y) && hit !== element) {
      const inner = hit.shadowRoot.elementFromPoint(x, y);
      if (inner === hit) break;
      hit = inner;
    }
    return this.belongs(hit, element, x, y);
  },

  // Whether what was hit is the element, or a part of it, or holds it at this point.
  belongs(hit, element, x, y) {
    const above = (node) => {
      const chain = [];
      for (; node; node = node.assignedSlot ?? node.parentNode ?? node.host) chain.push(node);
      return chain;
    };
    if (above(hit).includes(element)) return true;
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const inside = left <= x && x <= right && top <= y && y <= bottom;
    return inside && above(element).includes(hit);
  },

  // The element to click next. The page may move it away before the click comes, and the click
  // then reaches nothing.
  aimedAt: null,

  // Look for the point to click, and let only a click on this element through.
  async aim(element) {
    const point = await this.target(element);
    this.aimedAt = point && element;
    return point;
  },

  // Stop an event of the mouse that hits another element than the one aimed at.
  guard(event) {
    if (!this.aimedAt) return;
    if (this.belongs(event.composedPath()[0], this.aimedAt, event.clientX, event.clientY)) {
      if (event.type === "click") this.aimedAt = null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  },

  // Whether the last click missed. Lets all through again.
  hasMissed() {
    const missed = this.aimedAt !== null;
    this.aimedAt = null;
    return missed;
  },
};

for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
  window.addEventListener(type, (event) => window.deepDom.guard(event), { capture: true });
}
