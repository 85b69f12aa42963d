/** Measurement: its order, its audit, its plan. */
import { describe, expect, test } from "vitest";
import { type BenchmarkName, benchmarks, grids } from "../src/bench/grids.ts";
import { latencyRows } from "../src/bench/latency-table.ts";
import { measure, type Workload } from "../src/bench/measure.ts";
import { measureSampling } from "../src/bench/measure-sampling.ts";
import { host, type PlannedModel, planBench } from "../src/bench/plan.ts";
import { ratioRows } from "../src/bench/ratios-table.ts";
import type { BenchCell, Job, Sample } from "../src/bench/sample.ts";
import { type Configs, timedGroups } from "../src/bench/timed-groups.ts";
import { benchPrompt, generationWorkload } from "../src/bench/workloads.ts";
import type { Decoder } from "../src/decoder.ts";
import { generate } from "../src/generation/generate.ts";
import { modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { seed } from "./support.ts";

const config = modelConfig({
  vocabSize: 11,
  hiddenSize: 8,
  intermediateSize: 6,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  maxPositionEmbeddings: 16,
});
const model = { name: "small", config, weights: randomWeights(config, 1, 3) };
const decoder = referenceDecoder(config, model.weights);
const other = referenceDecoder(config, randomWeights(config, 2, 3));
const configs: Configs = new Map([["small", config]]);

const arms = [
  { mode: "naive", isTwin: false },
  { mode: "cached", isTwin: false },
  { mode: "cached", isTwin: true },
];

function cells(
  task: BenchCell["task"],
  promptLength: number,
  marks: number[],
  rounds: number,
): BenchCell[] {
  return arms.map((arm) => ({ ...arm, task, promptLength, marks, rounds }));
}

function jobOf(of: readonly BenchCell[]): Job {
  const names = { run_id: "run", benchmark: "growth", model: "small", source: "small" };
  return { ...names, process: 0, dataSeed: 1, orderSeed: seed >>> 0, cells: of };
}

async function samplesOf(of: readonly BenchCell[], workload: Workload): Promise<Sample[]> {
  const runs = await Array.fromAsync(measure(jobOf(of), workload));
  return runs.flatMap(({ samples }) => samples);
}

describe("the order of runs", async () => {
  const many = [
    ...cells("generation_length", 3, [1, 4, 9], 8),
    ...cells("generation_alone", 3, [1, 9], 5),
  ];
  const samples = await samplesOf(many, generationWorkload(model, decoder));
  const ends = samples.filter(({ gen_len, task }) => gen_len === 9 && task !== "decode");

  test("every round runs every due cell once", () => {
    for (let round = 0; round < 8; round++) {
      const ran = ends.filter((sample) => sample.round === round);
      const expected = many.filter(({ rounds }) => rounds > round);
      const name = ({ task, mode, isTwin }: BenchCell) => `${task} ${mode}${isTwin ? "_twin" : ""}`;
      expect(ran.map(({ task, arm }) => `${task} ${arm}`).sort()).toEqual(
        expected.map(name).sort(),
      );
    }
    expect(ends.map(({ seq_no }) => seq_no)).toEqual(ends.map((_, i) => i));
  });

  test("rounds have different orders", () => {
    const orders = Map.groupBy(ends, ({ round }) => round);
    const texts = [...orders.values()].map((of) => of.map(({ task, arm }) => task + arm).join());
    expect(new Set(texts).size).toBeGreaterThan(3);
  });

  test("a reading at a later mark is from the same run, and later", () => {
    for (const end of ends.filter(({ task }) => task === "generation_length")) {
      const run = samples.filter((one) => one.seq_no === end.seq_no && one.task === end.task);
      expect(run.map(({ gen_len }) => gen_len)).toEqual([1, 4, 9]);
      expect(run.map(({ seq_len }) => seq_len)).toEqual([3, 6, 11]);
      const times = run.map(({ t_ns }) => t_ns!);
      expect(times.toSorted((a, b) => a - b)).toEqual(times);
    }
  });

  test("the last cached step before a mark is a decode at its position, shorter than the whole", () => {
    const steps = samples.filter(({ task }) => task === "decode");
    expect(new Set(steps.map(({ arm }) => arm))).toEqual(new Set(["cached", "cached_twin"]));
    expect(new Set(steps.map(({ position, seq_len }) => `${position}/${seq_len}`))).toEqual(
      new Set(["5/6", "10/11"]),
    );
    for (const step of steps) {
      const whole = ends.find(({ seq_no }) => seq_no === step.seq_no)!;
      expect(step.t_ns).toBeLessThan(whole.t_ns!);
    }
  });
});

describe("the audit", () => {
  const marks = [1, 6];

  test("tokens are those of generate, with and without a cache", async () => {
    const step = await generationWorkload(model, decoder).allocate();
    for (const arm of arms) {
      const next = await step({ mode: arm.mode, promptLength: 3 });
      const tokens: number[] = [];
      while (tokens.length < 6) tokens.push(await next());
      const options = { maxNewTokens: 6, temperature: 0 };
      const expected = await generate(decoder, benchPrompt(config, 3), options);
      expect(tokens).toEqual(expected.newTokens);
    }
  });

  test("tokens that the definition does not confirm are a mismatch without a figure", async () => {
    const samples = await samplesOf(
      cells("generation_alone", 3, marks, 2),
      generationWorkload(model, other),
    );
    expect(samples.filter(({ status }) => status === "ok")).toEqual([]);
    expect(samples[0].error).toMatch(/^the first \d+ tokens must be \[/);
    const rows = latencyRows(samples, configs);
    expect(
      rows.map(({ status, median_ms, gflops_per_s }) => [status, median_ms, gflops_per_s]),
    ).toEqual([
      ["mismatch", null, null],
      ["mismatch", null, null],
    ]);
    const [ratio] = ratioRows(samples, configs);
    expect(ratio).toMatchObject({ ratio_median: null, tokens_identical: false, verdict: null });
  });

  test("one run with different tokens voids its length and later ones", async () => {
    // After the confirmed tokens, only the control is wrong, at its fifth token.
    const workload: Workload = {
      rightTokens: () => [],
      allocate: async () => async (cell) => {
        let made = 0;
        return async () => (++made > 4 && cell.isTwin ? 1 : 0);
      },
    };
    const samples = await samplesOf(cells("generation_alone", 3, [1, 4, 6], 2), workload);
    const statuses = timedGroups(samples).map(({ gen_len, status }) => `${gen_len} ${status}`);
    expect([...new Set(statuses)]).toEqual(["1 ok", "4 ok", "6 mismatch"]);
  });

  test("a decoder without rewind is refused", () => {
    const stiff: Decoder = { ...decoder, capabilities: new Set(["fork"]) };
    const message = "bench: reference must offer rewind, got fork";
    expect(() => generationWorkload(model, stiff)).toThrow(new RangeError(message));
  });
});

describe("the sampler benchmark", async () => {
  const modes = ["greedy", "temperature", "top_k", "top_p", "production"];
  const draws = modes.flatMap((mode) =>
    [false, true].map((isTwin): BenchCell => {
      return { task: "sampling", mode, isTwin, promptLength: null, marks: [50], rounds: 4 };
    }),
  );
  const runs = await Array.fromAsync(measureSampling(jobOf(draws), config));
  const samples = runs.flatMap(({ samples }) => samples);

  test("draws the same tokens in every run of a mode", () => {
    expect(timedGroups(samples).map(({ status }) => status)).toEqual(draws.map(() => "ok"));
    for (const of of Map.groupBy(samples, ({ mode }) => mode).values()) {
      expect(new Set(of.map(({ token_digest }) => token_digest)).size).toBe(1);
    }
  });

  test("runs every arm once a round, in different orders, and times each", () => {
    const rounds = [...Map.groupBy(samples, ({ round }) => round).values()];
    const arms = draws.map(({ mode, isTwin }) => `${mode}${isTwin ? "_twin" : ""}`).sort();
    expect(rounds.map((of) => of.map(({ arm }) => arm).sort())).toEqual(Array(4).fill(arms));
    expect(new Set(rounds.map((of) => of.map(({ arm }) => arm).join())).size).toBeGreaterThan(1);
    expect(samples.filter(({ t_ns }) => !(t_ns! > 0))).toEqual([]);
    // 50 greedy draws read 50 * 11 logits; top-p also sorts them.
    const median = (mode: string) =>
      samples
        .filter((sample) => sample.mode === mode)
        .map(({ t_ns }) => t_ns!)
        .toSorted((a, b) => a - b)[4];
    expect(median("greedy")).toBeLessThan(median("production"));
  });
});

describe("the plan", () => {
  const named = (name: string): PlannedModel => {
    return { source: name, name, config: namedModel(name).config };
  };
  const options = { runId: "run", scale: "full", seed: 42, slow: false } as const;
  const wanted = (benchmark: BenchmarkName, ...names: string[]) =>
    names.map((name) => ({ benchmark, model: named(name) }));

  test("the full scale has the lengths of the two courses, in at least five processes", () => {
    const tens = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    expect(grids.full.promptLengths).toEqual([10, 50, 100, 500, 1000]);
    expect(grids.full.newTokens).toBe(20);
    expect(grids.full.growthMarks).toEqual([...tens, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
    expect(grids.full.longMarks.at(-1)).toBe(2000);
    expect(grids.full.processes).toBeGreaterThanOrEqual(5);
  });

  test("every length has the arms, a control, and at least six rounds in all", () => {
    for (const scale of ["quick", "full"] as const) {
      const { jobs } = planBench(wanted("latency", "demo"), { ...options, scale });
      const all = jobs.flatMap((job) => job.cells);
      for (const promptLength of grids[scale].promptLengths) {
        const of = all.filter(
          (cell) => cell.promptLength === promptLength && cell.task === "sequence_length",
        );
        for (const { mode, isTwin } of arms) {
          const arm = of.filter((cell) => cell.mode === mode && cell.isTwin === isTwin);
          expect(arm.reduce((sum, { rounds }) => sum + rounds, 0)).toBeGreaterThanOrEqual(6);
        }
        expect(new Set(of.map(({ rounds }) => rounds)).size).toBe(1);
      }
    }
  });

  test("the same seed gives the same plan", () => {
    const plan = (seed: number) =>
      planBench(wanted("growth", "demo", "tiny"), { ...options, seed });
    expect(plan(7)).toEqual(plan(7));
    const seeds = plan(7).jobs.map(({ orderSeed }) => orderSeed);
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  test("a cell that does not fit is a row without a run", () => {
    const { jobs, notRun } = planBench(wanted("latency", "assignment"), options);
    const rows = notRun.map(({ task, arm, prompt_len, status }) => [task, arm, prompt_len, status]);
    expect(rows).toContainEqual(["sequence_length", "naive", 500, "too_long"]);
    expect(rows).toContainEqual(["prefill", "cached", 1000, "too_long"]);
    const run = jobs
      .flatMap((job) => job.cells)
      .map(({ promptLength, marks }) => promptLength! + marks.at(-1)! - 1);
    expect(Math.max(...run)).toBeLessThanOrEqual(128);
  });

  test("long cells need --slow, have an estimate, and are run once", () => {
    const long = wanted("long", "tiny-long");
    const naive = (slow: boolean) => {
      const { jobs, notRun } = planBench(long, { ...options, slow });
      const run = jobs.filter(({ cells }) => cells.some(({ mode }) => mode === "naive"));
      return { run: run.length, waits: notRun.map(({ gen_len, error }) => `${gen_len}: ${error}`) };
    };
    expect(naive(false).run).toBe(0);
    expect(naive(false).waits.at(-1)).toMatch(/^2000: about \d+ s; --slow runs it$/);
    expect(naive(true)).toEqual({ run: 1, waits: [] });
  });

  test("the machine has no context, and every benchmark has a description", () => {
    const { jobs, notRun } = planBench([{ benchmark: "roof", model: host }], options);
    expect([jobs.length, notRun]).toEqual([grids.full.processes, []]);
    expect(Object.values(benchmarks).every((shows) => shows.length > 20)).toBe(true);
  });
});
