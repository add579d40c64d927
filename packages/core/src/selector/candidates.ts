/** The backends there are, in order of preference. Adding one is one entry here, or a call of `registerBackend`. */
import fs from 'node:fs';
import os from 'node:os';
import type { Backend } from '../backend.js';
import { createUringBackend } from '../engine/io-uring.js';
import { createIocpBackend } from '../engine/iocp.js';
import { checkLayout } from '../engine/layout.js';
import { NodeFsBackend } from '../node-fs/backend.js';

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
    return resourceRefusal((error as Error).message);
  }
}

/** A native package that is not installed is a refusal like any other: npm may drop optional dependencies. */
function packageRefusal(name: string, error: unknown): CandidateResult {
  const { code, message } = error as NodeModuleError;
  if (code !== undefined && TRANSIENT_CODES.has(code)) return resourceRefusal(message);
  const missing = code === 'MODULE_NOT_FOUND';
  return {
    refusal: {
      code: missing ? 'package-missing' : 'package-load-failed',
      message: missing ? `the package ${name} is not installed` : message,
      remedy: `npm install ${name}`,
    },
  };
}

function engineRefusal(error: unknown): CandidateResult {
  const { code, message } = error as NodeModuleError;
  if (code !== undefined && TRANSIENT_CODES.has(code)) return resourceRefusal(message);
  return { refusal: { code: 'setup-failed', message, remedy: 'please report this' } };
}

let nodeFsBackend: NodeFsBackend | undefined;

/** One for the thread: it also serves the files that other backends hand over. */
function sharedNodeFs(): NodeFsBackend {
  return (nodeFsBackend ??= new NodeFsBackend());
}

/** What the loader of a native package says: `packages/linux-uring/src/index.ts`, `packages/win-iocp/src/index.ts`. */
type LoadResult =
  | { readonly ok: true; readonly addon: { readonly layout: readonly number[] } }
  | { readonly ok: false; readonly refusal: ProbeFailure };
type Loaded<R extends LoadResult> = Extract<R, { ok: true }>;

/** A backend of a native package, and every way in which it may be refused. */
function createNative<R extends LoadResult>(
  name: string,
  load: () => R,
  make: (loaded: Loaded<R>) => CandidateResult,
): CandidateResult {
  const exhausted = descriptorRefusal();
  if (exhausted !== undefined) return exhausted;
  let loaded: R;
  try {
    loaded = load();
  } catch (error) {
    return packageRefusal(name, error);
  }
  if (!loaded.ok) return { refusal: loaded.refusal, transient: loaded.refusal.code === 'resource-limit' };
  const mismatch = checkLayout(name, loaded.addon.layout);
  if (mismatch !== undefined) return { refusal: mismatch };
  try {
    return make(loaded as Loaded<R>);
  } catch (error) {
    return engineRefusal(error);
  }
}

// The packages' names stand in require calls as they are: bundlers look for that.
/* eslint-disable @typescript-eslint/no-require-imports -- loaded on demand, and synchronously */
const uring: Candidate = {
  name: 'io_uring',
  platforms: ['linux'],
  create: () =>
    createNative(
      '@overlapped/linux-uring',
      () => (require('@overlapped/linux-uring') as typeof import('@overlapped/linux-uring')).load(),
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
      () => (require('@overlapped/win-iocp') as typeof import('@overlapped/win-iocp')).load(),
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
