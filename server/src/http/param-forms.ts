// What stands in a path in place of an id: each by its name, one form for the request that comes in and for the reference.

export const PARAM_FORMS: Readonly<Record<string, RegExp>> = {
  /** Of an event. */
  seq: /^(0|[1-9]\d{0,9})$/,
  /** Of an effect. */
  key: /^[a-z]{1,20}:[\w:.-]{1,150}$/,
  /** Of a skill. */
  name: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  /** Of a version of a skill. */
  version: /^\d{1,9}\.\d{1,9}\.\d{1,9}$/,
};
