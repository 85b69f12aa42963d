/** Correct samplers differ: each is tested against its declared conventions. */
import { describe, expect, test } from "vitest";
import { lawById } from "../src/laws/index.ts";
import { softmax } from "../src/math/softmax.ts";
import { minP } from "../src/sampling/min-p.ts";
import { type Conventions, type Sampler, sampler } from "../src/sampling/sampler.ts";
import { temperatureScale } from "../src/sampling/temperature.ts";
import { topK } from "../src/sampling/top-k.ts";
import { topP } from "../src/sampling/top-p.ts";
import { reference } from "../src/subjects/reference.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";
import { allTies, oneMore } from "./variants/samplers.ts";

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
