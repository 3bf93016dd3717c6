// Owns the command line.
// Promises a clear sentence and a distinct exit status for what it cannot do.
// Must never read a secret from its arguments.

/** EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE = 69;

process.stderr.write(
  'sallyport: this release holds the foundation only; it has no server to start yet (see README.md).\n',
);
process.exitCode = UNAVAILABLE;
