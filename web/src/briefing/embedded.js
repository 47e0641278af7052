/* For the one file: what the server would answer lies in the page, gzipped; nothing is asked of any network. */
(function () {
  "use strict";

  const held = document.getElementById("briefing-files");
  if (!held) return;
  const files = JSON.parse(held.textContent);
  held.remove();

  async function unpacked(text) {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  window.fetch = async (address) => {
    const path = decodeURIComponent(String(address).split("?")[0]);
    if (path in files) return new Response(await unpacked(files[path]), { status: 200 });
    return new Response(null, { status: path.startsWith("tiles/") ? 204 : 410 });
  };
})();
