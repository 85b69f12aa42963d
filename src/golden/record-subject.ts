/** The fixtures of a subject: the models and tokens to record, chosen or by default. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Decoder, NotOffered } from "../decoder.ts";
import { definitionEquality } from "../laws/definition-equality.ts";
import { lawId } from "../laws/former-codes.ts";
import { type ConfigInput, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { onlyDifference } from "../subjects/only.ts";
import type { LogitsSubject, Subject } from "../subjects/subject.ts";
import { rowsOf } from "./check.ts";
import { choiceInputs } from "./choice-inputs.ts";
import {
  type DraftOptions,
  draftChoices,
  draftCompletions,
  draftEngine,
  draftModel,
} from "./draft.ts";
import {
  type ChoiceEngine,
  type CompletionEngine,
  type FixedEngine,
  type GoldenEngine,
  type ModelEngine,
  versionsOf,
} from "./engine.ts";
import type { Fixture } from "./format.ts";
import {
  distinctSizes,
  familyConfigs,
  type GoldenRequest,
  randomRequests,
  randomTokens,
} from "./models.ts";
import { type DamagedFixture, readFixturesAmong } from "./read.ts";
import { logitTolerance } from "./tolerance.ts";
import type { FixtureDraft } from "./write.ts";

/** The part of a recording that the user may choose. */
export interface SubjectRecording {
  /**
   * The models to record; by default those of the subject's fixtures in the folder, or one of each
   * family if it has none.
   */
  readonly models?: readonly Model[];
  /** The tokens of each case; by default those of the fixture, or seeded ones. */
  readonly tokens?: readonly (readonly number[])[];
  readonly seed: number;
  /** The folder of fixtures. */
  readonly folder: string;
  /** The command that records them again, for the manifest. */
  readonly command: string;
  /** True if damaged fixtures of the subject are recorded again; otherwise they are an error. */
  readonly update: boolean;
}

/** Drafts, and the default models that the engine does not offer, each with the reason. */
export interface SubjectDrafts {
  readonly drafts: readonly FixtureDraft[];
  readonly notOffered: readonly string[];
}

/** Number of new tokens, and of log-probabilities for each, in the completions of a server. */
const completion = { maxNewTokens: 8, topLogProbs: 5 };

/** The most logits in a case of default tokens. */
const DEFAULT_LOGITS = 100_000;

/** Records a subject, without writing anything. */
export async function draftSubject(
  engine: GoldenEngine,
  recording: SubjectRecording,
): Promise<SubjectDrafts> {
  const { past, damaged } = await pastFixtures(engine, recording);
  const origin = {
    by: engine.subject.name,
    versions: await versionsOf(engine.subject),
    command: recording.command,
  };
  const { drafts, notOffered } =
    engine.kind === "model"
      ? await draftModels(engine, recording, past, damaged, origin)
      : { drafts: [await draftOne(engine, recording, past.at(0) ?? null, origin)], notOffered: [] };
  const lost = damaged.find((fixture) => !drafts.some(({ name }) => name === fixture.name));
  if (lost !== undefined) throw lost.error;
  return { drafts, notOffered };
}

/** Records an engine with one fixture. */
async function draftOne(
  engine: FixedEngine | CompletionEngine | ChoiceEngine,
  recording: SubjectRecording,
  past: Fixture | null,
  origin: DraftOptions["origin"],
): Promise<FixtureDraft> {
  if (recording.models !== undefined) {
    const has = engine.kind === "choice" ? "is a sampler" : "holds its own model";
    const must = `${engine.subject.name} ${has}, so no model can be chosen`;
    throw new RangeError(`golden: ${must}, got ${recording.models.map(({ name }) => name)}`);
  }
  if (engine.kind === "choice" && recording.tokens !== undefined) {
    const must = `${engine.subject.name} is a sampler, so no --tokens can be chosen`;
    throw new RangeError(`golden: ${must}, got ${recording.tokens.join(" ")}`);
  }
  const head = { name: past?.name ?? slug(engine.subject.name), origin };
  if (engine.kind === "engine") return draftFixed(engine, recording, past, head);
  if (engine.kind === "completions") return draftServer(engine, recording, past, head);
  const again = past?.kind === "choice" ? past.cases : [];
  const recorded = new Set(again.map((one) => one.function));
  const inputs = choiceInputs(engine.subject, recording.seed);
  const added = inputs.filter((input) => !recorded.has(input.function));
  return draftChoices(engine, [...again, ...added], head);
}

interface PastFixtures {
  readonly past: readonly Fixture[];
  readonly damaged: readonly DamagedFixture[];
}

/** The fixtures in the folder that this engine recorded; none if all has been chosen anew. */
async function pastFixtures(
  { kind, subject }: GoldenEngine,
  { models, tokens, folder, update }: SubjectRecording,
): Promise<PastFixtures> {
  if ((kind === "model" ? models : tokens) !== undefined) return { past: [], damaged: [] };
  const { fixtures, damaged } = await readFixturesAmong(folder);
  const own = damaged.filter(({ by }) => by === subject.name || by === null);
  if (own.length > 0 && !update) throw own[0].error;
  const past = fixtures.filter((one) => one.kind === kind && one.manifest.by === subject.name);
  return { past, damaged: own };
}

