"""The style sheet of the report, added to those of pages, fragments and sections."""

from __future__ import annotations

REPORT_STYLE = """
.report { max-width: 76rem; }
.report h1 { font-size: 1.5rem; line-height: 1.3; margin-bottom: .5rem; }
.report nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1rem .2rem; }
.report a { color: inherit; text-decoration-thickness: 1px; text-underline-offset: .2em; }
.report .phodang { max-width: none; line-height: 1.6; scroll-margin-top: .5rem; min-width: 0; }
.report main > * + * { margin-top: 1.25rem; }
.report h2 { font-size: 1.2rem; margin: 0 0 .75rem; }
.report h3 { font-size: 1rem; margin: 0 0 .5rem; }
.report .sizes { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 0 0 1rem; }
.report .sizes div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.report .sizes dd { margin: 0; font-size: 1.6rem; line-height: 1.3; font-weight: 600; }
.report .sizes dt { font-size: .85rem; color: var(--soft); }
.report .columns, .report .lists { display: grid; gap: 1.25rem 2.5rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); }
.report .columns > * { min-width: 0; }
.report .lists { gap: 1.25rem; }
.report .lists .phodang + .phodang { margin-top: 0; }
.report .wide { overflow-x: auto; margin-bottom: .75rem; }
.report table { border-collapse: collapse; width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
.report th, .report td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid color-mix(in srgb, var(--soft) 30%, transparent); }
.report th { font-weight: 400; color: var(--soft); font-size: .85rem; vertical-align: bottom; }
.report td.number, .report .type { white-space: nowrap; }
.report .number { text-align: right; }
.report table .phodang-section { overflow-wrap: break-word; }
.report th .phodang-section { white-space: nowrap; }
.report .tall { max-height: 26rem; overflow-y: auto; }
.report th:last-child, .report td:last-child { padding-right: 0; }
.report .plot { overflow-x: auto; }
.report .plot svg { display: block; max-width: 100%; height: auto; }
.report .plot text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
  sans-serif !important; }
.report figure { margin: 0 0 1rem; }
.report figcaption { font-size: .85rem; color: var(--soft); overflow-wrap: anywhere; }
.report #tools { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; }
.report #tools[hidden] { display: none; }
.report #tools label { flex-basis: 100%; font-size: .85rem; color: var(--soft); }
.report #search, .report button { font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--soft); border-radius: .4rem; padding: .25rem .7rem; }
.report #search { flex: 1 1 12rem; max-width: 24rem; min-width: 0; }
.report button { cursor: pointer; }
.report output { font-size: .85rem; color: var(--soft); }
.report [hidden] { display: none; }
.report ol { list-style: none; margin: 0; padding: 0; }
.report li { overflow-wrap: anywhere; }
.report ol summary { position: relative; display: flex; justify-content: space-between;
  align-items: baseline; gap: 1rem; padding: .2rem 0 .45rem; cursor: pointer; list-style: none; }
.report ol summary::-webkit-details-marker { display: none; }
.report ol summary:hover .name, .report details[open] > summary .name { text-decoration:
  underline; text-decoration-thickness: 1px; text-underline-offset: .2em; }
.report ol .name::before { content: "▸\\a0" / ""; color: var(--soft); display: inline-block; }
.report ol details[open] .name::before { content: "▾\\a0" / ""; }
.report .count { flex: none; font-size: .85rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.report .bar { position: absolute; left: 0; bottom: .2rem; height: 4px; border-radius: 2px;
  background: rgb(var(--label)); -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.report details:target > summary { background: rgb(var(--label) / .18); }
.report ol details[open] { padding-bottom: .5rem; }
.report ol .phodang-note { margin: .3rem 0 .6rem; }
.report blockquote { margin: .25rem 0 .2rem; padding-left: .75rem; white-space: pre-wrap;
  overflow-wrap: anywhere; border-left: 3px solid rgb(var(--label)); font-size: .95rem; }
.report cite { font-style: normal; font-weight: 600; }
.report .cut { color: var(--soft); font-size: .85rem; }
.report figcaption .phodang-section { margin-left: .4rem; }
.report summary { cursor: pointer; }
.report #cach-dem ul { margin: 0; padding-left: 1.2rem; font-size: .9rem; }
.report #cach-dem li + li { margin-top: .35rem; }
@media (max-width: 30rem) {
  .report h1 { font-size: 1.25rem; }
  .report .sizes { gap: .5rem 1.5rem; }
  .report .sizes dd { font-size: 1.3rem; } }
@media print {
  .report, .report .phodang { background: none; padding: 0; max-width: none; }
  .report nav, .report #tools { display: none; }
  .report .lists { display: block; }
  .report .tall { max-height: none; }
  .report .lists .phodang + .phodang { margin-top: 1.5rem; }
  .report li, .report tr, .report figure { break-inside: avoid; }
  .report h2, .report h3 { break-after: avoid; } }
"""
"""The style of the report. Everything in it begins with the class of its body."""
