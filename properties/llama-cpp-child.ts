/**
 * A child process that runs llama.cpp, because a crash of native code would end all tests.
 * `laws SEED` checks some laws, `greedy FILE PROMPT COUNT` continues tokens; both print JSON.
 */
import { llamaCppDecoder } from "../src/engines/llama-cpp.ts";
import { readLlama2c } from "../src/formats/llama2c.ts";
import { readMinGpt } from "../src/formats/mingpt.ts";
import { lawById } from "../src/laws/index.ts";
import { greedy } from "../src/sampling/greedy.ts";
import { subjectByName } from "../src/subjects/registry.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";

/** Few, because every case loads a model, which takes tens of milliseconds. */
const trials = [
  { subject: "llama.cpp", law: "definition-equality", runs: 100 },
  { subject: "llama.cpp", law: "history-invariance", runs: 20 },
  { subject: "llama.cpp", law: "beam-reordering", runs: 10 },
  { subject: "llama.cpp-f16", law: "definition-equality", runs: 20 },
];

async function tryLaws(seed: number) {
  const verdicts = [];
  for (const { subject, law, runs } of trials) {
    const verdict = await runLaw(lawById(law), await subjectByName(subject), { seed, runs });
    const { status, cases, failure } = verdict;
    const why = failure === null ? "" : describeVerdict(verdict);
    verdicts.push({ subject, law, status, cases, why });
  }
  return verdicts;
}

async function continued(file: string, prompt: readonly number[], count: number) {
  const model = await (file.endsWith(".bin") ? readLlama2c(file) : readMinGpt(file));
  await using decoder = llamaCppDecoder(model, { cache: "float32" });
  await using sequence = await decoder.start();
  const chosen: number[] = [];
  for (let next = prompt; chosen.length < count; next = chosen.slice(-1)) {
    chosen.push(greedy(await sequence.append(next)));
  }
  return chosen;
}

const [task, first, prompt, count] = process.argv.slice(2);
const said =
  task === "laws"
    ? await tryLaws(Number(first))
    : await continued(first, JSON.parse(prompt), Number(count));
console.log(JSON.stringify(said));
