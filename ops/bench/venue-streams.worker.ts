/** Fifty WebSocket clients in a thread of their own: they count what they hear, and say when all of a round has come. */
declare const self: Worker;

const CLIENTS = 50;
let expected = 0;
let heard = 0;

self.onmessage = async ({ data }: MessageEvent<{ connect?: string; expect?: number }>) => {
  if (data.connect !== undefined) {
    await Promise.all(Array.from({ length: CLIENTS }, () => connected(data.connect as string)));
    self.postMessage("connected");
  }
  if (data.expect !== undefined) {
    heard = 0;
    expected = data.expect * CLIENTS;
    self.postMessage("ready");
  }
};

function connected(url: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve();
    socket.onmessage = () => {
      heard += 1;
      if (heard === expected) self.postMessage("heard");
    };
  });
}
