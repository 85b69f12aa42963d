/** Completions: what a server says of the next tokens, where it gives no logits. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import { forward } from "../definition.ts";
import type { Completed, CompleteOptions, TokenLogProb } from "../generation/complete.ts";
import { logSoftmax } from "../math/softmax.ts";
import type { Candidate, Subject } from "../subjects/subject.ts";
import { allowance, type Tolerance } from "../tolerance/compare.ts";
import { accuracyOf } from "../tolerance/measured.ts";
import { reportComparison } from "../tolerance/observe.ts";
import { expect, law } from "./law.ts";
import { generationOf } from "./texts.ts";

/** What sums of probabilities may be off by where they are computed in float32. */
const sumSlack = 1e-4;

/** Below it a probability is 0 in float32, and servers write what they like. */
const lowest = -80;

interface Prompt {
  candidate: Candidate;
  prompt: number[];
  count: number;
}

const prompts = (subject: Subject) => ({
  candidate: subject.candidates,
  prompt: rawTokens(1, 6),
  count: fc.integer({ min: 1, max: 5 }),
});

/** Asks the subject; a text has to have a top list for each of its tokens, and no others. */
async function ask(
  subject: Subject,
  { decoder }: Candidate,
  prompt: readonly number[],
  options: CompleteOptions,
): Promise<Completed> {
  const completed = await generationOf(subject).complete(decoder, prompt, options);
  const { newTokens, top } = completed;
  const what = `the text after [${prompt}]`;
  const fits = newTokens.length > 0 && newTokens.length <= options.maxNewTokens;
  expect(fits, `${what} has ${newTokens.length} of ${options.maxNewTokens} tokens`);
  const lists = `${what} has ${newTokens.length} tokens and ${top.length} lists`;
  expect(top.length === newTokens.length, lists);
  return completed;
}

const showTop = (top: readonly TokenLogProb[]) =>
  `[${top.map(({ token, logProb }) => `${token}: ${Number(logProb.toPrecision(6))}`).join(", ")}]`;

/** How far a log-probability may be off: its logit and the logarithm of the sum both may. */
function allowed(tolerance: Tolerance): number {
  return tolerance === "bitwise" ? 0 : 2 * allowance([1], tolerance);
}

/**
 * Two lists of the most probable tokens have to be the same. Where the arithmetic is not repeatable
 * bit for bit, tokens whose log-probabilities it cannot tell apart may stand in any order, and the
 * last of them on either list.
 */
function expectSameTop(
  what: string,
  actual: readonly TokenLogProb[],
  expected: readonly TokenLogProb[],
  tolerance: Tolerance,
): void {
  const message = `${what}: ${showTop(actual)}, but should be ${showTop(expected)}`;
  expect(actual.length === expected.length, message);
  const ours = new Map(actual.map(({ token, logProb }) => [token, logProb]));
  const last = actual.at(-1)?.logProb ?? 0;
  const most = allowed(tolerance);
  for (const { token, logProb } of expected) {
    const found = ours.get(token) ?? last;
    const error = Math.abs(found - logProb);
    const bothNone = found < lowest && logProb < lowest;
    if (tolerance !== "bitwise" && !bothNone) reportComparison({ error, allowed: most });
    const same = tolerance === "bitwise" ? ours.get(token) === logProb : error <= most;
    expect(same || bothNone, message);
  }
}

