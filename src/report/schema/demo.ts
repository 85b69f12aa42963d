/** The tables of `causalgate demo`: what the figures of the six examples draw. */
import { assignmentIntensityTable } from "../../courses/two-layer-assignment/intensity-table.ts";
import { boolean, count, each, integer, number, oneOf, orBlank, text } from "./cell-types.ts";
import { schema, schemaOf, version } from "./schema.ts";

const command = "npx causalgate demo";

/** What a forward pass goes through, with the shapes as they were observed. */
export const forward = schema(
  "forward.csv",
  command,
  ["schema_version", "model", "step", "symbols", "shape", "numbers"],
  { ...version, ...each(text, "model", "step", "symbols", "shape"), numbers: integer },
);

/** The logits after two continuations of one prefix, compared position by position. */
export const causality = schema(
  "causality.csv",
  command,
  ["schema_version", "model", "position", "token_a", "token_b", "in_prefix", "largest_difference"],
  {
    ...version,
    model: text,
    ...each(integer, "position", "token_a", "token_b"),
    in_prefix: boolean,
    largest_difference: number,
  },
);

/** The attention probabilities of one head. */
export const attention = schema(
  "attention.csv",
  command,
  ["schema_version", "model", "layer", "head", "query_position", "key_position", "probability"],
  {
    ...version,
    model: text,
    ...each(integer, "layer", "head", "query_position", "key_position"),
    probability: number,
  },
);

/** What each way of sampling makes of the same logits; `rank` is that of the logit, from 1. */
export const sampling = schema(
  "sampling.csv",
  command,
  [
    "schema_version",
    "model",
    "weights",
    "prompt",
    "strategy",
    "rank",
    "token",
    "word",
    "logit",
    "probability",
  ],
  {
    ...version,
    ...each(text, "model", "prompt", "strategy"),
    weights: oneOf("random", "trained"),
    ...each(integer, "rank", "token"),
    word: orBlank(text),
    ...each(number, "logit", "probability"),
  },
);

/**
 * A generation, step by step: the tokens that each way sends through the model, and their sums,
 * also as seeds 000 and 001 count them.
 */
export const generation = schema(
  "generation.csv",
  command,
  [
    "schema_version",
    "model",
    "prompt_len",
    "step",
    "token",
    "naive_tokens",
    "cached_tokens",
    "naive_total",
    "cached_total",
    "naive_total_seed001",
    "cached_total_seed000",
  ],
  {
    ...version,
    model: text,
    ...each(integer, "prompt_len", "step", "token", "naive_tokens", "cached_tokens"),
    ...each(integer, "naive_total", "cached_total"),
    ...each(integer, "naive_total_seed001", "cached_total_seed000"),
  },
);

/** Exact FLOPs of a whole generation, with and without a cache. */
export const generationCost = schema(
  "generation-cost.csv",
  command,
  [
    "schema_version",
    "model",
    "prompt_len",
    "gen_len",
    "naive_flops",
    "cached_flops",
    "flops_ratio",
  ],
  {
    ...version,
    model: text,
    ...each(integer, "prompt_len", "gen_len"),
    ...each(count, "naive_flops", "cached_flops"),
    flops_ratio: number,
  },
);

/** Parameters by component; `total` is the sum of those before it. */
export const parameters = schema(
  "parameters.csv",
  command,
  ["schema_version", "model", "title", "component", "parameters", "share"],
  {
    ...version,
    ...each(text, "model", "title"),
    component: oneOf("embedding", "attention", "feed-forward", "norms", "head", "total"),
    parameters: count,
    share: number,
  },
);

export const assignmentIntensity = schemaOf(assignmentIntensityTable);
