/** JSON over HTTP from an external server: one request and one answer, with limits. */
import { isObject, type JsonObject } from "../io/json.ts";

export interface Limits {
  readonly timeLimitMs: number;
  readonly maxBytes: number;
}

/**
 * Sends a request and reads the JSON object of the answer. There are no retries: a failed request
 * is a finding.
 *
 * @param body sent as JSON by POST; null for GET
 * @throws {Error} `http: POST URL must …, got …` if there is no server, or the answer is late,
 *   incomplete, too long, not a success or not a JSON object
 */
export async function requestJson(
  url: string,
  body: JsonObject | null,
  { timeLimitMs, maxBytes }: Limits,
): Promise<JsonObject> {
  const who = `http: ${body === null ? "GET" : "POST"} ${url}`;
  const late = AbortSignal.timeout(timeLimitMs);
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, {
      ...(body === null ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
      redirect: "error",
      signal: late,
    });
    status = response.status;
    text = await readText(response, maxBytes, who);
  } catch (error) {
    if (late.aborted) throw new Error(`${who} must end within ${timeLimitMs} ms, got no end`);
    if (error instanceof TooLong) throw error;
    throw new Error(`${who} must be answered in full, got ${reasonOf(error)}`, { cause: error });
  }
  if (status !== 200) throw new Error(`${who} must succeed, got ${status}: ${start(text)}`);
  return parse(text, who);
}

class TooLong extends Error {}

async function readText(response: Response, maxBytes: number, who: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > maxBytes) throw new TooLong(`${who} must answer in ${maxBytes} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Returns the last cause: the message of fetch itself is only "fetch failed". */
function reasonOf(error: unknown): string {
  let { message } = error as Error;
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException;
    message = code ?? (e.message || message);
  }
  return message;
}

const start = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function parse(text: string, who: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // not JSON, which is reported below
  }
  throw new Error(`${who} must answer with a JSON object, got ${start(text)}`);
}
