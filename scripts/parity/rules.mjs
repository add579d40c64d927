// The differences that stay, each with its reason. The first rule that holds for a difference is its rule.

const failed = ({ throws, rejects }) => throws ?? rejects;
const reads = ({ method }) => method === 'read' || method === 'readv';
const bigint = /^\d+n$|: \d+n }$/;
const lastOf = ({ names }) => names.at(-1);

export const RULES = [
  {
    what: 'A length that is no integer is refused',
    why: 'Node 20 ends the process: an assertion in its native code',
    when: (_call, _ours, theirs) => theirs.ends !== undefined,
  },
  {
    what: '`readv` of no buffers reads 0 bytes',
    why: 'Node hands an empty list to the system, which says EINVAL; nothing was asked for, and nothing is wrong',
    when: ({ method, names }, ours) =>
      method === 'readv' && names[0] === 'no view' && failed(ours) === undefined,
  },
  {
    what: 'Wrong arguments are refused by both, with another code',
    why: 'Ours names the argument (`ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`) where Node meets it later on, by chance',
    when: (_call, ours, theirs) => failed(ours) !== undefined && failed(theirs) !== undefined,
  },
  {
    what: 'A position that is a bigint is that position',
    why: 'Node 20 takes it for no position at all, and reads elsewhere in silence; `read` of later Nodes does as ours',
    when: (call, ours) => reads(call) && bigint.test(lastOf(call)) && failed(ours) === undefined,
  },
  {
    what: 'A position that is none (negative, a fraction, NaN, a string, beyond 2^53 as a number) is refused',
    why: 'R45. Node 20 reads from the current position in silence; `read` of later Nodes refuses all but -1',
    when: (call, ours) =>
      reads(call) &&
      /out_of_range|arg_type/i.test(failed(ours)?.code) &&
      /-|\.|NaN|Inf|'|true|\d{16}/.test(lastOf(call)),
  },
  {
    what: 'An ArrayBuffer in place of a view is refused',
    why: 'Node takes it for options, reads into a buffer of its own, and never fills it',
    when: ({ method, names }) => method === 'read' && names[0].includes('ArrayBuffer'),
  },
  {
    what: 'An offset outside the buffer is refused for a read of no bytes too',
    why: 'Node looks at the length first; the offset is wrong all the same',
    when: ({ method, names }) => method === 'read' && names[2] === '0',
  },
  {
    what: '`readFile` of a function is refused',
    why: 'Node takes it for a callback, which its promise never calls',
    when: ({ method, names }) => method === 'readFile' && names[0] === 'function',
  },
  {
    what: '`start` and `end` of a stream may be bigints',
    why: 'Files may be longer than 2^53 bytes; Node refuses every bigint',
    when: ({ method, names }) => method === 'createReadStream' && bigint.test(names[0]),
  },
  {
    what: 'A stream with `highWaterMark: 0` is refused',
    why: "Node's ends at once, and looks like one of an empty file",
    when: ({ method, names }) => method === 'createReadStream' && names[0] === '{ highWaterMark: 0 }',
  },
];
