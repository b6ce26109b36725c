/** What a live connection carries, the same over WebSocket and as server-sent events. */

/** `id` is there where it can be resumed after; it may come again after a restart of the gateway. */
export interface Frame {
  id?: string;
  event: string;
  data: unknown;
}

/** Longer unfinished ones are dropped: a stream that never ends a message must not fill the memory. */
const PENDING_CHARACTERS_MAX = 4_000_000;

/** A reader of server-sent events that takes text in any cuts and gives back what was completed by it. */
export function createSseReader(): (text: string) => Frame[] {
  let pending = "";
  return (text) => {
    pending = (pending + text).replaceAll("\r\n", "\n");
    if (pending.length > PENDING_CHARACTERS_MAX) pending = "";
    const blocks = pending.split("\n\n");
    pending = blocks.pop() ?? "";
    return blocks.flatMap((block) => readBlock(block) ?? []);
  };
}

function readBlock(block: string): Frame | undefined {
  const fields: Record<string, string[]> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    fields[name] = [...(fields[name] ?? []), line.slice(colon + 1).replace(/^ /, "")];
  }
  if (!fields.data) return undefined;
  const id = fields.id?.at(-1);
  return {
    event: fields.event?.at(-1) ?? "message",
    data: JSON.parse(fields.data.join("\n")),
    ...(id !== undefined && { id }),
  };
}

export const readFrame = (text: string): Frame => JSON.parse(text) as Frame;
