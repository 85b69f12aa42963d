/**
 * A correct engine of any arithmetic: the definition with its rounding, on a model with channels,
 * heads and units in another order, so that every sum has another order too. It changes the order
 * with the number of tokens in a call, unless its sums always have one order.
 */
import { checkAppend, checkRewind, NotOffered } from "../../src/decoder.ts";
import { forward } from "../../src/definition.ts";
import { permutedModel } from "../../src/laws/support/permuted-model.ts";
import type { Arithmetic } from "../../src/math/arithmetic.ts";
import type { Logits } from "../../src/math/logits.ts";
import type { Model } from "../../src/model/model.ts";
import type { Engine, EngineSequence } from "../../src/subjects/define-subject.ts";
import { heldModel } from "../../src/tolerance/held.ts";

/** Settings of the engine, with a fault to plant into it. */
export interface NarrowOptions {
  /** True if sums have one order in every call. Default false. */
  readonly oneOrder?: boolean;
  /** True if a rewind changes the first token that it keeps. */
  readonly rewindSpoils?: boolean;
  /** Share of the last token of a call that all rows of the call see. */
  readonly future?: number;
  /** Factor of all logits. */
  readonly scale?: number;
}

const parts = ["heads", "groups", "feed-forward", "residual"] as const;

/** Returns the engine of a model in this arithmetic. */
export function narrowEngine(
  model: Model,
  arithmetic: Arithmetic,
  { oneOrder = false, rewindSpoils = false, future = 0, scale = 1 }: NarrowOptions = {},
): Engine {
  const held = heldModel(model, arithmetic);
  const orders = [1, 2, 3].map((seed) => permutedModel(held, parts, seed).model);
  const rowsOf = (tokens: readonly number[], called: number): Logits[] => {
    const { config, weights } = orders[oneOrder ? 0 : called % orders.length];
    const { hold: _, ...rounding } = arithmetic;
    const rows = forward(config, weights, tokens, rounding);
    if (!rows.flat().every(Number.isFinite)) throw new NotOffered("the logits overflow");
    const leak = future * (tokens.at(-1)! + 1);
    return rows.slice(-called).map((row) => Float64Array.from(row, (x) => x * scale + leak));
  };
  const sequence = (tokens: number[]): EngineSequence => ({
    get length() {
      return tokens.length;
    },
    append(more) {
      return (this.appendAll!(more) as Logits[]).at(-1)!;
    },
    appendAll(more) {
      checkAppend(model.config, tokens.length, more);
      const rows = rowsOf([...tokens, ...more], more.length);
      tokens.push(...more);
      return rows;
    },
    rewind(length) {
      checkRewind(tokens.length, length);
      tokens.splice(length);
      if (rewindSpoils && length > 0) tokens[0] = (tokens[0] + 1) % model.config.vocabSize;
    },
    fork: () => sequence([...tokens]),
  });
  return { start: () => sequence([]) };
}
