/** The files of a fixture: the same values give the same bytes. */
import { join } from "node:path";
import { encodeSafetensors } from "../formats/safetensors.ts";
import { sha256, writeTogether } from "../io/files.ts";
import { configToJson } from "../model/config.ts";
import type {
  ChoiceCase,
  ChoiceFixture,
  CompletionFixture,
  Fixture,
  GoldenCase,
  Manifest,
} from "./format.ts";

/** Everything in a manifest that does not follow from the other files. */
export type Provenance = Omit<Manifest, "sha256">;

type Unwritten<Kind extends Fixture> = Omit<Kind, "manifest"> & {
  readonly manifest: Provenance;
  /** The reason why the fixture must not be written; null if there is none. */
  readonly problem: string | null;
};

/** A fixture before it is written: its manifest has no hashes yet. */
export type FixtureDraft =
  | (Unwritten<Extract<Fixture, { kind: "model" }>> & {
      /** Content of `weights.safetensors`, if it exists; else it is made from the model. */
      readonly weightsFile?: Uint8Array;
    })
  | Unwritten<Extract<Fixture, { kind: "engine" }>>
  | Unwritten<Extract<Fixture, { kind: "completions" }>>
  | Unwritten<Extract<Fixture, { kind: "choice" }>>;

/** Content of every file, by name, in the order of the manifest. */
export type FixtureContent = ReadonlyMap<string, string | Uint8Array>;

/**
 * Returns the files of a fixture besides its manifest.
 *
 * @throws {RangeError} on a value that JSON cannot hold: NaN or infinite
 */
export function contentOf(draft: FixtureDraft): FixtureContent {
  if (draft.kind === "completions") {
    checkCompletions(draft);
    return new Map([["completions.json", completionsText(draft)]]);
  }
  if (draft.kind === "choice") {
    checkChoices(draft);
    return new Map([["choices.json", choicesText(draft.cases)]]);
  }
  checkFinite(draft.name, draft.cases);
  const config = draft.kind === "model" ? draft.model.config : draft.config;
  const content = new Map<string, string | Uint8Array>();
  content.set("config.json", `${JSON.stringify(configToJson(config), null, 2)}\n`);
  if (draft.kind === "model") {
    const { weightsFile, model } = draft;
    content.set("weights.safetensors", weightsFile ?? encodeSafetensors(model.weights.tensors));
  }
  content.set("logits.json", logitsText(draft.cases));
  return content;
}

/** Writes a fixture into its folder, all files or none. */
export async function writeFixture(
  folder: string,
  content: FixtureContent,
  provenance: Provenance,
): Promise<void> {
  const hashes = Array.from(content, ([file, bytes]) => [file, sha256(bytes)] as const);
  const manifest: Manifest = { ...provenance, sha256: Object.fromEntries(hashes) };
  await writeTogether([
    ...Array.from(content, ([file, bytes]) => [join(folder, file), bytes] as const),
    // Last, so that a fixture whose files were renamed only in part is refused by its hashes.
    [join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`],
  ]);
}

function checkFinite(name: string, cases: readonly GoldenCase[]): void {
  for (const [i, { logits }] of cases.entries()) {
    for (const [position, row] of logits.entries()) {
      const token = row.findIndex((logit) => !Number.isFinite(logit));
      if (token < 0) continue;
      const which = `the logit of token ${token} at position ${position} of case ${i + 1}`;
      throw new RangeError(`golden: ${name}: ${which} must be finite, got ${row[token]}`);
    }
  }
}

function checkCompletions({ name, cases }: Unwritten<CompletionFixture>): void {
  for (const { logProb, token } of cases.flatMap(({ top }) => top.flat())) {
    if (Number.isFinite(logProb)) continue;
    const which = `the log-probability of token ${token}`;
    throw new RangeError(`golden: ${name}: ${which} must be finite, got ${logProb}`);
  }
}

function checkChoices({ name, cases }: Unwritten<ChoiceFixture>): void {
  for (const { function: called, result } of cases) {
    const wrong = result.find((value) => !(value < Number.POSITIVE_INFINITY));
    if (wrong === undefined) continue;
    throw new RangeError(
      `golden: ${name}: ${called} must return finite numbers or -Infinity, got ${wrong}`,
    );
  }
}

/** JSON with one call a line; JSON has no infinity, so null stands for that of a dropped token. */
function choicesText(cases: readonly ChoiceCase[]): string {
  const texts = cases.map((one) => `    ${JSON.stringify(one)}`);
  return `{\n  "cases": [\n${texts.join(",\n")}\n  ]\n}\n`;
}

/** JSON with one row of logits a line, so that a diff shows which position changed. */
function logitsText(cases: readonly GoldenCase[]): string {
  const texts = cases.map(({ tokens, logits }) => {
    const rows = logits.map((row) => `      ${JSON.stringify(row)}`).join(",\n");
    return `    { "tokens": ${JSON.stringify(tokens)}, "logits": [\n${rows}\n    ] }`;
  });
  return `{\n  "cases": [\n${texts.join(",\n")}\n  ]\n}\n`;
}

/** JSON with the most probable tokens of one new token a line. */
function completionsText({ vocabSize, topLogProbs, cases }: Unwritten<CompletionFixture>): string {
  const texts = cases.map(({ tokens, maxNewTokens, newTokens, top }) => {
    const lists = top.map((list) => {
      const named = list.map(({ token, logProb }) => ({ token, log_prob: logProb }));
      return `      ${JSON.stringify(named)}`;
    });
    const head = [
      `"tokens": ${JSON.stringify(tokens)}`,
      `"max_new_tokens": ${maxNewTokens}`,
      `"new_tokens": ${JSON.stringify(newTokens)}`,
    ].join(", ");
    return `    { ${head}, "top": [\n${lists.join(",\n")}\n    ] }`;
  });
  const sizes = `  "vocab_size": ${vocabSize},\n  "top_log_probs": ${topLogProbs},`;
  return `{\n${sizes}\n  "cases": [\n${texts.join(",\n")}\n  ]\n}\n`;
}
