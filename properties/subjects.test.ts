/** The three kinds of subjects: which laws apply to each, and how a sampler alone is tested. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { choiceLaw, completionsLaw, law, missingNeeds } from "../src/laws/law.ts";
import { completionsCanary, decoderCanary, samplerCanary } from "../src/laws/support/canary.ts";
import type { Model } from "../src/model/model.ts";
import { sampler } from "../src/sampling/sampler.ts";
import { defineSampler } from "../src/subjects/define-sampler.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import { subjectByName, subjectNames } from "../src/subjects/registry.ts";
import type { ChoiceSubject, CompletionsSubject, LogitsSubject } from "../src/subjects/subject.ts";
import { viewOf } from "../src/subjects/views.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";

const lawsOf = (kind: string) => laws.filter((law) => law.kind === kind);
const { generation } = reference;
const everything = defineSampler({ ...sampler, name: "whole", speculate: generation.speculate! });

describe("a sampler without a decoder", () => {
  test.for(lawsOf("choice"))("is subject to $id, and to its canary", async (law, { task }) => {
    const verdict = await runLaw(law, everything, { seed, runs: 500 });
    task.meta.cases = verdict.cases;
    if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
  });

  test("offers nothing to all other laws, and names their kind", () => {
    const missing = laws.map((law) => missingNeeds(law, everything).join());
    const kinds = { logits: "logits", completions: "completions", choice: "" };
    expect(missing).toEqual(laws.map(({ kind }) => kinds[kind]));
  });

  /** Top-k as a user would write it, from ids in descending order of their logits. */
  const topK = (logits: ArrayLike<number>, k: number) => {
    if (!Number.isInteger(k) || k < 0) throw new RangeError(`k must be a count, got ${k}`);
    const ids = Array.from(logits, (_, id) => id);
    ids.sort((a, b) => logits[b] - logits[a] || a - b);
    const kept = new Set(k === 0 ? ids : ids.slice(0, k));
    return Float64Array.from(logits, (logit, id) => (kept.has(id) ? logit : -Infinity));
  };
  const { greedy, conventions } = sampler;

  test("may be one function, and a bug in it is found", async () => {
    const right = defineSampler({ name: "right", topK, greedy, conventions });
    const wrong = defineSampler({
      ...{ name: "wrong", greedy, conventions },
      topK: (logits, k) => topK(logits, k === 0 ? 0 : k + 1),
    });
    const law = lawById("top-k-count");
    expect((await runLaw(law, right, { seed, runs: 300 })).status).toBe("kept");
    expect((await runLaw(law, wrong, { seed, runs: 300 })).status).toBe("broken");
    expect(missingNeeds(lawById("min-p-threshold"), right)).toEqual(["sampler.minP"]);
    expect(missingNeeds(lawById("speculative-distribution"), right)).toEqual([
      "generation.speculate",
    ]);
  });

  test("must have functions of a sampler, and no others", () => {
    const must = "its functions must be any of conventions, greedy, repetitionPenalty";
    expect(() => defineSampler({ name: "none" })).toThrow(`sampler none: ${must}`);
    expect(() => defineSampler({ name: "none" })).toThrow("sample, speculate, got none");
    const misspelt = { name: "one", greedy, topk: topK };
    expect(() => defineSampler(misspelt)).toThrow("got topk; the nearest one is topK");
  });
});

