/** Correct samplers differ: each is tested against its declared conventions. */
import { describe, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { stagesOf } from "../src/laws/support/chain.ts";
import { softmax } from "../src/math/softmax.ts";
import { minP } from "../src/sampling/min-p.ts";
import { type Conventions, type Sampler, sampler } from "../src/sampling/sampler.ts";
import { temperatureScale } from "../src/sampling/temperature.ts";
import { topK } from "../src/sampling/top-k.ts";
import { topP } from "../src/sampling/top-p.ts";
import { defineSampler } from "../src/subjects/define-sampler.ts";
import { reference } from "../src/subjects/reference.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";

/** Top-k of vLLM's fast path: logits that tie with the k-th are kept, too. */
const allTies: Sampler["topK"] = (logits, k) => {
  if (k === 0) return Float64Array.from(logits);
  const lowest = topK(logits, k).reduce((a, b) => (b > -Infinity ? Math.min(a, b) : a), Infinity);
  return Float64Array.from(logits, (logit) => (logit >= lowest ? logit : -Infinity));
};

/** Top-p with a mass above p, as in earlier versions of Hugging Face. */
const oneMore: Sampler["topP"] = (logits, p) => {
  const probs = softmax(logits);
  const kept = topP(logits, p);
  const mass = kept.reduce((sum, logit, id) => (logit > -Infinity ? sum + probs[id] : sum), 0);
  if (mass > p || p === 1) return kept;
  const rest = Float64Array.from(logits, (x, id) => (kept[id] > -Infinity ? -Infinity : x));
  const next = rest.indexOf(Math.max(...rest));
  return kept.with(next, logits[next]);
};

/** Temperature, then top-p before top-k, as some chains have it. */
const topPFirst: Sampler["distribution"] = (
  logits,
  { temperature = 1, topK: k = 0, topP: p = 1, minP: m = 0 },
) => softmax(minP(topK(topP(temperatureScale(logits, temperature), p), k), m));

/** Min-p before temperature, without other filters. */
const minPFirst: Sampler["distribution"] = (logits, { minP: m = 0, temperature = 1 }) =>
  softmax(temperatureScale(minP(logits, m), temperature));

describe.for<{
  what: string;
  law: string;
  changed: Partial<Sampler>;
  conventions: Partial<Conventions>;
}>([
  {
    what: "keeps all ties of top-k",
    law: "top-k-count",
    changed: { topK: allTies },
    conventions: { topKTies: "all" },
  },
  {
    what: "keeps one more token where the mass equals p",
    law: "top-p-mass",
    changed: { topP: oneMore },
    conventions: { topPEquality: "one more" },
  },
  {
    what: "offers min-p and temperature in this order",
    law: "filter-order",
    changed: { distribution: minPFirst },
    conventions: { order: ["minP", "temperature"] },
  },
  {
    what: "applies top-p before top-k",
    law: "filter-order",
    changed: { distribution: topPFirst },
    conventions: { order: ["temperature", "topP", "topK", "minP"] },
  },
])("a sampler that $what", ({ law, changed, conventions }) => {
  const statusWith = async (declared: Conventions) => {
    const subject = { ...reference, sampler: { ...sampler, ...changed, conventions: declared } };
    return (await runLaw(lawById(law), subject, { seed, runs: 500 })).status;
  };

  test(`keeps ${law} if it declares so`, async () => {
    expect(await statusWith({ ...sampler.conventions, ...conventions })).toBe("kept");
  });

  test(`breaks ${law} if it does not`, async () => {
    expect(await statusWith(sampler.conventions)).toBe("broken");
  });
});

const onehot = (length: number, id: number) => {
  const probs = new Float64Array(length);
  probs[id] = 1;
  return probs;
};

/** Every combination of the free choices: each is correct, and proves every law. */
const combinations = (["topK", "topP"] as const).flatMap((first) =>
  (["lower ids", "all"] as const).flatMap((topKTies) =>
    (["stop", "one more"] as const).map((topPEquality) => ({ first, topKTies, topPEquality })),
  ),
);

test("a correct sampler of two stages is never unproven by chance of its seed", async () => {
  const conventions = { ...sampler.conventions, order: ["minP", "temperature"] } as const;
  const changed = { ...sampler, distribution: minPFirst, conventions };
  for (let seed = 0; seed < 40; seed++) {
    const run = runLaw(
      lawById("filter-order"),
      { ...reference, sampler: changed },
      { seed, runs: 200 },
    );
    expect((await run).status).toBe("kept");
  }
});

describe.for(combinations)(
  "a sampler with $first first, ties: $topKTies, equality: $topPEquality",
  ({ first, ...conventions }) => {
    const filters = first === "topK" ? (["topK", "topP"] as const) : (["topP", "topK"] as const);
    const order: Conventions["order"] = sampler.conventions.order.map((name) =>
      name === "topK" ? filters[0] : name === "topP" ? filters[1] : name,
    );
    const parts: Sampler = {
      ...sampler,
      topK: conventions.topKTies === "all" ? allTies : topK,
      topP: conventions.topPEquality === "stop" ? topP : oneMore,
      conventions: { ...conventions, order },
    };
    const distribution: Sampler["distribution"] = (row, options = {}, history = []) => {
      const greedy = options.temperature === 0;
      const stages = stagesOf(parts, greedy ? { ...options, temperature: 1 } : options, history);
      const left = order.reduce<Float64Array>((x, name) => stages[name](x), Float64Array.from(row));
      return greedy ? onehot(left.length, sampler.greedy(left)) : softmax(left);
    };
    const subject = defineSampler({
      ...{ name: "variant", conventions: parts.conventions, topK: parts.topK, topP: parts.topP },
      ...{ minP: sampler.minP, greedy: sampler.greedy, temperatureScale: sampler.temperatureScale },
      ...{ repetitionPenalty: sampler.repetitionPenalty, ban: sampler.ban, distribution },
      frequencyPenalty: sampler.frequencyPenalty,
      presencePenalty: sampler.presencePenalty,
    });
    const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);

    test.for(offered)("keeps $id, and its canary is detected", async (law, { task }) => {
      const verdict = await runLaw(law, subject, { seed, runs: 400 });
      task.meta.cases = verdict.cases;
      if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
    });
  },
);
