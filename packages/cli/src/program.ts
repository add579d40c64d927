/** The command line: names, options and help of every command. What each one does is in commands/. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BACKEND_VARIABLE } from '@overlapped/core';
import { bench } from './commands/bench.js';
import { cat } from './commands/cat.js';
import { doctor } from './commands/doctor.js';
import { hash } from './commands/hash.js';
import { coloursOf } from './output.js';
import { type ByteRange, parseRanges } from './ranges.js';

const BACKENDS = ['auto', 'io_uring', 'iocp', 'node-fs'];

const EXIT_CODES = `
Exit codes:
  0    done, also where the reader of the output has had enough (| head)
  1    failed: a file can't be read, or the backend asked for can't be had
  2    wrong call
  130  interrupted (Ctrl-C), as shells count it`;

interface SharedOptions {
  readonly backend?: string;
  readonly json?: true;
}

/** Each command's purpose and the examples that end its help: what to type, and what it does. */
const ABOUT = {
  doctor: {
    summary: 'which backend open() uses here, why not another one, and what to do about it',
    examples: [
      ['overlapped doctor', 'try every backend of this system'],
      ['overlapped doctor --backend io_uring', 'exit code 0 only if io_uring can be had'],
      ['overlapped doctor --json', 'the same for programs'],
    ],
  },
  cat: {
    summary: 'write a file, or ranges of it, to standard output',
    examples: [
      ['overlapped cat data.bin > copy.bin', 'the whole file'],
      ['overlapped cat data.bin --range 0-99', 'the first 100 bytes'],
      ['overlapped cat data.bin --range=-500', 'the last 500 bytes'],
      ['overlapped cat data.bin -r 0-3,100- -r 8-9', 'several ranges, in the order given'],
      ['zcat log.gz | overlapped cat /dev/stdin', 'pipes are read as their data comes'],
    ],
  },
  hash: {
    summary: "print files' hashes, as sha256sum does",
    examples: [
      ['overlapped hash *.bin > SHA256SUMS', 'then: sha256sum --check SHA256SUMS'],
      ['overlapped hash --algorithm sha512 disk.img', 'any hash that this Node.js has'],
      ['find . -type f -print0 | xargs -0 overlapped hash', 'a whole folder'],
    ],
  },
  bench: {
    summary: 'measure reads beside node:fs, on your own file and disk, in less than 20 seconds',
    examples: [
      ['overlapped bench', 'on a file that it makes, and removes, in the temporary folder'],
      ['overlapped bench /data/big.db', 'on this file, which is only read'],
      ['TMPDIR=/mnt/nvme overlapped bench', 'on another disk'],
      ['overlapped bench --json > bench.json', 'every figure, for programs'],
    ],
  },
} as const;

function examplesText(examples: readonly (readonly [string, string])[]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return `\nExamples:\n${examples.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`).join('\n')}\n`;
}

/** For options that may be given more than once. */
function addRanges(text: string, before: readonly ByteRange[] = []): ByteRange[] {
  try {
    return [...before, ...parseRanges(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Asks by doing: OpenSSL lists algorithms that it then refuses. */
function checkAlgorithm(name: string): string {
  try {
    createHash(name);
  } catch {
    throw new InvalidArgumentError('Common ones are sha256, sha512, sha1, md5 and blake2b512.');
  }
  return name;
}

function version(): string {
  const manifest = fs.readFileSync(path.join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** @param end takes the exit code of the command that was called */
export function createProgram(end: (code: number) => void): Command {
  const program = new Command('overlapped')
    .description('Reads files through io_uring, an I/O completion port, or node:fs.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', "print a command's help, with examples")
    .configureHelp({ styleTitle: (title) => coloursOf(process.stdout).bold(title) })
    .configureOutput({ outputError: (text, print) => print(text.replace(/^error: /, 'overlapped: ')) })
    .showHelpAfterError('See `overlapped help`.')
    .exitOverride()
    .addHelpText('after', `${EXIT_CODES}\n\n\`overlapped help COMMAND\` has examples.`)
    .hook('preAction', (_, called) => {
      const { backend } = called.opts<SharedOptions>();
      if (backend !== undefined) process.env[BACKEND_VARIABLE] = backend;
    });

  const command = (name: keyof typeof ABOUT, json: string): Command =>
    program
      .command(name)
      .description(ABOUT[name].summary)
      .showHelpAfterError(`See \`overlapped help ${name}\`.`)
      .addOption(
        new Option(
          '-b, --backend <name>',
          `read through this one (default: ${BACKEND_VARIABLE}, or auto)`,
        ).choices(BACKENDS),
      )
      .option('--json', json)
      .addHelpText('after', examplesText(ABOUT[name].examples));

  command('doctor', 'print the report as JSON').action(async (options: SharedOptions) =>
    end(await doctor(options)),
  );

  command('cat', 'print a line of JSON for each chunk: position, length, and data in base64')
    .argument('<file>', 'what to read')
    .option(
      '-r, --range <ranges>',
      "bytes as in HTTP's Range: 0-99, 100-, -500, several with commas",
      addRanges,
    )
    .action(async (file: string, options: SharedOptions & { range?: ByteRange[] }) =>
      end(await cat(file, { ranges: options.range, json: options.json })),
    );

  command('hash', 'print one JSON document: each file with its hash or its error')
    .argument('<file...>', 'what to read; no folders')
    .addOption(
      new Option('-a, --algorithm <name>', 'any that node:crypto has')
        .default('sha256')
        .argParser(checkAlgorithm),
    )
    .action(async (files: string[], options: SharedOptions & { algorithm: string }) =>
      end(await hash(files, options)),
    );

  command('bench', 'print every figure as JSON')
    .argument('[file]', 'what to read, 1 MiB or more (default: a file of its own)')
    .action(async (file: string | undefined, options: SharedOptions) => end(await bench(file, options)));

  return program;
}
