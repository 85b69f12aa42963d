/**
 * Latency of generation, naive and cached, over prompt lengths and generation lengths. Every timed
 * run is audited: its tokens must be those of every other run of the same prompt, or the row has a
 * status and no figure.
 */
import { Bench } from "tinybench";
import type { Decoder } from "../decoder.ts";
import { generate } from "../generate.ts";

export type Mode = "naive" | "cached";

/** What one row times: `newTokens` tokens generated greedily after a prompt of `promptLength`. */
export interface Cell {
  readonly task: "sequence_length" | "generation_length";
  readonly promptLength: number;
  readonly newTokens: number;
}

export interface LatencyOptions {
  /** Every cell is timed at least this often. */
  readonly leastSamples: number;
  /** And as often as fits in this time, up to `mostSamples`. */
  readonly budgetMs: number;
  readonly mostSamples: number;
  /** Called after every cell and mode. */
  readonly onRow?: () => void;
}

/** The times of one cell in one mode, and whether its tokens were right. */
export interface LatencyRow extends Cell {
  readonly mode: Mode;
  /** `ok`; `mismatch` where naive and cached disagree; `too_long` where the context has no room. */
  readonly status: "ok" | "mismatch" | "too_long";
  /** Milliseconds for the whole generation, null unless `ok`. */
  readonly times: Times | null;
}

export interface Times {
  readonly samples: number;
  readonly medianMs: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Median absolute deviation, unscaled. */
  readonly madMs: number;
}

/** Times every cell in both modes, cached first. */
export async function measureLatency(
  decoder: Decoder,
  cells: readonly Cell[],
  options: LatencyOptions,
): Promise<LatencyRow[]> {
  const rows: LatencyRow[] = [];
  for (const cell of cells) {
    rows.push(...(await measureCell(decoder, cell, options)));
  }
  return rows;
}

async function measureCell(
  decoder: Decoder,
  cell: Cell,
  options: LatencyOptions,
): Promise<LatencyRow[]> {
  const prompt = benchPrompt(decoder, cell.promptLength);
  const fits = cell.promptLength + cell.newTokens - 1 <= decoder.config.maxPositionEmbeddings;
  const timed: { mode: Mode; times: Times | null; outputs: string[] }[] = [];
  for (const mode of ["cached", "naive"] as const) {
    const outputs: string[] = [];
    const run = async () => {
      const { newTokens } = cell;
      const options = { maxNewTokens: newTokens, temperature: 0, naive: mode === "naive" };
      outputs.push((await generate(decoder, prompt, options)).newTokens.join());
    };
    timed.push({ mode, times: fits ? await time(run, options) : null, outputs });
    options.onRow?.();
  }
  const alike = new Set(timed.flatMap(({ outputs }) => outputs)).size <= 1;
  const status = !fits ? "too_long" : alike ? "ok" : "mismatch";
  return timed.map(({ mode, times }) => ({
    ...cell,
    mode,
    status,
    times: status === "ok" ? times : null,
  }));
}

/** Times `run` with tinybench: once to see how long it takes, then as often as the options say. */
async function time(run: () => Promise<void>, options: LatencyOptions): Promise<Times> {
  const start = performance.now();
  await run();
  const affordable = Math.floor(options.budgetMs / (performance.now() - start));
  const { leastSamples, mostSamples } = options;
  const iterations = Math.max(leastSamples, Math.min(mostSamples, affordable));
  const bench = new Bench({ iterations, time: 0, warmup: false, throws: true });
  bench.add("generate", run, { async: true });
  const [task] = await bench.run();
  const result = task.result;
  if (!("latency" in result)) {
    throw new Error(`bench: a timed run must complete, got state ${result.state}`);
  }
  const { samplesCount, p50, mean, min, max, mad } = result.latency;
  return { samples: samplesCount, medianMs: p50, meanMs: mean, minMs: min, maxMs: max, madMs: mad };
}

/** The same prompt for every mode and every run: ids that walk through the vocabulary. */
export function benchPrompt({ config }: Decoder, length: number): number[] {
  return Array.from({ length }, (_, t) => (t * 31 + 7) % config.vocabSize);
}

/** Prompt lengths with a fixed number of new tokens, as in the assignment's benchmark. */
export function sequenceLengthCells(lengths: readonly number[], newTokens: number): Cell[] {
  return lengths.map((promptLength) => ({ task: "sequence_length", promptLength, newTokens }));
}

/** Generation lengths after one fixed prompt. */
export function generationLengthCells(lengths: readonly number[], promptLength: number): Cell[] {
  return lengths.map((newTokens) => ({ task: "generation_length", promptLength, newTokens }));
}
