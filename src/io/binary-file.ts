import { type FileHandle, open, stat } from "node:fs/promises";

/** Maximum size of one read call of the operating system. */
const CHUNK_BYTES = 2 ** 30;

/**
 * A file open for reading at any offset. A range is compared with the size of the file before
 * memory is allocated, so a damaged header cannot demand more than the file has.
 */
export class BinaryFile implements AsyncDisposable {
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws {Error} if the path is not that of a file */
  static async open(path: string): Promise<BinaryFile> {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error(`${path}: must be a file`);
    return new BinaryFile(path, stats.size, await open(path));
  }

  /**
   * Returns the bytes `[offset, offset + length)`.
   *
   * @param what name of the bytes in the error, as in `the header`
   * @throws {RangeError} if the file ends before them
   */
  async read(offset: number, length: number, what: string): Promise<DataView<ArrayBuffer>> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      const range = `bytes [${offset}, ${offset + length})`;
      throw new RangeError(`${this.path}: ${what} must be ${range}, got a file of ${this.size}`);
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const size = Math.min(CHUNK_BYTES, length - done);
      const { bytesRead } = await this.#handle.read(bytes, done, size, offset + done);
      if (bytesRead === 0) throw new Error(`${this.path}: must not shrink while it is read`);
      done += bytesRead;
    }
    return new DataView(bytes.buffer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
