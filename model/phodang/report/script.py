"""The script of the page: the search box, and opening what a link points to.

Without it, the page shows the same; only the box and the buttons are missing.
"""

from __future__ import annotations

import base64
import hashlib

SCRIPT = r"""
(() => {
  "use strict";
  const bare = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/đ/g, "d");
  const tools = document.getElementById("tools");
  const box = document.getElementById("search");
  const told = document.getElementById("found");
  const lists = [...document.querySelectorAll("[data-list]")].map((list) => ({
    list,
    names: [...list.querySelectorAll("li[data-find]")].map((item) => ({
      item, details: item.querySelector("details"), text: bare(item.dataset.find) })),
  }));
  const filter = () => {
    const words = bare(box.value).split(/\s+/).filter(Boolean);
    let total = 0;
    for (const { list, names } of lists) {
      let found = 0;
      for (const { item, text } of names) {
        item.hidden = !words.every((word) => text.includes(word));
        found += !item.hidden;
      }
      list.hidden = found === 0;
      total += found;
    }
    told.textContent = words.length ? `${total} tên khớp` : "";
  };
  const setAll = (open) => {
    for (const { names } of lists)
      for (const { item, details } of names)
        if (details) details.open = open && !item.hidden;
  };
  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target || target.tagName !== "DETAILS") return;
    if (target.closest("[hidden]")) { box.value = ""; filter(); }
    target.open = true;
    target.scrollIntoView();
  };
  if (tools) {
    tools.hidden = false;
    box.addEventListener("input", filter);
    document.getElementById("open-all").addEventListener("click", () => setAll(true));
    document.getElementById("close-all").addEventListener("click", () => setAll(false));
    // A browser may bring back what was typed before the page was loaded anew.
    filter();
  }
  addEventListener("hashchange", openTarget);
  // A link that is followed again changes no address.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) openTarget();
  });
  openTarget();
})();
"""
"""The script, without the element around it."""

_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser may load and run: nothing but the styles of the page and this one script (W3C,
Content Security Policy Level 3). Were a text ever to become markup, it would do nothing."""
