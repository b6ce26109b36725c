/** One HTML file with its own style, without scripts, that needs nothing else. */
import { html, type Markup } from "./markup.ts";
import { STYLE } from "./style.ts";

/** For a report that is opened from a disk; served ones have their policy in the header too. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export interface ReportDocument {
  readonly title: string;
  /** One line, which searches show. */
  readonly description: string;
  readonly body: Markup;
}

export const documentOf = ({ title, description, body }: ReportDocument): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer">
<title>${title}</title><meta name="description" content="${description}"><style>${STYLE}</style></head>
<body>${body}</body></html>
`.text;
