/** The file system whose reads fail, wait, come short or out of order as a test tells it: `native/` from JS. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';

const PROGRAM = path.resolve(__dirname, '../../build/faultfs');

/** What becomes of a read. */
export type Action =
  /** It fails with this Linux errno, 1 to 511. */
  | { readonly fail: number }
  /** It gets at most this many bytes. */
  | { readonly short: number }
  /** It is answered after this many milliseconds, or with EINTR if the kernel interrupts it. */
  | { readonly delay: number }
  /** It is not answered before {@link FaultFile.release}; an interrupt ends `hold` with EINTR, `stick` it does not. */
  | 'hold'
  | 'stick';

/** Which reads: by number, counted from 0, or those of any byte in a range. Both ends are included. */
export type Which =
  | { readonly reads: readonly [first: number, last: number] }
  | { readonly bytes: readonly [first: number, last: number] };

export const ALL: Which = { reads: [0, Number.MAX_SAFE_INTEGER] };

/** What the file system has seen of a file, since it was made or cleared. */
export interface FileStats {
  readonly reads: number;
  /** Reads that wait for {@link FaultFile.release}. */
  readonly held: number;
  /** Held reads that the kernel asked to give up. */
  readonly interrupts: number;
  /** Open descriptions now. */
  readonly open: number;
}

/** @returns why no file system can be mounted here and what to do about it, or undefined */
export function unavailable(): string | undefined {
  if (process.platform !== 'linux') return `FUSE is for Linux, this is ${process.platform}`;
  if (!fs.existsSync(PROGRAM)) return 'faultfs is not built; run: node scripts/build-faultfs.mjs';
  try {
    fs.accessSync('/dev/fuse', fs.constants.R_OK | fs.constants.W_OK);
  } catch (error) {
    return `${(error as Error).message}; load the fuse module, or give the container the device`;
  }
  return undefined;
}

/**
 * Lets a paused server go on when this thread waits for it. A thread, not a process: that would begin by closing its copies
 * of our descriptors, which tells the server so, and waits.
 */
const GUARD = `
  const { workerData: pid } = require('node:worker_threads');
  setTimeout(() => process.kill(pid, 'SIGCONT'), 10_000);
`;

export class FaultFs {
  private readonly answers: ((line: string) => void)[] = [];
  private readonly exited: Promise<unknown>;
  private count = 0;
  private guard: Worker | undefined;

  private constructor(
    private readonly directory: string,
    private readonly server: ChildProcessByStdio<Writable, Readable, null>,
  ) {
    this.exited = once(server, 'close');
    readline.createInterface({ input: server.stdout }).on('line', (line) => this.answers.shift()?.(line));
    // Commands to a server that has died are answered below.
    server.stdin.on('error', () => undefined);
    server.once('close', () => {
      for (const answer of this.answers.splice(0)) answer('{"error":"faultfs has ended"}');
    });
  }

  /** @param sync whoever reads past the page cache waits in the kernel, as with servers that know no other way */
  static async mount({ sync = false } = {}): Promise<FaultFs> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-faultfs-'));
    const server = spawn(PROGRAM, [directory, ...(sync ? ['sync'] : [])], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, LD_PRELOAD: '' }, // a sanitizer's, in a test of the addon
    });
    const faultFs = new FaultFs(directory, server);
    try {
      await faultFs.answer();
    } catch (error) {
      fs.rmdirSync(directory);
      throw error;
    }
    return faultFs;
  }

  /** A pattern file of `size` bytes. Unless it is `cached`, each read of a program is a read of the file system. */
  async file(size: number, { cached = false } = {}): Promise<FaultFile> {
    const name = `${this.count++}`;
    await this.command(`create ${name} ${size} ${cached ? 'cached' : 'direct'}`);
    return new FaultFile(this, name, path.join(this.directory, name));
  }

  /** @throws what the file system has against it */
  command(line: string): Promise<FileStats> {
    this.server.stdin.write(`${line}\n`);
    return this.answer();
  }

  /** The server answers nothing until {@link FaultFs.resume}, or for ten seconds: then it goes on, so that nobody hangs. */
  pause(): void {
    this.guard = new Worker(GUARD, { eval: true, workerData: this.server.pid });
    this.server.kill('SIGSTOP');
    // A signal takes effect when the one who gets it is next scheduled.
    while (!this.isPaused()) if (this.state() === 'Z') throw new Error('faultfs has ended');
  }

  /** @returns whether it was still paused */
  async resume(): Promise<boolean> {
    const wasPaused = this.isPaused();
    this.server.kill('SIGCONT');
    await this.guard?.terminate();
    return wasPaused;
  }

  private isPaused(): boolean {
    return this.state() === 'T';
  }

  /** The server's, as the kernel names it: T is stopped, Z has ended. */
  private state(): string | undefined {
    return /^State:\t(\w)/m.exec(fs.readFileSync(`/proc/${this.server.pid}/status`, 'utf8'))?.[1];
  }

  /** The server dies: the mount stays, and every read of it fails. */
  async kill(): Promise<void> {
    this.server.kill('SIGKILL');
    await this.exited;
  }

  /** Ends what is held, too: with ECONNABORTED. */
  async unmount(): Promise<void> {
    const killed = this.server.signalCode !== null;
    this.server.stdin.end();
    await this.exited;
    if (killed) {
      const { error, status, stderr } = spawnSync('fusermount3', ['-u', '-z', this.directory], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`fusermount3 -u ${this.directory}: ${error?.message ?? stderr}`);
    }
    fs.rmdirSync(this.directory);
  }

  private async answer(): Promise<FileStats> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) {
      throw new Error('faultfs has ended');
    }
    const line = await new Promise<string>((resolve) => this.answers.push(resolve));
    const answer = JSON.parse(line) as FileStats & { error?: string };
    if (answer.error !== undefined) throw new Error(`faultfs: ${answer.error}`);
    return answer;
  }
}

/** A file of the mount, and what is to become of its reads. */
export class FaultFile {
  /** @internal Use {@link FaultFs.file}. */
  constructor(
    private readonly fs: FaultFs,
    private readonly name: string,
    readonly path: string,
  ) {}

  /** Adds a rule. The first that applies to a read decides; a read that none applies to gets its bytes. */
  rule(which: Which, action: Action): Promise<FileStats> {
    const [of, [first, last]] = Object.entries(which)[0] as [string, [number, number]];
    const what = typeof action === 'string' ? action : Object.entries(action).flat().join(' ');
    return this.fs.command(`rule ${this.name} ${of} ${first} ${last} ${what}`);
  }

  /** Forgets the rules, and counts from 0 again. */
  clear(): Promise<FileStats> {
    return this.fs.command(`clear ${this.name}`);
  }

  /** Answers what is held, the oldest first or last, with the bytes that the file has by now. */
  release(order: 'forward' | 'backward' = 'forward'): Promise<FileStats> {
    return this.fs.command(`release ${this.name} ${order}`);
  }

  /** Cuts the file or lets it grow; open descriptors see it at once. */
  resize(size: number): Promise<FileStats> {
    return this.fs.command(`size ${this.name} ${size}`);
  }

  stats(): Promise<FileStats> {
    return this.fs.command(`stats ${this.name}`);
  }
}
