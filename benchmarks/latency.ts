/**
 * Latency of greedy generation by the demo model, naive and cached: against the prompt's length
 * with 20 new tokens, and against the number of new tokens after a prompt of 10.
 *
 * Expected: the naive / cached ratio follows the ratio of exact FLOPs, `flops_ratio_predicted` in
 * ratios.csv; both kinds of pass run the same kernels, so the ratio of times has no other reason.
 */
import { generationLengthCells, sequenceLengthCells } from "../src/bench/latency.ts";
import { namedModel } from "../src/models/registry.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { writeLatencyTables } from "../src/report/latency-tables.ts";
import { initWeights } from "../src/weights.ts";
import type { Benchmark } from "./benchmark.ts";

const tens = (count: number, unit: number) =>
  Array.from({ length: count }, (_, i) => unit * (i + 1));

const scales = {
  smoke: {
    cells: [...sequenceLengthCells([10], 4), ...generationLengthCells([4, 8], 10)],
    options: { leastSamples: 2, budgetMs: 10, mostSamples: 3 },
  },
  full: {
    cells: [
      ...sequenceLengthCells([10, 50, 100, 500, 1000], 20),
      ...generationLengthCells([...tens(10, 10), ...tens(10, 100).slice(1)], 10),
    ],
    options: { leastSamples: 3, budgetMs: 5000, mostSamples: 100 },
  },
};

export const latency: Benchmark = {
  name: "latency",
  run: async (scale, folder, record, progress) => {
    const { name, config } = namedModel("demo");
    const decoder = referenceDecoder(config, initWeights(config, record.seed));
    const { cells, options } = scales[scale];
    progress.start("latency", 2 * cells.length);
    const timed = { ...options, onRow: progress.step };
    const { files } = await writeLatencyTables(folder, record, name, decoder, cells, timed);
    return files;
  },
};
