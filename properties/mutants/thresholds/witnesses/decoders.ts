/** Calls of the reference decoder at one size, all other sizes minimal. */
import type { Batch, Decoder } from "../../../../src/decoder.ts";
import { addLowRank } from "../../../../src/math/linear.ts";
import { logSoftmax, softmax } from "../../../../src/math/softmax.ts";
import { type ConfigInput, modelConfig } from "../../../../src/model/config.ts";
import { randomWeights } from "../../../../src/model/weights.ts";
import {
  type ReferenceOptions,
  referenceDecoder,
} from "../../../../src/reference/reference-decoder.ts";

/** Returns a result that depends on the size. */
export type Witness = (size: number) => unknown;

const V = 7;

/** A decoder with the smallest sizes, but for those given. */
function tiny(input: Partial<ConfigInput> = {}, options?: ReferenceOptions): Decoder {
  const config = modelConfig({
    vocabSize: V,
    hiddenSize: 4,
    intermediateSize: 3,
    numHiddenLayers: 1,
    numAttentionHeads: 1,
    headDim: 4,
    maxPositionEmbeddings: 600,
    ...input,
  });
  return referenceDecoder(config, randomWeights(config, 7, 2), options);
}

const text = (length: number) => Array.from({ length }, (_, i) => (i * i * 3 + i * 5 + 1) % V);

async function logitsAfter(decoder: Decoder, ...calls: number[][]): Promise<unknown[]> {
  const sequence = await decoder.start();
  const results = [];
  for (const tokens of calls) results.push(await sequence.append(tokens));
  return [...results, sequence.length];
}

async function forked(decoder: Decoder, tokens: number[]): Promise<unknown[]> {
  const sequence = await decoder.start();
  await sequence.append(tokens);
  const fork = await sequence.fork();
  const first = await fork.append([2]);
  return [first, await sequence.append([3]), await fork.append([1])];
}

async function batchOf(rows: number): Promise<Batch> {
  return tiny({ maxPositionEmbeddings: 8 }).startBatch!(rows);
}

const lengths = (rows: number) => Array.from({ length: rows }, (_, i) => text(1 + (i % 3)));
const ones = (rows: number) => Array.from({ length: rows }, (_, i) => [(i * 5) % V]);
const multipleOf = (factor: number, size: number) => factor * Math.ceil(size / factor);
const ramp = (size: number) => Float64Array.from({ length: size }, (_, i) => i / 64);

