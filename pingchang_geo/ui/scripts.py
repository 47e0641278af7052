"""Inline scripts of the pages. The content security policy allows these texts and no other (app.py)."""

from __future__ import annotations

from typing import Final

#: Without the script the box keeps its words, which are true all the same.
ADDRESS: Final = """
<div id="share_address">请直接复制浏览器地址栏中的地址。</div>
<script>
(function () {
  const box = document.getElementById("share_address");
  if (box) box.textContent = window.location.href;
})();
</script>
"""

#: Copies a one-time link, over plain HTTP as well, where pages have no clipboard; a click selects the whole without it.
COPY: Final = """
<script>
(function () {
  const box = document.getElementById("one_time_link"), button = document.getElementById("one_time_copy");
  if (!box || !button) return;
  button.addEventListener("click", function () {
    window.getSelection().selectAllChildren(box);
    if (document.execCommand("copy")) button.textContent = "已复制";
  });
})();
</script>
"""

#: Every text that is given to ``st.html(…, unsafe_allow_javascript=True)``.
INLINE: Final = (ADDRESS, COPY)
