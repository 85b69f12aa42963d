import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { expectLogits } from "./support/expect.ts";
import { rowsFrom, windowCanary, withWindow } from "./support/windows.ts";

interface Seen {
  candidate: Candidate;
  tokens: number[];
  extra: number;
}

export const fullWidthWindow = law<Seen>({
  id: "full-width-window",
  name: "a window that holds the whole sequence is no window",
  chapter: "causality",
  statement: "While the tokens fit into the window, the logits are those of full attention.",
  source: "Jiang et al. 2023 (Mistral 7B), section 2: sliding window attention",
  catches: "a window one too narrow, a window that does not count the token itself",
  needs: ["model", "build"],
  precondition: { name: "the sequence fills the window to the last token", floor: 0.4 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 8),
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
  canaries: [windowCanary("a window is one token too narrow", -1)],
});
