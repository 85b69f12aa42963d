/**
 * Rates, as ratios within one process: the FLOP rate of cached decode of the demo model against
 * that of a bare dot product over Float64Array, and law cases per second on generated decoders.
 *
 * Expected: decode at no less than 0.6 of the bare loop. It is faster because four rows share the
 * loads of one input and four sums hide the latency of addition; a long context is slower again,
 * because no FLOP column counts the exponentials of softmax.
 */
import { Bench, type BenchOptions, type Statistics } from "tinybench";
import { type RateRow, ratesTable } from "../src/bench/rates-table.ts";
import { benchPrompt } from "../src/bench/workloads.ts";
import { decodeFlops } from "../src/cost/flops.ts";
import { writeTable } from "../src/io/csv.ts";
import type { RunRecord } from "../src/io/run-record.ts";
import { blankCells, schemaVersion } from "../src/io/table.ts";
import { laws } from "../src/laws/index.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { reference } from "../src/subjects/reference.ts";
import { runLaw } from "../src/verify/run-law.ts";

/** `smoke` ends in seconds and runs in the tests. */
export type RateScale = "smoke" | "full";

const scales = {
  smoke: { contexts: [8], times: { time: 20, iterations: 10 }, cases: 20 },
  full: { contexts: [16, 100, 500, 1000], times: { time: 1500, iterations: 64 }, cases: 3000 },
};

const round = (value: number) => Number(value.toPrecision(4));

/** Measures, writes `rates.csv` into the folder, and returns its path. */
export async function measureAllRates(
  scale: RateScale,
  folder: string,
  record: RunRecord,
  step: () => void,
): Promise<string> {
  const { contexts, times, cases } = scales[scale];
  const blank = {
    schema_version: schemaVersion,
    run_id: record.run_id,
    ...blankCells(ratesTable),
  };
  const rows: RateRow[] = [];
  let dotRate = 0;
  for (const measured of await measureRates(contexts, times, record.seed, step)) {
    if (measured.context_tokens === null) dotRate = measured.gflops_per_s;
    const ratio = round(measured.gflops_per_s / dotRate);
    rows.push({ ...blank, ...measured, ratio_to_dot: ratio });
  }
  for (const law of laws) {
    const { seed } = record;
    let n = 0;
    const { p50 } = await latencyOf(law.id, { iterations: 1, time: 0, warmup: false }, async () => {
      n = (await runLaw(law, reference, { seed, runs: cases })).cases;
    });
    rows.push({ ...blank, what: law.id, n, cases_per_s: Math.round((1000 * n) / p50) });
    step();
  }
  return writeTable(folder, ratesTable, rows);
}

/** Returns the number of steps of {@link measureAllRates}. */
export function rateSteps(scale: RateScale): number {
  return 1 + scales[scale].contexts.length + laws.length;
}

/** Measures the bare dot product, then one decode step at each context. */
async function measureRates(
  contexts: readonly number[],
  times: { time: number; iterations: number },
  seed: number,
  step: () => void,
) {
  const rows = [await rate("dot", null, 2 * 4096, dotProduct(), times)];
  step();
  const { config } = namedModel("demo");
  const decoder = referenceDecoder(config, initWeights(config, seed));
  for (const context of contexts) {
    await using sequence = await decoder.start();
    const tokens = benchPrompt(config, context);
    const [expected] = await sequence.append(tokens);
    const decode = async () => {
      await sequence.rewind(context - 1);
      return (await sequence.append(tokens.slice(-1)))[0];
    };
    const logit = await decode();
    if (logit !== expected) {
      throw new Error(`rates: decode at ${context} must give ${expected}, got ${logit}`);
    }
    const flops = Number(decodeFlops(config, context));
    rows.push(await rate("decode", context, flops, decode, times));
    step();
  }
  return rows;
}

/** Returns a plain dot product of 4,096 numbers. */
function dotProduct(): () => Promise<number> {
  const a = Float64Array.from({ length: 4096 }, (_, i) => Math.sin(i));
  const b = Float64Array.from({ length: 4096 }, (_, i) => Math.cos(i));
  return async () => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  };
}

async function rate(
  what: string,
  context: number | null,
  flops: number,
  run: () => Promise<number>,
  times: { time: number; iterations: number },
) {
  let checksum = 0;
  const { p50, samplesCount } = await latencyOf(what, times, async () => {
    checksum = await run();
  });
  return {
    what,
    context_tokens: context,
    n: samplesCount,
    median_ms: round(p50),
    gflops_per_s: round(flops / p50 / 1e6),
    checksum: round(checksum),
  };
}

/** Runs and times a function by tinybench. */
async function latencyOf(
  name: string,
  options: BenchOptions,
  run: () => Promise<void>,
): Promise<Statistics> {
  const bench = new Bench({ ...options, throws: true });
  bench.add(name, run, { async: true });
  const [{ result }] = await bench.run();
  if ("latency" in result) return result.latency;
  throw new Error(`${name}: must complete, got ${result.state}`);
}
