/** The backends there are, in order of preference. Adding one is one entry here, or a call of `registerBackend`. */
import fs from 'node:fs';
import os from 'node:os';
import type { Backend } from '../backend.js';
import { createUringBackend } from '../engine/io-uring.js';
import { createIocpBackend } from '../engine/iocp.js';
import { checkLayout } from '../engine/layout.js';
import { NodeFsBackend } from '../node-fs/backend.js';
import { hostRefusal } from './hosts.js';

/** Why a backend can't be used: a code for programs, a sentence, and what to do about it. */
export interface ProbeFailure {
  /** Stable, such as `blocked`; docs/linux.md has the list. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly remedy: string;
}

export type CandidateResult =
  | { readonly backend: Backend; readonly note: string }
  | {
      readonly refusal: ProbeFailure;
      /** True if trying again later makes sense. */ readonly transient?: boolean;
    };

/** A backend that the selector may try, or that can be asked for by name. */
export interface Candidate {
  /** As users write it. */
  readonly name: string;
  /** Values of `process.platform` where auto mode tries it; empty: only by name. */
  readonly platforms: readonly string[] | 'all';
  /** Probes by doing, and makes the backend. Never throws: every failure is a refusal. */
  create(): CandidateResult;
}

interface NodeModuleError {
  readonly code?: string;
  readonly message: string;
}

/** Errors that another time may not happen. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

function resourceRefusal(message: string): CandidateResult {
  const remedy = 'raise the limit (ulimit -n, ulimit -l) or close some rings';
  return { refusal: { code: 'resource-limit', message, remedy }, transient: true };
}

/**
 * Asked before a package is looked for: with no descriptor left Node can't read its package.json, takes it for missing,
 * and remembers that.
 */
function descriptorRefusal(): CandidateResult | undefined {
  try {
    fs.closeSync(fs.openSync(os.devNull, 'r'));
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeModuleError;
    // Node's permission model may refuse this file; that says nothing of descriptors.
    return code !== undefined && TRANSIENT_CODES.has(code) ? resourceRefusal(message) : undefined;
  }
}

/** A native package that is not installed is a refusal like any other: npm may drop optional dependencies. */
function packageRefusal(name: string, { code, message }: NodeModuleError): CandidateResult {
  if (code !== undefined && TRANSIENT_CODES.has(code)) return resourceRefusal(message);
  if (code === 'MODULE_NOT_FOUND') {
    return {
      refusal: {
        code: 'package-missing',
        message: `the package ${name} is not installed`,
        remedy: `install with optional dependencies (npm: --include=optional), or: npm install ${name}`,
      },
    };
  }
  return {
    refusal: { code: 'package-load-failed', message, remedy: `install it again: npm install ${name}` },
  };
}

function engineRefusal(error: unknown): CandidateResult {
  const { code, message } = error as NodeModuleError;
  if (code !== undefined && TRANSIENT_CODES.has(code)) return resourceRefusal(message);
  return { refusal: { code: 'setup-failed', message, remedy: 'please report this' } };
}

let nodeFsBackend: NodeFsBackend | undefined;

/** The backend that files were handed over to, chosen or not; undefined as long as there is none. */
export function madeNodeFs(): Backend | undefined {
  return nodeFsBackend;
}

/** One for the thread: it also serves the files that other backends hand over. */
function sharedNodeFs(): NodeFsBackend {
  return (nodeFsBackend ??= new NodeFsBackend());
}

/** What the loader of a native package says: `packages/linux-uring/src/index.ts`, `packages/win-iocp/src/index.ts`. */
type LoadResult =
  | { readonly ok: true; readonly addon: { readonly layout: readonly number[] } }
  | { readonly ok: false; readonly refusal: ProbeFailure };
type Loaded<R extends LoadResult> = Extract<R, { ok: true }>;

interface NativePackage<R extends LoadResult> {
  load(): R;
}

/** A backend of a native package, and every way in which it may be refused. */
function createNative<R extends LoadResult>(
  name: string,
  find: () => NativePackage<R> | { readonly missing: NodeModuleError },
  make: (loaded: Loaded<R>) => CandidateResult,
): CandidateResult {
  const unsupported = hostRefusal();
  if (unsupported !== undefined) return { refusal: unsupported };
  const exhausted = descriptorRefusal();
  if (exhausted !== undefined) return exhausted;
  const found = find();
  if ('missing' in found) return packageRefusal(name, found.missing);
  const loaded = found.load();
  if (!loaded.ok) return { refusal: loaded.refusal, transient: loaded.refusal.code === 'resource-limit' };
  const mismatch = checkLayout(name, loaded.addon.layout);
  if (mismatch !== undefined) return { refusal: mismatch };
  try {
    return make(loaded as Loaded<R>);
  } catch (error) {
    return engineRefusal(error);
  }
}

// The packages' names stand as they are, and in a `try` of the same function: so bundlers find them, and go on where one
// is not installed.
/* eslint-disable @typescript-eslint/no-require-imports -- loaded on demand, and synchronously */
const uring: Candidate = {
  name: 'io_uring',
  platforms: ['linux'],
  create: () =>
    createNative(
      '@overlapped/linux-uring',
      () => {
        try {
          return require('@overlapped/linux-uring') as typeof import('@overlapped/linux-uring');
        } catch (error) {
          return { missing: error as NodeModuleError };
        }
      },
      ({ addon, rung }) => ({
        backend: createUringBackend(addon, sharedNodeFs),
        note: `kernel interface: ${rung}`,
      }),
    ),
};

const iocp: Candidate = {
  name: 'iocp',
  platforms: ['win32'],
  create: () =>
    createNative(
      '@overlapped/win-iocp',
      () => {
        try {
          return require('@overlapped/win-iocp') as typeof import('@overlapped/win-iocp');
        } catch (error) {
          return { missing: error as NodeModuleError };
        }
      },
      ({ addon }) => ({
        backend: createIocpBackend(addon),
        note: `I/O completion port${addon.wine === '' ? '' : ` (Wine ${addon.wine})`}`,
      }),
    ),
};
/* eslint-enable @typescript-eslint/no-require-imports */

const nodeFs: Candidate = {
  name: 'node-fs',
  platforms: 'all',
  create: () => ({ backend: sharedNodeFs(), note: 'fs.read on the thread pool' }),
};

export const BUILT_IN: readonly Candidate[] = [uring, iocp, nodeFs];
