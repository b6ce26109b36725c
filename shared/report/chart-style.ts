/** How the pictures of a report look; their colours are named by its style. */

export const CHART_STYLE = `
td svg {
  width: 160px;
  min-width: 160px;
  margin: 2px 0;
  vertical-align: middle;
}
svg {
  display: block;
  max-width: 100%;
  height: auto;
  margin: 6px 0;
}
svg text {
  font:
    11px system-ui,
    -apple-system,
    "Segoe UI",
    "Noto Sans",
    sans-serif;
  fill: var(--text);
  font-variant-numeric: tabular-nums;
}
svg text.axis {
  fill: var(--dim);
}
svg .main {
  font-weight: 600;
}
.grid {
  stroke: var(--grid);
}
.zero {
  stroke: var(--dim);
  stroke-width: 1;
}
.held {
  fill: var(--soft);
}
.bar line {
  stroke-width: 1;
}
.bar.up {
  stroke: var(--up);
  fill: var(--up);
}
.bar.down {
  stroke: var(--down);
  fill: var(--down);
}
.bar rect {
  stroke: none;
}
.bar {
  opacity: 0.55;
}
.bar.faint {
  fill: var(--dim);
  stroke: var(--dim);
  stroke-width: 0.6;
  opacity: 0.5;
}
.way {
  fill: none;
  stroke-width: 1.4;
  stroke-linecap: round;
}
.way.up,
.cross.up {
  stroke: var(--up);
}
.way.down,
.cross.down {
  stroke: var(--down);
}
.cross {
  fill: none;
  stroke-width: 1.8;
}
path.stop.thin {
  stroke-width: 1;
  opacity: 0.7;
}
.curve-1 {
  --tint: var(--blue);
}
.curve-2 {
  --tint: var(--stop);
}
.curve-3 {
  --tint: var(--target);
}
.curve-4 {
  --tint: var(--dim);
}
path.line[class*="curve-"] {
  stroke: var(--tint);
}
path.area[class*="curve-"] {
  fill: var(--tint);
}
svg text.end {
  font-weight: 600;
}
svg text.end.up {
  fill: var(--up);
}
svg text.end.down {
  fill: var(--down);
}
svg text.end[class*="curve-"] {
  fill: var(--tint);
}
path.stop {
  fill: none;
  stroke: var(--stop);
  stroke-width: 2;
}
path.target {
  fill: none;
  stroke: var(--target);
  stroke-width: 1.5;
  stroke-dasharray: 6 3;
}
path.entry {
  fill: none;
  stroke: var(--text);
  stroke-width: 1;
  stroke-dasharray: 2 3;
}
text.level.stop {
  fill: var(--stop);
}
text.level.target {
  fill: var(--target);
}
.fill {
  stroke: var(--page);
  stroke-width: 1;
}
.fill.in {
  fill: var(--blue);
}
.fill.out {
  fill: var(--text);
}
path.line {
  fill: none;
  stroke-width: 1.8;
}
.line.up {
  stroke: var(--up);
}
.line.down {
  stroke: var(--down);
}
.line.flat {
  stroke: var(--dim);
}
.area {
  opacity: 0.14;
}
.area.up,
.part.up {
  fill: var(--up);
}
.area.down,
.part.down {
  fill: var(--down);
}
.area.flat,
.part.flat {
  fill: var(--dim);
}
.part.plain {
  fill: var(--blue);
}
.part {
  opacity: 0.65;
}
.part.main {
  opacity: 1;
}
.curve {
  fill: none;
  stroke: var(--dim);
  stroke-width: 1.5;
  stroke-dasharray: 5 3;
}
.dot.taker,
.here {
  fill: var(--blue);
  stroke: var(--page);
}
.dot.maker {
  fill: var(--page);
  stroke: var(--blue);
  stroke-width: 2;
}
.rail {
  fill: var(--grid);
}
.box {
  fill: var(--line);
}
.middle {
  stroke: var(--dim);
}
.life {
  stroke-width: 4;
  stroke-linecap: round;
}
.life.filled {
  stroke: var(--blue);
  opacity: 0.6;
}
.life.ended {
  stroke: var(--line);
}
.heat-0 {
  fill: color-mix(in srgb, var(--blue) 10%, var(--page));
}
.heat-1 {
  fill: color-mix(in srgb, var(--blue) 20%, var(--page));
}
.heat-2 {
  fill: color-mix(in srgb, var(--blue) 30%, var(--page));
}
.heat-3 {
  fill: color-mix(in srgb, var(--blue) 40%, var(--page));
}
.heat-4 {
  fill: color-mix(in srgb, var(--blue) 50%, var(--page));
}
.heat-5 {
  fill: color-mix(in srgb, var(--blue) 60%, var(--page));
}
.heat-6 {
  fill: color-mix(in srgb, var(--blue) 70%, var(--page));
}
.heat-7 {
  fill: color-mix(in srgb, var(--blue) 80%, var(--page));
}
.heat-8 {
  fill: color-mix(in srgb, var(--blue) 90%, var(--page));
}
.heat .none {
  fill: var(--soft);
}
.heat .chosen {
  stroke: var(--stop);
  stroke-width: 2.5;
}
svg .heat text.on {
  fill: var(--page);
}
.trained {
  fill: var(--line);
}
.key {
  display: inline-flex;
  flex-wrap: wrap;
  gap: 4px 16px;
  color: var(--dim);
  font-size: 12px;
  margin: 0;
  padding: 0;
  list-style: none;
}
.key i {
  display: inline-block;
  width: 18px;
  border-top: 2px solid var(--text);
  vertical-align: middle;
  margin-right: 5px;
}
.key .stop i {
  border-color: var(--stop);
}
.key .target i {
  border-top: 2px dashed var(--target);
}
.key .entry i {
  border-top: 1px dashed var(--text);
}
.key .up i {
  border-color: var(--up);
}
.key .down i {
  border-color: var(--down);
}
.key [class*="curve-"] i {
  border-color: var(--tint);
}
.key .in {
  color: var(--blue);
}
`;
