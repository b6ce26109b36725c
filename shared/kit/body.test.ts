/** JSON of a body: halves of characters are refused wherever they stand, whole ones and their spelling are not. */
import { expect, test } from "bun:test";
import { parseJson } from "./body.ts";

const read = (text: string) => parseJson(text, "application/json");
const codeOf = (text: string) => {
  try {
    read(text);
    return "taken";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each([
  [String.raw`{"note":"\ud800"}`],
  [String.raw`{"note":"\uDC00x"}`],
  [String.raw`{"\ud83d":1}`],
  [String.raw`[{"deep":["ok",{"er":"\ude00\ud83d"}]}]`],
])("%s holds half of a character", (text) => expect(codeOf(text)).toBe("MALFORMED"));

test.each([
  [String.raw`{"note":"\ud83d\ude00"}`, { note: "😀" }],
  [String.raw`{"note":"\\ud800"}`, { note: String.raw`\ud800` }],
  [`{"note":"😀"}`, { note: "😀" }],
])("%s is whole", (text, value) => expect(read(text)).toEqual(value));
