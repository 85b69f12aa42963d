/** The tables of a bench, from samples with chosen times, so that every figure is known. */
import { describe, expect, test } from "vitest";
import { benchTables } from "../src/bench/bench-tables.ts";
import { growthRows, growthTable } from "../src/bench/growth-table.ts";
import { latencyRows, latencyTable } from "../src/bench/latency-table.ts";
import { ratioRows, ratiosTable } from "../src/bench/ratios-table.ts";
import { measuredRooflineRows } from "../src/bench/roofline-rows.ts";
import { type BenchTask, type Sample, samplesTable } from "../src/bench/sample.ts";
import { taskFlops } from "../src/bench/task-cost.ts";
import { flopsTable } from "../src/cost/flops-table.ts";
import type { TableSchema } from "../src/io/table.ts";
import { growthTexts } from "../src/report/growth-text.ts";
import { config, configs, idealMs, lengths, madeSamples, marks, noisy } from "./made-samples.ts";

describe("columns", () => {
  const columnsOf = ({ columns }: TableSchema) => Object.keys(columns).join();

  test("are those of the schema, to the letter", () => {
    const schema = {
      samples:
        "schema_version,run_id,process_id,process_label_swap,round,slot,seq_no,arm,model,task,mode,prompt_len,seq_len,gen_len,position,batch,dtype,threads,t_start_ns,t_ns,cpu_user_us,cpu_sys_us,gc_ns,gc_count,invol_ctx_switches,rss_bytes,heap_used_bytes,token_digest,status,error",
      latency:
        "schema_version,run_id,model,task,mode,prompt_len,seq_len,gen_len,batch,dtype,threads,processes,rounds,n,median_ms,median_ci_lo_ms,median_ci_hi_ms,mean_ms,mean_ci_lo_ms,mean_ci_hi_ms,min_ms,mad_ms,cv,p90_ms,p95_ms,p99_ms,ttft_ms,tpot_ms,tokens_per_s,lag1_autocorr,n_eff,drift_pct_per_run,outliers_mild,outliers_severe,gc_share,preempted_share,flops_exact_causal,gflops_per_s,roof_fraction,status",
      ratios:
        "schema_version,run_id,model,task,prompt_len,gen_len,arm_a,arm_b,processes,pairs,ratio_median,ratio_ci_lo,ratio_ci_hi,ci_method,ratio_geomean,ratio_geomean_ci_lo,ratio_geomean_ci_hi,p_sign_flip,p_holm,aa_ratio,aa_ci_lo,aa_ci_hi,mde_pct,flops_ratio_predicted,tokens_identical,verdict",
      growth:
        "schema_version,run_id,model,task,mode,variable,grid,n_points,rounds,processes,slope,slope_ci_lo,slope_ci_hi,slope_predicted_flops,slope_predicted_bytes,slope_minus_pred,smp_ci_lo,smp_ci_hi,last_segment_slope,lss_ci_lo,lss_ci_hi,c0_ms,c1_ms_per_n,c2_ms_per_n2,c3_ms_per_n3,lack_of_fit_p,order_design,verdict",
      flops:
        "schema_version,model,phase,mode,prompt_len,gen_len,n_or_c,linear_q,linear_k,linear_v,linear_o,mlp_gate,mlp_up,mlp_down,attn_qk_causal,attn_av_causal,attn_qk_dense,attn_av_dense,lm_head_last,lm_head_all,minor_softmax,minor_norm,minor_rope,minor_act,total_exact_causal,total_dense,conv_palm_2n,conv_kaplan,conv_chinchilla,conv_nanogpt,conv_fvcore_fma1",
    };
    expect({
      samples: columnsOf(samplesTable),
      latency: columnsOf(latencyTable),
      ratios: columnsOf(ratiosTable),
      growth: columnsOf(growthTable),
      flops: columnsOf(flopsTable),
    }).toEqual(schema);
  });
});

