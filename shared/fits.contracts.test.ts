import { describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import fc from "fast-check";
import * as contracts from "./contracts.ts";
import { Decimal, PositiveDecimal } from "./domain/instrument.ts";
import { fits } from "./fits.ts";

interface Def {
  readonly type: string;
  readonly format?: string;
  readonly checks?: readonly {
    readonly _zod: { readonly def: { readonly check: string; readonly pattern?: RegExp } };
  }[];
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly options?: readonly z.ZodType[];
}
const defOf = (schema: z.ZodType) => schema._zod.def as unknown as Def;
const numbers = fc.oneof(fc.integer({ min: -2, max: 130 }), fc.double(), fc.constantFrom(-0, 2 ** 53, Number.NaN));
const wild = fc.oneof(
  fc.anything({ maxDepth: 1, maxKeys: 2 }),
  fc.constantFrom<unknown>(undefined, null, "", "😀", "a\ud800", 1, -0, [], {}),
);
const decimals = fc.constantFrom<unknown>("1", "12.50", "+.5", "-1", "0", "1e3", 3, 0.1);

/** Mostly what the schema takes, sometimes what it takes and alters, sometimes neither. */
function near(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 60, arbitrary: like(schema) }, { weight: 1, arbitrary: wild });
}

function like(schema: z.ZodType): fc.Arbitrary<unknown> {
  if (schema === Decimal || schema === PositiveDecimal) return decimals;
  const def = defOf(schema);
  const { values } = schema._zod;
  switch (def.type) {
    case "string": {
      const pattern = def.checks?.find(({ _zod }) => _zod.def.pattern)?._zod.def.pattern;
      return pattern ? fc.stringMatching(pattern) : fc.string({ unit: "binary", maxLength: 40 });
    }
    case "number":
      return numbers;
    case "boolean":
      return fc.boolean();
    case "enum":
    case "literal":
      return fc.constantFrom<unknown>(...(values as Set<unknown>));
    case "optional":
    case "default":
      return fc.option(near(def.innerType!), { nil: undefined });
    case "nullable":
      return fc.option(near(def.innerType!), { nil: null });
    case "array":
      return fc.array(near(def.element!), { maxLength: 3 });
    case "object":
      return objectLike(def.shape!);
    case "record":
      return fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor")), near(def.valueType!), {
        maxKeys: 4,
      });
    case "union":
      return fc.oneof(...def.options!.map(near));
    default:
      return fc.constantFrom<unknown>(undefined, 1, "a", {});
  }
}

/** Keys that may be left out are left out, are undefined or have a value; now and then one is there that nobody knows. */
function objectLike(shape: Readonly<Record<string, z.ZodType>>): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(shape).map(([key, field]) => [key, near(field)]));
  const requiredKeys = Object.keys(shape).filter((key) => shape[key]!._zod.optin === undefined);
  const known = fc.record(fields, { requiredKeys });
  const more = fc.dictionary(fc.constantFrom("zzz", "__proto__", "constructor"), wild, { minKeys: 1, maxKeys: 2 });
  return fc.oneof(
    { weight: 30, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, more).map(([some, others]) => ({ ...(some as object), ...others })) },
  );
}

const SCHEMAS = Object.values(contracts).flatMap((each) =>
  typeof each === "object" && "methods" in each
    ? Object.entries(each.methods as Record<string, { input: z.ZodType; output: z.ZodType }>).flatMap(
        ([name, { input, output }]): [string, z.ZodType][] => [
          [`${each.id} ${name} asks`, input],
          [`${each.id} ${name} answers`, output],
        ],
      )
    : [],
);

describe("what fits the shapes that services ask and answer with", () => {
  test.each(SCHEMAS)("property: %s only what parsing answers as it is", (_name, schema) => {
    fc.assert(
      fc.property(near(schema), (value) => {
        if (!fits(schema, value)) return;
        const parsed = schema.safeParse(value);
        expect(parsed.success).toBe(true);
        expect(parsed.data).toStrictEqual(value as never);
      }),
      { seed: 17, numRuns: 60 },
    );
  });

  test("most of them are taken as they stand, when they are right", () => {
    const taken = SCHEMAS.filter(([, schema]) =>
      fc.sample(like(schema), { seed: 17, numRuns: 50 }).some((value) => fits(schema, value)),
    );
    expect(taken.length).toBeGreaterThan(SCHEMAS.length / 2);
  });
});
