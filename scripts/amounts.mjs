// How much the tests do whose amount is free, in the steps that run again what mocha has run in full: enough to show that
// nothing depends on the host or on how the addon was built.
export const SMALL_AMOUNTS = {
  OVERLAPPED_FUZZ_RUNS: '50', // random programs of each kind
  OVERLAPPED_PRESSURE_READS: '20000',
  OVERLAPPED_STRESS_WORKERS: '10',
};