describe("a decoder", () => {
  test("with a sampler, a speculative rule and completions is a subject of every kind", () => {
    expect(laws.flatMap((law) => missingNeeds(law, reference))).toEqual([]);
  });

  const build = (model: Model) => reference.build!(model);
  test.for<[what: string, got: string, nearest: string, more: object]>([
    ["its fields", "capabilites", "capabilities", { capabilites: ["rewind"] }],
    ["its fields", "Bitwise", "bitwise", { Bitwise: true }],
    ["its capabilities", "rewnd", "rewind", { capabilities: ["fork", "rewnd"] }],
    ["its capabilities", "allRows", "all-rows", { capabilities: ["allRows"] }],
    ["the fields of only", "slidingWidow", "slidingWindow", { only: { slidingWidow: null } }],
    ["the functions of its sampler", "topp", "topP", { sampler: { topp: () => [] } }],
    ["the functions of its generation", "logprobs", "logProbs", { generation: { logprobs: 0 } }],
    ["its acceptance", "own-sample", "own sample", { acceptance: "own-sample" }],
  ])("%s must be known words, got %s", ([what, got, nearest, more]) => {
    const define = () => defineSubject({ name: "one", build, ...more });
    expect(define).toThrow(TypeError);
    expect(define).toThrow(`subject one: ${what} must be any of `);
    expect(define).toThrow(`, got ${got}; the nearest one is ${nearest}`);
  });

  const plain = defineSubject({ name: "plain", build: (model) => reference.build!(model) });

  test("without them offers no completions, and names the missing functions of its sampler", () => {
    for (const law of lawsOf("completions")) {
      expect(missingNeeds(law, plain)).toEqual(["completions"]);
    }
    for (const law of lawsOf("choice")) expect(missingNeeds(law, plain)).toEqual(law.needs);
  });

  test("keeps the declared failures of its sampler", async () => {
    const knownFailures = { "top-k-count": "it keeps one more" };
    const topK: typeof sampler.topK = (logits, k) => sampler.topK(logits, k === 0 ? 0 : k + 1);
    const subject = { ...reference, sampler: { ...sampler, topK }, knownFailures };
    const { status } = await runLaw(lawById("top-k-count"), subject, { seed, runs: 300 });
    expect(status).toBe("known failure");
  });

  test("that completes prompts is printed as its model", async () => {
    const law = lawById("top-log-probs");
    const { candidates } = law.canaries[0].inject(viewOf(reference, "completions")!) as never;
    expect(fc.stringify(fc.sample(candidates, 1))).toContain("randomModel(");
  });
});

describe("a server of completions", () => {
  const server = viewOf(reference, "completions")!;

  test("offers only the laws of completions", () => {
    const offered = laws.filter((law) => missingNeeds(law, server).length === 0);
    expect(offered).toEqual(lawsOf("completions"));
    expect(missingNeeds(lawById("cache-equality"), server)).toEqual(["logits"]);
    expect(missingNeeds(lawById("top-k-count"), server)).toEqual(["sampler"]);
  });

  test("whose model is unknown offers those that do not need it", () => {
    const unknown: CompletionsSubject = { ...server, knowsModel: false };
    const lacking = laws.filter((law) => missingNeeds(law, unknown).join() === "model");
    expect(lacking).toEqual([lawById("top-log-probs-definition")]);
  });
});

test("a law and its canary receive subjects of the law's kind", () => {
  const shared = {
    ...{ id: "typed", name: "", statement: "", source: "", catches: "", needs: [] },
    precondition: { name: "", floor: 0 },
    cases: () => fc.constant({}),
  };
  law({
    ...shared,
    check: (_, subject) => expectTypeOf(subject).toEqualTypeOf<LogitsSubject>(),
    canaries: [decoderCanary("", (decoder) => decoder)],
  });
  completionsLaw({
    ...shared,
    check: (_, subject) => expectTypeOf(subject).toEqualTypeOf<CompletionsSubject>(),
    canaries: [
      completionsCanary(
        "",
        () =>
          ({ complete }, ...request) =>
            complete(...request),
      ),
    ],
  });
  choiceLaw({
    ...shared,
    check: (_, subject) => expectTypeOf(subject).toEqualTypeOf<ChoiceSubject>(),
    canaries: [samplerCanary("", () => ({}))],
  });
});

describe("the registry", () => {
  test.for(subjectNames)("has %s under its name", async (name) => {
    expect((await subjectByName(name)).name).toBe(name);
  });

  test("names its subjects for an unknown name", async () => {
    const message = /^subject: must be one of reference, reference-tiled, .*, got toString$/;
    await expect(subjectByName("toString")).rejects.toThrow(message);
  });

  test("loads an engine when its subject is used, and not before", () => {
    const script = `
      import { registerHooks } from "node:module";
      const urls = [];
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
      const engines = () => urls.filter((url) => /engines|onnxruntime/.test(url)).length;
      const { subjectByName } = await import("./src/subjects/registry.ts");
      await subjectByName("reference");
      const before = engines();
      await subjectByName("onnxruntime");
      console.log(JSON.stringify([before, engines() > 0]));
    `;
    const args = ["--input-type=module", "--eval", script];
    expect(JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }))).toEqual([
      0,
      true,
    ]);
  });
});
