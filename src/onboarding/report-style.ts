/** The style of the HTML report. Inks have a contrast of at least 4.5 on their sheet (WCAG 2.2 AA). */
export const STYLE = `
:root { color-scheme: light dark; --sheet: #ffffff; --ink: #1f2328; --dim: #57606a; --rule: #d0d7de;
  --point: #0550ae; --base: #9a3412; --goal: #116329;
  --machine: #0550ae; --prompt: #8250df; --blocked: #bc4c00; --away: #8c959f; }
@media (prefers-color-scheme: dark) { :root { --sheet: #0d1117; --ink: #e6edf3; --dim: #9da7b1; --rule: #30363d;
  --point: #79b8ff; --base: #f0a36b; --goal: #56d364;
  --machine: #79b8ff; --prompt: #bc8cff; --blocked: #f0a36b; --away: #6e7681; } }
@media print { :root { --sheet: #ffffff; --ink: #000000; --dim: #444444; --rule: #bbbbbb;
  --point: #0550ae; --base: #9a3412; --goal: #116329;
  --machine: #0550ae; --prompt: #8250df; --blocked: #bc4c00; --away: #8c959f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--sheet); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 1.6rem; margin: 0 0 4px; }
h2 { font-size: 1.15rem; margin: 32px 0 8px; }
.about { color: var(--dim); margin: 0 0 16px; font-size: 0.9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.wide table { width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule); }
.wide td:nth-of-type(-n + 2) { white-space: nowrap; }
thead th { color: var(--dim); font-weight: 600; }
tbody th { font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 20px; margin: 28px 0 8px; }
figure { margin: 0; }
figcaption { font-weight: 600; margin-bottom: 4px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--dim); }
.grid { stroke: var(--rule); }
.interval { stroke: var(--point); stroke-width: 5; stroke-opacity: 0.35; stroke-linecap: round; }
.curve { fill: none; stroke: var(--point); stroke-width: 2; }
.point { fill: var(--point); }
.baseline { stroke: var(--base); stroke-dasharray: 6 4; stroke-width: 1.5; }
.target { stroke: var(--goal); stroke-dasharray: 2 3; stroke-width: 1.5; }
svg .baseline-label { fill: var(--base); }
svg .target-label { fill: var(--goal); }
svg .empty { font-size: 14px; fill: var(--ink); stroke: var(--sheet); stroke-width: 6; paint-order: stroke; }
.part-machine { fill: var(--machine); background: var(--machine); }
.part-prompt { fill: var(--prompt); background: var(--prompt); }
.part-blocked { fill: var(--blocked); background: var(--blocked); }
.part-away { fill: var(--away); background: var(--away); }
.sample { display: inline-block; width: 12px; height: 12px; margin-right: 8px; print-color-adjust: exact; }
ul { padding-left: 20px; margin: 0; font-size: 0.9rem; }
@media print { main { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
  .charts { grid-template-columns: 1fr 1fr; } rect, .sample { print-color-adjust: exact; } }
`;
