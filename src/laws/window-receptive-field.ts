import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { expectLogits } from "./support/expect.ts";
import { rowsFrom, windowCanary, withWindow } from "./support/windows.ts";

interface Unseen {
  candidate: Candidate;
  window: number;
  tokens: number[];
  shift: number;
  cut: number;
}

export const windowReceptiveField = law<Unseen>({
  id: "window-receptive-field",
  name: "tokens beyond the receptive field change nothing",
  chapter: "causality",
  statement:
    "With a window of w, L layers see L (w - 1) tokens back; others before those change nothing.",
  source: "Jiang et al. 2023 (Mistral 7B), section 2: sliding window attention",
  catches: "a window one too wide, a window in some layers only, evicted keys that are still read",
  needs: ["model", "build"],
  precondition: { name: "a position is beyond the reach of another token", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      window: sizes.integers("window", { min: 1, max: 4 }),
      tokens: sizes.tokens(12, 24),
      shift: fc.nat(),
      cut: fc.nat(),
    }),
  check: async ({ candidate, window, tokens: raw, shift, cut: rawCut }, subject) => {
    const decoder = withWindow(subject, candidate, window);
    const { vocabSize: V, numHiddenLayers: L } = decoder.config;
    const tokens = tokensOf(decoder.config, raw);
    const reach = L * (window - 1);
    const unseen = tokens.length - 1 - reach; // by the last position
    if (unseen < 1 || V === 1) return false;
    const cut = 1 + (rawCut % unseen);
    const other = (token: number) => (token + 1 + (shift % (V - 1))) % V;
    const changed = tokens.map((token, t) => (t < cut ? other(token) : token));
    const what = `window ${window}, ${L} layers, after [${tokens}] and after [${changed}]`;
    const [one, two] = [
      await rowsFrom(decoder, tokens, cut + reach),
      await rowsFrom(decoder, changed, cut + reach),
    ];
    expectLogits(what, one, two, subject.repeatable, cut + reach);
    return true;
  },
  canaries: [windowCanary("a window is one token too wide", 1)],
});
