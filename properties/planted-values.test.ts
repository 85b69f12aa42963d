/** Bugs that act at certain values only, such as small temperatures and distant token ids. */
import { describe, expect, test } from "vitest";
import { lawById } from "../src/laws/index.ts";
import type { Logits } from "../src/math/logits.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { sampler } from "../src/sampling/sampler.ts";
import { defineSampler } from "../src/subjects/define-sampler.ts";
import { defineSubject, type Engine } from "../src/subjects/define-subject.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";

/** Returns the statuses of these laws. */
async function statuses(subject: Subject, ids: readonly string[], options = {}) {
  const runs = ids.map((id) => runLaw(lawById(id), subject, { seed, runs: 60, ...options }));
  return (await Promise.all(runs)).map(({ status }) => status);
}

describe("a sampler that divides in half precision", () => {
  const distribution: typeof sampler.distribution = (logits, options, history) => {
    const probs = sampler.distribution(logits, options, history);
    const { temperature: T = 1 } = options;
    return T > 0 && T < 0.01 ? probs.fill(Number.NaN) : probs;
  };

  test("and returns NaN below T = 0.01, is broken", async () => {
    const subject = defineSampler({ ...sampler, name: "cold", distribution });
    const ids = ["filter-order", "non-empty-support", "temperature-scaling"];
    // One case of twelve has such a temperature, and a law stops at the first that it breaks.
    const found = await statuses(subject, ids, { runs: 1000, large: 0 });
    expect(found).toEqual(["broken", "broken", "broken"]);
  });
});

/** A cache of logits for all sequences of a decoder, by the texts that a key distinguishes. */
function prefixCached({ config, weights }: Model, key: (id: number) => number): Engine {
  const decoder = referenceDecoder(config, weights);
  const known = new Map<string, Logits>();
  return {
    start: async () => {
      const sequence = await decoder.start();
      const held: number[] = [];
      const append = async (tokens: readonly number[]) => {
        const logits = await sequence.append(tokens);
        held.push(...tokens);
        const name = held.map(key).join();
        const cached = known.get(name) ?? logits;
        known.set(name, cached);
        return cached;
      };
      return {
        get length() {
          return sequence.length;
        },
        append,
        appendAll: async (tokens) => {
          const rows: Logits[] = [];
          for (const token of tokens) rows.push(await append([token]));
          return rows;
        },
      };
    },
  };
}

describe("a prefix cache", () => {
  const keyed = (name: string, key: (id: number) => number) =>
    defineSubject({
      ...{ name, arithmetic: "float64", bitwise: true },
      capabilities: ["all-rows"],
      build: (model) => prefixCached(model, key),
    });

  const ids = ["sequence-reuse", "context-sensitivity"];

  test("by whole ids keeps the laws", async () => {
    const subject = keyed("whole ids", (id) => id);
    expect(await statuses(subject, ids)).toEqual(["kept", "kept"]);
  });

  test.for([
    { bits: 8, large: 12 },
    { bits: 16, large: 100 },
  ])("by the low $bits bits of an id is broken", async ({ bits, large }) => {
    const subject = keyed("low bits", (id) => id % 2 ** bits);
    expect(await statuses(subject, ids.slice(0, 1), { large })).toEqual(["broken"]);
  });
});
