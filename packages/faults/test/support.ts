/** What the tests of faults share: a backend on the mount, watched by the conformance suite's own checks. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultyBackend, pattern } from '@overlapped/conformance';
import { open, type OverlappedFile } from '@overlapped/core';
import { type Backend, createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { load } from '@overlapped/linux-uring';
import { type FaultFile, FaultFs, unavailable } from '../src/faultfs.js';

type Create = () => Backend;

/** What a test works with; made for each test, and checked when it is over. */
export interface Bench {
  /** Passes every read on, and throws where a slot completes twice, a buffer is overrun, a file closed too early. */
  readonly backend: FaultyBackend;
  readonly open: (on: FaultFile | string) => Promise<OverlappedFile>;
}

export interface Subject {
  readonly name: BackendName;
  /** The mount; one for a suite. */
  readonly fs: FaultFs;
  /** Runs `body` on a backend of its own; then nothing may be left of it. */
  readonly run: (body: (bench: Bench) => Promise<void>) => Promise<void>;
}

export type BackendName = 'io_uring' | 'node-fs';

/** @throws why the backend can't be had */
export function createBackend(name: BackendName): Backend {
  if (name === 'node-fs') return new NodeFsBackend();
  const loaded = load();
  if (!loaded.ok) throw new Error(`${loaded.refusal.code}: ${loaded.refusal.message}`);
  return createUringBackend(loaded.addon, () => new NodeFsBackend());
}

const BACKENDS: Readonly<Record<BackendName, () => string | undefined>> = {
  io_uring: () => {
    const loaded = load();
    return loaded.ok ? undefined : `${loaded.refusal.code}: ${loaded.refusal.message}`;
  },
  'node-fs': () => undefined,
};

/** Registers `body` for each backend, on a mount. Without one the reason is printed; in CI, on Linux, that fails. */
export function describeFaults(
  title: string,
  body: (subject: Subject) => void,
  mountOptions: { sync?: boolean } = {},
): void {
  for (const [name, refusal] of Object.entries(BACKENDS) as [BackendName, () => string | undefined][]) {
    describe(`backend ${name}`, () => {
      describe(title, () => {
        let mounted: FaultFs | undefined;
        before(async function () {
          const reason = unavailable() ?? refusal();
          if (reason === undefined) {
            mounted = await FaultFs.mount(mountOptions);
          } else {
            if (process.platform === 'linux' && process.env.CI) throw new Error(reason);
            console.log(`      skipped: ${reason}`);
            this.skip();
          }
        });
        after(() => mounted?.unmount());
        body({
          name,
          get fs() {
            if (mounted === undefined) throw new Error('there is no mount before the first test');
            return mounted;
          },
          run: (test) => runOn(() => createBackend(name), test),
        });
      });
    });
  }
}

async function runOn(create: Create, body: (bench: Bench) => Promise<void>): Promise<void> {
  const before = openDescriptors();
  const inner = create();
  const backend = new FaultyBackend(inner);
  const opened: { file: OverlappedFile; on: FaultFile | string }[] = [];
  try {
    await body({
      backend,
      open: async (on) => {
        const file = await open(typeof on === 'string' ? on : on.path, { backend });
        opened.push({ file, on });
        return file;
      },
    });
  } finally {
    // A test that failed with reads held must not hold up the others.
    const left = opened.filter(({ file }) => file.fd !== -1);
    for (const { on } of left) if (typeof on !== 'string') await on.release();
    await Promise.all(left.map(({ file }) => file.close()));
  }
  assert.equal(backend.inFlight, 0);
  assert.equal(inner.stats().inFlight, 0);
  assert.equal(inner.stats().detail.strays ?? 0, 0);
  await backend.close(); // throws if a file is open or a read in flight
  await until(() => openDescriptors() <= before, 'every descriptor is closed');
}

export function openDescriptors(): number {
  return fs.readdirSync('/proc/self/fd').length;
}

/** Waits until `condition` holds; mocha's time limit ends a condition that never does. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let looks = 0; !(await condition()); looks++) {
    if (looks > 10_000) assert.fail(`never happened: ${what}`);
    await sleep(1);
  }
}

/** Until the file system holds this many reads of a file. */
export function untilHeld(file: FaultFile, count: number): Promise<void> {
  return until(async () => (await file.stats()).held === count, `${count} reads are held`);
}

/** How a promise ended, once it has. */
export interface Watched {
  outcome: string | undefined;
}

/** Notes how a read ends: its bytes, or its error's code. */
export function watch(read: Promise<unknown>): Watched {
  const watched: Watched = { outcome: undefined };
  read.then(
    (value) => (watched.outcome = String(value)),
    (error: unknown) => (watched.outcome = (error as NodeJS.ErrnoException).code ?? String(error)),
  );
  return watched;
}

/** How many ended in each way. */
export function tally(watched: readonly Watched[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome = 'pending' } of watched) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

export function assertBytes(actual: Uint8Array, position: number, length: number, what?: string): void {
  if (!pattern(position, length).equals(actual)) {
    assert.deepEqual(Buffer.from(actual), pattern(position, length), what);
  }
}

/** More than any of the programs needs; past it, it hangs. */
const HANG_MS = 15_000;

/** One of `programs/` in a process of its own, which is told and tells by messages. */
export class Program {
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly child: ChildProcess;
  private stderr = '';
  private readonly messages: unknown[] = [];

  /** @param launcher a command that runs node, with its own arguments */
  constructor(name: string, args: readonly string[], launcher: readonly string[] = []) {
    const script = path.join(__dirname, 'programs', `${name}.js`);
    const command = [...launcher, process.execPath];
    this.child = fork(script, args, {
      execPath: command[0] as string,
      execArgv: command.slice(1),
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.child.on('message', (message) => {
      this.messages.push(message);
      this.child.emit('said');
    });
    const hang = setTimeout(() => this.child.kill('SIGKILL'), HANG_MS);
    this.exit = once(this.child, 'exit').then((ended) => {
      clearTimeout(hang);
      const [code, signal] = ended as [number | null, NodeJS.Signals | null];
      return { code, signal };
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** The program's next message, or the oldest that nobody has taken. @throws if it ends without one */
  async message<T>(): Promise<T> {
    if (this.messages.length === 0) {
      const ended = this.exit.then(({ code, signal }) => {
        throw new Error(`the program ended by ${code ?? signal} without a message: ${this.stderr}`);
      });
      await Promise.race([once(this.child, 'said'), ended]);
    }
    return this.messages.shift() as T;
  }

  /** Nothing, if the program has ended. */
  tell(message: string): void {
    if (this.child.connected) this.child.send(message);
  }
}
