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
  samplerCanary(
    "P-MINP",
    "the share is one of token 0's probability",
    ({ distribution, minP }) => ({
      minP: (logits, m) => {
        const probs = distribution(logits, {});
        return minP(logits, m).map((_, id) => (probs[id] >= m * probs[0] ? logits[id] : -Infinity));
      },
    }),
  ),
  samplerCanary("P-PEN", "negative logits are divided too", ({ repetitionPenalty }) => ({
    repetitionPenalty: (logits, history, penalty) =>
      repetitionPenalty(logits, history, penalty).map((logit, id) =>
        history.includes(id) ? logits[id] / penalty : logit,
      ),
  })),
  samplerCanary("P-PEN-COUNT", "the frequency penalty counts once", ({ presencePenalty }) => ({
    frequencyPenalty: presencePenalty,
  })),
  samplerCanary("P-BAN", "a history shorter than a sequence bans its last id", ({ ban }) => ({
    ban: (logits, history, sequences) =>
      ban(
        logits,
        history,
        sequences.map((ids) => (ids.length > history.length ? ids.slice(-1) : ids)),
      ),
  })),
  samplerCanary("P-ORDER", "top-p comes before top-k", (sampler) => ({
    distribution: (logits, { temperature = 1, topK = 0, topP = 1, minP = 0, ...raw }, history) => {
      const penalised = sampler.distribution(logits, raw, history).map(Math.log);
      const scaled = sampler.temperatureScale(penalised, temperature);
      return sampler.distribution(sampler.topK(sampler.topP(scaled, topP), topK), { minP });
    },
  })),
  samplerCanary("P-NONEMPTY", "top-p reads what top-k left, not renormalised", (sampler) => ({
    distribution: (logits, { topP = 1, minP = 0, ...others }, history) => {
      const all = sampler.distribution(logits, { ...others, topK: 0 }, history);
      const left = sampler.distribution(logits, others, history);
      const mass = left.reduce((sum, p, id) => (p > 0 ? sum + all[id] : sum), 0);
      if (mass <= 1 - topP) return left.fill(0);
      return sampler.distribution(left.map(Math.log), { topP, minP });
    },
  })),
  samplerCanary("P-SIZE", "ids are kept in 16 bits", ({ greedy }) => ({
    greedy: (logits) => greedy(logits) & 0xffff,
  })),
  samplerCanary("P-ALIAS-SAMPLER", "a ban is written into the logits", ({ ban }) => ({
    ban: (logits, history, sequences) => {
      logits.set(ban(logits, history, sequences));
      return Float64Array.from(logits);
    },
  })),
  samplerCanary("P-DIST", "the id after the right one is drawn", ({ draw }) => ({
    draw: (probs, u) => (draw(probs, u) + 1) % probs.length,
  })),
  samplerCanary("P-SUPPORT", "a sum below u gives the last id", ({ draw }) => ({
    draw: (probs, u) => {
      let sum = 0;
      for (let id = 0; id < probs.length; id++) sum += probs[id];
      return u < sum ? draw(probs, u) : probs.length - 1;
    },
  })),
  samplerCanary("P-DIST-BLACKBOX", "one draw in five is greedy", ({ sample, greedy }) => ({
    sample: (logits, options, random, history) =>
      random!() < 0.2 ? greedy(logits) : sample(logits, options, random, history),
  })),
];
