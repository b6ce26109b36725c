/** Server-sent events, read from text as it arrives. */

export interface SseMessage {
  event: string;
  id: string;
  data: string;
}

/** Longer unfinished messages are dropped: a stream that never ends a message must not fill the memory. */
const PENDING_CHARACTERS_MAX = 4_000_000;

/** A reader that takes text in any cuts and gives back the messages completed by it. */
export function createSseReader(): (text: string) => SseMessage[] {
  let pending = "";
  let lastId = "";
  return (text) => {
    pending = (pending + text).replaceAll("\r\n", "\n");
    if (pending.length > PENDING_CHARACTERS_MAX) pending = "";
    const blocks = pending.split("\n\n");
    pending = blocks.pop() ?? "";
    const messages: SseMessage[] = [];
    for (const block of blocks) {
      const message = readBlock(block, lastId);
      lastId = message.id;
      if (message.data !== "") messages.push(message);
    }
    return messages;
  };
}

function readBlock(block: string, lastId: string): SseMessage {
  const message: SseMessage = { event: "message", id: lastId, data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") message.event = value;
    else if (field === "id") message.id = value;
    else if (field === "data") data.push(value);
  }
  message.data = data.join("\n");
  return message;
}
