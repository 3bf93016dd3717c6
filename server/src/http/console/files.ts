// The built console as it is held in memory.

export type Encoding = 'br' | 'gzip';

export interface ConsoleFile {
  readonly type: string;
  /** Hexadecimal SHA-256 of the plain bytes. */
  readonly digest: string;
  readonly plain: Uint8Array;
  readonly encoded: Readonly<Partial<Record<Encoding, Uint8Array>>>;
}

export interface ConsoleFiles {
  /** The page with its placeholders; undefined when the console was not built. */
  readonly html: string | undefined;
  /** By name, without a folder. */
  readonly assets: ReadonlyMap<string, ConsoleFile>;
  /** Why a build that is there is not served. */
  readonly fault: string | undefined;
}
