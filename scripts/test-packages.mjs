// Packs the public packages, installs the tarballs as a user would, and uses them from ESM, CommonJS and TypeScript.
// Nothing of the workspace is on the way: no compiler, no cmake, no pnpm.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'overlapped-packages-'));
const packs = join(scratch, 'packs');
const consumer = join(scratch, 'consumer');

const USE = `
  const buffer = Buffer.alloc(16);
  const file = await open(process.argv[1] ?? __filename);
  if ((await file.readAt(buffer, 0)) !== 16) throw new Error('short');
  const magic = await (await fileBlob(file)).slice(0, 16).arrayBuffer();
  if (!buffer.equals(Buffer.from(magic))) throw new Error('the blob has other bytes');
  await file.close();
  console.log(file.backend, typeof createFile, typeof registerBackend);`;

/** What a user's program looks like in each module system; all print the same line. */
const PROGRAMS = {
  'use.mjs': `import { open } from '@overlapped/core';
import { createFile } from '@overlapped/core/overlapped';
import { registerBackend } from '@overlapped/core/backend';
import { fileBlob } from '@overlapped/adapters/blob';
const __filename = import.meta.filename ?? process.argv[1];${USE}`,
  'use.cjs': `const { open } = require('@overlapped/core');
const { createFile } = require('@overlapped/core/overlapped');
const { registerBackend } = require('@overlapped/core/backend');
const { fileBlob } = require('@overlapped/adapters/blob');
(async () => {${USE} })();`,
};

/** The same for the type checker, which resolves the types of both conditions. */
const TYPED = `import { open, type OverlappedFile } from '@overlapped/core';
import { createFile, type SafeFileHandle } from '@overlapped/core/overlapped';
import type { Backend } from '@overlapped/core/backend';
import { fileBlob } from '@overlapped/adapters/blob';
import { asyncBuffer } from '@overlapped/adapters/hyparquet';
export async function use(path: string, backend: Backend): Promise<number> {
  const file: OverlappedFile = await open(path, { backend });
  const handle: SafeFileHandle = createFile(path);
  const { bytesRead } = await file.read(Buffer.alloc(1), { position: 1n });
  const blob: Blob = await fileBlob(file);
  return bytesRead + handle.file.fd + blob.size + (await asyncBuffer(file)).byteLength;
}
`;

function run(command, args, cwd, env = process.env) {
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function pack(name) {
  run('pnpm', ['pack', '--pack-destination', packs], join(root, 'packages', name));
  return join(
    packs,
    readdirSync(packs).find((file) => file.startsWith(`overlapped-${name}-`)),
  );
}

function check(what, actual, expected) {
  if (actual !== expected)
    throw new Error(`${what} printed ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  console.log(`${what}: ${actual.trim()}`);
}

try {
  mkdirSync(packs);
  mkdirSync(consumer);
  const native = process.platform === 'win32' ? 'win-iocp' : 'linux-uring';
  const backend =
    process.platform === 'win32' ? 'iocp' : process.platform === 'linux' ? 'io_uring' : 'node-fs';
  const tarballs = [pack('core'), pack('adapters'), ...(backend === 'node-fs' ? [] : [pack(native)])];
  writeFileSync(join(consumer, 'package.json'), '{ "private": true }');
  // The other platform's package is optional and not published: npm leaves it out.
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], consumer);
  for (const [name, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(consumer, name), text);
    check(name, run(process.execPath, [name], consumer), `${backend} function function\n`);
  }
  for (const name of ['use.mts', 'use.cts']) writeFileSync(join(consumer, name), TYPED);
  const types = join(root, 'node_modules', '@types');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
    '--typeRoots',
    types,
  ];
  run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'use.mts', 'use.cts'],
    consumer,
  );
  console.log('types: use.mts and use.cts are accepted');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
