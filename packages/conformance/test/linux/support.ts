/** What the tests of the Linux backend share: backends, reads that wait, and programs in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import {
  type BoundHandle,
  bindHandle,
  createFile,
  type NativeOverlapped,
  queueReadFile,
  type SafeFileHandle,
} from '@overlapped/core/overlapped';
import { type Backend, createUringBackend, NodeFsBackend, type UringOptions } from '@overlapped/core/backend';
import { requiredOnLinux, whereLoaded } from '@overlapped/conformance';
import { load } from '@overlapped/linux-uring';

export const ROOT = path.resolve(__dirname, '../../../../..');

/** A suite that needs io_uring. Without it the reason is printed; in CI, on Linux, that is a failure. */
export function describeUring(title: string, body: () => void): void {
  whereLoaded(title, load(), requiredOnLinux(), () => describe(title, body));
}

/** A backend of the test's own, with a ring of its own. */
export function uringBackend(options: UringOptions = {}): Backend {
  const loaded = load();
  if (!loaded.ok) throw new Error(loaded.refusal.message);
  return createUringBackend(loaded.addon, () => new NodeFsBackend(), options);
}

export interface Ended {
  readonly errorCode: number;
  readonly numBytes: number;
}

export interface WaitingRead {
  readonly native: NativeOverlapped;
  readonly ended: Promise<Ended>;
}

/** A file opened and bound through the document layer, which reads FIFOs by the ring too. */
export class Reader {
  readonly handle: SafeFileHandle;
  private readonly bound: BoundHandle;

  constructor(backend: Backend, file: string) {
    this.handle = createFile(file, undefined, undefined, null, undefined, undefined, null, { backend });
    this.bound = bindHandle(this.handle);
  }

  /** Starts a read at `position`; it goes to the kernel with this job's others. */
  read(buffer: Uint8Array, position = 0): WaitingRead {
    let end!: (ended: Ended) => void;
    const ended = new Promise<Ended>((resolve) => (end = resolve));
    const native = this.bound.allocateNativeOverlapped((errorCode, numBytes, overlapped) => {
      this.bound.freeNativeOverlapped(overlapped);
      end({ errorCode, numBytes });
    });
    native.setOffset(position);
    const refusal = queueReadFile(this.handle, buffer, 0, buffer.byteLength, native);
    if (refusal !== 0) throw new Error(`queueReadFile: ${refusal}`);
    return { native, ended };
  }
}

/** A turn of the event loop, so that what was queued has gone to the kernel. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Collects garbage and lets finalizers run, until `done` or 20 times. @returns whether it was done */
export async function collect(done: () => boolean): Promise<boolean> {
  if (global.gc === undefined) throw new Error('run with --expose-gc');
  for (let i = 0; i < 20; i++) {
    await turn(); // a WeakRef that `done` has looked into holds its target until the end of that job
    global.gc();
    if (done()) return true;
  }
  return false;
}

/** Rings are the backend's, and the one that copies cached reads is made when it is first of use. */
function isRing(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[io_uring]';
  } catch {
    return false; // readdir's own, which is closed again
  }
}

/** Descriptors that are open in this process, rings aside. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => !isRing(fd)).length;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArguments?: readonly string[];
  /** A command that runs node, with its own arguments. */
  readonly launcher?: readonly string[];
}

/** More than any of these programs needs; past it, it hangs. */
const HANG_MS = 25_000;

/** A Node process: one of `programs/`, or any script by its absolute path. */
export class Program {
  readonly exit: Promise<Exit>;
  private readonly child: ChildProcess;
  private stdout = '';
  private stderr = '';
  private readonly watchers = new Set<() => void>();

  constructor(script: string, args: readonly string[] = [], options: RunOptions = {}) {
    const file = path.isAbsolute(script) ? script : path.join(__dirname, 'programs', `${script}.js`);
    const command = [
      ...(options.launcher ?? []),
      process.execPath,
      ...(options.nodeArguments ?? []),
      file,
      ...args,
    ];
    const env = { ...process.env, NODE_OPTIONS: '', ...options.env };
    const child = spawn(command[0] as string, command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    const hang = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    child.stdout.on('data', (data: Buffer) => {
      this.stdout += data.toString();
      for (const watcher of this.watchers) watcher();
    });
    child.stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.exit = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(hang);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        for (const watcher of this.watchers) watcher();
      });
    });
  }

  /** Resolves when the program has printed `text`. @throws if it ends before */
  async prints(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.stdout.includes(text)) resolve();
        else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          reject(new Error(`ended without printing '${text}': ${this.stdout}${this.stderr}`));
        }
      };
      this.watchers.add(look);
      look();
    });
  }
}

export function run(script: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Exit> {
  return new Program(script, args, options).exit;
}
