/** Which package has the addon for this process, and why it can't be had. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { types } from 'node:util';
import { findDamage, libc } from './elf.js';
import type { Refusal, UringAddon } from './index.js';

/** Names the addon's file, an absolute path, in place of the package: for an addon built from source, and for tests. */
export const ADDON_PATH_VARIABLE = 'OVERLAPPED_URING_ADDON';

export type AddonResult = { readonly addon: UringAddon } | { readonly refusal: Refusal };

/** The package with the addon for this process's processor and C library. */
export function addonPackage(): string {
  return `@overlapped/linux-uring-${process.arch}-${libc()}`;
}

/* eslint-disable @typescript-eslint/no-require-imports -- a .node file can only be required */
/**
 * Each name stands as it is, and in the `try` itself: so bundlers find the file, and go on where a package is not
 * installed.
 * @returns the module's exports, or the error
 */
function requireAddon(name: string, path: string | undefined): unknown {
  try {
    if (path !== undefined) return require(path);
    switch (name) {
      case '@overlapped/linux-uring-x64-gnu':
        return require('@overlapped/linux-uring-x64-gnu');
      case '@overlapped/linux-uring-x64-musl':
        return require('@overlapped/linux-uring-x64-musl');
      case '@overlapped/linux-uring-arm64-gnu':
        return require('@overlapped/linux-uring-arm64-gnu');
      default:
        return require('@overlapped/linux-uring-arm64-musl');
    }
  } catch (error) {
    return error;
  }
}
/* eslint-enable @typescript-eslint/no-require-imports */

/** Where the package's file is; undefined where requireAddon says why not, and in bundles with their own ways. */
function resolveAddon(name: string): string | undefined {
  try {
    return createRequire(__filename).resolve(name);
  } catch {
    return undefined;
  }
}

const REINSTALL = 'remove node_modules and install again, on the system that it is for';
const CORRECT = `correct or unset ${ADDON_PATH_VARIABLE}`;

/** What dlopen's words mean, and what to do. */
const LOAD_ERRORS: readonly (readonly [words: RegExp, remedy: string])[] = [
  [
    /version `(GLIBC|GLIBCXX|CXXABI)_/,
    'use a newer system (glibc 2.28 or newer), or build the addon on this one',
  ],
  [
    /ld-linux|ld-musl|libc\.musl|symbol not found/,
    'it is for another C library: install on a system with that of this Node.js',
  ],
  [/failed to map segment/, 'the file system is mounted noexec: install on one that is not'],
];

function explainMissing(name: string, hasPackage: boolean): Refusal {
  if (hasPackage) {
    return {
      code: 'addon-missing',
      message: `the package ${name} is there, but its addon is not`,
      remedy: `in a checkout: pnpm build:native; else ${REINSTALL}`,
    };
  }
  // A bundler puts this code into another file, or into an ES module, which has no __filename.
  if (typeof __filename === 'undefined' || basename(__filename) !== 'addon.js') {
    return {
      code: 'package-missing',
      message: `the package ${name} is not installed where this bundle is`,
      remedy: `install it there, or have the bundler copy the .node file (docs/install.md)`,
    };
  }
  return {
    code: 'package-missing',
    message: `the package ${name} is not installed`,
    remedy:
      'install with optional dependencies (npm: --include=optional); where node_modules or the lock file come from ' +
      'another system, remove them and install again',
  };
}

/** @param otherwise what to do where nothing better is known */
function explain(name: string, error: NodeJS.ErrnoException, otherwise: string): Refusal {
  const { code, message } = error;
  if (code === 'MODULE_NOT_FOUND') return explainMissing(name, error.path !== undefined);
  if (code === 'ERR_DLOPEN_DISABLED') {
    const remedy = 'start node without --no-addons, or with --allow-addons';
    return { code: 'addons-disabled', message, remedy };
  }
  // dlopen says why only in words; a table of descriptors that is full will not stay so.
  if (code === 'EMFILE' || code === 'ENFILE' || /too many open files/i.test(message)) {
    return { code: 'resource-limit', message, remedy: 'raise the limit of open files (ulimit -n)' };
  }
  const remedy = LOAD_ERRORS.find(([words]) => words.test(message))?.[1] ?? otherwise;
  return { code: 'addon-load-failed', message, remedy };
}

function isAddon(exported: unknown): exported is UringAddon {
  return typeof (exported as Partial<UringAddon> | null)?.createEngine === 'function';
}

/** Loads the addon. Never throws. */
export function loadAddon(): AddonResult {
  const named = process.env[ADDON_PATH_VARIABLE];
  if (named !== undefined && !existsSync(named)) {
    return { refusal: { code: 'addon-missing', message: `no addon at ${named}`, remedy: CORRECT } };
  }
  const name = addonPackage();
  const path = named ?? resolveAddon(name);
  const remedy = named === undefined ? REINSTALL : CORRECT;
  try {
    const damage = path === undefined ? undefined : findDamage(path);
    if (damage !== undefined) {
      return { refusal: { code: 'addon-load-failed', message: `${path} ${damage}`, remedy } };
    }
  } catch (error) {
    return { refusal: explain(name, error as NodeJS.ErrnoException, remedy) };
  }
  const exported = requireAddon(name, named);
  if (isAddon(exported)) return { addon: exported };
  if (types.isNativeError(exported)) return { refusal: explain(name, exported, remedy) };
  return {
    refusal: {
      code: 'addon-load-failed',
      message: `a bundler put something else in the place of ${name}`,
      remedy: `keep ${name} external, or have the bundler copy the .node file (docs/install.md)`,
    },
  };
}
