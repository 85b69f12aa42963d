/** The fixtures of a subject: the models and tokens to record, chosen or by default. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Decoder, NotOffered } from "../decoder.ts";
import { definitionEquality } from "../laws/definition-equality.ts";
import { lawId } from "../laws/former-codes.ts";
import type { Model } from "../model/model.ts";
import type { Subject } from "../subjects/subject.ts";
import { rowsOf } from "./check.ts";
import { type DraftOptions, draftCompletions, draftEngine, draftModel } from "./draft.ts";
import {
  type CompletionEngine,
  type FixedEngine,
  type GoldenEngine,
  type ModelEngine,
  versionsOf,
} from "./engine.ts";
import type { Fixture } from "./format.ts";
import { familyConfigs, type GoldenRequest, randomRequests, randomTokens } from "./models.ts";
import { readFixturesAmong } from "./read.ts";
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
  const past = await pastFixtures(engine, recording);
  const origin = {
    by: engine.subject.name,
    versions: await versionsOf(engine.subject),
    command: recording.command,
  };
  if (engine.kind === "model") return draftModels(engine, recording, past, origin);
  if (recording.models !== undefined) {
    const must = `${engine.subject.name} holds its own model, so none can be chosen`;
    throw new RangeError(`golden: ${must}, got ${recording.models.map(({ name }) => name)}`);
  }
  const [fixture = null] = past;
  const name = fixture?.name ?? slug(engine.subject.name);
  const draft =
    engine.kind === "engine"
      ? await draftFixed(engine, recording, fixture, { name, origin })
      : await draftServer(engine, recording, fixture, { name, origin });
  return { drafts: [draft], notOffered: [] };
}

/** The fixtures in the folder that this engine recorded; none if all has been chosen anew. */
async function pastFixtures(
  { kind, subject }: GoldenEngine,
  { models, tokens, folder }: SubjectRecording,
): Promise<Fixture[]> {
  if ((kind === "model" ? models : tokens) !== undefined) return [];
  const fixtures = await readFixturesAmong(folder);
  return fixtures.filter((one) => one.kind === kind && one.manifest.by === subject.name);
}

async function draftModels(
  { build, subject }: ModelEngine,
  recording: SubjectRecording,
  past: readonly Fixture[],
  origin: DraftOptions["origin"],
): Promise<SubjectDrafts> {
  const drafts: FixtureDraft[] = [];
  const notOffered: string[] = [];
  for (const { name, request } of await requestsOf(subject, recording, past)) {
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
  subject: Subject,
  { models, tokens, seed, folder }: SubjectRecording,
  past: readonly Fixture[],
): Promise<NamedRequest[]> {
  const nameOf = (model: Model) => `${slug(subject.name)}-${slug(model.name)}`;
  if (models !== undefined) {
    return models.map((model) => {
      return { name: nameOf(model), request: { model, cases: tokens ?? casesOf(model, seed) } };
    });
  }
  const recorded = past.filter((fixture) => fixture.kind === "model");
  if (recorded.length === 0) {
    return randomRequests(familyConfigs).map(({ model, cases }) => {
      return { name: nameOf(model), request: { model, cases: tokens ?? cases } };
    });
  }
  return Promise.all(
    recorded.map(async ({ name, model, cases }) => {
      const weightsFile = await readFile(join(folder, name, "weights.safetensors"));
      const prompts = tokens ?? cases.map((one) => one.tokens);
      return { name, request: { model, cases: prompts, weightsFile } };
    }),
  );
}

async function draftFixed(
  engine: FixedEngine,
  { tokens, seed }: SubjectRecording,
  past: Fixture | null,
  head: Pick<DraftOptions, "name" | "origin">,
): Promise<FixtureDraft> {
  const { decoder, model, subject } = engine;
  const prompts = tokens ?? past?.cases.map((one) => one.tokens) ?? casesOf(decoder, seed);
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
