/** Ends this process or worker, in the way that `mode` says, with reads of a FIFO and of a file in flight. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { bindHandle, createFile, Overlapped, queueReadFile } from '@overlapped/core/overlapped';
import { closeHandle } from '@overlapped/core/overlapped';
import { Reader, turn, uringBackend } from '../support.js';

interface Orders {
  readonly mode: string;
  readonly file: string;
  readonly fifo: string;
}

function orders(): Orders {
  if (!isMainThread) return workerData as Orders;
  const [mode, file, fifo] = process.argv.slice(2) as [string, string, string];
  return { mode, file, fifo };
}

const { mode, file, fifo } = orders();
const backend = uringBackend({ asyncBytes: 65_536 });
const reader = new Reader(backend, file);

function startReads(): void {
  const waiting = new Reader(backend, fifo);
  for (let i = 0; i < 32; i++) {
    void waiting.read(new Uint8Array(64));
    void waiting.read(new Uint8Array(backend.allocate(4096)));
  }
  for (let i = 0; i < 32; i++) void reader.read(new Uint8Array(1 << 20), i * 4096); // in kernel workers
  for (let i = 0; i < 32; i++) void reader.read(new Uint8Array(4096), i * 4096);
}

/** 64 reads, three of whose callbacks throw. */
function throwingReads(ended: () => void): void {
  const handle = createFile(file, undefined, undefined, null, undefined, undefined, null, { backend });
  bindHandle(handle);
  for (let i = 0; i < 64; i++) {
    const buffer = new Uint8Array(64);
    const native = new Overlapped(i * 64, 0).pack((_error, _bytes, completed) => {
      Overlapped.free(completed);
      ended();
      if (i % 25 === 0) throw new Error('thrown by a callback');
    }, buffer);
    if (queueReadFile(handle, buffer, 0, 64, native) !== 0) throw new Error('not queued');
  }
}

const MODES: Readonly<Record<string, () => Promise<void> | void>> = {
  // Nothing keeps the environment alive but reads, and they end; backend and file stay open.
  natural: async () => {
    for (let i = 0; i < 32; i++) await reader.read(new Uint8Array(4096), i * 4096).ended;
    void backend.allocate(4096);
  },
  terminate: async () => {
    startReads();
    await turn();
    parentPort?.postMessage('started');
  },
  busy: async () => {
    startReads();
    await turn();
    parentPort?.postMessage('started');
    for (;;); // terminated in a loop of JS
  },
  exit: async () => {
    startReads();
    await turn();
    process.exit(7);
  },
  throw: async () => {
    startReads();
    await turn();
    setImmediate(() => {
      throw new Error('thrown with reads in flight');
    });
  },
  'callback-throw': () => {
    startReads();
    throwingReads(() => undefined);
  },
  'handled-throw': async () => {
    let uncaught = 0;
    let ended = 0;
    process.on('uncaughtException', () => uncaught++);
    await new Promise<void>((resolve) => throwingReads(() => ++ended === 64 && resolve()));
    await turn();
    process.stdout.write(`uncaught ${uncaught}\nended ${ended}\n`);
    await closeHandle(reader.handle);
  },
};

void (MODES[mode] as () => Promise<void> | void)();
