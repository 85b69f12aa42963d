/**
 * The child process of `causalgate verify`: runs laws on an engine, and sends each verdict to the
 * parent, which has the limits and writes the report.
 */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { moduleExtension } from "../io/package-files.ts";
import { thrownStack, thrownText } from "../io/thrown.ts";
import { lawById, laws } from "../laws/index.ts";
import { missingNeeds } from "../laws/law.ts";
import { readSetup, senderOf } from "../verify/child-channel.ts";
import { sentVerdict } from "../verify/child-messages.ts";
import { casesOf } from "../verify/corpus.ts";
import { engineOf } from "../verify/engines-table.ts";
import type { ChildTask } from "../verify/isolated.ts";
import { replayCase } from "../verify/run-law.ts";
import { verify } from "../verify/verify.ts";
import { type Chosen, chosenSubject, type SubjectOptions } from "./subject-options.ts";

interface Setup {
  readonly token: string;
  readonly subject: SubjectOptions;
  readonly memoryBytes: number;
  readonly task: ChildTask;
}

/** A sign of life is sent so often. */
const aliveMs = 1000;

const exit = process.exit.bind(process);
// The parent of this process wrote it.
const { token, subject: options, memoryBytes, task } = readSetup() as Setup;
const send = senderOf(token);
let steps = 0;

const watch = join(import.meta.dirname, `child-watch${moduleExtension}`);
new Worker(watch, { workerData: { token, memoryBytes } }).unref();
process.on("SIGTERM", () => exit(143));
process.on("uncaughtException", (error: unknown, origin) => {
  const what = origin === "unhandledRejection" ? "the unhandled rejection" : "the uncaught error";
  const place = thrownStack(error)
    ?.split("\n")
    .find((line) => /^ *at /.test(line));
  const got = `got ${what} ${thrownText(error)} ${place?.trim() ?? ""}`.trimEnd();
  send({ type: "fault", message: `the engine must throw to its caller only, ${got}` });
  exit(1);
});
setInterval(() => send({ type: "alive" }), aliveMs).unref();

await sendRefusal(async () => {
  const chosen = await chosenSubject(options);
  const { subject, origin } = chosen;
  const missing = laws
    .map((law) => ({ law: law.id, needs: missingNeeds(law, subject) }))
    .filter(({ needs }) => needs.length > 0);
  const engine = await engineOf(subject);
  send({ type: "subject", name: subject.name, origin, engine, missing });
  await (task.kind === "replay" ? replay(chosen, task) : runLaws(chosen, task));
});
send({ type: "done" });
exit(0);

/**
 * Runs laws. Before each case and verdict the event loop turns: only then does Node report the
 * unhandled rejections of the case before, and answer signals.
 */
async function runLaws(
  { subject, origin }: Chosen,
  { ids, options: { corpus, ...run } }: ChildTask & { kind: "laws" },
): Promise<void> {
  await verify(subject, ids.map(lawById), {
    ...{ ...run, origin, stored: casesOf(corpus, subject.name) },
    onLaw: (law) => send({ type: "law", law: law.id }),
    onStart: async (start) => {
      await nextTurn();
      send({ type: "case", ...start, steps: takeSteps() });
    },
    onCase: () => {
      steps++;
    },
    onVerdict: async (verdict) => {
      await nextTurn();
      send({ type: "verdict", verdict: sentVerdict(verdict), steps: takeSteps() });
    },
  });
}

async function replay(
  { subject, origin }: Chosen,
  { id, ...place }: ChildTask & { kind: "replay" },
): Promise<void> {
  const verdict = await replayCase(lawById(id), subject, {
    ...{ ...place, origin },
    onStart: (start) => send({ type: "case", ...start, steps: 0 }),
  });
  await nextTurn();
  send({ type: "replayed", verdict: verdict && sentVerdict(verdict) });
}

function takeSteps(): number {
  const taken = steps;
  steps = 0;
  return taken;
}

/** Runs an action; its error is one of usage, which the parent prints. */
async function sendRefusal(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    send({ type: "refused", message: thrownText(error) });
    exit(2);
  }
}
