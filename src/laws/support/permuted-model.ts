import { type Random, seededRandom } from "../../math/random.ts";
import type { Model } from "../../model/model.ts";
import { changedModel } from "./changed-model.ts";

/** Parts of a model whose order is arbitrary. */
export const permutableParts = [
  "heads",
  "groups",
  "feed-forward",
  "vocabulary",
  "residual",
] as const;

export type PermutablePart = (typeof permutableParts)[number];

/** New entry i is old entry `order[i]`, for every width that a tensor can have. */
interface Orders {
  readonly vocabulary: readonly number[];
  readonly residual: readonly number[];
  readonly feedForward: readonly number[];
  /** Over the N * H and the K * H entries of all heads. */
  readonly queries: readonly number[];
  readonly keys: readonly number[];
}

type Order = keyof Orders | null;

/** Which orders the rows and columns of a tensor have; a vector is a column. */
const layouts: readonly [pattern: RegExp, rows: Order, columns: Order][] = [
  [/(embed_tokens|lm_head)\./, "vocabulary", "residual"],
  [/embed_positions\./, null, "residual"],
  [/q_proj\./, "queries", "residual"],
  [/[kv]_proj\./, "keys", "residual"],
  [/o_proj\./, "residual", "queries"],
  [/(gate|up)_proj\./, "feedForward", "residual"],
  [/down_proj\./, "residual", "feedForward"],
  [/[qk]_norm\./, null, null],
  [/norm\./, "residual", null],
];

/**
 * Returns the same model in another order: query heads within their groups, whole groups, units of
 * the feed-forward layer, tokens of the vocabulary, channels of the residual stream. Channels keep
 * their order under sinusoidal positions, which give each one its own frequency.
 *
 * @returns the model, and the order of its vocabulary: new token i is old token `vocabulary[i]`
 */
export function permutedModel(
  model: Model,
  chosen: readonly PermutablePart[],
  seed: number,
): { readonly model: Model; readonly vocabulary: readonly number[]; readonly moved: boolean } {
  const orders = ordersOf(model, chosen, seededRandom(seed));
  const permuted = changedModel(model, {}, (name, data, shape) => {
    const [, rows, columns] = layouts.find(([pattern]) => pattern.test(name))!;
    const inRow = shape.length === 1 ? null : columns;
    permute(data, shape, rows && orders[rows], inRow && orders[inRow]);
  });
  const moved = orders.queries.some((from, to) => from !== to);
  return { model: permuted, vocabulary: orders.vocabulary, moved };
}

function ordersOf({ config }: Model, chosen: readonly PermutablePart[], random: Random): Orders {
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H } = config;
  const order = (axis: PermutablePart, length: number) =>
    chosen.includes(axis) ? shuffled(length, random) : range(length);
  const groups = order("groups", K);
  const heads = groups.flatMap((group) =>
    order("heads", N / K).map((head) => group * (N / K) + head),
  );
  const entries = (of: readonly number[]) => of.flatMap((n) => range(H).map((h) => n * H + h));
  const fixed = config.positions === "sinusoidal";
  return {
    vocabulary: order("vocabulary", config.vocabSize),
    residual: fixed ? range(config.hiddenSize) : order("residual", config.hiddenSize),
    feedForward: order("feed-forward", config.intermediateSize),
    queries: entries(heads),
    keys: entries(groups),
  };
}

/** Reorders the rows and columns of a tensor, in place. */
function permute(
  data: Float64Array,
  [, width = 1]: readonly number[],
  rows: readonly number[] | null,
  columns: readonly number[] | null,
): void {
  const old = data.slice();
  for (let to = 0; to < data.length; to++) {
    const [row, column] = [Math.floor(to / width), to % width];
    data[to] = old[(rows?.[row] ?? row) * width + (columns?.[column] ?? column)];
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** A cycle through all entries, so that each changes its place. Sattolo 1986. */
function shuffled(length: number, random: Random): number[] {
  const order = range(length);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
