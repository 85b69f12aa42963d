/** The memory of the reference decoder is what the cost model says. */
import { expect } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { kvBytes } from "../src/cost/memory.ts";
import { KvCache } from "../src/reference/kv-cache.ts";
import { property } from "./support.ts";

const bytesOf = ({ layers }: KvCache) =>
  layers.reduce((sum, { keys, values }) => sum + keys.byteLength + values.byteLength, 0);

property(
  "a KV cache takes 2 L K H P numbers, and not one more for query heads",
  configs({ slidingWindow: null }),
  (config) => {
    const expected = kvBytes(config, config.maxPositionEmbeddings, 8);
    expect(BigInt(bytesOf(new KvCache(config)))).toBe(expected);
  },
);

property(
  "a KV cache holds the whole context under a sliding window too, as it does not roll",
  configs(),
  (config) => {
    const full = kvBytes({ ...config, slidingWindow: null }, config.maxPositionEmbeddings, 8);
    expect(BigInt(bytesOf(new KvCache(config)))).toBe(full);
  },
);
