import { expect, test } from "bun:test";
import fc from "fast-check";
import { unpackLz4Frame } from "./lz4-frame.ts";

const text = `${Array.from({ length: 60 }, (_, at) => `${1746372780000 + at * 60_000},10${at % 7},12,9,10`).join("\n")}\n`;
/** Of that text, by the reference packer with linked blocks and the content's size. */
const packed = Buffer.from(
  "BCJNGGRAp6ABAADwADE3NDYzNzI3ODAwMDAsMQQAczIsOSwxMAoaACM4NBoAHDEaACM5MBoAHTIaABM2GgAbMxoAMzMwMhoAHTQaAASCABw1GgAUMYIAHDYaAC8yMLYABD8zMja2AAQ/MzMytgAEPzMzOLYABS80NLYABS81MLYABS81NrYABS82MrYABS82OLYABS83NLYABS84MLYABS84NrYABS85MrYABS85OLYABD80MDS2AAQ/NDEwtgAEPzQxNrYABD80MjK2AAQ/NDI4tgAEPzQzNLYABAKfAQ+2AAIvNDa2AAUvNTK2AAUvNTi2AAUvNjS2AAUvNzC2AAUvNza2AAUvODK2AAUfOI4DBS80OY4DBS81MI4DBS81MI4DBS81MY4DBS81MY4DBS81Mo4DBS81M44DBS81M44DBS81NI4DBS81NI4DBS81NY4DBQJzAw+2AAIfNo4DBS81N44DBT81Nzi2AAUvODS2AAUvOTC2AAUfOY4DBS82MI4DBS82MI4DBS82MY4DBS82Mo4DBS82Mo4DBRU2FAWgMywxMiw5LDEwCgAAAABghlWD",
  "base64",
);

test("a frame of the reference packer", () => {
  expect(new TextDecoder().decode(unpackLz4Frame(packed))).toBe(text);
});

test("no bytes make it fail in another way than by an Error, and none make it read beyond them", () => {
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
      const broken = Uint8Array.from(cut ? packed.subarray(0, at) : packed);
      if (!cut) broken[at] = byte;
      try {
        expect(unpackLz4Frame(broken).length).toBeLessThan(1e6);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

const reference = Bun.which("lz4");
if (reference === null) console.info("skipped: needs lz4, the reference packer");
test.skipIf(reference === null)("many blocks that refer to each other", () => {
  const long = Array.from({ length: 40_000 }, (_, at) => `${at * 7919},${at % 97}`).join("\n");
  const frame = Bun.spawnSync([reference as string, "-B4", "-BD", "-c"], { stdin: Buffer.from(long) }).stdout;
  expect(frame.length).toBeLessThan(long.length);
  expect(new TextDecoder().decode(unpackLz4Frame(frame))).toBe(long);
});
