// Installations that went wrong: every one still reads, through node:fs, and `overlapped doctor` says why and what to do.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './consumers.mjs';

const ADDON = `linux-uring-${process.arch}-gnu/linux_uring.node`;

function change(file, edit) {
  writeFileSync(file, edit(readFileSync(file)));
}

const patch = (file, pattern, replacement) =>
  change(file, (bytes) => Buffer.from(bytes.toString('latin1').replace(pattern, replacement), 'latin1'));

/** How it went wrong, in node_modules/@overlapped, and what the doctor's report has to say. */
const CASES = [
  {
    title: 'the package with the addon is not there',
    harm: (scope) => rmSync(join(scope, ADDON, '..'), { recursive: true }),
    code: 'package-missing',
    message: /the package @overlapped\/linux-uring-\w+-gnu is not installed$/,
    remedy: /--include=optional/,
  },
  {
    title: 'no native package is there',
    harm: (scope) => rmSync(join(scope, 'linux-uring'), { recursive: true }),
    code: 'package-missing',
    message: /the package @overlapped\/linux-uring is not installed$/,
    remedy: /--include=optional/,
  },
  {
    title: 'node_modules comes from a system with musl',
    harm: (scope) => renameSync(join(scope, ADDON, '..'), join(scope, ADDON, '..').replace('gnu', 'musl')),
    code: 'package-missing',
    message: /linux-uring-\w+-gnu is not installed$/,
    remedy: /another system, remove them and install again/,
  },
  {
    title: 'the package is there without its addon',
    harm: (scope) => rmSync(join(scope, ADDON)),
    code: 'addon-missing',
    message: /is there, but its addon is not/,
    remedy: /install again/,
  },
  {
    title: 'the addon is cut off',
    harm: (scope) => change(join(scope, ADDON), (bytes) => bytes.subarray(0, bytes.length / 2)),
    code: 'addon-load-failed',
    message: /linux_uring\.node is cut off$/,
    remedy: /install again/,
  },
  {
    title: 'the addon is for another processor',
    harm: (scope) =>
      change(join(scope, ADDON), (bytes) => bytes.fill(process.arch === 'x64' ? 183 : 62, 18, 19)),
    code: 'addon-load-failed',
    message: /linux_uring\.node is for (arm64|x64), and this Node\.js for /,
    remedy: /install again, on the system that it is for/,
  },
  {
    title: 'the addon is for another C library',
    // musl's loader, which a shared library for musl asks for, in place of glibc's
    harm: (scope) => patch(join(scope, ADDON), /ld-linux-([\w-]+)\.so\.\d\0/, 'ld-musl-$1.so.1\0\0'),
    code: 'addon-load-failed',
    message: /^ld-musl-.*cannot open shared object file/,
    remedy: /for another C library/,
  },
  {
    title: 'the addon wants a glibc that is not there',
    harm: (scope) => patch(join(scope, ADDON), /GLIBC_2\.\d\d\0/, 'GLIBC_2.99\0'),
    code: 'addon-load-failed',
    message: /version `GLIBC_2\.99' not found/,
    remedy: /glibc 2\.28 or newer/,
  },
];

const REPORT = "JSON.stringify(require('@overlapped/core').describeBackends())";

/** Installs nothing: copies a project that works, and harms the copy. */
export async function checkBroken(sandbox, working) {
  for (const { title, harm, code, message, remedy } of CASES) {
    const project = sandbox.project('broken');
    try {
      cpSync(join(working, 'node_modules'), join(project, 'node_modules'), { recursive: true });
      harm(join(project, 'node_modules/@overlapped'));
      await runProgram(sandbox, project, 'use.cjs', 'node-fs');
      const { candidates } = JSON.parse(await sandbox.run('node', ['-p', REPORT], project));
      const said = candidates.find(({ name }) => name === 'io_uring');
      if (said.code !== code || !message.test(said.message) || !remedy.test(said.remedy)) {
        throw new Error(`the selector says ${JSON.stringify(said, null, 2)}`);
      }
      console.log(`${title}: ${said.code}: ${said.message}`);
    } catch (error) {
      throw new Error(`${title}: ${error.message}`, { cause: error });
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  }
}
