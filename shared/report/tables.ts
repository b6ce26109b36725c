/** Tables of a report: a caption, heads, rows; figures stand to the right. */
import { html, type Markup, NOTHING } from "./markup.ts";

export type Cell = Markup | string | number | undefined;
export interface Column {
  readonly name: string;
  readonly isFigure?: boolean;
  readonly isLong?: boolean;
}
export const text = (name: string): Column => ({ name });
/** Long texts, which may run over several lines. */
export const words = (name: string): Column => ({ name, isLong: true });
export const figure = (name: string): Column => ({ name, isFigure: true });

/** With more a table is written smaller on paper. */
const COLUMNS_FEW = 9;

/** `caption` names it for those who do not see it. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Markup {
  if (rows.length === 0) return NOTHING;
  const kind = (at: number): string => (columns[at]?.isFigure ? "figure" : columns[at]?.isLong ? "words" : "text");
  const heads = columns.map(({ name }, at) => html`<th scope="col" class="${kind(at)}">${name}</th>`);
  const lines = rows.map(
    (row) => html`<tr>${row.map((cell, at) => html`<td class="${kind(at)}">${cell ?? "–"}</td>`)}</tr>\n`,
  );
  const size = columns.length > COLUMNS_FEW && html` class="many"`;
  return html`<div class="wide"><table${size}><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

/** Names and what stands for them. */
export const pairs = (rows: readonly (readonly [name: string, value: Cell])[]): Markup =>
  html`<dl class="pairs">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value ?? "–"}</dd></div>`)}</dl>`;

/** A part of a report; nothing where it has nothing to say. */
export const section = (title: string, content: Markup): Markup =>
  content.text.trim() === "" ? NOTHING : html`<section><h2>${title}</h2>${content}</section>\n`;