async function draftModels(
  { build, subject }: ModelEngine,
  recording: SubjectRecording,
  past: readonly Fixture[],
  damaged: readonly DamagedFixture[],
  origin: DraftOptions["origin"],
): Promise<SubjectDrafts> {
  const drafts: FixtureDraft[] = [];
  const notOffered: string[] = [];
  for (const { name, request } of await requestsOf(subject, recording, past, damaged)) {
    const { model } = request;
    try {
      await using decoder: Decoder = build(model);
      const options = {
        name,
        origin,
        tolerance: (cases: Parameters<typeof logitTolerance>[2]) =>
          logitTolerance(subject, model, cases),
        mayDiffer: isKnownToDiffer(subject),
      };
      drafts.push(await draftModel(request, (tokens) => rowsOf(decoder, tokens), options));
    } catch (error) {
      if (!(error instanceof NotOffered) || recording.models !== undefined) throw error;
      notOffered.push(`${model.name}: ${error.message}`);
    }
  }
  return { drafts, notOffered };
}

interface NamedRequest {
  readonly name: string;
  readonly request: GoldenRequest & { readonly weightsFile?: Uint8Array };
}

async function requestsOf(
  subject: LogitsSubject,
  { models, tokens, seed, folder }: SubjectRecording,
  past: readonly Fixture[],
  damaged: readonly DamagedFixture[],
): Promise<NamedRequest[]> {
  const nameOf = (model: Model) => `${slug(subject.name)}-${slug(model.name)}`;
  if (models !== undefined) {
    return models.map((model) => {
      return { name: nameOf(model), request: { model, cases: tokens ?? casesOf(model, seed) } };
    });
  }
  const recorded = past.filter((fixture) => fixture.kind === "model");
  const byDefault = randomRequests(defaultConfigs(subject)).map(({ model, cases }) => {
    return { name: nameOf(model), request: { model, cases: tokens ?? cases } };
  });
  if (recorded.length === 0) return byDefault;
  const again = await Promise.all(
    recorded.map(async ({ name, model, cases }) => {
      const weightsFile = await readFile(join(folder, name, "weights.safetensors"));
      const prompts = tokens ?? cases.map((one) => one.tokens);
      return { name, request: { model, cases: prompts, weightsFile } };
    }),
  );
  const isDamaged = ({ name }: NamedRequest) => damaged.some((fixture) => fixture.name === name);
  return [...again, ...byDefault.filter(isDamaged)];
}

/** One configuration of each family; if the subject offers none of them, one that it offers. */
function defaultConfigs(subject: LogitsSubject): Readonly<Record<string, ConfigInput>> {
  const isOffered = (input: ConfigInput) => onlyDifference(subject, modelConfig(input)) === null;
  if (Object.values(familyConfigs).some(isOffered)) return familyConfigs;
  return { "fixed-options": { ...distinctSizes, ...subject.only } };
}

async function draftFixed(
  engine: FixedEngine,
  { tokens, seed }: SubjectRecording,
  past: Fixture | null,
  head: Pick<DraftOptions, "name" | "origin">,
): Promise<FixtureDraft> {
  const { decoder, model, subject } = engine;
  const again = past?.kind === "engine" ? past.cases.map((one) => one.tokens) : undefined;
  const prompts = tokens ?? again ?? casesOf(decoder, seed);
  return draftEngine(engine, prompts, {
    ...head,
    tolerance: (cases) => logitTolerance(subject, model, cases),
    mayDiffer: isKnownToDiffer(subject),
  });
}

async function draftServer(
  engine: CompletionEngine,
  { tokens, seed }: SubjectRecording,
  past: Fixture | null,
  head: Pick<DraftOptions, "name" | "origin">,
): Promise<FixtureDraft> {
  const { vocabSize, contextLength } = engine;
  const again = past?.kind === "completions" ? past : null;
  const topLogProbs = again?.topLogProbs ?? Math.min(completion.topLogProbs, vocabSize);
  const lengths = [1, 3, 6].filter((length) => length < contextLength);
  const seeded = lengths.map((length, i) => randomTokens({ vocabSize }, length, seed + i));
  const prompts = (tokens ?? seeded).map((prompt) => {
    const maxNewTokens = Math.min(completion.maxNewTokens, contextLength - prompt.length);
    return { tokens: prompt, maxNewTokens };
  });
  const chosen = tokens === undefined ? (again?.cases ?? prompts) : prompts;
  return draftCompletions(engine, chosen, topLogProbs, head);
}

/** One token, and as many seeded ones as fit into the context, 32 at most. */
function casesOf({ config }: Pick<Model, "config">, seed: number): readonly number[][] {
  const { vocabSize: V, maxPositionEmbeddings: P } = config;
  const length = Math.max(2, Math.min(P, 32, Math.floor(DEFAULT_LOGITS / V)));
  return [[3 % V], randomTokens(config, Math.min(length, P), seed)];
}

/** True if the subject declares that it breaks the law of the definition. */
function isKnownToDiffer({ knownFailures }: Subject): boolean {
  return Object.keys(knownFailures).some((name) => lawId(name) === definitionEquality.id);
}

/** A name as that of a folder: lower case, and no character that a shell would expand. */
function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._]+/g, "-");
}
