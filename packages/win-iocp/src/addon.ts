/** Which package has the addon for this process, and why it can't be had. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { types } from 'node:util';
import type { IocpAddon, Refusal } from './index.js';

/** Names the addon's file, an absolute path, in place of the package: for an addon built from source, and for tests. */
export const ADDON_PATH_VARIABLE = 'OVERLAPPED_IOCP_ADDON';

export type AddonResult = { readonly addon: IocpAddon } | { readonly refusal: Refusal };

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
      case '@overlapped/win-iocp-x64':
        return require('@overlapped/win-iocp-x64');
      default:
        return require('@overlapped/win-iocp-arm64');
    }
  } catch (error) {
    return error;
  }
}
/* eslint-enable @typescript-eslint/no-require-imports */

const REINSTALL = 'remove node_modules and install again, on the system that it is for';
const CORRECT = `correct or unset ${ADDON_PATH_VARIABLE}`;

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
      remedy: 'install it there, or have the bundler copy the .node file (docs/install.md)',
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
  return { code: 'addon-load-failed', message, remedy: otherwise };
}

function isAddon(exported: unknown): exported is IocpAddon {
  return typeof (exported as Partial<IocpAddon> | null)?.createEngine === 'function';
}

/** Loads the addon. Never throws. */
export function loadAddon(): AddonResult {
  const path = process.env[ADDON_PATH_VARIABLE];
  if (path !== undefined && !existsSync(path)) {
    return { refusal: { code: 'addon-missing', message: `no addon at ${path}`, remedy: CORRECT } };
  }
  const name = `@overlapped/win-iocp-${process.arch}`;
  const exported = requireAddon(name, path);
  if (isAddon(exported)) return { addon: exported };
  if (types.isNativeError(exported)) {
    return { refusal: explain(name, exported, path === undefined ? REINSTALL : CORRECT) };
  }
  return {
    refusal: {
      code: 'addon-load-failed',
      message: `a bundler put something else in the place of ${name}`,
      remedy: `keep ${name} external, or have the bundler copy the .node file (docs/install.md)`,
    },
  };
}
