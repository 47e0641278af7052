// Added to every frame before its own scripts. Times are milliseconds since 1970, comparable between frames.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const want = window.__want || {};
  const B = (window.__bench = { drawn: [], shown: null, paints: [], long: [], presses: [], gl: [], renders: null });
  // The next animation frame shows what was drawn; a message sent in it arrives when that frame has been painted.
  const later = (then) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        then(now());
      };
      port2.postMessage(null);
    });

  addEventListener("pingchang:drawn", () => later((time) => B.drawn.push(time)));
  addEventListener("pointerdown", (event) => B.presses.push(performance.timeOrigin + event.timeStamp), true);
  addEventListener("message", (event) => {
    if (event.data && event.data.type === "streamlit:render") B.renders = event.data;
  });
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) B.long.push([performance.timeOrigin + task.startTime, task.duration, task.name]);
  }).observe({ type: "longtask" });

  const put = CanvasRenderingContext2D.prototype.putImageData;
  let batch = false;
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    if (!batch) {
      batch = true;
      later((time) => {
        batch = false;
        B.paints.push(time);
      });
    }
    return put.apply(this, args);
  };

  for (const kind of ["WebGLRenderingContext", "WebGL2RenderingContext"]) {
    const proto = window[kind] && window[kind].prototype;
    if (!proto) continue;
    for (const [name, at] of [["drawElements", 1], ["drawArrays", 2], ["drawElementsInstanced", 1], ["drawArraysInstanced", 2]]) {
      const draw = proto[name];
      if (!draw) continue;
      proto[name] = function (...args) {
        const corners = args[at] * (name.endsWith("Instanced") ? args[args.length - 1] : 1);
        if (corners >= want.corners && B.gl.length < 50) later((time) => B.gl.push([time, corners]));
        return draw.apply(this, args);
      };
    }
  }

  // Pages that say nothing when they are done: look every 20 ms.
  if (want.paths !== undefined) {
    const timer = setInterval(() => {
      // asked anew each time: a frame's first, empty document hands its window, and this timer, to the real one
      const paths = document.getElementsByClassName("leaflet-interactive");
      const board = document.querySelector(".leaflet-map-pane");
      if (board && board.parentElement.clientHeight > 0 && paths.length >= want.paths) {
        clearInterval(timer);
        later((time) => (B.shown = time));
      }
    }, 20);
  }
})();
