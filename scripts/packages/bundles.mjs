// What bundlers make of the library: esbuild, in the ways that docs/install.md describes. Each bundle runs in a folder
// without node_modules, unless its case says what is installed there.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { printed, PROGRAMS } from './consumers.mjs';

const NATIVE = ['@overlapped/linux-uring', '@overlapped/win-iocp'];
/** core is CommonJS: an ES module that it is bundled into needs a `require`. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** `options` of esbuild, what is installed beside the bundle, and the backend with its report's code. */
const CASES = [
  {
    title: 'core external',
    options: { external: ['@overlapped/*'] },
    installed: ['core', 'adapters', 'linux-uring', 'addon'],
    works: true,
  },
  {
    title: 'native packages external',
    options: { external: NATIVE },
    installed: ['linux-uring', 'addon'],
    works: true,
  },
  { title: '.node files copied', options: { loader: { '.node': 'copy' } }, installed: [], works: true },
  {
    title: '.node files copied, ES module',
    options: { loader: { '.node': 'copy' }, format: 'esm', banner: { js: REQUIRE } },
    installed: [],
    works: true,
  },
  {
    title: 'native packages external and not installed',
    options: { external: NATIVE },
    installed: [],
    code: 'package-missing',
  },
  {
    title: 'addons external and not installed',
    options: { external: NATIVE.map((name) => `${name}-*`) },
    installed: [],
    code: 'package-missing',
    message: /not installed where this bundle is$/,
  },
  {
    title: 'everything inlined, .node files left empty',
    options: { loader: { '.node': 'empty' } },
    installed: [],
    code: 'addon-load-failed',
    message: /a bundler put something else in the place of/,
  },
  { title: 'no options', options: {}, error: /No loader is configured for "\.node" files/ },
];

const DOCTOR = `const { describeBackends } = require('@overlapped/core');
console.log(JSON.stringify(describeBackends().candidates.find(({ name }) => name === 'io_uring')));`;

async function bundle(project, place, name, text, options) {
  const entry = join(project, `${name}-entry.cjs`);
  writeFileSync(entry, text);
  const extension = options.format === 'esm' ? '.mjs' : '.cjs';
  const outfile = { entryPoints: { [name]: entry }, outdir: place, outExtension: { '.js': extension } };
  const fixed = { bundle: true, platform: 'node', target: 'node20', logLevel: 'silent', format: 'cjs' };
  await build({ ...fixed, ...outfile, ...options });
  return join(place, `${name}${extension}`);
}

async function check(sandbox, project, { title, options, installed, works, code, message }, backend) {
  const place = sandbox.project('bundle');
  try {
    const scope = join(place, 'node_modules/@overlapped');
    const addon = `linux-uring-${process.arch}-gnu`;
    for (const name of installed.map((each) => (each === 'addon' ? addon : each))) {
      mkdirSync(scope, { recursive: true });
      cpSync(join(project, 'node_modules/@overlapped', name), join(scope, name), { recursive: true });
    }
    const use = await bundle(project, place, 'use', PROGRAMS['use.cjs'], options);
    const doctor = await bundle(project, place, 'doctor', DOCTOR, options);
    const line = (await sandbox.run('node', [use], dirname(use))).trim();
    const expected = printed(works ? backend : 'node-fs');
    if (line !== expected) throw new Error(`it printed ${line}, not ${expected}`);
    const said = JSON.parse(await sandbox.run('node', [doctor], place));
    if (works) return line;
    if (said.code !== code || !(message ?? /./).test(said.message)) throw new Error(JSON.stringify(said));
    return `${line}; ${said.code}: ${said.message}`;
  } catch (error) {
    throw new Error(`bundle, ${title}: ${error.message}`, { cause: error });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** @param backend what an installation that works uses */
export async function checkBundles(sandbox, project, backend) {
  for (const each of CASES) {
    if (each.error === undefined) {
      console.log(`bundle, ${each.title}: ${await check(sandbox, project, each, backend)}`);
      continue;
    }
    const problem = await bundle(project, project, 'use', PROGRAMS['use.cjs'], each.options).catch(
      (error) => error,
    );
    if (!each.error.test(problem.message)) throw new Error(`bundle, ${each.title}: ${problem.message}`);
    console.log(`bundle, ${each.title}: ${each.error.exec(problem.message)[0]}`);
  }
}
