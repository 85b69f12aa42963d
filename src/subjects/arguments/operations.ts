/** All operations whose arguments have classes. */
import type { Argument } from "./argument.ts";
import * as batch from "./batch-operations.ts";
import * as decoder from "./decoder-operations.ts";
import * as generation from "./generation-operations.ts";
import * as sampler from "./sampler-operations.ts";

/** The names of an operation, its arguments and their classes. */
export interface ListedOperation {
  readonly name: string;
  readonly arguments: readonly Argument<never>[];
}

export const operations: readonly ListedOperation[] = [
  ...[decoder.start, decoder.appendOne, decoder.appendAll, decoder.rewind, decoder.fork],
  ...[batch.startBatch, batch.batchAppend, batch.appendPadded, batch.select],
  ...[sampler.greedy, ...Object.values(sampler.stages)],
  ...[sampler.distribution, sampler.draw, sampler.sample],
  ...[generation.generate, generation.generateBatch, generation.speculate],
  ...[generation.logProbs, generation.complete],
];
