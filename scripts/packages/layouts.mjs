// What package managers make of node_modules, and Yarn without one.
import { runProgram } from './consumers.mjs';

const yarnrc = (linker) => (registry) => ({
  '.yarnrc.yml': [
    `nodeLinker: ${linker}`,
    `npmScopes: { overlapped: { npmRegistryServer: '${registry}' } }`,
    'unsafeHttpWhitelist: [127.0.0.1]',
    "npmPreapprovedPackages: ['@overlapped/*']", // though published a moment ago
    'enableTelemetry: false',
    'enableImmutableInstalls: false',
    'enableGlobalCache: false',
  ].join('\n'),
  'yarn.lock': '', // its own project, whatever is above it
});
const berry = ['-y', '--package', '@yarnpkg/cli-dist@4.18.1', 'yarn'];

/** What to put into the project, how to install, and how to run node. */
const LAYOUTS = [
  { title: 'pnpm', install: ['-y', 'pnpm@10.34.9', 'add', '@overlapped/core'] },
  {
    title: 'Yarn 1',
    install: ['-y', 'yarn@1.22.22', 'add', '@overlapped/core', '--silent', '--no-lockfile'],
  },
  {
    title: 'Yarn 4, node_modules',
    files: yarnrc('node-modules'),
    install: [...berry, 'add', '@overlapped/core'],
  },
  {
    title: 'Yarn 4, Plug’n’Play',
    files: yarnrc('pnp'),
    install: [...berry, 'add', '@overlapped/core'],
    node: ['--require', './.pnp.cjs'],
  },
];

/** @param backend what an installation that works uses */
export async function checkLayouts(sandbox, registry, backend) {
  for (const { title, files, install, node } of LAYOUTS) {
    const project = sandbox.project(title.replace(/\W+/g, '-'), files?.(registry));
    try {
      await sandbox.run('npx', install, project);
      console.log(`${title}: ${await runProgram(sandbox, project, 'use.cjs', backend, node)}`);
    } catch (error) {
      throw new Error(`${title}: ${error.message}`, { cause: error });
    }
  }
}
