// Measures HomeSec's page: what sticks out to the side, and what is too small to be touched.
window.pageMeasures = {
  *shown() {
    const panel = deepDom.matching("homesec-panel");
    for (const element of deepDom.elements(panel.shadowRoot)) {
      if (deepDom.isShown(element) && !element.closest(".hidden-text, svg *")) yield element;
    }
  },

  parent(element) {
    return element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  },

  name(element) {
    const classes = [...element.classList].map((each) => `.${each}`).join("");
    return `${element.localName}${classes} "${deepDom.label(element).slice(0, 30)}"`;
  },

  // The right edge of what can be seen of an element.
  right(element) {
    let { right } = element.getBoundingClientRect();
    if (right <= innerWidth) return right;
    for (let above = this.parent(element); above; above = this.parent(above)) {
      if (getComputedStyle(above).overflowX === "visible") continue;
      right = Math.min(right, above.getBoundingClientRect().right);
    }
    return right;
  },

  // Elements beyond the viewport, and those that can be scrolled to the side although they
  // shouldn't: only a row of buttons and a table of numbers may.
  tooWide() {
    const found = [];
    if (document.scrollingElement.scrollWidth > innerWidth) found.push("the document is wider");
    for (const element of this.shown()) {
      if (this.right(element) > innerWidth + 1) found.push(`beyond the edge: ${this.name(element)}`);
      const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
      if (scrolls && element.scrollWidth > element.clientWidth + 1 && !element.matches(".days, .scroll")) {
        found.push(`scrolls to the side: ${this.name(element)}`);
      }
    }
    return found;
  },

  // Controls that are smaller than a finger. How wide a mark or bar is says how long something
  // lasted; the strip that it's on can be touched anywhere.
  tooSmall(least) {
    const found = [];
    for (const element of this.shown()) {
      if (!element.matches("button, a[href], input, select, summary, [role=button]")) continue;
      const target = (element.matches("input") && element.closest("label")) || element;
      const { width, height } = target.getBoundingClientRect();
      const isMark = element.matches(".mark, .stack, .marks button");
      if (height < least - 0.5 || (width < least - 0.5 && !isMark)) {
        found.push(`${Math.round(width)} × ${Math.round(height)}: ${this.name(element)}`);
      }
    }
    return found;
  },

  // The width of the panel without its padding, and of the camera with what is beside it.
  widths() {
    const panel = deepDom.matching("homesec-overview").getBoundingClientRect();
    const camera = deepDom.matching("homesec-camera-tile").getBoundingClientRect();
    const beside = [...this.shown()]
      .filter((element) => element.matches(".card, .clips"))
      .map((element) => element.getBoundingClientRect())
      .filter(({ top, bottom }) => top < camera.bottom && bottom > camera.top);
    const left = Math.min(...beside.map((box) => box.left));
    return [panel.width - 32, Math.max(...beside.map((box) => box.right)) - left];
  },
};
