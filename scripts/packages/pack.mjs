// Packs every public package of the workspace, for a release: fails if an addon was not built.
//   node scripts/packages/pack.mjs DIRECTORY
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

function manifestsIn(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .filter((place) => existsSync(join(place, 'package.json')))
    .map((place) => ({
      place,
      manifest: JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')),
    }));
}

/** The workspace's packages without `private`: the libraries, and the addons' packages in their `npm` folders. */
export function publicPackages() {
  const libraries = manifestsIn(join(root, 'packages'));
  const addons = libraries.flatMap(({ place }) => manifestsIn(join(place, 'npm')));
  return [...libraries, ...addons].filter(({ manifest }) => !manifest.private);
}

/** Whether it is the package of an addon: that is all that it has. */
export const isAddonPackage = ({ main }) => main?.endsWith('.node') ?? false;

/** False for the package of an addon that is not there; every other package has its files after `tsc -b`. */
const isBuilt = ({ place, manifest }) => !isAddonPackage(manifest) || existsSync(join(place, manifest.main));

/**
 * Packs them as a release does.
 * @returns their folders, names and tarballs; not `built` are those that have no addon in them
 */
export function pack(destination) {
  const packages = publicPackages();
  mkdirSync(destination, { recursive: true });
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name]);
  const args = ['-y', packageManager, '-r', ...filters, 'pack', '--pack-destination', destination];
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`pnpm pack failed:\n${stdout}\n${stderr}`);
  return packages.map((each) => {
    const { name, version } = each.manifest;
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
    return { place: each.place, name, tarball: join(destination, file), built: isBuilt(each) };
  });
}

if (process.argv[1] === import.meta.filename) {
  const destination = process.argv[2];
  if (destination === undefined) {
    console.error('usage: node scripts/packages/pack.mjs DIRECTORY');
    process.exit(2);
  }
  const packages = pack(resolve(destination));
  for (const { name, tarball, built } of packages) {
    if (built) console.log(tarball);
    else console.error(`${name}: without its addon, which was not built`);
  }
  if (!packages.every(({ built }) => built)) process.exit(1);
}
