/** Unpacks an LZ4 frame, the form that Feather files are packed in; after the public LZ4 frame and block formats. */

const MAGIC = 0x184d2204;
const STORED = 0x80000000;
const HAS_BLOCK_SUMS = 0x10;
const HAS_SIZE = 0x08;
const HAS_DICTIONARY = 0x01;
/** Of a match, beyond what its token says. */
const MATCH_MIN = 4;

/** Throws an Error for what is no whole frame. Checksums are not looked at: Arrow's sizes are checked by its reader. */
export function unpackLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error("no LZ4 frame");
  const flags = frame[4] as number;
  if (flags >> 6 !== 1 || flags & HAS_DICTIONARY) throw new Error("an LZ4 frame of another kind");
  const out = new Output();
  let at = flags & HAS_SIZE ? 15 : 7;
  for (;;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return out.body();
    const length = (size & ~STORED) >>> 0;
    if (at + length > frame.length) throw new Error("a broken LZ4 frame");
    const block = frame.subarray(at, at + length);
    if (size & STORED) out.add(block);
    else unpackBlock(block, out);
    at += length + (flags & HAS_BLOCK_SUMS ? 4 : 0);
  }
}

/** Sequences of literal bytes and a copy of bytes that came before, also in blocks before. */
function unpackBlock(block: Uint8Array, out: Output): void {
  let at = 0;
  const long = (short: number): number => {
    if (short < 15) return short;
    let length = 15;
    for (;;) {
      const more = block[at++];
      if (more === undefined) throw new Error("a broken LZ4 block");
      length += more;
      if (more < 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++] as number;
    const literals = long(token >> 4);
    if (at + literals > block.length) throw new Error("a broken LZ4 block");
    out.add(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    const distance = (block[at] as number) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    out.copy(distance, long(token & 15) + MATCH_MIN);
  }
}

class Output {
  private bytes = new Uint8Array(64 * 1024);
  private length = 0;

  add(body: Uint8Array): void {
    this.reserve(body.length);
    this.bytes.set(body, this.length);
    this.length += body.length;
  }

  /** Byte by byte where it overlaps itself: that is how a run is written. */
  copy(distance: number, count: number): void {
    if (distance === 0 || distance > this.length) throw new Error("a broken LZ4 block");
    this.reserve(count);
    const from = this.length - distance;
    if (distance >= count) this.bytes.copyWithin(this.length, from, from + count);
    else for (let i = 0; i < count; i++) this.bytes[this.length + i] = this.bytes[from + i] as number;
    this.length += count;
  }

  body(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
