/** The sliding window: what it hides stays hidden, and what it holds is seen as without it. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { Candidate, Subject } from "../subjects/subject.ts";
import { expectLogits, law } from "./law.ts";

/** A decoder of the candidate's model with another window. */
function withWindow(subject: Subject, { model }: Candidate, slidingWindow: number | null): Decoder {
  return subject.build!({ ...model!, config: { ...model!.config, slidingWindow } });
}

/** The logits after every token from position `start` on, which come one by one. */
async function rowsFrom(decoder: Decoder, tokens: readonly number[], start: number) {
  await using sequence = await decoder.start();
  const rows: Logits[] = [await sequence.append(tokens.slice(0, start + 1))];
  for (const token of tokens.slice(start + 1)) rows.push(await sequence.append([token]));
  return rows;
}

interface Unseen {
  candidate: Candidate;
  window: number;
  tokens: number[];
  shift: number;
  cut: number;
}

export const receptiveField = law<Unseen>({
  code: "P-WIN",
  name: "tokens beyond the receptive field change nothing",
  statement:
    "With a window of w, L layers see L (w - 1) tokens back; others before those change nothing.",
  source: "Jiang et al. 2023 (Mistral 7B), section 2: sliding window attention",
  catches: "a window one too wide, a window in some layers only, evicted keys that are still read",
  needs: ["model", "build"],
  precondition: { name: "a position stands beyond the reach of another token", floor: 0.5 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      window: fc.integer({ min: 1, max: 4 }),
      tokens: rawTokens(12, 24),
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
});

interface Seen {
  candidate: Candidate;
  tokens: number[];
  extra: number;
}

export const wideWindow = law<Seen>({
  code: "P-WIN-FULL",
  name: "a window that holds the whole sequence is no window",
  statement: "While the tokens fit into the window, the logits are those of full attention.",
  source: "Jiang et al. 2023 (Mistral 7B), section 2: sliding window attention",
  catches: "a window one too narrow, a window that does not count the token itself",
  needs: ["model", "build"],
  precondition: { name: "the sequence fills the window to the last token", floor: 0.4 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      tokens: rawTokens(1, 8),
      extra: fc.constantFrom(0, 0, 1),
    }),
  check: async ({ candidate, tokens: raw, extra }, subject) => {
    const full = withWindow(subject, candidate, null);
    const tokens = tokensOf(full.config, raw);
    const window = tokens.length + extra;
    const windowed = withWindow(subject, candidate, window);
    const what = `window ${window} and none, after [${tokens}]`;
    const [actual, expected] = [
      await rowsFrom(windowed, tokens, 0),
      await rowsFrom(full, tokens, 0),
    ];
    expectLogits(what, actual, expected, subject.repeatable);
    return extra === 0 && tokens.length > 1;
  },
});
