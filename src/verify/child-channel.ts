/**
 * The channel between a child process that runs laws and its parent. The engine runs in the child
 * too: messages carry a token that it does not get, and are written at once, so that none is lost
 * if the engine ends the process.
 */
import { readSync, writeSync } from "node:fs";
import type { SentMessage } from "./child-messages.ts";

/** File descriptors of the child. The parent keeps `setup` open: its end is the parent's end. */
export const channel = { messages: 3, setup: 4 } as const;

// Taken before an engine is loaded, which could replace them.
const { stringify } = JSON;
const [read, write] = [readSync, writeSync];
const sleep = new Int32Array(new SharedArrayBuffer(4));

/**
 * Returns the function that sends messages. The line feed before a message ends what else may have
 * been written.
 */
export function senderOf(token: string): (message: SentMessage) => void {
  return (message) => {
    const bytes = Buffer.from(`\n${token}${stringify(message)}\n`);
    let written = 0;
    while (written < bytes.length) {
      written += unlessBusy(() => write(channel.messages, bytes, written));
    }
  };
}

/** Returns the first line that the parent wrote: the setup, as JSON. */
export function readSetup(): unknown {
  const parts: Buffer[] = [];
  const part = Buffer.alloc(65_536);
  do {
    const size = unlessBusy(() => {
      const bytes = read(channel.setup, part);
      if (bytes === 0) throw new Error("child: the parent must send the setup, got its end");
      return bytes;
    });
    parts.push(Buffer.from(part.subarray(0, size)));
  } while (parts.at(-1)?.at(-1) !== 10);
  return JSON.parse(Buffer.concat(parts).toString());
}

/** Returns the number of bytes; 0 after a pause if the pipe is full or empty. */
function unlessBusy(action: () => number): number {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    Atomics.wait(sleep, 0, 0, 5);
    return 0;
  }
}
