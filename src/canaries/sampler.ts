import { type Canary, samplerCanary } from "./canary.ts";

/** Bugs of samplers. */
export const samplerCanaries: readonly Canary[] = [
  samplerCanary("P-TOPP", "the token that crosses p is dropped", ({ topP, greedy }) => ({
    topP: (logits, p) => {
      const kept = topP(logits, p);
      const least = kept.reduce(
        (low, logit, id) => (logit > -Infinity && (low < 0 || logit < kept[low]) ? id : low),
        -1,
      );
      return p < 1 && least !== greedy(logits) ? kept.with(least, -Infinity) : kept;
    },
  })),
  samplerCanary(
    "P-TOPP-SHIFT",
    "tokens with a logit above p are kept, whatever their mass",
    () => ({
      topP: (logits, p) => Float64Array.from(logits, (logit) => (logit > p ? logit : -Infinity)),
    }),
  ),
  samplerCanary("P-TOPK", "logits that tie with the k-th are kept too", ({ topK }) => ({
    topK: (logits, k) => {
      const kept = topK(logits, k);
      const lowest = kept.reduce((a, b) => (b > -Infinity ? Math.min(a, b) : a), Infinity);
      return Float64Array.from(logits, (logit) => (logit >= lowest ? logit : -Infinity));
    },
  })),
  samplerCanary("P-TEMP", "logits are multiplied by the temperature", ({ temperatureScale }) => ({
    temperatureScale: (logits, temperature) => temperatureScale(logits, 1 / temperature),
  })),
  samplerCanary("P-ORDER", "top-p comes before top-k", ({ topK, topP, distribution }) => ({
    distribution: (logits, { temperature = 1, topK: k = 0, topP: p = 1 }) =>
      distribution(
        topK(
          topP(
            logits.map((logit) => logit / temperature),
            p,
          ),
          k,
        ),
        {},
      ),
  })),
  samplerCanary("P-DIST", "the id after the right one is drawn", ({ draw }) => ({
    draw: (probs, u) => (draw(probs, u) + 1) % probs.length,
  })),
];
