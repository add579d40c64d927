/** load(): what it needs, and the sentence for each way in which it can't be had (R84). Needs no other package. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { addonPackage } from '../src/addon.js';
import { ADDON_PATH_VARIABLE, load } from '../src/index.js';

const FILE = path.join(os.tmpdir(), `overlapped-probe-${process.pid}.node`);

function refusal(): { code: string; message: string; remedy: string } {
  const loaded = load();
  assert.ok(!loaded.ok, 'it loads');
  return loaded.refusal;
}

function skipElsewhere(test: Mocha.Context): void {
  if (process.platform === 'linux') return;
  console.log(`      skipped: this is ${process.platform}, for which it is refused before it is looked for`);
  test.skip();
}

describe('linux-uring: load', () => {
  const saved = process.env[ADDON_PATH_VARIABLE];
  afterEach(() => {
    if (saved === undefined) Reflect.deleteProperty(process.env, ADDON_PATH_VARIABLE);
    else process.env[ADDON_PATH_VARIABLE] = saved;
    fs.rmSync(FILE, { force: true });
  });

  it('names the package of this processor and C library', () => {
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
    const libc = header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
    assert.equal(addonPackage(), `@overlapped/linux-uring-${process.arch}-${libc}`);
  });

  it('a path with nothing there is addon-missing', function () {
    skipElsewhere(this);
    process.env[ADDON_PATH_VARIABLE] = FILE;
    const { code, message } = refusal();
    assert.equal(code, 'addon-missing');
    assert.ok(message.includes(FILE));
  });

  describe('a file that can’t be loaded is addon-load-failed, with what to do', () => {
    /** The running node: an ELF file for this processor that is whole and is no addon. */
    const whole = fs.readFileSync(process.execPath);
    const changed = (offset: number, value: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[offset] = value;
      return bytes;
    };
    const cases: [title: string, bytes: Buffer, message: RegExp][] = [
      ['a text', Buffer.from('no library'.repeat(100)), /is no 64-bit shared library$/],
      ['nothing', Buffer.alloc(0), /is no 64-bit shared library$/],
      ['32 bits', changed(4, 1), /is no 64-bit shared library$/],
      ['another processor', changed(18, 243), /is for another processor, and this Node\.js for/],
      ['cut off', whole.subarray(0, whole.length - 1), /is cut off$/],
      ['a program', whole, /cannot dynamically load|not a dynamic|self-register/],
    ];
    for (const [title, bytes, message] of cases) {
      it(title, function () {
        skipElsewhere(this);
        fs.writeFileSync(FILE, bytes);
        process.env[ADDON_PATH_VARIABLE] = FILE;
        const refused = refusal();
        assert.equal(refused.code, 'addon-load-failed');
        assert.ok(refused.message.includes(FILE), refused.message);
        assert.match(refused.message, message);
        assert.equal(refused.remedy, `correct or unset ${ADDON_PATH_VARIABLE}`);
      });
    }
  });

  it('on a platform or processor that it is not for it says so, and loads nothing', () => {
    for (const [property, value] of [
      ['platform', 'darwin'],
      ['platform', 'android'],
      ['arch', 'arm'],
      ['arch', 'ppc64'],
    ] as const) {
      const original = Object.getOwnPropertyDescriptor(process, property) as PropertyDescriptor;
      Object.defineProperty(process, property, { ...original, value });
      try {
        const { code, message } = refusal();
        assert.equal(code, 'unsupported-platform');
        assert.ok(message.includes(value));
      } finally {
        Object.defineProperty(process, property, original);
      }
    }
  });

  describe('where io_uring works', () => {
    before(function () {
      const loaded = load();
      if (loaded.ok) return;
      const { code, message } = loaded.refusal;
      if (process.platform === 'linux' && process.env.CI) throw new Error(`${code}: ${message}`);
      console.log(`      skipped: ${code}: ${message}`);
      this.skip();
    });

    const addon = (): Extract<ReturnType<typeof load>, { ok: true }>['addon'] => {
      const loaded = load();
      assert.ok(loaded.ok);
      return loaded.addon;
    };

    it('says which rung of the flag ladder the kernel took', () => {
      const loaded = load();
      assert.ok(loaded.ok);
      assert.match(loaded.rung, /^(defer-taskrun|single-issuer|coop-taskrun|plain)$/);
      assert.deepEqual(loaded.addon.layout.length, 4);
    });

    it('the probe reads real bytes: short, empty and long files all compare', () => {
      for (const size of [0, 1, 15, 16, 17, 100_000]) {
        fs.writeFileSync(FILE, Buffer.alloc(size, 0x5a));
        const { works, step, errno } = addon().probe(FILE);
        assert.deepEqual({ works, step, errno }, { works: true, step: '', errno: 0 }, `${size} bytes`);
      }
    });

    it('the probe says at which step it ended, with the errno', () => {
      const missing = addon().probe(FILE);
      assert.deepEqual(
        [missing.works, missing.step, missing.errno],
        [false, 'read', os.constants.errno.ENOENT],
      );
      const directory = addon().probe(os.tmpdir());
      assert.deepEqual(
        [directory.works, directory.step, directory.errno],
        [false, 'read', os.constants.errno.EISDIR],
      );
    });

    it('probing leaves no descriptor open', () => {
      fs.writeFileSync(FILE, 'some bytes');
      const before = fs.readdirSync('/proc/self/fd').length;
      for (let i = 0; i < 50; i++) assert.ok(addon().probe(FILE).works);
      assert.equal(fs.readdirSync('/proc/self/fd').length, before);
    });
  });
});
