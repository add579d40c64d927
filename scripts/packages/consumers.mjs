// Programs of users: in each module system, and for the type checker under each way to resolve modules.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const USE = `
  const buffer = Buffer.alloc(16);
  const file = await open(process.execPath);
  if ((await file.readAt(buffer, 0)) !== 16) throw new Error('short');
  const blob = await fileBlob(file);
  if (!buffer.equals(await blob.slice(0, 16).bytes())) throw new Error('the blob has other bytes');
  await file.close();
  for await (const chunk of createReadStream(process.execPath, { end: 15 })) {
    if (!buffer.equals(chunk)) throw new Error('the stream has other bytes');
  }
  console.log(file.backend, typeof createFile, typeof registerBackend);`;

/** What these programs need, with the packages that npm adds by itself. */
export const INSTALLED = ['@overlapped/core', '@overlapped/adapters'];

/** What a user's program looks like in each module system; all print the same line. */
export const PROGRAMS = {
  'use.mjs': `import { open } from '@overlapped/core';
import { createFile } from '@overlapped/core/overlapped';
import { registerBackend } from '@overlapped/core/backend';
import { createReadStream } from '@overlapped/core/fs';
import { fileBlob } from '@overlapped/adapters/blob';${USE}`,
  'use.cjs': `const { open } = require('@overlapped/core');
const { createFile } = require('@overlapped/core/overlapped');
const { registerBackend } = require('@overlapped/core/backend');
const { createReadStream } = require('@overlapped/core/fs');
const { fileBlob } = require('@overlapped/adapters/blob');
(async () => {${USE} })();`,
};

/** What they print. */
export const printed = (backend) => `${backend} function function`;

const TYPED = `import { open, type OverlappedFile } from '@overlapped/core';
import { createFile, type SafeFileHandle } from '@overlapped/core/overlapped';
import type { Backend } from '@overlapped/core/backend';
import { createReadStream, type ReadStream } from '@overlapped/core/fs';
import { fileBlob } from '@overlapped/adapters/blob';
export async function use(path: string, backend: Backend): Promise<number> {
  const file: OverlappedFile = await open(path, { backend });
  const handle: SafeFileHandle = createFile(path);
  const { bytesRead } = await file.read(Buffer.alloc(1), { position: 1n });
  // @ts-expect-error: positions are numbers or bigints; were the types not found, this would pass
  await file.readAt(Buffer.alloc(1), '0');
  const { size }: Blob = await fileBlob(file);
  const stream: ReadStream = createReadStream(path);
  return bytesRead + handle.file.fd + size + stream.bytesRead;
}
`;

const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16', files: ['use.mts', 'use.cts'] },
  { module: 'nodenext', moduleResolution: 'nodenext', files: ['use.mts', 'use.cts'] },
  { module: 'esnext', moduleResolution: 'bundler', files: ['use.ts'] },
];

/** Runs the program of this name in a project that has what is INSTALLED. @throws if it does not use this backend */
export async function runProgram(sandbox, project, name, backend, nodeOptions = []) {
  writeFileSync(join(project, name), PROGRAMS[name]);
  const line = (await sandbox.run('node', [...nodeOptions, name], project)).trim();
  if (line !== printed(backend)) throw new Error(`${name} printed ${line}, not ${printed(backend)}`);
  return line;
}

/** Checks types without skipLibCheck: our declarations are checked as well. */
export async function checkTypes(sandbox, project, modules) {
  for (const { module, moduleResolution, files } of RESOLUTIONS) {
    for (const name of files) writeFileSync(join(project, name), TYPED);
    const options = {
      module,
      moduleResolution,
      target: 'es2022',
      strict: true,
      noEmit: true,
      types: ['node'],
    };
    const config = { compilerOptions: { ...options, typeRoots: [join(modules, '@types')] }, files };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    await sandbox.run('node', [join(modules, 'typescript/bin/tsc')], project);
    console.log(`types: ${files.join(', ')} with moduleResolution ${moduleResolution}`);
  }
}
