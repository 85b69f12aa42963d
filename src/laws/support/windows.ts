import type { Decoder } from "../../decoder.ts";
import type { Logits } from "../../math/logits.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import { buildCanary, type Canary } from "./canary.ts";

/** Builds a decoder of the candidate's model with another window. */
export function withWindow(
  subject: LogitsSubject,
  { model }: Candidate,
  slidingWindow: number | null,
): Decoder {
  return subject.build!({ ...model!, config: { ...model!.config, slidingWindow } });
}

/** Returns the logits after every token from position `start` on, appended one by one. */
export async function rowsFrom(decoder: Decoder, tokens: readonly number[], start: number) {
  await using sequence = await decoder.start();
  const rows: Logits[] = [await sequence.append(tokens.slice(0, start + 1))];
  for (const token of tokens.slice(start + 1)) rows.push(await sequence.append([token]));
  return rows;
}

/** Returns a canary that builds decoders with a window that is wider by `wider` tokens. */
export function windowCanary(bug: string, wider: number): Canary<"logits"> {
  return buildCanary(bug, (model) => {
    const { slidingWindow: window } = model.config;
    const slidingWindow = window === null ? null : Math.max(1, window + wider);
    return { ...model, config: { ...model.config, slidingWindow } };
  });
}
