import fc from "fast-check";
import { type DraftParts, draftOf, draftParts } from "../arbitraries/drafts.ts";
import { illegalCounts, pick } from "../arbitraries/illegal.ts";
import { samplingOptions } from "../arbitraries/sampling-options.ts";
import { scriptedDecoder } from "../arbitraries/scripted-decoder.ts";
import type { Decoder } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import type { SpeculateOptions } from "../generation/speculate.ts";
import type { SamplingOptions } from "../sampling/sample-token.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectCallRefused } from "./support/refused-calls.ts";
import { badRequest } from "./support/refused-texts.ts";
import {
  type DecoderRequest,
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
  /** Sampling options of a second text, which is drawn. */
  drawn: SamplingOptions;
  /** Index of an illegal request. */
  bad: number;
}

export const greedySpeculation = law<Draft>({
  id: "greedy-speculation",
  name: "greedy speculation is greedy generation, whatever the draft",
  chapter: "speculation",
  statement:
    "With any draft, also one of a shorter context, greedy speculation gives the text of greedy generation, penalties, bans, end of sequence and length limits included; no more proposals are kept than were made or are in the text, and all of them where the draft is the target itself, greedy or, if the acceptance is by the ratio, drawn; the target reads prompt, proposals and its own tokens once; illegal counts, prompts, sampling options and drafts are refused.",
  source: "Leviathan, Kalman and Matias 2023, appendix A.1; Chen et al. 2023",
  catches:
    "proposals judged by the row before or after, caches that keep what was refused, the token after the last proposal lost, an end of sequence that is passed over, histories without the proposals",
  needs: ["generation.generate", "generation.speculate", "all-rows", "rewind"],
  precondition: { name: "of one text's proposals some were kept and some refused", floor: 0.12 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      draft: draftParts(sizes),
      request: requests(subject, sizes, 14),
      draftTokens: sizes.integers("draft", { min: 1, max: 5 }),
      end: fc.option(fc.nat({ max: 13 }), { freq: 2 }),
      drawn: samplingOptions(sizes),
      bad: fc.nat(),
    }),
  check: async ({ candidate: { decoder }, ...value }, subject) => {
    const { generate, speculate } = generationOf(subject);
    const { draftTokens, end } = value;
    const draft = draftOf(decoder, value.draft);
    const { options: raw } = value.request;
    const greedy = { ...value.request, options: { ...raw, temperature: 0 } };
    const one = requestFor(decoder, greedy);
    const { newTokens } = await generate(decoder, one.prompt, one.options);
    const eosTokenId = end === null ? undefined : newTokens.length === 0 ? 0 : newTokens[end];
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
    await expectRefused(decoder, draft, one, value, speculate);
    if (subject.repeatable !== "bitwise") return accepted > 0 && accepted < drafted;
    if (value.draft.kind === "target") expectThat(accepted === drafted, counts);
    if (subject.acceptance !== "own sample") {
      await expectAllKept(decoder, value, { ...stop, draftTokens }, speculate);
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

/** Expects that a drawn text keeps every proposal of a draft with the target's distribution. */
async function expectAllKept(
  decoder: Decoder,
  { request, drawn, draft: { shorter } }: Omit<Draft, "candidate">,
  more: Pick<SpeculateOptions, "draftTokens" | "eosTokenId">,
  speculate: Generation["speculate"],
): Promise<void> {
  const { maxNewTokens, history } = request.options;
  const options = { ...drawn, maxNewTokens, ...(history && { history }) };
  const one = requestFor(decoder, { ...request, options });
  const draft = draftOf(decoder, { kind: shorter === 0 ? "target" : "same", every: 1, shorter });
  const text = await speculate(decoder, draft, one.prompt, { ...one.fresh(), ...more });
  const what = describeRequest("speculated text", one, more);
  expectThat(text.accepted === text.drafted, `${what} kept ${text.accepted} of ${text.drafted}`);
}

/** Expects that an illegal request is refused: a count of proposals, a draft, or another value. */
async function expectRefused(
  target: Decoder,
  draft: Decoder,
  request: DecoderRequest,
  { bad, draftTokens }: Omit<Draft, "candidate">,
  speculate: Generation["speculate"],
): Promise<void> {
  const { vocabSize: V, maxPositionEmbeddings: P } = target.config;
  const { what, prompt, options } = badRequest(target, request, bad);
  const call = () => speculate(target, draft, prompt, { ...options, draftTokens });
  await expectCallRefused({ what: `speculate of ${what}`, call });
  const legal = { ...request.fresh(), maxNewTokens: 1, draftTokens };
  const other = scriptedDecoder(V + 1, P, () => new Float64Array(V + 1));
  const own = [
    ...[0, ...illegalCounts].map((count) => ({
      what: `speculate with ${count} proposals a round`,
      call: () => speculate(target, draft, request.prompt, { ...legal, draftTokens: count }),
    })),
    {
      what: `speculate with a draft of ${V + 1} tokens for a target of ${V}`,
      call: () => speculate(target, other, request.prompt, legal),
    },
  ];
  await expectCallRefused(pick(own, bad));
}
