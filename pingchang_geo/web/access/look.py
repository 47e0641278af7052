"""Style sheet and mark of the account pages; colours as in ``.streamlit/config.toml``."""

from __future__ import annotations

import hashlib
from typing import Final

CSS: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { font: 16px/1.6 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif; color: #1B2A22; }
body { margin: 0; min-height: 100vh; background: #F2F6F3; display: flex; flex-direction: column; align-items: center;
  justify-content: center; padding: 24px 16px; }
.product { display: flex; align-items: center; gap: 10px; margin: 0 0 16px; font-size: 20px; font-weight: 600;
  color: #1E6B47; text-decoration: none; }
.product img { width: 28px; height: 28px; }
main { width: 100%; max-width: 400px; background: #FFFFFF; border: 1px solid #D5DED8; border-radius: 5px;
  padding: 24px 28px 28px; }
h1 { margin: 0 0 12px; font-size: 20px; font-weight: 600; }
p { margin: 0 0 12px; overflow-wrap: anywhere; }
label { display: block; margin: 14px 0 4px; font-weight: 600; font-size: 15px; }
input { width: 100%; height: 42px; padding: 0 10px; font: inherit; color: inherit; background: #FFFFFF;
  border: 1px solid #7E8E85; border-radius: 5px; }
input[readonly] { background: #F2F6F3; border-color: #D5DED8; }
input[aria-invalid="true"] { border-color: #C8102E; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid #1E6B47; outline-offset: 2px; }
button, .button { display: block; width: 100%; margin-top: 20px; padding: 9px 16px; font: inherit; font-weight: 600;
  text-align: center; text-decoration: none; color: #FFFFFF; background: #1E6B47; border: 1px solid #1E6B47;
  border-radius: 5px; cursor: pointer; }
button:hover, .button:hover { background: #175538; }
.error { padding: 8px 12px; color: #8E0B20; background: #FDECEE; border: 1px solid #E9A9B2; border-radius: 5px; }
.rules { margin: 6px 0 0; font-size: 14px; color: #55635B; }
.links { margin: 18px 0 0; font-size: 15px; }
.links a { color: #1E6B47; }
.links a + a { margin-left: 18px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 0 0 12px; }
dt { color: #55635B; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
@media (max-width: 480px) { body { justify-content: flex-start; } main { padding: 20px 18px 22px; } }
""".strip()

ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="5" fill="#1E6B47"/>'
    '<path d="M21 6C11 6 6 11 7 20c8 2 14-3 14-14zM7 22c2-6 5-9 9-11" fill="none" stroke="#fff" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round"/></svg>'
)

#: Browsers may keep both for ever: the address changes with the content.
VERSION: Final = hashlib.sha256((CSS + ICON).encode()).hexdigest()[:10]
