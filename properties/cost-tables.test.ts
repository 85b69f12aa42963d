import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { decodeFlops, generationFlops, passFlops, prefillFlops } from "../src/cost/flops.ts";
import { flopsRow, flopsTable, type PricedTask } from "../src/cost/flops-table.ts";
import { kvMemoryRow, kvMemoryTable } from "../src/cost/kv-memory-table.ts";
import { minorFlops } from "../src/cost/minor.ts";
import { paramsRows, paramsTable } from "../src/cost/params-table.ts";
import { nanoGptFlops, palmFlops } from "../src/cost/published.ts";
import { rooflineRows, rooflineTable } from "../src/cost/roofline-table.ts";
import { GiB } from "../src/cost/units.ts";
import { passWork } from "../src/cost/work.ts";
import { type ModelConfig, modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { property } from "./support.ts";

const llama2 = namedModel("llama-2-7b");
const llama3 = namedModel("llama-3-8b");
const named = (config: ModelConfig) => ({ name: "generated", config });

const length = fc.integer({ min: 1, max: 24 });
const tasks: fc.Arbitrary<PricedTask> = fc.oneof(
  fc.record({ phase: fc.constant("prefill" as const), promptLength: length }),
  fc.record({ phase: fc.constant("decode" as const), context: length }),
  fc.record({
    phase: fc.constant("generate" as const),
    promptLength: length,
    newTokens: length,
    mode: fc.constantFrom("naive" as const, "cached" as const),
  }),
);

function sum<Column extends string>(
  row: Readonly<Record<Column, bigint>>,
  columns: readonly Column[],
): bigint {
  return columns.reduce((total, column) => total + row[column], 0n);
}

describe("flops.csv", () => {
  const linear = [
    "linear_q",
    "linear_k",
    "linear_v",
    "linear_o",
    "mlp_gate",
    "mlp_up",
    "mlp_down",
  ] as const;

  property("rows have their columns and sum", fc.tuple(configs(), tasks), ([config, task]) => {
    const row = flopsRow(named(config), task);
    expect(Object.keys(row)).toEqual(Object.keys(flopsTable.columns));
    expect(Object.values(row)).not.toContain(undefined);
    const fixed = sum(row, [...linear, "lm_head_last"]);
    expect(row.total_exact_causal).toBe(fixed + sum(row, ["attn_qk_causal", "attn_av_causal"]));
    expect(row.total_dense).toBe(fixed + sum(row, ["attn_qk_dense", "attn_av_dense"]));
    const dense = sum(row, [...linear, "attn_qk_dense", "attn_av_dense", "lm_head_all"]);
    expect(row.conv_nanogpt).toBe(dense);
    expect(row.conv_fvcore_fma1).toBe(dense / 2n);
  });

  test("a row prices prefill, decode and generation, naive and cached", () => {
    const { config } = llama2;
    const total = (task: PricedTask) => flopsRow(llama2, task).total_exact_causal;
    expect(total({ phase: "prefill", promptLength: 10 })).toBe(prefillFlops(config, 10));
    expect(total({ phase: "decode", context: 10 })).toBe(decodeFlops(config, 10));
    for (const mode of ["naive", "cached"] as const) {
      const generation = { promptLength: 10, newTokens: 100, mode };
      expect(total({ phase: "generate", ...generation })).toBe(generationFlops(config, generation));
      expect(flopsRow(llama2, { phase: "generate", ...generation })).toMatchObject({
        model: "llama-2-7b",
        phase: "generate",
        mode,
        prompt_len: 10,
        gen_len: 100,
        n_or_c: 109,
      });
    }
  });

  test("with two feed-forward matrices the column of the gate is 0", () => {
    const row = flopsRow(namedModel("assignment"), { phase: "prefill", promptLength: 3 });
    expect(row.mlp_gate).toBe(0n);
    expect(row.mlp_up).toBe(BigInt(2 * 2 * 3 * 50 * 100));
  });
});

describe("the published conventions", () => {
  const excess = (count: bigint, exact: bigint) =>
    Number((100 * (Number(count) / Number(exact) - 1)).toFixed(1));

  test("without the causal half a full pass costs 2.0, 14.2 and 39.9 % too much (Llama 2 7B)", () => {
    const error = ({ config }: { config: ModelConfig }) =>
      [1000, 8192, 32_768].map((n) =>
        excess(prefillFlops(config, n, { attention: "dense" }), prefillFlops(config, n)),
      );
    expect(error(llama2)).toEqual([2.0, 14.2, 39.9]);
    expect(error(llama3)).toEqual([1.8, 13.3, 38.1]);
  });

  test("pricing an untied embedding as a product makes PaLM's rule 1.9 and 6.8 % too high", () => {
    const error = (model: typeof llama2) => {
      const row = flopsRow(model, { phase: "decode", context: 1000 });
      return excess(row.conv_palm_2n, row.total_exact_causal);
    };
    expect([llama2, llama3, namedModel("mistral-7b")].map(error)).toEqual([1.9, 6.8, 1.8]);
  });

  test("logits of every position add 2.0 and 7.4 % to a prefill of 1,000", () => {
    const error = ({ config }: typeof llama2) =>
      excess(passFlops(config, { newTokens: 1000, headRows: 1000 }), prefillFlops(config, 1000));
    expect([llama2, llama3].map(error)).toEqual([2.0, 7.4]);
  });

  test("nanoGPT prints 291,648,307,200 for GPT-2 124M, and 875,062,886,400 / 3 as PaLM's", () => {
    const gpt2 = modelConfig({
      vocabSize: 50_257,
      hiddenSize: 768,
      intermediateSize: 3072,
      numHiddenLayers: 12,
      numAttentionHeads: 12,
      maxPositionEmbeddings: 1024,
      positions: "none",
      feedForward: "gelu",
      tieWordEmbeddings: true,
    });
    const work = passWork(gpt2, { newTokens: 1024 }, "dense");
    expect(nanoGptFlops(gpt2, work)).toBe(291_648_307_200n);
    expect(palmFlops(gpt2, work)).toBe(875_062_886_400n / 3n);
  });

  property(
    "Kaplan and Chinchilla differ from nanoGPT by the stated terms",
    fc.tuple(configs(), length),
    ([config, promptLength]) => {
      const row = flopsRow(named(config), { phase: "prefill", promptLength });
      const { numHiddenLayers: L, numAttentionHeads: N } = config;
      const softmax = BigInt(3 * L * N * promptLength ** 2);
      const [dense, head] = [row.conv_nanogpt, row.lm_head_all];
      const embedding = head; // counted as a matrix product
      expect(row.conv_chinchilla).toBe(dense + softmax + embedding);
      expect(row.conv_kaplan).toBe(dense - head - row.attn_av_dense);
    },
  );
});

test("element-wise work of a model small enough to count", () => {
  const config = modelConfig({
    vocabSize: 9,
    hiddenSize: 8,
    intermediateSize: 5,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    numKeyValueHeads: 1,
    maxPositionEmbeddings: 16,
  });
  const work = passWork(config, { newTokens: 3 });
  expect(minorFlops(config, work)).toEqual({
    softmax: BigInt(2 * 2 * 5 * 6), // layers, heads, operations, pairs
    norm: BigInt((2 * 2 * 3 + 1) * 4 * 8), // two a layer and token, one before the head
    rope: BigInt(2 * 3 * 6 * 2 * 3), // layers, tokens, 6 a pair, pairs in a head, heads
    activation: BigInt(2 * 3 * 5 * 5),
  });
  const layerNorm = { ...config, norm: "layernorm", finalNorm: false, positions: "none" } as const;
  expect(minorFlops(layerNorm, work)).toMatchObject({ norm: BigInt(2 * 2 * 3 * 7 * 8), rope: 0n });
});

describe("params.csv", () => {
  property("rows have their columns, and the tensors sum to the total", configs(), (config) => {
    const rows = paramsRows(named(config), "generated");
    for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(paramsTable.columns));
    const total = rows.find(({ component }) => component === "total");
    const tensors = rows.filter(({ shape }) => shape !== null);
    const counted = tensors.reduce((all, row) => all + row.count, 0n);
    expect(counted).toBe(total?.count);
    for (const { shape, count, tied_to } of tensors) {
      const product = String(shape)
        .split("x")
        .reduce((volume, extent) => volume * BigInt(extent), 1n);
      expect(count).toBe(tied_to === null ? product : 0n);
    }
  });

  test("a tied head names the embedding, and both totals are in the last rows", () => {
    const rows = paramsRows(namedModel("demo"), "a source");
    const row = (component: string) => rows.find((candidate) => candidate.component === component);
    expect(row("lm_head.weight")).toMatchObject({
      shape: "256x64",
      count: 0n,
      tied_to: "model.embed_tokens.weight",
    });
    expect(row("model.layers.*.mlp.gate_proj.weight")).toMatchObject({
      shape: "2x172x64",
      count: 22_016n,
      bytes_fp32: 88_064n,
      bytes_fp16: 44_032n,
    });
    expect(row("total_tied")?.count).toBe(107_328n);
    expect(row("total_untied")?.count).toBe(123_712n);
  });
});

