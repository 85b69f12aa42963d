/** Reading of golden fixtures, with a refusal of every file whose content is not as it must be. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import * as v from "valibot";
import { readSafetensors } from "../formats/safetensors.ts";
import { sha256 } from "../io/files.ts";
import { packageRoot } from "../io/package-files.ts";
import { configFromJson } from "../model/config.ts";
import { buildWeights } from "../model/weights.ts";
import { choiceFunctions } from "./choices.ts";
import { type Fixture, fixtureFiles, type Manifest, type ModelFixture } from "./format.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const limit = v.pipe(v.number(), v.finite(), v.minValue(0));
const number = v.pipe(v.number(), v.finite());
const texts = v.record(v.string(), v.string());
const tokens = v.pipe(v.array(count), v.minLength(1));

const manifestSchema = v.strictObject({
  by: v.string(),
  versions: texts,
  command: v.string(),
  tolerance: limit,
  largestDifference: v.exactOptional(limit),
  sha256: texts,
});

const logitsSchema = v.strictObject({
  cases: v.array(v.strictObject({ tokens, logits: v.array(v.array(number)) })),
});

const completionsSchema = v.strictObject({
  vocab_size: count,
  top_log_probs: count,
  cases: v.array(
    v.strictObject({
      tokens,
      max_new_tokens: count,
      new_tokens: tokens,
      top: v.array(v.array(v.strictObject({ token: count, log_prob: v.number() }))),
    }),
  ),
});

/** A number, or null for -Infinity: the logit of a dropped token. */
const choiceNumber = v.pipe(
  v.nullable(number),
  v.transform((value) => value ?? Number.NEGATIVE_INFINITY),
);

const optional = v.exactOptional(number);

const choicesSchema = v.strictObject({
  cases: v.pipe(
    v.array(
      v.strictObject({
        function: v.picklist(choiceFunctions),
        rows: v.pipe(v.array(v.pipe(v.array(choiceNumber), v.minLength(1))), v.minLength(1)),
        options: v.strictObject({
          repetitionPenalty: optional,
          frequencyPenalty: optional,
          presencePenalty: optional,
          bannedSequences: v.exactOptional(v.array(v.array(count))),
          temperature: optional,
          topK: optional,
          topP: optional,
          minP: optional,
        }),
        history: v.array(count),
        seed: v.pipe(v.number(), v.safeInteger()),
        result: v.array(choiceNumber),
      }),
    ),
    v.minLength(1),
  ),
});

/**
 * Reads a fixture, refusing bytes that are not those of its manifest.
 *
 * @throws {Error} naming the file, if one is missing, damaged, or not of the format
 */
export async function readFixture(folder: string): Promise<Fixture> {
  const name = basename(resolve(folder));
  const path = (file: string) => join(folder, file);
  const manifest: Manifest = await readJson(path("manifest.json"), manifestSchema);
  const kind = kindOf(manifest, path("manifest.json"));
  for (const file of fixtureFiles[kind]) {
    const got = sha256(await readFile(path(file)));
    const must = manifest.sha256[file];
    if (got === must) continue;
    const fix = `restore it, or record it again: ${againCommand(manifest)}`;
    throw new Error(`${path(file)}: the sha256 must be ${must}, got ${got}; ${fix}`);
  }
  if (kind === "completions") {
    const json = await readJson(path("completions.json"), completionsSchema);
    const cases = json.cases.map(({ tokens, max_new_tokens, new_tokens, top }) => ({
      tokens,
      maxNewTokens: max_new_tokens,
      newTokens: new_tokens,
      top: top.map((list) => list.map(({ token, log_prob }) => ({ token, logProb: log_prob }))),
    }));
    const { vocab_size: vocabSize, top_log_probs: topLogProbs } = json;
    return { kind, name, manifest, vocabSize, topLogProbs, cases };
  }
  if (kind === "choice") {
    return { kind, name, manifest, ...(await readJson(path("choices.json"), choicesSchema)) };
  }
  const config = configFromJson(await readJson(path("config.json"), v.looseObject({})));
  const { cases } = await readJson(path("logits.json"), logitsSchema);
  for (const [i, { tokens, logits }] of cases.entries()) {
    if (logits.length === tokens.length && logits.every((row) => row.length === config.vocabSize)) {
      continue;
    }
    const must = `must have ${tokens.length} rows of ${config.vocabSize} logits`;
    throw new RangeError(`${path("logits.json")}: case ${i + 1} ${must}`);
  }
  if (kind === "engine") return { kind, name, manifest, config, cases };
  const weights = await readWeights(path("weights.safetensors"), config);
  return { kind, name, manifest, model: { name, config, weights }, cases };
}

