import type { LayerStages, Stages, Vector } from "../decoder.ts";
import type { ModelConfig } from "../model/config.ts";
import type { ReferencePass, StageWatch } from "./forward.ts";
import { KvCache } from "./kv-cache.ts";

/** Returns the stages of a pass over tokens in a new cache. */
export function referenceStages(
  config: ModelConfig,
  pass: ReferencePass,
  tokens: readonly number[],
): Stages {
  const cache = new KvCache(config);
  const embedding: Vector[] = [];
  const layers = Array.from({ length: config.numHiddenLayers }, emptyLayer);
  const final: Vector[] = [];
  const logits: Vector[] = [];
  for (const [position, token] of tokens.entries()) {
    let layer = 0;
    const watch: StageWatch = (stage, row) => {
      if (stage === "embedding") embedding.push([...row]);
      else if (stage === "final") final.push([...row]);
      else layers[layer][stage].push([...row]);
      if (stage === "output") layer++; // the last stage of a block
    };
    pass.step(cache, token, position, position, watch);
    logits.push([...pass.logits(watch)]);
  }
  return { embedding, layers, final, logits };
}

function emptyLayer(): Record<keyof LayerStages, Vector[]> {
  return { query: [], key: [], value: [], mixed: [], afterAttention: [], output: [] };
}
