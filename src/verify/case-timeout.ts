import { LawBroken } from "../laws/support/expect.ts";

/** Time for the engine to answer one case, in milliseconds. */
export const defaultCaseTimeoutMs = 60_000;

/** Thrown if a case is not answered in time. It is neither repeated nor shrunk. */
export class CaseTimeout extends LawBroken {
  constructor(limitMs: number) {
    const limit = `${limitMs / 1000} s`;
    super(`the engine must answer within ${limit} of a case, got no answer`);
  }
}

/**
 * Waits for work for a limited time. Work that is late goes on, unobserved.
 *
 * @throws {CaseTimeout} if it is not done in time
 */
export async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new CaseTimeout(limitMs)), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
