// What package managers make of node_modules, and Yarn without one.
import { INSTALLED, runProgram } from './consumers.mjs';

const yarnrc = (linker) => (registry) => ({
  '.yarnrc.yml': [
    `nodeLinker: ${linker}`,
    `npmScopes: { overlapped: { npmRegistryServer: '${registry}' } }`,
    'unsafeHttpWhitelist: [127.0.0.1]',
    "npmPreapprovedPackages: ['@overlapped/*']", // though published a moment ago
    'enableTelemetry: false',
    'enableImmutableInstalls: false',
    'enableGlobalCache: false',
    'globalFolder: .yarn/global', // what an earlier registry on this address had is kept there, whatever its port
  ].join('\n'),
  'yarn.lock': '', // its own project, whatever is above it
});
const berry = ['-y', '--package', '@yarnpkg/cli-dist@4.18.1', 'yarn'];

/** What to put into the project, how to install, and how to run node. */
const LAYOUTS = [
  { title: 'pnpm', install: ['-y', 'pnpm@10.34.9', 'add', ...INSTALLED] },
  {
    title: 'Yarn 1',
    install: ['-y', 'yarn@1.22.22', 'add', ...INSTALLED, '--silent', '--no-lockfile'],
  },
  {
    title: 'Yarn 4, node_modules',
    files: yarnrc('node-modules'),
    install: [...berry, 'add', ...INSTALLED],
  },
  {
    title: 'Yarn 4, Plug’n’Play',
    files: yarnrc('pnp'),
    install: [...berry, 'add', ...INSTALLED],
    node: ['--require', './.pnp.cjs'],
  },
];

async function check(sandbox, registry, backend, { title, files, install, node }) {
  const project = sandbox.project(title.replace(/\W+/g, '-'), files?.(registry));
  try {
    await sandbox.run('npx', install, project);
    console.log(`${title}: ${await runProgram(sandbox, project, 'use.cjs', backend, node)}`);
  } catch (error) {
    throw new Error(`${title}: ${error.message}`, { cause: error });
  }
}

/** All at once. @param backend what an installation that works uses @throws with what is wrong in each */
export async function checkLayouts(sandbox, registry, backend) {
  const checks = LAYOUTS.map((layout) => check(sandbox, registry, backend, layout));
  const problems = (await Promise.allSettled(checks)).filter(({ status }) => status === 'rejected');
  if (problems.length > 0) throw new Error(problems.map(({ reason }) => reason.message).join('\n'));
}
