// Programs that are published on npm, unpacked in .cache/, once for each version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const cache = join(import.meta.dirname, '..', '.cache');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

/**
 * Where the files of a package are; downloaded at the first call. None of its scripts are run.
 * @throws if it can't be had
 */
export function npmPackage(name, version) {
  const directory = join(cache, `${name.replace('/', '-')}-${version}`);
  const files = join(directory, 'package');
  if (existsSync(files)) return files;
  const unpacking = `${directory}.${process.pid}`; // what was interrupted is not taken for whole
  mkdirSync(unpacking, { recursive: true });
  try {
    run('npm', ['pack', '--silent', '--pack-destination', unpacking, `${name}@${version}`]);
    const archive = join(
      unpacking,
      readdirSync(unpacking).find((file) => file.endsWith('.tgz')),
    );
    run('tar', ['xzf', archive, '-C', unpacking]);
    rmSync(archive);
    rmSync(directory, { recursive: true, force: true });
    renameSync(unpacking, directory);
  } finally {
    rmSync(unpacking, { recursive: true, force: true });
  }
  return files;
}
