// What the build of the console recorded (`scripts/build-console.ts` writes it).

export interface ManifestFile {
  readonly name: string;
  readonly type: string;
  readonly digest: string;
  /** True when `.br` and `.gz` stand beside it. */
  readonly compressed: boolean;
}

export interface ConsoleManifest {
  readonly htmlDigest: string;
  readonly files: readonly ManifestFile[];
}

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** A build that names another type was made by other hands. */
const TYPES: ReadonlySet<string> = new Set([
  'text/javascript; charset=utf-8',
  'text/css; charset=utf-8',
  'text/plain; charset=utf-8',
  'font/woff2',
  'image/svg+xml',
  'image/png',
]);

function text(value: unknown, is: (text: string) => boolean, what: string): string {
  if (typeof value === 'string' && is(value)) return value;
  throw new TypeError(`manifest.json: ${what} is not valid`);
}

/** Throws `TypeError` for anything but a manifest of this version. */
export function readManifest(json: string): ConsoleManifest {
  const value = JSON.parse(json) as { version?: unknown; html_sha256?: unknown; files?: unknown } | null;
  if (value?.version !== 1 || !Array.isArray(value.files)) throw new TypeError('manifest.json: of another version');
  return {
    htmlDigest: text(value.html_sha256, (one) => DIGEST.test(one), 'html_sha256'),
    files: value.files.map((entry: unknown) => {
      const file = (entry ?? {}) as Readonly<Record<string, unknown>>;
      return {
        name: text(file.name, (one) => NAME.test(one), 'a name'),
        type: text(file.type, (one) => TYPES.has(one), 'a type'),
        digest: text(file.sha256, (one) => DIGEST.test(one), 'a digest'),
        compressed: file.compressed === true,
      };
    }),
  };
}
