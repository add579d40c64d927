// What is in a tarball, and what linters of packages say of it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { baselineProblems } from './baseline.mjs';
import { isAddonPackage } from './pack.mjs';
import { manifestOf } from './registry.mjs';

/** Files that may be in a tarball; all others are a mistake. `source`: the file of the workspace that it was made from. */
const ALLOWED = [
  { pattern: /^(package\.json|LICENSE|README\.md)$/ },
  { pattern: /^bin\/[\w-]+\.js$/ },
  { pattern: /^src\/.+\.m?ts$/ },
  {
    pattern: /^dist\/src\/.+\.(d\.ts|js)(\.map)?$/,
    source: /^dist\/(.+?)\.(d\.ts|js)(\.map)?$/,
    ending: 'ts',
  },
  {
    pattern: /^dist\/src\/.+\.(d\.mts|mjs)(\.map)?$/,
    source: /^dist\/(.+?)\.(d\.mts|mjs)(\.map)?$/,
    ending: 'mts',
  },
];
const REQUIRED = ['package.json', 'LICENSE', 'README.md'];

/** The addons' packages have the addon and nothing built by TypeScript. */
const ADDON_FILES = [{ pattern: /^(package\.json|LICENSE|README\.md|(linux_uring|win_iocp)\.node)$/ }];

/** What the end of an addon package's name promises. */
const PLATFORMS = {
  'linux-uring-x64-gnu': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'linux-uring-x64-musl': { os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  'linux-uring-arm64-gnu': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'linux-uring-arm64-musl': { os: ['linux'], cpu: ['arm64'], libc: ['musl'] },
  'win-iocp-x64': { os: ['win32'], cpu: ['x64'] },
  'win-iocp-arm64': { os: ['win32'], cpu: ['arm64'] },
};

function filesOf(tarball) {
  const list = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' });
  return list
    .trim()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''));
}

/** The files that a manifest promises: every string in these fields that is a path. */
function entriesOf({ main, types, bin, exports }) {
  const strings = (value) =>
    typeof value === 'object' ? Object.values(value).flatMap(strings) : value === undefined ? [] : [value];
  return [...new Set(strings([main, types, bin, exports]).map((path) => path.replace(/^\.\//, '')))];
}

function fileProblems({ place, tarball }, manifest) {
  const files = filesOf(tarball);
  const allowed = isAddonPackage(manifest) ? ADDON_FILES : ALLOWED;
  const unexpected = files.flatMap((file) => {
    const rule = allowed.find(({ pattern }) => pattern.test(file));
    if (rule === undefined || /(^|\/)test\//.test(file)) return [`${file} does not belong in it`];
    if (rule.source === undefined) return [];
    const source = `${rule.source.exec(file)[1]}.${rule.ending}`;
    return existsSync(join(place, source)) ? [] : [`${file} is left from a source that is gone: remove dist`];
  });
  const missing = [...REQUIRED, ...entriesOf(manifest)].filter((file) => !files.includes(file));
  return [...unexpected, ...missing.map((file) => `${file} is missing`)];
}

function manifestProblems(manifest) {
  const problems = [];
  const scripts = Object.keys(manifest.scripts ?? {}).filter((name) => /install$|^prepare/.test(name));
  if (scripts.length > 0) problems.push(`it runs scripts at installation: ${scripts.join(', ')}`);
  if (/"(workspace|link|file):/.test(JSON.stringify(manifest))) problems.push('it depends on the workspace');
  if (!isAddonPackage(manifest)) return problems;
  const promised = PLATFORMS[manifest.name.replace('@overlapped/', '')];
  if (promised === undefined) return [...problems, 'no platform of that name is known'];
  for (const [field, values] of Object.entries(promised)) {
    const declared = JSON.stringify(manifest[field]);
    if (declared !== JSON.stringify(values))
      problems.push(`${field} is ${declared}, its name says ${values}`);
  }
  return problems;
}

async function lintProblems(tarball) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
  const lines = messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
  const { types, problems = [] } = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
  // Subpaths have types where `exports` are understood: not in node10, which TypeScript has given up.
  const wrong = types === false ? [] : problems.filter(({ resolutionKind }) => resolutionKind !== 'node10');
  return [...lines, ...wrong.map((problem) => `are the types wrong: ${JSON.stringify(problem)}`)];
}

/** @throws with every problem of every package */
export async function checkContents(packages) {
  const all = [];
  for (const each of packages) {
    const manifest = manifestOf(each.tarball);
    const problems = [
      ...fileProblems(each, manifest),
      ...manifestProblems(manifest),
      ...(manifest.libc === undefined
        ? []
        : baselineProblems(join(each.place, manifest.main), manifest.libc[0])),
      ...(await lintProblems(each.tarball)),
    ];
    console.log(
      `${each.name}: ${problems.length === 0 ? 'files, fields and types as they should be' : 'wrong'}`,
    );
    all.push(...problems.map((problem) => `${each.name}: ${problem}`));
  }
  if (all.length > 0) throw new Error(all.join('\n'));
}
