import fc from "fast-check";
import { type DraftParts, draftOf, draftParts } from "../arbitraries/drafts.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import {
  describeRequest,
  expectText,
  type GenerationRequest,
  generationOf,
  requestFor,
  requests,
} from "./support/texts.ts";
import { withSequences } from "./support/wrapped.ts";

interface Draft {
  candidate: Candidate;
  draft: DraftParts;
  request: GenerationRequest;
  draftTokens: number;
  /** Which token of the text is made its end of sequence; null for a text without one. */
  end: number | null;
}

export const greedySpeculation = law<Draft>({
  id: "greedy-speculation",
  name: "greedy speculation is greedy generation, whatever the draft",
  chapter: "speculation",
  statement:
    "With any draft, also one of a shorter context, greedy speculation gives the text of greedy generation, penalties, bans, end of sequence and length limits included; no more proposals are kept than were made or are in the text, and all of them where the draft is the target itself, greedy or, if the acceptance is by the ratio, drawn; the target reads prompt, proposals and its own tokens once.",
  source: "Leviathan, Kalman and Matias 2023, appendix A.1; Chen et al. 2023",
  catches:
    "proposals judged by the row before or after, caches that keep what was refused, the token after the last proposal lost, an end of sequence that is passed over, histories without the proposals",
  needs: ["generation.generate", "generation.speculate", "all-rows", "rewind"],
  precondition: { name: "of one text's proposals some were kept and some refused", floor: 0.12 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      draft: draftParts(),
      request: requests(subject, sizes, 14),
      draftTokens: sizes.integers("draft", { min: 1, max: 5 }),
      end: fc.option(fc.nat({ max: 13 }), { freq: 2 }),
    }),
  check: async ({ candidate: { decoder }, ...value }, subject) => {
    const { generate, speculate } = generationOf(subject);
    const { draftTokens, end } = value;
    const draft = draftOf(decoder, value.draft);
    const { options: raw } = value.request;
    const greedy = { ...value.request, options: { ...raw, temperature: 0 } };
    const one = requestFor(decoder, greedy);
    const { newTokens } = await generate(decoder, one.prompt, one.options);
    const eosTokenId = end === null ? undefined : newTokens[end];
    const stop = eosTokenId === undefined ? {} : { eosTokenId };
    const plain = await generate(decoder, one.prompt, { ...one.options, ...stop });
    const given = { ...one.options, ...stop, draftTokens };
    const text = await speculate(decoder, draft, one.prompt, given);
    const { drafted, accepted } = text;
    const what = `${describeRequest("speculated text", one, { ...stop, draftTokens })}, ${value.draft.kind} draft,`;
    await expectText(what, decoder, one, text, plain, subject.repeatable);
    const whole = [...one.prompt, ...text.newTokens];
    expectThat(
      text.tokens.join() === whole.join(),
      `${what} says [${text.tokens}], not [${whole}]`,
    );
    const counts = `${what} kept ${accepted} of ${drafted} proposals`;
    const standing = Math.min(drafted, text.newTokens.length);
    expectThat(accepted >= 0 && accepted <= standing, counts);
    const rounds = text.newTokens.length - accepted + (text.finishReason === "eos" ? 1 : 0);
    const steps = rounds === 0 ? 0 : one.prompt.length - 1 + rounds + drafted;
    expectThat(
      text.tokenSteps <= steps,
      `${what} took ${text.tokenSteps} token steps, not ${steps}`,
    );
    if (value.draft.kind === "target" && subject.repeatable === "bitwise") {
      expectThat(accepted === drafted, counts);
      if (subject.acceptance === "own sample") return false;
      const drawn = requestFor(decoder, value.request);
      const same = await speculate(decoder, decoder, drawn.prompt, {
        ...drawn.fresh(),
        draftTokens,
      });
      const all = describeRequest("speculated text", drawn, { draftTokens });
      expectThat(same.accepted === same.drafted, `${all} kept ${same.accepted} of ${same.drafted}`);
    }
    return accepted > 0 && accepted < drafted;
  },
  canaries: [
    generationCanary("a proposal is judged by the row before its own", ({ speculate }) => ({
      speculate: (target, draft, prompt, options) => {
        const late = withSequences(target, (sequence) => ({
          appendAll: async (tokens) => {
            const rows = await sequence.appendAll(tokens);
            return [rows[0], ...rows.slice(0, -1)];
          },
        }));
        return speculate(late, draft, prompt, options);
      },
    })),
  ],
});
