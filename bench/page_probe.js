// Put into the page before its own scripts: notes how long each websocket command takes to be
// answered, and, while `watch` runs, how long each picture on the screen stands.
window.probe = {
  sent: new Map(),
  answers: [],
  frames: [],
  most: 0,

  note(data, at) {
    for (const message of [JSON.parse(data)].flat()) {
      const asked = this.sent.get(message.id);
      if (!asked || message.type !== "result") continue;
      this.sent.delete(message.id);
      this.answers.push({ type: asked.type, ms: at - asked.at });
    }
  },

  // To the end of the list, a part of a screen at each picture, as a finger would that never rests.
  async scroll(grid, screens) {
    const hass = document.querySelector("home-assistant").hass;
    // Something small of Home Assistant's own, to compare with, on the same busy machine.
    const asking = setInterval(() => hass.callWS({ type: "auth/current_user" }), 300);
    const scroller = grid.shadowRoot.querySelector(".scroller");
    let last = performance.now();
    for (let still = 0; still < 30; ) {
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      this.frames.push(now - last);
      last = now;
      const before = scroller.scrollTop;
      scroller.scrollTop += screens * scroller.clientHeight;
      const moved = scroller.scrollTop > before;
      still = moved || grid.list.loading || !grid.list.complete ? 0 : still + 1;
      if (this.frames.length % 20 === 0) {
        this.most = Math.max(this.most, grid.shadowRoot.querySelectorAll("*").length);
      }
    }
    clearInterval(asking);
    return grid.list.clips.length;
  },
};

const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (!this.probed) {
    this.probed = true;
    this.addEventListener("message", ({ data }) => probe.note(data, performance.now()));
  }
  for (const message of [JSON.parse(data)].flat()) {
    if (message.id) probe.sent.set(message.id, { type: message.type, at: performance.now() });
  }
  return send.call(this, data);
};