describe("latency", () => {
  const samples = madeSamples({ timeMs: noisy() });
  const rows = latencyRows(samples, configs);

  test("a row has the median of its samples, in its interval, beside the exact FLOPs", () => {
    const row = rows.find(({ task, mode, prompt_len }) => {
      return task === "sequence_length" && mode === "naive" && prompt_len === 500;
    })!;
    const times = samples
      .filter(({ task, arm }) => task === "sequence_length" && arm === "naive")
      .filter(({ prompt_len, gen_len }) => prompt_len === 500 && gen_len === 20)
      .map(({ t_ns }) => t_ns! / 1e6)
      .sort((a, b) => a - b);
    expect(times).toHaveLength(30);
    expect(row).toMatchObject({ processes: 6, rounds: 5, n: 30, status: "ok", seq_len: 519 });
    expect(row.median_ms).toBeCloseTo((times[14] + times[15]) / 2, 1);
    expect(row.median_ci_lo_ms).toBeCloseTo(times[9], 1);
    expect(row.median_ci_hi_ms).toBeCloseTo(times[20], 1);
    expect(row.min_ms).toBeCloseTo(times[0], 1);
    expect(row.mean_ci_lo_ms!).toBeLessThan(row.mean_ms!);
    expect([row.p90_ms, row.p95_ms, row.p99_ms]).toEqual([null, null, null]);
    expect(row.gflops_per_s).toBeCloseTo(Number(row.flops_exact_causal) / row.median_ms! / 1e6, 3);
  });

  test("the first token and those after it add up to the whole", () => {
    for (const row of rows.filter(({ ttft_ms, tpot_ms }) => ttft_ms !== null && tpot_ms !== null)) {
      const whole = row.ttft_ms! + row.tpot_ms! * (row.gen_len - 1);
      expect(whole / row.median_ms!).toBeCloseTo(1, 1);
    }
    const prefill = rows.find(({ task, prompt_len }) => task === "prefill" && prompt_len === 100)!;
    expect(prefill.ttft_ms).toBe(prefill.median_ms);
    expect(prefill.tokens_per_s).toBeCloseTo(1e5 / prefill.median_ms!, 0);
  });

  test("rates are compared with the shortest time of the roof", () => {
    const roof = rows.find(({ task }) => task === "roof")!;
    const best = (roof.gflops_per_s! * roof.median_ms!) / roof.min_ms!;
    expect(roof.roof_fraction).toBeLessThan(1);
    for (const { roof_fraction, gflops_per_s } of rows) {
      expect(roof_fraction).toBeCloseTo(Number(gflops_per_s) / best, 3);
    }
  });

  test("one sample has a median and no interval; a skipped cell has neither", () => {
    const [first] = madeSamples({ processes: 1, rounds: 1 });
    const alone = latencyRows([{ ...first, gen_len: 20 }], configs)[0];
    expect(alone).toMatchObject({ n: 1, median_ci_lo_ms: null, mean_ci_lo_ms: null, cv: null });
    expect(alone.median_ms).not.toBe(null);
    const none = {
      ...first,
      gen_len: 20,
      t_ns: null,
      token_digest: null,
      status: "too_long",
    } as const;
    const [row] = latencyRows([none], configs);
    expect(row).toMatchObject({ n: null, median_ms: null, status: "too_long" });
    expect(row.flops_exact_causal).not.toBe(null);
  });
});

describe("roofline", () => {
  test("the roofs are those of the simulated machine", () => {
    const flopsMs = (sample: Sample) => Number(taskFlops(configs.get(sample.model)!, sample)) / 2e6;
    const rows = measuredRooflineRows(madeSamples({ timeMs: flopsMs }), configs);
    expect(rows.map(({ phase, context }) => [phase, context])).toEqual([
      ...lengths.map((length) => ["prefill", length]),
    ]);
    for (const row of rows) {
      // 2 FLOPs and 24 bytes for each entry of the triad.
      expect(row.peak_flops / 2e9).toBeCloseTo(1, 5);
      expect(row.bw_bytes_s / 24e9).toBeCloseTo(1, 5);
      expect(row.ridge).toBeCloseTo(1 / 12, 5);
      expect(row.achieved_flops! / 2e9).toBeCloseTo(1, 3);
      expect([row.roof_source, row.level, row.bound]).toEqual(["measured", "step", "compute"]);
      expect(row.peak_ci_lo!).toBeLessThanOrEqual(row.peak_flops);
      expect(row.peak_ci_hi!).toBeGreaterThanOrEqual(row.peak_flops);
    }
  });

  test("there are no rows if no roof was timed", () => {
    const samples = madeSamples().filter(({ task }) => task !== "triad");
    expect(measuredRooflineRows(samples, configs)).toEqual([]);
  });
});

