"""The style sheets of the HTML: of a fragment, and of what a page has besides.

Every selector of a fragment begins with its class, so that a notebook's own style is untouched.
"""

from __future__ import annotations

FRAGMENT_STYLE = """
.phodang { color-scheme: light dark; --ink: #1c1e21; --soft: #5b6167; --paper: #ffffff;
  --tint: .26; color: var(--ink); background: var(--paper); padding: 1rem 1.25rem;
  border-radius: .5rem; max-width: 46rem; box-sizing: border-box; text-align: left;
  font: 1rem/1.85 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  .phodang { --ink: #e4e6e8; --soft: #a2a9b0; --paper: #17191c; --tint: .24; } }
.phodang .phodang-title { margin: 0 0 .5rem; font-size: 1.2rem; line-height: 1.4;
  overflow-wrap: anywhere; }
.phodang .phodang-legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 1rem;
  padding: 0; list-style: none; font-size: .85rem; color: var(--soft); }
.phodang .phodang-legend li { margin: 0; }
.phodang .phodang-note { margin: 0 0 1rem; font-size: .85rem; color: var(--soft); }
.phodang .phodang-passage { margin: 0 0 .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.phodang .phodang-passage:last-child { margin-bottom: 0; }
.phodang mark { color: inherit; background: rgb(var(--label) / var(--tint));
  border-bottom: 2px solid rgb(var(--label)); border-radius: .2rem; padding: .1em .2em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.phodang .phodang-label { color: #16181b; background: rgb(var(--label));
  border-radius: .2rem; padding: .15em .4em; font-size: .68rem; line-height: 1.25;
  font-weight: 600; letter-spacing: .03em; vertical-align: .08em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.phodang mark .phodang-label { margin-left: .35em; -webkit-user-select: none; user-select: none; }
@media (max-width: 30rem) { .phodang { padding: .75rem .9rem; } }
"""
"""The style of a fragment."""

SECTION_STYLE = """
.phodang .phodang-gap { display: none; }
.phodang .phodang-rows .phodang-passage { --space: .9rem; position: relative; margin: 0;
  padding: 0 0 var(--space) calc(var(--lanes) * .8rem + .4rem); }
.phodang .phodang-rows .phodang-part { --space: .3rem; }
.phodang .phodang-rows .phodang-passage:last-of-type { --space: 0rem; }
.phodang .phodang-margin { position: absolute; left: calc(var(--lane) * .8rem); width: 6px; top: 0;
  bottom: 0; }
.phodang .phodang-end { bottom: var(--space); }
.phodang .phodang-begins { display: flex; flex-wrap: wrap; gap: 0 1rem; margin-bottom: .1rem;
  white-space: normal; font-size: .85rem; line-height: 1.6; break-after: avoid;
  -webkit-user-select: none; user-select: none; }
.phodang .phodang-section { display: inline-block; position: relative; padding-left: .9em;
  font-weight: 600; color: var(--ink); overflow-wrap: anywhere; }
.phodang .phodang-section::before { content: ""; position: absolute; left: 0; top: .1em;
  bottom: .1em; width: 6px; }
.phodang .phodang-margin, .phodang .phodang-section::before {
  background: var(--line) 0 0 / 6px var(--tile, 100%) no-repeat round;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.phodang .phodang-solid { --line: linear-gradient(var(--section), var(--section)); }
.phodang .phodang-double { --line: linear-gradient(90deg, var(--section) 2px, transparent 2px 4px,
  var(--section) 4px); }
.phodang .phodang-dashed { --tile: 8px;
  --line: linear-gradient(var(--section) 62%, transparent 62%); }
.phodang .phodang-dotted { --tile: 4px;
  --line: linear-gradient(var(--section) 50%, transparent 50%); }
@media screen and (prefers-color-scheme: dark) {
  .phodang .phodang-margin, .phodang .phodang-section::before { filter: brightness(1.35); } }
"""
"""What is added to the style of a fragment if an article has sections."""

PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 46rem; background: #f3f4f5;
  color: #1c1e21; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
  sans-serif; }
h1 { margin: 0 0 1rem .2rem; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
.phodang + .phodang { margin-top: 1.25rem; }
@media (prefers-color-scheme: dark) { body { background: #0e0f11; color: #e4e6e8; } }
@media (max-width: 30rem) { body { padding: .75rem .5rem 2rem; } }
"""
"""The style of a page around its fragments."""
