/** What all commands share: help, version, usage errors, exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { skipUnless } from '@overlapped/conformance';
import { overlapped, text } from './command.js';

const COMMANDS = ['doctor', 'cat', 'hash', 'bench'];

/** A wrong call, and what the one line about it says. */
const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [['hsh'], /unknown command 'hsh'[^]*Did you mean hash/],
  [['cat'], /missing required argument 'file'[^]*overlapped help cat/],
  [['hash'], /missing required argument 'file'[^]*overlapped help hash/],
  [['cat', 'a', 'b'], /too many arguments/],
  [['doctor', '--nonsense'], /unknown option '--nonsense'/],
  [['doctor', '--backend', 'nonsense'], /Allowed choices are auto, io_uring, iocp, node-fs/],
  [['hash', '--algorithm', 'nonsense', __filename], /'nonsense' is invalid\. Common ones are sha256/],
];

describe('command overlapped', () => {
  it('--help names every command and every exit code', async () => {
    const exit = await overlapped(['--help']);
    assert.deepEqual([exit.code, exit.stderr], [0, '']);
    for (const name of COMMANDS) assert.match(text(exit), new RegExp(`^  ${name} `, 'm'));
    for (const code of [0, 1, 2, 130]) assert.match(text(exit), new RegExp(`^  ${code} `, 'm'));
  });

  for (const name of COMMANDS) {
    it(`help ${name} has examples, and is what ${name} --help prints`, async () => {
      const [help, option] = await Promise.all([overlapped(['help', name]), overlapped([name, '--help'])]);
      assert.deepEqual([help.code, option.code], [0, 0]);
      assert.equal(text(help), text(option));
      assert.match(text(help), new RegExp(`^Examples:\\n(?:.*overlapped ${name}.*\\n)+`, 'm'));
      for (const shared of ['--json', '--backend']) assert(text(help).includes(shared), shared);
    });
  }

  it('--version is the package’s', async () => {
    const { version } = JSON.parse(fs.readFileSync(require.resolve('../../package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(text(await overlapped(['--version'])), `${version}\n`);
  });

  it('without a command it prints its help as an error', async () => {
    const exit = await overlapped([]);
    assert.deepEqual([exit.code, text(exit)], [2, '']);
    assert.match(exit.stderr, /^Usage: overlapped/);
  });

  for (const [args, message] of WRONG) {
    it(`exits with 2 for a wrong call: ${args.slice(0, 3).join(' ')}`, async () => {
      const exit = await overlapped(args);
      assert.deepEqual([exit.code, text(exit)], [2, '']);
      assert.match(exit.stderr, /^overlapped: /);
      assert.match(exit.stderr, message);
    });
  }

  it('a full disk behind standard output is an error with its code', function () {
    skipUnless(this, fs.existsSync('/dev/full'), 'there is no /dev/full');
    const full = fs.openSync('/dev/full', 'w');
    try {
      const command = require.resolve('../../bin/overlapped.js');
      for (const args of [['doctor'], ['cat', __filename], ['hash', __filename]]) {
        const { status, stderr } = spawnSync(process.execPath, [command, ...args], {
          stdio: ['ignore', full, 'pipe'],
          encoding: 'utf8',
        });
        assert.equal(status, 1);
        assert.match(stderr, /^overlapped: ENOSPC: .*\. Free some space.*\n$/);
      }
    } finally {
      fs.closeSync(full);
    }
  });
});
