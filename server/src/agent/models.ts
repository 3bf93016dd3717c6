// Which models this deployment has.
import { gullible } from './gullible.ts';
import type { Model } from './model.ts';
import { openProvider, type ProviderOptions } from './provider.ts';
import { rehearsal } from './rehearsal.ts';

export interface Models {
  readonly names: readonly string[];
  /** Those that are no language models but rules of ours. */
  readonly ruleBased: readonly string[];
  /** The one that a run gets when it names none. */
  readonly fallback: string;
  find(name: string): Model | undefined;
}

export interface ModelSettings {
  readonly fallback: string;
  readonly provider?: ProviderOptions | undefined;
}

export function openModels(settings: ModelSettings): Models {
  const ours = [rehearsal, gullible];
  const models = new Map<string, Model>(ours.map((model) => [model.name, model]));
  if (settings.provider !== undefined)
    for (const model of openProvider(settings.provider)) models.set(model.name, model);
  return {
    names: [...models.keys()],
    ruleBased: ours.map(({ name }) => name),
    fallback: settings.fallback,
    find: (name) => models.get(name),
  };
}
