//! Has the style of the page: light and dark, and for paper.

pub const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1c1b1a; --soft: #5f5b57; --paper: #fffdf9; --line: #ddd6cc; --bar: #3f6c8f; --pale: #b9cddd; --mark: #a33d20; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece7e1; --soft: #aaa39b; --paper: #1b1a19; --line: #3d3a36; --bar: #86b3d6; --pale: #3f586c; --mark: #f0906f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-weight: 600; margin: 0; line-height: 1.2; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 0.25rem; }
p { margin: 0.25rem 0 0.75rem; max-width: 45rem; }
.soft, figcaption, th { color: var(--soft); }
a { color: inherit; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0; padding: 0; }
.numbers div { display: flex; flex-direction: column; justify-content: space-between; border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 0.8rem; }
.numbers dt { color: var(--soft); font-size: 0.85rem; }
.numbers dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
figure { margin: 0.5rem 0; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .scale, svg .unit, svg .name { text-anchor: end; }
svg .name { fill: var(--ink); }
svg .label { text-anchor: middle; }
.grid { stroke: var(--line); stroke-width: 1; }
.full, .end { fill: var(--bar); stroke: none; }
.light { fill: var(--pale); stroke: var(--bar); stroke-width: 1; }
.begun { fill: url(#hatch); stroke: var(--bar); stroke-width: 1; }
.none { fill: none; stroke: var(--soft); stroke-dasharray: 3 3; }
.mark { stroke: var(--mark); stroke-width: 2; }
.span { stroke: var(--bar); stroke-width: 3; }
.span.open { stroke-dasharray: 6 4; }
.end.open { fill: var(--mark); }
a:hover rect, a:focus rect { stroke: var(--ink); stroke-width: 2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
th { text-align: start; font-weight: 500; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.6rem 0.25rem 0; vertical-align: top; }
td:first-child { min-width: 15rem; }
td.n, th.n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
summary { cursor: pointer; color: var(--soft); margin: 0.5rem 0; }
.key { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.85rem; color: var(--soft); }
.key svg { display: inline-block; width: 1.1rem; height: 0.8rem; vertical-align: -0.05rem; margin-inline-end: 0.3rem; }
@media print { :root { --ink: #000; --soft: #333; --paper: #fff; --line: #bbb; --bar: #444; --pale: #ccc; --mark: #000; } body { font-size: 10pt; max-width: none; padding: 0; } section { break-inside: avoid; } section.long { break-inside: auto; } tr { break-inside: avoid; } details > *:not(summary) { display: block; } details::details-content { content-visibility: visible; } h2 { break-after: avoid; } a { text-decoration: none; } }
";
