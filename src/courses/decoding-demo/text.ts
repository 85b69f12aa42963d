/** The demo as text: each example in a few lines. */
import { grouped, percent, textTable } from "../../io/text-table.ts";
import type { DemoTables } from "./demo.ts";

export function demoText(tables: DemoTables): string {
  const parts = [
    forwardText,
    causalityText,
    samplingText,
    generationText,
    costText,
    parametersText,
    intensityText,
  ];
  return parts.map((part, i) => `${i + 1}. ${part(tables)}`).join("\n\n");
}

function forwardText({ forward }: DemoTables): string {
  const rows = forward.map(({ step, symbols, shape, numbers }) => [
    step,
    symbols,
    `(${shape.replaceAll("x", ", ")})`,
    grouped(numbers),
  ]);
  const head = ["step", "letters", "shape", "numbers"];
  return `A forward pass of ${forward[0].model}: the observed shapes\n${textTable(head, rows)}`;
}

function causalityText({ causality, attention }: DemoTables): string {
  const rows = causality.map((row) => [
    String(row.position),
    String(row.token_a),
    String(row.token_b),
    row.in_prefix ? "yes" : "no",
    row.largest_difference === 0 ? "0" : row.largest_difference.toPrecision(3),
  ]);
  const head = ["position", "first text", "second text", "in the prefix", "largest difference"];
  const ahead = attention.filter((row) => row.key_position > row.query_position);
  const seen = ahead.filter(({ probability }) => probability !== 0).length;
  return [
    "Causality: tokens that follow a position cannot change its logits",
    textTable(head, rows),
    `Of ${ahead.length} attention probabilities at later positions, ${seen} differ from 0.`,
  ].join("\n");
}

function samplingText({ sampling }: DemoTables): string {
  const models = [...Map.groupBy(sampling, ({ model }) => model).values()];
  const texts = models.map((rows) => {
    const ways = [...Map.groupBy(rows, ({ strategy }) => strategy)];
    const cells = ways.map(([strategy, row]) => {
      const kept = row.filter(({ probability }) => probability > 0).length;
      return [strategy, String(kept), ...row.slice(0, 5).map((one) => percent(one.probability))];
    });
    const names = rows.slice(0, 5).map(({ word, token }) => word ?? String(token));
    const { model, weights, prompt } = rows[0];
    const title = `${model} with ${weights} weights, after "${prompt}": the five most probable tokens`;
    return `${title}\n${textTable(["sampling", "tokens left", ...names], cells)}`;
  });
  return `Sampling: one row of logits, several distributions\n${texts.join("\n")}`;
}

function generationText({ generation }: DemoTables): string {
  const rows = generation.map((row) =>
    [row.step, row.token, row.naive_tokens, row.cached_tokens].map(String),
  );
  const last = generation[generation.length - 1];
  return [
    "Generation: the tokens that each step runs through the model",
    textTable(["step", "token", "without cache", "with cache"], rows),
    `In all ${last.naive_total} token-steps without a cache (nP + n(n - 1)/2), ${last.cached_total} with it (P + n - 1).`,
    `Counting the token that each step samples: ${last.naive_total_all_sampled} without a cache; counting the last one, which is never run: ${last.cached_total_last_sampled} with it.`,
  ].join("\n");
}

function costText({ generationCost }: DemoTables): string {
  const rows = generationCost.map((row) => [
    grouped(row.gen_len),
    grouped(row.naive_flops),
    grouped(row.cached_flops),
    `${row.flops_ratio} x`,
  ]);
  const head = ["new tokens", "FLOPs without cache", "FLOPs with cache", "ratio"];
  const { model, prompt_len } = generationCost[0];
  const title = `Cost of a generation by ${model} after ${prompt_len} tokens, exactly`;
  return `${title}\n${textTable(head, rows)}`;
}

function parametersText({ parameters }: DemoTables): string {
  const models = [...Map.groupBy(parameters, ({ title }) => title)];
  const head = ["component", ...models.map(([title]) => title)];
  const rows = models[0][1].map(({ component }, i) => [
    component,
    ...models.map(([, of]) => `${grouped(of[i].parameters)} (${percent(of[i].share)})`),
  ]);
  return `Parameters of three public models\n${textTable(head, rows)}`;
}

function intensityText({ intensity, assignmentIntensity }: DemoTables): string {
  const fixed = (value: number | null) => (value ?? Number.NaN).toFixed(2);
  const table = (phase: string, column: "context" | "batch") => {
    const seeds = assignmentIntensity.filter((row) => row.phase === phase);
    const of = (level: string) =>
      intensity.filter((row) => row.phase === phase && row.level === level);
    const rows = seeds.map((row, i) => [
      String(row[column]),
      fixed(row.ai),
      fixed(of("attention")[i].ai),
      fixed(of("step")[i].ai),
    ]);
    return textTable([`${phase}: ${column}`, "assignment's head", "attention", "step"], rows);
  };
  return [
    `Intensity of ${intensity[0].model} in fp16, FLOPs per byte`,
    table("prefill", "context"),
    table("decode", "batch"),
  ].join("\n");
}
