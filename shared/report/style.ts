/** How a report looks: light on paper, dark where the reader's screen is, one column, tables that print. */
import { CHART_STYLE } from "./chart-style.ts";
import { Markup } from "./markup.ts";

export const STYLE = new Markup(`${CHART_STYLE}
:root {
  color-scheme: light;
  --page: #ffffff;
  --soft: #f5f6f8;
  --line: #dfe2e8;
  --grid: #eceef2;
  --text: #14171d;
  --dim: #596273;
  --up: #0b7a50;
  --down: #c02636;
  --blue: #1f5fc4;
  --stop: #b4560a;
  --target: #127a92;
}
@media (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #0d0f13;
    --soft: #14171d;
    --line: #2a303a;
    --grid: #1c212a;
    --text: #e8eaee;
    --dim: #9aa3b2;
    --up: #2fbf83;
    --down: #f0616d;
    --blue: #6fb0ff;
    --stop: #ff9a3d;
    --target: #63c5da;
  }
}
@page {
  margin: 14mm;
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--page);
  color: var(--text);
  -webkit-print-color-adjust: exact;
  print-color-adjust: exact;
  font:
    14px / 1.5 system-ui,
    -apple-system,
    "Segoe UI",
    "Noto Sans",
    sans-serif;
  font-variant-numeric: tabular-nums;
}
main {
  max-width: 1040px;
  margin: 0 auto;
  padding: 24px 20px 40px;
}
h1 {
  font-size: 22px;
  line-height: 1.25;
  margin: 0 0 4px;
  overflow-wrap: anywhere;
}
h2 {
  font-size: 16px;
  margin: 28px 0 8px;
  padding-top: 10px;
  border-top: 1px solid var(--line);
}
h3 {
  font-size: 14px;
  margin: 18px 0 4px;
}
p {
  margin: 6px 0;
  max-width: 90ch;
  overflow-wrap: anywhere;
}
blockquote {
  margin: 6px 0;
  padding: 6px 12px;
  border-left: 3px solid var(--line);
  background: var(--soft);
  overflow-wrap: anywhere;
}
code {
  font:
    12px ui-monospace,
    "SF Mono",
    Consolas,
    "DejaVu Sans Mono",
    monospace;
  overflow-wrap: anywhere;
}
a {
  color: var(--blue);
}
.note,
.under,
footer {
  color: var(--dim);
  font-size: 12.5px;
}
.up {
  color: var(--up);
}
.down {
  color: var(--down);
}
.flat {
  color: var(--dim);
}
.story {
  margin: 12px 0;
  padding: 12px 16px;
  background: var(--soft);
  border-radius: 6px;
}
dl {
  margin: 8px 0;
}
dt {
  color: var(--dim);
  font-size: 12px;
}
dd {
  margin: 0;
  overflow-wrap: anywhere;
}
.pairs {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
  gap: 8px 16px;
}
.pairs dd {
  font-size: 15px;
}
.twins {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
  gap: 0 24px;
}
.factors {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(190px, 1fr));
  gap: 0 20px;
}
.factors div {
  display: flex;
  justify-content: space-between;
  gap: 8px;
  border-bottom: 1px solid var(--grid);
  font-size: 12.5px;
}
.factors dt {
  overflow-wrap: anywhere;
}
.steps {
  margin: 4px 0;
  padding-left: 22px;
  font-size: 12.5px;
  overflow-wrap: anywhere;
}
.wide {
  overflow-x: auto;
}
table {
  border-collapse: collapse;
  width: 100%;
  font-size: 12.5px;
}
caption {
  text-align: left;
  font-weight: 600;
  padding: 12px 0 4px;
}
th {
  color: var(--dim);
  font-weight: 500;
}
th,
td {
  text-align: left;
  padding: 3px 10px 3px 0;
  border-bottom: 1px solid var(--grid);
  vertical-align: top;
}
td {
  white-space: nowrap;
}
td.words {
  white-space: normal;
  overflow-wrap: anywhere;
  min-width: 14em;
}
.figure {
  text-align: right;
}
footer {
  margin-top: 28px;
  padding-top: 10px;
  border-top: 1px solid var(--line);
}
footer p {
  max-width: none;
}
@media (max-width: 600px) {
  main {
    padding: 14px 12px 28px;
  }
  h1 {
    font-size: 18px;
  }
  .pairs {
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }
  .scroll svg {
    min-width: 620px;
  }
  .scroll {
    overflow-x: auto;
  }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff;
    --soft: #f5f6f8;
    --line: #cfd4dc;
    --grid: #e4e7ec;
    --text: #000000;
    --dim: #4a5261;
    --up: #0b7a50;
    --down: #c02636;
    --blue: #1f5fc4;
    --stop: #b4560a;
    --target: #127a92;
  }
  main {
    max-width: none;
    padding: 0;
  }
  svg,
  tr,
  dl div,
  .scroll,
  .story {
    break-inside: avoid;
  }
  h2,
  h3,
  caption,
  thead {
    break-after: avoid;
  }
  a {
    color: inherit;
    text-decoration: none;
  }
  .wide {
    overflow: visible;
  }
  body {
    font-size: 10.5px;
  }
  table {
    font-size: 9.5px;
  }
  .twins {
    grid-template-columns: 1fr 1fr;
  }
  table.many {
    font-size: 8px;
  }
  .many th,
  .many td {
    padding-right: 5px;
  }
}
`);
