/* Between the playing window and the presenter's: they find each other again after either is reloaded, also from a file. */
(function () {
  "use strict";

  const P = window.Pingchang;
  const CHANNEL = "pingchang-briefing";
  const ASK_EVERY_MS = 1000;
  // A page that was opened as a file has no origin to name; who speaks is checked by its window in any case.
  const TARGET = location.protocol === "file:" ? "*" : location.origin;

  /** The playing side. tell() gives {index, begun}; hear(what) takes what the presenter asks for. */
  class Lectern {
    constructor(tell, hear) {
      this._tell = tell;
      this._desk = null;
      window.addEventListener("message", ({ data, source }) => {
        // Whom this page has opened, before or after a reload of either.
        if (!data || data.channel !== CHANNEL || !data.ask || !source || source.opener !== window) return;
        this._desk = source;
        if (data.ask !== "hello") hear(data.ask);
        this.tell();
      });
    }

    /** Open the presenter's window; false if the browser does not let us. */
    open() {
      const address = new URL(location.href);
      address.searchParams.set("desk", "1");
      address.hash = "";
      this._desk = window.open(address.href, "pingchang-desk", "width=1100,height=720");
      return Boolean(this._desk);
    }

    tell() {
      if (this._desk && !this._desk.closed) this._desk.postMessage({ channel: CHANNEL, ...this._tell() }, TARGET);
    }
  }

  /** The presenter's side: builds the desk and keeps asking how things stand. */
  function sit(parent, story) {
    const player = window.opener;
    const ask = (what) => player?.postMessage({ channel: CHANNEL, ask: what }, TARGET);
    const desk = new P.desk.Desk(parent, story, ask);
    window.addEventListener("message", ({ data, source }) => {
      if (source !== player || !data || data.channel !== CHANNEL || !Number.isInteger(data.index)) return;
      desk.heard();
      if (data.index !== desk.state.index || data.begun !== desk.state.begun) desk.update({ index: data.index, begun: data.begun });
    });
    window.addEventListener("keydown", (event) => {
      const what = P.briefingKeys.actionOf(event);
      const focused = event.target.tagName === "BUTTON" && (event.key === " " || event.key === "Enter");
      if (focused || !["on", "back", "first", "last", "black"].includes(what)) return;
      event.preventDefault();
      ask(what);
    });
    document.title = `讲稿 · ${story.title}`;
    ask("hello");
    setInterval(() => ask("hello"), ASK_EVERY_MS);
  }

  P.briefingLink = { Lectern, sit };
})();