describe("ratios", () => {
  test("without overhead the ratio of times is that of FLOPs, and the control is 1", () => {
    const flopsMs = (sample: Sample) => Number(taskFlops(configs.get(sample.model)!, sample)) / 2e6;
    const rows = ratioRows(madeSamples({ timeMs: flopsMs }), configs);
    expect(rows).toHaveLength(lengths.length + marks.length - 1);
    for (const row of rows) {
      expect([row.arm_a, row.arm_b, row.verdict]).toEqual(["naive", "cached", "slower"]);
      expect(row.ratio_median! / row.flops_ratio_predicted!).toBeCloseTo(1, 3);
      expect([row.aa_ratio, row.pairs, row.tokens_identical]).toEqual([1, 30, true]);
    }
  });

  test("rounds are paired, so a slow round cancels out", () => {
    const slow = (sample: Sample) => idealMs(sample) * (1 + sample.round! + 6 * sample.process_id!);
    for (const row of ratioRows(madeSamples({ timeMs: slow }), configs)) {
      expect(row.ratio_ci_hi! / row.ratio_ci_lo!).toBeCloseTo(1, 3);
    }
  });

  test("a control that changed voids its rows only", () => {
    const moved = noisy(({ arm, task }) =>
      arm === "cached_twin" && task === "sequence_length" ? 1.1 : 1,
    );
    const rows = ratioRows(madeSamples({ timeMs: moved }), configs);
    const verdicts = Map.groupBy(rows, ({ task }) => task);
    const of = (task: BenchTask) => new Set(verdicts.get(task)!.map(({ verdict }) => verdict));
    expect(of("sequence_length")).toEqual(new Set(["void_control_moved"]));
    expect(of("generation_length")).toEqual(new Set(["slower"]));
  });
});

describe("growth", () => {
  const samples = madeSamples({ timeMs: noisy() });
  const rows = growthRows(samples, configs);
  const rowOf = (task: string, mode: string) =>
    rows.find((row) => row.task === task && row.mode === mode)!;

  test("every curve has a row, with its lengths", () => {
    expect(rows.map(({ task, mode, variable }) => `${task} ${mode} ${variable}`)).toEqual([
      "prefill cached prompt_len",
      "sequence_length cached prompt_len",
      "sequence_length naive prompt_len",
      "generation_length cached gen_len",
      "generation_length naive gen_len",
    ]);
    expect(rowOf("prefill", "cached").grid).toBe("10 50 100 500 1000");
    expect(rowOf("generation_length", "naive").n_points).toBe(marks.length - 1);
  });

  test("the exponents of the FLOPs are those of the specification", () => {
    // A forward pass of a model this small grows as n^1.141 on this grid.
    const tiny = { ...config, numHiddenLayers: 4, intermediateSize: 256, numKeyValueHeads: 4 };
    const of = new Map([["demo", { ...tiny, tieWordEmbeddings: false }]]);
    const prefill = growthRows(samples, of).find(({ task }) => task === "prefill")!;
    expect(prefill.slope_predicted_flops).toBeCloseTo(1.141, 3);
  });

  test("an exponent is below that of the FLOPs by the overhead only", () => {
    const naive = rowOf("generation_length", "naive");
    expect(naive.slope!).toBeGreaterThan(1.5);
    expect(naive.verdict).toBe("below");
    const difference = naive.slope! - naive.slope_predicted_flops!;
    expect(naive.slope_minus_pred).toBeCloseTo(difference, 3);
    expect([difference < 0, difference > -0.05]).toEqual([true, true]);
    expect(naive.smp_ci_lo!).toBeLessThan(naive.slope_minus_pred!);
    const flopsMs = (sample: Sample) => Number(taskFlops(configs.get(sample.model)!, sample)) / 2e6;
    for (const row of growthRows(madeSamples({ timeMs: flopsMs }), configs)) {
      expect(row.slope_minus_pred).toBeCloseTo(0, 3);
    }
  });

  test("the polynomial recovers overhead, linear and attention cost", () => {
    const row = rowOf("generation_length", "cached");
    const n = 1000;
    const terms = [row.c0_ms, row.c1_ms_per_n, row.c2_ms_per_n2].map((c, i) => Number(c) * n ** i);
    const whole =
      samples.find(({ arm, gen_len }) => arm === "cached" && gen_len === n)!.t_ns! / 1e6;
    expect(terms.reduce((sum, term) => sum + term, 0) / whole).toBeCloseTo(1, 1);
    expect(row.c3_ms_per_n3).toBe(null);
  });

  test("the explanation of growth has the numbers of the tables", () => {
    const { growth, ratios } = benchTables(samples, configs);
    const [text, ...others] = growthTexts(growth, ratios, configs);
    expect(others).toEqual([]);
    expect(text).toContain("demo: 1,000 new tokens after 10, with and without a cache\n");
    expect(text).toContain("509,500 token-steps");
    expect(text).toContain("P + n - 1 = 1,009");
    const naive = rowOf("generation_length", "naive").slope!.toFixed(2);
    expect(text).toContain(`Without a cache time grows as n^${naive} [`);
    expect(growthTexts([], ratios, configs)).toEqual([]);
  });
});