describe("kv_memory.csv", () => {
  const serving = {
    deviceBytes: 80 * GiB,
    context: 1024,
    weightBytesPerElement: 2,
    kvBytesPerElement: 2,
  };

  test("a row that fits and a row that cannot be split have the same columns", () => {
    const [fits, not] = [8, 3].map((tp) => kvMemoryRow(llama3, { ...serving, tensorParallel: tp }));
    expect(Object.keys(fits)).toEqual(Object.keys(kvMemoryTable.columns));
    expect(Object.keys(not)).toEqual(Object.keys(kvMemoryTable.columns));
    expect(fits).toMatchObject({ tp: 8, kv_heads: 8, kv_heads_rank: 1, max_batch: 5000n });
    expect(fits).toMatchObject({ limiting_term: "kv_cache", status: "ok", block_tokens: 1 });
    const reason = "cannot split: numAttentionHeads 32 is not a multiple of 3 ranks";
    expect(not).toMatchObject({ tp: 3, max_batch: null, limiting_term: null, status: reason });
  });
});

describe("roofline.csv", () => {
  const roofs = {
    device: "a100-80gb-sxm",
    source: "datasheet",
    peak: { value: 312e12 },
    bandwidth: { value: 2.039e12, low: 2e12, high: 2.1e12 },
  } as const;
  const step = {
    phase: "decode",
    context: 1000,
    weightBytesPerElement: 2,
    kvBytesPerElement: 2,
    activationBytesPerElement: 2,
    fusion: "streamed",
  } as const;

  test("the step is the sum of its operations, and the attention of three of them", () => {
    const rows = rooflineRows(llama3, roofs, step, { value: 1e9, low: 9e8, high: 2e9 });
    for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(rooflineTable.columns));
    const [whole] = rows;
    const attention = rows.at(-1)!;
    const operations = rows.filter(({ level }) => level === "op");
    for (const column of ["flops", "bytes_weights", "bytes_kv", "bytes_act"] as const) {
      const total = (some: typeof rows) => some.reduce((all, r) => all + r[column], 0n);
      expect(whole[column]).toBe(total(operations));
      const inside = operations.filter(({ op }) => ["scores", "softmax", "mix"].includes(`${op}`));
      expect(attention[column]).toBe(total(inside));
    }
    expect(whole).toMatchObject({ level: "step", flops: decodeFlops(llama3.config, 1000) });
    expect(whole).toMatchObject({ achieved_flops: 1e9, bw_ci_lo: 2e12, bound: "memory", batch: 1 });
    expect(attention).toMatchObject({ level: "attention", achieved_flops: null, peak_ci_lo: null });
  });

  test("a prefill begins with nothing held", () => {
    const [whole] = rooflineRows(llama3, roofs, { ...step, phase: "prefill" });
    expect(whole.flops).toBe(prefillFlops(llama3.config, 1000));
    expect(whole.bound).toBe("compute");
  });
});
