/**
 * Loads the I/O completion port addon and says why where it can't be used. A leaf: it imports nothing of
 * @overlapped/core, which knows this package by its shape.
 */
import { toNamespacedPath } from 'node:path';
import { loadAddon } from './addon.js';

export { ADDON_PATH_VARIABLE } from './addon.js';

/** The addon's exports. */
export interface IocpAddon {
  /** Words per request entry, per completion entry, and of the status area. */
  readonly layout: readonly number[];
  /** Version of the Wine that this is; empty on Windows. */
  readonly wine: string;
  probe(path: string): IocpProbe;
  createEngine(options: EngineOptions): IocpEngine;
  /** This process's open handles, its engines that are not destroyed yet, and the outcomes seen: for tests. */
  processCounters(): {
    readonly handles: number;
    readonly engines: number;
    readonly outcomes: Readonly<Record<string, number>>;
  };
}

/** What using a completion port for a moment came to. */
export interface IocpProbe {
  readonly works: boolean;
  /** Where it ended: `port`, `open`, `bind`, `read`, `wait` or `compare`. */
  readonly step: string;
  /** Win32 number; 0 where there is none. */
  readonly error: number;
}

export interface EngineOptions {
  readonly capacity: number;
  readonly requests: Uint32Array;
  readonly completions: Uint32Array;
  readonly status: Uint32Array;
  readonly dispatch: (count: number) => void;
}

/** CreateFile's arguments, as far as they vary. */
export interface FileOptions {
  readonly direct: boolean;
  readonly readable: boolean;
  readonly overlapped: boolean;
  /** 0 no hint, 1 random, 2 sequential. */
  readonly access: number;
}

export interface OpenedFile {
  readonly id: number;
  /** 0 regular, 1 character device, 2 pipe, 3 other. */
  readonly kind: number;
}

/** Failures are Errors with `win32` and `native`, both Win32 numbers. */
export interface IocpEngine {
  /** Each request's view follows: the caller keeps it until the read's completion. */
  submit(first: number, count: number, ...views: (NodeJS.ArrayBufferView | null)[]): number;
  /** ReadFile, now. @returns 0 or 997: a completion follows; else the error, and none does */
  issue(
    slot: number,
    generation: number,
    file: number,
    targetOffset: number,
    length: number,
    positionLow: number,
    positionHigh: number,
    view: NodeJS.ArrayBufferView | null,
  ): number;
  openFileSync(path: string, options: FileOptions): OpenedFile;
  openFile(path: string, options: FileOptions): Promise<OpenedFile>;
  bindFile(id: number): void;
  closeFile(id: number): Promise<void>;
  /** kind, readOnly, dev, ino, nlink, size, blocks, then access, modify, change and birth times in ms. */
  statFile(id: number): Promise<readonly bigint[]>;
  cancelAll(): void;
  /** Null where this Node allows no external ArrayBuffers. */
  allocate(bytes: number): ArrayBuffer | null;
  /** Where the memory of `view` begins in its page, in bytes. */
  pageOffset(view: Uint8Array): number;
  stats(): { readonly [name: string]: number; readonly strays: number };
  close(): void;
}

/** Why the completion port can't be used: a code for programs, a sentence for people, and what to do about it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export type LoadResult =
  { readonly ok: true; readonly addon: IocpAddon } | { readonly ok: false; readonly refusal: Refusal };

const SUPPORTED_ARCHITECTURES = ['x64', 'arm64'];

function refused(code: string, message: string, remedy: string): LoadResult {
  return { ok: false, refusal: { code, message, remedy } };
}

/** Loads the addon and reads a few real bytes through a completion port. Never throws (R84). */
export function load(): LoadResult {
  const { platform, arch } = process;
  if (platform !== 'win32' || !SUPPORTED_ARCHITECTURES.includes(arch)) {
    return refused('unsupported-platform', `I/O completion ports are not used on ${platform} ${arch}`, '');
  }
  const loaded = loadAddon();
  if ('refusal' in loaded) return { ok: false, refusal: loaded.refusal };
  try {
    const { addon } = loaded;
    const { works, step, error } = addon.probe(toNamespacedPath(process.execPath)); // a file that is surely there
    if (works) return { ok: true, addon };
    return refused(
      'self-test-failed',
      `a read through a completion port failed (${step}, Win32 error ${error})`,
      'please report this with the output of `ver`',
    );
  } catch (error) {
    return refused('setup-failed', (error as Error).message, 'please report this');
  }
}
