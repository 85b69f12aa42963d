/** Samples of a bench of the demo model with generated times, so that every figure is known. */

import { emptySample } from "../src/bench/measure.ts";
import type { Sample } from "../src/bench/sample.ts";
import { taskFlops } from "../src/bench/task-cost.ts";
import type { Configs } from "../src/bench/timed-groups.ts";
import { normal, seededRandom } from "../src/math/random.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { seed } from "./support.ts";

export const { config } = namedModel("demo");
export const configs: Configs = new Map([
  ["demo", config],
  ["host", null],
]);
export const lengths = [10, 50, 100, 500, 1000];
export const marks = [1, 10, 20, 50, 100, 200, 500, 1000];

/** Time of a task on a machine with 2 GFLOP/s and 10 µs of overhead for each token. */
export function idealMs(sample: Sample): number {
  const flops = taskFlops(configs.get(sample.model)!, sample)!;
  return Number(flops) / 2e6 + 0.01 * sample.gen_len;
}

interface Making {
  readonly processes?: number;
  readonly rounds?: number;
  readonly timeMs?: (sample: Sample) => number;
}

/** Returns the samples of a bench of the demo model, with generated times. */
export function madeSamples({
  processes = 6,
  rounds = 5,
  timeMs = idealMs,
}: Making = {}): Sample[] {
  const samples: Sample[] = [];
  for (let process = 0; process < processes; process++) {
    let seqNo = 0;
    const run = (task: Sample["task"], mode: string, prompt: number | null, lengths: number[]) => {
      for (let round = 0; round < rounds; round++) {
        for (const isTwin of ["cached", "dot", "float64"].includes(mode)
          ? [false, true]
          : [false]) {
          const place = { process_id: process, round, slot: 0, seq_no: seqNo++ };
          for (const length of lengths) {
            const model = prompt === null ? "host" : "demo";
            const cell = { task: task as "roof", mode, isTwin, promptLength: prompt };
            const empty = emptySample({ run_id: "run", model }, cell, length);
            const figures = { t_start_ns: 0, token_digest: `${prompt ?? 0}/${length}`, gc_ns: 0 };
            const sample = { ...empty, ...place, ...figures, gc_count: 0, invol_ctx_switches: 0 };
            samples.push({ ...sample, t_ns: Math.round(1e6 * timeMs(sample)) });
          }
        }
      }
    };
    for (const mode of ["naive", "cached"]) {
      for (const prompt of lengths) run("sequence_length", mode, prompt, [1, 20]);
      run("generation_length", mode, 10, marks);
    }
    for (const prompt of lengths) run("prefill", "cached", prompt, [1]);
    run("roof", "dot", null, [500]);
    run("triad", "float64", null, [3]);
  }
  return samples;
}

/** Returns a little noise, the same for the same seed. */
export function noisy(factor: (sample: Sample) => number = () => 1): (sample: Sample) => number {
  const random = seededRandom(seed);
  return (sample) => idealMs(sample) * factor(sample) * Math.exp(0.005 * normal(random));
}
