/** The smallest case of a failure, as code that runs again. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomModel } from "../src/arbitraries/models.ts";
import { lawById, laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference, referenceOf } from "../src/subjects/reference.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { viewOf } from "../src/subjects/views.ts";
import { caseText } from "../src/verify/case-text.ts";
import { type CaseValues, checkCase } from "../src/verify/check-case.ts";
import { casesOf } from "../src/verify/large-cases.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";

const config = { vocabSize: 9, hiddenSize: 8, intermediateSize: 8, maxPositionEmbeddings: 16 };
const settings = { ...config, numHiddenLayers: 1, numAttentionHeads: 2, numKeyValueHeads: 1 };

/** An engine that is wrong after token 3, wherever it is. */
const broken = defineSubject({
  name: "broken",
  arithmetic: "float64",
  build: ({ config, weights }) => {
    const decoder = referenceDecoder(config, weights);
    return {
      start: async () => {
        const sequence = await decoder.start();
        return {
          get length() {
            return sequence.length;
          },
          append: async (tokens) => {
            const logits = await sequence.append(tokens);
            if (tokens.includes(3) && tokens.length > 1) logits[0]++;
            return logits;
          },
        };
      },
    };
  },
});

type Call = (...values: unknown[]) => unknown;

/** Runs printed code with these names. */
function run(code: string, names: Readonly<Record<string, unknown>>): unknown {
  const body: Call = Object.getPrototypeOf(async () => {}).constructor(...Object.keys(names), code);
  return body(...Object.values(names));
}

test("the printed call breaks the law again, with the same message", async () => {
  const verdict = await runLaw(lawById("cache-equality"), broken, { seed, runs: 200 });
  const [line] = describeVerdict(verdict)
    .split("\n")
    .flatMap((one) => (one.startsWith("  smallest") ? [one.slice(12)] : []));
  expect(line).toMatch(/^await checkCase\(lawById\("cache-equality"\), subject, \{.*\}\)$/);
  const names = { checkCase, lawById, randomModel };
  await expect(run(line, { ...names, subject: broken })).rejects.toThrow(verdict.failure?.message);
  expect(await run(line, { ...names, subject: reference })).toBeUndefined();
});

describe("every case is printed as code that makes it again", () => {
  test.for(laws.map(({ id }) => id))("%s", async (id) => {
    const law = lawById(id);
    const view = viewOf(reference as Subject, law.kind)!;
    if (missingNeeds(law, view).length > 0) return;
    const cases = fc.sample(casesOf(law, view, null), { numRuns: 4, seed });
    for (const value of cases) {
      const again = (await run(`return ${caseText(value)}`, { randomModel })) as CaseValues;
      const { candidate, ...others } = again;
      expect(candidate?.weights).toEqual(value.candidate?.model?.weights);
      const text = await outcome(() => law.check(value, view as never));
      expect(await outcome(() => checkCase(law, reference, again))).toBe(text);
      expect(Object.keys(others)).toEqual(Object.keys(value).filter((key) => key !== "candidate"));
    }
  });
});

/** Returns the error that a check throws, as a text; null if there is none. */
async function outcome(check: () => unknown): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    return String(error);
  }
}

test("token ids are those that the model was given", () => {
  const law = lawById("cache-equality");
  const view = viewOf(reference, "logits")!;
  for (const value of fc.sample(casesOf(law, view, null), { numRuns: 20, seed })) {
    const { tokens } = JSON.parse(`{${/"tokens":\[.*?\]/.exec(caseText(value))?.[0]}}`);
    const { vocabSize } = value.candidate!.model!.config;
    expect(Math.max(...(tokens as number[]))).toBeLessThan(vocabSize);
  }
});

describe("a case is refused", () => {
  const law = lawById("cache-equality");
  const model = randomModel(settings, 1);

  test("without a model, by a subject that builds decoders", async () => {
    await expect(checkCase(law, reference, { tokens: [0] })).rejects.toThrow(
      "checkCase: the case must have a candidate, as reference builds its decoders, got none",
    );
  });

  test("with a model, by a subject that has one decoder", async () => {
    const fixed = { ...referenceOf(model), build: null };
    await expect(checkCase(law, fixed, { tokens: [0], candidate: model })).rejects.toThrow(
      "must build decoders if the case has a candidate",
    );
    expect(await checkCase(law, fixed, { tokens: [0, 1] })).toBeUndefined();
  });

  test("with weights of an unknown kind", () => {
    expect(() => randomModel(settings, 1, 1, ["huge" as "ties"])).toThrow(
      'randomModel: a kind of weights must be one of ties, sharp attention, outlier channel, zero rows, got "huge"',
    );
  });
});
