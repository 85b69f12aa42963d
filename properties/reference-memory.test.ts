/** The memory of the reference decoder is that of the cost model. */
import { expect } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { kvBytes } from "../src/cost/memory.ts";
import { KvCache } from "../src/reference/kv-cache.ts";
import { property } from "./support.ts";

const bytesOf = ({ layers }: KvCache) =>
  layers.reduce((sum, { keys, values }) => sum + keys.byteLength + values.byteLength, 0);

property(
  "a KV cache has 2 L K H P numbers, independent of the query heads",
  configs({ slidingWindow: null }),
  (config) => {
    const expected = kvBytes(config, config.maxPositionEmbeddings, 8);
    expect(BigInt(bytesOf(new KvCache(config)))).toBe(expected);
  },
);

property("a KV cache holds the whole context with a sliding window, too", configs(), (config) => {
  const full = kvBytes({ ...config, slidingWindow: null }, config.maxPositionEmbeddings, 8);
  expect(BigInt(bytesOf(new KvCache(config)))).toBe(full);
});
