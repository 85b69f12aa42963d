import { type FileHandle, open, stat } from "node:fs/promises";

/** The most that one read call of the operating system is asked for. */
const CHUNK_BYTES = 2 ** 30;

/**
 * A file open for reading, at any offset. It takes no memory for bytes that the file does not have:
 * what a damaged header claims is compared with the file's real size first.
 */
export class BinaryFile implements AsyncDisposable {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws {Error} when there is no such file, or it is a folder or a pipe */
  static async open(path: string): Promise<BinaryFile> {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error(`${path}: must be a file`);
    return new BinaryFile(path, stats.size, await open(path));
  }

  /**
   * The bytes `[offset, offset + length)`.
   *
   * @param what names them in the error, as in `the header`
   * @throws {RangeError} when the file ends before them
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
