/** Sources whose reads wait until the test lets data arrive: what pins, cancellation and draining are tested on. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

/** Something to read that has no data until it is given some. */
export interface PendingSource {
  /** What to open for reading. */
  readonly path: string;
  /** Lets data arrive. Resolves when the system has it. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more data: reads that wait end with end of file. Idempotent; call it in `finally`. */
  end(): Promise<void>;
}

/** A FIFO that is held open for writing. */
export function fifo(path: string): PendingSource {
  execFileSync('mkfifo', [path]);
  // Read and write, so that opening does not wait for the other side.
  let fd: number | undefined = fs.openSync(path, fs.constants.O_RDWR);
  return {
    path,
    async write(bytes) {
      if (fd === undefined) throw new Error('the FIFO has ended');
      fs.writeSync(fd, bytes);
    },
    async end() {
      if (fd !== undefined) fs.closeSync(fd);
      fd = undefined;
    },
  };
}

let pipes = 0;

/** The server end of a byte-mode named pipe. Windows connects the reader when it opens `path`. */
export async function namedPipe(): Promise<PendingSource> {
  const path = `\\\\.\\pipe\\overlapped-${process.pid}-${pipes++}`;
  const server = net.createServer();
  const connected = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  let open = false;
  server.once('connection', (socket) => {
    open = true;
    // A reader that goes away is no failure of the test.
    socket.on('error', () => undefined);
  });
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    if (open) (await connected).destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    path,
    async write(bytes) {
      const socket = await connected;
      await new Promise<void>((resolve, reject) =>
        socket.write(bytes, (error) => (error ? reject(error) : resolve())),
      );
    },
    end: () => (ended ??= end()),
  };
}
