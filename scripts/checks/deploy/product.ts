// What the product itself says of its settings and of its health, for files that name them.

import { readConfig, SETTINGS, type Setting } from '../../../server/src/config.ts';
import { Fault } from '../../../server/src/errors.ts';
import { ROUTES } from '../../../server/src/http/http.ts';

export const HEALTH_ROUTES_PATHS: readonly string[] = ROUTES.filter(
  ({ access, path }) => access === 'public' && /^\/(health|ready)z$/.test(path),
).map(({ path }) => path);

const ALL = Object.values(SETTINGS) as readonly Setting<unknown>[];

/** Says what is wrong with a setting of this name and text; undefined when nothing is. */
export function knownSetting(name: string, text: string): string | undefined {
  const byFile = ALL.find((setting) => `${setting.env}_FILE` === name);
  if (byFile !== undefined) return byFile.flag === undefined ? undefined : `${name}: only a secret comes by a file`;
  const setting = ALL.find(({ env }) => env === name);
  if (setting === undefined) return `${name}: there is no such setting`;
  if (setting.flag === undefined) return `${name}: a secret; expected ${name}_FILE`;
  return setting.parse(text) === undefined ? `${name}: not accepted: ${text}` : undefined;
}

/** A variable stands for the example of its setting; what comes by a file, for a text that its setting takes. */
export function valueFor(name: string, text: string): readonly [string, string] {
  const byFile = ALL.find((setting) => `${setting.env}_FILE` === name);
  if (byFile !== undefined) {
    const text = [byFile.example, 'a'.repeat(64)].find((one) => byFile.parse(one) !== undefined);
    return [byFile.env, text ?? ''];
  }
  return [name, text.includes('${') ? (ALL.find(({ env }) => env === name)?.example ?? '') : text];
}

export type Judged = { readonly faults: string[]; readonly config: ReturnType<typeof readConfig> | undefined };

/** The settings as the server would read them. */
export function judgeSettings(env: Readonly<Record<string, string>>): Judged {
  try {
    return { faults: [], config: readConfig({ env, flags: {} }) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { faults: (error.options.fields ?? []).map(({ message }) => message), config: undefined };
  }
}
