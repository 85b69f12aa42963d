/** Engines in bfloat16, float16 and int8, with a known model and without. */
import { describe, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { bfloat16, float16, int8 } from "../src/math/arithmetic.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { defineSubject, type SubjectDefinition } from "../src/subjects/define-subject.ts";
import { viewOf } from "../src/subjects/views.ts";
import { canaryVerdict } from "../src/verify/canary-verdict.ts";
import { engineOf } from "../src/verify/engines-table.ts";
import { lawRows } from "../src/verify/laws-table.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { reportText } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";
import { type NarrowOptions, narrowEngine } from "./variants/narrow-engine.ts";

const config = modelConfig({
  ...{ vocabSize: 14, hiddenSize: 8, intermediateSize: 12, numHiddenLayers: 1 },
  ...{ numAttentionHeads: 2, numKeyValueHeads: 1, maxPositionEmbeddings: 16 },
});
const model = { name: "a checkpoint", config, weights: randomWeights(config, 4) };
const arithmetics = { bfloat16, float16, int8 };
type Name = keyof typeof arithmetics;
const names = Object.keys(arithmetics) as Name[];
const capabilities = ["all-rows", "rewind", "fork"] as const;

const fixedEngine = (
  name: Name,
  knows: boolean,
  options: NarrowOptions = {},
  more: Partial<SubjectDefinition> = {},
) => {
  const engine = narrowEngine(model, arithmetics[name], options);
  const fixed = { engine, config, ...(knows && { model }) };
  const bitwise = options.oneOrder ?? false;
  return defineSubject({ name, fixed, capabilities, arithmetic: name, bitwise, ...more });
};

type Subject = ReturnType<typeof fixedEngine>;

const offered = (subject: Subject) => laws.filter((law) => !missingNeeds(law, subject).length);

const wide = /its tolerance must be at most 1 % of the spread of the logits, got \d/;

/** Runs all laws that apply. Each must be kept, or have a tolerance that is too wide. */
async function wideLaws(subject: Subject): Promise<string[]> {
  const ids: string[] = [];
  for (const law of offered(subject)) {
    const verdict = await runLaw(law, subject, { seed, runs: 12 });
    const { status, reason, failure } = verdict;
    const isWide = status === "unproven" && wide.test(reason ?? "");
    if (isWide) ids.push(law.id);
    expect([law.id, isWide || status === "kept", failure?.message ?? reason]).toEqual([
      ...[law.id, true, isWide ? reason : null],
    ]);
    expect(isWide).toBe((verdict.toleranceShare ?? 0) > 0.01);
  }
  return ids;
}

describe("a correct engine", () => {
  test.for([true, false])(
    "in float16 keeps all laws that apply, model known: %s",
    async (knows) => {
      expect(await wideLaws(fixedEngine("float16", knows))).toEqual([]);
    },
  );

  test("in int8 keeps all laws but the one of the exact weights", async () => {
    expect(await wideLaws(fixedEngine("int8", true))).toEqual(["definition-equality"]);
    expect(await wideLaws(fixedEngine("int8", false))).toEqual([]);
  });

  test.for([true, false])("in bfloat16 breaks no law, model known: %s", async (knows) => {
    const ids = await wideLaws(fixedEngine("bfloat16", knows));
    expect(ids).toContain("cache-equality");
    expect(ids).not.toContain("finite-logits");
  });

  test("in bfloat16 that repeats its bits keeps all laws about itself", async () => {
    const options = { oneOrder: true };
    expect(await wideLaws(fixedEngine("bfloat16", true, options))).toEqual(["definition-equality"]);
    expect(await wideLaws(fixedEngine("bfloat16", false, options))).toEqual([]);
  });
});

describe.for(names)("%s", (name) => {
  test.for<[id: string, fault: NarrowOptions]>([
    ["rewind-equality", { rewindSpoils: true }],
    ["prefix-invariance", { future: 0.5 }],
    ["definition-equality", { scale: 1.5 }],
  ])("breaks %s with a bug", async ([id, fault]) => {
    for (const knows of id === "definition-equality" ? [true] : [true, false]) {
      const subject = fixedEngine(name, knows, fault);
      expect((await runLaw(lawById(id), subject, { seed, runs: 60 })).status).toBe("broken");
    }
  });

  test("has canaries that are detected beyond its tolerance", async () => {
    const subject = fixedEngine(name, true);
    for (const law of offered(subject)) {
      const view = viewOf(subject, law.kind)!;
      const { status, reason } = await canaryVerdict(law, view, 40, { seed, runs: 40 });
      expect([law.id, status, reason]).toEqual([law.id, "kept", null]);
    }
  });
});

test("a tolerance of the user makes a law provable, and is shown in every table", async () => {
  const tolerance = { absolute: 0, relative: 2 ** -8 };
  const law = lawById("cache-equality");
  const verdictOf = (more: Partial<SubjectDefinition>) =>
    runLaw(law, fixedEngine("bfloat16", true, {}, more), { seed, runs: 30 });
  const [own, overridden] = [await verdictOf({}), await verdictOf({ tolerance })];
  expect([own.status, own.tolerance]).toEqual(["unproven", "of the arithmetic"]);
  expect([overridden.status, overridden.tolerance]).toEqual(["kept", "overridden"]);
  expect(reportText({ verdicts: [overridden] })).toMatch(/0\.\d+ %, overridden/);
  const [row] = lawRows("run", { verdicts: [overridden] });
  expect(row.tolerance_from).toBe("overridden");
  expect(row.tolerance_share).toBeLessThan(0.01);
  const subject = fixedEngine("bfloat16", true, {}, { tolerance });
  expect((await engineOf(subject)).arithmetic).toBe("bfloat16");
});