async function readWeights(path: string, config: Parameters<typeof buildWeights>[0]) {
  const tensors = await readSafetensors(path);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor.data]));
  return buildWeights(config, (tensor) => {
    const data = byName.get(tensor);
    if (data === undefined) throw new Error(`${path}: must hold ${tensor}, got none`);
    return data;
  });
}

function kindOf({ sha256: hashes }: Manifest, path: string): Fixture["kind"] {
  const files = Object.keys(hashes).sort().join(", ");
  for (const kind of ["model", "engine", "completions", "choice"] as const) {
    if (fixtureFiles[kind].toSorted().join(", ") === files) return kind;
  }
  const must = Object.values(fixtureFiles).map((group) => group.join(", "));
  throw new RangeError(`${path}: sha256 must name ${must.join("; or ")}, got ${files || "none"}`);
}

/** The folder of this package's fixtures, in the clone and installed. */
export const packageFixtures = join(packageRoot, "golden");

/** A folder of fixtures of another kind: gradients in place of logits. */
const GRADIENTS = "gradients";

const isFixture = (path: string) => existsSync(join(path, "manifest.json"));

/**
 * Returns the folder of every fixture in a folder, by name. Every folder inside it must be one, so
 * that a fixture whose manifest was deleted is noticed.
 *
 * @param folder a folder of fixtures, or one fixture
 * @throws {RangeError} if it does not exist, or another folder is inside
 */
export async function fixtureFolders(folder: string): Promise<string[]> {
  if (!existsSync(folder)) {
    const fix = "causalgate golden record makes one";
    throw new RangeError(`golden: the folder of fixtures must exist, got ${folder}; ${fix}`);
  }
  if (isFixture(folder)) return [folder];
  const folders = await foldersIn(folder);
  const other = folders.find((path) => !isFixture(path));
  if (other !== undefined) {
    const fix = "keep fixtures in a folder where nothing else is";
    throw new RangeError(`golden: ${other} must hold manifest.json, got none; ${fix}`);
  }
  return folders;
}

/** Returns the command that records a fixture again, in place of what there is. */
function againCommand({ command }: Manifest): string {
  // npm passes on only the options that follow `--`.
  const isScript = command.startsWith("npm run ") && !command.includes(" -- ");
  return `${command}${isScript ? " --" : ""} --update`;
}

/** A fixture that cannot be read. */
export interface DamagedFixture {
  readonly name: string;
  /** Name of the engine that recorded it; null if its manifest is damaged too. */
  readonly by: string | null;
  readonly error: unknown;
}

/**
 * Returns the fixtures among the folders in a folder, by name, and those that cannot be read; none
 * if it does not exist.
 */
export async function readFixturesAmong(
  folder: string,
): Promise<{ readonly fixtures: readonly Fixture[]; readonly damaged: readonly DamagedFixture[] }> {
  const fixtures: Fixture[] = [];
  const damaged: DamagedFixture[] = [];
  const folders = existsSync(folder) ? (await foldersIn(folder)).filter(isFixture) : [];
  for (const path of folders) {
    try {
      fixtures.push(await readFixture(path));
    } catch (error) {
      const by = await readJson(join(path, "manifest.json"), manifestSchema).then(
        (manifest) => manifest.by,
        () => null,
      );
      damaged.push({ name: basename(path), by, error });
    }
  }
  return { fixtures, damaged };
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== GRADIENTS)
    .filter(({ name }) => !name.startsWith("."))
    .map(({ name }) => join(folder, name))
    .sort();
}

/** Returns every fixture of a folder, by name. */
export async function readFixtures(folder: string): Promise<Fixture[]> {
  return Promise.all((await fixtureFolders(folder)).map(readFixture));
}

/**
 * Returns every fixture of a folder that holds a model.
 *
 * @throws {RangeError} if one holds none
 */
export async function readModelFixtures(folder: string): Promise<ModelFixture[]> {
  return (await readFixtures(folder)).map((fixture) => {
    if (fixture.kind === "model") return fixture;
    throw new RangeError(`${join(folder, fixture.name)}: must hold a model, got ${fixture.kind}`);
  });
}

/** The fix of a file of another format: without its manifest, no command is known. */
const replacement = "restore it, or delete its folder and record it again";

async function readJson<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await readFile(path, "utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const got = (error as Error).message;
    throw new Error(`${path}: must be JSON, got ${got}; ${replacement}`, { cause: error });
  }
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? "the file";
  const got = `${issue.received}; ${replacement}`;
  throw new RangeError(`${path}: ${place} must be ${issue.expected}, got ${got}`);
}
