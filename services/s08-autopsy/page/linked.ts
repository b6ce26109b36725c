/** Links from a report to the web page that shows a thing: the beginning of its id, leading to all of it. */
import { html, type Markup } from "../../../shared/report/markup.ts";

const ID_SHOWN = 14;
/** The beginning of a long id, which leads to all of it. */
const brief = (id: string): string => (id.length > ID_SHOWN + 2 ? `${id.slice(0, ID_SHOWN)}…` : id);

/** Where the web page shows it; inert in a file that is opened from a disk or shown inside the page. */
export const linked = (page: string, id: string | undefined): Markup =>
  id === undefined
    ? html`–`
    : html`<a target="_top" href="/${page}?id=${encodeURIComponent(id.toWellFormed())}"><code title="${id}">${brief(id)}</code></a>`;
