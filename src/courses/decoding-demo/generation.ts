import { generationFlops } from "../../cost/flops.ts";
import { type CacheMode, type StepConvention, tokenSteps } from "../../cost/generation.ts";
import { generate } from "../../generation/generate.ts";
import {
  bigInteger,
  defineTable,
  integer,
  number,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../../io/table.ts";
import { seededRandom } from "../../math/random.ts";
import type { Model } from "../../model/model.ts";
import { referenceDecoder } from "../../reference/reference-decoder.ts";

export const generationTable = defineTable({
  file: "generation.csv",
  command: "npx causalgate demo",
  about: "One step of a generation: the tokens that each mode runs through the model.",
  columns: {
    schema_version: version,
    model: text("model name"),
    prompt_len: integer("tokens of the prompt, P"),
    step: integer("generated tokens so far, n"),
    token: integer("token that the step generates"),
    naive_tokens: integer("tokens that the step runs without a cache"),
    cached_tokens: integer("tokens that the step runs with a cache"),
    naive_total: integer("tokens run so far without a cache"),
    cached_total: integer("tokens run so far with a cache"),
    naive_total_all_sampled: integer("naive_total if each step also counts its sampled token"),
    cached_total_last_sampled: integer("cached_total if the last sampled token also counts"),
  },
});

export const generationCostTable = defineTable({
  file: "generation-cost.csv",
  command: "npx causalgate demo",
  about: "Exact FLOPs of a generation without and with a cache.",
  columns: {
    schema_version: version,
    model: text("model name"),
    prompt_len: integer("tokens of the prompt"),
    gen_len: integer("generated tokens"),
    naive_flops: bigInteger("FLOPs without a cache"),
    cached_flops: bigInteger("FLOPs with a cache"),
    flops_ratio: number("naive_flops divided by cached_flops"),
  },
});

/** Ten tokens after a prompt of four. */
const prompt = [3, 7, 11, 15];
const newTokens = 10;

/**
 * Returns the steps of a generation in both modes, which must give the same tokens, with the number
 * of tokens that each step runs: counted by the loop, and by the two textbook conventions.
 */
export async function generationRows(
  { name, config, weights }: Model,
  seed: number,
): Promise<RowOf<typeof generationTable>[]> {
  const decoder = referenceDecoder(config, weights);
  const run = (maxNewTokens: number, naive: boolean) =>
    generate(decoder, prompt, { maxNewTokens, naive, random: seededRandom(seed) });
  const rows: RowOf<typeof generationTable>[] = [];
  let [naiveBefore, cachedBefore] = [0, 0];
  for (let n = 1; n <= newTokens; n++) {
    const [naive, cached] = [await run(n, true), await run(n, false)];
    if (naive.tokens.join() !== cached.tokens.join()) {
      throw new Error(`demo: both modes must generate ${naive.newTokens}, got ${cached.newTokens}`);
    }
    const by = (mode: CacheMode, convention: StepConvention) =>
      Number(tokenSteps({ promptLength: prompt.length, newTokens: n, mode }, convention));
    rows.push({
      schema_version: schemaVersion,
      model: name,
      prompt_len: prompt.length,
      step: n,
      token: naive.newTokens[n - 1],
      naive_tokens: naive.tokenSteps - naiveBefore,
      cached_tokens: cached.tokenSteps - cachedBefore,
      naive_total: naive.tokenSteps,
      cached_total: cached.tokenSteps,
      naive_total_all_sampled: by("naive", "all-sampled"),
      cached_total_last_sampled: by("cached", "last-sampled"),
    });
    [naiveBefore, cachedBefore] = [naive.tokenSteps, cached.tokenSteps];
  }
  return rows;
}

const lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Returns the exact FLOPs of generations of growing length after a prompt of ten tokens. */
export function generationCostRows({ name, config }: Model): RowOf<typeof generationCostTable>[] {
  const promptLength = 10;
  return lengths.map((n) => {
    const flops = (mode: CacheMode) =>
      generationFlops(config, { promptLength, newTokens: n, mode });
    const [naive, cached] = [flops("naive"), flops("cached")];
    return {
      schema_version: schemaVersion,
      model: name,
      prompt_len: promptLength,
      gen_len: n,
      naive_flops: naive,
      cached_flops: cached,
      flops_ratio: Number((Number(naive) / Number(cached)).toPrecision(5)),
    };
  });
}
