/**
 * The program of the article "ThreadPool.BindHandle" (Junfeng Zhang, 2008), on io_uring, an I/O completion port or
 * node:fs. Its five steps, its names, its messages; its bugs corrected, each marked [S1] to [S11] as in docs/contract.md.
 *
 *   node examples/dist/bind-handle.js FILE
 *
 * When should you write a program like this? Almost never: see examples/read-file.ts for the same in four lines.
 */
import {
  ARTICLE_BUFFER_BYTES,
  type BoundHandle,
  bindHandle,
  closeHandle,
  createFile,
  type CreateFileOptions,
  ERROR_HANDLE_EOF,
  ERROR_IO_PENDING,
  ERROR_SUCCESS,
  FILE_FLAG_OVERLAPPED,
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  GENERIC_READ,
  getLastError,
  OPEN_EXISTING,
  Overlapped,
  readFile,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';

/** What one turn of the loop came to. */
interface Turn {
  readonly bytesRead: number;
  /** Both forms of end of file end the loop [S8]. */
  readonly ended: boolean;
}

const END: Turn = { bytesRead: 0, ended: true };

/** Steps 3 to 5: one read at `offset`. The article does this inside its loop, with a buffer and an overlapped each. */
function readOnce(
  handle: SafeFileHandle,
  offset: bigint,
  print: (line: string) => void,
  sink?: (bytes: Buffer) => void,
): Promise<Turn> {
  return new Promise((resolve) => {
    const bytes = Buffer.alloc(ARTICLE_BUFFER_BYTES);

    // Step 4, packed first here because step 3's callback is handed to it: pack pins `bytes` until free. Both words of
    // the offset are set; with only the low one the read would wrap at 4 GiB [S9].
    const overlapped = new Overlapped(Number(offset & 0xffff_ffffn), Number(offset >> 32n)).pack(
      // Step 3: the completion callback.
      (errorCode, numBytes, completed) => {
        try {
          if (errorCode === ERROR_HANDLE_EOF) {
            print('End of file in callback.');
          } else if (errorCode !== ERROR_SUCCESS) {
            // Whatever numBytes is: a failed read has 0, and the article's test would never print this [S4].
            print(`Error ${errorCode} when reading file.`);
          }
          // The article prints this line after end of file too; its transcripts keep it so [S5].
          if (errorCode === ERROR_SUCCESS || errorCode === ERROR_HANDLE_EOF) print(`Read ${numBytes} bytes.`);
          sink?.(bytes.subarray(0, numBytes));
        } finally {
          Overlapped.free(completed); // the one that was handed in, not the one that was captured [S6]
          resolve({ bytesRead: numBytes, ended: errorCode !== ERROR_SUCCESS });
        }
      },
      bytes,
    );

    // Step 5.
    if (readFile(handle, bytes, bytes.length, null, overlapped)) return; // done already; the callback comes all the same
    const lastError = getLastError();
    if (lastError === ERROR_IO_PENDING) return; // no failure: the callback will come
    if (lastError === ERROR_HANDLE_EOF) print('Done.');
    else print(`Failed to read file. LastError is ${lastError}`);
    Overlapped.free(overlapped); // after end of file too: no callback will [S7]
    resolve(END);
  });
}

/** Runs the article's program on `path`. `print` gets its lines, `sink` the bytes. */
export async function bindHandleProgram(
  path: string,
  print: (line: string) => void,
  options: CreateFileOptions & { sink?: (bytes: Buffer) => void } = {},
): Promise<void> {
  // Step 1: an overlapped file handle. createFile throws where CreateFile returns -1, which the article never
  // checks [S1].
  const share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const handle = createFile(
    path,
    GENERIC_READ,
    share,
    null,
    OPEN_EXISTING,
    FILE_FLAG_OVERLAPPED,
    null,
    options,
  );
  try {
    // Step 2: bind it. Failure is an exception, not `false` [S2]; the handle is closed all the same [S3].
    let bound: BoundHandle;
    try {
      bound = bindHandle(handle);
    } catch (error) {
      print('Fail to BindHandle to threadpool.');
      throw error;
    }
    // The offset advances by the bytes that were read, one read at a time: a short read leaves no hole [S11].
    for (let offset = 0n; ;) {
      const turn = await readOnce(bound.handle, offset, print, options.sink);
      if (turn.ended) break;
      offset += BigInt(turn.bytesRead);
    }
  } finally {
    await closeHandle(handle); // drains before it closes [S10]
  }
}

if (require.main === module) {
  const [path] = process.argv.slice(2);
  if (path === undefined) {
    console.error('usage: node examples/dist/bind-handle.js FILE');
    process.exitCode = 2;
  } else {
    void bindHandleProgram(path, (line) => console.log(line));
  }
}
