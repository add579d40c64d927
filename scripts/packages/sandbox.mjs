// A project of a user's in a folder of its own, on a PATH with node, npm and the shell and nothing that could compile.
import { execFile } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

const COMPILERS = ['cc', 'gcc', 'g++', 'c++', 'clang', 'cl', 'cmake', 'make', 'ninja', 'python3', 'node-gyp'];

function find(command) {
  for (const directory of process.env.PATH.split(delimiter)) {
    try {
      return realpathSync(join(directory, command));
    } catch {
      // not in this one
    }
  }
  throw new Error(`${command} is not on the PATH`);
}

export class Sandbox {
  #directory;
  #env;
  #registry;

  /** @param registry address of the registry that has our packages */
  constructor(directory, registry) {
    const tools = join(directory, 'bin');
    mkdirSync(tools, { recursive: true });
    const programs = {
      node: process.execPath,
      npm: find('npm'),
      npx: find('npx'),
      sh: find('sh'),
      env: find('env'),
    };
    for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(tools, name));
    this.#directory = directory;
    this.#registry = registry;
    // Nothing of the caller's: npm and pnpm hand settings and paths to what they run.
    this.#env = { PATH: tools, HOME: process.env.HOME, CI: '1' };
  }

  /** @throws if something that could compile is on the PATH */
  async checkPath() {
    const look = COMPILERS.map((name) => `command -v ${name}`).join('; ');
    const found = (await this.run('sh', ['-c', `${look}; true`])).trim();
    if (found !== '') throw new Error(`the PATH for users has ${found}`);
  }

  /** An empty project. @returns its folder */
  project(name, files = {}) {
    const place = join(this.#directory, name);
    mkdirSync(place, { recursive: true });
    const all = {
      'package.json': '{ "private": true }',
      '.npmrc': `@overlapped:registry=${this.#registry}\nfund=false\naudit=false\nupdate-notifier=false\n`,
      ...files,
    };
    for (const [file, text] of Object.entries(all)) writeFileSync(join(place, file), text);
    return place;
  }

  /** Runs a program to its end; the registry, in this process, goes on answering. @returns what it printed @throws if it fails */
  async run(command, args, cwd = this.#directory) {
    try {
      return (await execFileAsync(command, args, { cwd, env: this.#env })).stdout;
    } catch (error) {
      throw new Error(`${command} ${args.join(' ')} failed\n${error.stdout}\n${error.stderr}`, {
        cause: error,
      });
    }
  }
}
