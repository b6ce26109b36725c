/** Makes a screenshot small: 256 colours, the commonest exact and the others the nearest, packed as tightly as can be. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE_BYTES = 8;
const COLOURS_MAX = 256;
/** So many of the commonest colours are kept as they are: surfaces, lines and text. */
const EXACT = 48;
/** Squared distances between colours that are taken into the palette, the coarsest first. */
const APART = [300, 120, 40, 12, 0];
const RGBA = 6;
const PALETTE = 3;

/** `png`: 8 bits a channel, RGB or RGBA without transparency, not interlaced, as browsers write them. */
export function smallPng(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const header = Buffer.from(chunks.find(({ type }) => type === "IHDR")?.data ?? []);
  const packed = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const colours = coloursOf(inflateSync(packed), { height, rowBytes: width * (header[9] === RGBA ? 4 : 3), width });
  const palette = paletteOf(colours);
  const places = new Map<number, number>();
  const rows = Buffer.alloc((width + 1) * height);
  for (const [i, colour] of colours.entries()) {
    const place = places.get(colour) ?? nearest(palette, colour);
    places.set(colour, place);
    rows[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = place;
  }
  header[9] = PALETTE;
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const parts = [
    chunk("IHDR", header),
    chunk("PLTE", table),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
  ];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...parts, chunk("IEND", Buffer.alloc(0))]);
}

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const sized = Buffer.alloc(4);
  const check = Buffer.alloc(4);
  sized.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([sized, body, check]);
}

interface Shape {
  width: number;
  height: number;
  rowBytes: number;
}
/** Every pixel as 0xRRGGBB. PNG specification, third edition, section 9: filtering. */
function coloursOf(raw: Buffer, { width, height, rowBytes }: Shape): Uint32Array {
  const pixelBytes = rowBytes / width;
  const bytes = Buffer.alloc(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (rowBytes + 1)] as number;
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x;
      const left = x >= pixelBytes ? (bytes[at - pixelBytes] as number) : 0;
      const up = y > 0 ? (bytes[at - rowBytes] as number) : 0;
      const corner = x >= pixelBytes && y > 0 ? (bytes[at - rowBytes - pixelBytes] as number) : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number;
      bytes[at] = (raw[y * (rowBytes + 1) + 1 + x] as number) + guess;
    }
  }
  return Uint32Array.from({ length: width * height }, (_, i) => bytes.readUIntBE(i * pixelBytes, 3));
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

const apart = (a: number, b: number): number =>
  [16, 8, 0].reduce((sum, bits) => sum + (((a >> bits) & 255) - ((b >> bits) & 255)) ** 2, 0);

function paletteOf(colours: Uint32Array): number[] {
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const common = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour);
  const palette = common.slice(0, EXACT);
  for (const least of APART) {
    for (const colour of common) {
      if (palette.length === COLOURS_MAX) return palette;
      if (palette.every((known) => apart(known, colour) > least)) palette.push(colour);
    }
  }
  return palette;
}

const nearest = (palette: readonly number[], colour: number): number => {
  const distances = palette.map((known) => apart(known, colour));
  return distances.indexOf(Math.min(...distances));
};