export const topOfOne = law<Prompt>({
  code: "P-TOP",
  name: "the top log-probabilities are of one distribution",
  statement:
    "Of n asked for min(n, V) come: tokens all different, in descending order, none above 0, probabilities that sum to at most 1, and to 1 where all V came; the first is the greedy token, and a shorter list is the beginning of a longer one.",
  source: "softmax: all V probabilities sum to 1",
  catches:
    "probabilities in place of logarithms, or of the listed tokens alone; ascending lists; a greedy token that is not the most probable",
  needs: ["generation.complete"],
  precondition: { name: "some tokens are on the list and some are not", floor: 0.5 },
  cases: (subject) => fc.record(prompts(subject)),
  check: async ({ candidate, prompt: raw, count }, subject) => {
    const { vocabSize: V } = candidate.decoder.config;
    const prompt = tokensOf(candidate.decoder.config, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const { newTokens, top } = await ask(subject, candidate, prompt, options);
    const [row] = top;
    const what = `after [${prompt}], the ${count} most probable are ${showTop(row)}`;
    expect(row.length === Math.min(count, V), what);
    expect(new Set(row.map(({ token }) => token)).size === row.length, what);
    expect(
      row.every(({ logProb }) => logProb <= 0),
      what,
    );
    const descends = row.every(({ logProb }, i) => i === 0 || logProb <= row[i - 1].logProb);
    expect(descends, what);
    const sum = row.reduce((total, { logProb }) => total + Math.exp(logProb), 0);
    expect(sum <= 1 + sumSlack && (row.length < V || sum >= 1 - sumSlack), `${what}, sum ${sum}`);
    const greedy = row.find(({ token }) => token === newTokens[0]);
    const isTop =
      greedy !== undefined && row[0].logProb - greedy.logProb <= allowed(subject.repeatable);
    expect(isTop, `${what}, but ${newTokens[0]} was chosen`);
    const fewer = { maxNewTokens: 1, topLogProbs: Math.ceil(count / 2) };
    const { top: shorter } = await ask(subject, candidate, prompt, fewer);
    const beginning = row.slice(0, fewer.topLogProbs);
    expectSameTop(
      `${fewer.topLogProbs} in place of ${count}`,
      shorter[0],
      beginning,
      subject.repeatable,
    );
    return row.length < V;
  },
});

export const sameAnswer = law<Prompt & { others: { shared: number; rest: number[] }[] }>({
  code: "P-TOP-SAME",
  name: "an answer depends on the prompt alone",
  statement:
    "A prompt gives the same log-probabilities again, also after other prompts that share a beginning with it, and with nothing remembered of earlier prompts.",
  source: "prompt caches: remembered keys and values are those of the same tokens",
  catches:
    "a prompt cache that is looked up by too little of the prompt, slots that keep another text, answers that depend on what was asked before",
  needs: ["generation.complete"],
  precondition: { name: "another prompt shared a beginning of two tokens", floor: 0.25 },
  cases: (subject) => {
    const other = fc.record({ shared: fc.nat({ max: 6 }), rest: rawTokens(0, 4) });
    const others = fc.array(other, { minLength: 1, maxLength: 3 });
    return fc.record({ ...prompts(subject), others });
  },
  check: async ({ candidate, prompt: raw, count, others }, subject) => {
    const { config } = candidate.decoder;
    const prompt = tokensOf(config, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const answer = async (tokens: readonly number[], cache = true) =>
      (await ask(subject, candidate, tokens, { ...options, cache })).top[0];
    const first = await answer(prompt);
    const asked = others.map(({ shared, rest }) =>
      tokensOf(config, [...prompt.slice(0, shared), ...rest]),
    );
    for (const tokens of asked) if (tokens.length > 0) await answer(tokens);
    const between = asked.map((tokens) => `[${tokens}]`).join(" ");
    const what = `after [${prompt}], asked for again after ${between}`;
    expectSameTop(what, await answer(prompt), first, subject.repeatable);
    const cold = `after [${prompt}], without a cache`;
    expectSameTop(cold, await answer(prompt, false), first, subject.repeatable);
    return prompt.length > 1 && others.some(({ shared }) => shared > 1);
  },
});

export const singleSteps = law<Prompt & { steps: number }>({
  code: "P-TOP-STEP",
  name: "a text is its tokens, asked for one by one",
  statement:
    "Of n tokens in one answer, each has the log-probabilities that the prompt and the tokens before it give when they are asked for themselves.",
  source: "the chain rule; a prompt's tokens and new tokens are the same to the model",
  catches:
    "log-probabilities of the step before or after, positions that restart after the prompt, a decode that differs from the prefill",
  needs: ["generation.complete"],
  precondition: { name: "at least two tokens were made", floor: 0.5 },
  cases: (subject) => fc.record({ ...prompts(subject), steps: fc.integer({ min: 2, max: 5 }) }),
  check: async ({ candidate, prompt: raw, count, steps }, subject) => {
    const prompt = tokensOf(candidate.decoder.config, raw);
    const options = { maxNewTokens: steps, topLogProbs: count };
    const { newTokens, top } = await ask(subject, candidate, prompt, options);
    for (const [i, row] of top.entries()) {
      const before = [...prompt, ...newTokens.slice(0, i)];
      const one = await ask(subject, candidate, before, { ...options, maxNewTokens: 1 });
      const what = `token ${i} of ${newTokens.length} after [${prompt}], by itself after [${before}]`;
      expectSameTop(what, one.top[0], row, subject.repeatable);
    }
    return newTokens.length > 1;
  },
});

export const together = law<Prompt & { others: number[][] }>({
  code: "P-TOP-TOGETHER",
  name: "answers that are asked for at once are those asked for alone",
  statement: "Several prompts at a time, of any lengths, each get what they get alone.",
  source: "continuous batching: rows of one pass never see each other",
  catches: "slots that share keys, positions or masks; a reply that goes to another's request",
  needs: ["generation.complete"],
  precondition: { name: "two prompts differ", floor: 0.5 },
  cases: (subject) => {
    const others = fc.array(rawTokens(1, 6), { minLength: 1, maxLength: 3 });
    return fc.record({ ...prompts(subject), others });
  },
  check: async ({ candidate, prompt, count, others }, subject) => {
    const all = [prompt, ...others].map((raw) => tokensOf(candidate.decoder.config, raw));
    const options = { maxNewTokens: 2, topLogProbs: count };
    const answer = (tokens: readonly number[]) => ask(subject, candidate, tokens, options);
    const alone: Completed[] = [];
    for (const tokens of all) alone.push(await answer(tokens));
    const atOnce = await Promise.all(all.map(answer));
    for (const [i, { top }] of atOnce.entries()) {
      const what = `after [${all[i]}], with ${all.length - 1} others`;
      // A second token is compared where the first was no toss-up.
      const same = atOnce[i].newTokens[0] === alone[i].newTokens[0];
      for (const [step, row] of top.slice(0, same ? 2 : 1).entries()) {
        expectSameTop(`${what}, token ${step}`, row, alone[i].top[step] ?? [], subject.repeatable);
      }
    }
    return new Set(all.map(String)).size > 1;
  },
});

export const topOfDefinition = law<Prompt>({
  code: "P-TOP-GOLD",
  name: "the top log-probabilities are the definition's",
  statement:
    "The tokens on the list have the log-probabilities of the defining equations, within what the arithmetic allows, and no token that is not on it has a larger one.",
  source: "src/definition.ts, and log-softmax over all V logits",
  catches:
    "wrong conventions of the model, a tokenizer that adds a first token, penalties or a bias that is on by default, another model",
  needs: ["generation.complete", "model"],
  precondition: { name: "at least two tokens", floor: 0.5 },
  cases: (subject) => fc.record(prompts(subject)),
  check: async ({ candidate, prompt: raw, count }, subject) => {
    const { config, weights } = candidate.model!;
    const prompt = tokensOf(config, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const [row] = (await ask(subject, candidate, prompt, options)).top;
    const logits = Float64Array.from(forward(config, weights, prompt).at(-1)!);
    const logProbs = logSoftmax(logits);
    const expected = Array.from(logProbs, (logProb, token) => ({ token, logProb }))
      .sort((a, b) => b.logProb - a.logProb)
      .slice(0, row.length);
    // The logits that the list stands for, if the others are right.
    const found = logits.slice();
    for (const { token, logProb } of row) found[token] += logProb - logProbs[token];
    const tolerance = accuracyOf(subject, candidate.model, prompt, [found], [logits]);
    // A relative tolerance is of the logits, which a server does not show.
    const absolute = allowance(logits, tolerance) + 1e-13 * Math.max(...logits.map(Math.abs));
    expectSameTop(`after [${prompt}]`, row, expected, { absolute, relative: 0 });
    for (const { token, logProb } of row) {
      const off = Math.abs(logProb - logProbs[token]);
      const wrong = `after [${prompt}], token ${token} has ${logProb}, but should have ${logProbs[token]}`;
      expect(off <= 2 * absolute || (logProb < lowest && logProbs[token] < lowest), wrong);
    }
    return prompt.length > 1;
  },
});

export const illegalPrompt = law<Prompt & { at: number }>({
  code: "P-TOP-ERRORS",
  name: "an illegal prompt is refused, and harms nothing",
  statement:
    "A prompt with an id outside [0, V) is refused, and the next answer is what it was before.",
  source: "array bounds: an embedding has V rows",
  catches: "ids that wrap around or read beyond the embedding, requests that break a server",
  needs: ["generation.complete"],
  precondition: { name: "the prompt has legal tokens too", floor: 0.5 },
  cases: (subject) => fc.record({ ...prompts(subject), at: fc.nat({ max: 5 }) }),
  check: async ({ candidate, prompt: raw, count, at }, subject) => {
    const { vocabSize: V } = candidate.decoder.config;
    const prompt = tokensOf(candidate.decoder.config, raw);
    const options = { maxNewTokens: 1, topLogProbs: count };
    const before = await ask(subject, candidate, prompt, options);
    for (const illegal of [V, -1]) {
      const tokens = prompt.with(at % prompt.length, illegal);
      const accepted = await generationOf(subject)
        .complete(candidate.decoder, tokens, options)
        .then(
          () => true,
          () => false,
        );
      expect(!accepted, `[${tokens}] was answered, where ids run from 0 to ${V - 1}`);
    }
    const after = await ask(subject, candidate, prompt, options);
    expectSameTop(`after [${prompt}]`, after.top[0], before.top[0], subject.repeatable);
    return prompt.length > 1;
  },
});
