import { expect, test } from "vitest";
import { generationLengthCells, measureLatency } from "../src/bench/latency.ts";
import { latencyCells, ratioCells } from "../src/bench/tables.ts";
import { modelConfig } from "../src/config.ts";
import type { Decoder } from "../src/decoder.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { csvText } from "../src/report/csv.ts";
import { randomWeights } from "../src/weights.ts";

const config = modelConfig({
  vocabSize: 11,
  hiddenSize: 8,
  intermediateSize: 6,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  maxPositionEmbeddings: 16,
});
const decoder = referenceDecoder(config, randomWeights(config, 1, 3));
const quick = { leastSamples: 2, budgetMs: 0, mostSamples: 2 };
const labels = { runId: "run", model: "small", config };

test("a cell is timed in both modes, with the exact FLOPs of each", async () => {
  const rows = await measureLatency(decoder, generationLengthCells([5], 3), quick);
  expect(rows.map(({ mode, status }) => [mode, status])).toEqual([
    ["cached", "ok"],
    ["naive", "ok"],
  ]);
  const [cached, naive] = rows.map((row) => latencyCells(labels, row));
  expect(naive.flops_exact_causal).toBeGreaterThan(cached.flops_exact_causal as bigint);
  const [ratio] = ratioCells(labels, rows);
  expect(ratio.tokens_identical).toBe(true);
  const predicted = Number(naive.flops_exact_causal) / Number(cached.flops_exact_causal);
  expect(ratio.flops_ratio_predicted).toBeCloseTo(predicted, 2);
});

test("a row whose tokens disagree has a status and no figure", async () => {
  // Every second sequence is another model's: some timed run must give other tokens.
  const other = referenceDecoder(config, randomWeights(config, 2, 3));
  let starts = 0;
  const fickle: Decoder = { ...decoder, start: () => (starts++ % 2 ? other : decoder).start() };
  const rows = await measureLatency(fickle, generationLengthCells([6], 3), quick);
  expect(rows.map(({ status, times }) => [status, times])).toEqual([
    ["mismatch", null],
    ["mismatch", null],
  ]);
  expect(latencyCells(labels, rows[0])).toMatchObject({ median_ms: null, status: "mismatch" });
});

test("a cell that does not fit the context is a row of its own", async () => {
  const cells = generationLengthCells([14, 15], 3); // P + n - 1 <= 16
  const rows = await measureLatency(decoder, cells, quick);
  expect(rows.map(({ status }) => status)).toEqual(["ok", "ok", "too_long", "too_long"]);
  expect(ratioCells(labels, rows)[1]).toMatchObject({ ratio_median: null, status: "too_long" });
});

test("CSV keeps integers exact, booleans as words, and blanks for what does not apply", () => {
  const row = { a: 2n ** 70n, b: false, c: null, d: Number.NaN, e: -1.5, f: "=1+1", g: 'x,"y"' };
  const columns = ["a", "b", "c", "d", "e", "f", "g"] as const;
  const line = '1180591620717411303424,false,,,-1.5,\'=1+1,"x,""y"""';
  expect(csvText(columns, [row])).toBe(`a,b,c,d,e,f,g\n${line}\n`);
  const { g: _, ...short } = row;
  expect(() => csvText(columns, [short as typeof row])).toThrow("got [g] missing");
});
