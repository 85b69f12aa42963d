/** Every law that reads logits requires rows of exactly V finite numbers. */
import { describe, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";

type Row = ArrayLike<unknown> | null | undefined;

const config = modelConfig({
  ...{ vocabSize: 7, hiddenSize: 8, intermediateSize: 8, numHiddenLayers: 2 },
  ...{ numAttentionHeads: 2, maxPositionEmbeddings: 16 },
});
const right = referenceDecoder(config, randomWeights(config, 1));

/** A fixed engine without a model whose rows are changed, each by the same function. */
function engineWith(change: (row: readonly number[]) => Row) {
  const changed = (row: ArrayLike<number>) => change(Array.from(row)) as never;
  return defineSubject({
    name: "engine",
    arithmetic: "float64",
    capabilities: ["all-rows", "rewind", "fork", "batch"],
    fixed: {
      config,
      engine: {
        start: async () => {
          const inner = await right.start();
          const sequence = (held: typeof inner) => ({
            get length() {
              return held.length;
            },
            append: async (tokens: readonly number[]) => changed(await held.append(tokens)),
            appendAll: async (tokens: readonly number[]) =>
              (await held.appendAll(tokens)).map(changed),
            rewind: (length: number) => held.rewind(length),
            fork: async () => sequence(await held.fork()) as never,
          });
          return sequence(inner);
        },
        startBatch: async (rows) => {
          const batch = await right.startBatch!(rows);
          const results = (all: (ArrayLike<number> | null)[]) =>
            all.map((row) => (row === null ? null : changed(row)));
          return {
            get lengths() {
              return batch.lengths;
            },
            append: async (tokens) => results(await batch.append(tokens)),
            appendPadded: async (tokens, counts) =>
              results(await batch.appendPadded(tokens, counts)),
            select: (indices) => batch.select(indices),
            [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
          };
        },
      },
    },
  });
}

const must = "threw engine: a row of logits must be V = 7 finite numbers, got";
const faults: readonly [string, (row: readonly number[]) => Row, string][] = [
  ["V - 1 numbers", (row) => row.slice(1), `${must} 6 numbers`],
  ["V + 1 numbers", (row) => [...row, 0], `${must} 8 numbers`],
  ["no numbers", () => [], `${must} 0 numbers`],
  ["NaN", (row) => row.with(3, Number.NaN), `${must} NaN for token 3`],
  ["infinity", (row) => row.with(6, -1 / 0), `${must} -Infinity for token 6`],
  ["null", () => null, `${must} null`],
  ["undefined", () => undefined, `${must} undefined`],
  ["strings", (row) => row.map(String), `${must} "`],
  ["nulls", (row) => row.map(() => null), `${must} null for token 0`],
  ["2^53 numbers", () => ({ length: 2 ** 53 }), `${must} 9007199254740992 numbers`],
];

const offered = laws.filter(
  (law) =>
    missingNeeds(
      law,
      engineWith((row) => row),
    ).length === 0,
);

test("the laws below are those of an engine without sampler, model and build", () => {
  expect(offered.length).toBeGreaterThan(14);
});

describe.for(faults)("rows of %s", ([, change, message]) => {
  test.for(offered)("break $id", async (law) => {
    const verdict = await runLaw(law, engineWith(change), { seed, runs: 10 });
    expect(verdict.status).toBe("broken");
    expect(verdict.failure?.message).toContain(message);
  });
});

test("the same engine with its own rows keeps every law", async () => {
  for (const law of offered) {
    const { status, failure } = await runLaw(
      law,
      engineWith((row) => row),
      { seed, runs: 20 },
    );
    expect([law.id, status, failure]).toEqual([law.id, expect.not.stringMatching("broken"), null]);
  }
});

test("engines that are built are held to it too, also by laws that build another model", async () => {
  const short = (model: Parameters<NonNullable<typeof reference.build>>[0]) => {
    const decoder = reference.build!(model);
    return {
      start: async () => {
        const sequence = await decoder.start();
        return {
          get length() {
            return sequence.length;
          },
          append: async (tokens: readonly number[]) => (await sequence.append(tokens)).slice(1),
        };
      },
    };
  };
  const subject = defineSubject({ name: "engine", build: short, arithmetic: "float64" });
  for (const id of ["score-shift", "definition-equality", "window-receptive-field"]) {
    const { status } = await runLaw(lawById(id), subject, { seed, runs: 10 });
    expect([id, status]).toEqual([id, "broken"]);
  }
});

test("a bad row is no refusal of illegal input", async () => {
  const decoder = referenceDecoder(config, randomWeights(config, 1));
  const lenient = defineSubject({
    name: "engine",
    arithmetic: "float64",
    fixed: {
      config,
      engine: {
        start: async () => {
          const sequence = await decoder.start();
          return {
            get length() {
              return sequence.length;
            },
            append: (tokens: readonly number[]) =>
              tokens.length === 0 ? new Float64Array(0) : sequence.append(tokens),
          };
        },
      },
    },
  });
  const { failure } = await runLaw(lawById("illegal-input"), lenient, { seed, runs: 10 });
  expect(failure?.message).toBe("no token was accepted");
});
