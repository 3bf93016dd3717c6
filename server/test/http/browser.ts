// As much of a browser as a cookie needs: keeps what `Set-Cookie` says, sends it back, and sends what a page of ours sends.
import assert from 'node:assert/strict';
import type { Answer, Api, Asked } from './api.ts';

export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** By lower-case name; an attribute without a value is ''. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Browser {
  cookie: Cookie | undefined;
  ask(path: string, asked?: Asked, node?: number): Promise<Answer>;
  /** Another browser with the same cookie: a thief, say. */
  copy(): Browser;
}

/** The one cookie of an answer, by RFC 6265bis section 5.6; undefined when there is none. */
export function readCookie(answer: Answer | undefined): Cookie | undefined {
  const lines = answer?.headers.getSetCookie() ?? [];
  assert.ok(lines.length <= 1, 'one cookie an answer');
  const [line] = lines;
  if (line === undefined) return undefined;
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
  const split = (text: string): [string, string] => {
    const at = text.indexOf('=');
    return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  };
  const [name, value] = split(pair);
  const attributes = Object.fromEntries(rest.map(split).map(([key, text]) => [key.toLowerCase(), text]));
  return { name, value, attributes };
}

export function openBrowser(api: Api, cookie?: Cookie): Browser {
  const browser: Browser = {
    cookie,
    ask: async (path, asked = {}, node = 0) => {
      const kept = browser.cookie;
      const headers = {
        origin: api.nodes[node]?.url ?? '',
        'sec-fetch-site': 'same-origin',
        'x-sallyport-request': '1',
        ...(kept === undefined ? {} : { cookie: `${kept.name}=${kept.value}` }),
        ...asked.headers,
      };
      const answer = await api.ask(path, { ...asked, headers }, node);
      const sent = readCookie(answer);
      if (sent !== undefined) browser.cookie = sent.attributes?.['max-age'] === '0' ? undefined : sent;
      return answer;
    },
    copy: () => openBrowser(api, browser.cookie),
  };
  return browser;
}
