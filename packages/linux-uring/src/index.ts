/**
 * Loads the io_uring addon and says why where it can't be used. A leaf: it imports nothing of @overlapped/core, which
 * knows this package by its shape.
 */
import { readFileSync } from 'node:fs';
import { loadAddon } from './addon.js';

export { ADDON_PATH_VARIABLE } from './addon.js';

/** The addon's exports. */
export interface UringAddon {
  /** Words per request entry, per completion entry, and of the status area. */
  readonly layout: readonly number[];
  probe(path: string): UringProbe;
  createEngine(options: EngineOptions): UringEngine;
}

/** What using io_uring for a moment came to. */
export interface UringProbe {
  readonly works: boolean;
  /** Where it ended: `setup`, `features`, `opcodes`, `nop`, `read` or `compare`. */
  readonly step: string;
  /** Positive errno; 0 where there is none. */
  readonly errno: number;
  /** The setup flags that the kernel took, by name. */
  readonly rung: string;
  readonly features: number;
}

export interface EngineOptions {
  readonly capacity: number;
  readonly queueEntries: number;
  readonly requests: Uint32Array;
  readonly completions: Uint32Array;
  readonly status: Uint32Array;
  readonly dispatch: (count: number) => void;
}

export interface UringEngine {
  /** Each request's view follows: the caller keeps it until the read's completion. */
  submit(first: number, count: number, ...views: (NodeJS.ArrayBufferView | null)[]): number;
  /**
   * Opens a regular file for reading if that takes no time: its path is in the kernel's memory, and its file system local.
   * @returns its descriptor, the caller's to close; -1 if `fs.open` has to do it, which then says why it can't
   */
  openAtOnce(path: string, direct: boolean): number;
  addFile(fd: number, positioned: boolean): number;
  /** @returns whether the descriptor can be closed at once, without waiting for anything */
  removeFile(id: number): boolean;
  /** The file's `st_mode`, of which the type is right; 0 where the system does not say. Waits for nothing. */
  fileMode(fd: number): number;
  cancelAll(): void;
  /** Null where this Node allows no external ArrayBuffers. */
  allocate(bytes: number): ArrayBuffer | null;
  /** Where the memory of `view` begins in its page, in bytes. */
  pageOffset(view: Uint8Array): number;
  /** Asks for large pages under the memory of `view`, which nobody has written to; the kernel may decline. */
  useLargePages(view: Uint8Array): void;
  stats(): { readonly [name: string]: number | string; readonly strays: number };
  close(): void;
}

/** Why io_uring can't be used: a code for programs, a sentence for people, and what to do about it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export type LoadResult =
  | { readonly ok: true; readonly addon: UringAddon; readonly rung: string }
  | { readonly ok: false; readonly refusal: Refusal };

const SYSCTL = '/proc/sys/kernel/io_uring_disabled';
/** Kernels and sandboxes that kill a process for trying, or whose rings are known to be broken (libuv#4093, #4158). */
const SUPPORTED_ARCHITECTURES = ['x64', 'arm64'];

function refused(code: string, message: string, remedy: string): LoadResult {
  return { ok: false, refusal: { code, message, remedy } };
}

/** The value of kernel.io_uring_disabled: 0, 1 or 2; undefined on kernels without it. */
function disabledSysctl(): number | undefined {
  try {
    return Number(readFileSync(SYSCTL, 'utf8'));
  } catch {
    return undefined; // before Linux 6.6, or /proc is not there
  }
}

type Explain = (probe: UringProbe) => readonly [code: string, message: string, remedy: string];

function blocked(): readonly [string, string, string] {
  const sysctl = disabledSysctl();
  if (sysctl === 1 || sysctl === 2) {
    return [
      'disabled-by-sysctl',
      `io_uring_setup: EPERM; kernel.io_uring_disabled is ${sysctl}`,
      'as root: sysctl kernel.io_uring_disabled=0',
    ];
  }
  return [
    'blocked',
    'io_uring_setup: EPERM; a seccomp profile or security module forbids it (kernel.io_uring_disabled is ' +
      `${sysctl ?? 'not there'})`,
    'allow io_uring_setup, io_uring_enter and io_uring_register in the container or service profile',
  ];
}

const tooOld: Explain = ({ step, errno }) => [
  'kernel-too-old',
  `the kernel lacks what is needed (${step}, errno ${errno})`,
  'Linux 5.13 or newer is needed, 6.1 or newer is best; a sandbox that offers a part of io_uring looks the same',
];

const noResources: Explain = ({ errno }) => [
  'resource-limit',
  `no room for a ring (errno ${errno})`,
  errno === 12 ? 'raise the memory lock limit (ulimit -l)' : 'raise the limit of open files (ulimit -n)',
];

/** ENOMEM, ENFILE, EMFILE: at whatever step, and gone at another time. */
const RESOURCE_ERRNOS: readonly number[] = [12, 23, 24];

/** What each errno of the setup call means (ecosystem: Docker, RHEL, gVisor, WSL, old kernels). */
const SETUP_ERRNOS: ReadonlyMap<number, Explain> = new Map([
  [1, blocked],
  [
    38,
    () => [
      'not-implemented',
      'io_uring_setup: ENOSYS; the kernel is older than 5.1 or built without io_uring, or a sandbox hides it',
      'use a newer kernel, or allow io_uring in the sandbox',
    ],
  ],
  [
    95,
    () => [
      'not-supported',
      'io_uring_setup: EOPNOTSUPP; a managed kernel has it switched off',
      'ask who runs the machine',
    ],
  ],
  [22, tooOld],
]);

function explain(probe: UringProbe): LoadResult {
  if (probe.step === 'features' || probe.step === 'opcodes') return refused(...tooOld(probe));
  if (RESOURCE_ERRNOS.includes(probe.errno)) return refused(...noResources(probe));
  const known = probe.step === 'setup' ? SETUP_ERRNOS.get(probe.errno) : undefined;
  if (known !== undefined) return refused(...known(probe));
  const code = probe.step === 'setup' ? 'setup-failed' : 'self-test-failed';
  return refused(
    code,
    `io_uring ${probe.step} failed (errno ${probe.errno})`,
    'please report this with `uname -a`',
  );
}

/** Loads the addon and reads a few real bytes through a ring. Never throws (R84). */
export function load(): LoadResult {
  const { platform, arch } = process;
  if (platform !== 'linux' || !SUPPORTED_ARCHITECTURES.includes(arch)) {
    return refused('unsupported-platform', `io_uring is not used on ${platform} ${arch}`, '');
  }
  const loaded = loadAddon();
  if ('refusal' in loaded) return { ok: false, refusal: loaded.refusal };
  try {
    const { addon } = loaded;
    const probe = addon.probe(process.execPath); // a file that is surely there
    return probe.works ? { ok: true, addon, rung: probe.rung } : explain(probe);
  } catch (error) {
    return refused('setup-failed', (error as Error).message, 'please report this');
  }
}
