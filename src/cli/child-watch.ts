/**
 * A thread of the child process that runs laws. It ends the process if the parent has ended or if
 * the process uses too much memory, also while the engine keeps the main thread busy.
 */
import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { channel, senderOf } from "../verify/child-channel.ts";

const { token, memoryBytes }: { token: string; memoryBytes: number } = workerData;

/** Memory is measured so often. */
const intervalMs = 50;

/** Time for the process to end what it started. */
const endMs = 1000;

const send = senderOf(token);
setInterval(() => {
  const bytes = process.memoryUsage.rss();
  if (bytes <= memoryBytes) return;
  send({ type: "memory", bytes });
  process.kill(process.pid, "SIGKILL");
}, intervalMs);

const end = () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), endMs);
};
new Socket({ fd: channel.setup, readable: true, writable: false })
  .on("end", end)
  .on("error", end)
  .resume();
