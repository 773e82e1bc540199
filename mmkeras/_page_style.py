"""How a page looks: light, dark, on paper and on a phone."""

# Accents are Okabe and Ito's. Each text has a contrast of at least 4.5 to 1 with
# what is behind it (WCAG 2.2, AA).
STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --sheet: #ffffff; --ink: #1d2430; --quiet: #586272;
  --line: #dde2e8; --accent: #0072b2; --warn: #d55e00; --soft: #eef3f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c; --sheet: #1c2027; --ink: #e6e9ee; --quiet: #a3adba;
    --line: #343b46; --accent: #56b4e9; --warn: #f0863a; --soft: #262c35;
  }
  .drawing { filter: invert(1) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.25rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
h1, h2, h3, h4, li, p, dd { overflow-wrap: anywhere; }
td, th { overflow-wrap: break-word; }
.subtitle { margin: 0; color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none;
  margin: 1rem 0 0; padding: 0; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px; }
main > section { background: var(--sheet); border: 1px solid var(--line);
  border-radius: .6rem; padding: 1.4rem 1.5rem 1.6rem; margin: 1.25rem 0; }
p { margin: .5rem 0; max-width: 46rem; }
ul.said { margin: .5rem 0; padding-left: 1.2rem; max-width: 46rem; }
.note { color: var(--quiet); font-size: .92rem; }
.warning { border-left: 4px solid var(--warn); background: var(--soft);
  padding: .6rem .9rem; border-radius: 0 .3rem .3rem 0; }
.tiles { display: grid; gap: .8rem; margin: 1.25rem 0;
  grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); }
.tiles > div { background: var(--sheet); border: 1px solid var(--line);
  border-top: 3px solid var(--accent); border-radius: .5rem; padding: .8rem 1rem; }
.tiles dt { color: var(--quiet); font-size: .88rem; }
.tiles dd { margin: 0; }
.tiles .value { font-size: 1.6rem; font-weight: 650; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.tiles .value ~ dd { color: var(--quiet); font-size: .85rem; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .92rem;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 650; padding: .2rem 0 .4rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; vertical-align: top;
  border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th, thead td { color: var(--quiet); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; }
th:last-child, td:last-child { padding-right: 0; }
.words { text-align: left; white-space: normal; min-width: 7rem; }
.beside { display: flex; flex-wrap: wrap; gap: 0 2.75rem; align-items: flex-start; }
.beside > * { min-width: 0; max-width: 100%; }
.beside .drawing:not(.small) { max-width: 31rem; }
.beside figcaption { max-width: 24rem; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--accent); font-weight: 600; }
figure { margin: 1rem 0; }
figcaption { color: var(--quiet); font-size: .9rem; max-width: 46rem; }
.drawing { display: block; width: var(--width); max-width: 100%; height: auto; }
.drawing text { font-family: system-ui, -apple-system, "Segoe UI", Roboto,
  sans-serif !important; }
.drawing * { stroke-linejoin: round; stroke-linecap: butt; }
.cards { display: grid; gap: .9rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem .9rem;
  min-width: 0; }
.card h4 { margin: 0 0 .2rem; font-size: .95rem; }
.card p { margin: 0 0 .4rem; font-size: .9rem; }
.card dl { margin: 0; font-size: .9rem; }
.card dt { color: var(--quiet); font-size: .82rem; margin-top: .4rem; }
.card dd { margin: 0; white-space: pre-wrap; }
.picture { display: block; max-width: 100%; height: auto;
  border: 1px solid var(--line); border-radius: .25rem; }
.pixels { image-rendering: pixelated; }
audio { display: block; width: 100%; height: 2.4rem; }
footer { color: var(--quiet); font-size: .88rem; padding-bottom: 2.5rem; }
@media (max-width: 40rem) {
  main > section { padding: 1.1rem 1rem; border-radius: 0; margin: 1rem -1.25rem;
    border-left: 0; border-right: 0; }
  .drawing:not(.small) { width: min(var(--width), 34rem); max-width: none; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles .value { font-size: 1.3rem; }
  h1 { font-size: 1.5rem; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --sheet: #fff; --ink: #000;
    --quiet: #444; --line: #ccc; --accent: #00558a; --soft: #f4f4f4; }
  body { font-size: 10pt; }
  .drawing { filter: none; }
  nav, audio { display: none; }
  main > section { border: 0; padding: 0; }
  figure, .card, tr, .tiles > div { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .scroll { overflow: visible; }
}
"""
