// Two validators that others wrote. They judge what the comparer says; where they differ from each other, neither is believed.
import { Ajv2020 } from 'ajv/dist/2020.js';
import Schema from 'typebox/schema';

export type Judge = (value: unknown) => boolean | undefined;

/** Undefined for a schema that ajv refuses. */
export function judgeOf(schema: unknown): Judge | undefined {
  const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false, multipleOfPrecision: 9 });
  let validate: (value: unknown) => unknown;
  try {
    validate = ajv.compile(schema as object);
  } catch {
    return undefined;
  }
  return (value) => {
    try {
      const first = validate(value) === true;
      return Schema.Check(schema as object, value) === first ? first : undefined;
    } catch {
      return undefined;
    }
  };
}
