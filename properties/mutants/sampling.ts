import type { Mutant } from "./mutant.ts";

const chain = "src/sampling/sample-token.ts";
const penalties = "src/sampling/penalties.ts";
const stages = `  if (temperature !== undefined) row = temperatureScale(row, temperature);
  if (k !== undefined) row = topK(row, k);
  if (p !== undefined) row = topP(row, p);
  return m === undefined ? row : minP(row, m);`;

/** The chain from logits to a token: order, penalties, bans and the draw. */
export const sampling: readonly Mutant[] = [
  {
    id: "chain-masks-everything",
    bug: "top-p after top-k reads mass that was not renormalised: everything can be masked",
    rows: [147],
    links: ["https://github.com/ml-explore/mlx-lm/issues/388"],
    file: chain,
    find: stages,
    replace: `row = temperatureScale(row, temperature ?? 1);
  const probs = softmax(row);
  const kept = topK(row, k ?? 0);
  let mass = 0;
  for (const id of Array.from(probs.keys()).sort((a, b) => probs[a] - probs[b] || b - a)) {
    if (kept[id] === Number.NEGATIVE_INFINITY) continue;
    mass += probs[id];
    if (p < 1 && mass <= 1 - p) kept[id] = Number.NEGATIVE_INFINITY;
  }
  return minP(kept, m ?? 0);`,
    needs: "a small k and a small p",
  },
  {
    id: "chain-temperature-after-the-filters",
    bug: "temperature comes after top-k and top-p",
    rows: [161],
    links: [
      "https://github.com/huggingface/transformers/issues/8686",
      "https://github.com/fishaudio/fish-speech/issues/1150",
    ],
    file: chain,
    find: stages,
    replace:
      "return minP(temperatureScale(topP(topK(row, k ?? 0), p ?? 1), temperature ?? 1), m ?? 0);",
    needs: "a temperature other than 1, and a p below 1",
  },
  {
    id: "chain-top-p-before-top-k",
    bug: "top-p comes before top-k",
    rows: [],
    links: [],
    file: chain,
    find: stages,
    replace:
      "return minP(topK(topP(temperatureScale(row, temperature ?? 1), p ?? 1), k ?? 0), m ?? 0);",
    needs: "a k and a p that both drop tokens",
  },
  {
    id: "chain-penalties-after-temperature",
    bug: "penalties read logits that are scaled already",
    rows: [],
    links: [],
    file: chain,
    find: "const allowed = penaliseAndBan(logits, options, history);",
    replace: `const T = options.temperature ?? 1;
  const raw = T === 0 ? logits : temperatureScale(logits, T);
  const allowed = penaliseAndBan(raw, options, history).map((logit) => (T === 0 ? logit : logit * T));`,
    needs: "a temperature other than 1 and a frequency penalty",
  },
  {
    id: "temperature-multiplies-below-one",
    bug: "logits are multiplied by the temperature, and only below 1",
    rows: [160],
    links: ["https://github.com/huggingface/transformers.js/commit/9eec801a"],
    file: "src/sampling/temperature.ts",
    find: "(logit) => logit / temperature",
    replace: "(logit) => (temperature < 1 ? logit * temperature : logit)",
    needs: "a temperature other than 1",
  },
  {
    id: "penalty-divides-negative-logits",
    bug: "the repetition penalty divides negative logits too: repeats become more likely",
    rows: [168],
    links: [
      "https://github.com/huggingface/transformers/issues/2302",
      "https://github.com/NVIDIA-NeMo/Speech/issues/8194",
    ],
    file: penalties,
    find: "penalised[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;",
    replace: "penalised[id] = logits[id] / penalty;",
    needs: "a seen token with a negative logit",
  },
  {
    id: "penalty-once-per-occurrence",
    bug: "the repetition penalty is applied for every time that a token was seen",
    rows: [169],
    links: ["https://github.com/huggingface/transformers.js/issues/1062"],
    file: penalties,
    find: `for (const id of new Set(history)) {
    penalised[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;`,
    replace: `for (const id of history) {
    penalised[id] = logits[id] > 0 ? penalised[id] / penalty : penalised[id] * penalty;`,
    needs: "a token seen twice",
  },
  {
    id: "penalty-by-presence-not-frequency",
    bug: "the frequency penalty counts a token once",
    rows: [],
    links: [],
    file: penalties,
    find: "penalised[id] -= penalty * count;",
    replace: "penalised[id] -= penalty * Math.min(1, count);",
    needs: "a token seen twice",
  },
  {
    id: "ban-of-a-short-history",
    bug: "a history shorter than the banned sequence skips the comparison, and the ban holds",
    rows: [175],
    links: ["https://github.com/huggingface/transformers.js/issues/1278"],
    file: "src/sampling/ban.ts",
    find: "const ends = sequence",
    replace: "const ends = start < 0 || sequence",
    needs: "a history shorter than the banned sequence",
  },
  {
    id: "ban-of-the-first-id",
    bug: "the first id of a banned sequence is dropped",
    rows: [],
    links: [],
    file: "src/sampling/ban.ts",
    find: "if (ends) left[sequence[last]] =",
    replace: "if (ends) left[sequence[0]] =",
    needs: "a banned sequence of several ids",
  },
  {
    id: "draw-falls-back-to-the-last-id",
    bug: "where no sum exceeds u, the last id is drawn, whatever its probability",
    rows: [152],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/1363"],
    file: "src/sampling/draw.ts",
    find: "return last;",
    replace: "return probs.length - 1;",
    needs: "a sum below 1, and a last token of probability 0",
  },
  {
    id: "draw-in-low-precision",
    bug: "the random number is rounded to bfloat16: draws are biased",
    rows: [176],
    links: ["https://github.com/huggingface/candle/issues/2928"],
    file: "src/sampling/draw.ts",
    find: "if (u < cumulative) return id;",
    replace: "if (Math.round(u * 256) / 256 < cumulative) return id;",
    needs: "a step of the distribution between two such numbers",
  },
  {
    id: "draw-includes-the-end",
    bug: "u is compared with <=: a step begins one number too late",
    rows: [],
    links: [],
    file: "src/sampling/draw.ts",
    find: "if (u < cumulative) return id;",
    replace: "if (u <= cumulative) return id;",
    needs: "a u that equals a cumulative sum, exactly",
  },
  {
    id: "draw-of-zero-probability",
    bug: "a token of probability 0 can be drawn at u = 0",
    rows: [],
    links: [],
    file: "src/sampling/draw.ts",
    find: "if (!(probs[id] > 0)) continue;",
    replace: "",
    needs: "a first token of probability 0, and a u of 0",
  },
  {
    id: "greedy-of-the-last-maximum",
    bug: "of tied maxima, the last is chosen",
    rows: [],
    links: [],
    file: "src/sampling/greedy.ts",
    find: "if (logits[v] > logits[best]) best = v;",
    replace: "if (logits[v] >= logits[best]) best = v;",
    needs: "tied maxima",
  },
];
