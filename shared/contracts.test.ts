import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { z } from "@hono/zod-openapi";
import { CONTRACTS } from "./contracts.ts";

const ROOT = join(import.meta.dir, "..");

type Shape = z.ZodType;
/** What a zod shape comes to on the wire, and whether it may be missing there. */
interface Wire {
  kind: string;
  fields?: Record<string, Shape>;
  item?: Shape;
  /** May be left out in JSON, with no default to take its place. */
  optional: boolean;
}

function wireOf(shape: Shape): Wire {
  const def = shape.def as {
    type: string;
    innerType?: Shape;
    in?: Shape;
    out?: Shape;
    element?: Shape;
    options?: Shape[];
  };
  switch (def.type) {
    case "optional":
    case "nullable":
      return { ...wireOf(def.innerType as Shape), optional: true };
    case "default":
    case "prefault":
      return { ...wireOf(def.innerType as Shape), optional: false };
    case "pipe":
      return wireOf(def.in as Shape);
    case "object":
      return { kind: "message", fields: (shape as unknown as z.ZodObject).shape as never, optional: false };
    case "array":
      return { kind: "list", item: def.element as Shape, optional: false };
    case "record":
    case "unknown":
      return { kind: "struct", optional: false };
    case "union":
      // Amounts: decimal strings, plain numbers taken too.
      return { kind: "string", optional: false };
    case "enum":
    case "literal":
    case "string":
      return { kind: "string", optional: false };
    case "number":
      return { kind: "number", optional: false };
    case "boolean":
      return { kind: "boolean", optional: false };
    default:
      throw new Error(`no rule for zod ${def.type}`);
  }
}

function fieldKind(field: DescField): string {
  if (field.fieldKind === "list") return "list";
  if (field.fieldKind === "message") return isStruct(field.message) ? "struct" : "message";
  if (field.fieldKind !== "scalar") return field.fieldKind;
  if (field.scalar === ScalarType.STRING) return "string";
  if (field.scalar === ScalarType.BOOL) return "boolean";
  return field.scalar === ScalarType.DOUBLE || field.scalar === ScalarType.INT32 ? "number" : `scalar ${field.scalar}`;
}
const isStruct = (message: DescMessage): boolean => message.typeName === "google.protobuf.Struct";

/** Every place where the two say something else. */
function differences(shape: Shape, message: DescMessage, at: string): string[] {
  const wire = wireOf(shape);
  // A document that is large and another service's business travels as it is.
  if (isStruct(message)) return [];
  const zodFields = wire.fields ?? {};
  const protoFields = new Map(message.fields.map((field) => [field.name, field]));
  const missing = Object.keys(zodFields).filter((name) => !protoFields.has(name));
  const extra = [...protoFields.keys()].filter((name) => !(name in zodFields));
  const inside = [...protoFields].flatMap(([name, field]) => {
    const fieldShape = zodFields[name];
    return fieldShape ? fieldDifferences(fieldShape, field, `${at}.${name}`) : [];
  });
  return [
    ...missing.map((name) => `${at}.${name} is not in proto`),
    ...extra.map((n) => `${at}.${n} is not in zod`),
    ...inside,
  ];
}

function fieldDifferences(shape: Shape, field: DescField, at: string): string[] {
  const wire = wireOf(shape);
  const kind = fieldKind(field);
  if (kind === "struct") return [];
  if (wire.kind !== kind) return [`${at} is ${wire.kind} in zod and ${kind} in proto`];
  const tracksPresence = field.fieldKind === "message" || field.fieldKind === "list" || field.proto.proto3Optional;
  const bad = wire.optional && !tracksPresence ? [`${at} is optional in zod only`] : [];
  if (field.fieldKind === "message") return [...bad, ...differences(shape, field.message, at)];
  if (field.fieldKind === "list" && field.listKind === "message" && wire.item) {
    return [...bad, ...differences(wire.item, field.message, at)];
  }
  return bad;
}

describe("zod and proto say the same", () => {
  for (const contract of CONTRACTS) {
    for (const [name, method] of Object.entries(contract.methods)) {
      test(`${contract.id} ${name}`, () => {
        const found = [
          ...differences(method.input, method.desc.input, `${name} input`),
          ...differences(method.output, method.desc.output, `${name} output`),
        ];
        expect(found).toEqual([]);
      });
    }
    test(`${contract.id} has every method of its proto service`, () => {
      const declared = Object.values(contract.methods).map((method) => method.desc.name);
      expect(declared.sort()).toEqual(contract.desc.methods.map((method) => method.name).sort());
    });
  }

  test("a difference is found", () => {
    const message = CONTRACTS[1]?.methods.getBudget?.desc.output as DescMessage;
    const shape = z.object({ account: z.number(), budget_usdt: z.string().optional(), other: z.string() });
    expect(differences(shape, message, "x")).toEqual([
      "x.other is not in proto",
      "x.used_usdt is not in zod",
      "x.reserved_usdt is not in zod",
      "x.open_positions is not in zod",
      "x.account is number in zod and string in proto",
      "x.budget_usdt is optional in zod only",
    ]);
  });
});

describe("the proto folder", () => {
  const bin = join(ROOT, "node_modules", ".bin");
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const buf = (...args: string[]) =>
    Bun.spawnSync([join(bin, "buf"), ...args], { cwd: join(ROOT, "proto"), env, stderr: "pipe" });

  test("passes buf lint", () => {
    const { exitCode, stdout, stderr } = buf("lint");
    expect([exitCode, stdout.toString(), stderr.toString()]).toEqual([0, "", ""]);
  }, 300_000);

  test("has fresh generated code", async () => {
    const fresh = mkdtempSync(join(tmpdir(), "chimera-proto-"));
    try {
      expect(buf("generate", "-o", fresh).exitCode).toBe(0);
      for (const path of new Bun.Glob("**/*.ts").scanSync(join(fresh, "gen"))) {
        const [made, kept] = [join(fresh, "gen", path), join(ROOT, "proto", "gen", path)];
        expect(await Bun.file(kept).text()).toBe(await Bun.file(made).text());
      }
    } finally {
      rmSync(fresh, { recursive: true });
    }
  }, 300_000);
});