/** Witnesses by name; a size is rounded up where only multiples of 2 or 4 are possible. */
export const decoders = {
  prefill: (size) => logitsAfter(tiny(), text(size)),
  afterPrefill: (size) => logitsAfter(tiny(), text(size + 1)),
  decode: (size) => logitsAfter(tiny(), ...text(size).map((token) => [token])),
  decodeTwice: (size) => logitsAfter(tiny(), text(size - 1), [2], [3]),
  rows: async (size) => (await tiny().start()).appendAll(text(size)),
  learned: (size) => logitsAfter(tiny({ positions: "learned" }), text(size)),
  offset: async (size) => (await tiny({ positions: "learned" }).start(size)).append(text(3)),
  window: (size) => logitsAfter(tiny({ slidingWindow: size }), text(size + 4)),
  windowed: (size) => logitsAfter(tiny({ slidingWindow: 3 }), text(size)),
  fork: (size) => forked(tiny(), text(size)),
  forkBoth: (size) => forked(tiny(), text(size)),
  rewind: async (size) => {
    const sequence = await tiny().start();
    await sequence.append(text(size + 2));
    await sequence.rewind(2);
    return [await sequence.append([1]), await sequence.append([2])];
  },
  poison: async (size) => {
    const sequence = await tiny().start();
    await sequence.append(text(size - 1));
    await sequence.poison!();
    return sequence.append([1]);
  },
  collision: async (size) => {
    const decoder = tiny({ vocabSize: size });
    const first = await logitsAfter(decoder, [0, 1, 2]);
    return [first, await logitsAfter(decoder, [size - 1, 1, 2])];
  },
  batch: async (size) => {
    const batch = await batchOf(size);
    return [await batch.append(lengths(size)), await batch.append(ones(size))];
  },
  padded: async (size) => {
    const batch = await batchOf(size);
    const rows = Array.from({ length: size }, (_, i) => text(4).map((id) => (id + i) % V));
    const counts = rows.map((row, i) => row.map((_, column) => column >= i % 3));
    return [await batch.appendPadded(rows, counts), batch.lengths];
  },
  paddedWide: async (size) => {
    const batch = await tiny().startBatch!(2);
    const counts = [text(size).map(() => true), text(size).map((_, i) => i < size - 1)];
    return [await batch.appendPadded([text(size), text(size)], counts), batch.lengths];
  },
  select: async (size) => {
    const batch = await batchOf(size);
    await batch.append(lengths(size));
    await batch.select(Array.from({ length: size }, (_, i) => (i * 2) % size));
    return batch.append(ones(size));
  },
  keyValueHeads: (size) => logitsAfter(tiny({ headDim: 2, numAttentionHeads: size }), text(3)),
  keyValueGroups: (size) =>
    logitsAfter(tiny({ headDim: 2, numAttentionHeads: 2 * size, numKeyValueHeads: size }), text(3)),
  groups: (size) =>
    logitsAfter(tiny({ headDim: 2, numAttentionHeads: 2 * size, numKeyValueHeads: 2 }), text(3)),
  queryHeads: (size) =>
    logitsAfter(
      tiny({ headDim: 2, numAttentionHeads: multipleOf(4, size), numKeyValueHeads: 2 }),
      text(3),
    ),
  headWidth: (size) => logitsAfter(tiny({ headDim: size, positions: "learned" }), text(5)),
  headWidthOfFours: (size) => logitsAfter(tiny({ headDim: multipleOf(4, size) }), text(5)),
  rotatedWidth: (size) => logitsAfter(tiny({ headDim: multipleOf(2, size) }), text(3)),
  tiled: async (size) => {
    const sizes = { vocabSize: 64, numAttentionHeads: 4 };
    const decoder = tiny(sizes, { attention: "tiled", tileSize: 4 });
    const sequence = await decoder.start();
    await sequence.append(text(size - 1));
    const lastTokens = Array.from({ length: 32 }, (_, i) => 32 + i);
    return Promise.all(lastTokens.map(async (last) => (await sequence.fork()).append([last])));
  },
  tiledHeads: (size) =>
    logitsAfter(
      tiny({ headDim: 2, numAttentionHeads: size }, { attention: "tiled", tileSize: 2 }),
      text(3),
    ),
  modelWidth: (size) => logitsAfter(tiny({ hiddenSize: size }), text(3)),
  layerNormWidth: (size) => logitsAfter(tiny({ hiddenSize: size, norm: "layernorm" }), text(3)),
  feedForward: (size) => logitsAfter(tiny({ intermediateSize: size, mlpBias: true }), text(2)),
  feedForwardOfFours: (size) =>
    logitsAfter(tiny({ intermediateSize: multipleOf(4, size) }), text(2)),
  adapterRank: (size) => {
    const out = new Float64Array(2);
    addLowRank(out, ramp(3 * size), ramp(2 * size), 0.5, ramp(3));
    return out;
  },
  softmax: (size) => softmax(ramp(size)),
  logSoftmax: (size) => logSoftmax(ramp(size)),
  vocabulary: (size) => logitsAfter(tiny({ vocabSize: size }), [size - 1, 0, 1]),
  layers: (size) => logitsAfter(tiny({ numHiddenLayers: size }), text(3)),
  forkedLayers: (size) => forked(tiny({ numHiddenLayers: size }), text(3)),
  windowedLayers: (size) => logitsAfter(tiny({ numHiddenLayers: size, slidingWindow: 2 }), text(4)),
} satisfies Record<string, Witness>;
